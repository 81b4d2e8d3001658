//! The reference step: the least that a durable step of one person can be, written directly against
//! the engine with a schema of its own, and fixed for ever so that figures compare over time.
//!
//! A step is six statements: insert an event, read and write a state, insert an outbox row, swap a
//! timer (delete and insert). [`GROUP`] steps make one transaction, synced as the store syncs.

use crate::machine::{Lapsed, Stopwatch};
use crate::world::{Place, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, poll_fn};
use std::path::Path;
use std::pin::Pin;
use std::task::Poll;
use tokio_postgres::{NoTls, types::ToSql};

/// Steps in a transaction.
pub const GROUP: usize = 512;
/// Rows that the steps choose from.
const PEOPLE: u64 = 20_000;
/// From one step's person to the next one's; prime to [`PEOPLE`], so that a group has each person once.
const STRIDE: u64 = 7_919;
/// Bytes of an event, a state and an outbox row.
const EVENT_BYTES: usize = 400;
const STATE_BYTES: usize = 220;
const OUTBOX_BYTES: usize = 200;

const EVENT: &str = "INSERT INTO event (seq, person, body) VALUES ($1, $2, $3)";
const READ: &str = "SELECT body, due FROM state WHERE person = $1";
const WRITE: &str = "UPDATE state SET body = $1, due = $2 WHERE person = $3";
const OUTBOX: &str = "INSERT INTO outbox (seq, body) VALUES ($1, $2)";
const UNSET: &str = "DELETE FROM timer WHERE due = $1 AND person = $2";
const SET: &str = "INSERT INTO timer (due, person) VALUES ($1, $2)";
/// Statements of a step.
pub const STATEMENTS: usize = 6;

/// What the reference did.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// Steps.
    pub steps: usize,
    /// Time and processor.
    pub lapsed: Lapsed,
}

impl Measured {
    /// Steps a processor second.
    pub fn per_cpu_s(&self) -> f64 {
        self.steps as f64 / self.lapsed.cpu_s.max(1e-9)
    }
    /// Steps a second.
    pub fn per_s(&self) -> f64 {
        self.steps as f64 / self.lapsed.wall_s.max(1e-9)
    }
}

/// One step's draw.
struct Step {
    seq: i64,
    person: [u8; 16],
    event: Vec<u8>,
    outbox: Vec<u8>,
}

