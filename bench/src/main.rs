//! The benchmarks, each beside its physical limit or a fixed reference step.
//!
//! `make bench` runs all of them on both engines; see `--help` for less. Each figure says what it
//! counts; an aim that is missed is printed as such and fails nothing, for the machine may be busy. What is
//! under way is said on stderr.
//!
//! Deliberately absent: any code that only a benchmark would take. The road is the hub's own.

mod clones;
mod journeys;
mod latency;
mod machine;
mod morning;
mod pages;
mod print;
mod reference;
mod road;
mod scenarios;
mod simulate;
mod timers;
mod world;

use clap::{Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;
use world::{Place, Result};

/// Prints figures of Throughline beside their reference.
#[derive(Parser)]
#[command(name = "throughline-bench", args_conflicts_with_subcommands = true)]
struct Arguments {
    /// Which benchmarks; all when none is named.
    which: Vec<Which>,
    /// Only on PostgreSQL.
    #[arg(long, conflicts_with = "sqlite")]
    postgres: bool,
    /// Only on SQLite.
    #[arg(long)]
    sqlite: bool,
    /// Folder for SQLite's files; on the disk that is to be measured.
    #[arg(long, default_value = "target/bench")]
    dir: PathBuf,
    /// scenarios: folder of the shipped pathways and their tests.
    #[arg(long, default_value = "pathways")]
    pathways: PathBuf,
    /// Page size of SQLite's file, to compare with the store's own.
    #[arg(long)]
    page_bytes: Option<u32>,
    #[command(flatten)]
    sizes: Sizes,
    #[command(subcommand)]
    inner: Option<Inner>,
}

/// How much.
#[derive(clap::Args)]
struct Sizes {
    /// Steps of the reference.
    #[arg(long, default_value_t = 200_000)]
    reference: usize,
    /// road: people under way.
    #[arg(long, default_value_t = 4_000)]
    people: usize,
    /// road: FHIR messages and replies that come in.
    #[arg(long, default_value_t = 16_000)]
    inputs: usize,
    /// latency: facts a second.
    #[arg(long, default_value_t = 500)]
    rate: usize,
    /// latency: seconds.
    #[arg(long, default_value_t = 20)]
    seconds: usize,
    /// journeys: how many on SQLite.
    #[arg(long, default_value_t = 1_000_000)]
    journeys: usize,
    /// journeys: how many on PostgreSQL.
    #[arg(long, default_value_t = 100_000)]
    journeys_postgres: usize,
    /// pages: people due on one worklist.
    #[arg(long, default_value_t = 1_000)]
    due: usize,
    /// pages: facts of one person.
    #[arg(long, default_value_t = 10_000)]
    facts: usize,
    /// timers: how many are due at once.
    #[arg(long, default_value_t = 100_000)]
    timers: usize,
    /// morning: reminders in the outbox.
    #[arg(long, default_value_t = 1_000_000)]
    reminders: u32,
    /// morning: red flags, each of another person.
    #[arg(long, default_value_t = 1_000)]
    flagged: usize,
    /// morning: red flags a second.
    #[arg(long, default_value_t = 20)]
    flags_per_s: usize,
    /// simulate: people.
    #[arg(long, default_value_t = 100_000)]
    simulated: u32,
    /// scenarios: how many.
    #[arg(long, default_value_t = 1_000)]
    scenarios: usize,
}

/// A benchmark.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    /// Facts through the whole road, beside the reference step.
    Road,
    /// From accepted to handed over, at a steady rate.
    Latency,
    /// Memory and disk for journeys under way.
    Journeys,
    /// Timers due at once.
    Timers,
    /// A million reminders, and urgent messages in the middle of them.
    Morning,
    /// The care team's two heaviest pages.
    Pages,
    /// A simulated population, beside people who walk alone.
    Simulate,
    /// Scenarios of tests, as `throughline test` plays them.
    Scenarios,
}

/// What a benchmark starts in a process of its own.
#[derive(Subcommand)]
enum Inner {
    /// Opens a store and wakes what is due until a time, in milliseconds; prints memory.
    #[command(hide = true)]
    Wake { file: PathBuf, until: i64 },
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("throughline-bench: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    if let Some(Inner::Wake { file, until }) = &arguments.inner {
        return journeys::wake(file, model::At(*until));
    }
    let all = [
        Which::Road,
        Which::Latency,
        Which::Journeys,
        Which::Timers,
        Which::Morning,
        Which::Pages,
        Which::Simulate,
        Which::Scenarios,
    ];
    let which = if arguments.which.is_empty() { &all[..] } else { &arguments.which };
    let mut failed = false;
    for one in which {
        for postgres in [false, true] {
            if (postgres && arguments.sqlite) || (!postgres && arguments.postgres) {
                continue;
            }
            // The others still run: their figures may say why.
            if let Err(why) = measure(*one, postgres, arguments) {
                eprintln!("throughline-bench: {why}");
                failed = true;
            }
        }
    }
    if failed { Err("not every benchmark came to its end".into()) } else { Ok(()) }
}

fn measure(which: Which, postgres: bool, arguments: &Arguments) -> Result<()> {
    if matches!(which, Which::Simulate | Which::Scenarios) {
        // They touch no store: once is enough.
        return match which {
            _ if postgres && !arguments.postgres => Ok(()),
            Which::Simulate => simulate::run(&arguments.sizes),
            _ => scenarios::play(&arguments.sizes, &arguments.pathways),
        };
    }
    let (dir, sizes) = (&arguments.dir, &arguments.sizes);
    let place = if postgres { Place::postgres() } else { Place::sqlite(dir, "store")? };
    if let (Some(bytes), Some(file)) = (arguments.page_bytes, place.file()) {
        world::with_pages(file, bytes)?;
    }
    match which {
        Which::Road => road::run(&place, sizes),
        Which::Latency => latency::run(&place, sizes),
        Which::Journeys => journeys::run(&place, dir, sizes),
        Which::Timers => timers::run(&place, dir, sizes),
        Which::Morning => morning::run(&place, sizes),
        Which::Pages => pages::run(&place, sizes),
        Which::Simulate | Which::Scenarios => Ok(()),
    }
}
