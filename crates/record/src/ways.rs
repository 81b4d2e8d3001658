//! Who may be reached where, beyond numbers and consents: grants to related persons, requests for confidential
//! communication, how contact points were made sure of, how consents were given, and the state of the address.
//!
//! | fact | body |
//! |---|---|
//! | `grant.given` | `{grant, to: {name, relation, contacts: [..]}, scope: [appointments \| medicines \| tasks \| all], until, language?}` |
//! | `grant.ended` | `{grant}` |
//! | `communication.restricted` | `{only: [..], not: [..]}`: channels by name, or numbers and addresses; both empty ends it |
//! | `preference.changed` | `{to: "proxy" \| "self"}`: whom messages go to first that a grant covers |
//! | `contact.verified` | `{value, how: "code" \| "reply" \| "source" \| "staff"}` |
//! | `consent.changed` | `{.., written: true}`: it was given in writing and signed |
//!
//! Invariants: a grant without an end is none, and none outlasts [`GRANT_MAX_MS`]; a request for confidential
//! communication (45 CFR 164.522(b)) of any source record holds for the person; the latest word of each thing holds,
//! in whatever order they come. It is stored beside the record, as JSON with defaults: what is added later costs
//! what was stored before nothing. An older program does not read a line that has any of it, rather than lose it.

use crate::fold::bound;
use crate::known::{Fold, Record};
use model::fact::OWN;
use model::person::{ContactPoint, PointKind, PointStatus};
use model::time::DAY_MS;
use model::value::Kind;
use model::{Actor, At, Channel, Fact};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;

/// The fact that gives a grant.
pub const GRANT_GIVEN: &str = "grant.given";
/// The fact that ends one.
pub const GRANT_ENDED: &str = "grant.ended";
/// The fact that says where alone, or where never, the person is to be reached.
pub const RESTRICTED: &str = "communication.restricted";
/// The longest that a grant lasts, whatever it says: a year and a day.
pub const GRANT_MAX_MS: i64 = 366 * DAY_MS;
/// Grants of one source record; those that are over leave first.
pub const GRANTS_MAX: usize = 16;
/// Contact points of one grant, and entries of a restriction.
pub const LIST_MAX: usize = 8;
/// Findings and consents of one source record.
const NOTES_MAX: usize = 64;
/// Characters of a name.
const NAME_MAX: usize = 120;

/// What a related person may be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Visits.
    Appointments,
    /// Prescriptions, and that they wait.
    Medicines,
    /// What is to be done each day.
    Tasks,
    /// Everything that a pathway says, except billing and marketing.
    All,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 4] = [Self::Appointments, Self::Medicines, Self::Tasks, Self::All];
    /// As written in facts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Appointments => "appointments",
            Self::Medicines => "medicines",
            Self::Tasks => "tasks",
            Self::All => "all",
        }
    }
    /// The scope of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }
    /// Whether it covers what a message is about: the kinds of the things that its words are bound to.
    pub fn covers(self, about: &[Kind]) -> bool {
        match self {
            Self::All => true,
            Self::Appointments => about.contains(&Kind::Appointment),
            Self::Medicines => about.contains(&Kind::Prescription),
            Self::Tasks => about.contains(&Kind::Task),
        }
    }
}

/// What a person allowed a related person to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Its name, within the person.
    pub id: String,
    /// The related person.
    pub name: String,
    /// `mother`, as said.
    #[serde(default)]
    pub relation: String,
    /// Their numbers and addresses, the first is tried first.
    pub contacts: Vec<String>,
    /// Of what.
    pub scope: Vec<Scope>,
    /// From when.
    pub from: At,
    /// Until when, never later than [`GRANT_MAX_MS`] after `from`.
    pub until: At,
    /// Who recorded it.
    #[serde(default)]
    pub by: String,
    /// The language they are spoken to in; empty: the person's own.
    #[serde(default)]
    pub language: String,
    /// When it was ended before its time.
    #[serde(default)]
    pub ended: Option<At>,
}

