//! `throughline`: an omnichannel engagement hub for health care, in one binary.

mod carriers;
mod check;
mod client;
mod demo;
mod figures;
mod import;
mod providers;
mod publish;
mod serve;
mod services;
mod settings;
mod simulate;
mod test;
mod tools;
mod upload;

use clap::{Parser, Subcommand};
use settings::Settings;
use std::path::PathBuf;
use std::process::ExitCode;

/// An omnichannel engagement hub for health care.
///
/// Throughline listens to every system that knows something about a patient, keeps one record of
/// each person, walks each along care pathways, reaches them through the right channel at the right
/// time, and prompts the care team with the right next action.
#[derive(Parser)]
#[command(
    name = "throughline",
    version,
    after_help = "Start here:\n  throughline demo            see two people leave hospital, in time-lapse\n  throughline check           check the pathways that ship with the binary\n  throughline config          every setting, what it means and where its value comes from\n  throughline serve           run a hub"
)]
struct Cli {
    /// A file of settings (TOML). `throughline config` prints one that works.
    #[arg(long, global = true, env = "THROUGHLINE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// A setting, such as `--set http.listen=0.0.0.0:8080`. Wins over file and environment.
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs a hub until it is told to stop (SIGINT or SIGTERM); nothing acknowledged is lost.
    ///
    /// The first start makes the store, and an account for each role whose password is printed once.
    Serve,
    /// Runs the story in time-lapse on a store of its own: Katie and David leave hospital.
    ///
    /// A day takes 30 seconds; pause, step and speed are on the page. Nothing leaves this machine: the
    /// only provider is a make-believe phone and mailbox in the browser.
    Demo(demo::Args),
    /// Imports FHIR R4 Bundles and NDJSON from a file or a folder, as history unless `--live`.
    ///
    /// History is known and starts nothing: no message, no prompt. An import that was broken off goes
    /// on where it was. Stop a hub that runs on the same embedded store first.
    Import(import::Args),
    /// Checks pathway files: what is wrong, where, and what to do about it.
    ///
    /// Exit status 0: no errors; 1: errors; 2: a file could not be read.
    /// Among what is proved: every red flag reaches somebody on duty in time, at any hour of any week, with the
    /// teams and hours of the settings.
    Check(check::Args),
    /// Tests pathways: scenarios of a person, what happens, and what should come of it (`*.test.yaml`).
    ///
    /// Exit status 0: all as it should be; 1: something failed; 2: a file could not be read.
    Test(test::Args),
    /// Publishes versions of pathways into a running hub: checked there, the difference shown, then in force.
    ///
    /// The hub is not restarted; whoever is on the way stays on their version. Tests beside a file are run before it
    /// is sent. Exit status 0: done, or in force already; 1: refused, and why is told; 2: the hub or a file could not be
    /// reached.
    Publish(upload::Args),
    /// Draws a pathway: a flow chart in Mermaid, or an SVG.
    Graph {
        /// The pathway's file.
        path: PathBuf,
        /// As SVG.
        #[arg(long)]
        svg: bool,
    },
    /// Brings pathway files into their layout: two spaces a level, one empty line at most. Comments stay.
    ///
    /// Exit status with `--check`: 0: all are in it; 1: some are not, and are named.
    Fmt {
        /// Files or folders.
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// Writes nothing.
        #[arg(long)]
        check: bool,
    },
    /// Tells what differs between two versions of a pathway, in words.
    ///
    /// Exit status 0: nothing; 1: something; 2: a file does not read.
    Diff {
        /// The older file.
        from: PathBuf,
        /// The newer one.
        to: PathBuf,
    },
    /// Prints the language as a JSON Schema, for editors.
    Schema,
    /// Walks a make-believe population along pathways: what would be sent, asked and reached.
    ///
    /// Rates, prices and capacity are data with their sources (`--print-population`). Nothing leaves this
    /// machine, and no store is touched.
    Simulate(simulate::Args),
    /// Brings a store's schema to this version. `serve` does it too, on the embedded store only.
    Migrate,
    /// Prints every setting: what it means, its value, and where that was said. Secrets are not shown.
    Config,
    /// Prints the version.
    Version,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("KEY=VALUE is expected, as in http.listen=127.0.0.1:8080")?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let settings = match Settings::read(cli.config.as_deref(), std::env::vars(), &cli.set) {
        Ok(settings) => settings,
        Err(mistake) => return fail(&mistake.to_string()),
    };
    // `config` shows settings that are wrong, too.
    if matches!(cli.command, Command::Serve | Command::Demo(_) | Command::Import(_) | Command::Migrate)
        && let Err(mistake) = settings.check()
    {
        return fail(&mistake.to_string());
    }
    let done = match cli.command {
        Command::Serve => serve::serve(&settings),
        Command::Demo(args) => demo::demo(&args, settings),
        Command::Import(args) => import::import(&args, &settings),
        Command::Check(args) => return check::run(&args, &settings).unwrap_or_else(|error| fail(&error)),
        Command::Test(args) => return run_test(&args, &settings),
        Command::Publish(args) => return upload::run(&args, &settings).unwrap_or_else(|error| fail(&error)),
        command @ (Command::Graph { .. } | Command::Fmt { .. } | Command::Diff { .. } | Command::Schema) => {
            return run_tool(command, &settings);
        }
        Command::Simulate(args) => simulate::run(&args, &settings),
        Command::Migrate => migrate(&settings),
        Command::Config => {
            print!("{}", settings.show());
            Ok(())
        }
        Command::Version => {
            println!("throughline {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn fail(error: &str) -> ExitCode {
    eprintln!("throughline: {error}");
    ExitCode::from(2)
}

fn run_test(args: &test::Args, settings: &Settings) -> ExitCode {
    match (settings.teams(), settings.clinic()) {
        (Ok(teams), Ok(clinic)) => test::test(args, &teams, &clinic),
        (Err(mistake), _) | (_, Err(mistake)) => fail(&mistake.to_string()),
    }
}

/// What works on pathway files alone.
fn run_tool(command: Command, settings: &Settings) -> ExitCode {
    let teams: Vec<String> = match settings.teams() {
        Ok(teams) => teams.into_iter().map(|t| t.name).collect(),
        Err(mistake) => return fail(&mistake.to_string()),
    };
    let done = match command {
        Command::Graph { path, svg } => tools::graph(&path, svg, &teams).map(|out| (out, true)),
        Command::Fmt { paths, check } => tools::fmt(&paths, check)
            .map(|files| (files.iter().map(|f| format!("{f}\n")).collect(), files.is_empty() || !check)),
        Command::Diff { from, to } => tools::diff(&from, &to, &teams).map(|(out, count)| (out, count == 0)),
        _ => Ok((pathway::tools::schema::schema(), true)),
    };
    match done {
        Ok((out, well)) => {
            print!("{out}");
            if well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => fail(&error),
    }
}

fn migrate(settings: &Settings) -> Result<(), String> {
    let location = settings.store().map_err(|e| e.to_string())?;
    serve::make_folder(&location)?;
    let store = store::Store::open(&location, true).map_err(|e| e.to_string())?;
    let (engine, version) = store.engine();
    println!("the store is of this version now ({engine} {version})");
    Ok(())
}
