//! The access log: who saw or did what. Nothing of what it is about is here: a person is an opaque id, and a name only
//! for who may see that person anyway. To read it is an entry of its own.

use super::may_know;
use super::me::zone;
use crate::auth::guard::Who;
use crate::auth::note;
use crate::fault::Fault;
use crate::tongue::{Tongue, say};
use crate::{Shared, State, machine_now, page, words};
use axum::Extension;
use axum::extract::Query;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use model::{At, PersonId};
use serde::Deserialize;
use std::collections::BTreeMap;
use store::{AccessAsked, AccessRow};

/// Who may know names.
const CARE: &[&str] = &["nurse", "lead"];
/// Entries of a page.
const PAGE_ROWS: usize = 50;
/// Entries of an export.
const EXPORT_MAX: usize = 10_000;
/// Entries read at a time, and how often for one answer: what is rare is looked for in so many.
const STRETCH: usize = 1000;
const STRETCHES_MAX: usize = 10;
/// No field of the filter is longer, characters.
const FIELD_MAX: usize = 64;
/// What there is to choose by: the words of the log itself, every one that is written.
const WHAT: &[&str] = &[
    "saw",
    "recorded",
    "opened Today by birth date",
    "opened Today by code",
    "asked for a code",
    "linked",
    "sent in again",
    "dismissed",
    "logged in",
    "was refused a login",
    "was refused a code",
    "used a recovery code",
    "changed the password",
    "added a second factor",
    "removed a second factor",
    "made recovery codes",
    "ended sessions",
    "changed a telephone",
    "removed a telephone",
    "invited",
    "revoked an invite",
    "took up an invite",
    "made a password link",
    "changed an account",
    "disabled an account",
    "enabled an account",
    "ended another's sessions",
    "reset second factors",
    "made a key",
    "revoked a key",
    "halted a pathway",
    "resumed a pathway",
    "corrected words",
    "moved journeys",
    "began a shadow",
    "ended a shadow",
    "published a pathway",
    "kept a version of a pathway",
    "read the access log",
    "exported the access log",
];

/// The filter, as the form sends it.
#[derive(Clone, Deserialize, Default)]
pub(crate) struct Asked {
    #[serde(default)]
    who: String,
    #[serde(default)]
    person: String,
    #[serde(default)]
    what: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    /// The last entry of the page before: time and number.
    #[serde(default)]
    before: String,
}

impl Asked {
    fn shortened(self) -> Self {
        let short = |text: String| text.trim().chars().take(FIELD_MAX).collect::<String>();
        Self {
            who: short(self.who),
            person: short(self.person),
            what: short(self.what),
            from: short(self.from),
            to: short(self.to),
            before: short(self.before),
        }
    }

    /// As a query of the store; the day of `to` is within.
    fn read(&self, t: Tongue, zone: &TimeZone) -> Result<AccessAsked, Fault> {
        let wrong = || Fault::Form(say!(t, "account-access-wrong"));
        let day = |text: &str| text.parse::<Date>().map_err(|_| wrong());
        let start =
            |date: Date| date.to_zoned(zone.clone()).map(|z| At(z.timestamp().as_millisecond())).map_err(|_| wrong());
        let from = if self.from.is_empty() { At(0) } else { start(day(&self.from)?)? };
        let until = if self.to.is_empty() {
            machine_now()
        } else {
            start(day(&self.to)?.tomorrow().map_err(|_| wrong())?)?.plus_ms(-1)
        };
        let person =
            if self.person.is_empty() { None } else { Some(self.person.parse::<PersonId>().map_err(|_| wrong())?) };
        let before = match self.before.split_once('.') {
            None => None,
            Some((at, nonce)) => Some((At(at.parse().map_err(|_| wrong())?), nonce.parse().map_err(|_| wrong())?)),
        };
        let who = (!self.who.is_empty()).then(|| self.who.clone());
        Ok(AccessAsked { person, who, from, until, before })
    }

    /// The filter as a link's query, without the place in it.
    fn query(&self) -> String {
        let all = [
            ("who", &self.who),
            ("person", &self.person),
            ("what", &self.what),
            ("from", &self.from),
            ("to", &self.to),
        ];
        let said = all.into_iter().filter(|(_, v)| !v.is_empty());
        said.map(|(name, value)| format!("{name}={}", words::encoded(value))).collect::<Vec<_>>().join("&")
    }
}

