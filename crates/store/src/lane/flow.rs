//! What the living batches of a group say of the flow along pathways: who stands where, and what is
//! counted of it. Counts go to one part of the lane, its *home*, so that the same count of a day is one
//! row and not one in every part; a count of who stands follows the rows that changed, so it is what the
//! list says. What is older than [`KEPT_DAYS`] is dropped when a day begins.

use super::commit::Work;
use crate::driver::{Session, Sql, Steps};
use crate::{Error, Result};
use model::{Id, Stand, flow};
use std::collections::BTreeMap;

static HERE_ADD: Sql = Sql::new(
    "here",
    "INSERT INTO here (part, version, step, person, site, since) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
);
static HERE_DROP: Sql =
    Sql::new("here", "DELETE FROM here WHERE part = $1 AND version = $2 AND step = $3 AND person = $4");
static STANDING_ADD: Sql = Sql::new(
    "standing",
    "INSERT INTO standing (part, version, step, site, n) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (part, version, step, site) DO UPDATE SET n = standing.n + excluded.n",
);
static FLOW_ADD: Sql = Sql::new(
    "flow",
    "INSERT INTO flow (part, version, step, day, what, n) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (part, version, step, day, what) DO UPDATE SET n = flow.n + excluded.n",
);
static FLOW_DROP: Sql = Sql::new("flow", "DELETE FROM flow WHERE part = $1 AND day < $2");

/// Days that counts of what passed are kept.
pub(crate) const KEPT_DAYS: i32 = 90;

/// Small numbers of pathway versions.
type Numbers = BTreeMap<(String, Id), i64>;

/// Whether a batch says anything of it.
pub(super) fn flows(work: &Work<'_>) -> bool {
    !work.batch.stands.is_empty() || !work.batch.passages.is_empty()
}

/// Writes it. `swept` is the day up to which the home has been swept; the one that holds after this.
pub(super) fn write_flow(
    session: &mut Session,
    alive: &[(usize, &Work<'_>)],
    versions: &Numbers,
    home: u16,
    swept: i32,
) -> Result<i32> {
    let number = |pathway: &str, version: Id| {
        let known = versions.get(&(pathway.to_owned(), version)).copied();
        known.ok_or_else(|| Error::Engine("a pathway's version has no number".into()))
    };
    let mut rows = Steps::new();
    let mut stands: Vec<(&Stand, i64)> = Vec::new();
    for (_, work) in alive {
        let (part, person) = (work.part, work.batch.person);
        for stand in &work.batch.stands {
            let number = number(&stand.pathway, stand.version)?;
            let key = [part.into(), number.into(), (&stand.step).into(), person.into()];
            if stand.here {
                let [a, b, c, d] = key;
                rows.add(&HERE_ADD, [a, b, c, d, (&stand.site).into(), stand.since.into()]);
            } else {
                rows.add(&HERE_DROP, key);
            }
            stands.push((stand, number));
        }
    }
    let changed = session.run(&rows)?;
    let mut standing: BTreeMap<(i64, &str, &str), i64> = BTreeMap::new();
    for ((stand, number), _) in stands.into_iter().zip(changed).filter(|(_, n)| *n > 0) {
        *standing.entry((number, &stand.step, &stand.site)).or_default() += if stand.here { 1 } else { -1 };
    }
    let mut counted: BTreeMap<(i64, &str, i32, String), i64> = BTreeMap::new();
    let mut latest = swept;
    for passage in alive.iter().flat_map(|(_, work)| &work.batch.passages) {
        let number = number(&passage.pathway, passage.version)?;
        let one = if passage.more { 1 } else { -1 };
        let mut count = |what: String| {
            *counted.entry((number, &passage.step, passage.day, what)).or_default() += one;
        };
        count(passage.way.clone());
        if let Some(ms) = passage.stayed_ms {
            count(format!("{STAY}{}", flow::bucket(ms)));
        }
        latest = latest.max(passage.day);
    }
    let mut adds = Steps::new();
    for ((version, step, site), n) in standing.into_iter().filter(|(_, n)| *n != 0) {
        adds.add(&STANDING_ADD, [home.into(), version.into(), step.into(), site.into(), n.into()]);
    }
    for ((version, step, day, what), n) in counted.into_iter().filter(|(_, n)| *n != 0) {
        let (day, n) = (i64::from(day).into(), n.into());
        adds.add(&FLOW_ADD, [home.into(), version.into(), step.into(), day, what.into(), n]);
    }
    if latest > swept {
        adds.add(&FLOW_DROP, [home.into(), i64::from(latest.saturating_sub(KEPT_DAYS)).into()]);
    }
    session.run(&adds)?;
    Ok(latest)
}

/// What is counted begins so when it is a bucket of stays.
pub(crate) const STAY: char = '~';
