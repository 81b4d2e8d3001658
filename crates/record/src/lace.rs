//! The LACE index of a stay, by `rules/lace.yaml`: length, acuity, comorbidity, emergency visits.
//!
//! What no source told counts as nothing: the index is a lower bound. A stay whose beginning or end is not known
//! has none.

use crate::known::{Encounter, Record};
use crate::topics::yaml::{self, Node, What};
use jiff::tz::TimeZone;
use model::At;
use model::time::DAY_MS;
use std::sync::LazyLock;

/// The table that ships.
const TEXT: &str = include_str!("../../../rules/lace.yaml");
/// Emergency visits that count, before the stay began.
const BEFORE_MS: i64 = 183 * DAY_MS;
/// An emergency visit that ended at most so long before the stay is the one that led to it.
const LED_MS: i64 = DAY_MS;
/// The class of an emergency visit, HL7 v3 ActCode.
const EMERGENCY: &str = "EMER";
/// How ICD-10 codes are told: the code system's end, in any of its national forms.
const ICD_10: &str = "icd-10";

/// From so many on, so many points.
type Points = Vec<(i64, i64)>;

struct Table {
    nights: Points,
    acute: i64,
    comorbidity: Points,
    emergency: Points,
    conditions: Vec<Comorbidity>,
}

struct Comorbidity {
    name: String,
    points: i64,
    not_with: Option<String>,
    codes: Vec<String>,
}

static TABLE: LazyLock<Option<Table>> = LazyLock::new(|| table(TEXT));

fn table(text: &str) -> Option<Table> {
    let root = yaml::read("rules/lace.yaml", text).ok()?;
    Some(Table {
        nights: points(get(&root, "nights")?)?,
        acute: number(get(&root, "acute")?)?,
        comorbidity: points(get(&root, "comorbidity")?)?,
        emergency: points(get(&root, "emergency")?)?,
        conditions: list(get(&root, "conditions")?)?.iter().map(condition).collect::<Option<_>>()?,
    })
}

fn condition(node: &Node) -> Option<Comorbidity> {
    let code = |n: &Node| Some(plain(text(n)?));
    Some(Comorbidity {
        name: text(get(node, "name")?)?.into(),
        points: number(get(node, "points")?)?,
        not_with: get(node, "not_with").and_then(text).map(String::from),
        codes: list(get(node, "codes")?)?.iter().map(code).collect::<Option<_>>()?,
    })
}

fn get<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let What::Map(pairs) = &node.what else { return None };
    pairs.iter().find(|(k, _)| k == key).map(|(_, n)| n)
}
fn list(node: &Node) -> Option<&[Node]> {
    if let What::List(nodes) = &node.what { Some(nodes) } else { None }
}
fn text(node: &Node) -> Option<&str> {
    if let What::Text(text) = &node.what { Some(text) } else { None }
}
fn number(node: &Node) -> Option<i64> {
    text(node)?.parse().ok()
}
fn points(node: &Node) -> Option<Points> {
    let pair = |n: &Node| {
        let (from, points) = text(n)?.split_once(' ')?;
        Some((from.parse().ok()?, points.parse().ok()?))
    };
    list(node)?.iter().map(pair).collect()
}

/// A code as it is compared: senders write I25.2 with and without its point.
fn plain(code: &str) -> String {
    code.replace('.', "").to_ascii_uppercase()
}

fn of(points: &Points, count: i64) -> i64 {
    points.iter().rev().find(|(from, _)| count >= *from).map_or(0, |(_, points)| *points)
}

/// Nights of a stay in the person's zone; `None` when its beginning or end is not known.
pub fn nights(stay: &Encounter, zone: &TimeZone) -> Option<i64> {
    let end = stay.discharged_at.or(stay.ended_at)?;
    let (from, to) = (stay.started_at?.date_in(zone), end.date_in(zone));
    from.until(to).ok().map(|span| i64::from(span.get_days()).max(0))
}

/// The emergency visit that a stay began with, if one is known.
fn led_to<'r>(record: &'r Record, stay: &Encounter) -> Option<&'r Encounter> {
    let start = stay.started_at?;
    let led = |e: &&Encounter| {
        let end = e.ended_at.or(e.started_at);
        e.class == EMERGENCY && e.started_at <= Some(start) && end.is_some_and(|at| at.plus_ms(LED_MS) >= start)
    };
    record.encounters.iter().filter(led).max_by_key(|e| e.started_at)
}

/// Whether a stay began in the emergency department, as far as any source told.
pub fn acute(record: &Record, stay: &Encounter) -> bool {
    led_to(record, stay).is_some()
}

/// Emergency visits in the six months before a stay, without the one that led to it.
pub fn emergency_visits(record: &Record, stay: &Encounter) -> Option<i64> {
    let start = stay.started_at?;
    let led = led_to(record, stay).map(|e| e.id.as_str());
    let counts = |e: &&Encounter| {
        let within = e.started_at.is_some_and(|at: At| at < start && at.plus_ms(BEFORE_MS) >= start);
        e.class == EMERGENCY && within && Some(e.id.as_str()) != led
    };
    i64::try_from(record.encounters.iter().filter(counts).count()).ok()
}

