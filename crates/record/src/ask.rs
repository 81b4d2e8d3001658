//! Questions about what is known: consents, ages, zones, and every field that conditions and words name.

use crate::fold::{START, STOPS};
use crate::known::{Appointment, Concept, Encounter, Prescription, Procedure, Record};
use crate::lace;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::person::{Consent, ContactPoint, Need, PointKind};
use model::time::DAY_MS;
use model::value::Kind;
use model::{At, Channel, Purpose, Value};

/// A procedure that names no encounter belongs to the stay around it, this much before and after: it may
/// be told hours before the admission is, or two days after the discharge.
const PROCEDURE_SLACK_MS: i64 = 2 * DAY_MS;
/// Codes of one answer.
const CODES_MAX: usize = 64;

/// What consents say now of `purpose` by `channel`: the latest that matches; of the same instant the most
/// specific, and a refusal before a permission. `None`: nothing was said.
///
/// START takes back a STOP said before it, and nothing else: who refused marketing before is not asked for it
/// again because of a START. It is a permission only where nothing else was said.
pub fn allowed(record: &Record, purpose: Purpose, channel: Channel) -> Option<bool> {
    said(record, purpose, channel).map(|c| c.allowed)
}

/// The consent that decides [`allowed`].
pub fn said(record: &Record, purpose: Purpose, channel: Channel) -> Option<&Consent> {
    let matching = || {
        record
            .consents
            .iter()
            .filter(move |c| c.purpose.is_none_or(|p| p == purpose) && c.channel.is_none_or(|c| c == channel))
    };
    let start = matching().filter(|c| c.basis == START).max_by_key(|c| c.since);
    let started = start.map(|c| c.since);
    let stands =
        matching().filter(|c| c.basis != START && !(STOPS.contains(&c.basis.as_str()) && started > Some(c.since)));
    let latest = stands.max_by_key(|c| {
        let specific = usize::from(c.purpose.is_some()) + usize::from(c.channel.is_some());
        (c.since, specific, !c.allowed)
    });
    latest.or(start)
}

impl Record {
    /// What they like to be called, or the first given name; empty when neither is known.
    pub fn first_name(&self) -> &str {
        self.preferred_name.as_deref().or(self.given.first().map(String::as_str)).unwrap_or_default()
    }

    /// Age in whole years on `date`. Of a birth date that is only a year or a month, the youngest they may be.
    pub fn age_on(&self, date: Date) -> Option<i16> {
        let birth = self.birth_date.as_deref()?;
        let latest = match birth.len() {
            4 => format!("{birth}-12-31").parse::<Date>().ok()?,
            7 => format!("{birth}-01").parse::<Date>().ok()?.last_of_month(),
            _ => birth.parse::<Date>().ok()?,
        };
        let not_yet = (date.month(), date.day()) < (latest.month(), latest.day());
        let age = date.year() - latest.year() - i16::from(not_yet);
        (age >= 0).then_some(age)
    }

    /// The person's zone when it is known; otherwise every zone it may be by the address; otherwise
    /// `fallback` (the site's), and UTC when that is no zone. Never empty. An hour may be used when it is
    /// allowed in all of them.
    pub fn zones(&self, fallback: &str) -> Vec<TimeZone> {
        if let Some(zone) = self.zone.as_deref().and_then(model::time::zone) {
            return vec![zone];
        }
        let maybe: Vec<TimeZone> = self.zones.iter().filter_map(|z| model::time::zone(z)).collect();
        if maybe.is_empty() { vec![model::time::zone(fallback).unwrap_or(TimeZone::UTC)] } else { maybe }
    }

    /// The encounter of that id.
    pub fn encounter(&self, id: &str) -> Option<&Encounter> {
        self.encounters.iter().find(|e| e.id == id)
    }

    /// The prescription of that id.
    pub fn prescription(&self, id: &str) -> Option<&Prescription> {
        self.prescriptions.iter().find(|p| p.id == id)
    }

    /// The appointment of that id.
    pub fn appointment(&self, id: &str) -> Option<&Appointment> {
        self.appointments.iter().find(|a| a.id == id)
    }

