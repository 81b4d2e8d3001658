//! The inbox: accept, wait, resolve, park, hand over.

use super::Lane;
use super::commit::Counts;
use crate::driver::{Session, Sql, Steps, Val};
use crate::{Result, Waiting, rows};
use model::fact::RESOURCE_RECEIVED;
use model::{Arrival, At, FactId, Id, Item, PersonId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

static SEEN_GET: Sql =
    Sql::new("seen", "SELECT MAX(CASE WHEN fact = $1 THEN 2 ELSE 1 END) FROM seen WHERE part = $2 AND source_key = $3");
static SEEN_ADD: Sql =
    Sql::new("seen", "INSERT INTO seen (part, source_key, fact) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING");
static INBOX_ADD: Sql = Sql::new("inbox", "INSERT INTO inbox (part, seq, fact, item) VALUES ($1, $2, $3, $4)");
static INBOX_GET: Sql =
    Sql::new("inbox", "SELECT seq, item FROM inbox WHERE part = $1 AND seq > $2 ORDER BY seq LIMIT $3");
static INBOX_ONE: Sql = Sql::new("inbox", "SELECT item FROM inbox WHERE part = $1 AND seq = $2");
pub(super) static INBOX_DROP: Sql = Sql::new("inbox", "DELETE FROM inbox WHERE part = $1 AND seq = $2");
static PARK: Sql = Sql::new(
    "parked",
    "INSERT INTO parked (part, seq, at, retry, fact, why, item)
     SELECT part, seq, CAST($1 AS BIGINT), CAST($2 AS SMALLINT), fact, CAST($3 AS TEXT), item
     FROM inbox WHERE part = $4 AND seq = $5 ON CONFLICT DO NOTHING",
);
static PARKED_RETRY: Sql = Sql::new(
    "parked",
    "SELECT seq, item FROM parked WHERE part = $1 AND seq > $2 AND retry = 1 AND at >= $3 ORDER BY seq LIMIT $4",
);
static UNPARK: Sql = Sql::new(
    "inbox",
    "INSERT INTO inbox (part, seq, fact, item)
     SELECT part, seq, fact, item FROM parked WHERE part = $1 AND seq = $2 ON CONFLICT DO NOTHING",
);
static PARKED_FACT: Sql = Sql::new("parked", "SELECT 1 FROM parked WHERE part = $1 AND fact = $2 LIMIT 1");
static PARKED_DROP: Sql = Sql::new("parked", "DELETE FROM parked WHERE part = $1 AND seq = $2");
static NOBODYS_PUT: Sql = Sql::new(
    "resource",
    "INSERT INTO resource (part, person, source, kind, id, version, at, json) VALUES ($1, $2, $3, $4, $5, 1, $6, $7)
     ON CONFLICT (part, person, source, kind, id)
     DO UPDATE SET version = resource.version + 1, at = excluded.at, json = excluded.json",
);
static WHOSE: Sql = Sql::new("directory", "SELECT person FROM directory WHERE part = $1 AND key = $2");
static FORWARD: Sql =
    Sql::new("line", "SELECT forwards_to FROM line WHERE part = $1 AND person = $2 AND forwards_to IS NOT NULL");
static HANDOFF_GET: Sql = Sql::new("handoff", "SELECT seq, item FROM handoff WHERE part = $1 ORDER BY seq LIMIT $2");
static HANDOFF_DROP: Sql = Sql::new("handoff", "DELETE FROM handoff WHERE part = $1 AND seq = $2");

/// Items kept in memory, over all parts of a lane.
const HELD_MAX: usize = 16_384;
/// Items read at once from one part, when they are not in memory.
const REFILL_MAX: usize = 256;
/// Keys of an item that are looked up.
const KEYS_MAX: usize = 32;
/// Merges that are followed from line to line.
const FORWARDS_MAX: usize = 16;
/// The line of resources that belong to nobody (Organization, Practitioner, Location).
pub(crate) const NOBODY: PersonId = PersonId(Id(0));

/// What `accept` decided for an item before it writes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sight {
    New,
    Changed,
    Repeat,
}

