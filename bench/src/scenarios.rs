//! The shipped scenarios, again and again until there are so many: read and played as `throughline test` does it,
//! on all processors. Each copy is decided anew: nothing is kept from one to the next.

use crate::machine::{Stopwatch, memory_mib};
use crate::world::Result;
use crate::{Sizes, print, reference};
use lab::test::{Suite, Threads, read, run};
use outreach::Clinic;
use pathway::Pathway;
use std::path::Path;
use std::sync::Arc;

/// Seconds for 1,000 scenarios.
const AIM_S: f64 = 2.0;
/// Scenarios that the aim is for.
const AIM_SCENARIOS: f64 = 1_000.0;
/// Steps of the reference in memory.
const STEPS: usize = 1_000_000;

/// Plays and prints.
pub fn play(sizes: &Sizes, folder: &Path) -> Result<()> {
    let clinic = Clinic { link_secret: "bench".into(), ..Clinic::default() };
    let shipped = hub::Settings::shipped(clinic).map_err(|found| format!("{found:?}"))?;
    let names: Vec<String> = shipped.teams.iter().map(|t| t.name.clone()).collect();
    let texts = texts(folder)?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    print::title("scenarios", "no store", &format!("{} scenarios, on {threads} threads", sizes.scenarios));
    print::doing("playing");
    let watch = Stopwatch::start(None);
    let library = library(folder, &names)?;
    let mut suites: Vec<Suite> = Vec::new();
    let mut many = 0;
    for copy in 0.. {
        for (stem, text) in &texts {
            let (suite, findings) = read(&format!("{stem}.test.yaml copy {copy}"), text, stem, &library);
            if let Some(finding) = findings.first() {
                return Err(format!("{stem}: {}", finding.says).into());
            }
            let Some(mut suite) = suite else { continue };
            suite.scenarios.truncate(sizes.scenarios - many);
            many += suite.scenarios.len();
            suites.push(suite);
        }
        if many >= sizes.scenarios || many == 0 {
            break;
        }
    }
    let read_s = watch.read().wall_s;
    let report = run(&suites, &library, &shipped.teams, &shipped.clinic, Threads(threads), false);
    let lapsed = watch.read();
    let verdicts: Vec<_> = report.suites.iter().flat_map(|suite| &suite.verdicts).collect();
    if let Some(failed) = verdicts.iter().find(|verdict| !verdict.passed()) {
        return Err(format!("`{}` fails: {:?}", failed.name, failed.diff).into());
    }
    let scenarios = suites.iter().flat_map(|suite| &suite.scenarios);
    let days: f64 = scenarios
        .map(|s| s.happens.first().map_or(0, |first| s.until.0 - first.at.0) as f64 / model::time::DAY_MS as f64)
        .sum();
    let met = lapsed.wall_s * AIM_SCENARIOS / many as f64 <= AIM_S;
    let aim = print::verdict(met, &format!("{AIM_S} s for 1 000 scenarios"));
    print::line("time", &format!("{:.2} s", lapsed.wall_s), &aim);
    print::line("of it reading", &format!("{read_s:.2} s"), "pathways and files of tests");
    print::line("days of a scenario", &print::number(days / many as f64), &format!("{many} passed"));
    let each_us = lapsed.cpu_s * 1e6 / many as f64;
    print::line("processor time of a scenario", &format!("{each_us:.0} us"), &print::shares(&lapsed));
    print::line("memory at its peak", &format!("{:.0} MiB", memory_mib().1), "");
    let reference = reference::in_memory(STEPS);
    let step_us = 1e6 / reference.per_cpu_s();
    print::line("reference: a step in memory", &format!("{step_us:.2} us"), "state, event and timer of one person");
    print::line("reference steps of a scenario", &print::number(each_us / step_us), "fewer is better");
    Ok(())
}

/// The pathways of a folder with its code sets and Questionnaires, and the standing ones that ship where it has none
/// of its own: what `throughline test` gives to the tests beside them.
fn library(folder: &Path, teams: &[String]) -> Result<Vec<Arc<Pathway>>> {
    let mut texts = Vec::new();
    for (within, ending) in [("", ".yaml"), ("codes", ".yaml"), ("questionnaires", ".json")] {
        let Ok(entries) = std::fs::read_dir(folder.join(within)) else { continue };
        for entry in entries {
            let path = entry?.path();
            let name = path.display().to_string();
            if name.ends_with(ending) && !name.ends_with(".test.yaml") {
                texts.push((name, std::fs::read_to_string(&path)?));
            }
        }
    }
    texts.sort();
    let own = pathway::shipped::read_dir_texts(&texts, teams);
    if own.refused() {
        return Err(format!("{}: the pathways have errors: {:?}", folder.display(), own.findings).into());
    }
    let mut all = own.pathways;
    let standing = pathway::shipped::shipped(teams).pathways.into_iter().filter(|p| p.standing);
    let more: Vec<Pathway> = standing.filter(|p| all.iter().all(|own| own.name != p.name)).collect();
    all.extend(more);
    Ok(all.into_iter().map(Arc::new).collect())
}

/// The files of tests of a folder: name of the pathway and text, in their order.
fn texts(folder: &Path) -> Result<Vec<(String, String)>> {
    let mut out = Vec::new();
    let entries = std::fs::read_dir(folder).map_err(|e| format!("cannot read {}: {e}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some(stem) = name.strip_suffix(".test.yaml") {
            out.push((stem.to_owned(), std::fs::read_to_string(&path)?));
        }
    }
    out.sort();
    if out.is_empty() { Err(format!("{}: no .test.yaml file is there", folder.display()).into()) } else { Ok(out) }
}
