//! Words with variables: splitting them when a pathway is read, and filling them in.
//!
//! A field that is not known shows as nothing and is reported, so that whoever sends the words can
//! decide against it.

use crate::ast::TextPart;
use crate::expr::Scope;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use model::{At, Value};

/// Filters that a field may have.
pub const FILTERS: &[&str] = &["day", "time", "date", "list"];

/// Words, filled in.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Rendered {
    /// The words.
    pub text: String,
    /// Fields that nothing is known of, dotted, in order of appearance.
    pub missing: Vec<String>,
}

/// Fills in the words in `language` (`en`, `es`), with times as the clocks of `zone` show them.
pub fn render(parts: &[TextPart], scope: &dyn Scope, language: &str, zone: &TimeZone) -> Rendered {
    let mut out = Rendered::default();
    for part in parts {
        match part {
            TextPart::Plain(text) => out.text.push_str(text),
            TextPart::Field { path, filter } => match show(&scope.get(path), filter, language, zone) {
                Some(text) => out.text.push_str(&text),
                None => out.missing.push(path.join(".")),
            },
            TextPart::Plural { path, none, one, other } => match counted(&scope.get(path)) {
                Some(n) => out.text.push_str(&plural(n, none.as_deref(), one, other)),
                None => out.missing.push(path.join(".")),
            },
        }
    }
    out
}

/// Splits and fills in words that are kept as text, as a prompt's title.
pub fn render_text(text: &str, scope: &dyn Scope, language: &str, zone: &TimeZone) -> Rendered {
    render(&split(text).0, scope, language, zone)
}

/// How many: a number, or the length of a list.
fn counted(value: &Value) -> Option<f64> {
    match value {
        Value::Number(n) => Some(*n),
        Value::List(items) => Some(items.len() as f64),
        _ => None,
    }
}

/// The form that English and Spanish use for `n` (Unicode CLDR, plural rules: `one` is 1, `other` all else), with
/// `#` as the number.
fn plural(n: f64, none: Option<&str>, one: &str, other: &str) -> String {
    let form = match none {
        Some(none) if n == 0.0 => none,
        _ if n == 1.0 => one,
        _ => other,
    };
    form.replace('#', &n.to_string())
}

/// Whether it is known how `language` counts: its words may have plurals.
pub(crate) fn counts(language: &str) -> bool {
    tongue(language) != Tongue::Other
}

/// Words as they would be written.
pub(crate) fn text_of(parts: &[TextPart]) -> String {
    let written = |part: &TextPart| match part {
        TextPart::Plain(text) => text.clone(),
        TextPart::Field { path, filter } if filter.is_empty() => format!("{{{{ {} }}}}", path.join(".")),
        TextPart::Field { path, filter } => format!("{{{{ {} | {filter} }}}}", path.join(".")),
        TextPart::Plural { path, none, one, other } => {
            let none = none.as_ref().map(|n| format!(" | none: {n:?}")).unwrap_or_default();
            format!("{{{{ {}{none} | one: {one:?} | other: {other:?} }}}}", path.join("."))
        }
    };
    parts.iter().map(written).collect()
}

/// A value as people read it; `None` when it is not known.
fn show(value: &Value, filter: &str, language: &str, zone: &TimeZone) -> Option<String> {
    Some(match value {
        Value::Unknown => return None,
        Value::Bool(yes) => match (*yes, tongue(language)) {
            (true, Tongue::Spanish) => "s\u{ed}".into(),
            (true, _) => "yes".into(),
            (false, _) => "no".into(),
        },
        Value::Number(n) => n.to_string(),
        Value::Text(text) => text.clone(),
        Value::Time(at) => show_time(*at, filter, tongue(language), zone),
        Value::Codes(codes) => {
            let bare: Vec<&str> = codes.iter().map(|c| c.rsplit('|').next().unwrap_or(c)).collect();
            bare.join(", ")
        }
        Value::List(items) => {
            let shown: Vec<String> = items.iter().filter_map(|i| show(i, "", language, zone)).collect();
            shown.join(if filter == "list" { "\n" } else { ", " })
        }
    })
}

/// Languages whose days and months are known here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tongue {
    English,
    Spanish,
    /// Digits only: right in every language.
    Other,
}

