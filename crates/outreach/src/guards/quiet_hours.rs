//! Nobody's telephone rings in their quiet hours: the person's own, else those of
//! `rules/quiet-hours.yaml`; and in those of a state that is stricter, when the address or the number's area code says that
//! they may be there. What is urgent passes, and so does the answer to what the person has just
//! written. Mail and the Today page do not ring and are not bound. With several candidate zones an
//! hour must be allowed in each.

use super::{Answer, Look};
use crate::codes::Code;
use crate::rules::State;
use crate::state::REPLY_FRESH_MS;
use crate::{Context, Outreach, Want};
use jiff::ToSpan;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use model::time::MINUTE_MS;
use model::{At, Channel};

/// Rounds over all zones until an hour suits each; more means that none does.
const ROUNDS_MAX: usize = 16;
/// The country code and area code of a number in the United States: `+1407`.
const AREA_DIGITS: usize = 5;

pub(super) fn ask(look: &Look<'_>) -> Answer {
    let rules = &look.cx.rules.quiet;
    let answers = look.want.reply_on == Some(look.channel) && look.at < look.started_at.plus_ms(REPLY_FRESH_MS);
    if look.want.intent.urgent || look.confirms_stop() || answers || !rules.channels.contains(&look.channel) {
        return Answer::Go;
    }
    match allowed_from(look.at, &windows(look), &look.cx.zones_or_clinic()) {
        Some(at) if at == look.at => Answer::Go,
        Some(at) => Answer::NotBefore(at, Code::QuietHours),
        None => Answer::Reroute(Code::QuietHours),
    }
}

/// Hours in which nothing rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Window {
    /// From and to, minutes after midnight; may pass midnight.
    quiet: (u16, u16),
    /// On a Sunday, until then.
    sunday_to: Option<u16>,
}

/// The person's own hours or the usual ones, and those of each state they may be in.
fn windows(look: &Look<'_>) -> Vec<Window> {
    let (record, rules) = (look.cx.record, &look.cx.rules.quiet);
    let number = match (look.to, look.proxy) {
        (Some(to), _) => Some(to.to_owned()),
        (None, true) => super::grant::address(look),
        (None, false) => super::contact::address(record, look.state, look.channel),
    };
    let area = number.as_deref().and_then(area_code);
    // A related person's telephone is where they are, not where the person lives.
    let home = record.ways.state.as_deref().filter(|_| !look.proxy);
    let there = |s: &&State| home == Some(s.name.as_str()) || area.is_some_and(|a| s.area_codes.contains(&a));
    let usual = Window { quiet: record.preferences.quiet.unwrap_or(rules.default), sunday_to: None };
    let stricter = rules.stricter.iter().filter(there);
    [usual].into_iter().chain(stricter.map(|s| Window { quiet: s.quiet, sunday_to: s.sunday_to })).collect()
}

/// The area code of a number in the United States or its neighbours.
fn area_code(number: &str) -> Option<u16> {
    number.strip_prefix("+1").filter(|rest| rest.len() == 10)?;
    number.get(2..AREA_DIGITS)?.parse().ok()
}

/// The quiet hours that hold for the rung that is tried, for its trace: the longest of them.
pub(crate) fn shown(want: &Want, channel: Channel, proxy: bool, state: &Outreach, cx: &Context<'_>) -> (u16, u16) {
    let look = Look { cx, want, channel, at: cx.now, to: None, started_at: cx.now, state, proxy };
    let all = windows(&look);
    let length = |(from, to): (u16, u16)| if from <= to { to - from } else { to + 24 * 60 - from };
    let usual = all.first().map_or(cx.rules.quiet.default, |w| w.quiet);
    all.iter().map(|w| w.quiet).max_by_key(|w| length(*w)).unwrap_or(usual)
}

/// The first time from `at` on that is outside quiet hours in every zone.
fn allowed_from(at: At, windows: &[Window], zones: &[TimeZone]) -> Option<At> {
    let mut now = at;
    for _ in 0..ROUNDS_MAX {
        let ends = zones.iter().flat_map(|zone| windows.iter().filter_map(move |w| end_of_quiet(now, *w, zone)));
        let later = ends.max();
        match later {
            None => return Some(now),
            Some(end) => now = end,
        }
    }
    None
}

/// When the quiet hours that `at` falls into end in `zone`; `None` outside of them.
fn end_of_quiet(at: At, window: Window, zone: &TimeZone) -> Option<At> {
    let local = at.time_in(zone);
    let minute = i64::from(local.hour()) * 60 + i64::from(local.minute());
    let today = at.date_in(zone);
    let sunday = window.sunday_to.filter(|to| today.weekday() == Weekday::Sunday && minute < i64::from(*to));
    // A Sunday that is quiet until noon is quiet from midnight on.
    let (from, to) = sunday.map_or(window.quiet, |to| (0, to));
    let (from, to) = (i64::from(from), i64::from(to));
    let quiet = if from <= to { (from..to).contains(&minute) } else { minute >= from || minute < to };
    if !quiet {
        return None;
    }
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
    fn stricter_states_hold_by_address_and_by_area_code() {
        type Row = (&'static str, fn(&mut Case), &'static str, &'static str);
        let florida: fn(&mut Case) = |c| c.record.ways.state = Some("US-FL".into());
        let miami: fn(&mut Case) = |c| c.record.contacts[0].value = "+13055550100".into();
        let texas: fn(&mut Case) = |c| c.record.ways.state = Some("US-TX".into());
        let rows: [Row; 11] = [
            ("nowhere known", |_| {}, "2026-11-23T20:30", "go"),
            ("Florida by address", florida, "2026-11-23T19:59", "go"),
            ("Florida by address", florida, "2026-11-23T20:00", "until 2026-11-24T08:00 quiet_hours"),
            ("Florida by area code", miami, "2026-11-23T20:30", "until 2026-11-24T08:00 quiet_hours"),
            (
                "Florida by address, Oklahoma by area code",
                |c| {
                    c.record.ways.state = Some("US-FL".into());
                    c.record.contacts[0].value = "+14055550100".into();
                },
                "2026-11-23T20:30",
                "until 2026-11-24T09:00 quiet_hours",
            ),
            (
                "their own hours are added to",
                |c| {
                    c.record.ways.state = Some("US-FL".into());
                    c.record.preferences.quiet = Some((0, 600));
                },
                "2026-11-23T20:30",
                "until 2026-11-24T10:00 quiet_hours",
            ),
            ("New York", |c| c.record.ways.state = Some("US-NY".into()), "2026-11-23T20:30", "go"),
            ("Texas on a Sunday", texas, "2026-11-22T11:59", "until 2026-11-22T12:00 quiet_hours"),
            ("Texas on a Sunday", texas, "2026-11-22T12:00", "go"),
            ("Texas before a Sunday", texas, "2026-11-21T22:00", "until 2026-11-22T12:00 quiet_hours"),
            ("Texas on a Monday", texas, "2026-11-23T08:30", "until 2026-11-23T09:00 quiet_hours"),
        ];
        for (name, change, now, expected) in rows {
            let mut case = Case::new();
            change(&mut case);
            case.now = at(now);
            assert_eq!(asked(&case), expected, "{name} at {now}");
            case.want.intent.urgent = true;
            assert_eq!(asked(&case), "go", "{name}: what is urgent passes");
        }
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
