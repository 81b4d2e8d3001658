//! A request for confidential communication (45 CFR 164.522(b)) beats every preference, ladder, grant and choice: what
//! it does not permit is no way, for what is urgent too. The care team is asked where no way is left.

use super::{Answer, Look, contact, grant};
use crate::codes::Code;
use model::Channel;

pub(super) fn ask(look: &Look<'_>) -> Answer {
    let (record, channel) = (look.cx.record, look.channel);
    if record.ways.restrictions.is_empty() {
        return Answer::Go;
    }
    let permitted = match (look.to, look.proxy) {
        (Some(to), true) => record.ways.permits_other(channel, to),
        (Some(to), false) => record.ways.permits(channel, to),
        (None, true) => grant::places(look).any(|to| record.ways.permits_other(channel, to)),
        (None, false) if matches!(channel, Channel::Portal | Channel::Push) => record.ways.permits(channel, ""),
        (None, false) => {
            let own = contact::own(record, look.state, channel);
            // Where there is no number at all, that is what is said.
            own.is_empty() || own.iter().any(|p| record.ways.permits(channel, &p.value))
        }
    };
    if permitted { Answer::Go } else { Answer::Reroute(Code::Confidential) }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Case, answer, phone};
    use model::Channel;
    use record::ways::Restriction;

    fn only(entries: &[&str]) -> Vec<Restriction> {
        let only = entries.iter().map(|e| (*e).to_owned()).collect();
        vec![Restriction { only, ..Restriction::default() }]
    }

    #[test]
    fn what_it_does_not_permit_is_no_way_and_urgency_changes_nothing() {
        for (entries, channel, expected) in [
            (&["email"][..], Channel::Sms, "reroute confidential"),
            (&["email"], Channel::Portal, "reroute confidential"),
            (&["sms"], Channel::Sms, "go"),
            (&["+15550100"], Channel::Sms, "go"),
            (&["+15550100"], Channel::Voice, "go"),
            (&["+15550100"], Channel::Portal, "reroute confidential"),
            (&["+15550199"], Channel::Sms, "reroute confidential"),
        ] {
            let mut case = Case::new();
            case.record.ways.restrictions = only(entries);
            case.channel = channel;
            for urgent in [false, true] {
                case.want.intent.urgent = urgent;
                assert_eq!(answer(&case, super::ask), expected, "{entries:?} {channel:?} urgent {urgent}");
            }
        }
    }

    #[test]
    fn of_several_numbers_the_permitted_one_is_used() {
        let mut case = Case::new();
        case.record.contacts.push(phone("+15550199", "mobile", 2));
        case.record.ways.restrictions = only(&["+15550199"]);
        assert_eq!(answer(&case, super::ask), "go");
        let to = crate::guards::contact::address(&case.record, &case.state, Channel::Sms);
        assert_eq!(to.as_deref(), Some("+15550199"));
    }
}
