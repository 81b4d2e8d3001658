//! From a mail to facts: a bounce, a complaint, what a machine answered, what a person wrote.
//!
//! Order matters: a report says what it is in its structure and comes first; what is left is words, and words are a
//! person's unless there is a strong sign of a machine. Nothing that a person may have written is dropped.

use super::address::{Attempt, Use};
use super::report::{self, Report};
use super::session::Envelope;
use super::{MARK, Mailbox, Verdict, authentic, auto, quote};
use crate::contract::Incoming;
use mail_parser::{Message, MessageParser, MimeHeaders as _};
use model::{Actor, At, Fact, FactId, MessageId, inbox};
use serde_json::json;

/// Characters of a reply that are kept.
const TEXT_MAX: usize = 8_000;
/// Characters of its subject.
const SUBJECT_MAX: usize = 300;
/// Parts of words that are read.
const PARTS_MAX: usize = 10;
/// Names of files that are told.
const FILES_MAX: usize = 10;
/// Files that are counted.
const MEDIA_MAX: usize = 100;
/// References that are looked at: the latest are last.
const REFERENCES_MAX: usize = 50;
/// What these facts say they are from.
const SOURCE: &str = "smtp";

impl Mailbox {
    /// What a mail means.
    pub(crate) fn read(&self, envelope: &Envelope, raw: &[u8], now: At) -> Verdict {
        let Some(mail) = MessageParser::default().parse(raw) else { return Verdict::Unreadable };
        let headers = headers(&mail);
        let enclosed = report::enclosed(&mail);
        let marked = self.marked(&enclosed);
        // Whoever a mail was passed on to has its Reply-To and its mark: neither makes a bounce. Where a mail of ours
        // bounces to, only the servers on its way know.
        let returned = envelope.to.iter().filter(|ours| ours.r#use == Use::Bounce).find_map(|ours| ours.attempt);
        if let Some(report) = report::of(&mail) {
            let complained = matches!(report, Report::Complained(_));
            return self.reported(report, returned.or(marked.filter(|_| complained)), now);
        }
        let bounced = envelope.from.is_none() && envelope.to.iter().all(|ours| ours.r#use == Use::Bounce);
        let value = |name: &str| headers.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str());
        let subject = mail.subject().unwrap_or_default();
        let replied = value("auto-submitted").to_ascii_lowercase().starts_with("auto-replied");
        if bounced
            && !replied
            && let Some(report) = report::in_words(subject, &words(&mail))
        {
            return self.reported(report, returned, now);
        }
        let signed = envelope.to.iter().find_map(|ours| ours.attempt).or(marked);
        self.reply(&mail, &headers, envelope, signed, now)
    }

    /// The attempt that a header of ours names.
    fn marked(&self, headers: &[(String, String)]) -> Option<Attempt> {
        headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(MARK)).find_map(|(_, v)| self.addresses.marked(v))
    }

    fn reported(&self, report: Report, attempt: Option<Attempt>, now: At) -> Verdict {
        let Some((person, message)) = attempt else {
            tracing::warn!("a report about a mail names none of ours");
            return Verdict::Nothing;
        };
        let (kind, body) = match report {
            Report::Failed { error, status } => {
                let body = json!({"message": message, "provider": SOURCE, "channel": "email", "error": error,
                    "status": status, "retryable": false});
                ("message.failed", body)
            }
            Report::Complained(kind) => {
                let body = json!({"message": message, "provider": SOURCE, "channel": "email", "type": kind});
                ("message.complained", body)
            }
            Report::Passing(what) => {
                tracing::debug!(message.id = %message, smtp.report = what, "a report that changes nothing");
                return Verdict::Nothing;
            }
        };
        let text = message.to_string();
        // Once for each attempt: the same told twice is one fact.
        let id = FactId::of(&[SOURCE.as_bytes(), b"report", kind.as_bytes(), text.as_bytes()]);
        let fact = Fact::live(id, SOURCE, format!("message|{text}"), kind, now, body);
        let keys = vec![inbox::key("message", &text)];
        Verdict::Facts(vec![Incoming { fact, keys, message: Some(message), person: Some(person) }])
    }

