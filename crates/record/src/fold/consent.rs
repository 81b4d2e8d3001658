//! Consents: what Consent resources, STOP and START, staff and the portal say.
//!
//! A FHIR R4 Consent is read as a consent to be contacted when it has the category
//! `https://throughline.health/fhir/CodeSystem/consent-category|communication`, or where a provision names
//! a channel or a purpose of ours. Of any other Consent only what it says of marketing (v3 ActReason
//! `HMARKT`) is read: who allows or refuses a disclosure has said nothing about texts.
//!
//! | Consent | becomes |
//! |---|---|
//! | `status` active | what its provisions say |
//! | `status` rejected | all that its provisions name, refused |
//! | any other status | what it said before is forgotten |
//! | `provision.type` permit, deny | allowed, refused; a provision without a type says nothing itself |
//! | `provision.purpose` | the purpose: our `CodeSystem/purpose` by name, or v3 ActReason `TREAT` (care and reminder), `PATADMIN` (reminder), `HPAYMT` (billing), `HMARKT` (marketing) |
//! | `provision.code` | the channel: our `CodeSystem/channel` by name, or v3 ParticipationMode `PHONE` (voice, voicemail), `EMAILWRIT` (email), `ONLINEWRIT` (portal), `SMSWRIT` (sms) |
//! | a provision inside another | inherits the purposes and channels that it does not name itself |
//! | a purpose or code that is not known here | the provision is left out: it must not widen to all |
//! | `sourceAttachment`, `sourceReference`, or a `verification` that is `verified` | it was given in writing |
//! | `dateTime` | since when; without it, when it was first received |
//! | `provision.period.end` passed when received | the provision is left out |

use super::{CONSENTS_MAX, zone_of};
use crate::json;
use crate::known::{Fold, Record};
use crate::ways;
use model::person::Consent;
use model::{At, Channel, Fact, Purpose};
use serde_json::Value as Json;

/// Basis of what a person refused by STOP. A later [`START`] takes it back, and nothing else.
pub const STOP: &str = "STOP";
/// Bases of a refusal that START takes back: the word, and the key pressed in a call.
pub const STOPS: [&str; 2] = [STOP, "key 9"];
/// Basis of what START allowed again.
pub const START: &str = "START";

/// The channels that STOP ends: all that a machine sends to a phone (47 CFR 64.1200(a)(10): a revocation
/// by reply holds for calls and texts alike).
pub(super) const STOPPED: [Channel; 3] = [Channel::Sms, Channel::Voice, Channel::Voicemail];

/// Whether a `reply.classified` ends messages: a STOP, or a danger with a STOP beside it (`stop`).
pub fn is_stop(classified: &Fact) -> bool {
    classified.text("class") == Some("stop") || classified.flag("stop") == Some(true)
}

const CATEGORY: &str = "https://throughline.health/fhir/CodeSystem/consent-category";
const PURPOSE: &str = "https://throughline.health/fhir/CodeSystem/purpose";
const CHANNEL: &str = "https://throughline.health/fhir/CodeSystem/channel";
const ACT_REASON: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
const PARTICIPATION_MODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationMode";

/// Provisions nested deeper are left out.
const DEPTH_MAX: usize = 4;

/// One saying of a Consent: purpose, channel, allowed.
type Saying = (Option<Purpose>, Option<Channel>, bool);

/// Adds what was said. The same basis speaks again for the same purpose and channel: its latest word holds.
pub(super) fn say(record: &mut Record, new: Consent) {
    let same = |c: &Consent| (c.purpose, c.channel, &c.basis) == (new.purpose, new.channel, &new.basis);
    if record.consents.iter().any(|c| same(c) && c.since > new.since) {
        return;
    }
    record.consents.retain(|c| !same(c));
    record.consents.push(new);
    record.consents.sort_by_key(|c| c.since);
    let over = record.consents.len().saturating_sub(CONSENTS_MAX);
    record.consents.drain(..over);
}

/// STOP or START, said at `since`.
pub(super) fn stop(record: &mut Record, basis: &str, since: At) {
    for channel in STOPPED {
        let allowed = basis == START;
        say(record, Consent { purpose: None, channel: Some(channel), allowed, since, basis: basis.to_owned() });
    }
}

/// STOP of one purpose: what rings for it, and nothing else.
pub(super) fn stop_one(record: &mut Record, purpose: Purpose, since: At) {
    for channel in STOPPED {
        let said =
            Consent { purpose: Some(purpose), channel: Some(channel), allowed: false, since, basis: STOP.into() };
        say(record, said);
    }
}

/// Whether a Consent was given in writing: it has its document with it, or someone verified it with the person.
fn in_writing(body: &Json) -> bool {
    let source = body.get("sourceAttachment").is_some() || body.get("sourceReference").is_some();
    let verified = |v: &Json| v.get("verified").and_then(Json::as_bool) == Some(true);
    source || json::list(body, "verification").iter().any(verified)
}

