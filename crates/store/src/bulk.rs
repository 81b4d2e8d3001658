//! Many messages of the same words: how many were queued in the last hours, and those that wait for more than their
//! turn.
//!
//! Invariants: a count is durable with the message that it counts; urgent messages, and those of no pathway, are not
//! counted and never held for their number.

use crate::driver::{Sql, Steps};
use crate::lane::Lane;
use crate::{Result, Store, rows};
use model::message::Message;
use model::{At, Channel, PARTS};
use std::collections::BTreeMap;

/// What is counted together.
pub const HOUR_MS: i64 = model::time::HOUR_MS;
/// Messages of one part that a count of what is held looks at.
const COUNTED_MAX: i64 = 20_000;

static ADD: Sql = Sql::new(
    "bulk",
    "INSERT INTO bulk (part, hour, pathway, words, n) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (part, hour, pathway, words) DO UPDATE SET n = bulk.n + excluded.n",
);
static SINCE: Sql = Sql::new("bulk", "SELECT hour, pathway, words, n FROM bulk WHERE part = $1 AND hour >= $2");
static DROP: Sql = Sql::new("bulk", "DELETE FROM bulk WHERE part = $1 AND hour < $2");
static HELD: Sql = Sql::new(
    "message",
    "SELECT held, COUNT(*) FROM (SELECT held FROM message WHERE part = $1 AND status = 'queued' AND held IS NOT NULL
     LIMIT $2) AS looked GROUP BY held",
);
static HELD_FIRST: Sql = Sql::new(
    "message",
    "SELECT json, status, status_at, error, provider, provider_id FROM message
     WHERE part = $1 AND held = $2 AND status = 'queued' ORDER BY created_at LIMIT 1",
);
static QUEUED: Sql = Sql::new(
    "counter",
    "SELECT name, CAST(SUM(n) AS BIGINT) FROM counter WHERE name LIKE 'now.queued.%.%' GROUP BY name",
);

/// Messages of the same words of a pathway, of one hour.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    hour: i64,
    pathway: String,
    words: String,
}

impl Key {
    /// `None`: it is not counted.
    pub(crate) fn of(message: &Message) -> Option<Self> {
        let hour = message.created_at.0.div_euclid(HOUR_MS);
        let counted = !message.urgent && !message.pathway.is_empty();
        counted.then(|| Self { hour, pathway: message.pathway.clone(), words: message.words.clone() })
    }
}

/// The statements that add counts to a part.
pub(crate) fn add<'a>(steps: &mut Steps<'a>, part: u16, counts: &'a BTreeMap<Key, i64>) {
    for (key, n) in counts {
        steps.add(&ADD, [part.into(), key.hour.into(), (&key.pathway).into(), (&key.words).into(), (*n).into()]);
    }
}

/// How many messages of the same words were queued in an hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkRow {
    /// Hours since the epoch.
    pub hour: i64,
    /// Pathway.
    pub pathway: String,
    /// Words.
    pub words: String,
    /// How many.
    pub n: i64,
}

/// Messages that wait for more than their turn.
#[derive(Clone, Debug, PartialEq)]
pub struct HeldRow {
    /// Pathway and words, see [`crate::held_key`].
    pub key: String,
    /// How many; of very many some are not counted.
    pub n: i64,
    /// One of them, valid no longer than any that was looked at.
    pub example: Message,
}

impl Lane {
    /// Drops the counts of hours before this instant.
    pub fn bulk_forget(&mut self, before: At) -> Result<()> {
        let parts = self.parts().collect();
        let mut steps = Steps::new();
        for part in self.parts() {
            steps.add(&DROP, [part.into(), before.0.div_euclid(HOUR_MS).into()]);
        }
        self.fenced(&parts, &steps).map(drop)
    }
}

impl Store {
    /// Messages queued since the hour of this instant, by hour, pathway and words; urgent ones are not among them.
    pub fn bulk_since(&self, since: At) -> Result<Vec<BulkRow>> {
        let mut steps = Steps::new();
        (0..PARTS).for_each(|part| steps.add(&SINCE, [part.into(), since.0.div_euclid(HOUR_MS).into()]));
        let mut out = Vec::new();
        self.reading(|session| {
            session.query(&steps, |_, row| {
                out.push(BulkRow { hour: row.int(0)?, pathway: row.string(1)?, words: row.string(2)?, n: row.int(3)? });
                Ok(())
            })
        })?;
        Ok(out)
    }

    /// What is held, by what holds it.
    pub fn held(&self) -> Result<Vec<HeldRow>> {
        let mut steps = Steps::new();
        (0..PARTS).for_each(|part| steps.add(&HELD, [part.into(), COUNTED_MAX.into()]));
        let mut found: BTreeMap<String, (i64, Vec<u16>)> = BTreeMap::new();
        self.reading(|session| {
            session.query(&steps, |part, row| {
                let of = found.entry(row.string(0)?).or_default();
                of.0 += row.int(1)?;
                of.1.push(part as u16);
                Ok(())
            })
        })?;
        let mut out = Vec::new();
        for (key, (n, parts)) in found {
            let mut steps = Steps::new();
            parts.iter().for_each(|part| steps.add(&HELD_FIRST, [(*part).into(), (&key).into()]));
            let mut example: Option<Message> = None;
            self.reading(|session| {
                session.query(&steps, |_, row| {
                    let one = rows::message(row)?;
                    if example.as_ref().is_none_or(|e| one.valid_until < e.valid_until) {
                        example = Some(one);
                    }
                    Ok(())
                })
            })?;
            // What was taken back between the two reads is told no more.
            if let Some(example) = example {
                out.push(HeldRow { key, n, example });
            }
        }
        Ok(out)
    }

    /// How many messages are queued now: channel, urgent or not, how many. Those that are held are among them.
    pub fn queued(&self) -> Result<Vec<(Channel, bool, i64)>> {
        let rows = self.reading(|session| session.rows(&QUEUED, [], |row| Ok((row.string(0)?, row.int(1)?))))?;
        let read = |(name, n): (String, i64)| {
            let (urgent, channel) = name.strip_prefix("now.queued.")?.split_once('.')?;
            Channel::of_every(channel).filter(|_| n > 0).map(|channel| (channel, urgent == "1", n))
        };
        let mut out: Vec<_> = rows.into_iter().filter_map(read).collect();
        out.sort_unstable();
        Ok(out)
    }
}
