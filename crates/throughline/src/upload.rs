//! `throughline publish`: sends versions of pathways to a running hub, which checks them and puts them in force.
//!
//! Nothing is sent but the file, and the name it has here. What the hub finds is what `throughline check` finds there.
//! A version that another one took the place of meanwhile is not overwritten: it is said, and asked for again.

use crate::client::{Address, Answer};
use crate::settings::Settings;
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Digits by which a version is named at least: as many as people are shown.
const SHORT: usize = 8;
/// No file of a pathway is larger, bytes.
const FILE_MAX: u64 = 256 * 1024;

/// What `throughline publish` is asked.
#[derive(clap::Args)]
pub struct Args {
    /// The files of the pathways.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Where the hub is reached. Over `http:` the key is sent in the clear: use it on the hub's own machine or network.
    #[arg(long, env = "THROUGHLINE_HUB", default_value = "http://127.0.0.1:8080", value_name = "URL")]
    hub: String,
    /// An API key with the scope `pathways:write`, made in the console. Better said by the environment than here, where
    /// other users of this machine may see it.
    #[arg(long, env = "THROUGHLINE_KEY", value_name = "KEY", hide_env_values = true)]
    key: String,
    /// Shows what is found and what would change; publishes nothing.
    #[arg(long)]
    dry_run: bool,
    /// Keeps the version in the hub, known and not in force.
    #[arg(long, conflicts_with = "dry_run")]
    keep: bool,
    /// Does not run the tests beside the file.
    #[arg(long)]
    untested: bool,
    /// Publishes a version that names no clinical approver, where the hub's setting `pathways.drafts` is `warn`.
    #[arg(long)]
    draft_ok: bool,
    /// The version that it is to take the place of, as the hub named it, or `none`; refused when another one is in force.
    /// Without it: the one that is in force when the difference is shown.
    #[arg(long, value_name = "VERSION")]
    over: Option<String>,
}

