//! Makes a mail: plain text and HTML, with the headers that a machine's mail owes its reader.
//!
//! Headers cannot be injected: what goes into one is either parsed (addresses), checked (the way out)
//! or stripped of control characters (subject, names).

use crate::contract::Outbound;
use lettre::address::{Address, Envelope};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use model::message::Content;
use std::time::SystemTime;

/// The longest way out: a header line ends at 998 bytes (RFC 5322 section 2.1.1).
const UNSUBSCRIBE_MAX: usize = 900;
/// The longest subject or name, in characters.
const LINE_MAX: usize = 300;

/// A mail that is ready to go.
pub(crate) struct Mail {
    /// From whom and to whom, as the server is told.
    pub envelope: Envelope,
    /// Without its angle brackets.
    pub message_id: String,
    /// As it goes over the line.
    pub bytes: Vec<u8>,
}

/// Makes the mail, or says what about the message cannot be carried (without any patient's data).
/// The Message-ID is the message's id at the sender's domain, so that a mail that is there twice can
/// be told to be one.
pub(crate) fn compose(from: &Address, out: &Outbound, date: SystemTime) -> Result<Mail, String> {
    let Content::Email { subject, text, html, unsubscribe } = &out.message.content else {
        return Err("smtp carries mail only".into());
    };
    let to: Address = out.message.to.parse().map_err(|_| "the recipient is no mail address".to_owned())?;
    if text.trim().is_empty() {
        return Err("the plain text is empty".into());
    }
    let name = Some(one_line(&out.from_name)).filter(|n| !n.is_empty());
    let message_id = format!("{}@{}", out.message.id, from.domain());
    let mut builder = lettre::Message::builder()
        .from(Mailbox::new(name, from.clone()))
        .to(Mailbox::new(None, to.clone()))
        .subject(one_line(subject))
        .date(date)
        .message_id(Some(format!("<{message_id}>")))
        // RFC 3834 section 5: vacation answers and the like stay silent.
        .raw_header(raw("Auto-Submitted", "auto-generated")?);
    if is_language(&out.message.language) {
        builder = builder.raw_header(raw("Content-Language", &out.message.language)?);
    }
    for (header, value) in way_out(unsubscribe.as_deref())? {
        builder = builder.raw_header(raw(header, &value)?);
    }
    let mail = if html.trim().is_empty() {
        builder.singlepart(SinglePart::builder().header(ContentType::TEXT_PLAIN).body(text.clone()))
    } else {
        builder.multipart(MultiPart::alternative_plain_html(text.clone(), html.clone()))
    };
    let mail = mail.map_err(|e| format!("the mail cannot be made: {e}"))?;
    let envelope = Envelope::new(Some(from.clone()), vec![to]).map_err(|e| format!("the envelope: {e}"))?;
    Ok(Mail { envelope, message_id, bytes: mail.formatted() })
}

/// RFC 2369 List-Unsubscribe; and, for https as RFC 8058 section 3.1 asks, the one-click form.
fn way_out(link: Option<&str>) -> Result<Vec<(&'static str, String)>, String> {
    let Some(link) = link else { return Ok(Vec::new()) };
    let schemes = ["https://", "http://", "mailto:"];
    let sane = link.len() <= UNSUBSCRIBE_MAX
        && schemes.iter().any(|s| link.starts_with(s))
        && link.bytes().all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>');
    if !sane {
        return Err("the way out (unsubscribe) is no web or mail address".into());
    }
    let mut headers = vec![("List-Unsubscribe", format!("<{link}>"))];
    if link.starts_with("https://") {
        headers.push(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".into()));
    }
    Ok(headers)
}

/// A header whose value is printable ASCII already; it is written as it is.
fn raw(name: &'static str, value: &str) -> Result<HeaderValue, String> {
    let header = HeaderName::new_from_ascii(name.into()).map_err(|e| e.to_string())?;
    Ok(HeaderValue::dangerous_new_pre_encoded(header, value.into(), value.into()))
}

fn is_language(tag: &str) -> bool {
    !tag.is_empty() && tag.len() <= 35 && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// One line: control characters become spaces, runs of spaces one.
fn one_line(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LINE_MAX).collect();
    clean.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_one_line_and_the_way_out_is_an_address() {
        assert_eq!(one_line("Hello\r\nBcc: eve@example.org"), "Hello Bcc: eve@example.org");
        assert!(way_out(Some("https://a.example/u\r\nX: y")).is_err());
        assert!(way_out(Some("https://a.example/u>")).is_err());
        assert!(way_out(Some("javascript:alert(1)")).is_err());
        assert_eq!(way_out(Some("https://a.example/u")).map(|h| h.len()), Ok(2));
        assert_eq!(way_out(Some("http://127.0.0.1/u")).map(|h| h.len()), Ok(1), "one click needs https");
        assert!(is_language("es-MX") && !is_language("en\r\nX: y"));
    }
}
