//! What the person refused is not done. A STOP ends automated texts, calls and voicemails at once
//! (47 CFR 64.1200(a)(10)); the one message that confirms it may pass (64.1200(a)(12)), once, and within five
//! minutes (`rules/revocation.yaml`). A related person is not rung at the person's own telephone: what is refused for
//! every way holds for them too, a STOP by text does not.

use super::{Answer, Look, rings};
use crate::codes::Code;
use model::Channel;
use model::time::MINUTE_MS;

pub(super) fn ask(look: &Look<'_>) -> Answer {
    let stop = look.state.stop.filter(|_| rings(look.channel));
    if look.confirms_stop() && rings(look.channel) {
        // A message that is queued already is the confirmation itself.
        let confirmed = stop.is_some_and(|s| s.confirmed) && look.to.is_none();
        let minutes = look.cx.rules.law.revocation.confirmation_minutes as i64;
        let late = stop.is_some_and(|s| look.at > s.at.plus_ms(minutes * MINUTE_MS));
        return match (confirmed, late) {
            (true, _) => Answer::Refuse(Code::StopConfirmed),
            (false, true) => Answer::Refuse(Code::ConfirmationLate),
            (false, false) => Answer::Go,
        };
    }
    if look.proxy {
        let no = |channel| record::allowed(look.cx.record, look.want.intent.purpose, channel) == Some(false);
        return if Channel::ALL.into_iter().all(no) { Answer::Reroute(Code::Consent) } else { Answer::Go };
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

/// The same of a call that a person makes: a STOP ends what a machine says, a refusal of calls ends all.
pub(super) fn by_hand(look: &Look<'_>) -> Answer {
    let mut record = look.cx.record.clone();
    record.consents.retain(|consent| !record::STOPS.contains(&consent.basis.as_str()));
    match record::allowed(&record, look.want.intent.purpose, look.channel) {
        Some(false) => Answer::Reroute(Code::Consent),
        _ => Answer::Go,
    }
}

#[cfg(test)]
mod tests {
    use crate::state::Stop;
    use crate::testing::{Case, answer, refusal};
    use model::time::MINUTE_MS;
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
        case.state.stop = Some(Stop { at: case.now.plus_ms(-5 * MINUTE_MS), confirmed: false });
        assert_eq!(answer(&case, super::ask), "go");
        case.state.stop = Some(Stop { at: case.now.plus_ms(-5 * MINUTE_MS - 1), confirmed: false });
        assert_eq!(answer(&case, super::ask), "refuse confirmation_late");
        case.state.stop = Some(Stop { at: case.now, confirmed: true });
        assert_eq!(answer(&case, super::ask), "refuse stop_confirmed");
    }
}