    /// The person's own contact points that may be used, the best first: by rank (0, not said, last),
    /// verified before others, mobile before others.
    pub fn points(&self, kind: PointKind) -> Vec<&ContactPoint> {
        let usable = |p: &&ContactPoint| p.kind == kind && p.owner.is_none() && p.status.in_use();
        let mut points: Vec<&ContactPoint> = self.contacts.iter().filter(usable).collect();
        points.sort_by_key(|p| {
            let rank = if p.rank == 0 { u32::MAX } else { p.rank };
            (rank, p.verified_at.is_none(), p.r#use != "mobile")
        });
        points
    }

    /// The procedures of an encounter: those that name it, and those that name none and were done around
    /// its period. What was retracted or not done is none.
    pub fn procedures_of(&self, encounter: &Encounter) -> Vec<&Procedure> {
        let from = encounter.started_at.or(encounter.discharged_at).map(|t| t.plus_ms(-PROCEDURE_SLACK_MS));
        let to = encounter.ended_at.or(encounter.discharged_at).map(|t| t.plus_ms(PROCEDURE_SLACK_MS));
        let around = |at: At| from.is_some_and(|f| f <= at) && to.is_none_or(|t| at <= t);
        let of_it = |p: &&Procedure| match &p.encounter {
            Some(id) => *id == encounter.id,
            None => p.at.is_some_and(around),
        };
        self.procedures.iter().filter(|p| matches!(p.status.as_str(), "completed" | "")).filter(of_it).collect()
    }

    /// Whether any automated channel is open for care: a usable address of the person's own, and no refusal.
    fn reachable_by_machine(&self) -> bool {
        let may = |channel| allowed(self, Purpose::Care, channel) != Some(false);
        let at = |kind, channel: Channel| {
            let usable = |p: &&ContactPoint| p.status.takes(channel) && self.ways.permits(channel, &p.value);
            may(channel) && self.points(kind).iter().any(usable)
        };
        let hears = !self.needs.contains(&Need::Deaf);
        at(PointKind::Phone, Channel::Sms)
            || (hears && at(PointKind::Phone, Channel::Voice))
            || at(PointKind::Email, Channel::Email)
    }
}

/// The value of `field` of `item` (see [`model::value::FIELDS`]) as known at `now`, in the person's `zone`.
///
/// Of a person the id does not matter. Tasks, days, the clinic, the enrolling fact and `person.today_link` are
/// not of the record: `Unknown`, answered by who asks. Nothing is asserted that nobody said: a prescription
/// is ready or picked up only when someone told so, and otherwise unknown.
pub fn field(record: &Record, item: (Kind, &str), field: &str, now: At, zone: &TimeZone) -> Value {
    let (kind, id) = item;
    match kind {
        Kind::Person => person(record, field, now, zone),
        Kind::Encounter => record.encounter(id).map_or(Value::Unknown, |it| encounter(record, it, field, zone)),
        Kind::Prescription => record.prescription(id).map_or(Value::Unknown, |it| prescription(it, field)),
        Kind::Appointment => record.appointment(id).map_or(Value::Unknown, |it| appointment(it, field)),
        Kind::Task | Kind::Fact | Kind::Day | Kind::Clinic => Value::Unknown,
    }
}

/// The ids of the items of a collection, in the order in which `each` walks them: a person's appointments
/// that are not cancelled, by start; a person's or an encounter's prescriptions as they were written, without
/// those given in hospital and those that were an error.
pub fn items(record: &Record, item: (Kind, &str), field: &str) -> Vec<String> {
    match (item.0, field) {
        (Kind::Person, "appointments") => {
            let mut all: Vec<&Appointment> = record.appointments.iter().filter(|a| !a.cancelled).collect();
            all.sort_by(|a, b| (a.start, &a.id).cmp(&(b.start, &b.id)));
            all.into_iter().map(|a| a.id.clone()).collect()
        }
        (Kind::Person, "prescriptions") => prescriptions(record, |_| true),
        (Kind::Encounter, "prescriptions") => prescriptions(record, |p| p.encounter.as_deref() == Some(item.1)),
        _ => Vec::new(),
    }
}

fn prescriptions(record: &Record, is: impl Fn(&Prescription) -> bool) -> Vec<String> {
    let chased = |p: &&Prescription| is(p) && !p.given_in_hospital && p.status != "entered-in-error";
    let mut all: Vec<&Prescription> = record.prescriptions.iter().filter(chased).collect();
    all.sort_by(|a, b| (a.authored_at, &a.id).cmp(&(b.authored_at, &b.id)));
    all.into_iter().map(|p| p.id.clone()).collect()
}

fn list(record: &Record, item: (Kind, &str), field: &str) -> Value {
    Value::List(items(record, item, field).into_iter().map(Value::Text).collect())
}

fn text(text: &str) -> Value {
    Value::text(Some(text).filter(|t| !t.is_empty()))
}

fn person(record: &Record, field: &str, now: At, zone: &TimeZone) -> Value {
    let need = |need| Value::Bool(record.needs.contains(&need));
    match field {
        "name" => text(&record.name),
        "first_name" => text(record.first_name()),
        "pronouns" => Value::text(record.pronouns.as_deref()),
        "language" => Value::text(record.language.as_deref()),
        "age" => record.age_on(now.date_in(zone)).map_or(Value::Unknown, |age| Value::Number(f64::from(age))),
        "deceased" => Value::Bool(record.deceased_at.is_some()),
        "inpatient" => Value::Bool(record.inpatient.is_some()),
        "deaf" => need(Need::Deaf),
        "blind" => need(Need::Blind),
        "needs_interpreter" => need(Need::Interpreter),
        "no_smartphone" => need(Need::NoSmartphone),
        "wants_task_reminders" => record.preferences.task_reminders.into(),
        "reachable_by_machine" => Value::Bool(record.reachable_by_machine()),
        "appointments" | "prescriptions" => list(record, (Kind::Person, ""), field),
        _ => Value::Unknown,
    }
}

/// Codes of concepts; unknown when there are none, so that a condition asks again when they come.
fn codes<'a>(concepts: impl Iterator<Item = &'a Concept>) -> Value {
    let mut all: Vec<String> = concepts.flat_map(|c| c.codes.iter().cloned()).collect();
    all.sort_unstable();
    all.dedup();
    all.truncate(CODES_MAX);
    if all.is_empty() { Value::Unknown } else { Value::Codes(all) }
}

