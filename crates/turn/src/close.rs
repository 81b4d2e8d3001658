//! The end of a turn: the batch of all that changed.

use crate::Decided;
use crate::line::Line;
use crate::turn::{Turn, earlier};
use model::batch::{Face, JourneyStatus};
use model::{Claim, Id, PersonId};
use record::Record;
use std::collections::BTreeSet;

impl Turn<'_> {
    /// The batch of all that changed.
    pub fn close(self) -> Decided {
        self.close_with(true).0
    }

    /// The same, and the line as it is after the commit. Unless `sealed` nothing is written into bytes: the
    /// batch has no state, its journeys have no blob, and the line itself is what the next turn goes on with.
    pub(crate) fn close_with(mut self, sealed: bool) -> (Decided, Line) {
        let record = self.record();
        if record.deceased_at.is_some() {
            self.batch.messages.clear();
            self.batch.calls.clear();
        }
        let notices_wake = self.tell_teams();
        let changed = std::mem::take(&mut self.changed_journeys);
        self.settle_places(&record.site);
        let mut wake = earlier(self.line.outreach.next_due(), self.look_again());
        wake = earlier(earlier(wake, self.waits_until()), notices_wake);
        wake = earlier(wake, self.talk_ends_at());
        for walking in &mut self.line.journeys {
            let due = walking.state.as_ref().filter(|_| walking.row.status == JourneyStatus::Active);
            let due = due.and_then(journey::State::next_due);
            // One that is halted fires no timer, so that none wakes it.
            let due = due.filter(|_| self.setup.halt_of(&walking.row.pathway, walking.row.version).is_none());
            wake = earlier(wake, due);
            // What its timers would tell of is looked at all the same.
            let active = walking.row.status == JourneyStatus::Active;
            let look_at = walking.paused.as_ref().filter(|_| active).and_then(|p| p.look_at);
            wake = earlier(wake, look_at.filter(|at| *at > self.now));
            // One that has nothing left to do ends when nothing of it can come back any more.
            let over = walking.row.status == JourneyStatus::Active
                && walking.state.as_ref().is_some_and(|s| s.ended().is_some());
            if over {
                wake = earlier(wake, self.line.outreach.settles_at(walking.row.id));
            }
            let id = walking.row.id.0;
            let touched = changed.contains(&id);
            let walked = touched || self.walked.contains_key(&id);
            // Without bytes to compare, what was walked is taken to have changed.
            let changed = walked && (!sealed || walking.seal());
            if touched || changed {
                if let (Some(state), Some(p)) = (&walking.state, self.setup.versions.get(&walking.row.version)) {
                    walking.row.step = state.steps(p).join(",");
                }
                walking.row.next_due = due;
                self.batch.journeys.push(walking.row.clone());
            }
        }
        self.stand(&record);
        for prompt in self.line.prompts.iter().chain(&self.closed) {
            wake = earlier(wake, crate::desk::next_due(prompt));
            if self.changed_prompts.contains(&prompt.id) {
                self.batch.prompts.push(prompt.clone());
            }
        }
        let wake = earlier(wake, self.show_shadows());
        self.batch.wake_at = earlier(wake, self.sweep_at());
        if self.told {
            self.claim(&record);
        }
        if sealed {
            let state = self.line.encode();
            if state != self.line.stored {
                self.batch.state = Some(state);
            }
        }
        self.line.known = (!sealed).then_some(record);
        // The commit makes it one more, and keeps open prompts only at hand.
        self.line.version += 1;
        self.line.prompts.retain(|p| p.status.is_open());
        for prompt in std::mem::take(&mut self.closed) {
            if prompt.status.is_open() && !self.line.prompts.iter().any(|p| p.id == prompt.id) {
                self.line.prompts.push(prompt);
            }
        }
        (Decided { batch: self.batch, refused: self.refused }, self.line)
    }

    /// Claims the keys by which this person is found, and says how they are listed.
    pub(crate) fn claim(&mut self, record: &Record) {
        let mut keys = BTreeSet::new();
        for held in &self.line.folds {
            keys.extend(identity::keys(&held.fold.record, &held.fold.source, &held.fold.subject));
        }
        // A number that staff added is found like any other; one that they gave to someone else is not theirs.
        for correction in self.line.folds.iter().flat_map(|held| &held.fold.corrections) {
            let Some(of) = record::correct::contact_of(correction) else { continue };
            for point in record.contacts.iter().filter(|p| p.value == of) {
                let own = point.owner.is_none() && point.status.in_use();
                if own {
                    keys.insert(identity::contact_key(point))
                } else {
                    keys.remove(&identity::contact_key(point))
                };
            }
        }
        let claimed: BTreeSet<Id> = self.line.claimed.iter().copied().collect();
        if keys != claimed {
            self.batch.claims.extend(keys.difference(&claimed).map(|key| Claim { key: *key, held: true }));
            if self.line.forwards_to.is_none() {
                self.batch.claims.extend(claimed.difference(&keys).map(|key| Claim { key: *key, held: false }));
                self.line.claimed = keys.into_iter().collect();
            }
        }
        let now = face(record, self.line.forwards_to);
        let before = self.before.as_ref().map(|(record, forwards_to)| face(record, *forwards_to));
        if before.as_ref() != Some(&now) {
            self.batch.face = Some(now);
        }
    }
}

/// How a person is listed and found by words.
fn face(record: &Record, forwards_to: Option<PersonId>) -> Face {
    let mut search: Vec<String> = vec![record.name.to_lowercase()];
    search.extend(record.preferred_name.iter().map(|n| n.to_lowercase()));
    search.extend(record.identifiers.iter().filter_map(|i| i.rsplit('|').next()).map(str::to_lowercase));
    search.extend(record.contacts.iter().map(|c| c.value.to_lowercase()));
    // Who writes from a related person's number is found by it; the number is no key of this line all the same.
    search.extend(record.ways.grants.iter().flat_map(|g| g.contacts.iter()).map(|c| c.to_lowercase()));
    Face {
        name: if record.name.is_empty() { "(no name known)".into() } else { record.name.clone() },
        birth_date: record.birth_date.clone().unwrap_or_default(),
        site: record.site.clone(),
        also_at: record.sites.iter().filter(|site| **site != record.site).cloned().collect(),
        forwards_to,
        search: search.join(" "),
    }
}
