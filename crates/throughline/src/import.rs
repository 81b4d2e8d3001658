//! `import`: FHIR Bundles and NDJSON from files, as history unless told otherwise.

use crate::serve;
use crate::settings::Settings;
use clap::Args as ClapArgs;
use hub::{Clock, Stepper};
use indicatif::{ProgressBar, ProgressStyle};
use model::{Item, Origin};
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// A line of NDJSON, and a Bundle read from a file, are no larger.
const INPUT_MAX_BYTES: u64 = 256 * 1024 * 1024;
/// Items taken in before the turns run.
const GROUP: usize = 4096;
/// Items of NDJSON after which the place is kept, at the end of a line.
const KEEP_EVERY: usize = 1000;

/// Arguments of `import`.
#[derive(ClapArgs)]
pub struct Args {
    /// A Bundle (.json), NDJSON (.ndjson, .jsonl), or a folder of them.
    path: PathBuf,
    /// Treat it as happening now: it may enrol, prompt and send. Without this it is history.
    #[arg(long)]
    live: bool,
    /// The source's name: it is part of what people and resources are known by.
    #[arg(long, default_value = "import")]
    source: String,
    /// The facility that the data is from.
    #[arg(long, default_value = "")]
    site: String,
    /// Also writes what was refused, a line of JSON each, to this file.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

#[derive(Default)]
struct Report {
    files: usize,
    skipped: usize,
    resources: usize,
    new: usize,
    repeats: usize,
    refused: Vec<(String, wire::Issue)>,
    refused_more: usize,
}

/// Lines or files of which something was refused that one import keeps to be mended: as many as a source may have.
const KEPT_REFUSED_MAX: usize = store::ROWS_MAX;

/// Refused resources that are kept for the report.
const REFUSED_MAX: usize = 10_000;

impl Report {
    fn refuse(&mut self, file: &str, issues: Vec<wire::Issue>) {
        for issue in issues {
            if self.refused.len() < REFUSED_MAX {
                self.refused.push((file.to_owned(), issue));
            } else {
                self.refused_more += 1;
            }
        }
    }
}

struct Import<'a> {
    args: &'a Args,
    stepper: Stepper,
    clock: Clock,
    /// The clinic's: of numbers that are written without one.
    country: String,
    waiting: Vec<Item>,
    report: Report,
    kept_refused: usize,
}

/// `import`.
pub fn import(args: &Args, settings: &Settings) -> Result<(), String> {
    serve::logging(settings);
    // Before anything is made: a path with a slip in it leaves no empty store behind.
    let files = files(&args.path)?;
    let location = settings.store().map_err(|e| e.to_string())?;
    serve::make_folder(&location)?;
    let _lock = serve::lock(&location)?;
    let runtime = serve::runtime()?;
    let store = runtime.block_on(serve::open_store(&location))?;
    serve::refuse_demo(&store)?;
    let hub_settings = runtime.block_on(serve::hub_settings(settings, store.clone()))?;
    drop(runtime);
    let clock = Clock::real();
    // Nothing is sent; they are asked what became of messages that a crash left under way.
    let keys =
        crate::providers::Keys { link_secret: hub_settings.clinic.link_secret.clone(), push: serve::push_key(&store)? };
    let providers = crate::providers::build(settings, &keys)?;
    let stepper = Stepper::new(store, &hub_settings, clock.clone(), providers).map_err(|e| e.to_string())?;
    let mut this = Import {
        args,
        stepper: stepper.without_dispatch(),
        clock,
        country: hub_settings.clinic.country.clone(),
        waiting: Vec::new(),
        report: Report::default(),
        kept_refused: 0,
    };
    let bytes = files.iter().filter_map(|f| f.metadata().ok()).map(|m| m.len()).sum();
    let bar = ProgressBar::new(bytes);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {eta} {msg}") {
        bar.set_style(style);
    }
    for file in &files {
        bar.set_message(file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default());
        this.file(file, &bar)?;
    }
    this.flush()?;
    bar.finish_and_clear();
    this.print()
}