impl Grant {
    /// Whether it holds at a time.
    pub fn holds(&self, at: At) -> bool {
        self.from <= at && at < self.until && self.ended.is_none_or(|ended| at < ended)
    }
    /// Whether it covers what a message is about.
    pub fn covers(&self, about: &[Kind]) -> bool {
        self.scope.iter().any(|s| s.covers(about))
    }
}

/// Where alone, and where never, the person is to be reached (45 CFR 164.522(b)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Restriction {
    /// Channels, numbers and addresses; empty for no such limit.
    pub only: Vec<String>,
    /// Channels, numbers and addresses.
    pub not: Vec<String>,
    /// When it was said.
    pub at: At,
    /// Who recorded it.
    pub by: String,
}

impl Restriction {
    /// Whether the person may be reached on this channel at this address (empty on the Today page).
    pub fn permits(&self, channel: Channel, to: &str) -> bool {
        let names = |list: &[String]| list.iter().any(|e| e == channel.name() || (!to.is_empty() && e == to));
        if names(&self.not) {
            return false;
        }
        if self.only.is_empty() {
            return true;
        }
        // A number that is named is meant whatever rings there; a channel that is named beside numbers is meant for
        // those numbers alone.
        let addressed = |phone: bool| self.only.iter().any(|e| is_address(e) && e.contains('@') != phone);
        match channel {
            Channel::Portal => names(&self.only),
            Channel::Email if addressed(false) => self.only.iter().any(|e| e == to),
            Channel::Sms | Channel::Voice | Channel::Voicemail if addressed(true) => {
                let channels = [Channel::Sms, Channel::Voice, Channel::Voicemail];
                let named: Vec<_> = channels.iter().filter(|c| self.only.iter().any(|e| e == c.name())).collect();
                self.only.iter().any(|e| e == to) && (named.is_empty() || named.contains(&&channel))
            }
            _ => names(&self.only),
        }
    }
    /// Whether a related person may be reached there: with a limit to some places, only where it names the place.
    pub fn permits_other(&self, channel: Channel, to: &str) -> bool {
        let listed = |list: &[String]| list.iter().any(|e| e == to);
        !listed(&self.not)
            && !self.not.iter().any(|e| e == channel.name())
            && (self.only.is_empty() || listed(&self.only) && self.permits(channel, to))
    }
    fn is_empty(&self) -> bool {
        self.only.is_empty() && self.not.is_empty()
    }
}

/// How a contact point was made sure of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// The number or address.
    pub value: String,
    /// `code`, `reply`, `source`, `staff`.
    pub how: String,
    /// When.
    pub at: At,
}

/// A number that takes no texts. It is kept here, not with the number: whose that is is said elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limited {
    /// The number.
    pub value: String,
    /// `Landline` or `NoTexts`.
    pub status: PointStatus,
    /// When it was found.
    pub at: At,
}

/// How a consent was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// The consent's basis, as in `Consent::basis`.
    pub basis: String,
    /// Who recorded it.
    #[serde(default)]
    pub by: String,
    /// Whether it was given in writing and signed (47 CFR 64.1200(f)(9)).
    #[serde(default)]
    pub written: bool,
    /// When it was said.
    pub at: At,
}

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Ways {
    /// Grants, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<Grant>,
    /// Requests for confidential communication: each must permit. A fold has one at most.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub restrictions: Vec<Restriction>,
    /// How contact points were made sure of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub verified: Vec<Verified>,
    /// Numbers that take no texts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub limited: Vec<Limited>,
    /// How consents were given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<Given>,
    /// Whether messages that a grant covers go to the related person first, and when that was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_first: Option<(At, bool)>,
    /// The state of the home address, `US-FL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Whose a number is, where a source says how they are related: number, relation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub relations: Vec<(String, String)>,
}