pub(super) fn resource(fold: &mut Fold, fact: &Fact) {
    let body = &fact.body;
    let Some(basis) = json::own_id(body) else { return };
    let record = &mut fold.record;
    let before: Vec<Consent> = record.consents.iter().filter(|c| c.basis == basis).cloned().collect();
    record.consents.retain(|c| c.basis != basis);
    let dated = json::time(body, &["dateTime"], &zone_of(record));
    for (purpose, channel, allowed) in sayings(body, fact.occurred_at) {
        // Sent again without a date, it is as old as it was: it must not outlast a STOP said since.
        let same = |c: &&Consent| (c.purpose, c.channel, c.allowed) == (purpose, channel, allowed);
        let since = dated.or(before.iter().find(same).map(|c| c.since)).unwrap_or(fact.occurred_at);
        say(record, Consent { purpose, channel, allowed, since, basis: basis.clone() });
    }
    if record.consents.iter().any(|c| c.basis == basis && c.allowed) {
        ways::consented(&mut fold.ways, fact, &basis, in_writing(body));
    }
}

fn sayings(body: &Json, now: At) -> Vec<Saying> {
    let rejected = match json::text(body, &["status"]) {
        Some("active") => false,
        Some("rejected") => true,
        _ => return Vec::new(),
    };
    let category = |c: &Json| {
        c.as_object().is_some()
            && json::list(c, "coding").iter().any(|c| {
                json::text(c, &["system"]) == Some(CATEGORY) && json::text(c, &["code"]) == Some("communication")
            })
    };
    let ours = json::list(body, "category").iter().any(category);
    let mut out = Vec::new();
    if let Some(provision) = body.get("provision") {
        walk(provision, &Scope { ours, purposes: None, channels: None }, now, 0, &mut out);
    }
    if rejected {
        out.iter_mut().for_each(|(_, _, allowed)| *allowed = false);
    }
    out.truncate(CONSENTS_MAX);
    out
}

/// What a provision speaks of; `None` for all.
struct Scope {
    ours: bool,
    purposes: Option<Vec<Purpose>>,
    channels: Option<Vec<Channel>>,
}

fn walk(provision: &Json, outer: &Scope, now: At, depth: usize, out: &mut Vec<Saying>) {
    let ended = json::time(provision, &["period", "end"], &jiff::tz::TimeZone::UTC).is_some_and(|end| end <= now);
    if depth > DEPTH_MAX || ended || out.len() > CONSENTS_MAX {
        return;
    }
    let codes = json::list(provision, "code").iter().flat_map(|c| json::list(c, "coding"));
    let (channels, named_channel) = named(codes, channel_of);
    let reasons = json::list(provision, "purpose");
    let (purposes, named_purpose) = named(reasons.iter(), purpose_of);
    let in_system = |c: &Json| json::text(c, &["system"]) == Some(PURPOSE);
    let ours = outer.ours || !channels.is_empty() || reasons.iter().any(in_system);
    let scope = Scope {
        ours,
        purposes: if named_purpose { Some(purposes) } else { outer.purposes.clone() },
        channels: if named_channel { Some(channels) } else { outer.channels.clone() },
    };
    let allowed = match json::text(provision, &["type"]) {
        Some("permit") => Some(true),
        Some("deny") => Some(false),
        _ => None,
    };
    if let Some(allowed) = allowed {
        let all =
            |list: &Option<Vec<Purpose>>| list.as_ref().map_or(vec![None], |l| l.iter().map(|p| Some(*p)).collect());
        for purpose in all(&scope.purposes) {
            if !ours && purpose != Some(Purpose::Marketing) {
                continue;
            }
            match &scope.channels {
                None => out.push((purpose, None, allowed)),
                Some(channels) => out.extend(channels.iter().map(|c| (purpose, Some(*c), allowed))),
            }
        }
    }
    for inner in json::list(provision, "provision") {
        walk(inner, &scope, now, depth + 1, out);
    }
}

/// What is understood of the codings, and whether there were any.
fn named<'a, T>(codings: impl Iterator<Item = &'a Json>, read: impl Fn(&str, &str) -> Vec<T>) -> (Vec<T>, bool) {
    let (mut out, mut any) = (Vec::new(), false);
    for coding in codings {
        any = true;
        let system = json::text(coding, &["system"]).unwrap_or_default();
        out.extend(read(system, json::text(coding, &["code"]).unwrap_or_default()));
    }
    (out, any)
}

fn purpose_of(system: &str, code: &str) -> Vec<Purpose> {
    match (system, code) {
        (PURPOSE, name) => Purpose::named(name).into_iter().collect(),
        (ACT_REASON, "TREAT") => vec![Purpose::Care, Purpose::Reminder],
        (ACT_REASON, "PATADMIN") => vec![Purpose::Reminder],
        (ACT_REASON, "HPAYMT") => vec![Purpose::Billing],
        (ACT_REASON, "HMARKT") => vec![Purpose::Marketing],
        _ => Vec::new(),
    }
}

fn channel_of(system: &str, code: &str) -> Vec<Channel> {
    match (system, code) {
        (CHANNEL, name) => Channel::named(name).into_iter().collect(),
        (PARTICIPATION_MODE, "PHONE") => vec![Channel::Voice, Channel::Voicemail],
        (PARTICIPATION_MODE, "SMSWRIT") => vec![Channel::Sms],
        (PARTICIPATION_MODE, "EMAILWRIT") => vec![Channel::Email],
        (PARTICIPATION_MODE, "ONLINEWRIT") => vec![Channel::Portal],
        _ => Vec::new(),
    }
}
