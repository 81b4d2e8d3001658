//! Reads: bounded, indexed, possibly a moment old.

use crate::driver::{Row, Sql, Steps};
use crate::lane::{self, NOBODY, resolve_keys};
use crate::refused::parked_row;
use crate::{LineRow, ParkedRow, PersonRow, PromptFilter, Result, Store, find, rows};
use model::fact::Topic;
use model::message::{Message, Status};
use model::prompt::Prompt;
use model::{At, EffectId, Fact, Id, JourneyRow, MessageId, PARTS, PersonId, PromptId, ResourceRow, Trace};
use std::collections::BTreeMap;

/// Counters whose name begins so are of what stands now: `now.<status>.<urgent>`.
pub(crate) const NOW: &str = "now.";

/// Rows that one read returns at most, whatever was asked.
const ROWS_MAX: usize = 10_000;
/// Open prompts that a filter looks at.
const PROMPTS_MAX: i64 = 100_000;

static TIMELINE: Sql = Sql::new(
    "fact",
    "SELECT seq, json FROM fact WHERE part = $1 AND person = $2 AND seq < $3 ORDER BY seq DESC LIMIT $4",
);
static TIMELINE_TOPIC: Sql = Sql::new(
    "fact",
    "SELECT seq, json FROM fact WHERE part = $1 AND person = $2 AND topic = $3 AND seq < $4 ORDER BY seq DESC LIMIT $5",
);
static JOURNEYS_ALL: Sql = Sql::new(
    "journey",
    "SELECT j.id, v.pathway, v.hash, j.episode, j.status, j.step, j.next_due, j.started_at, j.ended_at, j.ended_why,
     j.blob FROM journey j JOIN version v ON v.number = j.version WHERE j.part = $1 AND j.person = $2
     ORDER BY j.started_at, j.id",
);
static PROMPT_KEYS: Sql = Sql::new(
    "prompt",
    "SELECT part, person, id, team, site FROM prompt WHERE is_open = 1 ORDER BY urgent DESC, due_at LIMIT $1",
);
static PROMPT_GET: Sql = Sql::new("prompt", "SELECT json FROM prompt WHERE part = $1 AND person = $2 AND id = $3");
static PROMPTS_OF: Sql =
    Sql::new("prompt", "SELECT json FROM prompt WHERE part = $1 AND person = $2 ORDER BY opened_at DESC, id LIMIT $3");
static MESSAGES_OF: Sql = Sql::new(
    "message",
    "SELECT json, status, status_at, error, provider, provider_id FROM message
     WHERE part = $1 AND person = $2 ORDER BY created_at DESC, id LIMIT $3",
);
static MESSAGE_GET: Sql = Sql::new(
    "message",
    "SELECT json, status, status_at, error, provider, provider_id FROM message
     WHERE part = $1 AND person = $2 AND id = $3",
);
static MESSAGES_TOWARD: Sql = Sql::new(
    "message",
    "SELECT json, status, status_at, error, provider, provider_id FROM message
     WHERE toward = $1 AND created_at >= $2 ORDER BY created_at DESC, id LIMIT $3",
);
static CARRIED_BY: Sql = Sql::new(
    "message",
    "SELECT id, provider_id FROM message
     WHERE part = $1 AND person = $2 AND provider = $3 AND provider_id IS NOT NULL ORDER BY created_at DESC, id LIMIT $4",
);
static TRACES: Sql = Sql::new(
    "trace",
    "SELECT at, effect, message, code, detail FROM trace WHERE part = $1 AND person = $2 AND effect = $3 ORDER BY seq
     LIMIT $4",
);
static RESOURCES_OF: Sql = Sql::new(
    "resource",
    "SELECT source, kind, id, version, at, json FROM resource WHERE part = $1 AND person = $2
     ORDER BY source, kind, id LIMIT $3",
);
static RESOURCE_NAMES: Sql = Sql::new(
    "resource",
    "SELECT source, kind, id, version, at, '' FROM resource WHERE part = $1 AND person = $2
     AND (source, kind, id) > ($3, $4, $5) ORDER BY source, kind, id LIMIT $6",
);
static RESOURCE_GET: Sql = Sql::new(
    "resource",
    "SELECT source, kind, id, version, at, json FROM resource
     WHERE part = $1 AND person = $2 AND source = $3 AND kind = $4 AND id = $5",
);
static PARKED: Sql =
    Sql::new("parked", "SELECT part, seq, item, why, at, retry FROM parked ORDER BY at DESC, part, seq DESC LIMIT $1");
