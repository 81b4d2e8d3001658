//! The time to fire many timers that are due at once: each opens the nurse's prompt of day 1.

use crate::clones;
use crate::machine::Stopwatch;
use crate::reference;
use crate::world::{Place, Result, World};
use crate::{Sizes, print};
use std::path::Path;

/// Fills, fires, prints.
pub fn run(place: &Place, dir: &Path, sizes: &Sizes) -> Result<()> {
    let reference = reference::run(place, sizes.reference)?;
    let prototype = clones::prototype(dir)?;
    prototype.write(&place.store()?, sizes.timers, |_| prototype.due)?;
    let mut world = World::open(place, prototype.due.plus_ms(-60_000))?;
    world.stepper.run()?;
    let opened = |world: &World| -> Result<i64> {
        let all = world.stepper.store().counters()?;
        Ok(all.iter().find(|(name, _)| name == "prompts.opened").map_or(0, |(_, n)| *n))
    };
    let before = opened(&world)?;
    print::doing("firing");
    world.clock.advance_to(prototype.due);
    let watch = Stopwatch::start(place.database().as_deref());
    world.stepper.run()?;
    let lapsed = watch.read();
    let fired = opened(&world)? - before;
    if fired != i64::try_from(sizes.timers)? {
        return Err(format!("{fired} of {} timers opened their prompt", sizes.timers).into());
    }
    let fired = fired as f64;
    print::title("timers", place.engine(), &format!("{} due at once, each opens a prompt", sizes.timers));
    print::line(
        "all fired in",
        &format!("{:.1} s", lapsed.wall_s),
        &format!("{} a second", print::number(fired / lapsed.wall_s)),
    );
    let per_cpu_s = fired / lapsed.cpu_s.max(1e-9);
    print::line("timers a processor second", &print::number(per_cpu_s), &print::shares(&lapsed));
    print::line("reference: as many steps in", &format!("{:.1} s", fired / reference.per_s()), "");
    print::ratio("timers / reference, a processor second", per_cpu_s / reference.per_cpu_s(), None);
    Ok(())
}