fn tongue(language: &str) -> Tongue {
    match language.split(['-', '_']).next().unwrap_or_default() {
        "en" => Tongue::English,
        "es" => Tongue::Spanish,
        _ => Tongue::Other,
    }
}

/// A time as words in `language` show it.
pub(crate) fn shown_time(at: At, filter: &str, language: &str, zone: &TimeZone) -> String {
    show_time(at, filter, tongue(language), zone)
}

fn show_time(at: At, filter: &str, tongue: Tongue, zone: &TimeZone) -> String {
    let (date, time) = (at.date_in(zone), at.time_in(zone));
    match filter {
        "day" => day(date, tongue),
        "time" => clock(time, tongue),
        "date" => long_date(date, tongue),
        _ => match tongue {
            Tongue::English => format!("{} at {}", day(date, tongue), clock(time, tongue)),
            Tongue::Spanish => format!("{} a las {}", day(date, tongue), clock(time, tongue)),
            Tongue::Other => format!("{date} {}", clock(time, tongue)),
        },
    }
}

/// `Thursday, November 26`; `jueves 26 de noviembre`.
fn day(date: Date, tongue: Tongue) -> String {
    match tongue {
        Tongue::English => format!("{}, {} {}", weekday(date, tongue), month(date, tongue), date.day()),
        Tongue::Spanish => format!("{} {} de {}", weekday(date, tongue), date.day(), month(date, tongue)),
        Tongue::Other => date.to_string(),
    }
}

/// `November 26, 2026`; `26 de noviembre de 2026`.
fn long_date(date: Date, tongue: Tongue) -> String {
    match tongue {
        Tongue::English => format!("{} {}, {}", month(date, tongue), date.day(), date.year()),
        Tongue::Spanish => format!("{} de {} de {}", date.day(), month(date, tongue), date.year()),
        Tongue::Other => date.to_string(),
    }
}

/// A time of day as people of that language write it: `10:20 am`, `10:20`.
pub fn time_of_day(time: Time, language: &str) -> String {
    clock(time, tongue(language))
}

/// `10:20 am`; `10:20` on the clock of 24 hours elsewhere.
fn clock(time: Time, tongue: Tongue) -> String {
    if tongue != Tongue::English {
        return format!("{}:{:02}", time.hour(), time.minute());
    }
    let half = if time.hour() < 12 { "am" } else { "pm" };
    let hour = match time.hour() % 12 {
        0 => 12,
        h => h,
    };
    format!("{hour}:{:02} {half}", time.minute())
}

fn weekday(date: Date, tongue: Tongue) -> &'static str {
    let spanish = tongue == Tongue::Spanish;
    match date.weekday() {
        Weekday::Monday if spanish => "lunes",
        Weekday::Tuesday if spanish => "martes",
        Weekday::Wednesday if spanish => "mi\u{e9}rcoles",
        Weekday::Thursday if spanish => "jueves",
        Weekday::Friday if spanish => "viernes",
        Weekday::Saturday if spanish => "s\u{e1}bado",
        Weekday::Sunday if spanish => "domingo",
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// The months as Spanish writes them, January first.
pub const MONTHS_ES: [&str; 12] = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
];

fn month(date: Date, tongue: Tongue) -> &'static str {
    let names = if tongue == Tongue::Spanish { MONTHS_ES } else { MONTHS_EN };
    usize::try_from(date.month()).ok().and_then(|m| names.get(m.checked_sub(1)?).copied()).unwrap_or_default()
}

/// A mistake in words: where (characters from the beginning, and how many) and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Characters before it.
    pub at: usize,
    /// Characters that it covers, at least 1.
    pub length: usize,
    /// What is wrong.
    pub says: String,
}

/// A field that words name, and where: characters before its path.
pub type FieldAt = (usize, Vec<String>, String);