static COUNTERS: Sql =
    Sql::new("counter", "SELECT name, CAST(SUM(n) AS BIGINT) FROM counter GROUP BY name ORDER BY name");
static WAITING: Sql = Sql::new(
    "inbox",
    "SELECT 'inbox.waiting', COUNT(*) FROM inbox UNION ALL SELECT 'inbox.listed', COUNT(*) FROM parked
     UNION ALL SELECT 'handoffs.waiting', COUNT(*) FROM handoff",
);
static READY: Sql = Sql::new("part", "UPDATE part SET groups = groups WHERE part = $1");

fn bound(limit: usize) -> i64 {
    limit.min(ROWS_MAX) as i64
}

impl Store {
    /// Whose a key is: the first of the keys that the directory knows, along the forwards of merged
    /// lines.
    pub fn whose(&self, keys: &[Id]) -> Result<Option<PersonId>> {
        self.reading(|session| Ok(resolve_keys(session, vec![None], &[keys])?.into_iter().flatten().next()))
    }
    /// Whose each key is, in the order asked.
    pub fn whose_each(&self, keys: &[Id]) -> Result<Vec<Option<PersonId>>> {
        let each: Vec<&[Id]> = keys.chunks(1).collect();
        self.reading(|session| resolve_keys(session, vec![None; keys.len()], &each))
    }
    /// People by words: names in any order and with a slip of a letter, birth dates, numbers, addresses,
    /// identifiers; the best first. All words must fit. Without words: people as they come.
    pub fn find_people(&self, words: &str, limit: usize) -> Result<Vec<PersonRow>> {
        self.find_people_at(words, &[], limit)
    }
    /// The same, of these sites and of none; of every one where none is named.
    pub fn find_people_at(&self, words: &str, sites: &[String], limit: usize) -> Result<Vec<PersonRow>> {
        self.reading(|session| find::people(session, words, sites, limit))
    }
    /// One line, for reading.
    pub fn line(&self, person: PersonId) -> Result<LineRow> {
        let lines = self.reading(|session| session.read(|session| lane::load(session, &[person])))?;
        Ok(lines.into_iter().next().unwrap_or_else(|| lane::empty(person)))
    }
    /// Facts, newest first, before `before` (a timeline number; `None` from the newest). With numbers.
    pub fn timeline(&self, person: PersonId, before: Option<i64>, limit: usize) -> Result<Vec<(i64, Fact)>> {
        let before = before.unwrap_or(i64::MAX).into();
        self.reading(|session| {
            session.rows(&TIMELINE, [person.part().into(), person.into(), before, bound(limit).into()], |row| {
                Ok((row.int(0)?, row.json(1)?))
            })
        })
    }
    /// Facts of these topics, newest first, before `before`: each topic is an indexed range, and no other fact is
    /// read. With numbers.
    pub fn timeline_of(
        &self,
        person: PersonId,
        topics: &[Topic],
        before: Option<i64>,
        limit: usize,
    ) -> Result<Vec<(i64, Fact)>> {
        let before = before.unwrap_or(i64::MAX);
        let mut steps = Steps::new();
        for topic in topics {
            let (part, topic) = (person.part().into(), (*topic as i64).into());
            steps.add(&TIMELINE_TOPIC, [part, person.into(), topic, before.into(), bound(limit).into()]);
        }
        // The rows are few, their JSON may be long: only what is shown is decoded.
        let mut found: Vec<(i64, String)> = Vec::new();
        self.reading(|session| {
            session.query(&steps, |_, row| {
                found.push((row.int(0)?, row.string(1)?));
                Ok(())
            })
        })?;
        found.sort_by_key(|(seq, _)| std::cmp::Reverse(*seq));
        found.truncate(limit);
        let read = |(seq, json): (i64, String)| {
            let damaged = |e: serde_json::Error| crate::Error::Damaged {
                table: "fact",
                why: format!("JSON: {:?} at byte {}", e.classify(), e.column()),
            };
            Ok((seq, serde_json::from_str(&json).map_err(damaged)?))
        };
        found.into_iter().map(read).collect()
    }
    /// The messages of these ids that a line has, in one read.
    pub fn messages(&self, person: PersonId, ids: &[MessageId]) -> Result<Vec<Message>> {
        let mut steps = Steps::new();
        for id in ids.iter().take(ROWS_MAX) {
            steps.add(&MESSAGE_GET, [person.part().into(), person.into(), (*id).into()]);
        }
        let mut out = Vec::new();
        self.reading(|session| {
            session.query(&steps, |_, row| {
                out.push(rows::message(row)?);
                Ok(())
            })
        })?;
        Ok(out)
    }
    /// All journeys of a person, ended ones too, with blobs.
    pub fn journeys(&self, person: PersonId) -> Result<Vec<JourneyRow>> {
        self.reading(|session| session.rows(&JOURNEYS_ALL, [person.part().into(), person.into()], rows::journey))
    }
    /// Open and acknowledged prompts: urgent first, then by due time. A prompt without a site is
    /// everyone's.
    pub fn prompts_open(&self, filter: &PromptFilter, limit: usize) -> Result<Vec<Prompt>> {
        let open = filter.teams.is_empty() && filter.sites.is_empty();
        let looked_at = if open { bound(limit) } else { PROMPTS_MAX };
        self.reading(|session| {
            let mut keys: Vec<(PersonId, Id)> = Vec::new();
            session.query(&Steps::one(&PROMPT_KEYS, [looked_at.into()]), |_, row| {
                if keys.len() < limit.min(ROWS_MAX) && filter.wants(row.text(3)?, row.text(4)?) {
                    keys.push((row.person(1)?, row.id(2)?));
                }
                Ok(())
            })?;
            let mut steps = Steps::new();
            for (person, id) in &keys {
                steps.add(&PROMPT_GET, [person.part().into(), (*person).into(), (*id).into()]);
            }
            let mut prompts: Vec<Prompt> = Vec::with_capacity(keys.len());
            session.query(&steps, |_, row| {
                prompts.push(row.json(0)?);
                Ok(())
            })?;
            // One may have been closed between the two statements.
            prompts.retain(|p| p.status.is_open());
            Ok(prompts)
        })
    }
    /// Every prompt of a person, newest first.
    pub fn prompts_of(&self, person: PersonId, limit: usize) -> Result<Vec<Prompt>> {
        self.of(&PROMPTS_OF, person, limit, |row| row.json(0))
    }
    /// One prompt.
    pub fn prompt(&self, person: PersonId, id: PromptId) -> Result<Option<Prompt>> {
        self.reading(|session| {
            session.first(&PROMPT_GET, [person.part().into(), person.into(), id.into()], |row| row.json(0))
        })
    }
    /// Messages of a person, newest first.
    pub fn messages_of(&self, person: PersonId, limit: usize) -> Result<Vec<Message>> {
        self.of(&MESSAGES_OF, person, limit, rows::message)
    }
    /// Messages of anyone to a number or address that were queued since then, newest first. Those that were queued before
    /// the store knew where they went are not among them.
    pub fn messages_toward(&self, to: &str, since: At, limit: usize) -> Result<Vec<Message>> {
        let Some(toward) = rows::toward(to) else { return Ok(Vec::new()) };
        let key = [toward.into(), since.into(), bound(limit).into()];
        let mut found = self.reading(|session| session.rows(&MESSAGES_TOWARD, key, rows::message))?;
        found.retain(|message| message.to == to);
        Ok(found)
    }
    /// One message.
    pub fn message(&self, person: PersonId, id: MessageId) -> Result<Option<Message>> {
        self.reading(|session| {
            session.first(&MESSAGE_GET, [person.part().into(), person.into(), id.into()], rows::message)
        })
    }
    /// The messages of a person that a provider carried, the newest first, and the ids that it gave them.
    pub fn carried_by(&self, person: PersonId, provider: &str) -> Result<Vec<(MessageId, String)>> {
        let key = [person.part().into(), person.into(), provider.into(), bound(ROWS_MAX).into()];
        self.reading(|session| {
            session.rows(&CARRIED_BY, key, |row| Ok((MessageId(row.id(0)?), row.text(1)?.to_owned())))
        })
    }
    /// Traces of one effect, oldest first.
    pub fn traces(&self, person: PersonId, effect: EffectId) -> Result<Vec<Trace>> {
        let key = [person.part().into(), person.into(), effect.into(), bound(ROWS_MAX).into()];
        self.reading(|session| session.rows(&TRACES, key, rows::trace))
    }
    /// Resources of a person: all, latest version.
    pub fn resources_of(&self, person: PersonId, limit: usize) -> Result<Vec<ResourceRow>> {
        self.of(&RESOURCES_OF, person, limit, rows::resource)
    }
    /// The names of a person's resources in order, after the one that is named (source, type, id); no JSON is
    /// read. With version and time.
    pub fn resource_names(
        &self,
        person: PersonId,
        after: Option<(&str, &str, &str)>,
        limit: usize,
    ) -> Result<Vec<ResourceRow>> {
        let (source, kind, id) = after.unwrap_or_default();
        let key = [person.part().into(), person.into(), source.into(), kind.into(), id.into(), bound(limit).into()];
        self.reading(|session| session.rows(&RESOURCE_NAMES, key, rows::resource))
    }
    /// One resource by source, type and id; `person` `None` for those of nobody (Organization …).
    pub fn resource(
        &self,
        person: Option<PersonId>,
        source: &str,
        kind: &str,
        id: &str,
    ) -> Result<Option<ResourceRow>> {
        let person = person.unwrap_or(NOBODY);
        let key = [person.part().into(), person.into(), source.into(), kind.into(), id.into()];
        self.reading(|session| session.first(&RESOURCE_GET, key, rows::resource))
    }
    /// Parked and refused items, newest first.
    pub fn parked(&self, limit: usize) -> Result<Vec<ParkedRow>> {
        self.reading(|session| session.rows(&PARKED, [bound(limit).into()], parked_row))
    }
    /// Counters: `facts`, `turns`, `inbox.accepted`, `inbox.waiting`, `messages.accepted`, … summed
    /// over parts. They only grow, but for what waits now (`inbox.waiting`, `inbox.listed`,
    /// `handoffs.waiting`).
    pub fn counters(&self) -> Result<Vec<(String, i64)>> {
        self.reading(|session| {
            let read = |row: &Row<'_>| Ok((row.string(0)?, row.int(1)?));
            let mut all = session.rows(&COUNTERS, [], read)?;
            all.retain(|(name, _)| !name.starts_with(NOW));
            all.extend(session.rows(&WAITING, [], read)?);
            all.sort();
            Ok(all)
        })
    }
    /// How many messages are in each status, urgent or not.
    pub fn message_counts(&self) -> Result<Vec<(Status, bool, i64)>> {
        let all: BTreeMap<String, i64> = self.reading(|session| {
            let rows = session.rows(&COUNTERS, [], |row| Ok((row.string(0)?, row.int(1)?)))?;
            Ok(rows.into_iter().collect())
        })?;
        let mut out = Vec::new();
        for status in Status::ALL {
            for urgent in [true, false] {
                let name = format!("{NOW}{}.{}", status.name(), u8::from(urgent));
                if let Some(n) = all.get(&name).filter(|n| **n != 0) {
                    out.push((status, urgent, *n));
                }
            }
        }
        Ok(out)
    }
    /// Answers whether the store can be read and written, for `/readyz`.
    pub fn ready(&self) -> Result<()> {
        self.reading(|session| session.rows(&COUNTERS, [], |_| Ok(())).map(drop))?;
        let part = PARTS - 1;
        self.desk().write(|session| session.run(&Steps::one(&READY, [part.into()])).map(drop))
    }

    fn of<T>(
        &self,
        sql: &'static Sql,
        person: PersonId,
        limit: usize,
        read: impl Fn(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        self.reading(|session| session.rows(sql, [person.part().into(), person.into(), bound(limit).into()], read))
    }
}