fn encounter(record: &Record, it: &Encounter, field: &str, zone: &TimeZone) -> Value {
    // Counts of days, visits and points are small.
    let number = |n: Option<i64>| n.map_or(Value::Unknown, |n| Value::Number(n as f64));
    match field {
        "id" => text(&it.id),
        "class" => text(&it.class),
        "site" => text(&it.site),
        "started_at" => it.started_at.into(),
        "discharged_at" => it.discharged_at.into(),
        "procedure" => codes(record.procedures_of(it).into_iter().map(|p| &p.concept)),
        "procedure_name" => record.procedures_of(it).first().map_or(Value::Unknown, |p| text(&p.concept.text)),
        "condition" => {
            let of_it = record.conditions.iter().filter(|c| c.encounter.as_deref() == Some(it.id.as_str()));
            codes(of_it.filter(|c| c.status != "entered-in-error").map(|c| &c.concept))
        }
        "medicine" => {
            let of_it = record.prescriptions.iter().filter(|p| p.encounter.as_deref() == Some(it.id.as_str()));
            codes(of_it.filter(|p| !p.stopped).map(|p| &p.concept))
        }
        "prescriptions" => list(record, (Kind::Encounter, &it.id), field),
        "nights" => number(lace::nights(it, zone)),
        "acute" => Value::Bool(lace::acute(record, it)),
        "emergency_visits" => number(lace::emergency_visits(record, it)),
        "lace" => number(lace::lace(record, it, zone)),
        _ => Value::Unknown,
    }
}

fn prescription(it: &Prescription, field: &str) -> Value {
    // Only what someone told: there is no saying that it is not ready.
    let told = |at: Option<At>| at.map_or(Value::Unknown, |_| Value::Bool(true));
    match field {
        "id" => text(&it.id),
        "name" => text(&it.concept.text),
        "codes" => codes(std::iter::once(&it.concept)),
        "pharmacy" => Value::text(it.pharmacy.as_deref()),
        "as_needed" => it.as_needed.into(),
        "delivered_to_bedside" => it.delivered_to_bedside.into(),
        "ready" => told(it.ready_at),
        "ready_at" => it.ready_at.into(),
        "picked_up" => told(it.picked_up_at),
        "stopped" => Value::Bool(it.stopped),
        _ => Value::Unknown,
    }
}

