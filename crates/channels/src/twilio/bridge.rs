//! A call between a member of staff and a patient: their own telephone is rung first, they press 1, and only then is the
//! patient's number rung and connected. Its addresses stand below `bridge/`; none holds a number.
//!
//! Invariants: that they took it is a fact before the patient's number is handed to Twilio; a voicemail of theirs presses
//! nothing, so it never gets a patient; what becomes of either telephone is told once.

use super::sign::Params;
use super::voice::{Attempt, SPEC, Step, accepted, step, walked};
use super::{about_attempt, said};
use crate::call::Said;
use crate::contract::{Incoming, ReceiveError, Received, Request};
use model::Actor;
use model::message::{Call, Message, Status};
use serde_json::{Value as Json, json};

/// What of its addresses stands before the rest.
pub(super) const PATH: &str = "bridge/";
/// Where what becomes of the patient's telephone is told.
pub(super) const OTHER: &str = "patient";

/// Whether an address is of such a call, and the rest of it.
pub(super) fn split(path: &str) -> (&'static str, &str) {
    path.strip_prefix(PATH).map_or(("", path), |rest| (PATH, rest))
}

/// What a request of such a call says by itself.
pub(super) fn receive(
    path: &str,
    params: &Params,
    request: &Request,
    attempt: Attempt,
) -> Result<Received, ReceiveError> {
    let about = Some(attempt);
    if path == OTHER {
        return Ok(Received { facts: other(params, request, attempt).into_iter().collect(), about: None });
    }
    match step(path, params)?.0 {
        Step::Answer => Ok(Received { facts: vec![accepted(params, request, attempt)], about }),
        Step::Key(_) => Ok(Received { facts: Vec::new(), about }),
        Step::Status => match error(said(params, "CallStatus")) {
            // Whether it was taken, the message says: see `understand`.
            _ if said(params, "CallStatus") == "completed" => Ok(Received { facts: Vec::new(), about }),
            Some(error) => Ok(Received { facts: vec![not_taken(request, attempt, error)], about: None }),
            None => Ok(Received { facts: vec![accepted(params, request, attempt)], about: None }),
        },
        Step::Left => Err(ReceiveError::Malformed("there is nothing at this path".into())),
    }
}

/// What it says beside, of the message at hand.
pub(super) fn understand(
    path: &str,
    (params, request): (&Params, &Request),
    attempt: Attempt,
    (message, call): (&Message, &Call),
) -> Vec<Incoming> {
    match step(path, params) {
        Ok((Step::Key(keys), _)) => match walked(call, &keys).1.last() {
            Some(Said::Dial(_)) => {
                let body = json!({"message": attempt.1, "provider": SPEC.name});
                vec![about_attempt(SPEC.name, ("staff_call.taken", ""), attempt, request, (Actor::System, body))]
            }
            Some(Said::HungUp) => vec![not_taken(request, attempt, "not_taken")],
            _ => Vec::new(),
        },
        // They hung up before they pressed anything.
        Ok((Step::Status, _)) if message.status != Status::Delivered => {
            vec![not_taken(request, attempt, "not_taken")]
        }
        _ => Vec::new(),
    }
}

fn error(status: &str) -> Option<&'static str> {
    match status {
        "busy" => Some("busy"),
        "no-answer" => Some("no_answer"),
        "failed" => Some("failed"),
        "canceled" => Some("given_up"),
        _ => None,
    }
}

/// The patient's telephone was not rung. `error` is of the member of staff's.
fn not_taken(request: &Request, attempt: Attempt, error: &str) -> Incoming {
    ended(request, attempt, "staff", json!({"outcome": "not_taken", "error": error}))
}

/// What became of the patient's telephone.
fn other(params: &Params, request: &Request, attempt: Attempt) -> Option<Incoming> {
    let status = said(params, "CallStatus");
    let outcome = if status == "completed" { "connected" } else { error(status)? };
    let mut more = json!({"outcome": outcome});
    if let (true, Ok(seconds)) = (status == "completed", said(params, "CallDuration").parse::<u64>()) {
        more["seconds"] = json!(seconds);
    }
    Some(ended(request, attempt, OTHER, more))
}

fn ended(request: &Request, attempt: Attempt, whose: &str, mut body: Json) -> Incoming {
    body["message"] = json!(attempt.1);
    body["provider"] = json!(SPEC.name);
    about_attempt(SPEC.name, ("staff_call.ended", whose), attempt, request, (Actor::System, body))
}
