//! Finding a person: the keys that a face is found by, and the search over them.
//!
//! A key is a hash of one thing: a folded name (lower case, without accents), the same with each one letter left
//! out, its first 1, 2, 3 and 5 letters; a birth date; the last 4 and 7 digits of a number; the local part of an
//! address; an identifier. Two spellings one slip apart (a letter too many, missing, other or swapped) share a key.
//! A search asks for the keys of its words in every part, then reads the faces of who has them, and ranks by how
//! well the words themselves fit: a key that collides shows nobody.
//!
//! Bounds: [`TERMS_MAX`] words, [`ROWS_MAX`] rows of one key, [`RANKED_MAX`] faces. Of two names that are each
//! more common than that, who has both is asked for by a join on the same keys. Where sites are named, those bounds
//! count people of these sites and of none alone, picked from [`READ_MAX`] rows of a key: who is of one's own site is
//! not crowded out by namesakes elsewhere.

mod ask;
mod words;

use crate::driver::{Row, Session, Sql, Steps};
use crate::{PersonRow, Result};
use model::{PARTS, PersonId};
use std::collections::{BTreeMap, BTreeSet};

use ask::Term;
pub(crate) use words::keys;

/// The schema that made the table.
const SCHEMA_FIND: i64 = 4;
/// Words of a search that count.
const TERMS_MAX: usize = 6;
/// Rows of one key that are looked at.
const ROWS_MAX: i64 = 400;
/// Rows of one key, or faces of a list, of which those of the named sites are picked.
const READ_MAX: i64 = 20_000;
/// Faces that are ranked.
const RANKED_MAX: usize = 300;
/// People that are listed where nothing is asked for.
const LISTED_MAX: i64 = 500;
/// Keys in one statement.
const KEYS_AT_ONCE: usize = 8;
/// Faces that are filled in one transaction.
const FILL_AT_ONCE: i64 = 500;

pub(crate) static FACE_GET: Sql =
    Sql::new("face", "SELECT person, name, birth_date, site, search, closed FROM face WHERE part = $1 AND person = $2");
static FACES: Sql = Sql::new(
    "face",
    "SELECT person, name, birth_date, site, search, closed FROM face WHERE part = $1 AND person > $2
     ORDER BY person LIMIT $3",
);
static FACES_ANY: Sql =
    Sql::new("face", "SELECT person, name, birth_date, site, search, closed FROM face WHERE closed = 0 LIMIT $1");
static ADD: Sql = Sql::new(
    "find",
    "INSERT INTO find (part, key, person) VALUES ($1, $2, $3), ($1, $4, $3), ($1, $5, $3), ($1, $6, $3),
     ($1, $7, $3), ($1, $8, $3), ($1, $9, $3), ($1, $10, $3) ON CONFLICT DO NOTHING",
);
static DROP: Sql = Sql::new("find", "DELETE FROM find WHERE part = $1 AND key = $2 AND person = $3");
static BY_KEY: Sql =
    Sql::new("find", "SELECT f.person FROM part p JOIN find f ON f.part = p.part WHERE f.key = $1 LIMIT $2");
static BY_BOTH: Sql = Sql::new(
    "find",
    "SELECT f.person FROM part p JOIN find f ON f.part = p.part
     JOIN find g ON g.part = f.part AND g.person = f.person WHERE f.key = $1 AND g.key = $2 LIMIT $3",
);
static ALSO_AT: Sql = Sql::new("face_also", "SELECT person, site FROM face_also WHERE part = $1 AND person = $2");
// `$n` is the sites, each between bars: exact, in any number, and alike in both engines. Who is in care at several sites
// has the others in `face_also`.
static FACES_AT: Sql = Sql::new(
    "face",
    "SELECT person, name, birth_date, site, search, closed
     FROM (SELECT part, person, name, birth_date, site, search, closed FROM face WHERE closed = 0 LIMIT $1) c
     WHERE c.site = '' OR REPLACE($2, '|' || c.site || '|', '') <> $2 OR EXISTS (SELECT 1 FROM face_also a
     WHERE a.part = c.part AND a.person = c.person AND REPLACE($2, '|' || a.site || '|', '') <> $2) LIMIT $3",
);
static BY_KEY_AT: Sql = Sql::new(
    "find",
    "SELECT k.person FROM (SELECT f.part, f.person FROM part p JOIN find f ON f.part = p.part WHERE f.key = $1
     LIMIT $2) k JOIN face c ON c.part = k.part AND c.person = k.person
     WHERE c.site = '' OR REPLACE($3, '|' || c.site || '|', '') <> $3 OR EXISTS (SELECT 1 FROM face_also a
     WHERE a.part = c.part AND a.person = c.person AND REPLACE($3, '|' || a.site || '|', '') <> $3) LIMIT $4",
);
static BY_BOTH_AT: Sql = Sql::new(
    "find",
    "SELECT k.person FROM (SELECT f.part, f.person FROM part p JOIN find f ON f.part = p.part
     JOIN find g ON g.part = f.part AND g.person = f.person WHERE f.key = $1 AND g.key = $2 LIMIT $3) k
     JOIN face c ON c.part = k.part AND c.person = k.person
     WHERE c.site = '' OR REPLACE($4, '|' || c.site || '|', '') <> $4 OR EXISTS (SELECT 1 FROM face_also a
     WHERE a.part = c.part AND a.person = c.person AND REPLACE($4, '|' || a.site || '|', '') <> $4) LIMIT $5",
);
static FILLED: Sql = Sql::new("meta", "SELECT value FROM meta WHERE name = 'find'");
static FILLED_PUT: Sql = Sql::new("meta", "INSERT INTO meta (name, value) VALUES ('find', $1) ON CONFLICT DO NOTHING");