/// Entries that the filter lets through, newest first, `wanted` at most; and where to go on, if there may be more.
/// Blocks.
fn read(
    shared: &Shared,
    asked: &Asked,
    query: &AccessAsked,
    wanted: usize,
) -> Result<(Vec<AccessRow>, Option<String>), Fault> {
    let (mut query, mut out, mut place) = (query.clone(), Vec::new(), None);
    for _ in 0..STRETCHES_MAX {
        let rows = shared.store().access_read(&query, STRETCH)?;
        let whole = rows.len() == STRETCH;
        for (nonce, row) in rows {
            if out.len() == wanted {
                return Ok((out, place));
            }
            place = Some(format!("{}.{nonce}", row.at.0));
            query.before = Some((row.at, nonce));
            let by = query.person.is_none() || asked.who.is_empty() || row.who == asked.who;
            if by && (asked.what.is_empty() || row.what == asked.what) {
                out.push(row);
            }
        }
        if !whole {
            return Ok((out, None));
        }
    }
    Ok((out, place))
}

/// The page.
pub(crate) async fn show(
    state: State,
    Extension(who): Extension<Who>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Fault> {
    let asked = asked.shortened();
    state
        .read(move |shared| {
            let zone = zone(shared);
            let query = asked.read(who.tongue, &zone)?;
            let (rows, more) = read(shared, &asked, &query, PAGE_ROWS)?;
            note(shared, &who.account.name, "read the access log", &asked.query())?;
            let names = names(shared, &who, &rows)?;
            let t = who.tongue;
            let body = html! {
                h1 { (say!(t, "account-access")) }
                p .muted { (say!(t, "account-access-what")) }
                (form(t, &asked))
                @if rows.is_empty() { p .card.empty { (say!(t, "account-access-none")) } } @else { (table(t, &asked, &rows, &names, &zone)) }
                nav .row aria-label=(say!(t, "account-access-pages")) {
                    @if !asked.before.is_empty() { a .button href={ "/access?" (asked.query()) } { (say!(t, "account-access-newest")) } }
                    @if let Some(place) = &more { a .button href={ "/access?" (asked.query()) "&before=" (place) } { (say!(t, "account-access-earlier")) } }
                    a href={ "/access.csv?" (asked.query()) } { (say!(t, "account-access-export", n = EXPORT_MAX)) }
                }
            };
            Ok(page::staff(shared, &who, &say!(t, "account-access"), "/access", &body))
        })
        .await
}

fn form(t: Tongue, asked: &Asked) -> Markup {
    html! {
        form method="get" action="/access" .sieve role="search" {
            div { label for="f-who" { (say!(t, "account-access-who")) } input #f-who name="who" value=(asked.who) maxlength=(FIELD_MAX) autocomplete="off" autocapitalize="none"; }
            div {
                label for="f-what" { (say!(t, "account-access-did")) }
                select #f-what name="what" {
                    option value="" { (say!(t, "account-access-any")) }
                    @for what in WHAT { option value=(what) selected[asked.what == *what] { (did(t, what)) } }
                }
            }
            div { label for="f-person" { (say!(t, "account-access-person")) } input #f-person .mono name="person" value=(asked.person) maxlength=(FIELD_MAX) autocomplete="off"; }
            div { label for="f-from" { (say!(t, "account-access-from")) } input #f-from name="from" type="date" value=(asked.from); }
            div { label for="f-to" { (say!(t, "account-access-to")) } input #f-to name="to" type="date" value=(asked.to); }
            div .do { button .primary { (say!(t, "account-access-filter")) } @if !asked.query().is_empty() { " " a href="/access" { (say!(t, "account-access-all")) } } }
        }
    }
}

/// What was done, in words; what a newer or older hub wrote, as it is.
fn did(t: Tongue, what: &str) -> Markup {
    let slug = what.to_lowercase().replace('\'', "").replace(' ', "-");
    let said = t.pick("did", &slug);
    html! { @if let Some(said) = said { (said) } @else { span translate="no" { (what) } } }
}

/// Where or what of it: a path's pattern, a kind of fact, a name.
pub(in crate::staff) fn place(t: Tongue, detail: &str) -> Markup {
    let slug = match detail {
        "/" => "worklist".to_owned(),
        _ => detail
            .split(['/', '.', '_'])
            .filter(|part| !part.is_empty())
            .map(|part| if part.starts_with('{') { "one" } else { part })
            .collect::<Vec<_>>()
            .join("-"),
    };
    // Only what looks like a path or a kind: the name of an account may be a word of ours.
    let ours = (detail.starts_with('/') || detail.contains('.')) && !slug.is_empty();
    let said = if ours { t.pick("where", &slug) } else { None };
    html! { @if let Some(said) = said { (said) } @else { span translate="no" { (detail) } } }
}

/// Names of the people in these rows that the reader may see, who is then an entry of theirs. Blocks.
fn names(shared: &Shared, who: &Who, rows: &[AccessRow]) -> Result<BTreeMap<PersonId, String>, Fault> {
    let mut known = BTreeMap::new();
    if !who.account.is_any(CARE) {
        return Ok(known);
    }
    for person in rows.iter().filter_map(|r| r.person) {
        if known.contains_key(&person) {
            continue;
        }
        match shared.app.hub.look(person) {
            Ok(look) if may_know(who, &look.record) => drop(known.insert(person, look.record.name)),
            Ok(_) | Err(hub::Error::NoSuchPerson) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let seen: Vec<PersonId> = known.keys().copied().collect();
    page::saw(shared, &who.account.name, &seen, "/access")?;
    Ok(known)
}

fn table(t: Tongue, asked: &Asked, rows: &[AccessRow], names: &BTreeMap<PersonId, String>, zone: &TimeZone) -> Markup {
    let heads = [
        say!(t, "account-access-when"),
        say!(t, "account-access-who"),
        say!(t, "account-access-did"),
        say!(t, "account-access-person"),
        say!(t, "account-access-where"),
    ];
    html! {
        div .scroll tabindex="0" role="region" aria-label=(say!(t, "account-access")) { table .log {
            thead { tr { @for head in &heads { th scope="col" { (head) } } } }
            tbody { @for row in rows { tr {
                td .when { (when(t, row.at, zone)) }
                td { a href={ "/access?who=" (words::encoded(&row.who)) } translate="no" aria-current=[(asked.who == row.who).then_some("true")] { (row.who) } }
                td { (did(t, &row.what)) }
                td {
                    @if let Some(p) = row.person {
                        @if let Some(name) = names.get(&p) { a href={ "/people/" (p) } translate="no" { (name) } " " }
                        a .mono href={ "/access?person=" (p) } translate="no" { (p.to_string()[..8]) }
                    }
                }
                td { (place(t, &row.detail)) }
            } } }
        } }
    }
}

/// `22 Nov 2026, 2:40 pm`: a log goes back over years.
fn when(t: Tongue, at: At, zone: &TimeZone) -> Markup {
    let day = words::date(t, &at.date_in(zone).to_string());
    html! { time datetime=(words::machine(at)) { (day) ", " (words::clock(t, at, zone)) } }
}

/// A value of a CSV file. What a table program would run as a formula is made text.
fn csv(text: &str) -> String {
    let risky = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    format!("\"{}{}\"", if risky { "'" } else { "" }, text.replace('"', "\"\""))
}

/// The entries as a file, newest first; people as ids, words as the log has them.
pub(crate) async fn export(
    state: State,
    Extension(who): Extension<Who>,
    Query(asked): Query<Asked>,
) -> Result<Response, Fault> {
    let asked = asked.shortened();
    state
        .read(move |shared| {
            let query = asked.read(who.tongue, &zone(shared))?;
            let (rows, more) = read(shared, &asked, &query, EXPORT_MAX)?;
            note(shared, &who.account.name, "exported the access log", &asked.query())?;
            let mut out = String::from("at,who,what,person,detail\r\n");
            for row in &rows {
                let person = row.person.map_or_else(String::new, |p| p.to_string());
                let all = [row.at.to_string(), row.who.clone(), row.what.clone(), person, row.detail.clone()];
                out.push_str(&all.iter().map(|v| csv(v)).collect::<Vec<_>>().join(","));
                out.push_str("\r\n");
            }
            if more.is_some() {
                // A file that ends early says so where its reader gets to: at its end.
                let said = say!(who.tongue, "account-access-export-stopped", n = EXPORT_MAX);
                out.push_str(&format!(",,{},,\r\n", csv(&said)));
            }
            let headers = [
                (CONTENT_TYPE, "text/csv; charset=utf-8"),
                (CONTENT_DISPOSITION, "attachment; filename=\"access.csv\""),
            ];
            Ok((headers, out).into_response())
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_log_has_words_in_both_languages() {
        for t in Tongue::ALL {
            for what in WHAT {
                let said = did(t, what).into_string();
                assert!(!said.contains("translate"), "{what} has no words");
            }
            for detail in ["/", "/people", "/people/{id}", "/people/{id}/prompts/{prompt}", "prompt.completed", "/t"] {
                assert!(!place(t, detail).into_string().contains("translate"), "{detail} has no words");
            }
        }
        assert!(place(Tongue::En, "nurse").into_string().contains("translate"), "a name stays one");
    }

    /// Third arguments of the calls that write into the log, and what `what` may be where one is passed on: whatever
    /// is written can be chosen.
    #[test]
    fn every_verb_that_is_written_can_be_chosen() {
        let mut files = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        let mut written = std::collections::BTreeSet::from(["saw".to_owned()]);
        let literals = |code: &str| code.split('"').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        while let Some(path) = files.pop() {
            if path.is_dir() {
                let inside = std::fs::read_dir(&path).expect("a folder").map(|e| e.expect("an entry").path());
                files.extend(inside.filter(|p| !p.ends_with("tests") && !p.ends_with("tests.rs")));
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            for call in ["note(", "did("].iter().flat_map(|name| code.split(name).skip(1)) {
                let Some(verb) = third(call) else { continue };
                if verb == "what" {
                    let said = code.split("let what = ").skip(1).filter_map(|rest| rest.split(';').next());
                    written.extend(said.filter(|s| s.starts_with("if ") || s.starts_with("match ")).flat_map(literals));
                } else {
                    assert!(verb.starts_with('"'), "{}: {verb} cannot be read from here", path.display());
                    written.extend(literals(&verb));
                }
            }
        }
        let offered: std::collections::BTreeSet<String> = WHAT.iter().map(|w| (*w).to_owned()).collect();
        assert_eq!(written, offered);
    }

    /// The third argument of a call that passes `shared` first; the text begins after the parenthesis.
    fn third(call: &str) -> Option<String> {
        let (mut depth, mut quoted, mut all) = (0, false, vec![String::new()]);
        for c in call.chars() {
            match c {
                '"' => quoted = !quoted,
                '(' | '{' | '[' if !quoted => depth += 1,
                ')' | '}' | ']' if !quoted && depth == 0 => break,
                ')' | '}' | ']' if !quoted => depth -= 1,
                ',' if !quoted && depth == 0 => {
                    all.push(String::new());
                    continue;
                }
                _ => {}
            }
            all.last_mut()?.push(c);
        }
        (all[0].trim() == "shared").then(|| all.get(2).map(|a| a.trim().to_owned())).flatten()
    }

    #[test]
    fn no_value_runs_in_a_table_program() {
        assert_eq!(csv("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(csv("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
        assert_eq!(csv("@x"), "\"'@x\"");
    }

    #[test]
    fn a_filter_is_read_by_the_clinics_days() {
        let zone = words::zone("America/New_York");
        let asked = Asked { from: "2026-11-22".into(), to: "2026-11-22".into(), ..Asked::default() };
        let query = asked.read(Tongue::En, &zone).expect("a day");
        assert_eq!(query.from.to_string(), "2026-11-22T05:00:00Z");
        assert_eq!(query.until.0 - query.from.0, model::time::DAY_MS - 1);
        for wrong in [
            Asked { from: "yesterday".into(), ..Asked::default() },
            Asked { person: "David".into(), ..Asked::default() },
            Asked { before: "1.x".into(), ..Asked::default() },
        ] {
            assert!(wrong.read(Tongue::En, &zone).is_err());
        }
    }
}