impl Ways {
    /// Whether there is nothing of it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
    /// Whether confidential communication permits this way to the person.
    pub fn permits(&self, channel: Channel, to: &str) -> bool {
        self.restrictions.iter().all(|r| r.permits(channel, to))
    }
    /// Whether it permits this way to a related person.
    pub fn permits_other(&self, channel: Channel, to: &str) -> bool {
        self.restrictions.iter().all(|r| r.permits_other(channel, to))
    }
    /// Whether related persons are told first.
    pub fn proxy_first(&self) -> bool {
        self.proxy_first.is_some_and(|(_, first)| first)
    }
    /// How a contact point was made sure of last.
    pub fn how_verified(&self, value: &str) -> Option<&str> {
        self.verified.iter().rev().find(|v| v.value == value).map(|v| v.how.as_str())
    }
    /// Whether a number is known to take no texts.
    pub fn limited(&self, value: &str) -> Option<PointStatus> {
        self.limited.iter().rev().find(|l| l.value == value).map(|l| l.status)
    }
    /// How a consent was given.
    pub fn given(&self, basis: &str) -> Option<&Given> {
        self.given.iter().rev().find(|g| g.basis == basis)
    }
    /// How the owner of a number is related to the person.
    pub fn relation(&self, value: &str) -> Option<&str> {
        self.relations.iter().find(|(v, _)| v == value).map(|(_, r)| r.as_str())
    }
}

/// Whether a number or address is a related person's by a grant, one that is over too, and not the person's own.
pub fn is_related(record: &Record, to: &str) -> bool {
    let same = |held: &str| !to.is_empty() && held.eq_ignore_ascii_case(to);
    let own = record.contacts.iter().any(|p| same(&p.value) && p.owner.is_none() && p.status.in_use());
    !own && record.ways.grants.iter().any(|g| g.contacts.iter().any(|c| same(c)))
}

/// Within a fold that is stored in postcard nothing of it is written: the line keeps it beside. In JSON it stands.
pub(crate) fn write<S: Serializer>(ways: &Ways, to: S) -> Result<S::Ok, S::Error> {
    if to.is_human_readable() { ways.serialize(to) } else { ().serialize(to) }
}

/// The other way round.
pub(crate) fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Ways, D::Error> {
    if from.is_human_readable() { Ways::deserialize(from) } else { <()>::deserialize(from).map(|()| Ways::default()) }
}

/// Whether an entry of a restriction is a number or an address, not a channel.
fn is_address(entry: &str) -> bool {
    entry.starts_with('+') || entry.contains('@')
}

/// Entries of a list that name a channel, a number or an address.
fn places(list: Option<&Json>) -> Vec<String> {
    let all = list.and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
    let known = |e: &&str| is_address(e) || Channel::named(e).is_some();
    let lower = |e: &str| if e.contains('@') { e.to_lowercase() } else { e.to_owned() };
    all.iter().filter_map(Json::as_str).map(str::trim).filter(known).map(lower).take(LIST_MAX).collect()
}

fn short(text: Option<&str>) -> String {
    text.unwrap_or_default().trim().chars().filter(|c| !c.is_control()).take(NAME_MAX).collect()
}

/// Who recorded a fact, as it is shown.
fn recorded_by(fact: &Fact) -> String {
    match &fact.actor {
        Actor::Staff(name) | Actor::Proxy(name) => name.clone(),
        Actor::Patient => "patient".to_owned(),
        Actor::System => fact.source.clone(),
    }
}

/// Takes a fact of one of the kinds above; whether that changes what is known.
pub(crate) fn fold(fold: &mut Fold, fact: &Fact) -> bool {
    match fact.kind.as_str() {
        GRANT_GIVEN => give(&mut fold.ways, fact),
        GRANT_ENDED => end(&mut fold.ways, fact),
        RESTRICTED => restrict(&mut fold.ways, fact),
        _ => false,
    }
}

