//! Only contact points that are the person's own and in use. A number that was said to be wrong is
//! never used again unless it is verified anew; one that takes no texts is called.

use super::{Answer, Look};
use crate::Outreach;
use crate::codes::Code;
use model::Channel;
use model::person::{ContactPoint, PointKind};
use record::Record;

pub(super) fn ask(look: &Look<'_>) -> Answer {
    if look.channel == Channel::Portal || look.proxy {
        return Answer::Go;
    }
    let usable = match look.to {
        Some(to) if look.channel == Channel::Push => model::push::has_all(&look.cx.record.devices, to),
        None if look.channel == Channel::Push => !look.cx.record.devices.is_empty(),
        Some(to) => own(look.cx.record, look.state, look.channel).iter().any(|p| p.value == to),
        None => !own(look.cx.record, look.state, look.channel).is_empty(),
    };
    // The number itself may be theirs and in use, only not for texts.
    let rings = |p: &&ContactPoint| look.to.is_none_or(|to| p.value == to) && !p.status.takes(Channel::Sms);
    match usable {
        true => Answer::Go,
        false if look.channel == Channel::Sms && own(look.cx.record, look.state, Channel::Voice).iter().any(rings) => {
            Answer::Reroute(Code::Landline)
        }
        false => Answer::Reroute(Code::Contact),
    }
}

/// The person's own points of a channel that are in use, in the record's order.
pub(crate) fn own<'a>(record: &'a Record, state: &Outreach, channel: Channel) -> Vec<&'a ContactPoint> {
    let kind = match channel {
        Channel::Sms | Channel::Voice | Channel::Voicemail => PointKind::Phone,
        Channel::Email => PointKind::Email,
        Channel::Portal | Channel::Push | Channel::Chat => return Vec::new(),
    };
    record
        .contacts
        .iter()
        .filter(|p| p.kind == kind && p.status.takes(channel) && p.owner.is_none() && !p.value.is_empty())
        .filter(|p| !state.disabled.contains(&p.value))
        .collect()
}

/// Where to reach the person on a channel: a mobile first for texts, then by rank, then a verified
/// one, then the record's order. Empty for the portal, which needs none; of a push the ids of all devices. Nowhere that a
/// request for confidential communication does not permit.
pub(crate) fn address(record: &Record, state: &Outreach, channel: Channel) -> Option<String> {
    if channel == Channel::Portal {
        return record.ways.permits(channel, "").then(String::new);
    }
    if channel == Channel::Push {
        return (!record.devices.is_empty() && record.ways.permits(channel, ""))
            .then(|| model::push::to(&record.devices));
    }
    let rank = |p: &ContactPoint| if p.rank == 0 { u32::MAX } else { p.rank };
    let landline = |p: &ContactPoint| channel == Channel::Sms && matches!(p.r#use.as_str(), "home" | "work");
    let permitted = |p: &&ContactPoint| record.ways.permits(channel, &p.value);
    let usable = own(record, state, channel).into_iter().filter(permitted);
    let best = usable.min_by_key(|p| (landline(p), rank(p), p.verified_at.is_none()))?;
    Some(best.value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Case, answer, phone};
    use model::person::PointStatus;

    #[test]
    fn only_own_points_in_use() {
        type Row = (&'static str, fn(&mut Case), &'static str);
        let rows: [Row; 12] = [
            ("as it is", |_| {}, "go"),
            ("none", |c| c.record.contacts.clear(), "reroute contact"),
            ("another's", |c| c.record.contacts[0].owner = Some("Maria".into()), "reroute contact"),
            ("wrong", |c| c.record.contacts[0].status = PointStatus::Wrong, "reroute contact"),
            ("dead", |c| c.record.contacts[0].status = PointStatus::Dead, "reroute contact"),
            ("mail comes back", |c| c.record.contacts[0].status = PointStatus::Bounced, "reroute contact"),
            ("a landline", |c| c.record.contacts[0].status = PointStatus::Landline, "reroute landline"),
            ("no texts", |c| c.record.contacts[0].status = PointStatus::NoTexts, "reroute landline"),
            (
                "a landline is called",
                |c| (c.record.contacts[0].status, c.channel) = (PointStatus::Landline, Channel::Voice),
                "go",
            ),
            (
                "a landline and a mobile",
                |c| {
                    c.record.contacts[0].status = PointStatus::Landline;
                    c.record.contacts.push(phone("+15550133", "mobile", 2));
                },
                "go",
            ),
            ("said to be wrong just now", |c| c.state.disabled = vec!["+15550100".into()], "reroute contact"),
            (
                "a page needs none",
                |c| {
                    c.record.contacts.clear();
                    c.channel = Channel::Portal
                },
                "go",
            ),
        ];
        for (name, change, expected) in rows {
            let mut case = Case::new();
            change(&mut case);
            assert_eq!(answer(&case, super::ask), expected, "{name}");
        }
    }

    #[test]
    fn a_text_goes_to_the_mobile_and_a_call_to_the_first_rank() {
        let mut case = Case::new();
        case.record.contacts =
            vec![phone("+15550111", "home", 1), phone("+15550122", "mobile", 2), phone("+15550133", "", 0)];
        let to = |channel| address(&case.record, &case.state, channel);
        assert_eq!(to(Channel::Sms).as_deref(), Some("+15550122"));
        assert_eq!(to(Channel::Voice).as_deref(), Some("+15550111"));
        assert_eq!(to(Channel::Email), None);
    }
}
