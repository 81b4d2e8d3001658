//! Makes a mail: plain text and HTML and files, with the headers that a machine's mail owes its reader, signed when a
//! key is set.
//!
//! Headers cannot be injected: what goes into one is either parsed (addresses), checked (the way out)
//! or stripped of control characters (subject, names).

use crate::contract::Outbound;
use crate::dkim::Signer;
use crate::mailbox::MARK;
use crate::mailbox::address::Addresses;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::address::{Address, Envelope};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use model::message::{Attachment, Content};
use std::time::SystemTime;

/// The longest way out: a header line ends at 998 bytes (RFC 5322 section 2.1.1).
const UNSUBSCRIBE_MAX: usize = 900;
/// The longest subject or name, in characters.
const LINE_MAX: usize = 300;

/// Files that go with one mail.
const FILES_MAX: usize = 5;
/// Bytes of all of them.
const FILES_BYTES_MAX: usize = 1_000_000;
/// Characters of the name of one.
const FILE_NAME_MAX: usize = 64;

/// Who mails are from.
#[derive(Clone, Debug)]
pub(crate) struct Sender {
    /// As people see it.
    pub from: Address,
    /// Where bounces and answers go.
    pub addresses: Addresses,
    /// What signs, if anything does.
    pub signer: Option<Signer>,
}

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
pub(crate) fn compose(sender: &Sender, out: &Outbound, date: SystemTime) -> Result<Mail, String> {
    let Content::Email { subject, text, html, unsubscribe, attachments } = &out.message.content else {
        return Err("smtp carries mail only".into());
    };
    let to: Address = out.message.to.parse().map_err(|_| "the recipient is no mail address".to_owned())?;
    if text.trim().is_empty() {
        return Err("the plain text is empty".into());
    }
    let (from, attempt) = (&sender.from, (out.message.person, out.message.id));
    let name = Some(one_line(&out.from_name)).filter(|n| !n.is_empty());
    let message_id = format!("{}@{}", out.message.id, from.domain());
    let mut builder = lettre::Message::builder()
        .from(Mailbox::new(name.clone(), from.clone()))
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
    if let Some(reply_to) = sender.addresses.reply_to(attempt) {
        builder = builder.reply_to(Mailbox::new(name, reply_to));
    }
    if let Some(mark) = sender.addresses.mark(attempt) {
        builder = builder.raw_header(raw(MARK, &mark)?);
    }
    let files = files(attachments)?;
    let plain = || SinglePart::builder().header(ContentType::TEXT_PLAIN).body(text.clone());
    let both = || MultiPart::alternative_plain_html(text.clone(), html.clone());
    let mail = match (html.trim().is_empty(), files.is_empty()) {
        (true, true) => builder.singlepart(plain()),
        (false, true) => builder.multipart(both()),
        (no_html, false) => {
            let mixed = MultiPart::mixed();
            let mixed = if no_html { mixed.singlepart(plain()) } else { mixed.multipart(both()) };
            builder.multipart(files.into_iter().fold(mixed, MultiPart::singlepart))
        }
    };
    let mail = mail.map_err(|e| format!("the mail cannot be made: {e}"))?;
    let bounces_to = sender.addresses.bounce_to(attempt).unwrap_or_else(|| from.clone());
    let envelope = Envelope::new(Some(bounces_to), vec![to]).map_err(|e| format!("the envelope: {e}"))?;
    let bytes = match &sender.signer {
        Some(signer) => signer.sign(&mail.formatted(), seconds(date))?,
        None => mail.formatted(),
    };
    Ok(Mail { envelope, message_id, bytes })
}

