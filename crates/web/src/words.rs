//! Times and states as people say them.

use crate::tongue::{Tongue, say};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use model::{At, Channel};
use pathway::template::MONTHS_ES;

/// The zone of that name; UTC for one that there is not.
pub(crate) fn zone(name: &str) -> TimeZone {
    model::time::zone(name).unwrap_or(TimeZone::UTC)
}

/// `10:20 am, Thu 26 Nov`; `10:20, jue 26 nov`.
pub(crate) fn moment(tongue: Tongue, at: At, zone: &TimeZone) -> String {
    format!("{}, {}", clock(tongue, at, zone), day(tongue, at.date_in(zone)))
}

/// `Thursday 26 November, 10:20 am`; `jueves 26 de noviembre, 10:20`.
pub(crate) fn long_moment(tongue: Tongue, at: At, zone: &TimeZone) -> String {
    format!("{}, {}", long_day(tongue, at.date_in(zone)), clock(tongue, at, zone))
}

/// `10:20 am`; `10:20`.
pub(crate) fn clock(tongue: Tongue, at: At, zone: &TimeZone) -> String {
    let form = if tongue == Tongue::Es { "%-H:%M" } else { "%-I:%M %P" };
    zone.to_datetime(at.timestamp()).strftime(form).to_string()
}

/// `Thu 26 Nov`; `jue 26 nov`.
pub(crate) fn day(tongue: Tongue, date: Date) -> String {
    match tongue {
        Tongue::En => date.strftime("%a %-d %b").to_string(),
        Tongue::Es => {
            let short = |name: &str| name.chars().take(3).collect::<String>();
            format!("{} {} {}", short(weekday_es(date)), date.day(), short(month_es(date)))
        }
    }
}

/// `Thursday 26 November`; `jueves 26 de noviembre`.
pub(crate) fn long_day(tongue: Tongue, date: Date) -> String {
    match tongue {
        Tongue::En => date.strftime("%A %-d %B").to_string(),
        Tongue::Es => format!("{} {} de {}", weekday_es(date), date.day(), month_es(date)),
    }
}

/// A day that may be of another year, of an ISO date: `9 Mar 1984`; `9 mar 1984`. As it is, when it is no whole date.
pub(crate) fn date(tongue: Tongue, iso: &str) -> String {
    let Ok(date) = iso.parse::<Date>() else { return iso.to_owned() };
    match tongue {
        Tongue::En => date.strftime("%-d %b %Y").to_string(),
        Tongue::Es => format!("{} {} {}", date.day(), month_es(date).chars().take(3).collect::<String>(), date.year()),
    }
}

fn weekday_es(date: Date) -> &'static str {
    const DAYS: [&str; 7] = ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"];
    DAYS[usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0)]
}

fn month_es(date: Date) -> &'static str {
    MONTHS_ES[usize::try_from(date.month() - 1).unwrap_or(0)]
}

/// `2026-11-26T15:20:00Z`, for `<time datetime>`.
pub(crate) fn machine(at: At) -> String {
    at.to_string()
}

/// `38 min`, `2 h`, `3 days`: rounded to what one would say.
pub(crate) fn lapse(tongue: Tongue, ms: i64) -> String {
    let ms = ms.abs();
    if ms < HOUR_MS * 2 {
        say!(tongue, "common-minutes", n = (ms / MINUTE_MS).max(1))
    } else if ms < DAY_MS * 2 {
        say!(tongue, "common-hours", n = ms / HOUR_MS)
    } else {
        say!(tongue, "common-days", n = ms / DAY_MS)
    }
}

/// `Due in 38 min`, `Overdue 12 min`.
pub(crate) fn due(tongue: Tongue, at: At, now: At) -> String {
    let lapse = lapse(tongue, at.0 - now.0);
    if at >= now { say!(tongue, "common-due-in", lapse = lapse) } else { say!(tongue, "common-overdue", lapse = lapse) }
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
pub(crate) fn ago(tongue: Tongue, at: At, now: At) -> String {
    if now.0 - at.0 < MINUTE_MS {
        say!(tongue, "common-just-now")
    } else {
        say!(tongue, "common-ago", lapse = lapse(tongue, now.0 - at.0))
    }
}

/// A name that authors gave (a team, a step, a form) as one reads it: `surgical_nurses` as `Surgical nurses`. It is
/// data, in the author's language; closed sets of our own have strings instead ([`Tongue::pick`]).
pub(crate) fn label(name: &str) -> String {
    // A name has no apostrophe: this one is read so often that it gets its own back.
    let spaced = name.replace(['_', '-'], " ").replace("todays", "today's");
    let mut letters = spaced.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
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

/// An identifier as staff read it: without the part that only says that it is a URN.
pub(crate) fn identifier(identifier: &str) -> &str {
    match identifier.split_once('|') {
        Some((system, value)) if system.starts_with("urn:") => value,
        _ => identifier,
    }
}

/// `English` for `en`; the tag for one that has no name here.
pub(crate) fn language(tongue: Tongue, tag: &str) -> String {
    let short = tag.split('-').next().unwrap_or(tag);
    tongue.pick("language", short).unwrap_or_else(|| tag.to_owned())
}

/// `text` for `sms`, as one says how something was sent.
pub(crate) fn channel(tongue: Tongue, channel: Channel) -> String {
    tongue.pick("channel", channel.name()).unwrap_or_else(|| channel.name().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_people_say_them() {
        let (en, es) = (Tongue::En, Tongue::Es);
        let zone = zone("America/New_York");
        let at: At = serde_json::from_str("\"2026-11-26T15:20:00Z\"").expect("a time");
        assert_eq!(moment(en, at, &zone), "10:20 am, Thu 26 Nov");
        assert_eq!(moment(es, at, &zone), "10:20, jue 26 nov");
        assert_eq!(long_moment(en, at, &zone), "Thursday 26 November, 10:20 am");
        assert_eq!(long_moment(es, at, &zone), "jueves 26 de noviembre, 10:20");
        assert_eq!((date(en, "1984-03-09"), date(es, "1984-03-09")), ("9 Mar 1984".into(), "9 mar 1984".into()));
        assert_eq!(date(en, "1984"), "1984");
        assert_eq!(due(en, at, at.plus_ms(-38 * MINUTE_MS)), "Due in 38 min");
        assert_eq!(due(en, at, at.plus_ms(12 * MINUTE_MS)), "Overdue 12 min");
        assert_eq!(due(es, at, at.plus_ms(12 * MINUTE_MS)), "Vencido hace 12 min");
        assert_eq!(due(en, at, at.plus_ms(-4 * HOUR_MS)), "Due in 4 h");
        assert_eq!(due(en, at, at.plus_ms(-3 * DAY_MS)), "Due in 3 days");
        assert_eq!(due_class(at, at.plus_ms(1)), "late");
        assert_eq!((ago(en, at, at), ago(es, at, at.plus_ms(2 * HOUR_MS))), ("just now".into(), "hace 2 h".into()));
        assert_eq!(label("surgical_nurses"), "Surgical nurses");
        assert_eq!(label("todays_list"), "Today's list");
        assert_eq!(identifier("urn:oid:2.16.840|1001"), "1001");
        assert_eq!(identifier("https://a.example/mrn|1001"), "https://a.example/mrn|1001");
        assert_eq!(encoded("a b+1"), "a%20b%2B1");
        assert_eq!((language(en, "es-MX"), language(es, "es")), ("Spanish".into(), "español".into()));
        assert_eq!(language(en, "xx"), "xx");
    }
}