fn give(ways: &mut Ways, fact: &Fact) -> bool {
    let (Some(id), Some(until)) = (fact.text("grant").filter(|id| !id.is_empty()), fact.at("until")) else {
        return false;
    };
    let to = fact.body.get("to").cloned().unwrap_or_default();
    let text = |key: &str| short(to.get(key).and_then(Json::as_str));
    let contacts: Vec<String> = places(to.get("contacts")).into_iter().filter(|c| is_address(c)).collect();
    let scope = fact.body.get("scope").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
    let mut scope: Vec<Scope> = scope.iter().filter_map(|s| Scope::named(s.as_str()?)).collect();
    scope.sort_unstable();
    scope.dedup();
    let from = fact.occurred_at;
    let until = until.min(from.plus_ms(GRANT_MAX_MS));
    let name = text("name");
    if name.is_empty() || scope.is_empty() || until <= from {
        return false;
    }
    let new = Grant {
        id: id.to_owned(),
        name,
        relation: text("relation"),
        contacts,
        scope,
        from,
        until,
        by: recorded_by(fact),
        language: short(fact.text("language")),
        ended: None,
    };
    match ways.grants.iter_mut().find(|g| g.id == new.id) {
        // Its end may have come before it.
        Some(held) if held.from > new.from => return false,
        Some(held) => {
            let ended = held.ended.filter(|ended| *ended >= new.from);
            *held = Grant { ended, ..new };
        }
        None => ways.grants.push(new),
    }
    ways.grants.sort_by(|a, b| (a.from, &a.id).cmp(&(b.from, &b.id)));
    bound(&mut ways.grants, GRANTS_MAX, |g| (g.ended.is_none(), Some(g.until)));
    true
}

fn end(ways: &mut Ways, fact: &Fact) -> bool {
    let Some(id) = fact.text("grant").filter(|id| !id.is_empty()) else { return false };
    let at = fact.occurred_at;
    match ways.grants.iter_mut().find(|g| g.id == id) {
        Some(held) if held.from <= at => held.ended = Some(held.ended.map_or(at, |e| e.min(at))),
        Some(_) => return false,
        // An end that comes before its grant is remembered, so that the grant does not begin.
        None => ways.grants.push(Grant {
            id: id.to_owned(),
            name: String::new(),
            relation: String::new(),
            contacts: Vec::new(),
            scope: Vec::new(),
            from: At(0),
            until: at,
            by: String::new(),
            language: String::new(),
            ended: Some(at),
        }),
    }
    bound(&mut ways.grants, GRANTS_MAX, |g| (g.ended.is_none(), Some(g.until)));
    true
}

fn restrict(ways: &mut Ways, fact: &Fact) -> bool {
    let (only, not) = (places(fact.body.get("only")), places(fact.body.get("not")));
    let named = |key: &str| fact.body.get(key).and_then(Json::as_array).is_some_and(|l| !l.is_empty());
    // Something was asked for that is not understood: what held before holds on.
    if only.is_empty() && named("only") || not.is_empty() && named("not") {
        return false;
    }
    let new = Restriction { only, not, at: fact.occurred_at, by: recorded_by(fact) };
    if ways.restrictions.first().is_some_and(|held| held.at > new.at) {
        return false;
    }
    // An end is kept as well, so that an older word that comes late does not hold again.
    ways.restrictions = vec![new];
    true
}

/// A number takes no texts.
pub(crate) fn limit(ways: &mut Ways, value: &str, status: PointStatus, at: At) {
    if ways.limited.iter().any(|l| l.value == value && l.at > at) {
        return;
    }
    ways.limited.retain(|l| l.value != value);
    ways.limited.push(Limited { value: value.to_owned(), status, at });
    bound(&mut ways.limited, NOTES_MAX, |l| (true, Some(l.at)));
}

/// Whoever made sure of a number found that it works.
pub(crate) fn unlimit(ways: &mut Ways, value: &str, at: At) {
    ways.limited.retain(|l| l.value != value || l.at > at);
}

