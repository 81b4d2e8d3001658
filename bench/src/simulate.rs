//! A simulated population on the story pathway: time and memory, beside what walking each person alone takes.

use crate::machine::{Stopwatch, memory_mib};
use crate::world::Result;
use crate::{Sizes, print, reference};
use lab::simulate::{Asked, Plan, Population, Sharing, simulate};
use outreach::{Clinic, Rules};

/// People who walk alone for the reference.
const ALONE: u32 = 200;
/// Steps of the reference in memory.
const STEPS: usize = 1_000_000;
/// Seconds on two processors for 100,000 people.
const AIM_S: f64 = 10.0;
/// People whom the aim is for.
const AIM_PEOPLE: f64 = 100_000.0;
/// Monday, 2026-09-14.
const START: model::At = model::At(1_789_416_000_000);

/// Walks and prints.
pub fn run(sizes: &Sizes) -> Result<()> {
    let clinic = Clinic { link_secret: "bench".into(), ..Clinic::default() };
    let shipped = hub::Settings::shipped(clinic).map_err(|found| format!("{found:?}"))?;
    let setup =
        turn::Setup::new(shipped.clinic, shipped.teams, &shipped.pathways, Rules::shipped(), record::Topics::shipped());
    let population = Population::shipped();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let plan = |people, sharing| Plan { asked: Asked { people, seed: 1, threads, sharing }, days: 14, start: START };
    print::title("simulate", "no store", &format!("{} people, 14 days, on {threads} threads", sizes.simulated));
    print::doing("walking");
    let watch = Stopwatch::start(None);
    let (_, walked) = simulate(&setup, &population, &plan(sizes.simulated, Sharing::Shared))?;
    let lapsed = watch.read();
    let people = f64::from(sizes.simulated);
    let met = lapsed.wall_s * AIM_PEOPLE / people <= AIM_S;
    let aim = print::verdict(met, &format!("{AIM_S} s for 100 000 people on two processors"));
    print::line("time", &format!("{:.1} s", lapsed.wall_s), &aim);
    print::line(
        "processor time of a person",
        &format!("{:.0} us", lapsed.cpu_s * 1e6 / people),
        &print::shares(&lapsed),
    );
    let peak_mib = memory_mib().1;
    let reference = reference::in_memory(STEPS);
    let turn_us = lapsed.cpu_s * 1e6 / walked.turns as f64;
    let step_us = 1e6 / reference.per_cpu_s();
    print::line("processor time of a turn", &format!("{turn_us:.0} us"), "with what answers it");
    print::line("reference: a step in memory", &format!("{step_us:.2} us"), "state, event and timer of one person");
    print::line("reference steps of a turn", &print::number(turn_us / step_us), "fewer is better");
    print::line("turns of a person", &print::number(walked.turns as f64 / people), "what is shared is decided once");
    print::line("memory at its peak", &format!("{peak_mib:.0} MiB"), "");
    let watch = Stopwatch::start(None);
    let (_, alone) = simulate(&setup, &population, &plan(ALONE, Sharing::Alone))?;
    let lapsed = watch.read();
    let each = f64::from(ALONE);
    let note = format!("{:.0} turns", alone.turns as f64 / each);
    print::line("reference: a person alone", &format!("{:.0} us", lapsed.cpu_s * 1e6 / each), &note);
    Ok(())
}
