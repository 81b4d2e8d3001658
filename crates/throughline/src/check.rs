//! Pathway files: found, read, checked, shown.

use crate::settings::Settings;
use check::{Format, Given, Source, codes};
use clap::Args as Arguments;
use jiff::civil::Date;
use model::prompt::Team;
use pathway::shipped::is_codes;
use pathway::{Finding, Pathway, Severity};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// What `throughline check` is asked.
#[derive(Arguments)]
pub struct Args {
    /// Files or folders; without any, the pathways that ship with the binary.
    paths: Vec<PathBuf>,
    /// How findings are written: `human`, `json` or `sarif` (2.1.0).
    #[arg(long, default_value = "human", value_name = "FORMAT", value_parser = format)]
    format: Format,
    /// A warning is enough for exit status 1.
    #[arg(long)]
    warnings_as_errors: bool,
    /// A day on which teams that have hours are not there, such as 2026-12-25; may be given again.
    #[arg(long, value_name = "DATE")]
    holiday: Vec<Date>,
    /// Prints the page of a code: why, a bad and a good example. Nothing is checked.
    #[arg(long, value_name = "CODE")]
    explain: Option<String>,
}

fn format(text: &str) -> Result<Format, String> {
    Format::named(text).ok_or_else(|| "`human`, `json` or `sarif` is expected".into())
}

/// Checks, prints, and says by the exit status what came of it.
pub fn run(args: &Args, settings: &Settings) -> Result<ExitCode, String> {
    if let Some(code) = &args.explain {
        let page =
            codes::page(code).ok_or_else(|| format!("there is no code `{code}`: {} has all", codes::PAGES_AT))?;
        say(&format!("{}: {}\n\n{}\n", page.code, page.title, page.text))?;
        return Ok(ExitCode::SUCCESS);
    }
    let teams = settings.teams().map_err(|e| e.to_string())?;
    let names: Vec<String> = teams.iter().map(|t| t.name.clone()).collect();
    let mut checked = check(&args.paths, &names)?;
    let zone = settings.clinic().map_err(|e| e.to_string())?.zone;
    checked.prove(&teams, &zone, &args.holiday);
    let (errors, warnings) = (checked.count(Severity::Error), checked.count(Severity::Warning));
    let mut out = check::report(&checked.findings, &checked.sources, args.format);
    if args.format == Format::Human {
        let (pathways, files) = (checked.pathways.len(), checked.sources.len());
        out.push_str(&format!("{pathways} pathways in {files} files: {warnings} warnings, {errors} errors\n"));
    }
    say(&out)?;
    let failed = errors > 0 || args.warnings_as_errors && warnings > 0;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Prints; a reader that stopped reading is no mistake.
fn say(text: &str) -> Result<(), String> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(format!("cannot print: {e}")),
        _ => Ok(()),
    }
}

/// Files that one folder may hold.
const FILES_MAX: usize = 10_000;

/// The YAML files at `path`: itself, or all below it, in the order of their names.
pub fn files(path: &Path) -> Result<Vec<PathBuf>, String> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|e| format!("cannot read {}: {e}", folder.display()))?;
        for entry in entries {
            let path = entry.map_err(|e| format!("cannot read {}: {e}", folder.display()))?.path();
            let yaml = path.extension().is_some_and(|e| e == "yaml" || e == "yml");
            let beside = pathway::shipped::is_questionnaire(&path.to_string_lossy());
            let yaml = if beside { path.extension().is_some_and(|e| e == "json") } else { yaml };
            let test = path.to_string_lossy().ends_with(".test.yaml");
            match path.is_dir() {
                true => folders.push(path),
                false if yaml && !test => found.push(path),
                false => {}
            }
            if found.len() > FILES_MAX {
                return Err(format!("{}: more than {FILES_MAX} files", path_of(&folder)));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn path_of(path: &Path) -> String {
    path.display().to_string()
}

/// What came of reading pathways.
pub struct Checked {
    /// Those that can be used.
    pub pathways: Vec<Arc<Pathway>>,
    /// Code sets and Questionnaires they were read with: path and text.
    pub codes: Vec<(String, String)>,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Files read: name and text.
    pub sources: Vec<Source>,
}

impl Checked {
    /// Findings that are as bad as that.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|f| f.severity == severity).count()
    }

    /// Whether a file was refused.
    pub fn refused(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// The findings as people read them.
    pub fn shown(&self) -> String {
        check::report(&self.findings, &self.sources, Format::Human)
    }

    /// Adds what is wrong with pathways that read well: whom they reach, when, and what they promise.
    pub fn prove(&mut self, teams: &[Team], zone: &str, holidays: &[Date]) {
        let pathways: Vec<&Pathway> = self.pathways.iter().map(|p| &**p).collect();
        let here = model::time::zone(zone).unwrap_or(jiff::tz::TimeZone::UTC);
        let today = jiff::Timestamp::now().to_zoned(here).date();
        let rules = outreach::Rules::shipped();
        let holidays = check::whole::holidays(&rules, today, holidays);
        let given = Given { holidays: &holidays, ..Given::new(teams, &rules, zone, today) };
        check::whole::prove(&mut self.findings, &pathways, &self.sources, &given);
    }
}

/// The files at `paths` (path, text), or the shipped ones when there are none. A folder named `codes` holds code
/// sets; without any, the shipped code sets are used.
pub fn texts(paths: &[PathBuf]) -> Result<Vec<Source>, String> {
    let mut texts = Vec::new();
    for path in paths {
        for file in files(path)? {
            let text = std::fs::read_to_string(&file).map_err(|e| format!("cannot read {}: {e}", file.display()))?;
            texts.push((file.display().to_string(), text));
        }
    }
    if texts.is_empty() && !paths.is_empty() {
        return Err(format!("{}: no .yaml file is there", path_of(&paths[0])));
    }
    let shipped = pathway::shipped::shipped_texts();
    if paths.is_empty() {
        texts = shipped;
    } else if !texts.iter().any(|(path, _)| is_codes(path)) {
        texts.extend(shipped.into_iter().filter(|(path, _)| is_codes(path)));
    }
    Ok(texts)
}

/// Reads the files at `paths`, see [`texts`].
pub fn check(paths: &[PathBuf], teams: &[String]) -> Result<Checked, String> {
    let today = jiff::Zoned::now().date();
    let texts = texts(paths)?;
    let library = check::whole::read(&texts, teams, today);
    let codes = texts.iter().filter(|(path, _)| pathway::shipped::is_beside(path)).cloned().collect();
    let pathways = library.pathways.into_iter().map(Arc::new).collect();
    Ok(Checked { pathways, codes, findings: library.findings, sources: texts })
}
