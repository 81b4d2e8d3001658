//! Which facts a page of the timeline shows, read in bounded windows.
//!
//! The first filter is by topic: an indexed range of the store, so that nothing else is read. The second, by
//! channel or source, is asked of each fact that is read: windows of [`WINDOW`] follow each other until a page is
//! full or [`EXAMINED_MAX`] facts were looked at; the page then says so and goes on from there.

use crate::Shared;
use crate::fault::Fault;
use model::fact::Topic;
use model::message::Message;
use model::{Channel, Fact, FactId, MessageId, PersonId};
use record::staff_call::Stage;
use serde::Deserialize;
use std::cmp::Reverse;
use turn::staff_call::{ENDED, TAKEN};

/// Lines of one page.
pub(crate) const LINES_MAX: usize = 40;
/// Facts that are read at once.
const WINDOW: usize = 200;
/// Facts that one page looks at.
const EXAMINED_MAX: usize = 800;

/// Filters: key of the link and of its words, topics.
pub(crate) const FILTERS: [(&str, &[Topic]); 7] = [
    ("", &Topic::MATTERS),
    ("care", &[Topic::Care]),
    ("said", &Topic::TALK),
    ("team", &[Topic::Team]),
    ("journey", &[Topic::Journey]),
    ("wishes", &[Topic::Wishes]),
    ("all", &[]),
];

/// What is asked for.
#[derive(Deserialize, Default, Clone)]
pub(crate) struct Asked {
    /// A key of [`FILTERS`].
    #[serde(default)]
    pub(crate) kind: String,
    /// Only older than this number.
    #[serde(default)]
    pub(crate) before: Option<i64>,
    /// A channel's name, or `source:` and a source's; empty for all.
    #[serde(default)]
    pub(crate) by: String,
    /// A line that was merged into this one.
    #[serde(default)]
    pub(crate) line: String,
}

impl Asked {
    /// The filter, as it is known; the first one for what is not.
    pub(crate) fn filter(&self) -> (&'static str, &'static [Topic]) {
        FILTERS.into_iter().find(|(key, _)| *key == self.kind).unwrap_or(FILTERS[0])
    }

    fn fits(&self, fact: &Fact, message: Option<&Message>) -> bool {
        if self.by.is_empty() {
            return true;
        }
        match self.by.strip_prefix("source:") {
            Some(source) => fact.source == source,
            None => {
                let channel = fact.text("channel").or(message.map(|m| m.channel.name()));
                Channel::named(&self.by).is_some() && channel == Some(self.by.as_str())
            }
        }
    }
}

/// A fact of a page, with the message that it is about.
pub(crate) struct Line {
    pub(crate) fact: Fact,
    pub(crate) message: Option<Message>,
}

/// A page of the timeline.
pub(crate) struct Page {
    pub(crate) lines: Vec<Line>,
    /// Where the next one goes on; `None` at the end.
    pub(crate) earlier: Option<i64>,
    /// Set where the bound ended it before it was full.
    pub(crate) cut: bool,
}

/// A page of a person's timeline, newest first by when it happened: what is entered late stands where it belongs
/// in its page, while pages follow each other as facts arrived. Blocks.
pub(crate) fn page(shared: &Shared, person: PersonId, asked: &Asked) -> Result<Page, Fault> {
    let mut page = read(shared, person, asked)?;
    let overtaken = overtaken(&page.lines);
    page.lines.retain(|line| !overtaken.contains(&line.fact.id));
    // Stable: of what happened at the same moment, what arrived last comes first.
    page.lines.sort_by_key(|line| Reverse(line.fact.occurred_at));
    Ok(page)
}

/// What was told of the end of a call by staff before more was known of it: one call has one end.
fn overtaken(lines: &[Line]) -> Vec<FactId> {
    let said = |line: &Line| -> Option<(String, Stage)> {
        let fact = &line.fact;
        let stage = match fact.kind.as_str() {
            TAKEN => Stage::Taken,
            ENDED => Stage::of_outcome(fact.text("outcome")?),
            _ => return None,
        };
        Some((fact.text("message")?.to_owned(), stage))
    };
    let all: Vec<(String, Stage)> = lines.iter().filter_map(said).collect();
    let more = |(of, stage): (String, Stage)| all.iter().any(|(other, most)| *other == of && *most > stage);
    let ends = lines.iter().filter(|line| line.fact.kind == ENDED);
    ends.filter(|line| said(line).is_some_and(more)).map(|line| line.fact.id).collect()
}

/// The same in the order of arrival. Blocks.
fn read(shared: &Shared, person: PersonId, asked: &Asked) -> Result<Page, Fault> {
    let (_, topics) = asked.filter();
    let window = if asked.by.is_empty() { LINES_MAX + 1 } else { WINDOW };
    let (mut lines, mut before, mut examined) = (Vec::new(), asked.before, 0);
    loop {
        let facts = if topics.is_empty() {
            shared.store().timeline(person, before, window)?
        } else {
            shared.store().timeline_of(person, topics, before, window)?
        };
        let last = facts.len() < window;
        let messages = messages_of(shared, person, &facts)?;
        for (number, fact) in facts {
            if lines.len() == LINES_MAX {
                return Ok(Page { lines, earlier: before, cut: false });
            }
            let about = fact.text("message").and_then(|id| id.parse::<MessageId>().ok());
            let message = about.and_then(|id| messages.iter().find(|m| m.id == id));
            if asked.fits(&fact, message) {
                lines.push(Line { message: message.cloned(), fact });
            }
            (before, examined) = (Some(number), examined + 1);
        }
        if last {
            return Ok(Page { lines, earlier: None, cut: false });
        }
        if examined >= EXAMINED_MAX {
            return Ok(Page { lines, earlier: before, cut: true });
        }
    }
}

fn messages_of(shared: &Shared, person: PersonId, facts: &[(i64, Fact)]) -> Result<Vec<Message>, Fault> {
    let about = facts.iter().filter(|(_, f)| f.kind.starts_with("message.") || f.kind.starts_with("call."));
    let mut ids: Vec<MessageId> = about.filter_map(|(_, f)| f.text("message")?.parse().ok()).collect();
    ids.sort();
    ids.dedup();
    Ok(shared.store().messages(person, &ids)?)
}
