//! Who rings the clinic's number: greeted without a word about anybody, and asked what they want.
//!
//! The words are the same whoever rings: known, unknown, or a number that several people share. Key 1 asks for a nurse
//! to call back, 2 for another language, 9 for no more automated calls and texts. What is wanted is a fact before it is
//! said to be heard; that it rang is one before the greeting, so that whoever hangs up at once has rung all the same.

use super::sign::Params;
use super::text::kept;
use super::{is_number, said, twiml};
use crate::contract::{Incoming, ReceiveError, Request, Response};
use model::{Actor, Fact, FactId, inbox};
use serde_json::json;

/// Where a number that is rung is answered.
pub(super) const PATH: &str = "inbound";
/// Times that the greeting is said in one call, in whatever language.
const GREETINGS_MAX: usize = 8;

/// What a caller is told, in one language: everything is filled in, and nothing is about anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangWords {
    /// Language tag of the speech.
    pub language: String,
    /// Who is rung, where to turn in an emergency, and what the keys do.
    pub greeting: String,
    /// How to hear this language, said after the greeting in another one.
    pub other: String,
    /// A nurse will call back.
    pub callback: String,
    /// No more automated calls and texts.
    pub stopped: String,
    /// Good-bye, with the number of the clinic.
    pub goodbye: String,
}

/// Where in the call somebody is.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Place {
    /// The language of the greeting that was said last.
    language: usize,
    /// How many were said.
    greetings: usize,
}

/// Where an answer leads: `inbound/key/LANGUAGE/GREETINGS`; `None` for the call's beginning.
fn place(path: &str) -> Result<Option<Place>, ReceiveError> {
    let rest = path.strip_prefix(PATH).unwrap_or(path);
    if rest.is_empty() {
        return Ok(None);
    }
    let numbers = rest.strip_prefix("/key/").and_then(|r| r.split_once('/'));
    let number = |text: &str| text.parse::<usize>().ok().filter(|n| *n <= GREETINGS_MAX);
    match numbers.and_then(|(language, said)| Some((number(language)?, number(said)?))) {
        Some((language, greetings)) => Ok(Some(Place { language, greetings })),
        None => Err(ReceiveError::Malformed("there is nothing at this path".into())),
    }
}

/// What the caller wants.
fn wants(digits: &str) -> Option<&'static str> {
    match digits {
        "1" => Some("callback"),
        "9" => Some("stop"),
        _ => None,
    }
}

/// What a request of such a call says.
pub(super) fn receive(
    provider: &'static str,
    params: &Params,
    request: &Request,
) -> Result<Option<Incoming>, ReceiveError> {
    let (from, call) = (said(params, "From"), kept(said(params, "CallSid")));
    // A number that is withheld is nobody's to be called back.
    if !is_number(from) || call.is_empty() {
        return Ok(None);
    }
    let mut body = json!({"from": from, "to": kept(said(params, "To")), "call_sid": call, "provider": provider});
    let what = match place(&request.path)? {
        None => "rang",
        Some(_) => {
            let Some(wants) = wants(said(params, "Digits")) else { return Ok(None) };
            body["wants"] = json!(wants);
            wants
        }
    };
    let id = FactId::of(&[provider, "call.received", &call, what].map(str::as_bytes));
    let fact = Fact::live(id, provider, format!("phone|{from}"), "call.received", request.now, body);
    // A number may be shared: whose it is, the hub finds.
    let keys = vec![inbox::key("phone", from)];
    Ok(Some(Incoming { fact: fact.by(Actor::Patient), keys, message: None, person: None }))
}

/// What is said next. `door` is the address of the provider.
pub(super) fn respond(words: &[RangWords], door: &str, params: &Params, path: &str) -> Response {
    let answer = twiml::Answer::new();
    let at = place(path).ok().flatten();
    let Some(here) = words.get(at.map_or(0, |p| p.language)).or(words.first()) else {
        return answer.hang_up().response();
    };
    let greet = |to: Place| {
        let Some(now) = words.get(to.language) else { return twiml::Answer::new().hang_up().response() };
        let next = &words[(to.language + 1) % words.len()];
        let mut all = vec![(now.greeting.as_str(), now.language.as_str())];
        if next != now {
            all.push((&next.other, &next.language));
        }
        let action = format!("{door}/{PATH}/key/{}/{}", to.language, to.greetings);
        twiml::Answer::new().ask(&all, &action).response()
    };
    let Some(at) = at else { return greet(Place { language: 0, greetings: 1 }) };
    let again = Place { greetings: at.greetings + 1, ..at };
    let known = is_number(said(params, "From"));
    let say = |text: &str| twiml::Answer::new().say(text, &here.language).hang_up().response();
    match said(params, "Digits") {
        "1" if known => say(&here.callback),
        "9" if known => say(&here.stopped),
        "2" if words.len() > 1 && at.greetings < GREETINGS_MAX => {
            greet(Place { language: (at.language + 1) % words.len(), ..again })
        }
        // Silence is asked once more.
        "" if at.greetings < 2 => greet(again),
        _ => say(&here.goodbye),
    }
}