/// Splits words at their `{{ field | filter }}`.
pub fn split(text: &str) -> (Vec<TextPart>, Vec<FieldAt>, Vec<Mistake>) {
    let (mut parts, mut fields, mut mistakes) = (Vec::new(), Vec::new(), Vec::new());
    let mut rest = text;
    let chars_before = |rest: &str| text[..text.len() - rest.len()].chars().count();
    while let Some(open) = rest.find("{{") {
        let (plain, after) = rest.split_at(open);
        if !plain.is_empty() {
            parts.push(TextPart::Plain(plain.into()));
        }
        let Some(close) = after.find("}}") else {
            mistakes.push(Mistake { at: chars_before(after), length: 2, says: "`{{` is never closed by `}}`".into() });
            return (parts, fields, mistakes);
        };
        let inside = &after[2..close];
        let at = chars_before(&after[2..]) + (inside.chars().count() - inside.trim_start().chars().count());
        match field(inside) {
            Ok(part) => {
                fields.extend(field_of(&part).map(|(path, filter)| (at, path, filter)));
                parts.push(part);
            }
            Err(says) => mistakes.push(Mistake { at, length: inside.trim().chars().count().max(1), says }),
        }
        rest = &after[close + 2..];
    }
    if let Some(stray) = rest.find("}}") {
        mistakes.push(Mistake {
            at: chars_before(&rest[stray..]),
            length: 2,
            says: "`}}` closes nothing: a field is written `{{ person.first_name }}`".into(),
        });
    }
    if !rest.is_empty() {
        parts.push(TextPart::Plain(rest.into()));
    }
    (parts, fields, mistakes)
}

/// What a plural's filter is called where fields are listed.
pub(crate) const PLURAL: &str = "plural";

fn field_of(part: &TextPart) -> Option<(Vec<String>, String)> {
    match part {
        TextPart::Plain(_) => None,
        TextPart::Field { path, filter } => Some((path.clone(), filter.clone())),
        TextPart::Plural { path, .. } => Some((path.clone(), PLURAL.into())),
    }
}

