//! What comes in: receipts of what was sent, and texts of people.
//!
//! Invariants: a receipt is known by what the centre says in the command's own fields, never by its words, which a
//! person could write as well; no words are thrown away because their alphabet is not known.

use super::SmppConfig;
use super::pdu::UDHI;
use super::settings::SPEC;
use super::verdict::Codes;
use crate::contract::Incoming;
use model::time::HOUR_MS;
use model::{Actor, At, Fact, FactId, MessageId, PersonId, inbox, sms};
use rusmpp::pdus::DeliverSm;
use rusmpp::tlvs::TlvValue;
use rusmpp::values::MessageState;
use serde_json::{Value as Json, json};
use std::time::SystemTime;

/// `esm_class` of what is no text of a person: the kinds of it are told by these bits.
const KIND: u8 = 0x3c;
/// A receipt of the centre.
const RECEIPT: u8 = 0x04;
/// Whom receipts are of as their source names it: nobody, so that a person has one fold for all of them.
const RECEIPTS: &str = "receipts";
/// Digits of a number of a person; fewer are a short code's.
const DIGITS_MIN: usize = 7;
/// Digits of a number of North America without its country code.
const NANP_DIGITS: usize = 10;

/// How ids of messages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ids {
    /// Alike in answers and receipts.
    Same,
    /// In hexadecimal in answers, decimal in receipts.
    HexInAnswer,
    /// The other way round.
    HexInReceipt,
}

impl Ids {
    /// An id of an answer as both are compared.
    pub fn of_answer(self, id: &str) -> String {
        plain(id, self == Self::HexInAnswer)
    }

    /// An id of a receipt as both are compared.
    pub fn of_receipt(self, id: &str) -> String {
        plain(id, self == Self::HexInReceipt)
    }
}

/// Centres pad numbers with zeros in one place and not in the other, and write hexadecimal in both cases.
fn plain(id: &str, hex: bool) -> String {
    let id = id.trim();
    if hex && let Ok(number) = u128::from_str_radix(id, 16) {
        return number.to_string();
    }
    let digits = |of: fn(&u8) -> bool| !id.is_empty() && id.bytes().all(|b| of(&b));
    if digits(u8::is_ascii_digit) {
        let short = id.trim_start_matches('0');
        return if short.is_empty() { "0".into() } else { short.into() };
    }
    if digits(u8::is_ascii_hexdigit) { id.to_ascii_lowercase() } else { id.to_owned() }
}

/// What a command brought.
#[derive(Debug)]
pub(super) enum Heard {
    /// What became of a message.
    Receipt(Box<Incoming>),
    /// A text of a person, or a part of one.
    Text(Piece),
    /// Nothing that anyone waits for: it is still under way, or cannot be told.
    Nothing,
}

/// A text, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Whose, as `+` and digits where it is a number.
    pub from: String,
    /// The number that they wrote to.
    pub to: String,
    /// How its octets are to be read.
    pub coding: u8,
    /// Its octets, without their header.
    pub octets: Vec<u8>,
    /// Of several: reference, how many, which.
    pub of: Option<(u16, u8, u8)>,
}

