//! What a field gives away to someone who should not have read it, and what a channel may carry.
//!
//! The table stands beside [`crate::value::FIELDS`]; a field that is not in it is [`Disclosure::Health`], so that
//! a new field is never carried further than somebody meant.

use crate::Channel;
use crate::value::Kind;
use serde::{Deserialize, Serialize};

/// What is given away, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Disclosure {
    /// Nothing about who it is or why: a first name, a number to call.
    None,
    /// Who it is, or that they have to do with the clinic: a full name, the day of a visit.
    Identity,
    /// Something about their health or their care: a medicine, whom they see, what they wrote.
    #[default]
    Health,
}

impl Disclosure {
    /// Every class.
    pub const ALL: [Self; 3] = [Self::None, Self::Identity, Self::Health];

    /// As written in pathways.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Identity => "identity",
            Self::Health => "health",
        }
    }

    /// The class of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|d| d.name() == name)
    }
}

use Disclosure::{Identity, None as Nothing};

/// The fields that give away less than health.
const LESS: &[(Kind, &str, Disclosure)] = &[
    (Kind::Person, "first_name", Nothing),
    (Kind::Person, "name", Identity),
    (Kind::Person, "pronouns", Identity),
    (Kind::Person, "language", Identity),
    (Kind::Person, "age", Identity),
    (Kind::Person, "needs_interpreter", Identity),
    (Kind::Person, "no_smartphone", Identity),
    (Kind::Person, "wants_task_reminders", Identity),
    (Kind::Person, "reachable_by_machine", Identity),
    // Whoever holds the link opens the page with a second factor only, but the link is bound to the person.
    (Kind::Person, "today_link", Identity),
    // That there is a visit, and when; not with whom or where: a name or a floor may tell what for.
    (Kind::Appointment, "id", Identity),
    (Kind::Appointment, "start", Identity),
    (Kind::Appointment, "cancelled", Identity),
    (Kind::Task, "id", Identity),
    (Kind::Task, "at", Identity),
    (Kind::Task, "done", Identity),
    (Kind::Day, "number", Identity),
    (Kind::Fact, "channel", Nothing),
    (Kind::Fact, "from", Identity),
    (Kind::Fact, "code", Identity),
    (Kind::Clinic, "name", Nothing),
    (Kind::Clinic, "phone", Nothing),
    (Kind::Clinic, "emergency_number", Nothing),
    (Kind::Clinic, "calls_by", Nothing),
];

/// What a field of `kind` gives away.
pub fn disclosure(kind: Kind, field: &str) -> Disclosure {
    LESS.iter().find(|(k, f, _)| *k == kind && *f == field).map_or(Disclosure::Health, |(_, _, class)| *class)
}

/// What a channel may carry of itself, without more having been agreed to. A call says its words only after
/// "press 1 if you are David"; a mail's body lies in the person's own mailbox; the portal asks for a second factor.
/// A text shows on a locked screen; a voicemail and a mail's subject are heard and seen by others. A notification shows
/// on the locked screen of any device where the page was once opened, a shared tablet among them: it carries nothing.
pub fn permission(channel: Channel) -> Disclosure {
    match channel {
        Channel::Voicemail | Channel::Push | Channel::Chat => Disclosure::None,
        Channel::Sms => Disclosure::Identity,
        Channel::Voice | Channel::Email | Channel::Portal => Disclosure::Health,
    }
}

/// What a mail's subject may carry: it shows on a locked screen and in lists.
pub const SUBJECT: Disclosure = Disclosure::None;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{FIELDS, field_type};

    #[test]
    fn the_table_names_fields_that_exist_each_once() {
        for (n, (kind, field, _)) in LESS.iter().enumerate() {
            assert!(field_type(*kind, field).is_some(), "{kind:?}.{field} is no field");
            assert!(!LESS[..n].iter().any(|(k, f, _)| k == kind && f == field), "{kind:?}.{field} stands here twice");
        }
    }

    #[test]
    fn what_is_not_in_the_table_is_health() {
        assert_eq!(disclosure(Kind::Person, "a_field_of_tomorrow"), Disclosure::Health);
        let health = [Kind::Encounter, Kind::Prescription];
        for (kind, field, _) in FIELDS.iter().filter(|(k, _, _)| health.contains(k)) {
            assert_eq!(disclosure(*kind, field), Disclosure::Health, "{kind:?}.{field}");
        }
        assert_eq!(disclosure(Kind::Fact, "text"), Disclosure::Health, "what a person wrote");
    }

    #[test]
    fn classes_are_ordered_and_read_by_name() {
        assert!(Disclosure::None < Disclosure::Identity && Disclosure::Identity < Disclosure::Health);
        for class in Disclosure::ALL {
            assert_eq!(Disclosure::named(class.name()), Some(class));
        }
    }
}