/// The keys of a face as it is stored; none of one that is closed.
pub(crate) fn keys_of(row: &Row<'_>) -> Result<BTreeSet<i64>> {
    if row.int(5)? != 0 {
        return Ok(BTreeSet::new());
    }
    Ok(keys(row.text(1)?, row.text(2)?, row.text(4)?))
}

/// Puts the new keys of a person in the place of the old ones.
pub(crate) fn replace(steps: &mut Steps<'_>, person: PersonId, old: &BTreeSet<i64>, new: &BTreeSet<i64>) {
    for key in old.difference(new) {
        steps.add(&DROP, [person.part().into(), (*key).into(), person.into()]);
    }
    let fresh: Vec<i64> = new.difference(old).copied().collect();
    for some in fresh.chunks(KEYS_AT_ONCE) {
        // A statement takes so many keys; the last one stands for those that are missing.
        let key = |n: usize| some.get(n).or(some.last()).copied().unwrap_or_default().into();
        let (part, who) = (person.part().into(), person.into());
        steps.add(&ADD, [part, key(0), who, key(1), key(2), key(3), key(4), key(5), key(6), key(7)]);
    }
}

/// Fills in the keys of faces that were written before there were any; once for a store, and again from the
/// beginning if it was broken off: what is there already stays.
pub(crate) fn fill(session: &mut Session, schema: i64) -> Result<()> {
    if schema < SCHEMA_FIND || session.first(&FILLED, [], |row| row.string(0))?.is_some() {
        return Ok(());
    }
    let none = BTreeSet::new();
    for part in 0..PARTS {
        let mut last: Vec<u8> = Vec::new();
        loop {
            let from = [part.into(), (&last).into(), FILL_AT_ONCE.into()];
            let page = session.rows(&FACES, from, |row| Ok((row.person(0)?, keys_of(row)?)))?;
            let Some((end, _)) = page.last() else { break };
            last = end.0.bytes().to_vec();
            session.write(|session| {
                let mut steps = Steps::new();
                page.iter().for_each(|(person, keys)| replace(&mut steps, *person, &none, keys));
                session.run(&steps).map(drop)
            })?;
        }
    }
    session.write(|session| session.run(&Steps::one(&FILLED_PUT, ["1".into()])).map(drop))
}

/// A face that was read.
struct Found {
    row: PersonRow,
    search: String,
}

fn found(row: &Row<'_>) -> Result<Found> {
    let (person, name) = (row.person(0)?, row.string(1)?);
    let row_ = PersonRow { person, name, birth_date: row.string(2)?, site: row.string(3)? };
    Ok(Found { row: row_, search: row.string(4)? })
}

/// People whom all the words fit, the best first.
pub(crate) fn people(session: &mut Session, text: &str, sites: &[String], limit: usize) -> Result<Vec<PersonRow>> {
    let mut terms = ask::terms(text);
    terms.truncate(TERMS_MAX);
    if terms.is_empty() {
        if !text.trim().is_empty() {
            return Ok(Vec::new());
        }
        let mut all = if sites.is_empty() {
            session.rows(&FACES_ANY, [LISTED_MAX.into()], found)?
        } else {
            session.rows(&FACES_AT, [READ_MAX.into(), barred(sites).into(), LISTED_MAX.into()], found)?
        };
        let also = also_at(session, all.iter().map(|f| f.row.person), sites)?;
        all.retain(|f| may(&f.row, sites, &also));
        all.sort_by(|a, b| a.row.name.cmp(&b.row.name).then(a.row.person.cmp(&b.row.person)));
        return Ok(all.into_iter().map(|f| f.row).take(limit).collect());
    }
    // Slips are looked for only where too few fit to the letter: what fits better comes first anyway.
    let plain = ranked(session, &terms, false, sites)?;
    let ranked = if plain.len() >= limit { plain } else { ranked(session, &terms, true, sites)? };
    Ok(ranked.into_iter().map(|(_, row)| row).take(limit).collect())
}

/// The sites as one text: each between bars of its own. Whatever a bar in a name lets through, `may` stops.
fn barred(sites: &[String]) -> String {
    sites.iter().map(|site| format!("|{site}|")).collect()
}