    fn reply(
        &self,
        mail: &Message<'_>,
        headers: &[(String, String)],
        envelope: &Envelope,
        signed: Option<Attempt>,
        now: At,
    ) -> Verdict {
        let first = mail.from().and_then(|from| from.first()).and_then(|from| from.address.as_deref());
        let from = first.map(str::to_owned).or_else(|| envelope.from.clone());
        let Some(from) = from.map(|f| clean(&f).trim().to_lowercase()).filter(|f| f.contains('@')) else {
            return Verdict::Unreadable;
        };
        let looped = self.marked(headers).is_some() || mail.message_id().is_some_and(|id| self.own_id(id).is_some());
        let auto = looped || auto::is_auto(headers, envelope.from.is_none());
        let message = signed.map(|(_, message)| message).or_else(|| self.referred(mail));
        let files = files(mail);
        let (text, cut) = bounded(&self.said(mail, &files), TEXT_MAX);
        let (subject, _) = bounded(&subject_of(mail), SUBJECT_MAX);
        let provider_id = mail.message_id().map(|id| bounded(&clean(id), SUBJECT_MAX).0).unwrap_or_default();
        let authentic = authentic::authentic(headers, self.trusted.as_deref(), &from);
        let mut body = json!({"channel": "email", "from": from, "text": text, "subject": subject, "provider": SOURCE,
            "provider_id": provider_id, "authentic": authentic});
        if let Some(message) = message {
            body["message"] = json!(message);
        }
        if let Some((person, _)) = signed {
            // Who has this address was written to, or was passed the mail: no proof of who it is.
            body["written_to"] = json!(person);
        }
        for (name, there) in [("auto", auto), ("cut", cut)] {
            if there {
                body[name] = json!(true);
            }
        }
        if !files.is_empty() {
            body["files"] = json!(files);
        }
        let media = media(mail);
        if media > 0 {
            body["media"] = json!(media);
        }
        // Brought a second time it has other lines of its way, and the same id and words.
        let date = headers.iter().find(|(n, _)| n == "date").map_or("", |(_, v)| v.as_str());
        let parts = [SOURCE, "reply.received", &from, &provider_id, date, &subject, &text];
        let id = FactId::of(&parts.map(str::as_bytes));
        let actor = if auto { Actor::System } else { Actor::Patient };
        let fact = Fact::live(id, SOURCE, format!("email|{from}"), "reply.received", now, body).by(actor);
        let keys = vec![inbox::key("email", &from)];
        Verdict::Facts(vec![Incoming { fact, keys, message, person: None }])
    }

    /// What the person wrote: the words of the mail, and the subject where it is not that of the mail it answers.
    fn said(&self, mail: &Message<'_>, files: &[String]) -> String {
        let own = quote::own_words(&words(mail));
        let subject = subject_of(mail);
        let mut out = match (answers(&subject), own.is_empty()) {
            (true, false) => own,
            (_, true) => without_prefix(&subject).to_owned(),
            (false, false) => format!("{subject}\n{own}").trim().to_owned(),
        };
        for file in files {
            out.push_str("\n📎 ");
            out.push_str(file);
        }
        out.trim().to_owned()
    }

    /// The message of ours that a mail says it answers. Anyone may say so: it opens nothing and moves nothing.
    fn referred(&self, mail: &Message<'_>) -> Option<MessageId> {
        let ids = |value: &mail_parser::HeaderValue<'_>| -> Vec<String> {
            let one = value.as_text().map(str::to_owned).into_iter();
            let list = value.as_text_list().into_iter().flatten().map(|id| id.to_string());
            one.chain(list).collect()
        };
        let mut all = ids(mail.in_reply_to());
        all.extend(ids(mail.references()).into_iter().rev().take(REFERENCES_MAX));
        all.iter().find_map(|id| self.own_id(id))
    }

    /// The message whose Message-ID this is, if it is one of ours.
    fn own_id(&self, id: &str) -> Option<MessageId> {
        let (local, domain) = id.trim_matches(['<', '>', ' ']).rsplit_once('@')?;
        if !domain.eq_ignore_ascii_case(&self.domain) {
            return None;
        }
        local.to_ascii_lowercase().parse().ok()
    }
}