/// The index of a stay, 0 to 19; `None` when its beginning or end is not known.
pub fn lace(record: &Record, stay: &Encounter, zone: &TimeZone) -> Option<i64> {
    let table = TABLE.as_ref()?;
    let length = of(&table.nights, nights(stay, zone)?);
    let acute = if acute(record, stay) { table.acute } else { 0 };
    let emergency = of(&table.emergency, emergency_visits(record, stay)?);
    Some(length + acute + of(&table.comorbidity, comorbidity(record, table)) + emergency)
}

fn comorbidity(record: &Record, table: &Table) -> i64 {
    let told: Vec<String> = record
        .conditions
        .iter()
        .filter(|c| !matches!(c.status.as_str(), "entered-in-error" | "refuted"))
        .flat_map(|c| &c.concept.codes)
        .filter_map(|code| code.rsplit_once('|').filter(|(system, _)| system.contains(ICD_10)))
        .map(|(_, code)| plain(code))
        .collect();
    let has = |c: &Comorbidity| c.codes.iter().any(|code| told.iter().any(|t| t.starts_with(code.as_str())));
    let graver = |c: &Comorbidity| {
        let other = c.not_with.as_ref().and_then(|name| table.conditions.iter().find(|o| o.name == *name));
        other.is_some_and(has)
    };
    table.conditions.iter().filter(|c| has(c) && !graver(c)).map(|c| c.points).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known::{Concept, Condition};

    const START: At = At(1_790_000_000_000);

    fn stay(nights: i64) -> Encounter {
        Encounter {
            id: "Encounter/1".into(),
            class: "IMP".into(),
            started_at: Some(START),
            discharged_at: Some(START.plus_ms(nights * DAY_MS)),
            ..Encounter::default()
        }
    }
    fn visit(n: u32, days_before: i64) -> Encounter {
        let at = START.plus_ms(-days_before * DAY_MS - 3_600_000);
        let ended_at = Some(at.plus_ms(3_000_000));
        Encounter {
            id: format!("Encounter/e{n}"),
            class: EMERGENCY.into(),
            started_at: Some(at),
            ended_at,
            ..Encounter::default()
        }
    }
    fn condition(code: &str) -> Condition {
        let concept = Concept { codes: vec![format!("http://hl7.org/fhir/sid/icd-10-cm|{code}")], text: String::new() };
        Condition { concept, status: "active".into(), ..Condition::default() }
    }
    fn of(stay_nights: i64, visits: &[i64], codes: &[&str]) -> Option<i64> {
        let record = Record {
            encounters: (0..).zip(visits).map(|(n, days)| visit(n, *days)).collect(),
            conditions: codes.iter().map(|code| condition(code)).collect(),
            ..Record::default()
        };
        lace(&record, &stay(stay_nights), &TimeZone::UTC)
    }

    #[test]
    fn the_table_reads_and_each_component_counts_as_published() {
        assert!(TABLE.is_some());
        let length = [(0, 0), (1, 1), (3, 3), (4, 4), (6, 4), (7, 5), (13, 5), (14, 7), (60, 7)];
        for (nights, points) in length {
            assert_eq!(of(nights, &[], &[]), Some(points), "{nights} nights");
        }
        assert_eq!(of(0, &[0], &[]), Some(3), "through the emergency department, and that visit is not counted again");
        assert_eq!(of(0, &[10, 20, 30, 40, 50, 60], &[]), Some(4), "at most four for earlier visits");
        assert_eq!(of(0, &[200], &[]), Some(0), "longer ago than six months");
    }

    #[test]
    fn comorbidities_count_once_and_the_graver_of_two() {
        assert_eq!(of(0, &[], &["I21.4"]), Some(1));
        assert_eq!(of(0, &[], &["I214", "I22.0"]), Some(1), "with and without its point, once");
        assert_eq!(of(0, &[], &["E11.9"]), Some(1));
        assert_eq!(of(0, &[], &["E11.9", "E11.2"]), Some(2), "not both forms of one illness");
        assert_eq!(of(0, &[], &["F03.90"]), Some(3));
        assert_eq!(of(0, &[], &["I50.9", "J44.1"]), Some(5), "four points or more are five");
        assert_eq!(of(14, &[0, 5, 6, 7, 8], &["C78.0"]), Some(19), "no more than nineteen");
        assert_eq!(of(0, &[], &["Z00.0"]), Some(0));
    }

    #[test]
    fn a_stay_whose_beginning_is_not_known_has_no_index() {
        let unknown = Encounter { started_at: None, ..stay(3) };
        assert_eq!(lace(&Record::default(), &unknown, &TimeZone::UTC), None);
    }
}
