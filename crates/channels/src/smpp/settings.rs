//! The settings of a connection to a message centre, checked.

use super::heard::Ids;
use super::verdict::Codes;
use crate::Secret;
use crate::contract::{Kind, Setting, Spec};
use crate::registry::{Fields, Settings};
use model::Channel;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The most texts under way at a time.
const WINDOW_MAX: u64 = 100;

/// How a line is kept private: by itself; not at all, which is for this machine; by the network that it goes over.
const TLS: &[&str] = &["tls", "none", "private_network"];

const fn field(name: &'static str, kind: Kind, default: Option<&'static str>, help: &'static str) -> Setting {
    Setting { name, kind, required: false, default, secret: false, help }
}

const fn needed(name: &'static str, kind: Kind, help: &'static str) -> Setting {
    Setting { required: true, ..field(name, kind, None, help) }
}

/// What it is.
pub const SPEC: Spec = Spec {
    name: "smpp",
    channels: &[Channel::Sms],
    secrets: &["password"],
    fields: &[
        needed("host", Kind::Text, "Name or address of the message centre."),
        field("port", Kind::Number, Some("2775"), "Its port."),
        field(
            "tls",
            Kind::Choice(TLS),
            Some("tls"),
            "By TLS; or plain: `none` to this machine alone, `private_network` over a VPN or a line of your own.",
        ),
        field("ca", Kind::Path, None, "PEM file of a further certificate authority to trust."),
        needed("system_id", Kind::Text, "Account at the message centre, at most 15 characters."),
        Setting {
            required: true,
            secret: true,
            ..field("password", Kind::Text, None, "Password of the account, at most 8 characters.")
        },
        field("system_type", Kind::Text, None, "As the centre asks for it; at most 12 characters."),
        needed(
            "source",
            Kind::Text,
            "Sender: +, country code and number; a short code; or a name of at most 11 letters.",
        ),
        field("source_ton", Kind::Number, None, "Type of the sender's number; told by its form when not set."),
        field("source_npi", Kind::Number, None, "Numbering plan of the sender; told by its form when not set."),
        field("dest_ton", Kind::Number, Some("1"), "Type of the numbers that texts go to; 1 is international."),
        field("dest_npi", Kind::Number, Some("1"), "Their numbering plan; 1 is E.164."),
        field("country_code", Kind::Number, Some("1"), "Of numbers that the centre names without one."),
        field("window", Kind::Number, Some("10"), "Texts under way at a time before the centre answers."),
        field(
            "per_second",
            Kind::Number,
            None,
            "Segments of texts a second that the contract allows; when not set, what rules/carriers.yaml says of the number's kind (sender.number).",
        ),
        field("timeout_ms", Kind::Number, Some("30000"), "How long to wait for each answer, in milliseconds."),
        field("enquire_link_s", Kind::Number, Some("30"), "Silence after which the line is tested, in seconds."),
        field(
            "reconnect_ms",
            Kind::Number,
            Some("1000"),
            "The first pause before connecting anew, in milliseconds; it doubles up to a minute.",
        ),
        field(
            "message_ids",
            Kind::Choice(&["same", "hex_in_answer", "hex_in_receipt"]),
            Some("same"),
            "Whether answers and receipts write a message's id alike; else which of them writes it in hexadecimal.",
        ),
        field(
            "landline_codes",
            Kind::Text,
            None,
            "What the centre says of numbers that take no texts: statuses (0x40b), errors of receipts (err:034), with commas.",
        ),
        field("unreachable_codes", Kind::Text, None, "The same for numbers that do not exist, beside 0x0b."),
        field("opted_out_codes", Kind::Text, None, "The same for people who said STOP to the carrier."),
    ],
    make_believe: false,
    idempotent: false,
};

/// An address, its type of number and its numbering plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// Digits or letters.
    pub address: String,
    /// Type of number.
    pub ton: u8,
    /// Numbering plan.
    pub npi: u8,
}

/// Checked settings.
#[derive(Clone, Debug, PartialEq)]
pub struct SmppConfig {
    /// Message centre.
    pub host: String,
    /// Port.
    pub port: u16,
    /// TLS from the first byte.
    pub tls: bool,
    /// A further authority to trust.
    pub ca: Option<PathBuf>,
    /// Account.
    pub system_id: String,
    /// Its password.
    pub password: Secret,
    /// As the centre asks for it.
    pub system_type: String,
    /// Who texts come from.
    pub source: Sender,
    /// Type of the numbers that texts go to.
    pub dest_ton: u8,
    /// Their numbering plan.
    pub dest_npi: u8,
    /// Of numbers without one.
    pub country_code: String,
    /// Texts under way at a time.
    pub window: usize,
    /// Segments of texts a second.
    pub per_second: Option<f64>,
    /// For each answer.
    pub timeout: Duration,
    /// Silence after which the line is tested.
    pub enquire: Duration,
    /// The first pause before connecting anew.
    pub reconnect: Duration,
    /// How ids are written.
    pub(super) ids: Ids,
    /// What the centre's own codes mean.
    pub(super) codes: Codes,
}

