//! A person may pause what comes by itself, for a time. Reminders and education wait until then, or are not sent.
//! What matters goes to a person of the team instead, who can judge whether to call. What is urgent passes, and so
//! does the answer to what the person has just asked or written: a pause never silences those.

use super::{Answer, Look};
use crate::codes::Code;
use crate::state::{REPLY_FRESH_MS, clinical};

pub(super) fn ask(look: &Look<'_>) -> Answer {
    let answers = look.want.reply_on.is_some() && look.at < look.started_at.plus_ms(REPLY_FRESH_MS);
    if look.want.intent.urgent || answers || look.confirms_stop() {
        return Answer::Go;
    }
    match look.cx.record.paused_until {
        Some(until) if look.at < until && clinical(look.want) => Answer::Reroute(Code::Paused),
        Some(until) if look.at < until => Answer::NotBefore(until, Code::Paused),
        _ => Answer::Go,
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Case, answer, at};
    use model::{Channel, Purpose};

    #[test]
    fn reminders_wait_care_goes_to_a_person_and_answers_pass() {
        let rows = [
            (Purpose::Care, Channel::Sms, "reroute paused"),
            (Purpose::Care, Channel::Portal, "reroute paused"),
            (Purpose::Reminder, Channel::Sms, "until 2026-11-25T08:00 paused"),
            (Purpose::Education, Channel::Email, "until 2026-11-25T08:00 paused"),
        ];
        for (purpose, channel, expected) in rows {
            let mut case = Case::new();
            case.record.paused_until = Some(at("2026-11-25T08:00"));
            (case.want.intent.purpose, case.channel) = (purpose, channel);
            assert_eq!(answer(&case, super::ask), expected, "{purpose:?} {channel:?}");
            case.now = at("2026-11-25T08:00");
            assert_eq!(answer(&case, super::ask), "go", "the pause is over");
            case.now = at("2026-11-23T12:00");
            case.want.intent.urgent = true;
            assert_eq!(answer(&case, super::ask), "go", "what is urgent passes");
            case.want.intent.urgent = false;
            (case.want.reply_on, case.started_at) = (Some(Channel::Sms), case.now);
            assert_eq!(answer(&case, super::ask), "go", "an answer passes");
        }
    }
}
