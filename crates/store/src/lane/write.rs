//! What the living batches of a group write, table by table.

use super::calls::write_calls;
use super::commit::{Counts, PLACE_BITS, Work};
use super::inbox::INBOX_DROP;
use super::outbox::{MESSAGE_ADD, MESSAGE_CARRIED, MESSAGE_MOVE, MESSAGE_STATUS, may_move};
use super::place::places;
use super::shadow::shadows;
use super::unknown::settle;
use crate::driver::{Session, Sql, Steps};
use crate::{Error, Result, find};
use model::fact::Topic;
use model::message::{Message, Status};
use model::{At, Batch, Channel, Id, MessageId, PersonId};
use std::collections::{BTreeMap, BTreeSet};

static LINE_FORWARD: Sql = Sql::new(
    "line",
    "UPDATE line SET forwards_to = $1 WHERE part = $2 AND person = $3 AND forwards_to IS DISTINCT FROM $1",
);
static FACE_PUT: Sql = Sql::new(
    "face",
    "INSERT INTO face (part, person, closed, name, birth_date, site, search) VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (part, person) DO UPDATE SET closed = excluded.closed, name = excluded.name,
     birth_date = excluded.birth_date, site = excluded.site, search = excluded.search
     WHERE face.closed <> excluded.closed OR face.name <> excluded.name OR face.birth_date <> excluded.birth_date
     OR face.site <> excluded.site OR face.search <> excluded.search",
);
static ALSO_DROP: Sql = Sql::new("face_also", "DELETE FROM face_also WHERE part = $1 AND person = $2");
static ALSO_ADD: Sql =
    Sql::new("face_also", "INSERT INTO face_also (part, person, site) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING");
static FACT_ADD: Sql = Sql::new(
    "fact",
    "INSERT INTO fact (part, person, seq, id, topic, json) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
);
static RESOURCE_PUT: Sql = Sql::new(
    "resource",
    "INSERT INTO resource (part, person, source, kind, id, version, at, json) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (part, person, source, kind, id)
     DO UPDATE SET version = excluded.version, at = excluded.at, json = excluded.json",
);
static JOURNEY_PUT: Sql = Sql::new(
    "journey",
    "INSERT INTO journey (part, person, id, status, version, next_due, started_at, ended_at, ended_why, step, episode,
     blob) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
     ON CONFLICT (part, person, id) DO UPDATE SET status = excluded.status, version = excluded.version,
     next_due = excluded.next_due, ended_at = excluded.ended_at, ended_why = excluded.ended_why, step = excluded.step,
     blob = excluded.blob",
);
static JOURNEY_DROP: Sql = Sql::new("journey", "DELETE FROM journey WHERE part = $1 AND person = $2 AND id = $3");
static PROMPT_PUT: Sql = Sql::new(
    "prompt",
    "INSERT INTO prompt (part, person, id, is_open, urgent, due_at, opened_at, team, site, status, json, assignee,
     hidden_until, lease_until, held_until, closed_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
     ON CONFLICT (part, person, id) DO UPDATE SET is_open = excluded.is_open, urgent = excluded.urgent,
     due_at = excluded.due_at, team = excluded.team, site = excluded.site, status = excluded.status,
     json = excluded.json, assignee = excluded.assignee, hidden_until = excluded.hidden_until,
     lease_until = excluded.lease_until, held_until = excluded.held_until, closed_at = excluded.closed_at",
);
static TRACE_ADD: Sql = Sql::new(
    "trace",
    "INSERT INTO trace (part, person, effect, seq, at, message, code, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
);
static CLAIM: Sql =
    Sql::new("directory", "INSERT INTO directory (part, key, person) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING");
static OVERTAKE: Sql = Sql::new(
    "directory",
    "INSERT INTO directory (part, key, person) VALUES ($1, $2, $3)
     ON CONFLICT (part, key) DO UPDATE SET person = excluded.person",
);
static UNCLAIM: Sql = Sql::new("directory", "DELETE FROM directory WHERE part = $1 AND key = $2 AND person = $3");
static FREE: Sql = Sql::new("directory", "DELETE FROM directory WHERE part = $1 AND key = $2");
static HANDOFF_ADD: Sql = Sql::new("handoff", "INSERT INTO handoff (part, seq, item) VALUES ($1, $2, $3)");

