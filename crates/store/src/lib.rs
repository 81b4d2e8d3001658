//! The only crate with SQL: embedded SQLite or the PostgreSQL family, one conformance suite.

use model::message::{Message, Status};
use model::prompt::Prompt;
use model::{
    Arrival, At, Batch, EffectId, Fact, FactId, Id, Item, JourneyRow, MessageId, PersonId, PromptId, ResourceRow, Trace,
};

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine said no.
    #[error("store: {0}")]
    Engine(String),
    /// The store was written by a newer Throughline, or not migrated.
    #[error("store: {0}")]
    Schema(String),
    /// A row does not read as what it should be.
    #[error("store: damaged row in {table}: {why}")]
    Damaged {
        /// Table.
        table: &'static str,
        /// What is wrong with it.
        why: String,
    },
}

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Where the store is.
#[derive(Clone, Debug)]
pub enum Location {
    /// A file of embedded SQLite.
    Sqlite(std::path::PathBuf),
    /// A PostgreSQL connection string and how many lanes (connections that write) to use.
    Postgres {
        /// `host=127.0.0.1 user=… dbname=…` or a `postgres://` URL.
        url: String,
        /// Lanes, 1 to 64; a divisor of 64.
        lanes: u16,
    },
}

/// A store. Cheap to clone; reads may be called from any thread and block it: call them from a
/// blocking thread.
#[derive(Clone)]
pub struct Store {}

/// One writer of a lane. Not cloneable: whoever holds it owns the lane's parts.
pub struct Lane {}

/// An inbox item that waits for its turn.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Part.
    pub part: u16,
    /// Number in that part's inbox.
    pub seq: i64,
    /// The item.
    pub item: Item,
    /// Whose line the directory says it is, following forwards of merged lines.
    pub person: Option<PersonId>,
}

/// A line as stored.
#[derive(Clone, Debug)]
pub struct LineRow {
    /// Whose.
    pub person: PersonId,
    /// Version; 0 when there is no such line yet.
    pub version: i64,
    /// State blob.
    pub state: Option<Vec<u8>>,
    /// Active journeys, and ended ones without their blob (to know what was once).
    pub journeys: Vec<JourneyRow>,
    /// Prompts that are open or acknowledged.
    pub prompts: Vec<Prompt>,
    /// Set when the line was closed by a merge.
    pub forwards_to: Option<PersonId>,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// Written.
    Written,
    /// The part is another's now, or the line moved on: nothing of it was written.
    Stale,
}

/// A person in a list.
#[derive(Clone, Debug)]
pub struct PersonRow {
    /// Who.
    pub person: PersonId,
    /// Name.
    pub name: String,
    /// ISO date or empty.
    pub birth_date: String,
    /// Facility.
    pub site: String,
}

/// An item that could not be taken: parked (matches nobody yet) or refused (its turn failed).
#[derive(Clone, Debug)]
pub struct ParkedRow {
    /// Part.
    pub part: u16,
    /// Number.
    pub seq: i64,
    /// The item.
    pub item: Item,
    /// Why.
    pub why: String,
    /// Since when.
    pub at: At,
}

/// A staff account, an API key, a session, a setting: small things of the desk, by kind and key.
#[derive(Clone, Debug)]
pub struct DeskRow {
    /// `account`, `api_key`, `session`, `pathway`, `setting`.
    pub kind: String,
    /// Key within the kind.
    pub key: String,
    /// JSON.
    pub json: String,
    /// When it was written, machine's clock.
    pub at: At,
}

/// An entry of the access log: who saw or changed whom.
#[derive(Clone, Debug)]
pub struct AccessRow {
    /// When, machine's clock.
    pub at: At,
    /// Account or API key name.
    pub who: String,
    /// `saw`, `recorded`, `added task`.
    pub what: String,
    /// Whom.
    pub person: Option<PersonId>,
    /// Path or prompt.
    pub detail: String,
}

/// Which open prompts to list.
#[derive(Clone, Debug, Default)]
pub struct PromptFilter {
    /// Only these teams; empty for all.
    pub teams: Vec<String>,
    /// Only these sites; empty for all.
    pub sites: Vec<String>,
}