impl Lane {
    /// Takes items in: one durable transaction for all of them. Items of other lanes' parts are an
    /// error. Resources of nobody (`item.keys` empty, `person` none) are kept in part 0 at once.
    pub fn accept(&mut self, items: &[Item], now: At) -> Result<Vec<Arrival>> {
        let mut parts = BTreeSet::new();
        for item in items {
            self.place(item.part())?;
            parts.insert(item.part());
        }
        let sights = self.sights(items)?;
        let json: Vec<Option<String>> = items
            .iter()
            .zip(&sights)
            .map(|(item, sight)| match sight {
                Sight::Repeat => Ok(None),
                _ if nobodys(item) => rows::json("resource", &item.fact.body).map(Some),
                _ => rows::json("inbox", item).map(Some),
            })
            .collect::<Result<_>>()?;
        let mut steps = Steps::new();
        let mut arrivals = Vec::with_capacity(items.len());
        let mut counts = Counts::default();
        for ((item, sight), json) in items.iter().zip(&sights).zip(&json) {
            let part = item.part();
            let Some(json) = json else {
                counts.add("inbox.repeats", 1);
                arrivals.push(Arrival::Repeat(item.fact.id));
                continue;
            };
            let place = self.place(part)?;
            let seq = self.parts[place].inbox_next;
            self.parts[place].inbox_next += 1;
            counts.add("inbox.accepted", 1);
            steps.add(&SEEN_ADD, [part.into(), item.source_key.into(), item.fact.id.into()]);
            if nobodys(item) {
                steps.add(&NOBODYS_PUT, nobodys_row(item, json, now));
            } else {
                steps.add(&INBOX_ADD, [part.into(), seq.into(), item.fact.id.into(), json.as_str().into()]);
            }
            arrivals.push(if *sight == Sight::Changed {
                counts.add("inbox.changed", 1);
                Arrival::Changed { part, seq }
            } else {
                Arrival::New { part, seq }
            });
        }
        steps.extend(counts.steps(parts.first()));
        self.fenced(&parts, &steps)?;
        for (item, arrival) in items.iter().zip(&arrivals) {
            if let (Arrival::New { part, seq } | Arrival::Changed { part, seq }, false) = (arrival, nobodys(item)) {
                self.remember(*part, *seq, item)?;
            }
        }
        Ok(arrivals)
    }

    /// Which items were here before: in the store, or earlier in the same call.
    fn sights(&mut self, items: &[Item]) -> Result<Vec<Sight>> {
        let mut steps = Steps::new();
        for item in items {
            steps.add(&SEEN_GET, [item.fact.id.into(), item.part().into(), item.source_key.into()]);
        }
        let mut sights = vec![Sight::New; items.len()];
        self.session.query(&steps, |i, row| {
            sights[i] = match row.opt_int(0)? {
                None => Sight::New,
                Some(1) => Sight::Changed,
                Some(_) => Sight::Repeat,
            };
            Ok(())
        })?;
        let mut here: BTreeMap<(u16, Id), BTreeSet<FactId>> = BTreeMap::new();
        for (item, sight) in items.iter().zip(&mut sights) {
            let same = here.entry((item.part(), item.source_key)).or_default();
            if same.contains(&item.fact.id) {
                *sight = Sight::Repeat;
            } else if !same.is_empty() && *sight == Sight::New {
                *sight = Sight::Changed;
            }
            same.insert(item.fact.id);
        }
        Ok(sights)
    }

    /// Keeps an item in memory if its part is whole there and there is room.
    fn remember(&mut self, part: u16, seq: i64, item: &Item) -> Result<()> {
        let place = self.place(part)?;
        let known = &mut self.parts[place];
        if known.inbox_whole && self.held < HELD_MAX {
            known.inbox.insert(seq, Arc::new(item.clone()));
            self.held += 1;
        } else {
            known.inbox_whole = false;
        }
        Ok(())
    }

    pub(super) fn forget(&mut self, part: u16, seq: i64) {
        if let Ok(place) = self.place(part)
            && self.parts[place].inbox.remove(&seq).is_some()
        {
            self.held -= 1;
        }
    }