/// Writes everything but moves of messages; which messages were new.
pub(super) fn write(
    session: &mut Session,
    alive: &[(usize, &Work<'_>)],
    versions: &BTreeMap<(String, Id), i64>,
    counts: &mut Counts,
) -> Result<Vec<(usize, usize)>> {
    let found = found_by(session, alive)?;
    let mut steps = Steps::new();
    // Facts and messages go first, where their answers are found by their place.
    let mut facts = Vec::new();
    for (_, work) in alive {
        counts.add("turns", 1);
        for (n, (fact, json)) in work.batch.facts.iter().zip(&work.coded.facts).enumerate() {
            let seq = number(work.batch, n);
            let (part, topic) = (work.part.into(), Topic::of(&fact.kind, &fact.body) as i64);
            let json = json.as_str().into();
            steps.add(&FACT_ADD, [part, work.batch.person.into(), seq.into(), fact.id.into(), topic.into(), json]);
            facts.push(fact.kind.as_str());
        }
    }
    let mut messages = Vec::new();
    for (w, work) in alive {
        for (n, (message, json)) in work.batch.messages.iter().zip(&work.coded.messages).enumerate() {
            message_row(&mut steps, work, message, json);
            messages.push((*w, n, message));
        }
    }
    for (_, work) in alive {
        for (part, seq) in &work.batch.consumed {
            steps.add(&INBOX_DROP, [(*part).into(), (*seq).into()]);
        }
    }
    people(&mut steps, alive, &found);
    care(&mut steps, alive, versions)?;
    places(&mut steps, alive);
    directory(&mut steps, alive);
    shadows(&mut steps, alive);
    let changed = session.run(&steps)?;
    for (kind, _) in facts.iter().zip(&changed).filter(|(_, n)| **n > 0) {
        counts.add("facts", 1);
        if let Some(name) = counted(kind) {
            counts.add(name, 1);
        }
    }
    let mut queued = Vec::new();
    for ((work, place, message), _) in messages.iter().zip(&changed[facts.len()..]).filter(|(_, n)| **n > 0) {
        counts.stands(Status::Queued, message.channel, message.urgent, 1);
        counts.bulk(message);
        queued.push((*work, *place));
    }
    Ok(queued)
}

/// The counter that a fact of this kind adds to.
fn counted(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "prompt.opened" => "prompts.opened",
        "prompt.completed" => "prompts.completed",
        "journey.started" => "journeys.started",
        "journey.ended" => "journeys.ended",
        "journey.failed" => "journeys.failed",
        _ => return None,
    })
}

/// A number that grows along a person's line.
pub(super) fn number(batch: &Batch, place: usize) -> i64 {
    ((batch.loaded + 1) << PLACE_BITS) + place as i64
}

fn message_row<'a>(steps: &mut Steps<'a>, work: &Work<'a>, message: &'a Message, json: &'a str) {
    steps.add(
        &MESSAGE_ADD,
        [
            work.part.into(),
            work.batch.person.into(),
            message.id.into(),
            message.urgent.into(),
            message.created_at.into(),
            message.channel.name().into(),
            json.into(),
            crate::rows::toward(&message.to).into(),
        ],
    );
}

