//! Steps the clock as the time passes: what is due on the way is done at its own time.

use super::Demo;
use hub::Hub;
use model::time::HOUR_MS;
use model::{At, PersonId};
use std::time::{Duration, Instant};
use store::PromptFilter;

/// The hub has done what a step brought when it changed nothing for so long.
const QUIET: Duration = Duration::from_millis(30);
/// Changes waited for at one step.
const CHANGES_MAX: usize = 200;
/// Open prompts whose deadlines are looked at.
const PROMPTS_MAX: usize = 500;

/// How the clock is stepped.
pub(super) struct Steps {
    /// The longest step, care time; steps end at its multiples.
    pub(super) grid_ms: i64,
    /// What is due for them is a step too, and so is an escalation of anybody's prompt.
    pub(super) person: Option<PersonId>,
    /// Where it has not arrived after so long, machine time, it leaps.
    pub(super) longest: Option<Duration>,
}

impl Demo {
    /// Steps the clock to `until` by `grid_ms` at most, however long that takes.
    pub async fn step_evenly(hub: &Hub, until: At, grid_ms: i64) {
        Self::step_to(hub, until, &Steps { grid_ms, person: None, longest: None }, || false).await;
    }

    /// Steps the clock to `until`, or until `stop` says so after a step.
    pub(super) async fn step_to(hub: &Hub, until: At, steps: &Steps, stop: impl Fn() -> bool) {
        let (clock, mut changes) = (hub.clock(), hub.changes());
        let begun = Instant::now();
        while clock.now() < until {
            if steps.longest.is_some_and(|longest| begun.elapsed() > longest) {
                clock.advance_to(until);
                return;
            }
            let now = clock.now();
            let grid = At(now.0 - now.0.rem_euclid(steps.grid_ms) + steps.grid_ms);
            let due = match steps.person {
                Some(person) => {
                    let hub = hub.clone();
                    let asked =
                        tokio::task::spawn_blocking(move || due_of(&hub, person, now).min(escalation(&hub, now)));
                    asked.await.unwrap_or(At(i64::MAX))
                }
                None => At(i64::MAX),
            };
            clock.advance_to(grid.min(due).min(until));
            for _ in 0..CHANGES_MAX {
                if tokio::time::timeout(QUIET, changes.changed()).await.is_err() {
                    break;
                }
            }
            if stop() {
                return;
            }
        }
    }
}

/// When something is due next on a person's line: a journey's timer, a prompt's deadline or its escalation. Blocks.
fn due_of(hub: &Hub, person: PersonId, now: At) -> At {
    let Ok(look) = hub.look(person) else { return At(i64::MAX) };
    let journeys = look.journeys.iter().filter_map(|(row, _)| row.next_due);
    let ahead = look.outreach.next_due();
    let prompts = look.prompts.iter().filter(|p| p.status.is_open());
    let prompts = prompts.flat_map(|p| [Some(p.due_at), p.escalates_at, p.not_before]).flatten();
    journeys.chain(ahead).chain(prompts).filter(|at| *at > now).min().unwrap_or(At(i64::MAX))
}

/// When the next of anybody's open prompts escalates. Blocks.
fn escalation(hub: &Hub, now: At) -> At {
    let open = hub.store().prompts_open(&PromptFilter::default(), PROMPTS_MAX).unwrap_or_default();
    open.iter().filter_map(|p| p.escalates_at).filter(|at| *at > now).min().unwrap_or(At(i64::MAX))
}

/// When something is due next for a person; an hour on when nothing is sooner than that. Blocks.
pub(super) fn next_event(hub: &Hub, person: Option<PersonId>) -> At {
    let now = hub.clock().now();
    let due = person.map_or(At(i64::MAX), |person| due_of(hub, person, now));
    if due.0 == i64::MAX { now.plus_ms(HOUR_MS) } else { due.max(now.plus_ms(1)) }
}
