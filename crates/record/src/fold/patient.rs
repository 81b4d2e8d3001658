//! Patient and RelatedPerson: names, language, zone, needs, contact points, preferences.

use super::{CONTACTS_MAX, IDENTIFIERS_MAX, bound, zone_of};
use crate::known::{Fold, Record};
use crate::{json, zone};
use model::person::{ContactPoint, Need, PointKind, PointStatus, Preferences};
use model::{At, Channel, Fact, Purpose};
use serde_json::Value as Json;

/// Our extension on Patient for how the person would like to be reached: sub-extensions
/// `channels` (each with `purpose` valueCode and repeated `channel` valueCode, the best first), `urgent`
/// (repeated valueCode, the best first), `quietFrom` and `quietTo` (valueTime, local), `taskReminders`
/// (valueBoolean).
pub const PREFERENCES: &str = "https://throughline.health/fhir/StructureDefinition/engagement-preferences";
/// Our extension on Patient: valueBoolean, true when they have no smartphone.
pub const NO_SMARTPHONE: &str = "https://throughline.health/fhir/StructureDefinition/no-smartphone";

const PRONOUNS: &str = "http://hl7.org/fhir/StructureDefinition/individual-pronouns";
const INTERPRETER: &str = "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired";
const DISABILITY: &str = "http://hl7.org/fhir/StructureDefinition/patient-disability";
const TIMEZONE: &str = "http://hl7.org/fhir/StructureDefinition/timezone";

/// SNOMED CT findings of deafness and of blindness, as patient-disability and Condition carry them.
const DEAF: &[&str] = &["15188001", "343087000", "95828007", "162344008", "77507001"];
/// Blindness, and legal blindness.
const BLIND: &[&str] = &["397540003", "193699007", "22950006", "257449005", "77675002"];

/// The need that a SNOMED CT code speaks of.
pub(super) fn need_of(code: &str) -> Option<Need> {
    if DEAF.contains(&code) {
        return Some(Need::Deaf);
    }
    BLIND.contains(&code).then_some(Need::Blind)
}

pub(super) fn patient(record: &mut Record, body: &Json, fact: &Fact) {
    names(record, body);
    record.pronouns = json::extension(body, PRONOUNS).and_then(pronouns).or(record.pronouns.take());
    record.birth_date = json::text(body, &["birthDate"]).map(str::to_owned).or(record.birth_date.take());
    record.gender = json::text(body, &["gender"]).map(str::to_owned).or(record.gender.take());
    record.language = language(body).or(record.language.take());
    let found: Vec<String> =
        json::list(body, "identifier").iter().take(IDENTIFIERS_MAX).filter_map(identifier).collect();
    if !found.is_empty() {
        record.identifiers = found;
    }
    place(record, body);
    needs(record, body);
    let telecom = points(body, None, fact.occurred_at);
    replace_points(record, None, telecom);
    if let Some(extension) = json::extension(body, PREFERENCES) {
        record.preferences = preferences(extension);
    }
    death(record, body, fact);
}

/// `system|value` of an identifier that is in use.
fn identifier(it: &Json) -> Option<String> {
    let old = json::text(it, &["use"]) == Some("old");
    Some(format!("{}|{}", json::text(it, &["system"])?, json::text(it, &["value"])?)).filter(|_| !old)
}

fn names(record: &mut Record, body: &Json) {
    let names = json::list(body, "name");
    let used = |uses: &[&str]| {
        uses.iter().find_map(|u| {
            names
                .iter()
                .find(|n| json::text(n, &["use"]) == Some(u) && n.get("period").is_none_or(|p| p.get("end").is_none()))
        })
    };
    let Some(official) = used(&["official", "usual"]).or(names.first()) else { return };
    let given = |name: &Json| -> Vec<String> {
        json::list(name, "given").iter().filter_map(Json::as_str).map(str::to_owned).collect()
    };
    record.given = given(official);
    record.family = json::owned(official, &["family"]);
    let parts = record.given.iter().map(String::as_str).chain([record.family.as_str()]);
    let joined = parts.filter(|p| !p.is_empty()).collect::<Vec<_>>().join(" ");
    record.name = json::text(official, &["text"]).map_or(joined, str::to_owned);
    // A nickname is what they are called; a `usual` name only when it differs from the official one.
    let called = used(&["nickname", "usual"]).filter(|n| !std::ptr::eq(*n, official));
    record.preferred_name =
        called.and_then(|n| given(n).into_iter().next().or_else(|| json::text(n, &["text"]).map(str::to_owned)));
}