/// `visit.start | day`, `person.prescriptions | one: 'a medicine' | other: '# medicines'`.
fn field(inside: &str) -> Result<TextPart, String> {
    let (path, filter) = match inside.split_once('|') {
        Some((path, filter)) => (path.trim(), filter.trim()),
        None => (inside.trim(), ""),
    };
    let well_formed = !path.is_empty()
        && path.split('.').all(|w| !w.is_empty() && w.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
    if !well_formed {
        return Err(format!("`{path}` is no field: a field is written `{{{{ person.first_name }}}}`"));
    }
    let path: Vec<String> = path.split('.').map(String::from).collect();
    let path = crate::condition::canonical(&path);
    if filter.contains(':') {
        return by_number(path, filter);
    }
    if !filter.is_empty() && !FILTERS.contains(&filter) {
        return Err(format!("unknown filter `{filter}`: one of {} is expected", FILTERS.join(", ")));
    }
    Ok(TextPart::Field { path, filter: filter.into() })
}

/// `one: 'a medicine' | other: '# medicines'`, in any order, each once.
fn by_number(path: Vec<String>, written: &str) -> Result<TextPart, String> {
    let how = "write `one: 'a medicine' | other: '# medicines'`; `none: '…'` may stand there too";
    let (mut none, mut one, mut other) = (None, None, None);
    let mut rest = written;
    loop {
        let (name, after) = rest.split_once(':').ok_or_else(|| how.to_string())?;
        let after = after.trim_start();
        let quote = after.chars().next().filter(|c| matches!(c, '\'' | '"')).ok_or_else(|| how.to_string())?;
        let (said, after) = after[1..].split_once(quote).ok_or_else(|| format!("{quote} is never closed"))?;
        let slot = match name.trim() {
            "none" => &mut none,
            "one" => &mut one,
            "other" => &mut other,
            name => return Err(format!("`{name}` is no number of things: {how}")),
        };
        if slot.replace(said.to_string()).is_some() {
            return Err(format!("`{}` stands here twice", name.trim()));
        }
        match after.trim_start().strip_prefix('|') {
            Some(more) => rest = more,
            None if after.trim().is_empty() => break,
            None => return Err(how.into()),
        }
    }
    match (one, other) {
        (Some(one), Some(other)) => Ok(TextPart::Plural { path, none, one, other }),
        _ => Err(how.into()),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    struct One;
    impl Scope for One {
        fn get(&self, path: &[String]) -> Value {
            match path.join(".").as_str() {
                "visit.start" => Value::Time(At::read("2026-11-26T15:20:00Z", &TimeZone::UTC).unwrap()),
                "person.first_name" => Value::Text("David {{ x.y }}".into()),
                "today.number" => Value::Number(3.0),
                "check.fever" => Value::Bool(true),
                _ => Value::Unknown,
            }
        }
        fn items(&self, _: &[String]) -> Vec<String> {
            Vec::new()
        }
        fn bind(&self, _: &str, _: model::value::Kind, _: &str) -> Box<dyn Scope + '_> {
            Box::new(Self)
        }
    }

    fn shown(text: &str, language: &str) -> Rendered {
        render_text(text, &One, language, &model::time::zone("America/New_York").unwrap())
    }

    #[test]
    fn times_are_the_persons_own_in_their_language() {
        let cases = [
            ("{{ visit.start | day }}", "en", "Thursday, November 26"),
            ("{{ visit.start | day }}", "es", "jueves 26 de noviembre"),
            ("{{visit.start|time}}", "en-US", "10:20 am"),
            ("{{ visit.start | time }}", "es", "10:20"),
            ("{{ visit.start | date }}", "en", "November 26, 2026"),
            ("{{ visit.start | date }}", "es-MX", "26 de noviembre de 2026"),
            ("{{ visit.start }}", "en", "Thursday, November 26 at 10:20 am"),
            ("{{ visit.start }}", "es", "jueves 26 de noviembre a las 10:20"),
            ("{{ visit.start | day }}", "vi", "2026-11-26"),
            ("Day {{ today.number }}: {{ check.fever }}", "en", "Day 3: yes"),
            ("{{ check.fever }}", "es", "s\u{ed}"),
        ];
        for (text, language, expected) in cases {
            assert_eq!(shown(text, language), Rendered { text: expected.into(), missing: vec![] }, "{text} {language}");
        }
    }

    #[test]
    fn what_is_not_known_shows_as_nothing_and_is_told() {
        let out = shown("Ready at {{ rx.pharmacy }}.", "en");
        assert_eq!(out, Rendered { text: "Ready at .".into(), missing: vec!["rx.pharmacy".into()] });
    }

    #[test]
    fn a_value_is_never_read_as_a_template() {
        assert_eq!(shown("Hello {{ person.first_name }}", "en").text, "Hello David {{ x.y }}");
    }

    #[test]
    fn mistakes_have_their_places() {
        let (_, _, mistakes) = split("Hé {{ a b }} {{ c.d | upper }} }} {{ never");
        let found: Vec<(usize, usize)> = mistakes.iter().map(|m| (m.at, m.length)).collect();
        assert_eq!(found, [(6, 3), (16, 11), (34, 2)], "{mistakes:?}");
    }

    #[test]
    fn words_by_number() {
        struct Many(Value);
        impl Scope for Many {
            fn get(&self, _: &[String]) -> Value {
                self.0.clone()
            }
            fn items(&self, _: &[String]) -> Vec<String> {
                Vec::new()
            }
            fn bind(&self, _: &str, _: model::value::Kind, _: &str) -> Box<dyn Scope + '_> {
                Box::new(Self(self.0.clone()))
            }
        }
        let said = |value: Value| {
            let text = "{{ a.b | one: 'a medicine' | other: '# medicines' | none: \"nothing\" }}!";
            render_text(text, &Many(value), "en", &TimeZone::UTC)
        };
        assert_eq!(said(Value::Number(1.0)).text, "a medicine!");
        assert_eq!(said(Value::Number(3.0)).text, "3 medicines!");
        assert_eq!(said(Value::Number(0.0)).text, "nothing!");
        assert_eq!(said(Value::List(vec![Value::Unknown, Value::Unknown])).text, "2 medicines!");
        assert_eq!(said(Value::Unknown).missing, ["a.b"]);
        for bad in ["one: 'x'", "one: x | other: 'y'", "one: 'x' | one: 'y' | other: 'z'", "few: 'x' | other: 'y'"] {
            let (_, _, mistakes) = split(&format!("{{{{ a.b | {bad} }}}}"));
            assert_eq!(mistakes.len(), 1, "{bad}");
        }
        let whole = "{{ a.b | none: \"no\" | one: \"a\" | other: \"#\" }} and {{ c.d | day }}";
        assert_eq!(text_of(&split(whole).0), whole);
    }

    #[test]
    fn noon_and_midnight() {
        assert_eq!(clock(jiff::civil::time(0, 5, 0, 0), Tongue::English), "12:05 am");
        assert_eq!(clock(jiff::civil::time(12, 0, 0, 0), Tongue::English), "12:00 pm");
    }
}