fn appointment(it: &Appointment, field: &str) -> Value {
    match field {
        "id" => text(&it.id),
        "start" => it.start.into(),
        "with" => text(&it.with),
        "place" => text(&it.place),
        "cancelled" => Value::Bool(it.cancelled),
        "missed" => Value::Bool(it.status == "noshow"),
        _ => Value::Unknown,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use crate::fold::STOP;
    use model::person::{Consent, Preferences};
    use model::value::{FIELDS, Type};

    /// A record in which everything that can be known is known.
    fn full() -> Record {
        let at = Some(At(1_700_000_000_000));
        let concept = || Concept { codes: vec!["s|1".into()], text: "a thing".into() };
        Record {
            name: "David Reyes".into(),
            given: vec!["David".into()],
            pronouns: Some("he/him".into()),
            birth_date: Some("1980-02-29".into()),
            language: Some("en".into()),
            preferences: Preferences { task_reminders: Some(true), ..Preferences::default() },
            encounters: vec![Encounter {
                id: "Encounter/1".into(),
                class: "IMP".into(),
                site: "main".into(),
                started_at: at,
                discharged_at: at,
                ..Encounter::default()
            }],
            procedures: vec![Procedure { concept: concept(), at, ..Procedure::default() }],
            conditions: vec![crate::known::Condition {
                encounter: Some("Encounter/1".into()),
                concept: concept(),
                ..Default::default()
            }],
            prescriptions: vec![Prescription {
                id: "MedicationRequest/1".into(),
                encounter: Some("Encounter/1".into()),
                concept: concept(),
                as_needed: Some(false),
                delivered_to_bedside: Some(false),
                pharmacy: Some("Corner".into()),
                ready_at: at,
                picked_up_at: at,
                ..Prescription::default()
            }],
            appointments: vec![Appointment {
                id: "Appointment/1".into(),
                start: at,
                with: "Dr".into(),
                place: "here".into(),
                ..Appointment::default()
            }],
            ..Record::default()
        }
    }

    fn ask(record: &Record, kind: Kind, name: &str) -> Value {
        let id = match kind {
            Kind::Encounter => "Encounter/1",
            Kind::Prescription => "MedicationRequest/1",
            Kind::Appointment => "Appointment/1",
            _ => "",
        };
        field(record, (kind, id), name, At(1_790_000_000_000), &TimeZone::UTC)
    }

    #[test]
    fn every_field_of_the_record_is_answered_in_its_type() {
        let record = full();
        for (kind, name, kind_of_value) in FIELDS {
            let value = ask(&record, *kind, name);
            let elsewhere = matches!(kind, Kind::Task | Kind::Fact | Kind::Day | Kind::Clinic)
                || (*kind, *name) == (Kind::Person, "today_link");
            if elsewhere {
                assert_eq!(value, Value::Unknown, "{kind:?}.{name} is not of the record");
                continue;
            }
            let right = match (kind_of_value, &value) {
                (Type::Bool, Value::Bool(_))
                | (Type::Number, Value::Number(_))
                | (Type::Text, Value::Text(_))
                | (Type::Time, Value::Time(_))
                | (Type::Codes, Value::Codes(_)) => true,
                (Type::List(_), Value::List(found)) => {
                    found.len() == 1 && items(&record, (*kind, "Encounter/1"), name).len() == 1
                }
                _ => false,
            };
            assert!(right, "{kind:?}.{name} is {value:?}, not {kind_of_value:?}");
        }
    }

    #[test]
    fn nothing_is_asserted_without_a_feed() {
        let mut record = full();
        record.prescriptions[0].ready_at = None;
        record.prescriptions[0].picked_up_at = None;
        assert_eq!(ask(&record, Kind::Prescription, "ready"), Value::Unknown);
        assert_eq!(ask(&record, Kind::Prescription, "picked_up"), Value::Unknown);
        record.procedures.clear();
        assert_eq!(ask(&record, Kind::Encounter, "procedure"), Value::Unknown);
    }

    #[test]
    fn procedures_belong_to_the_stay_they_name_or_lie_around() {
        let mut record = full();
        let day = |n: i64| Some(At(1_700_000_000_000 + n * DAY_MS));
        record.encounters[0].ended_at = day(1);
        let done = |id: &str, encounter: Option<&str>, at, status: &str| Procedure {
            id: id.into(),
            encounter: encounter.map(str::to_owned),
            at,
            status: status.into(),
            ..Procedure::default()
        };
        record.procedures = vec![
            done("named", Some("Encounter/1"), day(90), "completed"),
            done("hours before", None, day(-1), "completed"),
            done("two days after", None, day(3), "completed"),
            done("too late", None, day(4), "completed"),
            done("another stay", Some("Encounter/2"), day(0), "completed"),
            done("an error", Some("Encounter/1"), day(0), "entered-in-error"),
        ];
        let found: Vec<&str> = record.procedures_of(&record.encounters[0]).iter().map(|p| p.id.as_str()).collect();
        assert_eq!(found, ["named", "hours before", "two days after"]);
    }

    #[test]
    fn zones_in_doubt_are_all_given() {
        let mut record = Record { zones: vec!["America/Denver".into(), "America/Chicago".into()], ..Record::default() };
        assert_eq!(record.zones("America/New_York").len(), 2);
        record.zones.clear();
        assert_eq!(record.zones("America/New_York"), vec![model::time::zone("America/New_York").unwrap()]);
        assert_eq!(record.zones("nowhere"), vec![TimeZone::UTC]);
    }

    #[test]
    fn ages_turn_on_the_birthday_and_partial_dates_give_the_youngest() {
        let mut record = full();
        let age = |r: &Record, d: &str| r.age_on(d.parse().unwrap());
        assert_eq!(age(&record, "2026-02-28"), Some(45));
        assert_eq!(age(&record, "2026-03-01"), Some(46));
        record.birth_date = Some("1980".into());
        assert_eq!(age(&record, "2026-06-01"), Some(45));
        record.birth_date = Some("1980-02".into());
        assert_eq!(age(&record, "2026-06-01"), Some(46));
        record.birth_date = Some("nonsense".into());
        assert_eq!(age(&record, "2026-06-01"), None);
    }

    fn said(purpose: Option<Purpose>, channel: Option<Channel>, allowed: bool, since: i64, basis: &str) -> Consent {
        Consent { purpose, channel, allowed, since: At(since), basis: basis.into() }
    }

    #[test]
    fn the_latest_word_holds_and_a_refusal_wins_a_tie() {
        let marketing = Some(Purpose::Marketing);
        let sms = Some(Channel::Sms);
        let mut record = Record::default();
        assert_eq!(allowed(&record, Purpose::Care, Channel::Sms), None);
        record.consents = vec![said(None, None, true, 1, "a"), said(None, None, false, 1, "b")];
        assert_eq!(allowed(&record, Purpose::Care, Channel::Sms), Some(false));
        record.consents = vec![said(None, sms, false, 1, "a"), said(Some(Purpose::Care), sms, true, 1, "b")];
        assert_eq!(allowed(&record, Purpose::Care, Channel::Sms), Some(true), "the more specific");
        record.consents = vec![said(marketing, None, false, 1, "x"), said(None, sms, false, 2, STOP)];
        assert_eq!(allowed(&record, Purpose::Care, Channel::Sms), Some(false));
        assert_eq!(allowed(&record, Purpose::Care, Channel::Email), None);
        record.consents.push(said(None, sms, true, 3, START));
        assert_eq!(allowed(&record, Purpose::Care, Channel::Sms), Some(true));
        assert_eq!(allowed(&record, Purpose::Marketing, Channel::Sms), Some(false), "START undoes STOP only");
        record.consents.insert(0, said(None, sms, false, 2, "key 9"));
        assert_eq!(allowed(&record, Purpose::Care, Channel::Sms), Some(true), "START answers a key too");
        record.consents.push(said(None, sms, false, 3, STOP));
        assert_eq!(allowed(&record, Purpose::Care, Channel::Sms), Some(false), "a refusal wins a tie");
    }
}