/// How a contact point was made sure of, or that it no longer is.
pub(crate) fn verified(ways: &mut Ways, value: &str, how: Option<&str>, at: At) {
    ways.verified.retain(|v| v.value != value);
    if let Some(how) = how {
        ways.verified.push(Verified { value: value.to_owned(), how: how.to_owned(), at });
        bound(&mut ways.verified, NOTES_MAX, |v| (true, Some(v.at)));
    }
}

/// A reply from a number shows that someone answers there; who says that it is not theirs shows the contrary.
/// A mail that is known not to be from whom it says shows nothing.
/// Whether that is new.
pub(crate) fn replied(ways: &mut Ways, fact: &Fact) -> bool {
    let Some(from) = fact.text("from").filter(|v| is_address(v)) else { return false };
    if fact.text("authentic") == Some("fail") {
        return false;
    }
    let new = fact.text("class") != Some("wrong_number") && ways.how_verified(from).is_none();
    if new {
        verified(ways, from, Some("reply"), fact.occurred_at);
    }
    new
}

/// How a consent was given.
pub(crate) fn consented(ways: &mut Ways, fact: &Fact, basis: &str, written: bool) {
    let by = recorded_by(fact);
    ways.given.retain(|g| g.basis != basis);
    ways.given.push(Given { basis: basis.to_owned(), by, written, at: fact.occurred_at });
    bound(&mut ways.given, NOTES_MAX, |g| (true, Some(g.at)));
}

/// Whom messages go to first.
pub(crate) fn prefer(ways: &mut Ways, fact: &Fact) {
    let first = match fact.text("to") {
        Some("proxy") => true,
        Some("self") => false,
        _ => return,
    };
    if ways.proxy_first.is_none_or(|(at, _)| at <= fact.occurred_at) {
        ways.proxy_first = Some((fact.occurred_at, first));
    }
}

/// How the owner of numbers is related to the person.
pub(crate) fn related(ways: &mut Ways, values: impl Iterator<Item = String>, relation: &str) {
    for value in values {
        ways.relations.retain(|(v, _)| *v != value);
        if !relation.is_empty() && ways.relations.len() < NOTES_MAX {
            ways.relations.push((value, short(Some(relation))));
        }
    }
    ways.relations.sort();
}

/// What holds of all folds of a person.
pub(crate) fn merged(folds: &[&Fold]) -> Ways {
    let mut out = Ways::default();
    for ways in folds.iter().map(|f| &f.ways) {
        for grant in &ways.grants {
            match out.grants.iter_mut().find(|g| g.id == grant.id) {
                // The same grant, told to two lines that are one now: whichever says that it is over.
                Some(held) if grant.ended.is_some() || grant.from > held.from => {
                    let ended = [held.ended, grant.ended].into_iter().flatten().min();
                    *held = Grant { ended, ..if grant.name.is_empty() { held.clone() } else { grant.clone() } };
                }
                Some(_) => {}
                None => out.grants.push(grant.clone()),
            }
        }
        out.restrictions.extend(ways.restrictions.iter().filter(|r| !r.is_empty()).cloned());
        out.verified.extend(ways.verified.iter().cloned());
        out.limited.extend(ways.limited.iter().cloned());
        out.given.extend(ways.given.iter().cloned());
        out.relations.extend(ways.relations.iter().cloned());
        out.proxy_first = out.proxy_first.max(ways.proxy_first);
    }
    out.grants.retain(|g| !g.name.is_empty());
    out.grants.sort_by(|a, b| (a.from, &a.id).cmp(&(b.from, &b.id)));
    out.restrictions.sort_by(|a, b| (a.at, &a.only, &a.not).cmp(&(b.at, &b.only, &b.not)));
    out.restrictions.dedup();
    out.verified.sort_by(|a, b| (a.at, &a.value).cmp(&(b.at, &b.value)));
    out.limited.sort_by(|a, b| (a.at, &a.value).cmp(&(b.at, &b.value)));
    out.given.sort_by(|a, b| (a.at, &a.basis).cmp(&(b.at, &b.basis)));
    out.relations.sort();
    out.relations.dedup();
    let spoke = folds.iter().filter(|f| f.ways.state.is_some() && f.source != OWN);
    let last = spoke.max_by_key(|f| (f.updated_at, &f.source, &f.subject));
    out.state = last.and_then(|f| f.ways.state.clone());
    out
}

