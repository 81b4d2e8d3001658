//! `throughline simulate`: a make-believe population through pathways.

use crate::check;
use crate::settings::Settings;
use lab::simulate::{Asked, Plan, Population, Sharing, simulate};
use model::At;
use pathway::Pathway;
use std::path::PathBuf;
use std::sync::Arc;

/// The pathway that is simulated when none is named.
const STORY: &str = "post-surgical-follow-up";

/// What is simulated, and how it is told.
#[derive(clap::Args)]
pub struct Args {
    /// People.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    people: u32,
    /// Days after each discharge.
    #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(u32).range(1..=i64::from(lab::simulate::DAYS_MAX)))]
    days: u32,
    /// The same seed gives the same result, on any number of threads.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A pathway that ships with the binary, by name, or a file or folder; may be said several times.
    /// Standing pathways hold besides.
    #[arg(long, value_name = "NAME|PATH", default_value = STORY)]
    pathway: Vec<String>,
    /// Rates, prices and capacity, with their sources; without it, those that ship with the binary.
    #[arg(long, value_name = "FILE")]
    population: Option<PathBuf>,
    /// A day of the week in which everybody goes home.
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "2026-09-14")]
    start: String,
    /// Threads; without it, as many as the machine runs at once. The result is the same.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Writes the result as a page to this file as well.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Everybody walks alone, with ids of their own: the same result, and much slower.
    #[arg(long)]
    alone: bool,
    /// Prints the rates, prices and capacity that ship with the binary, to copy and change.
    #[arg(long)]
    print_population: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
    Html,
}

/// Runs the simulation and prints what came of it.
pub fn run(args: &Args, settings: &Settings) -> Result<(), String> {
    if args.print_population {
        print!("{}", lab::simulate::SHIPPED);
        return Ok(());
    }
    let population = match &args.population {
        Some(file) => {
            let text = std::fs::read_to_string(file).map_err(|e| format!("cannot read {}: {e}", file.display()))?;
            Population::read(&file.display().to_string(), &text)?
        }
        None => Population::shipped(),
    };
    let mut clinic = settings.clinic().map_err(|e| e.to_string())?;
    if clinic.link_secret.is_empty() {
        // Links of a simulation lead nowhere; that they have a signature is part of their length.
        clinic.link_secret = "simulation".into();
    }
    let teams = settings.teams().map_err(|e| e.to_string())?;
    let names: Vec<String> = teams.iter().map(|t| t.name.clone()).collect();
    let pathways = pathways(&args.pathway, &names)?;
    let zone = model::time::zone(&clinic.zone).ok_or_else(|| format!("the zone `{}` is not known", clinic.zone))?;
    let start = At::read(&args.start, &zone).ok_or_else(|| format!("--start {}: a date is expected", args.start))?;
    let setup = turn::Setup::new(clinic, teams, &pathways, outreach::Rules::shipped(), record::Topics::shipped());
    let threads = match args.threads {
        Some(threads) => usize::from(threads),
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };
    let sharing = if args.alone { Sharing::Alone } else { Sharing::Shared };
    let plan = Plan { asked: Asked { people: args.people, seed: args.seed, threads, sharing }, days: args.days, start };
    let began = std::time::Instant::now();
    let (report, walked) = simulate(&setup, &population, &plan)?;
    let took = began.elapsed();
    if let Some(why) = walked.alone_because {
        eprintln!("everybody walked alone: {why}");
    }
    eprintln!("{} turns in {:.1} s on {threads} threads", walked.turns, took.as_secs_f64());
    if let Some(file) = &args.html {
        std::fs::write(file, report.html()).map_err(|e| format!("cannot write {}: {e}", file.display()))?;
    }
    match args.format {
        Format::Text => print!("{}", report.text()),
        Format::Html => print!("{}", report.html()),
        Format::Json => {
            println!("{}", serde_json::to_string_pretty(&report).map_err(|e| e.to_string())?);
        }
    }
    Ok(())
}

/// The pathways that are meant, and the standing ones that ship.
fn pathways(meant: &[String], teams: &[String]) -> Result<Vec<Arc<Pathway>>, String> {
    let shipped = pathway::shipped::shipped(teams);
    let mut all: Vec<Arc<Pathway>> = Vec::new();
    let mut paths = Vec::new();
    for name in meant {
        match shipped.pathway(name) {
            Some(pathway) => all.push(Arc::new(pathway.clone())),
            None => paths.push(PathBuf::from(name)),
        }
    }
    for path in &paths {
        if !path.exists() {
            let names: Vec<&str> = shipped.pathways.iter().map(|p| p.name.as_str()).collect();
            return Err(format!("{}: no such file, and no pathway of that name: {}", path.display(), names.join(", ")));
        }
    }
    if !paths.is_empty() {
        let checked = check::check(&paths, teams)?;
        if checked.refused() {
            return Err(format!("the pathways have errors:\n{}", checked.shown()));
        }
        all.extend(checked.pathways);
    }
    for standing in shipped.pathways.into_iter().filter(|p| p.standing) {
        if !all.iter().any(|p| p.name == standing.name) {
            all.push(Arc::new(standing));
        }
    }
    Ok(all)
}
