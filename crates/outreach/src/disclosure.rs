//! Whether words may tell on a channel what they tell: nothing beyond the channel's own permission, unless this
//! person agreed to it.
//!
//! A pathway that says more on a channel than the channel carries by itself (`discloses: { sms: health }`) says that
//! its programme asks for this agreement; whether a person gave it stands in their record: a consent that names the
//! channel and allows it. A consent for every channel is none to this one. Who asked to be reminded of tasks agreed to
//! texts about tasks.

use crate::{Context, Want};
use model::Channel;
use model::disclosure::permission;
use model::value::Kind;

/// Whether what the words of this want tell may be told this way.
pub(crate) fn agreed(want: &Want, channel: Channel, language: &str, cx: &Context<'_>) -> bool {
    if cx.world.discloses(want, channel, language) <= permission(channel) {
        return true;
    }
    let of_a_task = want.intent.bindings.iter().any(|(_, kind, _)| *kind == Kind::Task);
    if of_a_task && cx.record.preferences.task_reminders == Some(true) {
        return true;
    }
    // The latest word about this very channel; a refusal of all channels is the guard of consent's.
    let said = cx.record.consents.iter().filter(|c| c.channel == Some(channel));
    let said = said.filter(|c| c.purpose.is_none_or(|purpose| purpose == want.intent.purpose));
    said.max_by_key(|c| (c.since, c.purpose.is_some(), !c.allowed)).is_some_and(|c| c.allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Case, refusal};
    use model::person::Consent;
    use model::{At, Purpose};

    fn agrees(case: &Case, channel: Channel) -> bool {
        case.with(|cx| agreed(&case.want, channel, "en", cx))
    }

    #[test]
    fn more_than_a_channel_carries_needs_this_persons_word() {
        let mut case = Case::new();
        assert!(agrees(&case, Channel::Sms), "words that tell nothing need none");
        case.want.intent.words = "health_by_text".into();
        assert!(!agrees(&case, Channel::Sms), "silence is no agreement");
        assert!(agrees(&case, Channel::Portal) && agrees(&case, Channel::Voice), "these carry it by themselves");
        assert!(!agrees(&case, Channel::Voicemail));
        let yes = |purpose, channel, since| Consent { allowed: true, since: At(since), ..refusal(purpose, channel) };
        case.record.consents = vec![yes(None, None, 1)];
        assert!(!agrees(&case, Channel::Sms), "to be written to is not to be written to of health");
        case.record.consents = vec![yes(Some(Purpose::Billing), Some(Channel::Sms), 1)];
        assert!(!agrees(&case, Channel::Sms), "another purpose");
        case.record.consents = vec![yes(Some(Purpose::Care), Some(Channel::Sms), 1)];
        assert!(agrees(&case, Channel::Sms) && !agrees(&case, Channel::Voicemail));
        case.record.consents.push(Consent { since: At(2), ..refusal(None, Some(Channel::Sms)) });
        assert!(!agrees(&case, Channel::Sms), "the later word holds");
    }

    #[test]
    fn who_asked_to_be_reminded_of_tasks_agreed_to_texts_of_tasks() {
        let mut case = Case::new();
        case.want.intent.words = "health_task".into();
        case.record.preferences.task_reminders = Some(true);
        assert!(!agrees(&case, Channel::Sms), "this is about no task");
        case.want.intent.bindings = vec![("task".into(), Kind::Task, "t@2026-11-24".into())];
        assert!(agrees(&case, Channel::Sms));
        case.record.preferences.task_reminders = Some(false);
        assert!(!agrees(&case, Channel::Sms));
    }
}