impl Store {
    /// Opens it, and makes or migrates the schema when `migrate` is set; otherwise a store of
    /// another version is an error that says what to run.
    pub fn open(_location: &Location, _migrate: bool) -> Result<Self> {
        todo!()
    }
    /// `sqlite` or `postgres`, and the engine's version.
    pub fn engine(&self) -> (String, String) {
        todo!()
    }
    /// How many lanes.
    pub fn lanes(&self) -> u16 {
        todo!()
    }
    /// The lane of a part.
    pub fn lane_of(&self, _part: u16) -> u16 {
        todo!()
    }
    /// Takes a lane: a new epoch for each of its parts, so that whoever had it can write no more.
    pub fn take_lane(&self, _lane: u16) -> Result<Lane> {
        todo!()
    }

    /// Whose a key is.
    pub fn whose(&self, _keys: &[Id]) -> Result<Option<PersonId>> {
        todo!()
    }
    /// People by words of name, identifier, number; best first.
    pub fn find_people(&self, _words: &str, _limit: usize) -> Result<Vec<PersonRow>> {
        todo!()
    }
    /// One line, for reading.
    pub fn line(&self, _person: PersonId) -> Result<LineRow> {
        todo!()
    }
    /// Facts, newest first, before `before` (a timeline number; `None` from the newest). With numbers.
    pub fn timeline(&self, _person: PersonId, _before: Option<i64>, _limit: usize) -> Result<Vec<(i64, Fact)>> {
        todo!()
    }
    /// All journeys of a person, ended ones too, with blobs.
    pub fn journeys(&self, _person: PersonId) -> Result<Vec<JourneyRow>> {
        todo!()
    }
    /// How many active journeys stand at each (pathway, step).
    pub fn journey_counts(&self) -> Result<Vec<(String, String, i64)>> {
        todo!()
    }
    /// Open and acknowledged prompts: urgent first, then by due time.
    pub fn prompts_open(&self, _filter: &PromptFilter, _limit: usize) -> Result<Vec<Prompt>> {
        todo!()
    }
    /// Every prompt of a person, newest first.
    pub fn prompts_of(&self, _person: PersonId, _limit: usize) -> Result<Vec<Prompt>> {
        todo!()
    }
    /// One prompt.
    pub fn prompt(&self, _person: PersonId, _id: PromptId) -> Result<Option<Prompt>> {
        todo!()
    }
    /// Messages of a person, newest first.
    pub fn messages_of(&self, _person: PersonId, _limit: usize) -> Result<Vec<Message>> {
        todo!()
    }
    /// One message.
    pub fn message(&self, _person: PersonId, _id: MessageId) -> Result<Option<Message>> {
        todo!()
    }
    /// Traces of one effect, oldest first.
    pub fn traces(&self, _person: PersonId, _effect: EffectId) -> Result<Vec<Trace>> {
        todo!()
    }
    /// Resources of a person: all, latest version.
    pub fn resources_of(&self, _person: PersonId, _limit: usize) -> Result<Vec<ResourceRow>> {
        todo!()
    }
    /// One resource by source, type and id; `person` `None` for those of nobody (Organization …).
    pub fn resource(
        &self,
        _person: Option<PersonId>,
        _source: &str,
        _kind: &str,
        _id: &str,
    ) -> Result<Option<ResourceRow>> {
        todo!()
    }
    /// Parked and refused items, newest first.
    pub fn parked(&self, _limit: usize) -> Result<Vec<ParkedRow>> {
        todo!()
    }
    /// Counters: `facts`, `messages.sent`, `inbox.waiting`, … summed over parts.
    pub fn counters(&self) -> Result<Vec<(String, i64)>> {
        todo!()
    }
    /// How many messages are in each status, urgent or not.
    pub fn message_counts(&self) -> Result<Vec<(Status, bool, i64)>> {
        todo!()
    }
    /// Answers whether the store can be read and written, for `/readyz`.
    pub fn ready(&self) -> Result<()> {
        todo!()
    }