/// The files to import, in the order of their names.
fn files(path: &Path) -> Result<Vec<PathBuf>, String> {
    let error = |e: std::io::Error| format!("cannot read {}: {e}", path.display());
    if path.metadata().map_err(error)?.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(error)? {
        let path = entry.map_err(error)?.path();
        if matches!(path.extension().and_then(|e| e.to_str()), Some("json" | "ndjson" | "jsonl")) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

impl Import<'_> {
    fn source(&self) -> wire::Source<'_> {
        let origin = if self.args.live { Origin::Live } else { Origin::History };
        wire::Source {
            name: &self.args.source,
            site: &self.args.site,
            origin,
            now: self.clock.now(),
            country: &self.country,
            may: wire::May::ALL,
        }
    }

    fn file(&mut self, path: &Path, bar: &ProgressBar) -> Result<(), String> {
        self.report.files += 1;
        let name = path.display().to_string();
        let error = |e: std::io::Error| format!("cannot read {name}: {e}");
        let about = path.metadata().map_err(error)?;
        // A file that was mended may be as long as before.
        let written =
            about.modified().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok()).map_or(0, |d| d.as_millis());
        let length = about.len();
        let key = format!("{}|{}|{name}|{length}|{written}", self.args.source, self.args.live);
        let kept = self.kept(&key)?;
        if kept == Some(u64::MAX) {
            self.report.skipped += 1;
            bar.inc(length);
            return Ok(());
        }
        if name.ends_with(".json") {
            if length > INPUT_MAX_BYTES {
                return Err(format!("{name}: larger than {INPUT_MAX_BYTES} bytes"));
            }
            let bytes = std::fs::read(path).map_err(|e| format!("cannot read {name}: {e}"))?;
            let read = wire::fhir(&bytes, &self.source());
            self.take(&name, read, &bytes)?;
            bar.inc(length);
        } else {
            self.lines(path, &name, &key, kept.unwrap_or(0), bar)?;
        }
        self.flush()?;
        self.keep(&key, u64::MAX)
    }

    /// NDJSON: a resource or a Bundle a line; goes on after the last line that was kept.
    fn lines(&mut self, path: &Path, name: &str, key: &str, done: u64, bar: &ProgressBar) -> Result<(), String> {
        let file = std::fs::File::open(path).map_err(|e| format!("cannot read {name}: {e}"))?;
        let mut reader = BufReader::new(file);
        let mut line = Vec::new();
        for number in 1_u64.. {
            line.clear();
            let mut bounded = std::io::Read::take(&mut reader, INPUT_MAX_BYTES);
            let length = bounded.read_until(b'\n', &mut line).map_err(|e| format!("cannot read {name}: {e}"))?;
            if length == 0 {
                return Ok(());
            }
            bar.inc(length as u64);
            if number <= done || line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let at = usize::try_from(number).unwrap_or(usize::MAX);
            let read = wire::ndjson_line(&line, at, &self.source());
            self.take(&format!("{name}:{number}"), read, &line)?;
            if self.waiting.len() >= KEEP_EVERY {
                self.flush()?;
                self.keep(key, number)?;
            }
        }
        Ok(())
    }

    /// Takes what was read, and keeps what was refused of `bytes`, so that it can be mended on the page of it.
    fn take(&mut self, name: &str, read: Result<wire::Read, Vec<wire::Issue>>, bytes: &[u8]) -> Result<(), String> {
        let refuses = read.as_ref().map_or(true, |r| r.entries.iter().any(|e| e.result.is_err()));
        if refuses && self.kept_refused < KEPT_REFUSED_MAX {
            self.kept_refused += 1;
            // The last part of the path: what lies before it is this machine's own matter.
            let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
            web::keep_refused_import(self.stepper.store(), &self.source(), file, bytes).map_err(|e| e.to_string())?;
        }
        match read {
            Err(issues) => self.report.refuse(name, issues),
            Ok(read) => {
                for entry in read.entries {
                    self.report.resources += 1;
                    match entry.result {
                        Ok(items) => self.waiting.extend(items),
                        Err(issues) => self.report.refuse(name, issues),
                    }
                }
            }
        }
        if self.waiting.len() >= GROUP { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), String> {
        let items = std::mem::take(&mut self.waiting);
        for arrival in self.stepper.accept(items).map_err(|e| e.to_string())? {
            match arrival {
                model::Arrival::Repeat(_) => self.report.repeats += 1,
                model::Arrival::New { .. } | model::Arrival::Changed { .. } => self.report.new += 1,
            }
        }
        self.stepper.run().map_err(|e| e.to_string())
    }

    fn kept(&self, key: &str) -> Result<Option<u64>, String> {
        let row = self.stepper.store().desk_get("import", key).map_err(|e| e.to_string())?;
        Ok(row.and_then(|r| r.json.parse().ok()))
    }

    fn keep(&self, key: &str, line: u64) -> Result<(), String> {
        self.stepper.store().desk_put(&serve::desk("import", key, line.to_string())).map_err(|e| e.to_string())
    }

    fn print(&self) -> Result<(), String> {
        let r = &self.report;
        println!(
            "{} files ({} were done before), {} resources: {} new, {} seen before, {} refused",
            r.files,
            r.skipped,
            r.resources,
            r.new,
            r.repeats,
            r.refused.len() + r.refused_more
        );
        for (file, issue) in r.refused.iter().take(20) {
            println!("refused: {file}: {}: {}", issue.place, issue.says);
        }
        if r.refused.len() > 20 {
            println!("… and {} more (--report FILE writes all)", r.refused.len() - 20 + r.refused_more);
        }
        let Some(path) = &self.args.report else { return Ok(()) };
        let error = |e: std::io::Error| format!("cannot write {}: {e}", path.display());
        let mut out = std::io::BufWriter::new(std::fs::File::create(path).map_err(error)?);
        for (file, issue) in &r.refused {
            let line = json!({"file": file, "place": issue.place, "code": issue.code, "says": issue.says});
            writeln!(out, "{line}").map_err(error)?;
        }
        out.flush().map_err(error)
    }
}