fn seconds(date: SystemTime) -> u64 {
    date.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// The files as parts of the mail, their names cleaned.
fn files(attachments: &[Attachment]) -> Result<Vec<SinglePart>, String> {
    if attachments.len() > FILES_MAX {
        return Err(format!("more than {FILES_MAX} files go with no mail"));
    }
    let mut total = 0;
    let mut part = |file: &Attachment| {
        // Looked at before it is decoded: base 64 takes four characters for three bytes.
        total += file.bytes.len() / 4 * 3;
        if total > FILES_BYTES_MAX {
            return Err(format!("files of more than {FILES_BYTES_MAX} bytes go with no mail"));
        }
        let bytes = STANDARD.decode(&file.bytes).map_err(|_| "a file is not in base 64".to_owned())?;
        let media =
            ContentType::parse(&file.media).ok().filter(|_| file.media.bytes().all(|b| (b' '..=b'~').contains(&b)));
        let media = media.ok_or("a file has no media type")?;
        Ok(lettre::message::Attachment::new(file_name(&file.name)).body(bytes, media))
    };
    attachments.iter().map(&mut part).collect()
}

/// A name that no program takes for a path, a command or a header: ASCII letters, digits, `.`, `-` and `_`.
fn file_name(name: &str) -> String {
    let sane = |c: char| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '_' };
    let clean: String = name.chars().take(FILE_NAME_MAX).map(sane).collect();
    let clean = clean.trim_matches(['.', '_']);
    if clean.is_empty() { "file".into() } else { clean.to_owned() }
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
    let clean = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    // What is written like an encoded word (RFC 2047) would be decoded by whoever reads it, line breaks and all: a mark
    // that is not seen keeps it a text.
    clean.replace("=?", "=\u{200b}?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_one_line_and_the_way_out_is_an_address() {
        assert_eq!(one_line("Hello\r\nBcc: eve@example.org"), "Hello Bcc: eve@example.org");
        assert_eq!(one_line("=?utf-8?Q?=0D=0A?="), "=\u{200b}?utf-8?Q?=0D=0A?=", "no encoded word of somebody else's");
        assert!(way_out(Some("https://a.example/u\r\nX: y")).is_err());
        assert!(way_out(Some("https://a.example/u>")).is_err());
        assert!(way_out(Some("javascript:alert(1)")).is_err());
        assert_eq!(way_out(Some("https://a.example/u")).map(|h| h.len()), Ok(2));
        assert_eq!(way_out(Some("http://127.0.0.1/u")).map(|h| h.len()), Ok(1), "one click needs https");
        assert!(is_language("es-MX") && !is_language("en\r\nX: y"));
    }

    /// A string as the subject, the words, the name of the clinic and the recipient of a mail.
    #[test]
    fn whatever_stands_in_a_mail_it_is_one_mail_with_our_headers_and_those_words() {
        use mail_parser::MessageParser;
        use model::message::{Message, Status};
        use model::{At, Channel, PersonId};
        let now = At(1_795_356_000_000);
        let addresses = Addresses {
            bounce: "b@mail.clinic.example".parse().ok(),
            reply: "r@mail.clinic.example".parse().ok(),
            secret: crate::Secret::new("secret"),
        };
        let sender = Sender { from: "care@clinic.example".parse().expect("an address"), addresses, signer: None };
        let made = |subject: &str, text: &str, name: &str, to: &str| {
            let content = Content::Email {
                subject: subject.into(),
                text: text.into(),
                html: format!("<p>{}</p>", model::markup::escape(text)),
                unsubscribe: Some("https://clinic.example/u/1".into()),
                attachments: Vec::new(),
            };
            let message = Message {
                channel: Channel::Email,
                to: to.into(),
                content,
                status: Status::Dispatching,
                ..testkit::text("naughty", PersonId::of(&[b"david"]), now)
            };
            compose(&sender, &Outbound { message, from_name: name.into(), now, callback: None }, SystemTime::UNIX_EPOCH)
        };
        let names = |mail: &mail_parser::Message<'_>| {
            let mut all: Vec<String> = mail.headers_raw().map(|(name, _)| name.to_ascii_lowercase()).collect();
            all.sort();
            all
        };
        let plain = made("Hello", "Hello", "Clinic", "david@example.org").expect("a mail").bytes;
        let wanted = names(&MessageParser::default().parse(&plain).expect("it reads"));
        // Line ends are those of mail, and what a mail ends with is its own.
        let lines = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n").trim_end().to_owned();
        for one in testkit::naughty::strings() {
            let mail = match made(&one, &format!("{one}."), &one, "david@example.org") {
                Ok(mail) => mail,
                Err(why) => panic!("{one:?}: {why}"),
            };
            let read = MessageParser::default().parse(&mail.bytes).unwrap_or_else(|| panic!("{one:?}"));
            assert_eq!(names(&read), wanted, "{one:?}: a header of its own");
            assert_eq!(read.subject().unwrap_or_default().trim(), one_line(&one), "the subject");
            assert_eq!(lines(&read.body_text(0).unwrap_or_default()), lines(&format!("{one}.")), "the words");
            assert_eq!(read.text_body_count(), 1, "{one:?}: a part of its own");
            let from = read.from().and_then(|f| f.first()).expect("a sender");
            assert_eq!(from.address.as_deref(), Some("care@clinic.example"), "{one:?}");
            assert_eq!(from.name.as_deref().unwrap_or_default().trim(), one_line(&one), "the name");
            assert_eq!(mail.envelope.to().len(), 1);
            // As a recipient it is refused, or it is one address that breaks no command.
            if let Ok(mail) = made("Hello", "Hello", "Clinic", &one) {
                let to = mail.envelope.to()[0].to_string();
                assert!(to == one && !to.contains(|c: char| c.is_control() || c == '>' || c == ' '), "{one:?}");
            }
        }
    }
}
