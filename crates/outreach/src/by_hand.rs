//! A call that a member of staff makes themselves, with the hub only connecting the two telephones: where it would go,
//! or why it may not.
//!
//! A person speaks, so what binds automated calls alone (a STOP, quiet hours, caps, the ground in law) is not asked. What
//! holds whoever rings is: [`guards::by_hand`].

use crate::guards::{self, Look, contact};
use crate::{Choice, Context, May, Outreach, Written, numbers};
use model::{Channel, EffectId};

/// Whether a member of staff's own number may be rung: none that costs extra, and none abroad.
pub fn may_ring(number: &str, cx: &Context<'_>) -> bool {
    !cx.rules.destinations.refused.contains(&numbers::kind(number, cx.clinic, cx.rules))
}

impl Outreach {
    /// The number that a member of staff would be connected with, or why not.
    pub fn by_hand(&self, cx: &Context<'_>) -> Choice {
        let (channel, none) = (Channel::Voice, String::new());
        let want = Written::default().want(EffectId::default(), channel, none.clone(), none, cx.now);
        let to = contact::address(cx.record, self, channel);
        let look = Look {
            cx,
            want: &want,
            channel,
            at: cx.now,
            to: to.as_deref(),
            started_at: cx.now,
            state: self,
            proxy: false,
        };
        let may = guards::by_hand(&look).map_or(May::Now, |code| May::Not(code.name()));
        Choice { channel, to, may, related: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Stop;
    use crate::testing::{Case, at, phone, refusal};
    use model::{At, Purpose};

    fn may(case: &Case) -> (Option<String>, May) {
        let choice = case.with(|cx| case.state.by_hand(cx));
        (choice.to, choice.may)
    }

    #[test]
    fn a_person_may_ring_at_night_and_after_a_stop_but_not_where_calls_were_refused() {
        let mut case = Case::new();
        case.record.contacts = vec![phone("+12125550119", "mobile", 1)];
        case.now = at("2026-11-23T22:00");
        case.state.stop = Some(Stop { at: At(0), confirmed: true });
        let mut stopped = refusal(None, Some(Channel::Voice));
        stopped.basis = record::STOP.into();
        case.record.consents = vec![stopped.clone()];
        assert_eq!(may(&case), (Some("+12125550119".into()), May::Now), "a STOP ends what a machine says");
        case.record.consents = vec![refusal(None, Some(Channel::Voice)), stopped];
        assert_eq!(may(&case).1, May::Not("consent"), "also where a STOP was said after it");
        case.record.consents = vec![refusal(Some(Purpose::Marketing), None)];
        assert_eq!(may(&case).1, May::Now);
    }

    #[test]
    fn a_closed_number_and_one_that_costs_extra_are_not_rung() {
        let mut case = Case::new();
        case.record.contacts = vec![phone("+12125550119", "mobile", 1)];
        case.state.disabled = vec!["+12125550119".into()];
        assert_eq!(may(&case), (None, May::Not("contact")));
        case.state.disabled.clear();
        case.record.contacts = vec![phone("+19005550119", "mobile", 1)];
        assert_eq!(may(&case).1, May::Not("premium_number"));
        assert!(case.with(|cx| may_ring("+12125550171", cx) && !may_ring("+19005550171", cx)));
        case.record.deceased_at = Some(At(0));
        assert_eq!(may(&case).1, May::Not("deceased"));
    }
}
