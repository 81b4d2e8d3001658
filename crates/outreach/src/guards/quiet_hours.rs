//! Nobody's telephone rings in their quiet hours: the person's own, else those of
//! `rules/quiet-hours.yaml`. What is urgent passes, and so does the answer to what the person has just
//! written. Mail and the Today page do not ring and are not bound. With several candidate zones an
//! hour must be allowed in each.

use super::{Answer, Look};
use crate::codes::Code;
use crate::state::REPLY_FRESH_MS;
use jiff::ToSpan;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use model::At;
use model::time::MINUTE_MS;

/// Rounds over all zones until an hour suits each; more means that none does.
const ROUNDS_MAX: usize = 8;

pub(super) fn ask(look: &Look<'_>) -> Answer {
    let rules = &look.cx.rules.quiet;
    let answers = look.want.reply_on == Some(look.channel) && look.at < look.started_at.plus_ms(REPLY_FRESH_MS);
    if look.want.intent.urgent || look.confirms_stop() || answers || !rules.channels.contains(&look.channel) {
        return Answer::Go;
    }
    let quiet = look.cx.record.preferences.quiet.unwrap_or(rules.default);
    match allowed_from(look.at, quiet, &look.cx.zones_or_clinic()) {
        Some(at) if at == look.at => Answer::Go,
        Some(at) => Answer::NotBefore(at, Code::QuietHours),
        None => Answer::Reroute(Code::QuietHours),
    }
}

/// The first time from `at` on that is outside quiet hours in every zone.
fn allowed_from(at: At, quiet: (u16, u16), zones: &[TimeZone]) -> Option<At> {
    let mut now = at;
    for _ in 0..ROUNDS_MAX {
        let later = zones.iter().filter_map(|zone| end_of_quiet(now, quiet, zone)).max();
        match later {
            None => return Some(now),
            Some(end) => now = end,
        }
    }
    None
}

/// When the quiet hours that `at` falls into end in `zone`; `None` outside of them.
fn end_of_quiet(at: At, (from, to): (u16, u16), zone: &TimeZone) -> Option<At> {
    let local = at.time_in(zone);
    let minute = i64::from(local.hour()) * 60 + i64::from(local.minute());
    let (from, to) = (i64::from(from), i64::from(to));
    let quiet = if from <= to { (from..to).contains(&minute) } else { minute >= from || minute < to };
    if !quiet {
        return None;
    }
    let today = at.date_in(zone);
    let date = if minute < to { today } else { today.checked_add(1.day()).ok()? };
    let time = Time::new((to / 60) as i8 % 24, (to % 60) as i8, 0, 0).ok()?;
    let mut end = At::of_local(date, time, zone);
    // In the night that has an hour twice, the end may be the earlier one of two: then it is the later.
    while end <= at {
        end = end.plus_ms(30 * MINUTE_MS);
    }
    Some(end)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Case, answer, at};
    use model::Channel;

    fn asked(case: &Case) -> String {
        answer(case, super::ask)
    }

    #[test]
    fn what_rings_waits_for_the_morning() {
        let rows = [
            ("2026-11-23T20:59", Channel::Sms, "go"),
            ("2026-11-23T21:00", Channel::Sms, "until 2026-11-24T08:00 quiet_hours"),
            ("2026-11-24T07:59", Channel::Voice, "until 2026-11-24T08:00 quiet_hours"),
            ("2026-11-24T03:00", Channel::Voicemail, "until 2026-11-24T08:00 quiet_hours"),
            ("2026-11-24T08:00", Channel::Sms, "go"),
            ("2026-11-24T03:00", Channel::Email, "go"),
            ("2026-11-24T03:00", Channel::Portal, "go"),
        ];
        for (now, channel, expected) in rows {
            let mut case = Case::new();
            (case.now, case.channel) = (at(now), channel);
            assert_eq!(asked(&case), expected, "{now} {channel:?}");
        }
    }

    #[test]
    fn urgent_and_answers_pass_and_the_persons_own_hours_hold() {
        let mut case = Case::new();
        case.now = at("2026-11-24T03:00");
        case.want.intent.urgent = true;
        assert_eq!(asked(&case), "go");
        case.want.intent.urgent = false;
        case.want.reply_on = Some(Channel::Sms);
        case.started_at = case.now;
        assert_eq!(asked(&case), "go");
        case.started_at = case.now.plus_ms(-crate::state::REPLY_FRESH_MS);
        assert_eq!(asked(&case), "until 2026-11-24T08:00 quiet_hours", "an old reply is no answer");
        case.want.reply_on = None;
        case.record.preferences.quiet = Some((60, 180));
        assert_eq!(asked(&case), "go", "03:00 ends quiet hours of 01:00 to 03:00");
        case.now = at("2026-11-24T22:00");
        assert_eq!(asked(&case), "go");
        case.record.preferences.quiet = Some((0, 0));
        assert_eq!(asked(&case), "go", "none");
    }

    #[test]
    fn daylight_saving_moves_the_instant_and_not_the_clock() {
        let mut case = Case::new();
        case.now = at("2026-10-31T22:00");
        assert_eq!(asked(&case), "until 2026-11-01T08:00 quiet_hours");
        case.now = at("2026-03-07T22:00");
        assert_eq!(asked(&case), "until 2026-03-08T08:00 quiet_hours");
        case.record.preferences.quiet = Some((21 * 60, 150));
        assert_eq!(asked(&case), "until 2026-03-08T03:30 quiet_hours", "02:30 does not exist that night");
        // 01:45 for the second time: the quiet hours that end at 01:50 hold in the second hour too.
        case.record.preferences.quiet = Some((21 * 60, 110));
        case.now = at("2026-11-01T01:45").plus_ms(model::time::HOUR_MS);
        let crate::guards::Answer::NotBefore(end, _) = case.ask(super::ask) else { panic!("quiet") };
        assert!(end > case.now && end.0 - case.now.0 <= model::time::HOUR_MS, "{end}");
    }

    #[test]
    fn with_an_unknown_zone_an_hour_must_suit_each_candidate() {
        let mut case = Case::new();
        case.zones.push(model::time::zone("America/Los_Angeles").expect("bundled"));
        case.now = at("2026-11-24T08:30");
        assert_eq!(asked(&case), "until 2026-11-24T11:00 quiet_hours", "05:30 in Los Angeles");
        case.now = at("2026-11-24T20:30");
        assert_eq!(asked(&case), "go", "17:30 in Los Angeles");
        case.now = at("2026-11-24T21:30");
        assert_eq!(asked(&case), "until 2026-11-25T11:00 quiet_hours");
        case.zones.push(model::time::zone("Asia/Tokyo").expect("bundled"));
        assert_eq!(
            asked(&case),
            "until 2026-11-25T18:00 quiet_hours",
            "18:00 is 08:00 in Tokyo and 15:00 in Los Angeles"
        );
        case.zones.push(model::time::zone("Europe/London").expect("bundled"));
        assert_eq!(asked(&case), "reroute quiet_hours", "no hour suits all four");
    }
}
