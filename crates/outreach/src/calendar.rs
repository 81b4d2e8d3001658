//! A visit as a file for a calendar (RFC 5545): on the Today page, and with a mail that reminds of it. It says where
//! one is expected and when; with whom and for what it does not say, for calendars are shared and shown on locked
//! screens.

use jiff::tz::TimeZone;
use model::{At, Id, PersonId};
use std::fmt::Write as _;

/// Octets of a line, without its end (RFC 5545 section 3.1).
const LINE_MAX: usize = 75;
/// How long before it a calendar reminds.
const ALARM: &str = "-PT2H";
/// What the file is called.
pub const NAME: &str = "visit.ics";
/// Its media type.
pub const MEDIA: &str = "text/calendar; charset=utf-8";

/// The name of a visit in calendars: the same wherever the file came from, so that it stands there once.
pub fn uid(person: PersonId, appointment: &str) -> String {
    Id::of(&[b"visit", person.to_string().as_bytes(), appointment.as_bytes()]).to_string()
}

/// The calendar of one visit. Times are in UTC: the instant is right in every zone, whatever the calendar's own.
pub fn visit(title: &str, about: &str, uid: &str, start: At, now: At) -> String {
    let (title, about) = (escaped(title), escaped(about));
    let lines = [
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Throughline//Today//EN".to_owned(),
        "CALSCALE:GREGORIAN".to_owned(),
        "METHOD:PUBLISH".to_owned(),
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{uid}@throughline"),
        format!("DTSTAMP:{}", utc(now)),
        // A visit that was moved is the same one, later: calendars take what has the greater number.
        format!("SEQUENCE:{}", now.0.div_euclid(60_000) % i64::from(i32::MAX)),
        format!("DTSTART:{}", utc(start)),
        format!("SUMMARY:{title}"),
        format!("DESCRIPTION:{about}"),
        "STATUS:CONFIRMED".to_owned(),
        "CLASS:PRIVATE".to_owned(),
        "TRANSP:OPAQUE".to_owned(),
        "BEGIN:VALARM".to_owned(),
        "ACTION:DISPLAY".to_owned(),
        format!("DESCRIPTION:{title}"),
        format!("TRIGGER:{ALARM}"),
        "END:VALARM".to_owned(),
        "END:VEVENT".to_owned(),
        "END:VCALENDAR".to_owned(),
    ];
    lines.iter().fold(String::new(), |mut out, line| {
        // Writing to a String cannot fail.
        let _ = write!(out, "{}\r\n", folded(line));
        out
    })
}

/// `20261126T152000Z`.
fn utc(at: At) -> String {
    TimeZone::UTC.to_datetime(at.timestamp()).strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Text of a property (section 3.3.11).
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,").replace('\n', "\\n").replace('\r', "")
}

/// A line in pieces of 75 octets at most, none within a character.
fn folded(line: &str) -> String {
    let mut out = String::new();
    let mut used = 0;
    for c in line.chars() {
        if used + c.len_utf8() > LINE_MAX {
            out.push_str("\r\n ");
            used = 1;
        }
        out.push(c);
        used += c.len_utf8();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_is_a_calendar_as_the_rfc_wants_it() {
        let start: At = serde_json::from_str("\"2026-11-26T15:20:00Z\"").expect("a time");
        let title = "Visita, Clínica; Süd, Nord\\Ost y más palabras que no caben en una línea de un calendario";
        let text = visit(title, "+1 555 0100", "abc", start, start.plus_ms(-1000));
        assert!(text.ends_with("END:VCALENDAR\r\n") && text.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"));
        for line in text.split("\r\n") {
            assert!(line.len() <= LINE_MAX, "{line}");
            assert!(!line.contains('\n') && !line.contains('\r'));
        }
        let whole = text.replace("\r\n ", "");
        let lines: Vec<&str> = whole.trim_end().split("\r\n").collect();
        let value = |name: &str| {
            let found: Vec<&str> = lines.iter().filter_map(|l| l.strip_prefix(name)?.strip_prefix(':')).collect();
            assert!(!found.is_empty(), "{name}");
            found[0].to_owned()
        };
        assert_eq!((value("DTSTART"), value("DTSTAMP")), ("20261126T152000Z".into(), "20261126T151959Z".into()));
        assert_eq!(value("UID"), "abc@throughline");
        assert!(value("SUMMARY").contains("Clínica\\; Süd\\, Nord\\\\Ost"), "{}", value("SUMMARY"));
        let mut open: Vec<&str> = Vec::new();
        for line in &lines {
            if let Some(name) = line.strip_prefix("BEGIN:") {
                open.push(name);
            } else if let Some(name) = line.strip_prefix("END:") {
                assert_eq!(open.pop(), Some(name));
            } else {
                assert!(
                    line.split_once(':').is_some_and(|(n, _)| n.bytes().all(|b| b.is_ascii_uppercase() || b == b'-')),
                    "{line}"
                );
            }
        }
        assert!(open.is_empty());
    }
}