/// `individual-pronouns` (HL7 Gender Harmony) is complex: its `value` is a CodeableConcept (LOINC answers
/// `he/him/his/his/himself`). Shown as the first two.
fn pronouns(extension: &Json) -> Option<String> {
    let value = json::extension(extension, "value").and_then(|e| e.get("valueCodeableConcept"));
    let text = json::concept(value.or(extension.get("valueCodeableConcept"))).text;
    let short = text.split('/').take(2).collect::<Vec<_>>().join("/");
    (!short.is_empty()).then_some(short)
}

/// ISO 639-2 codes that senders use where BCP 47 wants the short one.
const LONG_LANGUAGES: &[(&str, &str)] = &[
    ("ara", "ar"),
    ("chi", "zh"),
    ("deu", "de"),
    ("eng", "en"),
    ("fra", "fr"),
    ("fre", "fr"),
    ("ger", "de"),
    ("hat", "ht"),
    ("kor", "ko"),
    ("por", "pt"),
    ("rus", "ru"),
    ("spa", "es"),
    ("tgl", "tl"),
    ("vie", "vi"),
    ("zho", "zh"),
];

/// A language tag without its region: `en-US` is `en`; a script stays (`zh-Hant`).
pub(crate) fn plain_language(tag: &str) -> String {
    let mut parts = tag.split(['-', '_']);
    let first = parts.next().unwrap_or_default().to_ascii_lowercase();
    let short = LONG_LANGUAGES.iter().find(|(l, _)| *l == first).map_or(first.as_str(), |(_, s)| s).to_owned();
    match parts.next().filter(|p| p.len() == 4) {
        Some(script) => format!("{short}-{script}"),
        None => short,
    }
}

/// The preferred language; where none is marked, the only one.
fn language(body: &Json) -> Option<String> {
    let all = json::list(body, "communication");
    let marked = all.iter().find(|c| c.get("preferred").and_then(Json::as_bool) == Some(true));
    let chosen = marked.or(if all.len() == 1 { all.first() } else { None })?;
    let code = json::codes(chosen.get("language")).next()?;
    Some(plain_language(code))
}

fn place(record: &mut Record, body: &Json) {
    let said = json::extension(body, TIMEZONE).and_then(|e| json::text(e, &["valueCode"]));
    if let Some(name) = said.filter(|name| model::time::zone(name).is_some()) {
        record.zone = Some(name.to_owned());
        record.zone_from = "patient".into();
        record.zones.clear();
        return;
    }
    if record.zone_from == "patient" {
        return;
    }
    let addresses = json::list(body, "address");
    let home = addresses.iter().find(|a| json::text(a, &["use"]) == Some("home")).or(addresses.first());
    let zones = home.map_or(&[][..], |a| {
        let part = |name| json::text(a, &[name]).unwrap_or_default();
        zone::of_address(part("country"), part("state"), part("postalCode"))
    });
    record.zone = match zones {
        [one] => Some((*one).to_owned()),
        _ => None,
    };
    record.zone_from = if record.zone.is_some() { "address".into() } else { String::new() };
    record.zones = if zones.len() > 1 { zones.iter().map(|z| (*z).to_owned()).collect() } else { Vec::new() };
}

pub(crate) fn set_need(record: &mut Record, need: Need, has: bool) {
    record.needs.retain(|n| *n != need);
    if has {
        record.needs.push(need);
        record.needs.sort_unstable();
    }
}

