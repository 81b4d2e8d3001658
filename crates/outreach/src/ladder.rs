//! The order in which channels are tried: the pathway's, re-ordered by what the person prefers.

use crate::guards::grant;
use crate::state::{Because, RUNGS_MAX, Rung};
use crate::{Context, Want};
use model::Channel;
use model::person::Need;

/// The ladder of a want for this person. First the channel of a reply, then preferred ones, then the
/// rest in the pathway's order; preferences never add a channel. A voicemail follows its call directly.
pub(crate) fn order(want: &Want, cx: &Context<'_>) -> Vec<Rung> {
    if let Some(written) = want.written() {
        return chosen(want, written.to.is_some());
    }
    let preferences = &cx.record.preferences;
    let named = if want.intent.urgent && !preferences.urgent.is_empty() {
        preferences.urgent.as_slice()
    } else {
        preferences.channels.iter().find(|(p, _)| *p == want.intent.purpose).map_or(&[][..], |(_, c)| c.as_slice())
    };
    let blind = named.is_empty() && cx.record.needs.contains(&Need::Blind);
    let rank = |channel: Channel| -> (usize, Because) {
        if want.reply_on == Some(channel) {
            return (0, Because::Reply);
        }
        if let Some(place) = named.iter().position(|c| *c == channel) {
            return (1 + place, Because::Preference);
        }
        if blind && channel == Channel::Voice { (1, Because::Need) } else { (usize::MAX, Because::Ladder) }
    };
    let mut rungs: Vec<Rung> = (want.intent.by.iter().take(RUNGS_MAX).enumerate())
        .map(|(place, (channel, ms))| Rung {
            channel: *channel,
            ms: *ms,
            place: place as u8,
            because: rank(*channel).1,
        })
        .collect();
    // A stable sort: what nobody prefers keeps the pathway's order.
    rungs.sort_by_key(|r| rank(r.channel).0);
    with_related(want, cx, voicemail_after_voice(rungs))
}

/// What a member of staff wrote goes where they chose, to whom they chose, and to nobody else.
fn chosen(want: &Want, related: bool) -> Vec<Rung> {
    let because = if related { Because::Proxy } else { Because::Staff };
    let rung = |(place, (channel, ms)): (usize, &(Channel, i64))| Rung {
        channel: *channel,
        ms: *ms,
        place: place as u8,
        because,
    };
    want.intent.by.iter().take(RUNGS_MAX).enumerate().map(rung).collect()
}

/// The place of a related person's rung: past every rung of the person's own, so that its message has its own id.
const RELATED_PLACE: u8 = RUNGS_MAX as u8;

/// Adds the related persons whom a grant allows to be told: after the person's own ways, or before them where the
/// person would rather have it so. What answers or confirms what the person wrote is for nobody else.
fn with_related(want: &Want, cx: &Context<'_>, own: Vec<Rung>) -> Vec<Rung> {
    if want.confirms_stop || want.reply_on.is_some() || cx.record.ways.grants.is_empty() {
        return own;
    }
    let granted: Vec<&str> =
        grant::holding(want, cx, cx.now).flat_map(|g| g.contacts.iter()).map(String::as_str).collect();
    let has = |channel: Channel| match channel {
        Channel::Sms | Channel::Voice => granted.iter().any(|to| to.starts_with('+')),
        Channel::Email => granted.iter().any(|to| to.contains('@')),
        Channel::Voicemail | Channel::Portal | Channel::Push | Channel::Chat => false,
    };
    let related = own.iter().filter(|r| has(r.channel));
    let related: Vec<Rung> =
        related.map(|r| Rung { place: r.place + RELATED_PLACE, because: Because::Proxy, ..*r }).collect();
    if cx.record.ways.proxy_first() {
        related.into_iter().chain(own).collect()
    } else {
        own.into_iter().chain(related).collect()
    }
}

/// Puts each voicemail directly after the call that it stands for, the last one that the pathway
/// names before it; without a call it stays where it is.
fn voicemail_after_voice(rungs: Vec<Rung>) -> Vec<Rung> {
    if !rungs.iter().any(|r| r.channel == Channel::Voice) {
        return rungs;
    }
    let (mut left, mut out): (Vec<Rung>, Vec<Rung>) = rungs.into_iter().partition(|r| r.channel == Channel::Voicemail);
    left.sort_by_key(|r| r.place);
    for voicemail in left.into_iter().rev() {
        let call = (out.iter().enumerate())
            .filter(|(_, r)| r.channel == Channel::Voice)
            .min_by_key(|(_, r)| (r.place > voicemail.place, r.place.abs_diff(voicemail.place)))
            .map_or(0, |(at, _)| at);
        out.insert(call + 1, voicemail);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Case;
    use Channel::{Email, Portal, Sms, Voice, Voicemail};
    use model::Purpose;

    fn ordered(case: &Case, by: &[Channel]) -> Vec<Channel> {
        let mut want = case.want.clone();
        want.intent.by = by.iter().map(|c| (*c, 1)).collect();
        case.with(|cx| order(&want, cx).iter().map(|r| r.channel).collect())
    }

    #[test]
    fn preferences_reorder_and_never_add() {
        let mut case = Case::new();
        assert_eq!(ordered(&case, &[Voice, Voicemail, Sms]), [Voice, Voicemail, Sms]);
        case.record.preferences.channels = vec![(Purpose::Care, vec![Email, Sms])];
        assert_eq!(ordered(&case, &[Voice, Voicemail, Sms]), [Sms, Voice, Voicemail]);
        assert_eq!(ordered(&case, &[Portal, Voice, Email, Sms]), [Email, Sms, Portal, Voice]);
        case.record.preferences.channels = vec![(Purpose::Care, vec![Voicemail, Sms])];
        assert_eq!(ordered(&case, &[Voice, Voicemail, Sms]), [Sms, Voice, Voicemail], "never before its call");
        assert_eq!(ordered(&case, &[Sms, Voicemail]), [Voicemail, Sms], "alone it is a way like others");
    }

    #[test]
    fn urgent_preferences_replies_and_needs() {
        let mut case = Case::new();
        case.record.preferences.urgent = vec![Voice];
        case.record.preferences.channels = vec![(Purpose::Care, vec![Sms])];
        assert_eq!(ordered(&case, &[Email, Sms, Voice]), [Sms, Email, Voice]);
        case.want.intent.urgent = true;
        assert_eq!(ordered(&case, &[Email, Sms, Voice]), [Voice, Email, Sms]);
        case.want.reply_on = Some(Sms);
        assert_eq!(ordered(&case, &[Email, Sms, Voice]), [Sms, Voice, Email]);
        let mut blind = Case::new();
        blind.record.needs = vec![Need::Blind];
        assert_eq!(ordered(&blind, &[Sms, Email, Voice, Voicemail]), [Voice, Voicemail, Sms, Email]);
        assert_eq!(ordered(&blind, &[Voice, Voicemail, Voice, Voicemail]), [Voice, Voicemail, Voice, Voicemail]);
    }
}
