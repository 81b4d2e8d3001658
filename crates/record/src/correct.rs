//! What staff set right in a record, and keeps standing when a source sends the old thing again.
//!
//! `record.corrected` `{field, of?, value, was, why, edition}` sets one thing; `record.correction_withdrawn`
//! `{field, of?, why, edition}` takes it back. `edition` is one more than that of the word it was said in the
//! knowledge of ([`next_edition`]). Each thing keeps its latest word by (edition, time, fact id), so that neither the
//! order in which facts come nor a clock that stands still changes anything; the merge of all folds lays what holds
//! over what the sources say.
//!
//! | field | `value` |
//! |---|---|
//! | `name` | given names (by blanks), family name |
//! | `preferred_name` `pronouns` | text; empty for none |
//! | `birth_date` | ISO date |
//! | `language` | BCP 47 |
//! | `zone` | IANA zone |
//! | `need.deaf` `need.blind` `need.interpreter` `need.no_smartphone` | `yes`, `no` |
//! | `contact`, with `of` the number or address | use (`mobile`, `home`, `work` or empty), owner (empty: the person's own) |
//!
//! What the person themselves says later of their language or zone (`preference.changed`) holds over an older
//! correction: it is no source's repetition. A number that was found wrong stays wrong: `contact.verified` is the
//! way back, not a correction.

use crate::fold::{bound, plain_language, set_need};
use crate::known::{Correction, Fold, Record};
use model::fact::OWN;
use model::person::{ContactPoint, Need, PointKind, PointStatus};
use model::{Actor, At, Fact, FactId};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The fact that sets something right.
pub const CORRECTED: &str = "record.corrected";
/// The fact that takes a correction back.
pub const WITHDRAWN: &str = "record.correction_withdrawn";
/// Corrections that one fold keeps; those that were taken back leave first.
pub const CORRECTIONS_MAX: usize = 64;
/// Characters of a value.
pub const VALUE_MAX: usize = 120;
/// Characters of a reason that are kept in the record; the fact keeps it whole.
const WHY_MAX: usize = 200;

/// Fields that have one value each, in the order in which they are shown.
pub const FIELDS: [&str; 10] = [
    "name",
    "preferred_name",
    "pronouns",
    "birth_date",
    "language",
    "zone",
    "need.deaf",
    "need.blind",
    "need.interpreter",
    "need.no_smartphone",
];
/// The field of contact points; `of` says which.
pub const CONTACT: &str = "contact";
/// Uses of a contact point that staff may say.
pub const USES: [&str; 4] = ["", "mobile", "home", "work"];

/// What is wrong with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// There is no such field.
    Field,
    /// Something must be said.
    Empty,
    /// It has more than [`VALUE_MAX`] characters, or characters that no name has.
    Text,
    /// No date of a person's birth.
    Date,
    /// No language tag.
    Language,
    /// No time zone.
    Zone,
    /// Neither `yes` nor `no`.
    Choice,
    /// Neither a number with its country (`+1…`) nor an e-mail address.
    Contact,
}

/// The need of a field `need.…`.
fn need_of(field: &str) -> Option<Need> {
    Some(match field {
        "need.deaf" => Need::Deaf,
        "need.blind" => Need::Blind,
        "need.interpreter" => Need::Interpreter,
        "need.no_smartphone" => Need::NoSmartphone,
        _ => return None,
    })
}

