//! What a message centre's refusal means: its status codes (SMPP 3.4, 5.1.3) and the errors of receipts, which each
//! centre has its own of.

use crate::contract::SendError;

/// How long to wait when the centre says "too fast".
const SLOW_MS: u64 = super::THROTTLED_MS;
/// The most codes of one setting.
const CODES_MAX: usize = 64;

/// What a centre's own codes mean.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Codes {
    statuses: Vec<(u32, &'static str)>,
    errors: Vec<(String, &'static str)>,
}

impl Codes {
    /// Reads `0x40b, 1036, err:034`; `None` when that is none.
    pub fn add(&mut self, list: &str, meaning: &'static str) -> Option<()> {
        for one in list.split(',').map(str::trim) {
            if self.statuses.len() + self.errors.len() >= CODES_MAX {
                return None;
            }
            match (one.strip_prefix("err:"), one.strip_prefix("0x")) {
                (Some(error), _) if !error.is_empty() => self.errors.push((plain(error), meaning)),
                (_, Some(hex)) => self.statuses.push((u32::from_str_radix(hex, 16).ok()?, meaning)),
                _ => self.statuses.push((one.parse().ok()?, meaning)),
            }
        }
        Some(())
    }

    /// What the error of a receipt means.
    pub fn of_error(&self, error: &str) -> Option<&'static str> {
        let error = plain(error);
        self.errors.iter().find(|(code, _)| *code == error).map(|(_, meaning)| *meaning)
    }
}

/// Centres write the same error as 34 and 034.
fn plain(error: &str) -> String {
    let short = error.trim_start_matches('0');
    if short.is_empty() { "0".into() } else { short.to_ascii_lowercase() }
}

/// What the status of an answer means. Nothing was taken.
pub(super) fn of_status(status: u32, codes: &Codes) -> SendError {
    let rejected = |code: &str, retryable| SendError::Rejected { code: code.to_owned(), retryable };
    match codes.statuses.iter().find(|(code, _)| *code == status).map(|(_, meaning)| *meaning) {
        Some("opted_out") => return SendError::OptedOut,
        Some(meaning) => return rejected(meaning, false),
        None => {}
    }
    match status {
        // ESME_RMSGQFUL, ESME_RTHROTTLED.
        0x14 | 0x58 => SendError::Throttled { after_ms: SLOW_MS },
        // ESME_RINVBNDSTS: not bound as one that may send.
        0x04 => SendError::Unreachable("the message centre says that it is not bound".into()),
        // ESME_RINVSRCADR: the sender is none of ours.
        0x0a => SendError::Config("smpp_0x0a".into()),
        // ESME_RINVDSTADR.
        0x0b => rejected("unreachable_number", false),
        // ESME_RSYSERR, ESME_RX_T_APPN: it may be taken later.
        0x08 | 0x64 => rejected(&format!("smpp_0x{status:02x}"), true),
        _ => rejected(&format!("smpp_0x{status:02x}"), false),
    }
}

/// The same as a code of a failure.
pub(super) fn code(status: u32, codes: &Codes) -> String {
    match of_status(status, codes) {
        SendError::Rejected { code, .. } => code,
        SendError::OptedOut => "opted_out".into(),
        _ => format!("smpp_0x{status:02x}"),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_refusals_by_their_meaning() {
        let mut codes = Codes::default();
        codes.add("0x40b, err:034", "landline").unwrap();
        codes.add("1035", "unreachable_number").unwrap();
        codes.add("0x412", "opted_out").unwrap();
        let rows = [
            (0x58, "throttled"),
            (0x14, "throttled"),
            (0x0b, "rejected: unreachable_number"),
            (0x08, "rejected: smpp_0x08"),
            (0x0a, "configuration: smpp_0x0a"),
            (0x40b, "rejected: landline"),
            (0x412, "opted out"),
            (0x45, "rejected: smpp_0x45"),
        ];
        for (status, told) in rows {
            assert_eq!(of_status(status, &codes).to_string(), told, "{status:x}");
        }
        assert!(matches!(of_status(0x08, &codes), SendError::Rejected { retryable: true, .. }));
        assert!(matches!(of_status(0x04, &codes), SendError::Unreachable(_)));
        assert_eq!(codes.of_error("34"), Some("landline"));
        assert_eq!(codes.of_error("000"), None);
        for bad in ["", "landline", "0xzz", "err:", "1,,2"] {
            assert_eq!(Codes::default().add(bad, "landline"), None, "{bad}");
        }
    }
}
