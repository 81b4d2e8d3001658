//! How much is enough: messages a day and in seven days, of what rings and of mail. The last places of
//! a cap are kept for what matters more: education gives way first, then reminders, care last
//! (`rules/caps.yaml`). What is urgent passes and counts. Under the exemption of health care it is one a day and three a
//! week (`rules/exemption.yaml`).

use super::{Answer, Look, basis};
use crate::codes::Code;
use jiff::ToSpan;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use model::{At, Channel, Purpose};

/// Channels that are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// Automated texts, calls, voicemails and notifications.
    Rings,
    /// Mail.
    Email,
}

/// The group of a channel; the Today page has none.
pub(crate) fn group(channel: Channel) -> Option<Group> {
    match channel {
        Channel::Sms | Channel::Voice | Channel::Voicemail | Channel::Push => Some(Group::Rings),
        Channel::Email => Some(Group::Email),
        Channel::Portal | Channel::Chat => None,
    }
}

/// A cap.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Cap {
    /// Messages in a local day.
    pub day: usize,
    /// Messages in seven local days, today among them.
    pub week: usize,
    /// Places that a purpose may not take.
    pub reserve: Vec<(Purpose, usize)>,
}

impl Cap {
    /// Places of a day and of a week that `purpose` may take.
    pub(crate) fn places(&self, purpose: Purpose) -> (usize, usize) {
        let kept = self.reserve.iter().find(|(p, _)| *p == purpose).map_or(0, |(_, n)| *n);
        (self.day.saturating_sub(kept), self.week.saturating_sub(kept))
    }
}

pub(super) fn ask(look: &Look<'_>) -> Answer {
    let Some(group) = group(look.channel) else { return Answer::Go };
    if look.want.intent.urgent || look.confirms_stop() {
        return Answer::Go;
    }
    let cap = match group {
        Group::Rings => &look.cx.rules.caps_rings,
        Group::Email => &look.cx.rules.caps_email,
    };
    let mut places = cap.places(look.want.intent.purpose);
    if group == Group::Rings && basis::of(look).is_ok_and(|b| b.name == basis::EXEMPTION) {
        // Without consent the law's own number holds, whatever was sent on another ground.
        let exemption = &look.cx.rules.law.exemption;
        places = (places.0.min(exemption.day), places.1.min(exemption.week));
    }
    let next = look.cx.zones_or_clinic().iter().filter_map(|zone| full_until(look, group, places, zone)).max();
    next.map_or(Answer::Go, |at| Answer::NotBefore(at, Code::Cap))
}

/// The next local day when the places of this one are taken in `zone`.
fn full_until(look: &Look<'_>, group: Group, (day, week): (usize, usize), zone: &TimeZone) -> Option<At> {
    let today = look.at.date_in(zone);
    let first = today.checked_sub(6.days()).ok()?;
    let dates = look.state.sent.iter().filter(|s| self::group(s.channel) == Some(group)).map(|s| s.at.date_in(zone));
    let (mut in_day, mut in_week) = (0, 0);
    for date in dates {
        in_day += usize::from(date == today);
        in_week += usize::from(date >= first && date <= today);
    }
    if in_day < day && in_week < week {
        return None;
    }
    Some(At::of_local(today.checked_add(1.day()).ok()?, Time::midnight(), zone))
}

#[cfg(test)]
mod tests {
    use crate::state::Sent;
    use crate::testing::{Case, answer, at};
    use model::time::DAY_MS;
    use model::{Channel, Purpose};

    #[test]
    fn education_gives_way_first_then_reminders_and_care_last() {
        let rows = [
            (5, Purpose::Education, "go"),
            (6, Purpose::Education, "until 2026-11-24T00:00 cap"),
            (7, Purpose::Reminder, "go"),
            (8, Purpose::Reminder, "until 2026-11-24T00:00 cap"),
            (9, Purpose::Care, "go"),
            (10, Purpose::Care, "until 2026-11-24T00:00 cap"),
        ];
        for (sent, purpose, expected) in rows {
            let mut case = Case::new();
            case.now = at("2026-11-23T12:00");
            case.state.sent = vec![Sent { at: at("2026-11-23T09:00"), channel: Channel::Sms }; sent];
            case.want.intent.purpose = purpose;
            assert_eq!(answer(&case, super::ask), expected, "{sent} sent, {purpose:?}");
        }
    }

    #[test]
    fn urgent_passes_mail_is_counted_apart_and_yesterday_does_not_count() {
        let mut case = Case::new();
        case.now = at("2026-11-23T12:00");
        case.state.sent = vec![Sent { at: case.now, channel: Channel::Voice }; 10];
        assert_eq!(answer(&case, super::ask), "until 2026-11-24T00:00 cap", "calls and texts count together");
        case.channel = Channel::Email;
        assert_eq!(answer(&case, super::ask), "go");
        case.channel = Channel::Sms;
        case.want.intent.urgent = true;
        assert_eq!(answer(&case, super::ask), "go");
        case.want.intent.urgent = false;
        case.now = at("2026-11-24T00:00");
        assert_eq!(answer(&case, super::ask), "go");
    }

    #[test]
    fn under_the_exemption_it_is_one_a_day_and_three_a_week() {
        let mut case = Case::new();
        case.now = at("2026-11-23T12:00");
        case.sender(|s| (s.free_to_end_user, s.given_number) = (true, false));
        assert_eq!(answer(&case, super::ask), "go");
        case.state.sent = vec![Sent { at: at("2026-11-23T09:00"), channel: Channel::Voice }];
        assert_eq!(answer(&case, super::ask), "until 2026-11-24T00:00 cap");
        case.sender(|s| s.given_number = true);
        assert_eq!(answer(&case, super::ask), "go", "with consent the clinic's own number holds");
        case.sender(|s| s.given_number = false);
        case.state.sent = (1..=3).map(|d| Sent { at: case.now.plus_ms(-d * DAY_MS), channel: Channel::Sms }).collect();
        assert_eq!(answer(&case, super::ask), "until 2026-11-24T00:00 cap", "three in the week");
    }

    #[test]
    fn a_week_is_seven_local_days() {
        let mut case = Case::new();
        case.now = at("2026-11-23T12:00");
        for day in 1..=6 {
            case.state.sent.extend(vec![Sent { at: case.now.plus_ms(-day * DAY_MS), channel: Channel::Sms }; 10]);
        }
        assert_eq!(answer(&case, super::ask), "until 2026-11-24T00:00 cap");
        case.now = at("2026-11-24T12:00");
        assert_eq!(answer(&case, super::ask), "go", "the first day has left the week");
    }
}