/// Whether `value` may be said of `field` (of the contact point `of`).
pub fn check(field: &str, of: &str, value: &[String]) -> Result<(), Problem> {
    let long = |t: &String| t.chars().count() > VALUE_MAX || t.chars().any(char::is_control);
    if value.iter().any(long) {
        return Err(Problem::Text);
    }
    let holds = |holds: bool, problem| if holds { Ok(()) } else { Err(problem) };
    match (field, value) {
        ("name", [given, family]) => holds(!given.trim().is_empty() || !family.trim().is_empty(), Problem::Empty),
        ("preferred_name" | "pronouns", [_]) => Ok(()),
        ("birth_date", [date]) => {
            let whole = date.len() == 10 && date.parse::<jiff::civil::Date>().is_ok_and(|d| d.year() >= 1850);
            holds(whole, Problem::Date)
        }
        ("language", [tag]) => {
            let part = |p: &str| (2..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric());
            holds(tag.split('-').all(part), Problem::Language)
        }
        ("zone", [name]) => holds(model::time::zone(name).is_some(), Problem::Zone),
        (CONTACT, [r#use, _]) => {
            let digits = of.strip_prefix('+').map(str::len).filter(|_| of[1..].bytes().all(|b| b.is_ascii_digit()));
            let phone = digits.is_some_and(|n| (7..=15).contains(&n));
            holds(USES.contains(&r#use.as_str()) && (phone || is_email(of)), Problem::Contact)
        }
        (need, [said]) if need_of(need).is_some() => holds(said == "yes" || said == "no", Problem::Choice),
        _ => Err(Problem::Field),
    }
}

/// Something before and a name with a dot after the one `@`, and nothing that no address has.
fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.split_once('@') else { return false };
    let plain = |t: &str| !t.is_empty() && !t.chars().any(|c| c.is_whitespace() || "@<>,;\"'()".contains(c));
    plain(local) && plain(host) && host.contains('.') && !host.starts_with('.') && !host.ends_with('.')
}

/// What a correction is kept by.
fn name(field: &str, of: &str) -> String {
    if field == CONTACT { format!("{CONTACT} {of}") } else { field.to_owned() }
}

/// The number or address that a correction is about; `None` for other fields.
pub fn contact_of(correction: &Correction) -> Option<&str> {
    correction.field.strip_prefix(CONTACT)?.strip_prefix(' ')
}

/// A value as text or as a list of texts.
fn texts(value: &Json) -> Vec<String> {
    match value {
        Json::String(text) => vec![text.trim().to_owned()],
        Json::Array(all) => all.iter().map(|v| v.as_str().unwrap_or_default().trim().to_owned()).collect(),
        _ => Vec::new(),
    }
}

/// Takes a correction, or its withdrawal; whether that may change what is known.
pub(crate) fn fold(fold: &mut Fold, fact: &Fact) -> bool {
    let text = |key: &str| fact.text(key).unwrap_or_default();
    let (field, of) = (text("field"), text("of"));
    let value = texts(fact.body.get("value").unwrap_or(&Json::Null));
    let value = (fact.kind == CORRECTED).then_some(value);
    let known = FIELDS.contains(&field) || (field == CONTACT && !of.is_empty());
    if fold.source != OWN || !known || value.as_ref().is_some_and(|v| check(field, of, v).is_err()) {
        return false;
    }
    let edition = fact.body.get("edition").and_then(Json::as_u64).and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
    let new = Correction {
        field: name(field, of),
        edition,
        at: fact.occurred_at,
        fact: fact.id,
        value,
        by: match &fact.actor {
            Actor::Staff(name) | Actor::Proxy(name) => name.clone(),
            _ => String::new(),
        },
        why: text("why").chars().take(WHY_MAX).collect(),
    };
    match fold.corrections.iter_mut().find(|c| c.field == new.field) {
        Some(held) if age(held) >= age(&new) => return false,
        Some(held) => *held = new,
        None => fold.corrections.push(new),
    }
    // In an order of their own, so that the order in which they came leaves no trace.
    fold.corrections.sort_by(|a, b| a.field.cmp(&b.field));
    bound(&mut fold.corrections, CORRECTIONS_MAX, |c| (c.value.is_some(), Some(c.at)));
    true
}

/// What is later is greater.
fn age(c: &Correction) -> (u32, At, FactId) {
    (c.edition, c.at, c.fact)
}

/// The edition of a word that is said now of `field` (of the contact point `of`).
pub fn next_edition(folds: &[Fold], field: &str, of: &str) -> u32 {
    let name = name(field, of);
    let said = folds.iter().flat_map(|f| &f.corrections).filter(|c| c.field == name).map(|c| c.edition);
    said.max().map_or(1, |n| n.saturating_add(1))
}

/// The corrections that hold now, by what they are about.
pub fn standing<'a>(folds: &[&'a Fold]) -> Vec<&'a Correction> {
    let mut latest: BTreeMap<&str, &Correction> = BTreeMap::new();
    for new in folds.iter().flat_map(|f| &f.corrections) {
        let held = latest.entry(&new.field).or_insert(new);
        if age(held) < age(new) {
            *held = new;
        }
    }
    let later = |c: &Correction| said_since(folds, &c.field).is_some_and(|at| at > c.at);
    latest.into_values().filter(|c| c.value.is_some() && !later(c)).collect()
}

/// When the person (or staff for them) said of themselves what a correction is about.
fn said_since(folds: &[&Fold], field: &str) -> Option<At> {
    let own = folds.iter().filter(|f| f.source == OWN && matches!(field, "language" | "zone"));
    own.filter_map(|f| f.said.get(field).copied()).max()
}

/// Lays what was set right over what the sources say.
pub(crate) fn apply(record: &mut Record, folds: &[&Fold]) {
    for correction in standing(folds) {
        let value = correction.value.as_deref().unwrap_or_default();
        match contact_of(correction) {
            Some(of) => contact(record, correction.at, of, value),
            None => single(record, &correction.field, value),
        }
    }
}

fn single(record: &mut Record, field: &str, value: &[String]) {
    let some = |text: &String| (!text.is_empty()).then(|| text.clone());
    match (field, value) {
        ("name", [given, family]) => {
            record.given = given.split_whitespace().map(str::to_owned).collect();
            record.family.clone_from(family);
            let parts = record.given.iter().map(String::as_str).chain([family.as_str()]);
            record.name = parts.filter(|p| !p.is_empty()).collect::<Vec<_>>().join(" ");
        }
        ("preferred_name", [text]) => record.preferred_name = some(text),
        ("pronouns", [text]) => record.pronouns = some(text),
        ("birth_date", [text]) => record.birth_date = some(text),
        ("language", [text]) => record.language = some(text).as_deref().map(plain_language),
        ("zone", [text]) => {
            record.zone = some(text);
            record.zone_from = "staff".into();
            record.zones.clear();
        }
        (need, [said]) => {
            if let Some(need) = need_of(need) {
                set_need(record, need, said == "yes");
            }
        }
        _ => {}
    }
}

fn contact(record: &mut Record, at: At, of: &str, value: &[String]) {
    let [r#use, owner] = value else { return };
    let owner = (!owner.is_empty()).then(|| owner.clone());
    let kind = if of.contains('@') { PointKind::Email } else { PointKind::Phone };
    match record.contacts.iter_mut().find(|p| p.kind == kind && p.value == of) {
        Some(point) => {
            point.owner = owner;
            if !r#use.is_empty() {
                point.r#use.clone_from(r#use);
            }
            if point.status == PointStatus::Ended {
                point.status = PointStatus::Active;
            }
        }
        None => record.contacts.push(ContactPoint {
            kind,
            value: of.to_owned(),
            r#use: r#use.clone(),
            rank: 0,
            owner,
            verified_at: Some(at),
            status: PointStatus::Active,
        }),
    }
}
