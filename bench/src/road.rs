//! The whole road: JSON bytes of FHIR and replies → wire → accept → waiting → decide → commit, and
//! messages handed to a provider that takes them at once, whose receipts come back by the same door.
//!
//! Facts are counted where the store counts them: every item that was accepted, receipts too.

use crate::machine::{Lapsed, Stopwatch, written_bytes};
use crate::reference::{self, GROUP, Measured};
use crate::world::{self, Place, Result, World};
use crate::{Sizes, print};
use model::time::{DAY_MS, HOUR_MS};
use model::{At, Channel, Item};
use std::collections::BTreeMap;
use std::path::Path;
use testkit::story::DAY_0;
use tokio_postgres::NoTls;

/// What this figure aims at on SQLite.
const RATIO_AIM: f64 = 0.35;
/// Facts that set the people up, taken in at once.
const SETUP_GROUP: usize = 4096;
/// Care time that goes by with each group of [`GROUP`] facts.
const GROUP_LASTS_MS: i64 = 20_000;
/// What people write; the classes differ, and a question makes a prompt.
const REPLIES: [&str; 8] =
    ["DONE", "thanks", "ok thank you", "I picked it up", "When can I shower?", "DONE", "STOP", "my wound is bleeding"];

/// Something that comes in.
enum Input {
    /// Bytes of a FHIR resource or Bundle.
    Fhir(Vec<u8>),
    /// A text from a number.
    Text(String, &'static str),
}

/// The mix of `count` inputs, spread over the people: of twenty, one new discharge (a Bundle of six
/// resources), five medicines ready, three picked up, four appointments moved, seven replies.
fn inputs(people: usize, count: usize, now: At) -> Vec<Input> {
    let mut next: BTreeMap<&str, usize> = BTreeMap::new();
    (0..count)
        .map(|n| {
            let what = match n % 20 {
                0 => "discharge",
                1 | 5 | 9 | 13 | 17 => "ready",
                3 | 10 | 15 => "picked up",
                2 | 7 | 12 | 18 => "moved",
                _ => "reply",
            };
            let turn = next.entry(what).or_default();
            let who = *turn;
            *turn += 1;
            let story = world::someone(if what == "discharge" { people + who } else { who * 17 % people });
            match what {
                "discharge" => bytes(&story.discharged(now.plus_ms(-2 * HOUR_MS)).discharge()),
                "ready" => bytes(&story.dispense_ready(now.plus_ms(who as i64))),
                "picked up" => bytes(&story.dispense_picked_up(now.plus_ms(who as i64))),
                "moved" => bytes(&story.appointment_moved(DAY_0.plus_ms(9 * DAY_MS + who as i64 * 1000))),
                _ => Input::Text(story.person.phone.unwrap_or_default(), REPLIES[who % REPLIES.len()]),
            }
        })
        .collect()
}

fn bytes(json: &serde_json::Value) -> Input {
    Input::Fhir(json.to_string().into_bytes())
}

/// Counts of the store and the engine, to be subtracted.
#[derive(Clone, Copy, Default)]
struct Counts {
    accepted: i64,
    timeline: i64,
    turns: i64,
    messages: i64,
    commits: i64,
    bytes: i64,
    /// Rows written and looked up; PostgreSQL only.
    rows: Option<(i64, i64)>,
}

impl Counts {
    fn take(place: &Place, world: &World) -> Result<Self> {
        let all: BTreeMap<String, i64> = world.stepper.store().counters()?.into_iter().collect();
        let of = |name: &str| all.get(name).copied().unwrap_or_default();
        let mut counts = Self {
            accepted: of("inbox.accepted"),
            timeline: of("facts"),
            turns: of("turns"),
            messages: of("messages.accepted"),
            ..Self::default()
        };
        match place.file() {
            Some(file) => {
                counts.commits = i64::from(commits(file)?);
                counts.bytes = i64::try_from(written_bytes())?;
            }
            None => {
                let (commits, bytes, rows) = server_counts(place)?;
                (counts.commits, counts.bytes, counts.rows) = (commits, bytes, Some(rows));
            }
        }
        Ok(counts)
    }
}

/// Transactions that changed an SQLite file since it was opened: the counter `iChange` of the index of
/// its write-ahead log (sqlite.org/walformat.html, section 2.1), which moves by one with each. With
/// `synchronous = FULL` each of them syncs the log once.
fn commits(file: &Path) -> Result<u32> {
    let index = std::fs::read(format!("{}-shm", file.display()))?;
    let field = index.get(8..12).ok_or("the index of the write-ahead log is too short")?;
    Ok(u32::from_ne_bytes(field.try_into()?))
}

/// Transactions, bytes of log (of the whole server), rows written and index look-ups.
fn server_counts(place: &Place) -> Result<(i64, i64, (i64, i64))> {
    let url = place.url().ok_or("no database")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // The server's processes report what they did at most once a second.
        tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
        tokio::spawn(connection);
        let row = client
            .query_one(
                "SELECT d.xact_commit, pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::BIGINT,
                 SUM(t.n_tup_ins + t.n_tup_upd + t.n_tup_del)::BIGINT,
                 SUM(COALESCE(t.idx_scan, 0) + t.seq_scan)::BIGINT
                 FROM pg_stat_database d, pg_stat_user_tables t
                 WHERE d.datname = current_database() AND t.schemaname = 'public' GROUP BY 1, 2",
                &[],
            )
            .await?;
        Ok((row.get(0), row.get(1), (row.get(2), row.get(3))))
    })
}

