//! Memory and disk for many story journeys under way, with all their timers and indexes.
//!
//! A journey is its row, the index of its row, and its line's entry in the index of wakes: that is
//! what is counted against the aim. The line itself (what is known of the person and what is under
//! way to them) and the face are there too, and printed apart.

use crate::clones;
use crate::machine::memory_mib;
use crate::world::{Place, Result, World};
use crate::{Sizes, print};
use model::At;
use model::time::DAY_MS;
use std::path::Path;
use std::process::Command;
use std::time::Instant;
use tokio_postgres::NoTls;

/// What these figures aim at on SQLite.
const BYTES_AIM: f64 = 600.0;
const MEMORY_AIM_MIB: f64 = 300.0;
/// Tables and indexes with less than this a journey are not listed.
const LISTED_BYTES: usize = 4;
/// Lines that are woken after opening.
const WOKEN: usize = 10_000;

/// Table or index, and the bytes of its pages.
type Found = Vec<(String, i64)>;

fn sqlite_sizes(file: &Path) -> Result<Found> {
    let db = rusqlite::Connection::open_with_flags(file, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut ask = db.prepare("SELECT name, pgsize FROM dbstat WHERE aggregate = TRUE ORDER BY pgsize DESC")?;
    let rows = ask.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<std::result::Result<_, _>>()?)
}

fn postgres_sizes(place: &Place) -> Result<Found> {
    let url = place.url().ok_or("no database")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
        tokio::spawn(connection);
        // A table's own size has its long values (TOAST) in it.
        let rows = client
            .query(
                "SELECT relname::TEXT, CASE relkind WHEN 'r' THEN pg_table_size(oid) ELSE pg_relation_size(oid) END
                 FROM pg_class WHERE relkind IN ('r', 'i') AND relnamespace = 'public'::REGNAMESPACE ORDER BY 2 DESC",
                &[],
            )
            .await?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    })
}

/// Fills, measures, prints.
pub fn run(place: &Place, dir: &Path, sizes: &Sizes) -> Result<()> {
    let count = if place.file().is_some() { sizes.journeys } else { sizes.journeys_postgres };
    let prototype = clones::prototype(dir)?;
    // The wakes of a day, evenly: what is due next differs from person to person.
    let wake = |n: usize| prototype.due.plus_ms((n as i128 * i128::from(DAY_MS) / count.max(1) as i128) as i64);
    let start = Instant::now();
    {
        let store = place.store()?;
        prototype.write(&store, count, wake)?;
    }
    let filled_s = start.elapsed().as_secs_f64();
    let bytes = match place.file() {
        Some(file) => sqlite_sizes(file)?,
        None => postgres_sizes(place)?,
    };
    let (state, blob) = prototype.bytes();
    let what = format!("{count} under way, written in {filled_s:.0} s; a line's state {state} B, a journey's {blob} B");
    print::title("journeys", place.engine(), &what);
    let mut journey = 0.0;
    for (name, size) in bytes.iter().filter(|(_, size)| *size as usize / count.max(1) >= LISTED_BYTES) {
        let each = *size as f64 / count as f64;
        let counted = is_journeys(name);
        journey += if counted { each } else { 0.0 };
        print::line(name, &format!("{each:.0} B each"), if counted { "counted" } else { "apart" });
    }
    let all: i64 = bytes.iter().map(|(_, size)| size).sum();
    let aim = place
        .file()
        .map(|_| print::verdict(journey <= BYTES_AIM, &format!("at most {BYTES_AIM} B")))
        .unwrap_or_default();
    print::line("a journey with its indexes and timer", &format!("{journey:.0} B"), &aim);
    print::line("all tables and indexes", &format!("{:.0} MB", all as f64 / 1e6), "");
    if let Some(file) = place.file() {
        let until = wake(WOKEN.min(count));
        let said = Command::new(std::env::current_exe()?).arg("wake").arg(file).arg(until.0.to_string()).output()?;
        if !said.status.success() {
            return Err(format!("waking failed: {}", String::from_utf8_lossy(&said.stderr)).into());
        }
        print!("{}", String::from_utf8_lossy(&said.stdout));
    }
    Ok(())
}

/// The journey's own row and index, and the index of wakes.
fn is_journeys(name: &str) -> bool {
    name == "line_wake" || name.starts_with("journey") || name.starts_with("sqlite_autoindex_journey")
}

/// In a process of its own: opens the store, wakes what is due until `until`, prints memory.
pub fn wake(file: &Path, until: At) -> Result<()> {
    let start = Instant::now();
    let place = Place::of_file(file);
    let mut world = World::open(&place, until.plus_ms(-DAY_MS))?;
    let next = world.stepper.next_wake()?.ok_or("nobody waits")?;
    let opened = start.elapsed().as_secs_f64();
    let (resident, _) = memory_mib();
    print::line(
        "memory, opened",
        &format!("{resident:.0} MiB"),
        &format!("{opened:.2} s until the next wake is known, {next}"),
    );
    world.clock.advance_to(until);
    world.stepper.run()?;
    let handed = world.null.take().len();
    let (_, most) = memory_mib();
    let took = start.elapsed().as_secs_f64() - opened;
    let aim = print::verdict(most <= MEMORY_AIM_MIB, &format!("at most {MEMORY_AIM_MIB} MiB"));
    print::line(
        "memory at most, after waking",
        &format!("{most:.0} MiB"),
        &format!("about {WOKEN} lines in {took:.1} s, {handed} messages; {aim}"),
    );
    Ok(())
}
