//! FHIR dates and times, and when a resource's matter happened.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use model::At;
use serde_json::Value;

/// How exactly a FHIR time is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    /// Year, year and month, or day.
    Date,
    /// To the second, with its offset.
    Instant,
}

/// Reads a FHIR `date`, `dateTime` or `instant`; a date is taken as its first moment in UTC.
pub fn fhir_time(text: &str) -> Option<At> {
    read(text).map(|(at, _)| at)
}

/// The same, with how exactly it was given.
pub(crate) fn read(text: &str) -> Option<(At, Given)> {
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if !text.is_ascii() || text.len() < 4 || !digits(&text[..4]) {
        return None;
    }
    let day = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        n if n >= 10 => text[..10].to_string(),
        _ => return None,
    };
    let bytes = day.as_bytes();
    if bytes[4] != b'-' || bytes[7] != b'-' || !digits(&day[5..7]) || !digits(&day[8..10]) {
        return None;
    }
    let date: Date = day.parse().ok().filter(|d: &Date| d.year() > 0)?;
    if text.len() <= 10 {
        return Some((At::of_local(date, Time::midnight(), &TimeZone::UTC), Given::Date));
    }
    let (clock, zone) = split_zone(text.get(10..)?.strip_prefix('T')?)?;
    let shape = clock.len() >= 8 && clock.as_bytes()[2] == b':' && clock.as_bytes()[5] == b':';
    let fraction = clock.get(8..)?;
    let fraction_ok =
        fraction.is_empty() || (fraction.len() > 1 && fraction.starts_with('.') && digits(&fraction[1..]));
    if !shape || !fraction_ok || fraction.len() > 10 {
        return None;
    }
    let stamp: jiff::Timestamp = format!("{day}T{clock}{zone}").parse().ok()?;
    Some((At(stamp.as_millisecond()), Given::Instant))
}

/// The clock time and its offset: `Z`, `+01:00`.
fn split_zone(text: &str) -> Option<(&str, &str)> {
    if let Some(clock) = text.strip_suffix('Z') {
        return Some((clock, "Z"));
    }
    let at = text.len().checked_sub(6)?;
    let (clock, zone) = text.split_at_checked(at)?;
    let z = zone.as_bytes();
    let ok = matches!(z[0], b'+' | b'-') && z[3] == b':' && zone[1..3].parse::<u8>().is_ok_and(|h| h <= 14);
    ok.then_some((clock, zone))
}

/// Where a resource says when its matter happened, by type; the first that is there counts.
/// A dot goes into an object.
const HAPPENED: &[(&str, &[&str])] = &[
    ("Procedure", &["performedPeriod.end", "performedDateTime", "performedPeriod.start"]),
    ("MedicationRequest", &["authoredOn"]),
    ("MedicationDispense", &["whenHandedOver", "whenPrepared"]),
    ("MedicationAdministration", &["effectivePeriod.end", "effectiveDateTime", "effectivePeriod.start"]),
    (
        "Observation",
        &["effectiveDateTime", "effectiveInstant", "effectivePeriod.end", "effectivePeriod.start", "issued"],
    ),
    ("DiagnosticReport", &["issued", "effectiveDateTime", "effectivePeriod.end"]),
    ("Condition", &["recordedDate", "onsetDateTime", "onsetPeriod.start"]),
    ("Communication", &["received", "sent"]),
    ("Consent", &["dateTime"]),
    ("CarePlan", &["created", "period.start"]),
    ("Immunization", &["occurrenceDateTime", "recorded"]),
    ("ServiceRequest", &["authoredOn"]),
    ("DocumentReference", &["date"]),
    ("AllergyIntolerance", &["recordedDate", "onsetDateTime"]),
    ("QuestionnaireResponse", &["authored"]),
    ("Claim", &["created"]),
    ("ExplanationOfBenefit", &["created"]),
];

/// Statuses that tell of a change made now, whenever the matter itself was.
const TAKEN_BACK: &[&str] = &["cancelled", "entered-in-error", "stopped", "on-hold", "revoked", "not-done"];

/// When what `resource` tells happened: never later than `now`.
pub(crate) fn occurred(resource: &Value, now: At, live: bool) -> At {
    let kind = resource["resourceType"].as_str().unwrap_or_default();
    let status = resource["status"].as_str().unwrap_or_default();
    let updated = at(resource, "meta.lastUpdated");
    let matter = match kind {
        "Encounter" => encounter(resource, status, updated),
        _ => HAPPENED.iter().find(|(k, _)| *k == kind).and_then(|(_, paths)| first(resource, paths)),
    };
    let best = if live && TAKEN_BACK.contains(&status) { updated.or(Some(now)) } else { matter.or(updated) };
    best.unwrap_or(now).min(now)
}

fn encounter(resource: &Value, status: &str, updated: Option<At>) -> Option<At> {
    let start = at(resource, "period.start");
    if status == "finished" { at(resource, "period.end").or(updated).or(start) } else { start }
}

fn first(resource: &Value, paths: &[&str]) -> Option<At> {
    paths.iter().find_map(|path| at(resource, path))
}

fn at(resource: &Value, path: &str) -> Option<At> {
    fhir_time(path.split('.').try_fold(resource, |v, key| v.get(key))?.as_str()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fhir_times_are_read_strictly() {
        for good in ["2026", "2026-02", "2026-02-28", "2026-02-28T23:59:59Z", "2026-02-28T10:00:00.123-05:00"] {
            assert!(fhir_time(good).is_some(), "{good}");
        }
        let bad = [
            "",
            "26",
            "2026-13",
            "2026-02-30",
            "2026-2-3",
            "0000",
            "2026-02-28T10:00",
            "2026-02-28T10:00:00",
            "2026-02-28 10:00:00Z",
            "2026-02-28T25:00:00Z",
            "2026-02-28T10:00:00+15:00",
            "2026-02-28T10:00:00Z[UTC]",
            "02/28/2026",
            "2026-02-28T10:00:00.Z",
            "２０２６-02-28",
            "2026-02-28TZ",
            "2026-02-28T1é:00:00Z",
        ];
        for bad in bad {
            assert!(fhir_time(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_discharge_happened_at_the_end_of_the_stay_and_a_cancellation_now() {
        let now = fhir_time("2026-11-22T15:00:00Z").expect("time");
        let mut stay = json!({"resourceType": "Encounter", "status": "finished",
            "period": {"start": "2026-11-22T08:00:00Z", "end": "2026-11-22T14:00:00Z"}});
        assert_eq!(Some(occurred(&stay, now, true)), fhir_time("2026-11-22T14:00:00Z"));
        stay["status"] = json!("cancelled");
        assert_eq!(occurred(&stay, now, true), now);
        assert_eq!(Some(occurred(&stay, now, false)), fhir_time("2026-11-22T08:00:00Z"));
        let planned = json!({"resourceType": "Encounter", "status": "planned", "period": {"start": "2027-01-01"}});
        assert_eq!(occurred(&planned, now, true), now, "nothing has happened later than now");
    }
}