/// SplitMix64 (Steele, Lea, Flood 2014).
fn mix(n: u64) -> u64 {
    let mut z = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn person(n: u64) -> [u8; 16] {
    let (high, low) = (mix(n), mix(!n));
    let mut id = [0; 16];
    id[..8].copy_from_slice(&high.to_be_bytes());
    id[8..].copy_from_slice(&low.to_be_bytes());
    id
}

fn step(n: usize) -> Step {
    let seq = n as i64;
    let letter = b'a' + (n % 26) as u8;
    Step {
        seq,
        person: person(n as u64 * STRIDE % PEOPLE),
        event: vec![letter; EVENT_BYTES],
        outbox: vec![letter; OUTBOX_BYTES],
    }
}

/// The state after a step, made of the one before it, and its next timer.
fn next(mut state: Vec<u8>, due: i64, step: &Step) -> (Vec<u8>, i64) {
    if let Some(first) = state.first_mut() {
        *first = first.wrapping_add(step.event[0]);
    }
    (state, due + 60_000 + step.seq % 1000)
}

/// The reference without an engine, for what touches no store: event, state, outbox row and timer are kept in
/// memory, and each state is hashed once. Fixed for ever too.
pub fn in_memory(steps: usize) -> Measured {
    crate::print::doing(&format!("{steps} reference steps in memory"));
    let mut states: BTreeMap<[u8; 16], (Vec<u8>, i64)> =
        (0..PEOPLE).map(|n| (person(n), (vec![b'.'; STATE_BYTES], n as i64))).collect();
    let mut timers: BTreeSet<(i64, [u8; 16])> = states.iter().map(|(person, (_, due))| (*due, *person)).collect();
    let watch = Stopwatch::start(None);
    let mut hashes = 0;
    for group in 0..steps.div_ceil(GROUP) {
        let mut log = Vec::with_capacity(GROUP);
        for n in group * GROUP..steps.min((group + 1) * GROUP) {
            let step = step(n);
            let Some((state, was)) = states.get(&step.person).cloned() else { continue };
            timers.remove(&(was, step.person));
            let (state, due) = next(state, was, &step);
            hashes ^= model::Id::of(&[&state]).0;
            timers.insert((due, step.person));
            states.insert(step.person, (state, due));
            log.push((step.event, step.outbox));
        }
        std::hint::black_box(log);
    }
    std::hint::black_box(hashes);
    Measured { steps, lapsed: watch.read() }
}

/// The reference on the engine of `place`, in a place of its own.
pub fn run(place: &Place, steps: usize) -> Result<Measured> {
    crate::print::doing(&format!("{steps} reference steps on {}", place.engine()));
    match place.file() {
        Some(file) => sqlite(&file.with_file_name("reference.db"), steps),
        None => postgres(place, steps),
    }
}

const SCHEMA_SQLITE: &str = "
    CREATE TABLE event (seq INTEGER PRIMARY KEY, person BLOB NOT NULL, body BLOB NOT NULL) STRICT;
    CREATE TABLE state (person BLOB PRIMARY KEY, due INTEGER NOT NULL, body BLOB NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE outbox (seq INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
    CREATE TABLE timer (due INTEGER NOT NULL, person BLOB NOT NULL, PRIMARY KEY (due, person)) STRICT, WITHOUT ROWID;";

/// Settings are the store's own.
fn sqlite(file: &Path, steps: usize) -> Result<Measured> {
    let _ = std::fs::remove_file(file);
    let db = rusqlite::Connection::open(file)?;
    db.execute_batch(
        "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 2048; PRAGMA temp_store = MEMORY;",
    )?;
    db.execute_batch(SCHEMA_SQLITE)?;
    db.execute_batch("BEGIN")?;
    for n in 0..PEOPLE {
        let due = n as i64;
        db.prepare_cached("INSERT INTO state (person, due, body) VALUES ($1, $2, $3)")?.execute((
            person(n),
            due,
            vec![b'.'; STATE_BYTES],
        ))?;
        db.prepare_cached(SET)?.execute((due, person(n)))?;
    }
    db.execute_batch("COMMIT")?;
    let watch = Stopwatch::start(None);
    {
        let mut event = db.prepare(EVENT)?;
        let mut read = db.prepare(READ)?;
        let mut write = db.prepare(WRITE)?;
        let mut outbox = db.prepare(OUTBOX)?;
        let (mut unset, mut set) = (db.prepare(UNSET)?, db.prepare(SET)?);
        for group in 0..steps.div_ceil(GROUP) {
            db.execute_batch("BEGIN IMMEDIATE")?;
            for n in group * GROUP..steps.min((group + 1) * GROUP) {
                let step = step(n);
                event.execute((step.seq, step.person, &step.event))?;
                let (state, was): (Vec<u8>, i64) = read.query_row([step.person], |r| Ok((r.get(0)?, r.get(1)?)))?;
                let (state, due) = next(state, was, &step);
                write.execute((state, due, step.person))?;
                outbox.execute((step.seq, &step.outbox))?;
                unset.execute((was, step.person))?;
                set.execute((due, step.person))?;
            }
            db.execute_batch("COMMIT")?;
        }
    }
    let measured = Measured { steps, lapsed: watch.read() };
    drop(db);
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", file.display()));
    }
    Ok(measured)
}

const SCHEMA_POSTGRES: &str = "
    CREATE SCHEMA reference; SET search_path = reference;
    CREATE TABLE event (seq BIGINT PRIMARY KEY, person BYTEA NOT NULL, body BYTEA NOT NULL);
    CREATE TABLE state (person BYTEA PRIMARY KEY, due BIGINT NOT NULL, body BYTEA NOT NULL);
    CREATE TABLE outbox (seq BIGINT PRIMARY KEY, body BYTEA NOT NULL);
    CREATE TABLE timer (due BIGINT NOT NULL, person BYTEA NOT NULL, PRIMARY KEY (due, person));";

type Sent<'a, T> = Pin<Box<dyn Future<Output = std::result::Result<T, tokio_postgres::Error>> + Send + 'a>>;

/// Sends all before it waits for the first.
async fn pipeline<T>(mut all: Vec<Sent<'_, T>>) -> Result<Vec<T>> {
    let mut early = Vec::with_capacity(all.len());
    poll_fn(|cx| {
        early.extend(all.iter_mut().map(|one| match one.as_mut().poll(cx) {
            Poll::Ready(answer) => Some(answer),
            Poll::Pending => None,
        }));
        Poll::Ready(())
    })
    .await;
    let mut out = Vec::with_capacity(all.len());
    for (one, early) in all.into_iter().zip(early) {
        out.push(match early {
            Some(answer) => answer?,
            None => one.await?,
        });
    }
    Ok(out)
}

fn postgres(place: &Place, steps: usize) -> Result<Measured> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let url = place.url().ok_or("no database")?;
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
        tokio::spawn(connection);
        client.batch_execute(SCHEMA_POSTGRES).await?;
        let fill = client.prepare("INSERT INTO state (person, due, body) VALUES ($1, $2, $3)").await?;
        let set = client.prepare(SET).await?;
        client.batch_execute("BEGIN").await?;
        for n in 0..PEOPLE {
            let id = person(n);
            client.execute(&fill, &[&id.as_slice(), &(n as i64), &vec![b'.'; STATE_BYTES]]).await?;
            client.execute(&set, &[&(n as i64), &id.as_slice()]).await?;
        }
        client.batch_execute("COMMIT; ANALYZE").await?;
        let (event, read) = (client.prepare(EVENT).await?, client.prepare(READ).await?);
        let (write, outbox) = (client.prepare(WRITE).await?, client.prepare(OUTBOX).await?);
        let unset = client.prepare(UNSET).await?;
        let watch = Stopwatch::start(place.database().as_deref());
        for group in 0..steps.div_ceil(GROUP) {
            let group: Vec<Step> = (group * GROUP..steps.min((group + 1) * GROUP)).map(step).collect();
            client.batch_execute("BEGIN").await?;
            let ids: Vec<&[u8]> = group.iter().map(|s| s.person.as_slice()).collect();
            let asks: Vec<[&(dyn ToSql + Sync); 1]> = ids.iter().map(|id| [id as _]).collect();
            let asked = asks.iter().map(|ask| -> Sent<'_, _> { Box::pin(client.query_one(&read, ask)) }).collect();
            let mut states: Vec<(Vec<u8>, i64, i64)> = Vec::with_capacity(group.len());
            for (row, step) in pipeline(asked).await?.iter().zip(&group) {
                let was = row.get(1);
                let (state, due) = next(row.get(0), was, step);
                states.push((state, was, due));
            }
            let mut does: Vec<(&tokio_postgres::Statement, Vec<&(dyn ToSql + Sync)>)> = Vec::new();
            for ((step, id), (state, was, due)) in group.iter().zip(&ids).zip(&states) {
                does.push((&event, vec![&step.seq, id, &step.event]));
                does.push((&write, vec![state, due, id]));
                does.push((&outbox, vec![&step.seq, &step.outbox]));
                does.push((&unset, vec![was, id]));
                does.push((&set, vec![due, id]));
            }
            let sent = does.iter().map(|(sql, vals)| -> Sent<'_, _> { Box::pin(client.execute(*sql, vals)) });
            pipeline(sent.collect()).await?;
            client.batch_execute("COMMIT").await?;
        }
        Ok(Measured { steps, lapsed: watch.read() })
    })
}
