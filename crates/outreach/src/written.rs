//! What a member of staff writes to a person: a want of its own, on exactly the channel that they chose, and which
//! channels they may choose.
//!
//! The same guards are asked as for everything else, by the same [`guards::plan`]: what a page shows before something
//! is written is what will happen to it then. The words travel with the want (in its bindings), so that nothing else
//! has to be stored.

use crate::guards::{self, Plan};
use crate::state::{Because, Rung, Seen, Stage};
use crate::{Context, Outreach, Want, disclosure, guards::contact};
use journey::{Bindings, ReachIntent};
use model::time::DAY_MS;
use model::value::Kind;
use model::{At, Channel, EffectId, Id, MessageId, Purpose};
use record::ways::{Grant, Scope};

/// The name of its words.
pub const WRITTEN: &str = "written";
/// How long it is of use after the time that it is meant for; after that a person is asked to call.
pub const VALID_MS: i64 = DAY_MS;

const TEXT: &str = "written.text";
const LANGUAGE: &str = "written.language";
const BY: &str = "written.by";
const NOT_BEFORE: &str = "written.not_before";
const TO: &str = "written.to";
/// Numbers and addresses of related persons that a member of staff is offered.
const RELATED_MAX: usize = 16;

/// What a member of staff wrote.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Written {
    /// The words.
    pub text: String,
    /// Their language.
    pub language: String,
    /// Who writes, as the person is told.
    pub by: String,
    /// Not sent earlier; `None` for now.
    pub not_before: Option<At>,
    /// The number or address of a related person, where it is written to them; `None` to the person.
    pub to: Option<String>,
}

impl Written {
    /// A want of it, on that channel. `cause` is the fact that says so; `team` is asked where it cannot be sent after all.
    pub fn want(&self, id: EffectId, channel: Channel, cause: String, team: String, now: At) -> Want {
        let until = self.not_before.unwrap_or(now).max(now).plus_ms(VALID_MS);
        let intent = ReachIntent {
            id,
            step: WRITTEN.to_owned(),
            words: WRITTEN.to_owned(),
            purpose: Purpose::Care,
            by: vec![(channel, VALID_MS)],
            valid_until: until,
            urgent: false,
            until: None,
            bindings: self.bindings(),
            cause: Some(cause),
        };
        let pathway = (String::new(), Id::default());
        Want { intent, journey: None, pathway, fallback_team: team, confirms_stop: false, reply_on: None }
    }

    fn bindings(&self) -> Bindings {
        let mut all = vec![(TEXT, self.text.clone()), (LANGUAGE, self.language.clone()), (BY, self.by.clone())];
        all.extend(self.not_before.map(|at| (NOT_BEFORE, at.0.to_string())));
        all.extend(self.to.iter().map(|to| (TO, to.clone())));
        all.into_iter().map(|(name, value)| (name.to_owned(), Kind::Fact, value)).collect()
    }
}

fn bound<'a>(want: &'a Want, name: &str) -> Option<&'a str> {
    want.intent.bindings.iter().find(|(of, ..)| of == name).map(|(.., value)| value.as_str())
}

impl Want {
    /// What a member of staff wrote, when it is that.
    pub fn written(&self) -> Option<Written> {
        let own = self.journey.is_none() && self.intent.words == WRITTEN;
        let text = bound(self, TEXT).filter(|_| own)?;
        let said = |name| bound(self, name).unwrap_or_default().to_owned();
        let (not_before, to) = (self.not_before(), self.to_related().map(str::to_owned));
        Some(Written { text: text.to_owned(), language: said(LANGUAGE), by: said(BY), not_before, to })
    }

    /// The one place of a related person that a member of staff writes to, where they do.
    pub(crate) fn to_related(&self) -> Option<&str> {
        bound(self, TO)
    }

    /// The time that someone set for it.
    pub(crate) fn not_before(&self) -> Option<At> {
        bound(self, NOT_BEFORE)?.parse().ok().map(At)
    }
}

/// A channel as a member of staff may choose it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The channel.
    pub channel: Channel,
    /// Where it would go; empty for the Today page, `None` where nothing is known.
    pub to: Option<String>,
    /// Whether it may be used.
    pub may: May,
    /// Whose it is, where it is not the person's own.
    pub related: Option<Related>,
}

/// A related person, by a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// Their name.
    pub name: String,
    /// `mother`, as said; empty where nobody said.
    pub relation: String,
    /// Of what they may be told.
    pub scope: Vec<Scope>,
    /// Until when.
    pub until: At,
}