/// Sends each file. Status 0: all done; 1: something was refused.
pub fn run(args: &Args, settings: &Settings) -> Result<ExitCode, String> {
    let hub = Address::read(&args.hub)?;
    if let Some(short) = args.over.as_deref().filter(|over| *over != "none" && !named(over)) {
        return Err(format!(
            "--over {short}: a version is named by at least {SHORT} of its characters (0-9, a-z), or `none`"
        ));
    }
    let mut well = true;
    for file in &args.files {
        well &= one(args, settings, &hub, file)?;
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether a version is named by that.
fn named(over: &str) -> bool {
    over.len() >= SHORT && over.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase())
}

/// Whether the file was let in.
fn one(args: &Args, settings: &Settings, hub: &Address, file: &Path) -> Result<bool, String> {
    let source = text(file)?;
    let shown = file.display().to_string();
    let name = pathway::shipped::name_in(&source)
        .ok_or_else(|| format!("{shown}: no line `pathway:` says which pathway it is"))?;
    if !args.untested && !tested(file, settings)? {
        println!("{shown}: not sent, for its tests fail");
        return Ok(false);
    }
    let send = |what: &str, over: Option<&str>| {
        let body = json!({"file": shown, "source": source, "do": what, "over": over, "draft_ok": args.draft_ok});
        answered(hub.post(&format!("/api/pathways/{}/versions", encoded(&name)), &args.key, &body.to_string())?)
    };
    let (_, looked) = send("look", None)?;
    print!("{}", seen(&looked));
    let stands_in_the_way = looked["in_the_way"].as_array().is_some_and(|list| !list.is_empty());
    let in_force = looked["in_force"]["version"].as_str().unwrap_or_default();
    if args.dry_run {
        println!("nothing was published (--dry-run)");
        return Ok(!stands_in_the_way || looked["version"].as_str() == Some(in_force));
    }
    if args.keep {
        let (_, kept) = send("keep", None)?;
        return Ok(outcome(&kept));
    }
    let expected = match args.over.as_deref() {
        None => true,
        Some("none") => in_force.is_empty(),
        Some(short) => in_force.starts_with(short),
    };
    if !expected && looked["version"].as_str() != Some(in_force) {
        print!("{}", replaced(&looked));
        return Ok(false);
    }
    let (status, done) = send("publish", Some(in_force))?;
    if status == 409 && done["done"] == "other_in_force" {
        print!("{}", replaced(&done));
        return Ok(false);
    }
    Ok(outcome(&done))
}

fn text(file: &Path) -> Result<String, String> {
    let error = |e: std::io::Error| format!("cannot read {}: {e}", file.display());
    if std::fs::metadata(file).map_err(error)?.len() > FILE_MAX {
        return Err(format!("{}: a pathway's file has at most {FILE_MAX} bytes", file.display()));
    }
    std::fs::read_to_string(file).map_err(error)
}

/// Whether no test beside the file fails.
fn tested(file: &Path, settings: &Settings) -> Result<bool, String> {
    let teams = settings.teams().map_err(|e| e.to_string())?;
    let clinic = settings.clinic().map_err(|e| e.to_string())?;
    match crate::test::beside(file, &teams, &clinic)? {
        Some(passed) => Ok(passed),
        None => {
            println!("{}: no tests are beside it ({})", file.display(), file.with_extension("test.yaml").display());
            Ok(true)
        }
    }
}

/// The hub's answer, as far as it is about the version.
fn answered(answer: Answer) -> Result<(u16, Json), String> {
    let body: Json = serde_json::from_str(&answer.text).unwrap_or_default();
    if body["done"].is_string() {
        return Ok((answer.status, body));
    }
    // What guards the door speaks as it does to every machine.
    let said = body["issue"][0]["diagnostics"].as_str().or_else(|| body["issue"][0]["details"]["text"].as_str());
    Err(format!("the hub answered {}: {}", answer.status, said.unwrap_or("nothing that can be read")))
}

/// Letters of a name that stand as they are in a path.
fn encoded(name: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    name.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

fn short(version: &str) -> String {
    version.chars().take(SHORT).collect()
}

/// What is found, and what would change.
fn seen(looked: &Json) -> String {
    let mut out = looked["report"].as_str().unwrap_or_default().to_owned();
    let (file, version) = (looked["file"].as_str().unwrap_or_default(), looked["version"].as_str());
    out.push_str(&format!("{file}: {} warnings, {} errors\n", looked["warnings"], looked["errors"]));
    if let (Some(name), Some(version)) = (looked["pathway"].as_str(), version) {
        out.push_str(&format!("{name}: version {}\n", short(version)));
    }
    for language in looked["held_back"].as_array().into_iter().flatten().filter_map(Json::as_str) {
        out.push_str(&format!("its words in `{language}` were reviewed by nobody: they are held back\n"));
    }
    match (looked["in_force"]["version"].as_str(), looked["difference"].as_str()) {
        (None, _) => out.push_str("no version of it is in force\n"),
        (Some(now), _) if Some(now) == version => out.push_str("this version is in force\n"),
        (Some(now), Some("")) => out.push_str(&format!("in force: {}; what it does is the same\n", short(now))),
        (Some(now), Some(difference)) => {
            out.push_str(&format!("in force: {}; what differs:\n{difference}", short(now)))
        }
        (Some(now), None) => out.push_str(&format!("in force: {}\n", short(now))),
    }
    for way in looked["in_the_way"].as_array().into_iter().flatten() {
        out.push_str(&format!("in the way: {}\n", way["says"].as_str().unwrap_or_default()));
    }
    out
}

/// What came of it; whether it was let in.
fn outcome(done: &Json) -> bool {
    let name = done["pathway"].as_str().unwrap_or("the pathway");
    let version = short(done["version"].as_str().unwrap_or_default());
    match done["done"].as_str().unwrap_or_default() {
        "published" => println!("{name}: {version} is in force now (order {})", done["order"]),
        "in_force_already" => match done["order"].as_i64() {
            Some(order) => println!("{name}: {version} is in force already (order {order})"),
            None => println!("{name}: {version} is in force already (by the hub's folder)"),
        },
        "kept" => println!("{name}: {version} is kept, and not in force"),
        _ => {
            println!("refused: {}", done["says"].as_str().unwrap_or("nothing was published"));
            return false;
        }
    }
    true
}

/// Somebody else was first.
fn replaced(done: &Json) -> String {
    let now = &done["in_force"];
    let mut out = match now["version"].as_str() {
        Some(version) => format!("not published: another version is in force by now, {}", short(version)),
        None => "not published: no version of it is in force by now".to_owned(),
    };
    if let (Some(by), Some(order)) = (now["by"].as_str(), now["order"].as_i64()) {
        out.push_str(&format!(" (put in force by {by}, order {order})"));
    }
    out.push('\n');
    if let Some(difference) = done["difference"].as_str().filter(|d| !d.is_empty()) {
        out.push_str(&format!("what yours would change of it:\n{difference}"));
    }
    let over = now["version"].as_str().map_or_else(|| "none".to_owned(), short);
    out.push_str(&format!("to publish it all the same: --over {over}\n"));
    out
}
