//! Reaches that move to another line, when two lines turn out to be one person or the other way round.

use crate::Outreach;
use crate::state::REACHES_MAX;
use model::JourneyId;

impl Outreach {
    /// Whether anything of this journey is still under way, or might still come back.
    pub fn pending(&self, journey: JourneyId) -> bool {
        self.reaches.iter().any(|r| r.want.journey == Some(journey))
    }

    /// Takes out the reaches of the journeys that `which` chooses. What was sent (for caps), what a
    /// STOP said and what numbers are closed stay with the person they happened to, and go along too.
    pub fn split_off(&mut self, which: impl Fn(Option<JourneyId>) -> bool) -> Self {
        let mut gone = self.clone();
        gone.reaches.retain(|r| which(r.want.journey));
        gone.ended.retain(|e| which(e.journey));
        self.reaches.retain(|r| !which(r.want.journey));
        self.ended.retain(|e| !which(e.journey));
        gone
    }

    /// Takes in what another line handed over.
    pub fn absorb(&mut self, other: Self) {
        let known = |id| self.reaches.iter().any(|r| r.want.intent.id == id);
        let new: Vec<_> = other.reaches.into_iter().filter(|r| !known(r.want.intent.id)).collect();
        self.reaches.extend(new);
        self.reaches.truncate(REACHES_MAX);
        for sent in other.sent {
            if !self.sent.contains(&sent) {
                self.sent.push(sent);
            }
        }
        self.sent.sort_by_key(|s| s.at);
        self.ended.extend(other.ended);
    }
}
