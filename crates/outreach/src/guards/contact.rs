//! Only contact points that are the person's own and in use. A number that was said to be wrong is
//! never used again unless it is verified anew.

use super::{Answer, Look};
use crate::Outreach;
use crate::codes::Code;
use model::Channel;
use model::person::{ContactPoint, PointKind, PointStatus};
use record::Record;

pub(super) fn ask(look: &Look<'_>) -> Answer {
    let devices = &look.cx.record.devices;
    let usable = match look.to {
        Some(to) if look.channel == Channel::Push => model::push::has_all(devices, to),
        Some(to) => points(look.cx.record, look.state, look.channel).iter().any(|p| p.value == to),
        None => address(look.cx.record, look.state, look.channel).is_some(),
    };
    if usable || look.channel == Channel::Portal { Answer::Go } else { Answer::Reroute(Code::Contact) }
}

/// The usable points of a channel, in the record's order.
fn points<'a>(record: &'a Record, state: &Outreach, channel: Channel) -> Vec<&'a ContactPoint> {
    let kind = match channel {
        Channel::Sms | Channel::Voice | Channel::Voicemail => PointKind::Phone,
        Channel::Email => PointKind::Email,
        Channel::Portal | Channel::Push | Channel::Chat => return Vec::new(),
    };
    record
        .contacts
        .iter()
        .filter(|p| p.kind == kind && p.status == PointStatus::Active && p.owner.is_none() && !p.value.is_empty())
        .filter(|p| !state.disabled.contains(&p.value))
        .collect()
}

/// Where to reach the person on a channel: a mobile first for texts, then by rank, then a verified
/// one, then the record's order. Empty for the portal, which needs none; of a push the ids of all devices.
pub(crate) fn address(record: &Record, state: &Outreach, channel: Channel) -> Option<String> {
    if channel == Channel::Portal {
        return Some(String::new());
    }
    if channel == Channel::Push {
        return (!record.devices.is_empty()).then(|| model::push::to(&record.devices));
    }
    let rank = |p: &ContactPoint| if p.rank == 0 { u32::MAX } else { p.rank };
    let landline = |p: &ContactPoint| channel == Channel::Sms && matches!(p.r#use.as_str(), "home" | "work");
    let best =
        points(record, state, channel).into_iter().min_by_key(|p| (landline(p), rank(p), p.verified_at.is_none()))?;
    Some(best.value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Case, answer, phone};

    #[test]
    fn only_own_points_in_use() {
        type Row = (&'static str, fn(&mut Case), &'static str);
        let rows: [Row; 7] = [
            ("as it is", |_| {}, "go"),
            ("none", |c| c.record.contacts.clear(), "reroute contact"),
            ("another's", |c| c.record.contacts[0].owner = Some("Maria".into()), "reroute contact"),
            ("wrong", |c| c.record.contacts[0].status = PointStatus::Wrong, "reroute contact"),
            ("dead", |c| c.record.contacts[0].status = PointStatus::Dead, "reroute contact"),
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
