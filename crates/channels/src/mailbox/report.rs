//! What machines report of a mail: delivery status (RFC 3464, with the codes of RFC 3463), and complaints (RFC 5965).

use mail_parser::{Message, MimeHeaders as _, PartType};

/// The common code for an address or a number that does not exist.
pub(crate) const NO_SUCH_ADDRESS: &str = "unreachable_number";
/// Recipients of a report that are looked at.
const RECIPIENTS_MAX: usize = 50;
/// Of a report in words, so much is read.
const WORDS_MAX: usize = 8_000;

/// A report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// It will not arrive.
    Failed {
        /// `unreachable_number` when there is no such address, else `bounced`.
        error: &'static str,
        /// `5.1.1`; empty when none was said.
        status: String,
    },
    /// It is late, was passed on, or arrived: nobody waits for that.
    Passing(&'static str),
    /// The person called it unwanted; the type of the report.
    Complained(String),
}

/// The report that a mail is, if it is one.
pub(crate) fn of(mail: &Message<'_>) -> Option<Report> {
    let kind = mail.content_type().filter(|t| t.ctype() == "multipart" && t.subtype() == Some("report"))?;
    let about = kind.attribute("report-type").unwrap_or_default().to_ascii_lowercase();
    let part = |subtypes: &[&str]| {
        let found = mail.parts.iter().find(|p| subtypes.iter().any(|s| p.is_content_type("message", s)))?;
        Some(String::from_utf8_lossy(found.contents()).into_owned())
    };
    if let Some(text) = part(&["delivery-status", "global-delivery-status"]) {
        return Some(delivery(&text));
    }
    if let Some(text) = part(&["feedback-report"]) {
        return Some(complaint(&text));
    }
    match about.as_str() {
        "disposition-notification" => Some(Report::Passing("read receipt")),
        _ => None,
    }
}

/// Fields of one group: names in lower case, values unfolded.
fn groups(text: &str) -> Vec<Vec<(String, String)>> {
    let text = text.replace("\r\n", "\n");
    let group = |block: &str| {
        let mut fields: Vec<(String, String)> = Vec::new();
        for line in block.lines() {
            match (line.starts_with([' ', '\t']), fields.last_mut(), line.split_once(':')) {
                (true, Some((_, value)), _) => {
                    value.push(' ');
                    value.push_str(line.trim());
                }
                (false, _, Some((name, value))) => {
                    fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
                }
                _ => {}
            }
        }
        fields
    };
    text.split("\n\n").map(group).filter(|g| !g.is_empty()).take(RECIPIENTS_MAX + 1).collect()
}

fn field<'a>(group: &'a [(String, String)], name: &str) -> Option<&'a str> {
    group.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
}

/// The worst that is said of any recipient: a mail of ours has one, and a list behind it may have more.
fn delivery(text: &str) -> Report {
    let mut passing = "no recipient";
    for group in groups(text) {
        let Some(action) = field(&group, "action") else { continue };
        let action = action.split([' ', ';', '(']).next().unwrap_or_default().to_ascii_lowercase();
        match action.as_str() {
            "failed" => {
                let status = field(&group, "status").and_then(status_in);
                let status = status.or_else(|| status_in(field(&group, "diagnostic-code")?)).unwrap_or_default();
                return Report::Failed { error: meaning(&status), status };
            }
            "delayed" => passing = "delayed",
            "delivered" => passing = "delivered",
            "relayed" => passing = "relayed",
            "expanded" => passing = "expanded",
            _ => {}
        }
    }
    Report::Passing(passing)
}

fn complaint(text: &str) -> Report {
    let all = groups(text);
    let kind = all.iter().find_map(|group| field(group, "feedback-type")).unwrap_or("abuse").to_ascii_lowercase();
    match kind.as_str() {
        // RFC 6591 and RFC 6430: about the mail itself, or the opposite of a complaint.
        "not-spam" => Report::Passing("not spam"),
        "auth-failure" => Report::Passing("authentication failure"),
        "abuse" | "fraud" | "virus" | "opt-out" | "miscategorized" => Report::Complained(kind),
        _ => Report::Complained("other".into()),
    }
}

/// What a bounce that is no `multipart/report` says, as qmail and older servers write it. `None`: it is none.
pub(crate) fn in_words(subject: &str, text: &str) -> Option<Report> {
    const SUBJECTS: &[&str] = &[
        "undeliver",
        "failure notice",
        "delivery fail",
        "delivery has failed",
        "delivery notification (failure)",
        "delivery status notification (failure)",
        "returned mail",
        "returned to sender",
        "mail delivery failed",
        "no se puede entregar",
        "no se pudo entregar",
        "no se ha podido entregar",
        "error de entrega",
        "mensaje devuelto",
        "correo devuelto",
    ];
    const LATE: &[&str] = &["delay", "warning", "retras", "demor", "aviso"];
    let subject = subject.to_lowercase();
    let text: String = text.chars().take(WORDS_MAX).collect();
    let bounce = SUBJECTS.iter().any(|s| subject.contains(s)) || text.contains("qmail-send program");
    if !bounce {
        return None;
    }
    if LATE.iter().any(|s| subject.contains(s)) {
        return Some(Report::Passing("delayed"));
    }
    let status = text.split(|c: char| c.is_whitespace() || "#()[]<>,;:".contains(c)).find_map(status_in);
    let status = status.filter(|s| s.starts_with('5')).unwrap_or_default();
    Some(Report::Failed { error: meaning(&status), status })
}

/// A status of RFC 3463 that a text begins with, or that follows the code of an answer: `smtp; 550 5.1.1 …`.
fn status_in(text: &str) -> Option<String> {
    text.split(|c: char| c.is_whitespace() || c == '#').map(|w| w.trim_end_matches(['.', ',', ';', ':'])).find_map(
        |word| {
            let parts: Vec<&str> = word.split('.').collect();
            let digits = |p: &&str| (1..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit());
            let good = parts.len() == 3 && ["2", "4", "5"].contains(&parts[0]) && parts.iter().all(digits);
            good.then(|| word.to_owned())
        },
    )
}

/// What a status means for the person: RFC 3463 section 3.2, RFC 7505 (5.1.10).
pub(crate) fn meaning(status: &str) -> &'static str {
    match status {
        "5.1.1" | "5.1.2" | "5.1.3" | "5.1.6" | "5.1.10" => NO_SUCH_ADDRESS,
        _ => "bounced",
    }
}

/// Headers of the mail that a report is about, and of those that were sent along: each name in lower case.
pub(crate) fn enclosed(mail: &Message<'_>) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for part in &mail.parts {
        match &part.body {
            PartType::Message(inner) => out.extend(super::read::headers(inner)),
            PartType::Text(text) if part.is_content_type("text", "rfc822-headers") => {
                out.extend(groups(text).into_iter().flatten());
            }
            PartType::Binary(_) | PartType::InlineBinary(_)
                if part.is_content_type("message", "rfc822") || part.is_content_type("message", "global-headers") =>
            {
                out.extend(groups(&String::from_utf8_lossy(part.contents())).into_iter().flatten());
            }
            _ => {}
        }
    }
    out
}