    /// Reads the oldest items of parts that have none in memory and may have some in the store.
    fn refill(&mut self) -> Result<()> {
        let places: Vec<usize> =
            (0..self.parts.len()).filter(|i| self.parts[*i].inbox.is_empty() && !self.parts[*i].inbox_whole).collect();
        let mut steps = Steps::new();
        for place in &places {
            steps.add(&INBOX_GET, [self.part_at(*place).into(), 0i64.into(), (REFILL_MAX as i64).into()]);
        }
        let mut found: Vec<Vec<(i64, Item)>> = places.iter().map(|_| Vec::new()).collect();
        self.session.query(&steps, |i, row| {
            found[i].push((row.int(0)?, row.json(1)?));
            Ok(())
        })?;
        for (place, items) in places.into_iter().zip(found) {
            self.held += items.len();
            let known = &mut self.parts[place];
            known.inbox_whole = items.len() < REFILL_MAX;
            known.inbox.extend(items.into_iter().map(|(seq, item)| (seq, Arc::new(item))));
        }
        Ok(())
    }

    /// Items that wait, oldest first in each part, at most `limit`; a subject's order is kept.
    pub fn waiting(&mut self, limit: usize) -> Result<Vec<Waiting>> {
        self.refill()?;
        let chosen = self.choose(limit);
        let items: Vec<&Item> = chosen.iter().map(|(_, _, item)| item.as_ref()).collect();
        let people = resolve(&mut self.session, &items)?;
        Ok(chosen
            .into_iter()
            .zip(people)
            .map(|((part, seq, item), person)| Waiting { part, seq, item: Arc::unwrap_or_clone(item), person })
            .collect())
    }

    /// At most `limit` items: each part its share, the rest to whoever has more.
    fn choose(&mut self, limit: usize) -> Vec<(u16, i64, Arc<Item>)> {
        let count = self.parts.len();
        let busy: Vec<usize> =
            (0..count).map(|i| (i + self.turn) % count).filter(|i| !self.parts[*i].inbox.is_empty()).collect();
        self.turn = (self.turn + 1) % count;
        let share = (limit / busy.len().max(1)).max(1);
        let mut left = limit;
        let mut takes: Vec<(usize, usize)> = Vec::with_capacity(busy.len());
        for place in busy {
            let take = self.parts[place].inbox.len().min(share).min(left);
            left -= take;
            takes.push((place, take));
        }
        for (place, take) in &mut takes {
            let more = (self.parts[*place].inbox.len() - *take).min(left);
            left -= more;
            *take += more;
        }
        let mut chosen = Vec::with_capacity(limit - left);
        for (place, take) in takes {
            let part = self.part_at(place);
            chosen.extend(self.parts[place].inbox.iter().take(take).map(|(seq, item)| (part, *seq, item.clone())));
        }
        chosen
    }

    /// Puts waiting items aside: parked or refused, with the reason, and consumed. Those that belong
    /// to someone already were refused: they are listed and not tried again.
    pub fn park(&mut self, items: &[(u16, i64, String)], now: At) -> Result<()> {
        self.put_aside(items, false, now)
    }

    /// The same for what came before what it belongs to: it is tried again when keys are claimed, though its own are
    /// somebody's already.
    pub fn park_early(&mut self, items: &[(u16, i64, String)], now: At) -> Result<()> {
        self.put_aside(items, true, now)
    }

    fn put_aside(&mut self, items: &[(u16, i64, String)], early: bool, now: At) -> Result<()> {
        let mut found: Vec<Option<Arc<Item>>> = Vec::with_capacity(items.len());
        let mut steps = Steps::new();
        let mut asked = Vec::new();
        for (n, (part, seq, _)) in items.iter().enumerate() {
            let held = self.parts[self.place(*part)?].inbox.get(seq).cloned();
            if held.is_none() {
                steps.add(&INBOX_ONE, [(*part).into(), (*seq).into()]);
                asked.push(n);
            }
            found.push(held);
        }
        self.session.query(&steps, |i, row| {
            found[asked[i]] = Some(Arc::new(row.json(0)?));
            Ok(())
        })?;
        let there: Vec<(&(u16, i64, String), &Item)> =
            items.iter().zip(&found).filter_map(|(at, item)| Some((at, item.as_deref()?))).collect();
        let people = resolve(&mut self.session, &there.iter().map(|(_, item)| *item).collect::<Vec<_>>())?;
        let (mut steps, mut parts, mut counts) = (Steps::new(), BTreeSet::new(), Counts::default());
        for (((part, seq, why), item), person) in there.iter().zip(people) {
            parts.insert(*part);
            // What is early again keeps its first time: it is tried for so long, and no longer.
            let at = if early { item.fact.recorded_at.min(now) } else { now };
            steps
                .add(&PARK, [at.into(), (early || person.is_none()).into(), why.into(), (*part).into(), (*seq).into()]);
            steps.add(&INBOX_DROP, [(*part).into(), (*seq).into()]);
            counts.add("inbox.parked", 1);
        }
        steps.extend(counts.steps(parts.first()));
        self.fenced(&parts, &steps)?;
        for (part, seq, _) in items {
            self.forget(*part, *seq);
        }
        Ok(())
    }