    /// Writes a desk row (machine's clock), replacing the one with that kind and key.
    pub fn desk_put(&self, _row: &DeskRow) -> Result<()> {
        todo!()
    }
    /// Writes it only if there is none with that kind and key; whether it did.
    pub fn desk_add(&self, _row: &DeskRow) -> Result<bool> {
        todo!()
    }
    /// One desk row.
    pub fn desk_get(&self, _kind: &str, _key: &str) -> Result<Option<DeskRow>> {
        todo!()
    }
    /// All of a kind, by key.
    pub fn desk_list(&self, _kind: &str) -> Result<Vec<DeskRow>> {
        todo!()
    }
    /// Removes one; whether it was there.
    pub fn desk_drop(&self, _kind: &str, _key: &str) -> Result<bool> {
        todo!()
    }
    /// Adds to the access log.
    pub fn access_add(&self, _row: &AccessRow) -> Result<()> {
        todo!()
    }
    /// The access log, newest first, of one person or all.
    pub fn access_log(&self, _person: Option<PersonId>, _limit: usize) -> Result<Vec<AccessRow>> {
        todo!()
    }
}

impl Lane {
    /// The lane's number.
    pub fn number(&self) -> u16 {
        todo!()
    }
    /// The epoch of a part of this lane.
    pub fn epoch(&self, _part: u16) -> u64 {
        todo!()
    }
    /// Takes items in: one durable transaction for all of them. Items of other lanes' parts are an
    /// error. Resources of nobody (`item.keys` empty, `person` none) are kept in part 0 at once.
    pub fn accept(&mut self, _items: &[Item], _now: At) -> Result<Vec<Arrival>> {
        todo!()
    }
    /// Items that wait, oldest first in each part, at most `limit`; a subject's order is kept.
    pub fn waiting(&mut self, _limit: usize) -> Result<Vec<Waiting>> {
        todo!()
    }
    /// Lines whose `wake_at` is due, earliest first.
    pub fn due(&mut self, _now: At, _limit: usize) -> Result<Vec<PersonId>> {
        todo!()
    }
    /// When the next line of this lane is to be woken.
    pub fn next_wake(&mut self) -> Result<Option<At>> {
        todo!()
    }
    /// Loads lines for their turn, in the order asked.
    pub fn load(&mut self, _people: &[PersonId]) -> Result<Vec<LineRow>> {
        todo!()
    }
    /// The stored versions of resources: (person, source, type, id).
    pub fn resources(&mut self, _keys: &[(PersonId, String, String, String)]) -> Result<Vec<Option<ResourceRow>>> {
        todo!()
    }
    /// Writes the batches of all turns that wait in this lane, in one transaction. A stale one
    /// drops only itself. Facts already on the timeline (same id) are not written twice.
    pub fn commit(&mut self, _batches: &[(u16, u64, Batch)]) -> Result<Vec<Committed>> {
        todo!()
    }
    /// Puts waiting items aside: parked or refused, with the reason, and consumed.
    pub fn park(&mut self, _items: &[(u16, i64, String)], _now: At) -> Result<()> {
        todo!()
    }
    /// Parked items whose keys now belong to someone go back to waiting; those parked before
    /// `until` stay listed and are not tried again. How many came back.
    pub fn unpark(&mut self, _until: At, _limit: usize) -> Result<usize> {
        todo!()
    }
    /// Marks items consumed that were handed to another lane.
    pub fn consume(&mut self, _items: &[(u16, i64)]) -> Result<()> {
        todo!()
    }
    /// Facts handed over by commits and not yet delivered, oldest first: (number, item).
    pub fn handoffs(&mut self, _limit: usize) -> Result<Vec<(u16, i64, Item)>> {
        todo!()
    }
    /// Marks them delivered.
    pub fn handed(&mut self, _done: &[(u16, i64)]) -> Result<()> {
        todo!()
    }
    /// Takes queued messages for dispatch, urgent ones first: they are `Dispatching` and durable
    /// when this returns. Those past `valid_until` become `Withdrawn` and are returned apart, as
    /// `expired`. At most `limit`.
    pub fn claim(&mut self, _now: At, _limit: usize) -> Result<Claimed> {
        todo!()
    }
    /// After a restart: every message still `Dispatching` becomes `Unknown`; returns them.
    pub fn settle_after_crash(&mut self, _now: At) -> Result<Vec<Message>> {
        todo!()
    }
    /// Whether a fact with this id is on the timeline or in the inbox.
    pub fn has_fact(&mut self, _person: PersonId, _id: FactId) -> Result<bool> {
        todo!()
    }
}

/// Messages taken from the outbox.
#[derive(Clone, Debug, Default)]
pub struct Claimed {
    /// To be sent now.
    pub send: Vec<Message>,
    /// Too late; withdrawn.
    pub expired: Vec<Message>,
}