/// The keys that people are found by before this commit, of those whose face may change.
fn found_by(session: &mut Session, alive: &[(usize, &Work<'_>)]) -> Result<BTreeMap<PersonId, BTreeSet<i64>>> {
    let mut steps = Steps::new();
    let known = |w: &&(usize, &Work<'_>)| w.1.batch.face.is_some() && w.1.batch.loaded != 0;
    for (_, work) in alive.iter().filter(known) {
        steps.add(&find::FACE_GET, [work.part.into(), work.batch.person.into()]);
    }
    let mut found = BTreeMap::new();
    session.query(&steps, |_, row| {
        found.insert(row.person(0)?, find::keys_of(row)?);
        Ok(())
    })?;
    Ok(found)
}

fn people<'a>(steps: &mut Steps<'a>, alive: &[(usize, &'a Work<'a>)], found: &BTreeMap<PersonId, BTreeSet<i64>>) {
    let none = BTreeSet::new();
    for (_, work) in alive {
        let (part, person) = (work.part, work.batch.person);
        if let Some(face) = &work.batch.face {
            if work.batch.loaded != 0 {
                steps.add(&LINE_FORWARD, [face.forwards_to.into(), part.into(), person.into()]);
            }
            let closed = face.forwards_to.is_some().into();
            let words = [&face.name, &face.birth_date, &face.site, &face.search].map(Into::into);
            let [name, birth_date, site, search] = words;
            steps.add(&FACE_PUT, [part.into(), person.into(), closed, name, birth_date, site, search]);
            if work.batch.loaded != 0 {
                steps.add(&ALSO_DROP, [part.into(), person.into()]);
            }
            for site in &face.also_at {
                steps.add(&ALSO_ADD, [part.into(), person.into(), site.into()]);
            }
            let keys = if face.forwards_to.is_some() {
                BTreeSet::new()
            } else {
                find::keys(&face.name, &face.birth_date, &face.search)
            };
            find::replace(steps, person, found.get(&person).unwrap_or(&none), &keys);
        }
        for row in &work.batch.resources {
            let key = [(&row.source).into(), (&row.kind).into(), (&row.id).into()];
            let [source, kind, id] = key;
            let (version, at, json) = (row.version.into(), row.at.into(), (&row.json).into());
            steps.add(&RESOURCE_PUT, [part.into(), person.into(), source, kind, id, version, at, json]);
        }
    }
}

fn care<'a>(
    steps: &mut Steps<'a>,
    alive: &[(usize, &'a Work<'a>)],
    versions: &BTreeMap<(String, Id), i64>,
) -> Result<()> {
    for (_, work) in alive {
        let (part, person) = (work.part, work.batch.person);
        for id in &work.batch.journeys_gone {
            steps.add(&JOURNEY_DROP, [part.into(), person.into(), (*id).into()]);
        }
        for row in &work.batch.journeys {
            let number = versions
                .get(&(row.pathway.clone(), row.version))
                .ok_or_else(|| Error::Engine("a pathway's version has no number".into()))?;
            let (ended_at, ended_why) = row.ended.as_ref().map(|(at, why)| (*at, why.as_str())).unzip();
            steps.add(
                &JOURNEY_PUT,
                [
                    part.into(),
                    person.into(),
                    row.id.into(),
                    row.status.name().into(),
                    (*number).into(),
                    row.next_due.into(),
                    row.started_at.into(),
                    ended_at.into(),
                    ended_why.into(),
                    (&row.step).into(),
                    (&row.episode).into(),
                    (&row.blob).into(),
                ],
            );
        }
        for (prompt, json) in work.batch.prompts.iter().zip(&work.coded.prompts) {
            steps.add(
                &PROMPT_PUT,
                [
                    part.into(),
                    person.into(),
                    prompt.id.into(),
                    prompt.status.is_open().into(),
                    prompt.urgent.into(),
                    prompt.due_at.into(),
                    prompt.opened_at.into(),
                    (&prompt.team).into(),
                    (&prompt.site).into(),
                    prompt.status.name().into(),
                    json.into(),
                    prompt.assignee.as_deref().unwrap_or_default().into(),
                    prompt.not_before.max(prompt.desk.snoozed_until).into(),
                    prompt.desk.lease_until.into(),
                    prompt.desk.held.as_ref().map(|held| held.until).into(),
                    prompt.desk.closed_at.into(),
                ],
            );
        }
        write_calls(steps, work);
        for (n, trace) in work.batch.traces.iter().enumerate() {
            steps.add(
                &TRACE_ADD,
                [
                    part.into(),
                    person.into(),
                    trace.effect.into(),
                    number(work.batch, n).into(),
                    trace.at.into(),
                    trace.message.into(),
                    (&trace.code).into(),
                    (&trace.detail).into(),
                ],
            );
        }
    }
    Ok(())
}

/// Directory keys and handoffs. Keys go in the order of their place, the same for every lane, so
/// that two lanes that claim the same keys cannot lock each other out.
fn directory<'a>(steps: &mut Steps<'a>, alive: &[(usize, &'a Work<'a>)]) {
    let mut claims: Vec<(u16, Id, usize, &'static Sql, PersonId)> = Vec::new();
    for (n, (_, work)) in alive.iter().enumerate() {
        let person = work.batch.person;
        let of = |held| if held { &CLAIM } else { &UNCLAIM };
        claims.extend(work.batch.claims.iter().map(|c| (c.key.part(), c.key, n, of(c.held), person)));
        claims.extend(work.batch.overtaken.iter().map(|key| (key.part(), *key, n, &OVERTAKE, person)));
        for (n, json) in (0..).zip(&work.coded.handoffs) {
            steps.add(&HANDOFF_ADD, [work.part.into(), (work.handoff + n).into(), json.as_str().into()]);
        }
    }
    claims.sort_by_key(|(part, key, turn, ..)| (*part, *key, *turn));
    for (part, key, _, sql, person) in claims {
        steps.add(sql, [part.into(), key.into(), person.into()]);
    }
    for key in alive.iter().flat_map(|(_, work)| &work.batch.freed) {
        steps.add(&FREE, [key.part().into(), (*key).into()]);
    }
}

/// A message on its way to another status.
struct Move<'a> {
    part: u16,
    person: PersonId,
    id: MessageId,
    to: Status,
    at: Option<At>,
    error: Option<&'a str>,
    /// Taken back: only while it is queued.
    back: bool,
}