    /// Which of these items' facts were put aside and are listed.
    pub fn are_parked(&mut self, items: &[Item]) -> Result<Vec<bool>> {
        let mut steps = Steps::new();
        for item in items {
            steps.add(&PARKED_FACT, [item.part().into(), item.fact.id.into()]);
        }
        let mut out = vec![false; items.len()];
        self.session.query(&steps, |i, _| {
            out[i] = true;
            Ok(())
        })?;
        Ok(out)
    }

    /// Parked items whose keys now belong to someone go back to waiting; those parked before
    /// `until` stay listed and are not tried again. How many came back. Looks at `limit` items a
    /// call and goes on from there in the next.
    pub fn unpark(&mut self, until: At, limit: usize) -> Result<usize> {
        let (from_part, from_seq) = self.parked_from;
        let mut steps = Steps::new();
        let parts: Vec<u16> = self.parts().filter(|p| *p >= from_part).collect();
        for part in &parts {
            let after = if *part == from_part { from_seq } else { 0 };
            steps.add(&PARKED_RETRY, [(*part).into(), after.into(), until.into(), (limit as i64).into()]);
        }
        let mut found: Vec<(u16, i64, Item)> = Vec::new();
        self.session.query(&steps, |i, row| {
            if found.len() < limit {
                found.push((parts[i], row.int(0)?, row.json(1)?));
            }
            Ok(())
        })?;
        self.parked_from = match found.last() {
            Some((part, seq, _)) if found.len() == limit => (*part, *seq),
            _ => (0, 0),
        };
        let people = resolve(&mut self.session, &found.iter().map(|(_, _, item)| item).collect::<Vec<_>>())?;
        let back: Vec<_> = found.into_iter().zip(people).filter(|(_, p)| p.is_some()).map(|(f, _)| f).collect();
        let (mut steps, mut parts) = (Steps::new(), BTreeSet::new());
        for (part, seq, _) in &back {
            parts.insert(*part);
            steps.add(&UNPARK, [(*part).into(), (*seq).into()]);
            steps.add(&PARKED_DROP, [(*part).into(), (*seq).into()]);
        }
        self.fenced(&parts, &steps)?;
        for (part, seq, item) in &back {
            let place = self.place(*part)?;
            self.held += 1;
            self.parts[place].inbox.insert(*seq, Arc::new(item.clone()));
        }
        Ok(back.len())
    }

    /// Marks items consumed that were handed to another lane.
    pub fn consume(&mut self, items: &[(u16, i64)]) -> Result<()> {
        self.drop_rows(&INBOX_DROP, items)?;
        for (part, seq) in items {
            self.forget(*part, *seq);
        }
        Ok(())
    }

    /// Facts handed over by commits and not yet delivered, oldest first: (part, number, item).
    pub fn handoffs(&mut self, limit: usize) -> Result<Vec<(u16, i64, Item)>> {
        let places: Vec<usize> = (0..self.parts.len()).filter(|i| self.parts[*i].handoffs).collect();
        let mut steps = Steps::new();
        for place in &places {
            steps.add(&HANDOFF_GET, [self.part_at(*place).into(), (limit as i64).into()]);
        }
        let mut out: Vec<(u16, i64, Item)> = Vec::new();
        let mut some = vec![false; places.len()];
        let parts: Vec<u16> = places.iter().map(|p| self.part_at(*p)).collect();
        self.session.query(&steps, |i, row| {
            some[i] = true;
            if out.len() < limit {
                out.push((parts[i], row.int(0)?, row.json(1)?));
            }
            Ok(())
        })?;
        for (place, some) in places.into_iter().zip(some) {
            self.parts[place].handoffs = some;
        }
        Ok(out)
    }