/// The headers of a mail: names in lower case, values unfolded.
pub(crate) fn headers(mail: &Message<'_>) -> Vec<(String, String)> {
    let unfolded =
        |value: &str| value.split(['\r', '\n']).map(str::trim).collect::<Vec<_>>().join(" ").trim().to_owned();
    mail.headers_raw().map(|(name, value)| (name.to_ascii_lowercase(), unfolded(value))).collect()
}

/// The same of a mail that was not read yet; none when it is no mail.
pub(crate) fn headers_of(raw: &[u8]) -> Vec<(String, String)> {
    MessageParser::default().parse_headers(raw).map(|mail| headers(&mail)).unwrap_or_default()
}

/// The subject in one line, whatever was encoded in it.
fn subject_of(mail: &Message<'_>) -> String {
    clean(mail.subject().unwrap_or_default()).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words of a mail: its plain text, or its HTML as text.
fn words(mail: &Message<'_>) -> String {
    let count = mail.text_body_count().min(PARTS_MAX);
    let parts: Vec<_> = (0..count).filter_map(|at| mail.body_text(at)).collect();
    clean(&parts.join("\n"))
}

/// Names of the files that came with it; they are not kept, but whoever reads is told that there were some.
fn files(mail: &Message<'_>) -> Vec<String> {
    let name = |part: &mail_parser::MessagePart<'_>| {
        let name = clean(part.attachment_name().unwrap_or_default()).replace(['\n', '\t'], " ");
        bounded(name.trim(), 100).0
    };
    // A signature and the like have no name, and are no files of the person.
    mail.attachments().filter(|p| p.attachment_name().is_some()).take(FILES_MAX).map(name).collect()
}

/// How many files came with it. A picture or a recording is one whether or not it has a name; a part without a name
/// that a mail program made (a signature, its own words once more) is none.
fn media(mail: &Message<'_>) -> usize {
    let shown = |part: &mail_parser::MessagePart<'_>| {
        let kind = part.content_type().map(|t| t.ctype().to_ascii_lowercase());
        kind.is_some_and(|kind| matches!(kind.as_str(), "image" | "video" | "audio"))
    };
    let all = mail.attachments().filter(|p| p.attachment_name().is_some() || shown(p));
    all.take(MEDIA_MAX).count()
}

/// Control characters become spaces; NUL cannot be stored, and the others hide things on a screen. Marks that turn
/// the direction of what follows go, and what parts a word without being seen, so that a danger is found in it. Line
/// ends, tabs and what joins the parts of an emoji stay.
fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    text.chars()
        .filter(|c| {
            let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}');
            !(turns || matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}'))
        })
        .map(|c| if c.is_control() && !matches!(c, '\n' | '\t') { ' ' } else { c })
        .collect()
}

fn bounded(text: &str, max: usize) -> (String, bool) {
    match text.char_indices().nth(max) {
        Some((at, _)) => (text[..at].to_owned(), true),
        None => (text.to_owned(), false),
    }
}

const PREFIXES: &[&str] = &["re:", "rv:", "fw:", "fwd:", "aw:", "res:", "resp:", "antw:", "sv:"];

/// Whether a subject is that of another mail.
fn answers(subject: &str) -> bool {
    let lower = subject.trim_start().to_lowercase();
    lower.is_empty() || PREFIXES.iter().any(|prefix| lower.starts_with(prefix))
}

fn without_prefix(subject: &str) -> &str {
    let mut rest = subject.trim();
    for _ in 0..5 {
        let Some(at) =
            PREFIXES.iter().find_map(|p| rest.get(..p.len()).filter(|b| b.eq_ignore_ascii_case(p)).map(str::len))
        else {
            break;
        };
        rest = rest[at..].trim_start();
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_told_from_that_of_another_mail() {
        assert!(answers("Re: Your day") && answers("RV: Su día") && answers(""));
        assert!(!answers("It is bleeding"));
        assert_eq!(without_prefix("RE: Fwd: Your day"), "Your day");
        assert_eq!(without_prefix("Ré: x"), "Ré: x");
        assert_eq!(clean("a\0b\u{202e}c\r\nd"), "a bc\nd");
    }
}