/// Withdraws and moves messages, each only where its status allows.
pub(super) fn move_messages(session: &mut Session, alive: &[(usize, &Work<'_>)], counts: &mut Counts) -> Result<()> {
    let mut moves: Vec<Move<'_>> = Vec::new();
    for (_, work) in alive {
        let (part, person) = (work.part, work.batch.person);
        let at = work.batch.facts.last().map(|f| f.recorded_at);
        let withdrawn = work.batch.withdraw.iter();
        moves.extend(withdrawn.map(|id| Move {
            part,
            person,
            id: *id,
            to: Status::Withdrawn,
            at,
            error: None,
            back: true,
        }));
        let moved = work.batch.moved.iter();
        moves.extend(moved.map(|(id, to, at, error)| Move {
            part,
            person,
            id: *id,
            to: *to,
            at: Some(*at),
            error: error.as_deref(),
            back: false,
        }));
    }
    let mut ask = Steps::new();
    for step in &moves {
        ask.add(&MESSAGE_STATUS, [step.part.into(), step.person.into(), step.id.into()]);
    }
    let mut stands: BTreeMap<(PersonId, MessageId), (Status, bool, Option<Channel>)> = BTreeMap::new();
    session.query(&ask, |i, row| {
        let channel = Channel::of_every(row.opt_text(2)?.unwrap_or_default());
        stands.insert((moves[i].person, moves[i].id), (row.named(0, Status::named)?, row.int(1)? != 0, channel));
        Ok(())
    })?;
    let mut steps = Steps::new();
    for Move { part, person, id, to, at, error, back } in moves {
        let Some((from, urgent, channel)) = stands.get_mut(&(person, id)) else { continue };
        let may = if back { *from == Status::Queued } else { may_move(*from, to) };
        if !may {
            continue;
        }
        counts.stands(*from, *channel, *urgent, -1);
        counts.stands(to, *channel, *urgent, 1);
        // What was under way and is unknown keeps the time at which it was claimed: a provider's list has it then, and not
        // when a process that was down for long found out that nobody knows.
        let at = at.filter(|_| (*from, to) != (Status::Dispatching, Status::Unknown));
        *from = to;
        let (to, at, error) = (to.name().into(), at.into(), error.into());
        steps.add(&MESSAGE_MOVE, [to, at, error, part.into(), person.into(), id.into()]);
    }
    for (_, work) in alive {
        let (part, person) = (work.part, work.batch.person);
        for (id, provider, its_id) in &work.batch.carried {
            let (provider, its_id) = (provider.as_str().into(), its_id.as_deref().into());
            steps.add(&MESSAGE_CARRIED, [provider, its_id, part.into(), person.into(), (*id).into()]);
        }
        settle(&mut steps, work);
    }
    session.run(&steps).map(drop)
}