/// Receipts of what was handed over since last time; a note on the page has none.
fn receipts(world: &World) -> Vec<Item> {
    let now = world.clock.now();
    let handed = world.null.take();
    handed.iter().filter(|(m, _)| m.channel != Channel::Portal).map(|(m, _)| world::receipt(m, now)).collect()
}

/// Drives `inputs` through, in groups of [`GROUP`] facts. Kept a function of its own, so that a
/// profiler can be told to look at nothing else.
#[inline(never)]
fn drive(world: &mut World, inputs: &[Input]) -> Result<()> {
    let mut inputs = inputs.iter();
    loop {
        let now = world.clock.now();
        let mut items = receipts(world);
        let mut over = true;
        while items.len() < GROUP
            && let Some(input) = inputs.next()
        {
            over = false;
            match input {
                Input::Fhir(bytes) => items.extend(world::read(bytes, now)?),
                Input::Text(from, text) => items.push(world::reply(from, text, now)),
            }
        }
        if over && items.is_empty() {
            return Ok(());
        }
        world.stepper.accept(items)?;
        world.stepper.run()?;
        world.clock.advance_to(now.plus_ms(GROUP_LASTS_MS));
    }
}

/// Brings `people` home at day 0 and to noon of day 1: their nurse's prompts, texts and lists are out.
pub fn people_under_way(place: &Place, people: usize) -> Result<World> {
    print::doing(&format!("bringing {people} people under way on {}", place.engine()));
    let mut world = World::open(place, DAY_0.plus_ms(60_000))?;
    let mut items = Vec::new();
    for n in 0..people {
        items.extend(world::read(world::someone(n).discharge().to_string().as_bytes(), world.clock.now())?);
        if items.len() >= SETUP_GROUP || n + 1 == people {
            world.stepper.accept(std::mem::take(&mut items))?;
            world.stepper.run()?;
        }
    }
    world.until(world::local(1, 12 * 60))?;
    Ok(world)
}

/// Sets up, measures reference and road in the same run, prints.
pub fn run(place: &Place, sizes: &Sizes) -> Result<()> {
    let reference = reference::run(place, sizes.reference)?;
    let mut world = people_under_way(place, sizes.people)?;
    let inputs = inputs(sizes.people, sizes.inputs, world.clock.now());
    let before = Counts::take(place, &world)?;
    print::doing(&format!("{} inputs down the road", inputs.len()));
    let watch = Stopwatch::start(place.database().as_deref());
    drive(&mut world, &inputs)?;
    let lapsed = watch.read();
    let after = Counts::take(place, &world)?;
    report(place, sizes, &before, &after, lapsed, reference);
    Ok(())
}

fn report(place: &Place, sizes: &Sizes, before: &Counts, after: &Counts, lapsed: Lapsed, reference: Measured) {
    let facts = (after.accepted - before.accepted) as f64;
    let each = |now: i64, was: i64| (now - was) as f64 / facts.max(1.0);
    let per_cpu_s = facts / lapsed.cpu_s.max(1e-9);
    print::title("road", place.engine(), &format!("{} people under way, {} inputs", sizes.people, sizes.inputs));
    print::line(
        "facts through",
        &format!("{facts:.0} in {:.1} s", lapsed.wall_s),
        "bytes → wire → inbox → turn → commit → provider",
    );
    print::line("facts a second", &print::number(facts / lapsed.wall_s), "");
    print::line("facts a processor second", &print::number(per_cpu_s), &print::shares(&lapsed));
    print::line(
        "reference steps a processor second",
        &print::number(reference.per_cpu_s()),
        &format!(
            "groups of {GROUP}, {} statements a step; {} a second",
            reference::STATEMENTS,
            print::number(reference.per_s())
        ),
    );
    print::ratio("road / reference", per_cpu_s / reference.per_cpu_s(), place.file().map(|_| RATIO_AIM));
    print::line(
        "a fact: turns, timeline facts, messages",
        &format!(
            "{:.2}, {:.2}, {:.2}",
            each(after.turns, before.turns),
            each(after.timeline, before.timeline),
            each(after.messages, before.messages)
        ),
        "",
    );
    print::line(
        "a fact: transactions",
        &format!("{:.4}", each(after.commits, before.commits)),
        if place.file().is_some() {
            "each syncs the log once; checkpoints add a few"
        } else {
            "reads too; the throw-away server does not sync"
        },
    );
    print::line(
        "a fact: bytes written",
        &print::number(each(after.bytes, before.bytes)),
        if place.file().is_some() { "handed to write calls: log and checkpoints" } else { "log of the whole server" },
    );
    match (before.rows, after.rows) {
        (Some((w0, r0)), Some((w1, r1))) => print::line(
            "a fact: rows written, look-ups",
            &format!("{:.1}, {:.1}", each(w1, w0), each(r1, r0)),
            "about a statement each, by the server's own counts",
        ),
        _ => print::line("a fact: statements", "—", "SQLite does not count them; they are PostgreSQL's, see there"),
    }
}