fn needs(record: &mut Record, body: &Json) {
    let flag = |url| json::extension(body, url).and_then(|e| e.get("valueBoolean")).and_then(Json::as_bool);
    if let Some(has) = flag(INTERPRETER) {
        set_need(record, Need::Interpreter, has);
    }
    if let Some(has) = flag(NO_SMARTPHONE) {
        set_need(record, Need::NoSmartphone, has);
    }
    for extension in json::extensions(body, DISABILITY) {
        for need in json::codes(extension.get("valueCodeableConcept")).filter_map(need_of) {
            set_need(record, need, true);
        }
    }
}

/// The contact points in `telecom`, those ended before `now` as ended. Texts and calls share a number.
fn points(body: &Json, owner: Option<&str>, now: At) -> Vec<ContactPoint> {
    let mut out: Vec<ContactPoint> = Vec::new();
    for telecom in json::list(body, "telecom").iter().take(CONTACTS_MAX) {
        let kind = match json::text(telecom, &["system"]) {
            Some("phone" | "sms") => PointKind::Phone,
            Some("email") => PointKind::Email,
            _ => continue,
        };
        let Some(value) = json::text(telecom, &["value"]).map(str::trim).filter(|v| !v.is_empty()) else { continue };
        if out.iter().any(|p| p.kind == kind && p.value == value) {
            continue;
        }
        let ended = json::time(telecom, &["period", "end"], &jiff::tz::TimeZone::UTC).is_some_and(|end| end <= now)
            || json::text(telecom, &["use"]) == Some("old");
        out.push(ContactPoint {
            kind,
            value: if kind == PointKind::Email { value.to_lowercase() } else { value.to_owned() },
            r#use: json::owned(telecom, &["use"]),
            rank: telecom.get("rank").and_then(Json::as_u64).and_then(|r| u32::try_from(r).ok()).unwrap_or(0),
            owner: owner.map(str::to_owned),
            verified_at: None,
            status: if ended { PointStatus::Ended } else { PointStatus::Active },
        });
    }
    out
}

/// Puts `new` in the place of the owner's contact points. What was found out about a number (wrong, dead,
/// verified) outlives a source that sends it again.
fn replace_points(record: &mut Record, owner: Option<&str>, new: Vec<ContactPoint>) {
    let same = |a: &ContactPoint, b: &ContactPoint| a.kind == b.kind && a.value == b.value;
    let found_out = |p: &ContactPoint| {
        use PointStatus::{Bounced, Dead, Landline, NoTexts, Wrong};
        matches!(p.status, Wrong | Dead | Landline | NoTexts | Bounced)
    };
    let all_old = std::mem::take(&mut record.contacts);
    let stays = |o: &&ContactPoint| !new.iter().any(|n| same(n, o)) && (o.owner.as_deref() != owner || found_out(o));
    let mut kept: Vec<ContactPoint> = all_old.iter().filter(stays).cloned().collect();
    for mut point in new {
        match all_old.iter().find(|o| same(o, &point)) {
            // The person's own number stays theirs when a relative gives it too.
            Some(old) if owner.is_some() && old.owner.is_none() => kept.push(old.clone()),
            Some(old) => {
                point.verified_at = old.verified_at;
                point.status = if found_out(old) { old.status } else { point.status };
                kept.push(point);
            }
            None => kept.push(point),
        }
    }
    bound(&mut kept, CONTACTS_MAX, |p| (p.status == PointStatus::Active, p.verified_at));
    record.contacts = kept;
}

