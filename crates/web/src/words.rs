//! Times and states as people say them.

use jiff::tz::TimeZone;
use model::At;
use model::time::{DAY_MS, HOUR_MS, MINUTE_MS};

/// The zone of that name; UTC for one that there is not.
pub(crate) fn zone(name: &str) -> TimeZone {
    model::time::zone(name).unwrap_or(TimeZone::UTC)
}

/// `10:20 am, Thu 26 Nov`.
pub(crate) fn moment(at: At, zone: &TimeZone) -> String {
    let local = zone.to_datetime(at.timestamp());
    format!("{}, {}", clock(at, zone), local.strftime("%a %-d %b"))
}

/// `10:20 am`.
pub(crate) fn clock(at: At, zone: &TimeZone) -> String {
    zone.to_datetime(at.timestamp()).strftime("%-I:%M %P").to_string()
}

/// `2026-11-26T15:20:00Z`, for `<time datetime>`.
pub(crate) fn machine(at: At) -> String {
    at.to_string()
}

/// `38 min`, `2 h`, `3 days`: rounded to what one would say.
pub(crate) fn lapse(ms: i64) -> String {
    let ms = ms.abs();
    if ms < HOUR_MS * 2 {
        format!("{} min", (ms / MINUTE_MS).max(1))
    } else if ms < DAY_MS * 2 {
        format!("{} h", ms / HOUR_MS)
    } else {
        format!("{} days", ms / DAY_MS)
    }
}

/// `Due in 38 min`, `Overdue 12 min`.
pub(crate) fn due(at: At, now: At) -> String {
    if at >= now { format!("Due in {}", lapse(at.0 - now.0)) } else { format!("Overdue {}", lapse(now.0 - at.0)) }
}

/// How near a deadline is, as a class of the style.
pub(crate) fn due_class(at: At, now: At) -> &'static str {
    match at.0 - now.0 {
        ..0 => "late",
        left if left < HOUR_MS => "soon",
        _ => "calm",
    }
}

/// `3 h ago`.
pub(crate) fn ago(at: At, now: At) -> String {
    if now.0 - at.0 < MINUTE_MS { "just now".into() } else { format!("{} ago", lapse(now.0 - at.0)) }
}

/// `surgical_nurses` as `Surgical nurses`.
pub(crate) fn label(name: &str) -> String {
    // A name has no apostrophe: this one is read so often that it gets its own back.
    let spaced = name.replace(['_', '-'], " ").replace("todays", "today's");
    let mut letters = spaced.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `1 message`, `2 messages`.
pub(crate) fn count(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}

/// Text as a value of a link's query.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// A class of an encounter (HL7 v3 ActCode), in words.
pub(crate) fn class(code: &str) -> String {
    const NAMES: &[(&str, &str)] = &[
        ("IMP", "Inpatient stay"),
        ("ACUTE", "Inpatient stay"),
        ("NONAC", "Inpatient stay"),
        ("AMB", "Visit"),
        ("EMER", "Emergency visit"),
        ("OBSENC", "Stay for observation"),
        ("SS", "Short stay"),
        ("PRENC", "Before admission"),
        ("HH", "Visit at home"),
        ("FLD", "Visit in the field"),
        ("VR", "Visit by phone or video"),
    ];
    NAMES.iter().find(|(c, _)| *c == code).map_or_else(|| label(code), |(_, name)| (*name).to_owned())
}

/// An identifier as staff read it: without the part that only says that it is a URN.
pub(crate) fn identifier(identifier: &str) -> &str {
    match identifier.split_once('|') {
        Some((system, value)) if system.starts_with("urn:") => value,
        _ => identifier,
    }
}

/// `English` for `en`.
pub(crate) fn language(tag: &str) -> String {
    const NAMES: &[(&str, &str)] = &[
        ("en", "English"),
        ("es", "Spanish"),
        ("fr", "French"),
        ("de", "German"),
        ("zh", "Chinese"),
        ("vi", "Vietnamese"),
        ("ar", "Arabic"),
        ("ru", "Russian"),
        ("pt", "Portuguese"),
        ("ko", "Korean"),
        ("tl", "Tagalog"),
    ];
    let short = tag.split('-').next().unwrap_or(tag);
    NAMES.iter().find(|(t, _)| *t == short).map_or_else(|| tag.to_owned(), |(_, name)| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_people_say_them() {
        let zone = zone("America/New_York");
        let at: At = serde_json::from_str("\"2026-11-26T15:20:00Z\"").expect("a time");
        assert_eq!(moment(at, &zone), "10:20 am, Thu 26 Nov");
        assert_eq!(due(at, at.plus_ms(-38 * MINUTE_MS)), "Due in 38 min");
        assert_eq!(due(at, at.plus_ms(12 * MINUTE_MS)), "Overdue 12 min");
        assert_eq!(due(at, at.plus_ms(-4 * HOUR_MS)), "Due in 4 h");
        assert_eq!(due(at, at.plus_ms(-3 * DAY_MS)), "Due in 3 days");
        assert_eq!(due_class(at, at.plus_ms(1)), "late");
        assert_eq!(ago(at, at), "just now");
        assert_eq!(label("surgical_nurses"), "Surgical nurses");
        assert_eq!(label("todays_list"), "Today's list");
        assert_eq!((count(1, "prompt"), count(0, "prompt")), ("1 prompt".into(), "0 prompts".into()));
        assert_eq!(class("IMP"), "Inpatient stay");
        assert_eq!(identifier("urn:oid:2.16.840|1001"), "1001");
        assert_eq!(identifier("https://a.example/mrn|1001"), "https://a.example/mrn|1001");
        assert_eq!(encoded("a b+1"), "a%20b%2B1");
        assert_eq!(language("es-MX"), "Spanish");
        assert_eq!(language("xx"), "xx");
    }
}