/// Who of these is in care at one of the sites that are named, beside the site that stands for them.
fn also_at(
    session: &mut Session,
    people: impl Iterator<Item = PersonId>,
    sites: &[String],
) -> Result<BTreeSet<PersonId>> {
    let (mut steps, mut also) = (Steps::new(), BTreeSet::new());
    for person in people.filter(|_| !sites.is_empty()) {
        steps.add(&ALSO_AT, [person.part().into(), person.into()]);
    }
    session.query(&steps, |_, row| {
        if sites.iter().any(|site| row.text(1).is_ok_and(|at| at == site)) {
            also.insert(row.person(0)?);
        }
        Ok(())
    })?;
    Ok(also)
}

/// Whether a face is of these sites, or of none.
fn may(row: &PersonRow, sites: &[String], also: &BTreeSet<PersonId>) -> bool {
    sites.is_empty() || row.site.is_empty() || sites.contains(&row.site) || also.contains(&row.person)
}

/// Faces that all terms fit, the best first.
fn ranked(session: &mut Session, terms: &[Term], slips: bool, sites: &[String]) -> Result<Vec<(f64, PersonRow)>> {
    let mut steps = Steps::new();
    let candidates = candidates(session, terms, slips, sites)?;
    let also = also_at(session, candidates.iter().copied(), sites)?;
    for person in candidates {
        steps.add(&FACE_GET, [person.part().into(), person.into()]);
    }
    let mut ranked: Vec<(f64, PersonRow)> = Vec::new();
    session.query(&steps, |_, row| {
        let closed = row.int(5)? != 0;
        let face = found(row)?;
        if !closed
            && may(&face.row, sites, &also)
            && let Some(fit) = ask::fit(terms, &face.row.name, &face.row.birth_date, &face.search)
        {
            ranked.push((fit, face.row));
        }
        Ok(())
    })?;
    ranked.sort_by(|(a, left), (b, right)| {
        b.total_cmp(a).then_with(|| left.name.cmp(&right.name)).then_with(|| left.person.cmp(&right.person))
    });
    Ok(ranked)
}

/// Who has keys of the terms, those with keys of most of them first; bounded.
fn candidates(session: &mut Session, terms: &[Term], slips: bool, sites: &[String]) -> Result<Vec<PersonId>> {
    let at = barred(sites);
    let mut steps = Steps::new();
    let mut of: Vec<usize> = Vec::new();
    for (n, term) in terms.iter().enumerate() {
        for key in if slips { term.keys() } else { term.plain_keys() } {
            if sites.is_empty() {
                steps.add(&BY_KEY, [key.into(), ROWS_MAX.into()]);
            } else {
                steps.add(&BY_KEY_AT, [key.into(), READ_MAX.into(), (&at).into(), ROWS_MAX.into()]);
            }
            of.push(n);
        }
    }
    let mut rows = vec![0_i64; of.len()];
    let mut has: BTreeMap<PersonId, u32> = BTreeMap::new();
    session.query(&steps, |step, row| {
        rows[step] += 1;
        *has.entry(row.person(0)?).or_default() |= 1 << of[step];
        Ok(())
    })?;
    if rows.iter().any(|n| *n >= ROWS_MAX) {
        common(session, terms, sites, &mut has)?;
    }
    let mut all: Vec<(u32, PersonId)> = has.into_iter().map(|(person, bits)| (bits.count_ones(), person)).collect();
    all.sort_by_key(|(n, person)| (std::cmp::Reverse(*n), *person));
    all.truncate(RANKED_MAX);
    Ok(all.into_iter().map(|(_, person)| person).collect())
}

/// Who has the plain keys of two terms, where a term alone is too common to tell.
fn common(session: &mut Session, terms: &[Term], sites: &[String], has: &mut BTreeMap<PersonId, u32>) -> Result<()> {
    let at = barred(sites);
    let mut steps = Steps::new();
    let mut of = Vec::new();
    for (a, first) in terms.iter().enumerate() {
        for (b, second) in terms.iter().enumerate().skip(a + 1) {
            for x in first.plain_keys() {
                for y in second.plain_keys() {
                    if sites.is_empty() {
                        steps.add(&BY_BOTH, [x.into(), y.into(), ROWS_MAX.into()]);
                    } else {
                        let (read, rows) = (READ_MAX.into(), ROWS_MAX.into());
                        steps.add(&BY_BOTH_AT, [x.into(), y.into(), read, (&at).into(), rows]);
                    }
                    of.push(1 << a | 1 << b);
                }
            }
        }
    }
    session.query(&steps, |step, row| {
        *has.entry(row.person(0)?).or_default() |= of[step];
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::words::keys;

    #[test]
    fn a_face_has_few_enough_keys() {
        let keys = keys("Maria del Carmen García-Lopez", "1980-02-03", "maria 100123 +12125550119 maria@example.org");
        assert!((20..=90).contains(&keys.len()), "{}", keys.len());
    }
}