/// Reads them.
pub(super) fn read(settings: &Settings) -> Result<SmppConfig, Vec<String>> {
    let mut fields = Fields::new(&SPEC, settings);
    let port = number(&mut fields, "port", 1, 65_535) as u16;
    let kept = fields.text("tls").unwrap_or_default();
    // What is no choice has been told of; it makes no line plain.
    let tls = !matches!(kept.as_str(), "none" | "private_network");
    let ca = fields.text("ca").map(PathBuf::from);
    if ca.is_some() && !tls {
        fields.problem("ca", "is of use with tls = \"tls\" alone");
    }
    let host = fields.text("host").unwrap_or_default();
    if !host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:_".contains(&b)) {
        fields.problem("host", "the name or address of a message centre is expected, without scheme or port");
    }
    if kept == "none" && !is_this_machine(&host) {
        fields.problem("tls", PLAIN);
    }
    let system_id = short(&mut fields, "system_id", 15);
    let password = Secret::new(short(&mut fields, "password", 8));
    let system_type = short(&mut fields, "system_type", 12);
    let source = sender(&mut fields);
    let dest_ton = number(&mut fields, "dest_ton", 0, 6) as u8;
    let dest_npi = number(&mut fields, "dest_npi", 0, 18) as u8;
    let country_code = number(&mut fields, "country_code", 1, 999).to_string();
    let window = number(&mut fields, "window", 1, WINDOW_MAX) as usize;
    let per_second = fields.number("per_second").map(|n| n as f64);
    if per_second == Some(0.0) {
        fields.problem("per_second", "a number from 1 is expected");
    }
    let timeout = Duration::from_millis(number(&mut fields, "timeout_ms", 100, 600_000));
    let enquire = Duration::from_secs(number(&mut fields, "enquire_link_s", 1, 3_600));
    let reconnect = Duration::from_millis(number(&mut fields, "reconnect_ms", 10, 60_000));
    let ids = match fields.text("message_ids").as_deref() {
        Some("hex_in_answer") => Ids::HexInAnswer,
        Some("hex_in_receipt") => Ids::HexInReceipt,
        _ => Ids::Same,
    };
    let mut codes = Codes::default();
    for (name, meaning) in
        [("landline_codes", "landline"), ("unreachable_codes", "unreachable_number"), ("opted_out_codes", "opted_out")]
    {
        if fields.text(name).is_some_and(|list| codes.add(&list, meaning).is_none()) {
            fields.problem(name, "codes such as 0x40b or err:034 are expected, with commas between them");
        }
    }
    fields.done(SmppConfig {
        host,
        port,
        tls,
        ca,
        system_id,
        password,
        system_type,
        source,
        dest_ton,
        dest_npi,
        country_code,
        window,
        per_second,
        timeout,
        enquire,
        reconnect,
        ids,
        codes,
    })
}

/// Why a line without TLS is refused.
const PLAIN: &str = "`none` is for a host that is this machine (127.0.0.1, ::1, localhost): the password, numbers \
    and texts would be readable on the way; set \"tls\", or \"private_network\" for a VPN or a line of your own";

/// Whether what is sent there does not leave this machine.
fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A number within bounds.
fn number(fields: &mut Fields<'_>, name: &str, min: u64, max: u64) -> u64 {
    let value = fields.number(name).unwrap_or(min);
    if !(min..=max).contains(&value) {
        fields.problem(name, &format!("a number from {min} to {max} is expected"));
        return min;
    }
    value
}

/// A text that a field of the protocol has room for.
fn short(fields: &mut Fields<'_>, name: &str, max: usize) -> String {
    let text = fields.text(name).unwrap_or_default();
    if text.len() > max || !text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        fields.problem(name, &format!("at most {max} plain characters are expected"));
        return String::new();
    }
    text
}

/// The sender, its type told by its form: a number with its country, a short code, or a name.
fn sender(fields: &mut Fields<'_>) -> Sender {
    let text = fields.text("source").unwrap_or_default();
    let digits = text.strip_prefix('+').unwrap_or(&text);
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) && digits.len() <= 15;
    let is_name = !text.starts_with('+') && text.len() <= 11 && text.bytes().all(|b| (0x20..0x7f).contains(&b));
    if !is_number && !is_name {
        fields.problem("source", "a number with its country code, a short code or a name of 11 letters is expected");
    }
    let (ton, npi) = match (text.starts_with('+'), is_number) {
        (true, _) => (1, 1),
        (false, true) => (3, 0),
        (false, false) => (5, 0),
    };
    let mut told = |name, usual: u8, max: u64| match fields.number(name) {
        Some(_) => number(fields, name, 0, max) as u8,
        None => usual,
    };
    let (ton, npi) = (told("source_ton", ton, 6), told("source_npi", npi, 18));
    Sender { address: digits.to_owned(), ton, npi }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    fn with(changes: Json) -> Result<SmppConfig, Vec<String>> {
        let mut all = json!({"host": "smsc.example.net", "system_id": "a", "password": "b", "source": "55501"});
        all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        read(all.as_object().unwrap())
    }

    #[test]
    fn a_line_is_plain_only_where_that_is_said() {
        assert!(with(json!({})).unwrap().tls, "unless told otherwise");
        assert!(with(json!({"host": "127.0.0.1"})).unwrap().tls);
        assert!(with(json!({"tls": "tls"})).unwrap().tls);
        for host in ["127.0.0.1", "127.8.8.8", "::1", "localhost", "LOCALHOST"] {
            assert!(!with(json!({"host": host, "tls": "none"})).unwrap().tls, "{host}");
        }
        for host in ["smsc.example.net", "10.0.0.1", "0.0.0.0", "localhost.example.net", "127.0.0.1.example.net"] {
            let problems = with(json!({"host": host, "tls": "none"})).unwrap_err();
            assert!(problems.len() == 1 && problems[0].starts_with("smpp.tls:"), "{problems:?}");
            assert!(!with(json!({"host": host, "tls": "private_network"})).unwrap().tls, "{host}");
        }
        for tls in ["none", "private_network"] {
            let problems = with(json!({"host": "::1", "tls": tls, "ca": "/a.pem"})).unwrap_err();
            assert!(problems.iter().any(|p| p.starts_with("smpp.ca:")), "{problems:?}");
        }
        assert!(with(json!({"tls": "starttls"})).is_err());
    }
}
