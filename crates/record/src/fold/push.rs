//! Devices that show notifications. They are kept beside the record, in [`Fold::said`], for what is stored of a record
//! has its shape for ever: `push {endpoint} {p256dh} {auth}` when it was subscribed, `push_gone {id}` when it was last
//! said to be gone.

use crate::known::Fold;
use model::push::{DEVICES_MAX, Device, id_of};
use model::{At, Fact};

const SUBSCRIBED: &str = "push ";
const GONE: &str = "push_gone ";

/// A device was subscribed, or is gone: by its endpoint, or by its id.
pub(super) fn fold(fold: &mut Fold, fact: &Fact) {
    let text = |key| fact.text(key).unwrap_or_default();
    let at = fact.occurred_at;
    if fact.kind == "push.gone" {
        let id = fact.text("id").map_or_else(|| id_of(text("endpoint")), str::to_owned);
        let is = |key: &str| device(key).is_some_and(|d| d.id() == id);
        fold.said.retain(|key, since| !is(key) || *since > at);
        let last = fold.said.entry(format!("{GONE}{id}")).or_insert(at);
        *last = at.max(*last);
        return bound(fold, GONE, DEVICES_MAX);
    }
    let Some(new) = Device::read(text("endpoint"), text("p256dh"), text("auth")) else { return };
    if fold.said.get(&format!("{GONE}{}", new.id())).is_some_and(|gone| *gone > at) {
        return;
    }
    // The same browser with new keys: the old ones read nothing any more.
    let same = |key: &str| device(key).is_some_and(|d| d.endpoint == new.endpoint);
    fold.said.retain(|key, _| !same(key));
    fold.said.insert(format!("{SUBSCRIBED}{} {} {}", new.endpoint, new.p256dh, new.auth), at);
    bound(fold, SUBSCRIBED, DEVICES_MAX);
}

/// In [`Fold::said`]: what was sent to the care team about the person, `notice {message}`. What becomes of it is no word
/// with the person.
const NOTICE: &str = "notice ";
/// Notices that are remembered: what is said of one comes within hours.
const NOTICES_MAX: usize = 48;

/// A notice to the care team was made.
pub(super) fn notice(fold: &mut Fold, fact: &Fact) {
    let Some(message) = fact.text("message") else { return };
    fold.said.insert(format!("{NOTICE}{message}"), fact.occurred_at);
    bound(fold, NOTICE, NOTICES_MAX);
}

/// A member of staff asked for a call: what rings is their own telephone.
pub(super) fn staff_call(fold: &mut Fold, fact: &Fact) {
    let message = model::message::of_staff_call(fact.id);
    fold.said.insert(format!("{NOTICE}{message}"), fact.occurred_at);
    bound(fold, NOTICE, NOTICES_MAX);
}

/// Whether a message was one to the care team.
pub fn is_notice(fold: &Fold, message: &str) -> bool {
    fold.said.contains_key(&format!("{NOTICE}{message}"))
}

/// Keeps the newest.
pub(super) fn bound(fold: &mut Fold, what: &str, max: usize) {
    let of = |fold: &Fold| {
        let mut all: Vec<(At, String)> =
            fold.said.iter().filter(|(key, _)| key.starts_with(what)).map(|(key, at)| (*at, key.clone())).collect();
        all.sort();
        all
    };
    let all = of(fold);
    for (_, key) in all.iter().take(all.len().saturating_sub(max)) {
        fold.said.remove(key);
    }
}

fn device(key: &str) -> Option<Device> {
    let mut parts = key.strip_prefix(SUBSCRIBED)?.split(' ');
    Device::read(parts.next()?, parts.next()?, parts.next()?)
}

/// The devices of all folds, the newest first; what one fold knows to be gone is gone for all.
pub(crate) fn devices(folds: &[&Fold]) -> Vec<Device> {
    let mut all: Vec<(At, Device)> =
        folds.iter().flat_map(|f| f.said.iter()).filter_map(|(key, at)| Some((*at, device(key)?))).collect();
    let gone = |id: &str| folds.iter().filter_map(|f| f.said.get(&format!("{GONE}{id}"))).max().copied();
    all.retain(|(at, device)| gone(&device.id()).is_none_or(|gone| gone < *at));
    all.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.endpoint.cmp(&b.1.endpoint)));
    let mut out: Vec<Device> = Vec::new();
    for (_, device) in all {
        if out.len() < DEVICES_MAX && !out.iter().any(|d| d.endpoint == device.endpoint) {
            out.push(device);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use crate::{Fold, fold, merge};
    use model::push::DEVICES_MAX;
    use model::{At, Fact, PersonId};
    use serde_json::json;

    fn say(to: &mut Fold, kind: &str, name: &str, auth: char, at: i64) {
        let body = json!({"endpoint": format!("https://push.example/{name}"), "p256dh": "B".repeat(87),
            "auth": auth.to_string().repeat(22), "device": "Android"});
        fold(to, &Fact::own(kind, &format!("{name}{at}{auth}"), PersonId::of(&[b"p"]), At(at), body));
    }

    fn names(folds: &[&Fold]) -> Vec<String> {
        let devices = merge(folds.iter().copied()).devices;
        devices
            .iter()
            .map(|d| format!("{}{}", d.endpoint.rsplit('/').next().unwrap_or_default(), &d.auth[..1]))
            .collect()
    }

    #[test]
    fn the_newest_devices_are_kept_and_one_that_is_gone_is_gone() {
        let mut own = Fold::default();
        say(&mut own, "push.subscribed", "phone", 'a', 1);
        say(&mut own, "push.subscribed", "tablet", 'a', 2);
        say(&mut own, "push.subscribed", "phone", 'b', 3);
        assert_eq!(names(&[&own]), ["phoneb", "tableta"], "one browser is one device");
        say(&mut own, "push.gone", "phone", 'b', 4);
        assert_eq!(names(&[&own]), ["tableta"]);
        say(&mut own, "push.subscribed", "phone", 'c', 3);
        assert_eq!(names(&[&own]), ["tableta"], "an older word does not bring it back");
        say(&mut own, "push.subscribed", "phone", 'd', 5);
        assert_eq!(names(&[&own]), ["phoned", "tableta"], "a newer one does");
        for n in 0..20 {
            say(&mut own, "push.subscribed", &format!("more{n}"), 'a', 10 + n);
            say(&mut own, "push.gone", &format!("other{n}"), 'a', 10 + n);
        }
        assert_eq!(names(&[&own]).len(), DEVICES_MAX);
        assert!(own.said.len() <= 2 * DEVICES_MAX, "bounded: {}", own.said.len());
    }

    #[test]
    fn one_source_knows_of_the_end_for_all() {
        let (mut one, mut other) = (Fold::default(), Fold::default());
        say(&mut one, "push.subscribed", "phone", 'a', 1);
        say(&mut other, "push.subscribed", "tablet", 'a', 2);
        say(&mut other, "push.gone", "phone", 'a', 3);
        assert_eq!(names(&[&one, &other]), ["tableta"]);
        assert_eq!(names(&[&other, &one]), ["tableta"]);
    }
}
