//! Attempts of which nobody knows whether they left: what is said again, and what is not.
//!
//! Invariants: what may have left is never called withdrawn; a channel is tried once more at most, only for a purpose
//! that `rules/delivery.yaml` names, with words that say so, within the validity and with every guard asked anew; a
//! word that comes later (a report, in any order, twice) only moves an attempt forward.

use crate::codes::Code;
use crate::guards::{self, Answer, Look};
use crate::out::Out;
use crate::state::{Attempt, Because, Reach, Rung, Seen, Stage};
use crate::{Context, Outreach, Words, disclosure};
use model::MessageId;

impl Reach {
    /// The attempt on a channel that would be said again to the same one: nobody will find out any more whether it left.
    pub(crate) fn said_before(&self, rung: Rung) -> Option<MessageId> {
        self.tried(rung).filter(|a| a.seen == Seen::Unsettled).last().map(|a| a.message)
    }
    /// The attempts on the channel of a rung, to whom that rung goes: what a related person was told, the person was not.
    pub(crate) fn tried(&self, rung: Rung) -> impl Iterator<Item = &Attempt> {
        let proxy = rung.because == Because::Proxy;
        self.attempts.iter().filter(move |a| a.channel == rung.channel && self.went_to_related(a) == proxy)
    }
    /// Whether an attempt was made on a rung to a related person: the place of its rung is part of its id.
    pub(crate) fn went_to_related(&self, attempt: &Attempt) -> bool {
        let made = |rung: &Rung, tries: usize| {
            MessageId::of(&[&self.want.intent.id.0.bytes(), &[rung.place], &[tries as u8]]) == attempt.message
        };
        let related = |rung: &&Rung| rung.because == Because::Proxy && rung.channel == attempt.channel;
        self.ladder.iter().filter(related).any(|rung| (0..self.attempts.len()).any(|tries| made(rung, tries)))
    }
}

impl Outreach {
    /// Nobody will find out any more whether an attempt left. Where its purpose allows it, it is said once more on the
    /// same channel; else the reach goes on as it would have.
    pub(crate) fn unsettled(&mut self, mut reach: Reach, at: usize, out: &mut Out<'_>) {
        let (channel, message, seen) = {
            let attempt = &reach.attempts[at];
            (attempt.channel, attempt.message, attempt.seen)
        };
        let waits = at + 1 == reach.attempts.len() && matches!(reach.stage, Stage::Sent(_));
        if seen != Seen::Unknown {
            self.reaches.push(reach);
            return;
        }
        let intent = &reach.want.intent;
        let again = waits
            && !reach.want.confirms_stop
            && out.cx.now < intent.valid_until
            && reach.ladder.get(usize::from(reach.rung)).is_some_and(|rung| reach.said_before(*rung).is_none())
            && out.cx.rules.said_again(intent.purpose, &reach.language).is_some();
        let code = if again { Code::SayAgain } else { Code::Unsettled };
        out.trace(intent.id, Some(message), code, format!("channel={}", channel.name()));
        if !again {
            self.reaches.push(reach);
            return;
        }
        reach.attempts[at].seen = Seen::Unsettled;
        let rung = usize::from(reach.rung);
        self.walk(reach, rung, out);
    }

    /// Whether an attempt of which nobody knows whether it left may be handed to its provider once more, with the key
    /// by which that provider knows it again: its reach waits for it still, and no guard is against it by now.
    pub fn may_repeat(&self, message: MessageId, cx: &Context<'_>) -> bool {
        let Some(reach) = self.reaches.iter().find(|r| r.attempts.last().is_some_and(|a| a.message == message)) else {
            return false;
        };
        let Some(attempt) = reach.current().filter(|a| a.seen == Seen::Unknown) else { return false };
        let look = Look {
            cx,
            want: &reach.want,
            channel: attempt.channel,
            at: cx.now,
            to: Some(&attempt.to),
            started_at: reach.started_at,
            state: self,
            proxy: reach.ladder.get(usize::from(reach.rung)).is_some_and(|r| r.because == Because::Proxy),
        };
        cx.now < reach.want.intent.valid_until
            && disclosure::agreed(&reach.want, attempt.channel, &reach.language, cx)
            && guards::ask(&look, true) == Answer::Go
    }
}

/// The words of a message that may say the same for the second time, with what says so before them.
pub(crate) fn labelled(words: Words, label: &str) -> Words {
    Words { text: format!("{label} {}", words.text), ..words }
}
