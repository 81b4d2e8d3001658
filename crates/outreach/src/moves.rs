//! Reaches that move to another line, when two lines turn out to be one person or the other way round.

use crate::codes::Code;
use crate::out::Out;
use crate::state::{Reach, Stage};
use crate::{Act, Context, Outreach, content};
use model::{At, Id, JourneyId};

impl Outreach {
    /// Whether anything of this journey is still under way, or might still come back as soon as mail mostly does.
    pub fn pending(&self, journey: JourneyId, now: At) -> bool {
        let open = |r: &Reach| r.held_open_until().is_none_or(|until| until > now);
        self.reaches.iter().any(|r| r.want.journey == Some(journey) && open(r))
    }

    /// Until when a journey, of which nothing else is under way, waits for its last mail to come back: nothing else wakes
    /// the line for it.
    pub fn settles_at(&self, journey: JourneyId) -> Option<At> {
        let mine = self.reaches.iter().filter(|r| r.want.journey == Some(journey));
        mine.filter_map(Reach::held_open_until).max()
    }

    /// Takes out the reaches of the journeys that `which` chooses. What was sent (for caps), what a
    /// STOP said and what numbers are closed stay with the person they happened to, and go along too.
    pub fn split_off(&mut self, which: impl Fn(Option<JourneyId>) -> bool) -> Self {
        let mut gone = self.clone();
        gone.reaches.retain(|r| which(r.want.journey));
        gone.ended.retain(|e| which(e.journey));
        self.reaches.retain(|r| !which(r.want.journey));
        self.ended.retain(|e| !which(e.journey));
        gone.asked.retain(|q| which(Some(q.journey)));
        self.asked.retain(|q| !which(Some(q.journey)));
        gone
    }

    /// The line parts from another that it was one with: whether what staff wrote is meant for the one or the other, nobody
    /// can tell. What has not left is taken back, and a person is asked, words and all.
    pub fn part(&mut self, cx: &Context<'_>) -> Vec<Act> {
        let mut out = Out::new(cx);
        let waits = |reach: &Reach| {
            let queued = || reach.queued().is_some_and(|a| !cx.world.sending(a.message));
            reach.want.written().is_some() && (matches!(reach.stage, Stage::Held(..)) || queued())
        };
        let (gone, rest): (Vec<Reach>, Vec<Reach>) = std::mem::take(&mut self.reaches).into_iter().partition(waits);
        self.reaches = rest;
        for mut reach in gone {
            self.take_back(&mut reach, "parted", &mut out);
            let title = format!("Look at a message to {} that was not sent", content::first_name(cx));
            let why = "It was written while two people's records were taken for one person's.";
            out.ask(&reach.want, "refused", title, format!("{why}{}", out.quote(&reach.want, Some(&reach.language))));
            out.ended(&reach.want, "withdrawn", Code::Withdrawn);
            self.remember_ended(&reach, cx.now);
        }
        out.acts
    }

    /// A journey went over to another version of its pathway: what it wants is said in that one's words from now
    /// on, as far as `has` says that they are there. With `anew` what waits in the outbox is taken back and worded
    /// anew; what is with a provider this moment is left.
    pub fn go_over(
        &mut self,
        journey: JourneyId,
        to: Id,
        has: &dyn Fn(&str) -> bool,
        anew: bool,
        cx: &Context<'_>,
    ) -> Vec<Act> {
        let mut out = Out::new(cx);
        for mut reach in std::mem::take(&mut self.reaches) {
            let goes = reach.want.journey == Some(journey) && has(&reach.want.intent.words);
            if goes {
                reach.want.pathway.1 = to;
            }
            let waits = reach.queued().is_some_and(|a| !cx.world.sending(a.message));
            if goes && anew && waits {
                let rung = usize::from(reach.rung);
                self.take_back(&mut reach, "words_corrected", &mut out);
                self.walk(reach, rung, &mut out);
            } else {
                self.reaches.push(reach);
            }
        }
        out.acts
    }

    /// Takes in what another line handed over.
    pub fn absorb(&mut self, other: Self) {
        let known = |id| self.reaches.iter().any(|r| r.want.intent.id == id);
        let new: Vec<_> = other.reaches.into_iter().filter(|r| !known(r.want.intent.id)).collect();
        // Both lines were bounded; none of theirs is dropped, and a full line starts nothing new.
        self.reaches.extend(new);
        for sent in other.sent {
            if !self.sent.contains(&sent) {
                self.sent.push(sent);
            }
        }
        self.sent.sort_by_key(|s| s.at);
        for said in other.said {
            if !self.said.contains(&said) {
                self.said.push(said);
            }
        }
        self.said.sort_by_key(|s| s.at);
        let more = self.said.len().saturating_sub(crate::state::SAID_MAX);
        self.said.drain(..more);
        self.ended.extend(other.ended);
        // What was asked of either is asked of the one person that they are; the latest are kept.
        self.asked.extend(other.asked);
        self.asked.sort_by_key(|q| q.at);
        let more = self.asked.len().saturating_sub(2 * crate::asked::QUESTIONS_MAX);
        self.asked.drain(..more);
        // What either line was told to stop holds for the one person that they are.
        self.stop = self.stop.or(other.stop);
        for value in other.disabled {
            if !self.disabled.contains(&value) {
                self.disabled.push(value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Stop;
    use model::At;

    #[test]
    fn a_stop_and_a_closed_number_hold_for_the_one_person() {
        let stop = Some(Stop { at: At(1), confirmed: true });
        let mut losing = Outreach { stop, disabled: vec!["+15550199".into()], ..Outreach::default() };
        let mut winning = Outreach { disabled: vec!["+15550100".into()], ..Outreach::default() };
        winning.absorb(losing.split_off(|_| true));
        assert_eq!((winning.stop, winning.disabled.len()), (stop, 2));
        assert_eq!(losing.stop, stop, "it stays with the line that it was said to as well");
    }
}
