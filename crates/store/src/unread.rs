//! What came in since somebody of the team last wrote, or marked what came in as read.
//!
//! Nothing is stored for it: the newest fact of [`Topic::Written`], of [`Topic::Looked`] and those of [`Topic::Heard`] are
//! each the end of an indexed range. A line whose facts were written before these topics were told apart has nothing new.

use crate::driver::{Row, Sql, Steps};
use crate::{Result, Store};
use model::fact::{CONVERSATION_READ, Topic};
use model::{At, Fact, FactId, PersonId};
use std::collections::BTreeMap;

/// So many of what came in are looked at; more are "more".
pub const UNREAD_MAX: usize = 50;
/// People that one read asks of.
const PEOPLE_MAX: usize = 200;

static NEWEST: Sql = Sql::new(
    "fact",
    "SELECT seq, json FROM fact WHERE part = $1 AND person = $2 AND topic = $3 ORDER BY seq DESC LIMIT $4",
);

/// What of a person nobody has looked at yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The facts, the oldest first; never empty.
    pub facts: Vec<FactId>,
    /// When the oldest happened.
    pub since: At,
    /// The newest one's number in the timeline.
    pub upto: i64,
    /// There are more, older ones.
    pub more: bool,
}

/// What was read of one person.
#[derive(Default)]
struct Found {
    /// Nothing up to this number is new.
    seen: Option<i64>,
    /// Newest first.
    heard: Vec<(i64, Fact)>,
}

impl Found {
    fn take(&mut self, topic: Topic, row: &Row<'_>) -> Result<()> {
        let (seq, fact): (i64, Fact) = (row.int(0)?, row.json(1)?);
        match topic {
            Topic::Heard => self.heard.push((seq, fact)),
            // Who marks as read has read what the page showed: what came in meanwhile is new.
            _ if fact.kind == CONVERSATION_READ => {
                let upto = fact.body.get("upto").and_then(serde_json::Value::as_i64).unwrap_or_default();
                self.seen = self.seen.max(Some(upto.min(seq)));
            }
            _ => self.seen = self.seen.max(Some(seq)),
        }
        Ok(())
    }

    fn unread(self) -> Option<Unread> {
        let more = self.heard.len() > UNREAD_MAX && self.heard.last().is_some_and(|(seq, _)| Some(*seq) > self.seen);
        // A machine of theirs that answers ours says nothing to anybody.
        let new = |(seq, fact): &&(i64, Fact)| Some(*seq) > self.seen && fact.flag("auto") != Some(true);
        let mut new: Vec<&(i64, Fact)> = self.heard.iter().take(UNREAD_MAX).filter(new).collect();
        new.reverse();
        let since = new.iter().map(|(_, fact)| fact.occurred_at).min()?;
        let upto = new.last()?.0;
        Some(Unread { facts: new.iter().map(|(_, fact)| fact.id).collect(), since, upto, more })
    }
}

impl Store {
    /// Of each of these people what nobody of the team has looked at; who has nothing new is left out.
    pub fn unread(&self, people: &[PersonId]) -> Result<BTreeMap<PersonId, Unread>> {
        let mut out = BTreeMap::new();
        for people in people.chunks(PEOPLE_MAX) {
            out.extend(self.unread_of(people)?);
        }
        Ok(out)
    }

    fn unread_of(&self, people: &[PersonId]) -> Result<BTreeMap<PersonId, Unread>> {
        let asked = [(Topic::Written, 1), (Topic::Looked, 1), (Topic::Heard, UNREAD_MAX as i64 + 1)];
        let mut steps = Steps::new();
        let mut of: Vec<(PersonId, Topic)> = Vec::new();
        for person in people {
            for (topic, limit) in asked {
                steps.add(&NEWEST, [person.part().into(), (*person).into(), (topic as i64).into(), limit.into()]);
                of.push((*person, topic));
            }
        }
        let mut found: BTreeMap<PersonId, Found> = BTreeMap::new();
        self.reading(|session| {
            session.query(&steps, |step, row| match of.get(step) {
                Some((person, topic)) => found.entry(*person).or_default().take(*topic, row),
                None => Ok(()),
            })
        })?;
        Ok(found.into_iter().filter_map(|(person, found)| Some((person, found.unread()?))).collect())
    }
}