    /// Marks them delivered.
    pub fn handed(&mut self, done: &[(u16, i64)]) -> Result<()> {
        self.drop_rows(&HANDOFF_DROP, done)
    }

    fn drop_rows(&mut self, sql: &'static Sql, which: &[(u16, i64)]) -> Result<()> {
        let (mut steps, mut parts) = (Steps::new(), BTreeSet::new());
        for (part, seq) in which {
            parts.insert(*part);
            steps.add(sql, [(*part).into(), (*seq).into()]);
        }
        self.fenced(&parts, &steps).map(drop)
    }
}

/// Whether an item is a resource that belongs to nobody.
fn nobodys(item: &Item) -> bool {
    item.person.is_none() && item.keys.is_empty() && item.fact.kind == RESOURCE_RECEIVED
}

fn nobodys_row<'a>(item: &'a Item, json: &'a str, now: At) -> [Val<'a>; 7] {
    [
        item.part().into(),
        NOBODY.into(),
        (&item.fact.source).into(),
        item.fact.text("resourceType").unwrap_or_default().into(),
        item.fact.text("id").unwrap_or_default().into(),
        now.into(),
        json.into(),
    ]
}

/// Whose items are: the person they name, or the first of their keys that the directory knows,
/// strongest first; then along the forwards of merged lines.
pub(crate) fn resolve(session: &mut Session, items: &[&Item]) -> Result<Vec<Option<PersonId>>> {
    let named: Vec<Option<PersonId>> = items.iter().map(|item| item.person).collect();
    let keys: Vec<&[Id]> = items.iter().map(|item| item.keys.as_slice()).collect();
    resolve_keys(session, named, &keys)
}

pub(crate) fn resolve_keys(
    session: &mut Session,
    mut people: Vec<Option<PersonId>>,
    keys: &[&[Id]],
) -> Result<Vec<Option<PersonId>>> {
    let mut known: BTreeMap<Id, Option<PersonId>> = BTreeMap::new();
    for round in 0..KEYS_MAX {
        let mut open = false;
        let ask: BTreeSet<Id> = people
            .iter()
            .zip(keys)
            .filter(|(person, _)| person.is_none())
            .filter_map(|(_, keys)| keys.get(round))
            .inspect(|_| open = true)
            .filter(|key| !known.contains_key(key))
            .copied()
            .collect();
        if !open {
            break;
        }
        let ask: Vec<Id> = ask.into_iter().collect();
        let mut steps = Steps::new();
        for key in &ask {
            known.insert(*key, None);
            steps.add(&WHOSE, [key.part().into(), (*key).into()]);
        }
        session.query(&steps, |i, row| {
            known.insert(ask[i], Some(row.person(0)?));
            Ok(())
        })?;
        for (person, keys) in people.iter_mut().zip(keys) {
            if person.is_none() {
                *person = keys.get(round).and_then(|key| known.get(key).copied().flatten());
            }
        }
    }
    forward(session, &mut people)?;
    Ok(people)
}

/// Follows merged lines to the one that is open.
fn forward(session: &mut Session, people: &mut [Option<PersonId>]) -> Result<()> {
    let mut ask: BTreeSet<PersonId> = people.iter().flatten().copied().collect();
    let mut next: BTreeMap<PersonId, PersonId> = BTreeMap::new();
    for _ in 0..FORWARDS_MAX {
        let asked: Vec<PersonId> = ask.iter().copied().collect();
        let mut steps = Steps::new();
        for person in &asked {
            steps.add(&FORWARD, [person.part().into(), (*person).into()]);
        }
        ask.clear();
        session.query(&steps, |i, row| {
            let to = row.person(0)?;
            next.insert(asked[i], to);
            if !next.contains_key(&to) {
                ask.insert(to);
            }
            Ok(())
        })?;
        if ask.is_empty() {
            break;
        }
    }
    for person in people.iter_mut().flatten() {
        for _ in 0..FORWARDS_MAX {
            match next.get(person) {
                Some(to) => *person = *to,
                None => break,
            }
        }
    }
    Ok(())
}
