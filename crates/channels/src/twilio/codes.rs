//! What Twilio's answers and error codes mean to us.
//!
//! The codes are those of Twilio's error and warning dictionary. Those with a meaning for the person get a name that
//! all providers share: `landline`, `opted_out`, `unreachable_number`.

use crate::contract::{NOT_REGISTERED, SendError};
use serde::Deserialize;

/// How long to wait when Twilio does not say.
const THROTTLED_MS: u64 = 1_000;
/// The longest that it is believed.
const THROTTLED_MAX_S: u64 = 3_600;

/// The number takes no texts.
const LANDLINE: &str = "landline";
/// The person refused with the carrier.
const OPTED_OUT: &str = "opted_out";
/// The number does not exist.
const UNREACHABLE_NUMBER: &str = "unreachable_number";

/// What an error's body says.
#[derive(Deserialize, Default)]
struct Said {
    #[serde(default)]
    code: u64,
}

/// What a request that was not answered came to.
pub(super) fn unanswered(error: egress::Error) -> SendError {
    match error {
        egress::Error::Refused(why) => SendError::Config(why),
        egress::Error::NotSent(why) => SendError::Unreachable(why),
        egress::Error::Ambiguous(why) => SendError::Ambiguous(why),
        egress::Error::TooLarge { status, .. } if (400..500).contains(&status) => rejected(format!("http_{status}")),
        egress::Error::TooLarge { .. } => SendError::Ambiguous("the answer was too large to be read".into()),
    }
}

/// What an answer that is no success means. Never repeats its words: they may hold a patient's number.
pub(super) fn refusal(answer: &egress::Response) -> SendError {
    let said: Said = serde_json::from_slice(&answer.body).unwrap_or_default();
    let throttled = || {
        let seconds = answer.header("retry-after").and_then(|t| t.trim().parse::<u64>().ok());
        SendError::Throttled { after_ms: seconds.map_or(THROTTLED_MS, |s| s.min(THROTTLED_MAX_S) * 1_000) }
    };
    match (answer.status, said.code) {
        (429, _) | (400..=499, 20_429 | 21_611 | 30_001) => throttled(),
        // Nobody knows how far it came: a gateway may have given up on what goes on behind it.
        (408, _) | (500.., _) => SendError::Ambiguous(format!("http_{}", answer.status)),
        (401 | 403, _) | (_, 20_003..=20_008 | 20_404 | 20_422) => SendError::Config(told(answer.status, said.code)),
        (_, code) if is_configuration(code) => SendError::Config(told(answer.status, code)),
        (_, 21_610) => SendError::OptedOut,
        (_, 21_602 | 21_617 | 21_619) => SendError::Invalid(told(answer.status, said.code)),
        (status, 0) => rejected(format!("http_{status}")),
        (_, code) => rejected(name(code)),
    }
}

fn told(status: u16, code: u64) -> String {
    if code == 0 { format!("http_{status}") } else { format!("twilio_{code}") }
}

fn rejected(code: String) -> SendError {
    SendError::Rejected { code, retryable: false }
}

/// The sender, the addresses or the account's rights are not set as they should be: no person can be reached so.
fn is_configuration(code: u64) -> bool {
    // Sender and addresses: invalid, not ours, not allowed to send.
    matches!(code, 21_201 | 21_204..=21_206 | 21_210 | 21_212 | 21_213 | 21_603 | 21_606 | 21_607 | 21_609 | 21_613)
        // The messaging service: none, empty, not set up; the account is suspended. That a country is not switched on or
        // that a trial may not write to a number is about the recipient.
        || matches!(code, 21_701..=21_712 | 30_002)
}

/// The stable name of an error code, as facts hold it.
pub(super) fn name(code: u64) -> String {
    let name = match code {
        21_211 | 21_214 | 21_217 | 21_265 | 13_223 | 13_224 | 30_005 => UNREACHABLE_NUMBER,
        21_614 | 21_635 | 30_006 => LANDLINE,
        21_610 => OPTED_OUT,
        21_203 | 21_215 | 21_216 | 21_408 | 13_227 => "region_not_allowed",
        21_608 => "only_verified",
        21_612 => "no_route",
        30_003 => "handset_unreachable",
        30_004 => "blocked",
        30_007 => "filtered",
        30_008 => "carrier",
        30_010 => "too_dear",
        30_022 => "throttled",
        30_023 | 30_024 | 30_032..=30_035 => NOT_REGISTERED,
        30_036 => "too_late",
        code => return format!("twilio_{code}"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, code: u64) -> egress::Response {
        let body = format!(r#"{{"code": {code}, "message": "The number +12125550119 is wrong", "status": {status}}}"#);
        egress::Response { status, headers: vec![("retry-after".into(), "7".into())], body: body.into_bytes() }
    }

    #[test]
    fn each_refusal_is_what_it_is_and_repeats_no_number() {
        let rejected = |code: &str| SendError::Rejected { code: code.into(), retryable: false };
        for (status, code, wanted) in [
            (400, 21_211, rejected("unreachable_number")),
            (400, 21_614, rejected("landline")),
            (400, 21_610, SendError::OptedOut),
            (400, 21_612, rejected("no_route")),
            (400, 21_203, rejected("region_not_allowed")),
            (400, 21_608, rejected("only_verified")),
            (400, 30_034, rejected("not_registered")),
            (400, 99_999, rejected("twilio_99999")),
            (404, 0, rejected("http_404")),
            (404, 20_404, SendError::Config("twilio_20404".into())),
            (401, 20_003, SendError::Config("twilio_20003".into())),
            (400, 21_606, SendError::Config("twilio_21606".into())),
            (400, 21_617, SendError::Invalid("twilio_21617".into())),
            (429, 20_429, SendError::Throttled { after_ms: 7_000 }),
            (400, 21_611, SendError::Throttled { after_ms: 7_000 }),
            (500, 20_500, SendError::Ambiguous("http_500".into())),
            (503, 0, SendError::Ambiguous("http_503".into())),
            (408, 0, SendError::Ambiguous("http_408".into())),
            (302, 0, rejected("http_302")),
        ] {
            let said = refusal(&answer(status, code));
            assert_eq!(said, wanted, "{status} {code}");
            assert!(!said.to_string().contains("+1212"), "{said}");
        }
        let html = egress::Response { status: 429, headers: vec![], body: b"<html>".to_vec() };
        assert_eq!(refusal(&html), SendError::Throttled { after_ms: THROTTLED_MS });
    }

    #[test]
    fn only_what_surely_did_not_leave_may_be_tried_again() {
        let why = || "why".to_owned();
        assert_eq!(unanswered(egress::Error::NotSent(why())), SendError::Unreachable(why()));
        assert_eq!(unanswered(egress::Error::Ambiguous(why())), SendError::Ambiguous(why()));
        assert_eq!(unanswered(egress::Error::Refused(why())), SendError::Config(why()));
        let large = |status| unanswered(egress::Error::TooLarge { status, max: 1 });
        assert!(matches!(large(201), SendError::Ambiguous(_)) && matches!(large(502), SendError::Ambiguous(_)));
        assert!(matches!(large(404), SendError::Rejected { retryable: false, .. }));
    }

    #[test]
    fn what_carriers_say_has_a_name() {
        for (code, wanted) in [
            (30_003, "handset_unreachable"),
            (30_005, "unreachable_number"),
            (30_006, "landline"),
            (30_007, "filtered"),
            (30_034, "not_registered"),
            (30_036, "too_late"),
            (21_610, "opted_out"),
            (1, "twilio_1"),
        ] {
            assert_eq!(name(code), wanted);
        }
    }
}