/// The machine's clock: what comes over a line has no other.
pub(super) fn now() -> At {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    At(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Reads a command.
pub(super) fn read(deliver: &DeliverSm, config: &SmppConfig) -> Heard {
    let class = u8::from(deliver.esm_class);
    let mut octets = deliver.short_message().clone().into_vec();
    let (mut id, mut state, mut sar) = (None, None, (None, None, None));
    for value in deliver.tlvs().iter().filter_map(|t| t.value()) {
        match value {
            TlvValue::ReceiptedMessageId(text) => id = Some(text.as_str().to_owned()),
            TlvValue::MessageState(told) => state = Some(*told),
            TlvValue::MessagePayload(payload) if octets.is_empty() => octets = payload.value.clone().into_vec(),
            TlvValue::SarMsgRefNum(n) => sar.0 = Some(*n),
            TlvValue::SarTotalSegments(n) => sar.1 = Some(*n),
            TlvValue::SarSegmentSeqnum(n) => sar.2 = Some(*n),
            _ => {}
        }
    }
    // Some centres leave the class of a receipt out; both fields together are in nothing else.
    if class & KIND == RECEIPT || class & KIND == 0 && id.is_some() && state.is_some() {
        return receipt(id, state, &String::from_utf8_lossy(&octets), now(), config);
    }
    if class & KIND != 0 {
        return Heard::Nothing;
    }
    let mut of = match sar {
        (Some(reference), Some(total), Some(number)) => Some((reference, total, number)),
        _ => None,
    };
    if class & UDHI != 0 {
        let (header, body) = split_header(&octets);
        of = concatenated(header).or(of);
        octets = body.to_vec();
    }
    let address = |text: &str, ton| number(text, u8::from(ton), &config.country_code);
    Heard::Text(Piece {
        from: address(deliver.source_addr.as_str(), deliver.source_addr_ton),
        to: address(deliver.destination_addr.as_str(), deliver.dest_addr_ton),
        coding: u8::from(deliver.data_coding),
        octets,
        // One part, and a part that there cannot be, is a text of its own.
        of: of.filter(|(_, total, number)| *total > 1 && (1..=*total).contains(number)),
    })
}

/// The header of a text and what follows it.
fn split_header(octets: &[u8]) -> (&[u8], &[u8]) {
    let length = octets.first().map_or(0, |n| usize::from(*n) + 1);
    match octets.split_at_checked(length) {
        Some((header, body)) => (header.get(1..).unwrap_or_default(), body),
        // A header that is longer than the text is none: its words are kept.
        None => (&[], octets),
    }
}

/// Reference, how many, which: of a header with an 8-bit or a 16-bit reference.
fn concatenated(mut header: &[u8]) -> Option<(u16, u8, u8)> {
    while let [element, length, rest @ ..] = header {
        let (value, after) = rest.split_at_checked(usize::from(*length))?;
        match (element, value) {
            (0x00, [reference, total, number]) => return Some((u16::from(*reference), *total, *number)),
            (0x08, [high, low, total, number]) => return Some((u16::from_be_bytes([*high, *low]), *total, *number)),
            _ => header = after,
        }
    }
    None
}

/// An address as the directory knows it: `+` and digits. What is no number of a person stays as it is.
fn number(text: &str, ton: u8, country: &str) -> String {
    let text = text.trim();
    let digits = text.strip_prefix('+').unwrap_or(text);
    let is_number = digits.len() >= DIGITS_MIN && digits.bytes().all(|b| b.is_ascii_digit());
    let local = digits.trim_start_matches('0');
    match ton {
        _ if !is_number => text.to_owned(),
        _ if text.starts_with('+') => text.to_owned(),
        // National; or not told, with as many digits as such numbers have in North America.
        2 => format!("+{country}{local}"),
        0 if country == "1" && digits.len() == NANP_DIGITS => format!("+1{digits}"),
        _ => format!("+{}", digits.strip_prefix("00").unwrap_or(digits)),
    }
}

/// What a receipt that came at `at` says (SMPP 3.4, appendix B): by its fields, else by its words.
fn receipt(id: Option<String>, state: Option<MessageState>, words: &str, at: At, config: &SmppConfig) -> Heard {
    let Some(id) = id.or_else(|| field(words, "id")).filter(|id| !id.trim().is_empty()) else {
        return Heard::Nothing;
    };
    let told = state.and_then(name).map(str::to_owned).or_else(|| field(words, "stat"));
    let id = config.ids.of_receipt(&id);
    let (kind, error) = match told.unwrap_or_default().to_ascii_uppercase().as_str() {
        "DELIVRD" => ("message.delivered", None),
        stat @ ("UNDELIV" | "EXPIRED" | "DELETED" | "REJECTD" | "SKIPPED") => {
            ("message.failed", Some(why(stat, words, &config.codes)))
        }
        // ACCEPTD and ENROUTE come before the end; UNKNOWN is none.
        _ => return Heard::Nothing,
    };
    let system = provider_key();
    let when = when(words, at);
    let fact_id = FactId::of(&[SPEC.name.as_bytes(), kind.as_bytes(), id.as_bytes(), when.as_bytes()]);
    let mut body = json!({"provider": SPEC.name, "provider_id": id, "channel": "sms"});
    if let Some(error) = error {
        body["error"] = Json::String(error);
        body["retryable"] = Json::Bool(false);
    }
    let fact = Fact::live(fact_id, SPEC.name, RECEIPTS.to_owned(), kind, at, body).by(Actor::System);
    Heard::Receipt(Box::new(Incoming { fact, keys: vec![inbox::key(&system, &id)], message: None, person: None }))
}

/// What parts a receipt from one of an older message, whose id the centre gave again: the times that it names, else the
/// hour in which it came. A receipt that is brought again in another hour is a fact more, and moves nothing more.
fn when(words: &str, at: At) -> String {
    match (field(words, "submit date"), field(words, "done date")) {
        (None, None) => at.0.div_euclid(HOUR_MS).to_string(),
        (submit, done) => format!("{} {}", submit.unwrap_or_default(), done.unwrap_or_default()),
    }
}

/// The system of the directory keys of ids.
fn provider_key() -> String {
    format!("provider:{}", SPEC.name)
}

/// Why it did not arrive: what the centre's error means to us, else the state.
fn why(stat: &str, words: &str, codes: &Codes) -> String {
    let error = field(words, "err").filter(|e| !e.trim_start_matches('0').is_empty());
    match error.as_deref().and_then(|e| codes.of_error(e)) {
        Some(meaning) => meaning.to_owned(),
        None => format!("smpp_{}", stat.to_ascii_lowercase()),
    }
}

/// A state as words write it.
fn name(state: MessageState) -> Option<&'static str> {
    Some(match state {
        MessageState::Delivered => "DELIVRD",
        MessageState::Expired => "EXPIRED",
        MessageState::Deleted => "DELETED",
        MessageState::Undeliverable => "UNDELIV",
        MessageState::Rejected => "REJECTD",
        MessageState::Skipped => "SKIPPED",
        MessageState::Accepted => "ACCEPTD",
        MessageState::Enroute => "ENROUTE",
        _ => return None,
    })
}

/// The value of a field of a receipt's words: `id:12 sub:001 … stat:DELIVRD err:000 text:…`.
fn field(words: &str, name: &str) -> Option<String> {
    let lower = words.to_ascii_lowercase();
    // What follows is the text itself, which may hold anything.
    let end = lower.find(" text:").unwrap_or(lower.len());
    let key = format!("{name}:");
    let begins = |at: usize| at == 0 || lower.as_bytes().get(at - 1) == Some(&b' ');
    let at = lower[..end].match_indices(&key).map(|(at, _)| at).find(|at| begins(*at))?;
    let value = words.get(at + key.len()..end)?;
    value.split_whitespace().next().map(str::to_owned)
}

/// The words of octets. An alphabet that is not known is read so that nothing is lost that may be a cry for help.
pub(super) fn words(coding: u8, octets: &[u8]) -> String {
    // 3GPP TS 23.038, 4: the general group and the message classes say it by two bits.
    let alphabet = match coding {
        0x10..=0x7f => coding >> 2 & 0b11,
        0xf0..=0xff => coding >> 2 & 0b01,
        0x00 => 0,
        0x08 => 2,
        _ => 1,
    };
    match alphabet {
        0 => sms::from_gsm7(octets),
        2 => {
            let units = octets.chunks(2).map(|two| match two {
                [high, low] => u16::from_be_bytes([*high, *low]),
                _ => 0xfffd,
            });
            char::decode_utf16(units).map(|letter| letter.unwrap_or('\u{fffd}')).collect()
        }
        _ => match std::str::from_utf8(octets) {
            Ok(text) => text.to_owned(),
            Err(_) => octets.iter().map(|b| char::from(*b)).collect(),
        },
    }
}

/// A text of a person as a fact. `serial` parts texts alike that came in the same moment; `part` is told where only a
/// part of the text is there: which, of how many.
pub(super) fn reply(from: &str, to: &str, text: &str, serial: u32, part: Option<(u8, u8)>) -> Incoming {
    let at = now();
    let (time, serial) = (at.to_string(), serial.to_string());
    let parts = [SPEC.name, "reply.received", from, text, &time, &serial];
    let id = FactId::of(&parts.map(str::as_bytes));
    let mut body = json!({"channel": "sms", "from": from, "to": to, "text": text, "provider": SPEC.name});
    if let Some((number, total)) = part {
        body["part"] = json!([number, total]);
    }
    let fact = Fact::live(id, SPEC.name, format!("phone|{from}"), "reply.received", at, body).by(Actor::Patient);
    Incoming { fact, keys: vec![inbox::key("phone", from)], message: None, person: None }
}

/// An answer that came after nobody waited for it any more: the attempt was unknown, and is not.
pub(super) fn late((person, message): (PersonId, MessageId), answer: &Result<Option<String>, String>) -> Incoming {
    let text = message.to_string();
    let (kind, body) = match answer {
        Ok(id) => (
            "message.accepted",
            json!({"message": text, "provider": SPEC.name, "provider_id": id, "channel": "sms", "reports_by_id": true}),
        ),
        Err(error) => (
            "message.failed",
            json!({"message": text, "provider": SPEC.name, "error": error, "retryable": false, "channel": "sms"}),
        ),
    };
    let id = FactId::of(&[SPEC.name.as_bytes(), b"late", kind.as_bytes(), text.as_bytes()]);
    let fact = Fact::live(id, SPEC.name, RECEIPTS.to_owned(), kind, now(), body).by(Actor::System);
    Incoming { fact, keys: vec![inbox::key("message", &text)], message: Some(message), person: Some(person) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_alike_however_they_are_written() {
        let rows = [
            (Ids::Same, "0000012345", "12345"),
            (Ids::Same, "AB12", "ab12"),
            (Ids::Same, "a-Z_9", "a-Z_9"),
            (Ids::HexInAnswer, "1A2B", "6699"),
            (Ids::HexInReceipt, "6699", "1A2B"),
            (Ids::HexInAnswer, "no number", "no number"),
        ];
        for (ids, answer, receipt) in rows {
            assert_eq!(ids.of_answer(answer), ids.of_receipt(receipt), "{ids:?} {answer} {receipt}");
        }
        assert_ne!(Ids::Same.of_answer("1A2B"), Ids::Same.of_receipt("6699"));
    }

    #[test]
    fn addresses_become_what_the_directory_knows() {
        let rows = [
            ("12125550119", 1, "+12125550119"),
            ("+12125550119", 0, "+12125550119"),
            ("2125550119", 2, "+12125550119"),
            ("2125550119", 0, "+12125550119"),
            ("12125550119", 0, "+12125550119"),
            ("0012125550119", 1, "+12125550119"),
            ("55501", 3, "55501"),
            ("Clinic", 5, "Clinic"),
            ("", 0, ""),
        ];
        for (text, ton, told) in rows {
            assert_eq!(number(text, ton, "1"), told, "{text} {ton}");
        }
        assert_eq!(number("07700900123", 2, "44"), "+447700900123");
    }

    #[test]
    fn octets_are_read_by_their_alphabet() {
        assert_eq!(words(0, &[0x1b, 0x65, 0x05]), "€é");
        assert_eq!(words(8, &[0xd8, 0x3d, 0xde, 0x00, 0x00, 0xed]), "😀í");
        assert_eq!(words(8, &[0xd8, 0x3d]), "\u{fffd}", "half a pair");
        assert_eq!(words(8, &[0x00]), "\u{fffd}");
        assert_eq!(words(3, &[0xed]), "í");
        assert_eq!(words(1, b"Hi"), "Hi");
        assert_eq!(words(4, "día".as_bytes()), "día");
        assert_eq!(words(0xf4, b"class"), "class");
        assert_eq!(words(0x18, &[0, 0x41]), "A");
    }

    #[test]
    fn fields_of_a_receipt_are_not_taken_from_its_text() {
        let words = "id:0012 sub:001 dlvrd:000 submit date:2611231200 done date:2611231201 stat:UNDELIV err:034 Text:stat:DELIVRD";
        assert_eq!(field(words, "id").as_deref(), Some("0012"));
        assert_eq!(field(words, "stat").as_deref(), Some("UNDELIV"));
        assert_eq!(field(words, "err").as_deref(), Some("034"));
        assert_eq!(field("valid:1 text:id:5", "id"), None);
        assert_eq!(field("", "id"), None);
    }

    #[test]
    fn a_receipt_of_an_id_that_was_given_again_is_another_fact() {
        let config = super::super::settings::read(
            json!({"host": "127.0.0.1", "system_id": "a", "password": "b", "source": "55501"})
                .as_object()
                .expect("settings"),
        )
        .expect("good settings");
        let day_ms = model::time::DAY_MS;
        let heard = |words: &str, at: i64| match receipt(Some("7".into()), None, words, At(at), &config) {
            Heard::Receipt(told) => told.fact.id,
            other => panic!("{other:?}"),
        };
        let dated = "id:7 submit date:2611231200 done date:2611231201 stat:DELIVRD err:000 text:x";
        let later = "id:7 submit date:2611301200 done date:2611301201 stat:DELIVRD err:000 text:x";
        assert_eq!(heard(dated, 0), heard(dated, 5 * day_ms), "the same receipt, brought again");
        assert_ne!(heard(dated, 0), heard(later, 0));
        // One that names no times is told by when it came.
        let bare = "id:7 stat:DELIVRD";
        assert_eq!(heard(bare, 1), heard(bare, 2));
        assert_ne!(heard(bare, 0), heard(bare, day_ms));
    }

    #[test]
    fn headers_are_read_and_bad_ones_keep_the_words() {
        assert_eq!(concatenated(&[0, 3, 7, 2, 1]), Some((7, 2, 1)));
        assert_eq!(concatenated(&[5, 1, 9, 8, 4, 1, 2, 3, 1]), Some((0x102, 3, 1)));
        assert_eq!(concatenated(&[0, 9, 1]), None);
        assert_eq!(split_header(&[200, b'h', b'i']), (&[][..], &[200, b'h', b'i'][..]));
        assert_eq!(split_header(&[]), (&[][..], &[][..]));
    }
}
