//! A make-believe population on its way along pathways: what would be sent, asked and reached, before a patient
//! meets them.
//!
//! [`simulate()`] walks everybody of a seeded population by the code that runs in production and gives a [`Report`].
//! Rates, prices and capacity are data with their sources ([`Population`]).
//!
//! Invariants: the same seed gives the same report, byte for byte, on any number of threads; draws are hashes of
//! seed, person and name; memory is bounded by the groups that walk, not by the people.
//!
//! Deliberately absent: I/O, clocks, correlation between people (a team that is behind answers late in the queue
//! that is computed afterwards, not while people walk), and any claim that a population is yours: put your own
//! rates in.

mod answers;
mod chance;
mod chart;
mod draws;
mod figures;
mod html;
mod outlook;
mod places;
mod population;
mod queue;
mod receipts;
mod report;
mod segments;
mod stay;
mod tally;
mod text;
mod walk;
mod watch;
mod world;

pub use places::PlacesRow;
pub use population::{Capacity, DRAWS, Found, Population, Price, Rate, SHIPPED};
pub use queue::{Hour, TeamLoad};
pub use report::{ChannelRow, Drawn, Ended, Goal, MessageRow, Noticed, PromptRow, Report, Sums};
pub use segments::segments;
pub use tally::{Key, Tally};
pub use walk::{Asked, Sharing};

use model::At;
use pathway::ast::{Verb, When};
use turn::Setup;

/// Turns that were decided; what is shared is decided once.
const TURNS: &str = "turns";

/// The most days that people walk.
pub const DAYS_MAX: u32 = 366;

/// What is simulated.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// People, threads, seed.
    pub asked: Asked,
    /// Days after each discharge.
    pub days: u32,
    /// A date in the week in which everybody goes home; its Monday at midnight is the beginning.
    pub start: At,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walked {
    /// What was counted.
    pub tally: Tally,
    /// The first midnight.
    pub start: At,
    /// Turns that were decided.
    pub turns: u64,
    /// Why everybody walked alone, when that was not asked for.
    pub alone_because: Option<&'static str>,
}

/// Walks everybody.
///
/// # Errors
/// Where a pathway feeds itself, or the clinic's zone is not known.
pub fn walk_people(setup: &Setup, population: &Population, plan: &Plan) -> Result<Walked, String> {
    let name = &setup.clinic.zone;
    let zone = model::time::zone(name).ok_or_else(|| format!("the zone `{name}` is not known"))?;
    let date = plan.start.date_in(&zone);
    let back = i32::from(date.weekday().to_monday_zero_offset());
    let midnight = At::of_local(date, jiff::civil::Time::midnight(), &zone);
    let start = midnight.plus_days_in(-back, &zone);
    // Everybody walks as if there were a place at once; who would have waited is computed afterwards.
    let mut setup = setup.clone();
    setup.places_free = true;
    let setup = &setup;
    let reads = setup.versions.iter().map(|(version, pathway)| (*version, journey::Reads::of(pathway))).collect();
    let env = world::Env { setup, population, start, zone, days: plan.days.min(DAYS_MAX), reads };
    let mut asked = plan.asked;
    let mut alone_because = None;
    if asked.sharing == Sharing::Shared && setup.in_force.iter().any(|p| chance_by_id(p)) {
        alone_because = Some(
            "a pathway decides by who somebody is (an experiment, a share held out, a random wait, a limit of places)",
        );
        asked.sharing = Sharing::Alone;
    }
    let mut tally = walk::walk(&env, &asked)?;
    if asked.sharing == Sharing::Shared && tally.count("held by a cap") > 0 {
        alone_because = Some("a cap held messages, and how many somebody had lately is not the same for all");
        asked.sharing = Sharing::Alone;
        tally = walk::walk(&env, &asked)?;
    }
    let turns = tally.take(&Key::Count(TURNS));
    Ok(Walked { tally, start, turns, alone_because })
}

/// Walks everybody and makes the report; and what it took.
///
/// # Errors
/// As [`walk_people`].
pub fn simulate(setup: &Setup, population: &Population, plan: &Plan) -> Result<(Report, Walked), String> {
    let walked = walk_people(setup, population, plan)?;
    Ok((report::report(setup, population, plan, walked.start, &walked), walked))
}

/// Whether a pathway decides anything by who somebody is: then nobody can walk for another.
fn chance_by_id(pathway: &pathway::Pathway) -> bool {
    let by_id = |verb: &Verb| match verb {
        Verb::Split { .. } => true,
        Verb::Wait { until, .. } => matches!(until, When::Within(_) | When::Between { .. }),
        _ => false,
    };
    pathway.enrol.hold_out > 0 || pathway.enrol.places.is_some() || pathway.steps.iter().any(|step| by_id(&step.verb))
}