/// A RelatedPerson's telecom become contact points with their name as owner.
pub(super) fn related_person(fold: &mut Fold, body: &Json, now: At) {
    let record = &mut fold.record;
    let name = json::list(body, "name").first();
    let joined = name.map(|n| {
        let given = json::list(n, "given").iter().filter_map(Json::as_str);
        given.chain(json::text(n, &["family"])).collect::<Vec<_>>().join(" ")
    });
    let shown = name.and_then(|n| json::text(n, &["text"])).map(str::to_owned).or(joined.filter(|j| !j.is_empty()));
    let relation = json::list(body, "relationship").first().map(|r| json::concept(Some(r)).text);
    let related = relation.clone().unwrap_or_default();
    let owner = shown.or(relation.filter(|r| !r.is_empty())).unwrap_or_else(|| "related person".to_owned());
    let active = body.get("active").and_then(Json::as_bool) != Some(false);
    let new = if active { points(body, Some(&owner), now) } else { Vec::new() };
    crate::ways::related(&mut fold.ways, new.iter().map(|p| p.value.clone()), &related);
    replace_points(record, Some(&owner), new);
}

/// The state of the home address in the United States, `US-FL`.
pub(super) fn state(body: &Json) -> Option<String> {
    let addresses = json::list(body, "address");
    let home = addresses.iter().find(|a| json::text(a, &["use"]) == Some("home")).or(addresses.first())?;
    let part = |name| json::text(home, &[name]).unwrap_or_default().trim();
    let here = matches!(part("country"), "" | "US" | "USA" | "United States");
    let state = part("state");
    let code = state.len() == 2 && state.bytes().all(|b| b.is_ascii_alphabetic());
    (here && code).then(|| format!("US-{}", state.to_ascii_uppercase()))
}

fn preferences(extension: &Json) -> Preferences {
    let channel = |e: &Json| json::text(e, &["valueCode"]).and_then(Channel::named);
    let minutes = |name| {
        let text = json::extension(extension, name).and_then(|e| json::text(e, &["valueTime"]))?;
        minutes_of(text)
    };
    let channels = json::extensions(extension, "channels").take(Purpose::ALL.len());
    Preferences {
        channels: channels
            .filter_map(|e| {
                let purpose = json::extension(e, "purpose").and_then(|p| json::text(p, &["valueCode"]))?;
                let all = json::extensions(e, "channel").filter_map(channel).take(Channel::ALL.len()).collect();
                Some((Purpose::named(purpose)?, all))
            })
            .collect(),
        urgent: json::extensions(extension, "urgent").filter_map(channel).take(Channel::ALL.len()).collect(),
        quiet: minutes("quietFrom").zip(minutes("quietTo")),
        task_reminders: json::extension(extension, "taskReminders")
            .and_then(|e| e.get("valueBoolean"))
            .and_then(Json::as_bool),
    }
}

/// Minutes after midnight of a FHIR time, `21:00:00` or `21:00`.
pub(super) fn minutes_of(text: &str) -> Option<u16> {
    let time: jiff::civil::Time = text.parse().ok()?;
    u16::try_from(time.hour()).ok()?.checked_mul(60)?.checked_add(u16::try_from(time.minute()).ok()?)
}

/// A source that says `deceasedBoolean: false` takes its own word back; one that says nothing does not.
fn death(record: &mut Record, body: &Json, fact: &Fact) {
    let flag = body.get("deceasedBoolean").and_then(Json::as_bool);
    if let Some(at) = json::time(body, &["deceasedDateTime"], &zone_of(record)) {
        record.deceased_at = Some(at);
    } else if flag == Some(true) || json::text(body, &["deceasedDateTime"]).is_some() {
        record.deceased_at = record.deceased_at.or(Some(fact.occurred_at));
    } else if flag == Some(false) {
        record.deceased_at = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_tags_lose_their_region_and_keep_their_script() {
        assert_eq!(plain_language("en-US"), "en");
        assert_eq!(plain_language("spa"), "es");
        assert_eq!(plain_language("zh-Hant-TW"), "zh-Hant");
    }

    #[test]
    fn quiet_hours_are_minutes() {
        assert_eq!(minutes_of("21:00:00"), Some(1260));
        assert_eq!(minutes_of("8:00 pm"), None);
    }
}