/// Whether and when a channel may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum May {
    /// At once.
    Now,
    /// Not before this time; a code of [`crate::describe`].
    Later(At, &'static str),
    /// Not at all; a code of [`crate::describe`].
    Not(&'static str),
}

impl Outreach {
    /// Which of these channels may carry what a member of staff writes now, and why not: to the person, then to each
    /// related person whom a grant names that holds now.
    pub fn choices(&self, written: &Written, channels: &[Channel], cx: &Context<'_>) -> Vec<Choice> {
        let mut all: Vec<Choice> = channels.iter().map(|channel| self.choice(written, *channel, cx)).collect();
        for (to, grant) in places(cx) {
            let written = Written { to: Some(to.to_owned()), ..written.clone() };
            let suits = |channel: &&Channel| guards::grant::suits(**channel, to);
            all.extend(channels.iter().filter(suits).map(|channel| Choice {
                related: Some(Related {
                    name: grant.name.clone(),
                    relation: grant.relation.clone(),
                    scope: grant.scope.clone(),
                    until: grant.until,
                }),
                ..self.choice(&written, *channel, cx)
            }));
        }
        all
    }

    /// Whether this channel may carry it to whom it is written, and why not.
    pub fn choice(&self, written: &Written, channel: Channel, cx: &Context<'_>) -> Choice {
        let want = written.want(EffectId::default(), channel, String::new(), String::new(), cx.now);
        let because = if written.to.is_some() { Because::Proxy } else { Because::Staff };
        let may = if disclosure::agreed(&want, channel, &written.language, cx) {
            match guards::plan(&want, Rung { channel, ms: 1, place: 0, because }, cx.now, self, cx) {
                Plan::Go => May::Now,
                Plan::Hold(until, code) => May::Later(until, code.name()),
                Plan::Skip(code) | Plan::Refuse(code) => May::Not(code.name()),
            }
        } else {
            May::Not(crate::codes::Code::Disclosure.name())
        };
        let to = written.to.clone().or_else(|| contact::address(cx.record, self, channel));
        Choice { channel, to, may, related: None }
    }

    /// Whether a reach has not left yet, as far as is known: `Some(None)` while it is held, its message while that is in
    /// the outbox.
    pub fn not_left(&self, reach: EffectId) -> Option<Option<MessageId>> {
        let reach = self.reaches.iter().find(|r| r.want.intent.id == reach)?;
        match reach.stage {
            Stage::Held(..) => Some(None),
            _ => reach.attempts.last().filter(|a| a.seen == Seen::Queued).map(|a| Some(a.message)),
        }
    }

    /// What staff wrote and is held, with its words.
    pub fn written(&self) -> Vec<(EffectId, Written)> {
        let of = |r: &crate::state::Reach| Some((r.want.intent.id, r.want.written()?));
        self.reaches.iter().filter(|r| matches!(r.stage, Stage::Held(..))).filter_map(of).collect()
    }
}

/// The places of related persons whom a grant names that holds now, each once: by a grant of everything where there is
/// one, for nobody knows what staff will write of.
fn places<'a>(cx: &'a Context<'_>) -> Vec<(&'a str, &'a Grant)> {
    let mut holding: Vec<&Grant> = cx.record.ways.grants.iter().filter(|g| g.holds(cx.now)).collect();
    holding.sort_by_key(|grant| !grant.covers(&[]));
    let mut out: Vec<(&str, &Grant)> = Vec::new();
    for (to, grant) in holding.iter().flat_map(|g| g.contacts.iter().map(|to| (to.as_str(), *g))) {
        if out.len() < RELATED_MAX && !out.iter().any(|(known, _)| *known == to) {
            out.push((to, grant));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Stop;
    use crate::testing::{Case, at};

    fn choices(case: &Case, not_before: Option<At>) -> Vec<String> {
        let written = Written { text: "x".into(), language: "en".into(), by: "Ana".into(), not_before, to: None };
        let channels = [Channel::Sms, Channel::Email, Channel::Portal];
        let all = case.with(|cx| case.state.choices(&written, &channels, cx));
        let shown = |c: &Choice| match c.may {
            _ if c.related.is_some() => {
                format!("{} to {} {:?}", c.channel.name(), c.to.as_deref().unwrap_or("-"), c.may)
            }
            May::Now => format!("{} now", c.channel.name()),
            May::Later(at, code) => {
                let (date, time) = (at.date_in(&case.zones[0]), at.time_in(&case.zones[0]));
                format!("{} {}th {} {code}", c.channel.name(), date.day(), time.strftime("%H:%M"))
            }
            May::Not(code) => format!("{} not {code}", c.channel.name()),
        };
        all.iter().map(shown).collect()
    }

    #[test]
    fn every_channel_says_whether_and_why() {
        let mut case = Case::new();
        case.now = at("2026-11-23T12:00");
        assert_eq!(choices(&case, None), ["sms now", "email not contact", "portal now"]);
        case.now = at("2026-11-23T22:00");
        assert_eq!(choices(&case, None)[0], "sms 24th 08:00 quiet_hours");
        case.state.stop = Some(Stop { at: At(0), confirmed: true });
        assert_eq!(choices(&case, None)[0], "sms not stop");
    }

    #[test]
    fn what_is_meant_for_later_waits_and_then_every_guard_is_asked() {
        let mut case = Case::new();
        case.now = at("2026-11-23T12:00");
        assert_eq!(choices(&case, Some(at("2026-11-23T15:30")))[0], "sms 23th 15:30 later");
        assert_eq!(choices(&case, Some(at("2026-11-23T22:30")))[0], "sms 24th 08:00 later", "and quiet hours after it");
        assert_eq!(choices(&case, Some(at("2026-11-23T11:00")))[0], "sms now", "a time that is over is now");
    }

    fn grant(id: &str, scope: Scope, contact: &str) -> Grant {
        Grant {
            id: id.into(),
            name: "Ana Reyes".into(),
            relation: "mother".into(),
            contacts: vec![contact.into(), "ana@example.org".into()],
            scope: vec![scope],
            from: At(0),
            until: at("2026-12-01T00:00"),
            by: "nora".into(),
            language: "es".into(),
            ended: None,
        }
    }

    #[test]
    fn related_persons_are_offered_by_what_their_grant_covers() {
        let mut case = Case::new();
        case.now = at("2026-11-23T12:00");
        let from = at("2026-11-01T00:00");
        case.record.ways.grants = vec![Grant { from, ..grant("g1", Scope::Appointments, "+15550144") }];
        let offered = |case: &Case| choices(case, None).split_off(3);
        // What staff write is of no one kind: a grant of some is none for it.
        let no = "Not(\"no_grant\")";
        assert_eq!(offered(&case), [format!("sms to +15550144 {no}"), format!("email to ana@example.org {no}")]);
        case.record.ways.grants.push(Grant { from, ..grant("g2", Scope::All, "+15550144") });
        assert_eq!(offered(&case), ["sms to +15550144 Now", "email to ana@example.org Now"], "each place once");
        case.state.stop = Some(Stop { at: At(0), confirmed: true });
        assert_eq!(offered(&case)[0], "sms to +15550144 Now", "a STOP of the person is not theirs");
        case.state.disabled = vec!["+15550144".into()];
        assert_eq!(offered(&case)[0], format!("sms to +15550144 {no}"));
        case.record.ways.grants[1].ended = Some(case.now);
        case.record.ways.grants[0].until = case.now;
        assert_eq!(offered(&case), Vec::<String>::new(), "none that is over");
    }

    #[test]
    fn what_is_written_goes_to_whom_it_was_written_to_and_to_nobody_else() {
        let mut case = Case::new();
        case.record.ways.grants = vec![grant("g1", Scope::All, "+15550144")];
        case.record.ways.proxy_first = Some((At(0), true));
        for (to, expected) in [(None, Because::Staff), (Some("+15550144".to_owned()), Because::Proxy)] {
            let written = Written { text: "x".into(), to, ..Written::default() };
            let want = written.want(EffectId::default(), Channel::Sms, String::new(), String::new(), case.now);
            let ladder = case.with(|cx| crate::ladder::order(&want, cx));
            assert_eq!(ladder.iter().map(|rung| (rung.place, rung.because)).collect::<Vec<_>>(), [(0, expected)]);
        }
    }

    #[test]
    fn it_is_read_back_as_it_was_written() {
        let written = Written {
            text: "Come at 9".into(),
            language: "es".into(),
            by: "Ana".into(),
            not_before: Some(At(7)),
            to: Some("+15550144".into()),
        };
        let want = written.want(EffectId::default(), Channel::Sms, "f".into(), "t".into(), At(0));
        assert_eq!(want.written(), Some(written));
        let mut other = want.clone();
        other.intent.words = "reminder".into();
        assert_eq!(other.written(), None);
    }
}
