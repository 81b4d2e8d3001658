//! `throughline test`: runs `*.test.yaml`, and tells what came of it as text, JSON or JUnit XML.

mod report;

use clap::ValueEnum;
use lab::test::{Report, Suite, Threads};
use model::prompt::Team;
use outreach::Clinic;
use pathway::Pathway;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// What is tested, and how it is told.
#[derive(clap::Args)]
pub struct Args {
    /// Files of tests (`*.test.yaml`), pathways, or folders of them. A test is for the pathway beside it.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// How the result is told.
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    /// Writes what came into the files, as what is expected from now on.
    #[arg(long)]
    update: bool,
    /// Fails when less than this share of a pathway's steps and ways is passed, percent.
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    min_coverage: Option<u8>,
    /// Changes the pathways, one thing at a time, and lists the changes that no scenario notices; fails if any is.
    #[arg(long)]
    mutants: bool,
    /// Only scenarios whose name has these words in it.
    #[arg(long, value_name = "WORDS")]
    only: Option<String>,
    /// Threads; as many as there are cores when left out.
    #[arg(long)]
    threads: Option<usize>,
}

/// How the result is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Human,
    /// JUnit XML, for build servers.
    Junit,
    /// JSON.
    Json,
}

/// A folder's tests with the pathways that they may name.
struct Folder {
    library: Vec<Arc<Pathway>>,
    suites: Vec<Suite>,
}

/// Runs tests. Status 0: all passed; 1: something failed; 2: a file could not be read.
pub fn test(args: &Args, teams: &[Team], clinic: &Clinic) -> ExitCode {
    match run(args, teams, clinic) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("throughline: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &Args, teams: &[Team], clinic: &Clinic) -> Result<bool, String> {
    let files = files(&args.paths)?;
    let (folders, findings) = read(&files, teams, args)?;
    for finding in &findings {
        eprintln!("{finding}\n");
    }
    let threads = args.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let mut report = Report::default();
    for folder in &folders {
        let threads = Threads(threads.max(1));
        let of = lab::test::run(&folder.suites, &folder.library, teams, clinic, threads, args.mutants);
        report.suites.extend(of.suites);
        report.coverage.extend(of.coverage);
        if let Some((tried, survivors)) = of.mutants {
            let all = report.mutants.get_or_insert_with(|| (0, Vec::new()));
            all.0 += tried;
            all.1.extend(survivors);
        }
    }
    if args.update {
        return update(&folders, &report, !findings.is_empty());
    }
    let told = report::Told { report: &report, min_coverage: args.min_coverage, only: args.only.is_some() };
    print!(
        "{}",
        match args.format {
            Format::Human => told.human(),
            Format::Junit => told.junit(),
            Format::Json => told.json(),
        }
    );
    // A file that lost a scenario proves less than it says.
    Ok(told.passed() && findings.is_empty())
}

fn update(folders: &[Folder], report: &Report, lost: bool) -> Result<bool, String> {
    let mut sound = !lost;
    for suite in folders.iter().flat_map(|f| &f.suites) {
        let Some(of) = report.suites.iter().find(|s| s.file == suite.file) else { continue };
        if let Some(text) = lab::test::rewrite(suite, &of.verdicts) {
            std::fs::write(&suite.file, text).map_err(|e| format!("cannot write {}: {e}", suite.file))?;
            println!("{}: what came is written there; read it before you believe it", suite.file);
        } else {
            println!("{}: nothing to write", suite.file);
        }
        for verdict in of.verdicts.iter().filter(|v| !v.problems.is_empty()) {
            sound = false;
            for (place, why) in &verdict.problems {
                println!("{}:{}: {}: {why}", suite.file, place.line, verdict.name);
            }
        }
    }
    Ok(sound)
}

/// Runs the tests beside a pathway's file and prints what came of them; whether all passed. `None` when there are none.
pub fn beside(file: &Path, teams: &[Team], clinic: &Clinic) -> Result<Option<bool>, String> {
    let tests = file.with_extension("test.yaml");
    if !tests.is_file() {
        return Ok(None);
    }
    let args = Args {
        paths: vec![tests],
        format: Format::Human,
        update: false,
        min_coverage: None,
        mutants: false,
        only: None,
        threads: None,
    };
    run(&args, teams, clinic).map(Some)
}

/// All files of tests at some paths; of a pathway's file the tests beside it.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    /// Files that one run may read.
    const FILES_MAX: usize = 10_000;
    let is_test = |path: &Path| path.to_string_lossy().ends_with(".test.yaml");
    let mut found = Vec::new();
    let mut folders = Vec::new();
    for path in paths {
        if path.is_dir() {
            folders.push(path.clone());
        } else if is_test(path) {
            found.push(path.clone());
        } else {
            found.push(path.with_extension("test.yaml"));
        }
    }
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|e| format!("cannot read {}: {e}", folder.display()))?;
        for entry in entries {
            let path = entry.map_err(|e| format!("cannot read {}: {e}", folder.display()))?.path();
            match path.is_dir() {
                true => folders.push(path),
                false if is_test(&path) => found.push(path),
                false => {}
            }
            if found.len() > FILES_MAX {
                return Err(format!("{}: more than {FILES_MAX} files", folder.display()));
            }
        }
    }
    if found.is_empty() {
        return Err("no .test.yaml file is there".into());
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// The files of tests in some folders: path and text; none is fine.
pub fn texts(folders: &[PathBuf]) -> Result<Vec<(String, String)>, String> {
    let mut out = Vec::new();
    for file in files(folders).unwrap_or_default() {
        let text = std::fs::read_to_string(&file).map_err(|e| format!("cannot read {}: {e}", file.display()))?;
        out.push((file.display().to_string(), text));
    }
    Ok(out)
}

/// Reads files of tests, each with the pathways of its folder; what was found in them, ready to print.
fn read(files: &[PathBuf], teams: &[Team], args: &Args) -> Result<(Vec<Folder>, Vec<String>), String> {
    let names: Vec<String> = teams.iter().map(|t| t.name.clone()).collect();
    let (mut folders, mut shown) = (Vec::<(PathBuf, Folder)>::new(), Vec::new());
    for file in files {
        let text = std::fs::read_to_string(file).map_err(|e| format!("cannot read {}: {e}", file.display()))?;
        let home = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned();
        if !folders.iter().any(|(path, _)| *path == home) {
            let checked = crate::check::check(std::slice::from_ref(&home), &names)?;
            if checked.refused() {
                shown.push(checked.shown());
            }
            let mut library = checked.pathways;
            // What people say is answered in tests too, by what ships when the folder has none of its own.
            let shipped = pathway::shipped::shipped(&names).pathways.into_iter().filter(|p| p.standing);
            let more: Vec<_> = shipped.filter(|p| !library.iter().any(|own| own.name == p.name)).collect();
            library.extend(more.into_iter().map(Arc::new));
            folders.push((home.clone(), Folder { library, suites: Vec::new() }));
        }
        let Some((_, folder)) = folders.iter_mut().find(|(path, _)| *path == home) else { continue };
        let stem = file.file_name().map(|n| n.to_string_lossy().replace(".test.yaml", "")).unwrap_or_default();
        let (suite, findings) = lab::test::read(&file.display().to_string(), &text, &stem, &folder.library);
        shown.extend(findings.iter().map(|f| pathway::render_finding(f, &text)));
        if let Some(mut suite) = suite {
            if let Some(words) = &args.only {
                suite.scenarios.retain(|s| s.name.contains(words.as_str()));
            }
            folder.suites.push(suite);
        }
    }
    Ok((folders.into_iter().map(|(_, folder)| folder).collect(), shown))
}