/// What follows for contact points: those named by a request for confidential communication are the person's to be
/// reached at, and what was made sure of says so.
pub(crate) fn apply(record: &mut Record) {
    for restriction in &record.ways.restrictions {
        for value in restriction.only.iter().filter(|e| is_address(e)) {
            let others = record.ways.grants.iter().any(|g| g.contacts.contains(value));
            if others || record.contacts.iter().any(|p| p.value == *value) {
                continue;
            }
            record.contacts.push(ContactPoint {
                kind: if value.contains('@') { PointKind::Email } else { PointKind::Phone },
                value: value.clone(),
                r#use: String::new(),
                rank: 0,
                owner: None,
                verified_at: None,
                status: PointStatus::Active,
            });
        }
    }
    for limited in &record.ways.limited {
        let works = |p: &&mut ContactPoint| p.value == limited.value && p.status == PointStatus::Active;
        if let Some(point) = record.contacts.iter_mut().find(works) {
            point.status = limited.status;
        }
    }
    for known in &record.ways.verified {
        let own = |p: &&mut ContactPoint| {
            p.value == known.value && p.owner.is_none() && p.verified_at.is_none() && p.status.in_use()
        };
        if let Some(point) = record.contacts.iter_mut().find(own) {
            point.verified_at = Some(known.at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::PersonId;
    use serde_json::json;

    fn fact(kind: &str, at: i64, body: Json) -> Fact {
        Fact::own(kind, &format!("{at}{body}"), PersonId::of(&[b"david"]), At(at), body)
    }

    fn own() -> Fold {
        Fold { source: OWN.into(), ..Fold::default() }
    }

    fn mother(until: i64) -> Json {
        let to =
            json!({"name": "Ana Reyes", "relation": "mother", "contacts": ["+12125550144", "Ana@example.org", "fax"]});
        json!({"grant": "g1", "to": to, "scope": ["appointments"], "until": At(until)})
    }

    #[test]
    fn a_grant_has_an_end_a_scope_and_at_most_a_year() {
        for broken in [
            json!({"grant": "g1", "to": {"name": "Ana"}, "scope": ["all"]}),
            json!({"grant": "g1", "to": {"name": "Ana"}, "scope": [], "until": At(9 * DAY_MS)}),
            json!({"grant": "g1", "to": {"name": ""}, "scope": ["all"], "until": At(9 * DAY_MS)}),
            json!({"to": {"name": "Ana"}, "scope": ["all"], "until": At(9 * DAY_MS)}),
        ] {
            let mut fold = own();
            assert!(!super::fold(&mut fold, &fact(GRANT_GIVEN, 1, broken.clone())), "{broken}");
            assert!(merged(&[&fold]).grants.is_empty());
        }
        let mut fold = own();
        super::fold(&mut fold, &fact(GRANT_GIVEN, 1, mother(9_000 * DAY_MS)));
        let known = merged(&[&fold]);
        let grant = &known.grants[0];
        assert_eq!(grant.contacts, ["+12125550144", "ana@example.org"]);
        assert!(
            grant.holds(At(1)) && !grant.holds(At(0)) && !grant.holds(At(1).plus_ms(GRANT_MAX_MS)),
            "a year at most"
        );
        assert!(grant.covers(&[Kind::Appointment]) && !grant.covers(&[Kind::Prescription]) && !grant.covers(&[]));
    }

    #[test]
    fn an_end_holds_whichever_comes_first() {
        let facts = [fact(GRANT_GIVEN, 1, mother(9 * DAY_MS)), fact(GRANT_ENDED, 5, json!({"grant": "g1"}))];
        for order in [[0, 1], [1, 0]] {
            let mut fold = own();
            for i in order {
                super::fold(&mut fold, &facts[i]);
            }
            let known = merged(&[&fold]);
            assert!(known.grants.iter().all(|g| !g.holds(At(6))), "{order:?}: {known:?}");
        }
    }

    #[test]
    fn a_request_for_confidential_communication_names_channels_and_numbers() {
        let permits = |body: Json, channel, to: &str| {
            let mut fold = own();
            assert!(super::fold(&mut fold, &fact(RESTRICTED, 1, body)));
            merged(&[&fold]).permits(channel, to)
        };
        use Channel::{Email, Portal, Sms, Voice};
        for (only, not, channel, to, expected) in [
            (json!(["email"]), json!([]), Email, "d@x.org", true),
            (json!(["email"]), json!([]), Sms, "+1", false),
            (json!(["email"]), json!([]), Portal, "", false),
            (json!(["+12125550100"]), json!([]), Sms, "+12125550100", true),
            (json!(["+12125550100"]), json!([]), Sms, "+12125550199", false),
            (json!(["+12125550100"]), json!([]), Email, "d@x.org", false),
            (json!(["+12125550100", "voice"]), json!([]), Sms, "+12125550100", false),
            (json!(["+12125550100", "voice"]), json!([]), Voice, "+12125550100", true),
            (json!(["+12125550100", "voice"]), json!([]), Voice, "+12125550199", false),
            (json!([]), json!(["voice"]), Voice, "+1", false),
            (json!([]), json!(["voice"]), Sms, "+1", true),
            (json!([]), json!(["D@x.org"]), Email, "d@x.org", false),
            (json!(["sms"]), json!(["+1212555"]), Sms, "+1212555", false),
        ] {
            let said = json!({"only": only, "not": not});
            assert_eq!(permits(said.clone(), channel, to), expected, "{said} {channel:?} {to}");
        }
    }

    #[test]
    fn the_latest_request_holds_and_of_two_lines_each() {
        let mut fold = own();
        let ended = fact(RESTRICTED, 9, json!({"only": [], "not": []}));
        super::fold(&mut fold, &ended);
        assert!(!super::fold(&mut fold, &fact(RESTRICTED, 5, json!({"only": ["email"]}))), "an older word comes late");
        assert!(merged(&[&fold]).permits(Channel::Sms, "+1"));
        assert!(
            !super::fold(&mut fold, &fact(RESTRICTED, 10, json!({"only": ["pigeon"]}))),
            "not understood is no all"
        );
        super::fold(&mut fold, &fact(RESTRICTED, 11, json!({"not": ["voice"]})));
        let mut other = own();
        super::fold(&mut other, &fact(RESTRICTED, 2, json!({"not": ["sms"]})));
        let known = merged(&[&fold, &other]);
        assert!(!known.permits(Channel::Sms, "+1") && !known.permits(Channel::Voice, "+1"));
        assert!(known.permits(Channel::Email, "d@x.org"));
    }

    #[test]
    fn nothing_of_it_is_written_in_postcard_and_all_of_it_in_json() {
        let mut fold = own();
        let plain = postcard::to_allocvec(&fold).expect("it is written");
        super::fold(&mut fold, &fact(GRANT_GIVEN, 1, mother(9 * DAY_MS)));
        assert_eq!(postcard::to_allocvec(&fold).expect("it is written"), plain, "the stored shape stays");
        let read: Fold = postcard::from_bytes(&plain).expect("it is read");
        assert!(read.ways.is_empty());
        let json = serde_json::to_string(&fold).expect("it is written");
        assert_eq!(serde_json::from_str::<Fold>(&json).expect("it is read"), fold);
        let before = serde_json::to_string(&own()).expect("it is written");
        assert!(!before.contains("ways"), "nobody pays for nothing");
    }
}
