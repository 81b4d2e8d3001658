//! What the person refused is not done. A STOP ends automated texts, calls and voicemails at once
//! (47 CFR 64.1200(a)(10)); the one message that confirms it may pass (64.1200(a)(12)), once.

use super::{Answer, Look, rings};
use crate::codes::Code;
use model::Channel;

pub(super) fn ask(look: &Look<'_>) -> Answer {
    let stop = look.state.stop.filter(|_| rings(look.channel));
    if look.confirms_stop() {
        // A message that is queued already is the confirmation itself.
        let confirmed = stop.is_some_and(|s| s.confirmed) && look.to.is_none();
        return if confirmed { Answer::Refuse(Code::StopConfirmed) } else { Answer::Go };
    }
    if stop.is_some() {
        return Answer::Reroute(Code::Stop);
    }
    let refused = |channel| record::allowed(look.cx.record, look.want.intent.purpose, channel) == Some(false);
    // Who refuses calls refuses what calls leave behind.
    if refused(look.channel) || look.channel == Channel::Voicemail && refused(Channel::Voice) {
        return Answer::Reroute(Code::Consent);
    }
    Answer::Go
}

#[cfg(test)]
mod tests {
    use crate::state::Stop;
    use crate::testing::{Case, answer, refusal};
    use model::{At, Channel, Purpose};

    #[test]
    fn refusals_hold_by_purpose_and_channel() {
        let rows = [
            (None, None, Channel::Email, "reroute consent"),
            (None, Some(Channel::Sms), Channel::Sms, "reroute consent"),
            (None, Some(Channel::Sms), Channel::Email, "go"),
            (None, Some(Channel::Voice), Channel::Voicemail, "reroute consent"),
            (Some(Purpose::Reminder), None, Channel::Sms, "go"),
            (Some(Purpose::Care), Some(Channel::Sms), Channel::Sms, "reroute consent"),
        ];
        for (purpose, refused, channel, expected) in rows {
            let mut case = Case::new();
            case.record.consents = vec![refusal(purpose, refused)];
            case.channel = channel;
            assert_eq!(answer(&case, super::ask), expected, "{purpose:?} {refused:?} {channel:?}");
        }
        let mut case = Case::new();
        case.record.consents = vec![refusal(None, Some(Channel::Sms))];
        case.record.consents.push(model::person::Consent {
            allowed: true,
            since: At(1),
            ..refusal(None, Some(Channel::Sms))
        });
        assert_eq!(answer(&case, super::ask), "go", "the later word holds");
    }

    #[test]
    fn a_stop_ends_what_rings_and_is_confirmed_once() {
        for (channel, expected) in [
            (Channel::Sms, "reroute stop"),
            (Channel::Voice, "reroute stop"),
            (Channel::Voicemail, "reroute stop"),
            (Channel::Email, "go"),
            (Channel::Portal, "go"),
        ] {
            let mut case = Case::new();
            case.state.stop = Some(Stop { at: At(0), confirmed: false });
            case.channel = channel;
            assert_eq!(answer(&case, super::ask), expected, "{channel:?}");
        }
        let mut case = Case::new();
        case.want.confirms_stop = true;
        case.state.stop = Some(Stop { at: At(0), confirmed: false });
        assert_eq!(answer(&case, super::ask), "go");
        case.state.stop = Some(Stop { at: At(0), confirmed: true });
        assert_eq!(answer(&case, super::ask), "refuse stop_confirmed");
    }
}
