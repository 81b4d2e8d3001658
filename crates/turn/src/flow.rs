//! What a turn says of the flow along pathways: where the person stands now and stood before, and which
//! steps were passed. The store counts it, in the same commit.

use crate::line::Walking;
use crate::turn::Turn;
use journey::Move;
use model::batch::JourneyStatus;
use model::{At, Id, Passage, Stand};
use pathway::Pathway;
use record::Record;
use std::collections::BTreeMap;

/// A journey began.
pub(crate) const STARTED: &str = "started";
/// A journey came to its end by itself.
pub(crate) const FINISHED: &str = "finished";
/// A journey was ended before that.
pub(crate) const LEFT: &str = "left";

impl Turn<'_> {
    /// Counts what became of a journey as a whole.
    pub(crate) fn count(&mut self, pathway: &str, version: Id, way: &str) {
        self.batch.passages.push(Passage {
            pathway: pathway.to_owned(),
            version,
            step: String::new(),
            way: way.to_owned(),
            stayed_ms: None,
            day: model::flow::day(self.now),
            more: true,
        });
    }

    /// Counts the steps that a journey passed.
    pub(crate) fn count_moves(&mut self, pathway: &Pathway, moves: Vec<Move>) {
        for passed in moves {
            let Some(step) = pathway.step(passed.step) else { continue };
            self.batch.passages.push(Passage {
                pathway: pathway.name.clone(),
                version: pathway.version,
                step: step.name.clone(),
                way: passed.way.name(),
                stayed_ms: passed.stayed_ms,
                day: passed.day,
                more: passed.more,
            });
        }
    }

    /// Says where the person came to stand in this turn, and where no more. Someone who stands at a step by
    /// two journeys of one version stands there once: people are counted.
    pub(crate) fn stand(&mut self, record: &Record) {
        let was_at = self.before.as_ref().map_or(record.site.as_str(), |(before, _)| before.site.as_str());
        let same_site = was_at == record.site;
        if same_site && self.batch.journeys.is_empty() && self.batch.journeys_gone.is_empty() {
            return;
        }
        let mut before: BTreeMap<(&str, Id, &str), At> = BTreeMap::new();
        for (pathway, version, steps) in &self.stood {
            for step in places(steps) {
                before.insert((pathway, *version, step), At::default());
            }
        }
        let mut now: BTreeMap<(&str, Id, &str), At> = BTreeMap::new();
        for walking in self.line.journeys.iter().filter(|w| w.row.status == JourneyStatus::Active) {
            for step in places(&walking.row.step) {
                let key = (walking.row.pathway.as_str(), walking.row.version, step);
                // Who stood there before is not told anew.
                let is_new = !same_site || !before.contains_key(&key);
                let since = if is_new { self.since(walking, step) } else { At::default() };
                now.entry(key).and_modify(|at| *at = (*at).min(since)).or_insert(since);
            }
        }
        let stand = |(pathway, version, step): &(&str, Id, &str), site: &str, since: At, here: bool| Stand {
            pathway: (*pathway).to_owned(),
            version: *version,
            step: (*step).to_owned(),
            site: site.to_owned(),
            since,
            here,
        };
        let gone = before.iter().filter(|(key, _)| !same_site || !now.contains_key(*key));
        let mut stands: Vec<Stand> = gone.map(|(key, _)| stand(key, was_at, self.now, false)).collect();
        let come = now.iter().filter(|(key, _)| !same_site || !before.contains_key(*key));
        stands.extend(come.map(|(key, since)| stand(key, &record.site, *since, true)));
        self.batch.stands = stands;
    }

    /// Since when a journey stands at a step; of the journey itself, since it began.
    fn since(&self, walking: &Walking, step: &str) -> At {
        if step.is_empty() {
            return walking.row.started_at;
        }
        let pathway = self.setup.versions.get(&walking.row.version);
        let stands = walking.state.as_ref().zip(pathway).map(|(state, pathway)| state.stands(pathway));
        let found = stands.and_then(|all| all.into_iter().find(|(name, _)| name == step));
        found.and_then(|(_, since)| since).unwrap_or(self.now)
    }
}

/// The pathway itself, and each step of a row.
fn places(steps: &str) -> impl Iterator<Item = &str> {
    std::iter::once("").chain(steps.split(',').filter(|s| !s.is_empty()))
}
