//! Versions that run in shadow: on live facts, with everything that they want held.
//!
//! A turn does all its real work first. Meanwhile it only writes down what there was to see (`Seen`); in its end
//! that is shown to each shadow (`pass`), which walks journeys of its own and tells what it would have done. What a
//! pass is given it cannot change: it has no way to the line, the outbox or the batch, so a shadow cannot send, ask,
//! claim, begin another pathway or be counted. Its journeys are kept in a tail of the line's state (`stored`) and
//! nowhere else. A line of which no shadow holds anything is written as if there were none.
//!
//! Invariants: but for the rows of [`model::Would`], the tail, and a wake for a shadow's own timers, a batch is the
//! same with a shadow and without; history starts nothing; a shadow that fails (or panics) ends for that person, and
//! the turn goes on; all that is kept of it is bounded.
//!
//! Deliberately absent: limits by a team's capacity (a shadow takes no place and waits for none), halts (what asks
//! nobody needs none), people whom a merge brought (their journeys are not compared), and receipts of its own: what
//! answers it is what answers the version in force at the same step, see `address`.

mod address;
mod pass;
pub(crate) mod stored;

use crate::line::{Line, Trigger};
use crate::turn::{Turn, earlier};
use journey::{Effect, State};
use model::shadow::{Side, Wish};
use model::time::DAY_MS;
use model::{At, EffectId, Fact, Id, JourneyId, PromptId, Would};
use pathway::Pathway;
use record::Record;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Days that a shadow runs, unless it is ended before.
pub const DAYS_MAX: i64 = 30;
/// Shadows that run at the same time.
pub const SHADOWS_MAX: usize = 8;
/// Journeys that one shadow keeps on one line, those that are over among them.
const WALKS_MAX: usize = 32;
/// Facts that may still begin one, kept per line.
const TRIGGERS_MAX: usize = 32;
/// Wishes of the version in force whose outcome a shadow may hear, kept per line.
const MIRRORS_MAX: usize = 128;
/// Rows that one turn writes; what is beyond is not compared.
const ROWS_MAX: usize = 4096;
/// What one turn writes down; a shadow to which more would have to be shown ends for that person.
pub const SEEN_MAX: usize = 4096;

/// A version that runs in shadow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shadow {
    /// The order's number.
    pub number: i64,
    /// Pathway.
    pub pathway: String,
    /// Version.
    pub version: Id,
    /// Since when.
    pub since: At,
    /// It ends by itself then.
    pub until: At,
    /// Why, as staff wrote it.
    pub why: String,
    /// Who.
    pub by: String,
}

impl Shadow {
    /// When one that begins at `since` ends by itself.
    pub fn until(since: At) -> At {
        since.plus_ms(DAYS_MAX * DAY_MS)
    }

    /// Whether it runs.
    pub fn runs(&self, now: At) -> bool {
        now < self.until
    }
}

/// What a line keeps of one shadow.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shadowed {
    /// The order's number.
    pub number: i64,
    /// Facts that may still begin a journey.
    pub triggers: Vec<Trigger>,
    /// Its journeys.
    pub walks: Vec<ShadowWalk>,
    /// What the version in force asked for, by which its answers are heard.
    pub(crate) mirrors: Vec<Mirror>,
    /// It failed, and is over for this person. It keeps nothing else.
    pub failed: bool,
}

/// A journey in shadow. It is no journey of the line: nothing that looks at those sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct ShadowWalk {
    /// As the journey would be called.
    pub id: JourneyId,
    /// What its facts belong together with.
    pub episode: String,
    /// When it began.
    pub started_at: At,
    /// When it was over.
    pub ended_at: Option<At>,
    /// `None` once it is over.
    pub state: Option<State>,
    /// The fact that enrolled, for pathways that are once per fact.
    pub fact: Option<Fact>,
}

/// Something that the version in force wanted, and where.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mirror {
    pub journey: JourneyId,
    pub wanted: Wanted,
    pub step: String,
    pub about: String,
    /// The shadow's own prompt that took its outcome.
    pub told: Option<PromptId>,
    /// Its outcome, when that came before the shadow asked.
    pub outcome: Option<Fact>,
}

/// By what its answers name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Wanted {
    Prompt(PromptId),
    Reach(EffectId),
    Call(EffectId),
}

/// What a turn wrote down for shadows: what one of them may look at, and nothing where none holds or may begin anything.
pub(crate) struct Log {
    seen: Vec<Seen>,
    /// Whether a shadow holds something of this line, or may begin something.
    live: bool,
    /// There was more to see than is written down.
    full: bool,
    /// What is known, as long as nothing new is.
    known: Option<Arc<Record>>,
    /// Facts that might still have begun something before this turn.
    triggers: Vec<Trigger>,
}

/// What there was to see.
pub(crate) enum Seen {
    /// The line heard a fact; what was known then.
    Fact(Box<Fact>, World),
    /// A sweep looked at the person.
    Swept(Box<Fact>, World),
    /// Whoever may begin begins.
    Begin(World),
    /// Timers fire.
    Round(World),
    /// Another pathway ended all journeys along this one.
    Left(String, String, World),
    /// A journey wanted something.
    Force(Force),
}

/// What was known.
pub(crate) struct World {
    record: Arc<Record>,
    /// Journeys that wait for the person's answers.
    asking: Vec<JourneyId>,
}

/// What a journey along a version in force wanted.
pub(crate) struct Force {
    pathway: String,
    began: At,
    journey: JourneyId,
    site: String,
    wish: Note,
}

/// A wish, as it is written down.
pub(crate) struct Note {
    step: String,
    about: String,
    wish: Wish,
    what: String,
    due: Option<At>,
    wanted: Option<Wanted>,
}

/// Where an effect comes from.
struct From<'a> {
    pathway: &'a Pathway,
    journey: JourneyId,
    state: Option<&'a State>,
    episode: &'a str,
}

impl Log {
    pub(crate) fn of(line: &Line, setup: &crate::Setup, now: At) -> Option<Box<Self>> {
        let running: Vec<&Shadow> = setup.changes.shadows.iter().filter(|s| s.runs(now)).collect();
        if running.is_empty() {
            return None;
        }
        let mine = |name: &str| running.iter().any(|s| s.pathway == name);
        let triggers: Vec<Trigger> = line.triggers.iter().filter(|t| mine(&t.pathway)).cloned().collect();
        let live = !triggers.is_empty() || line.shadows.iter().any(|held| !held.failed);
        Some(Box::new(Self { seen: Vec::new(), live, full: false, known: None, triggers }))
    }

    /// Room for one more.
    fn has_room(&mut self) -> bool {
        self.full |= self.seen.len() >= SEEN_MAX;
        !self.full
    }
}

impl Turn<'_> {
    /// What is known may be otherwise from now on.
    pub(crate) fn unsee(&mut self) {
        if let Some(log) = &mut self.shadow {
            log.known = None;
        }
    }

    /// What is known, without counting that anybody asked.
    fn world(&mut self) -> World {
        let kept = self.shadow.as_ref().and_then(|log| log.known.clone()).filter(|_| self.stale);
        let record = kept.unwrap_or_else(|| match self.stale {
            true => Arc::new(crate::known(&self.line)),
            false => Arc::clone(&self.record),
        });
        if let Some(log) = &mut self.shadow {
            log.known = self.stale.then(|| Arc::clone(&record));
        }
        let asking = self.asking().into_iter().map(|(_, asking)| asking.journey).collect();
        World { record, asking }
    }

    fn see(&mut self, seen: impl FnOnce(World) -> Seen) {
        if self.shadow.as_mut().is_some_and(|log| log.live && log.has_room()) {
            let seen = seen(self.world());
            if let Some(log) = &mut self.shadow {
                log.seen.push(seen);
            }
        }
    }

    /// What this fact is to the shadows that run: whether one hears it, and whether one may begin by it.
    fn is_for_shadows(&self, fact: &Fact) -> (bool, bool) {
        let setup = self.setup;
        let running = || setup.changes.shadows.iter().filter(|s| s.runs(self.now));
        let mine = |name: Option<&str>| running().any(|s| Some(s.pathway.as_str()) == name);
        let named = matches!(fact.kind.as_str(), "journey.started" | crate::others::REQUESTED);
        let on = |s: &Shadow| setup.versions.get(&s.version).is_some_and(|p| p.enrol.on == fact.kind);
        let begins = named && mine(fact.text("pathway")) || running().any(on);
        let hears = |s: &Shadow| fact.kind == "prompt.corrected" || setup.hears(s.version, &fact.kind);
        (begins || running().any(hears), begins)
    }

    pub(crate) fn see_fact(&mut self, fact: &Fact) {
        if self.shadow.is_none() {
            return;
        }
        let (heard, begins) = self.is_for_shadows(fact);
        if let Some(log) = &mut self.shadow {
            log.live |= begins;
        }
        if heard {
            self.see(|world| Seen::Fact(Box::new(fact.clone()), world));
        }
    }

    pub(crate) fn see_sweep(&mut self, fact: &Fact) {
        let now = self.now;
        let name = fact.text("pathway");
        let mine = self.setup.changes.shadows.iter().any(|s| s.runs(now) && Some(s.pathway.as_str()) == name);
        if let (Some(log), true) = (&mut self.shadow, mine) {
            log.live = true;
            self.see(|world| Seen::Swept(Box::new(fact.clone()), world));
        }
    }

    pub(crate) fn see_begin(&mut self) {
        self.see(Seen::Begin);
    }

    pub(crate) fn see_round(&mut self) {
        self.see(Seen::Round);
    }

    /// What a real journey wants, before it is carried out.
    pub(crate) fn see_effect(&mut self, index: usize, pathway: &Pathway, effect: &Effect) {
        if self.shadow.is_none() {
            return;
        }
        if let Effect::Leave { pathway: other, reason } = effect
            && *other != pathway.name
        {
            self.see(|world| Seen::Left(other.clone(), reason.clone(), world));
        }
        let walking = &self.line.journeys[index];
        // What a merge brought has no counterpart here.
        if walking.via.is_some() || !self.setup.changes.shadows.iter().any(|s| s.pathway == pathway.name) {
            return;
        }
        let (journey, state, episode) = (walking.row.id, walking.state.as_ref(), walking.row.episode.as_str());
        let from = From { pathway, journey, state, episode };
        let Some(wish) = note(effect, &from, self.setup, (self.line.person, self.now)) else { return };
        let (began, site) = (walking.row.started_at, self.record.site.clone());
        let force = Force { pathway: pathway.name.clone(), began, journey, site, wish };
        if let Some(log) = &mut self.shadow
            && log.has_room()
        {
            log.seen.push(Seen::Force(force));
        }
    }

    /// After all real work: each shadow is shown what there was to see. When the first of their timers is due.
    pub(crate) fn show_shadows(&mut self) -> Option<At> {
        let Some(log) = self.shadow.take() else {
            self.line.shadows.clear();
            return None;
        };
        let running: Vec<&Shadow> = self.setup.changes.shadows.iter().filter(|s| s.runs(self.now)).collect();
        let mut held = std::mem::take(&mut self.line.shadows);
        // Whoever was merged into another line is followed there by the version in force only.
        if self.line.forwards_to.is_some() {
            return None;
        }
        let mut wake = None;
        for shadow in running {
            let known = held.iter().position(|h| h.number == shadow.number).map(|at| held.remove(at));
            let Some(pathway) = self.setup.versions.get(&shadow.version) else {
                // A version that this process does not know stands still.
                self.line.shadows.extend(known);
                continue;
            };
            if known.as_ref().is_some_and(|known| known.failed) {
                self.line.shadows.extend(known);
                continue;
            }
            if log.seen.is_empty() && !log.live {
                continue;
            }
            let fresh = known.is_none();
            let mut shown = known.unwrap_or(Shadowed { number: shadow.number, ..Shadowed::default() });
            if fresh {
                let waits = |t: &&Trigger| t.pathway == shadow.pathway && t.fact.kind == pathway.enrol.on;
                shown.triggers = log.triggers.iter().filter(waits).take(TRIGGERS_MAX).cloned().collect();
            }
            let mut rows = Vec::new();
            // A mistake of the engine in a version that nobody is treated by must not cost a real turn.
            let done = catch_unwind(AssertUnwindSafe(|| {
                let mut pass = pass::Pass::new(&self.line, self.setup, self.now, shadow, pathway, shown);
                pass.run(&log.seen);
                pass.over()
            }));
            match done {
                Ok((shown, told)) if !log.full => {
                    rows = told;
                    let due = shown.walks.iter().filter_map(|w| w.state.as_ref()?.next_due()).min();
                    wake = earlier(wake, due.filter(|at| *at < shadow.until));
                    let empty = shown.triggers.is_empty() && shown.walks.is_empty() && shown.mirrors.is_empty();
                    self.line.shadows.extend((!empty).then_some(shown));
                }
                // It is over for this person: another pass would begin anew, and fail anew.
                other => {
                    let reason =
                        if other.is_ok() { "more happened at once than is shown" } else { "the engine stopped" };
                    rows.push(self.shadow_failed(shadow, reason));
                    let over = Shadowed { number: shadow.number, failed: true, ..Shadowed::default() };
                    self.line.shadows.push(over);
                }
            }
            let room = ROWS_MAX.saturating_sub(self.batch.shadow.len());
            self.batch.shadow.extend(rows.into_iter().take(room));
        }
        wake
    }

    fn shadow_failed(&self, shadow: &Shadow, reason: &str) -> Would {
        Would {
            shadow: shadow.number,
            side: Side::Shadow,
            at: self.now,
            site: self.record.site.clone(),
            journey: JourneyId::default(),
            step: String::new(),
            about: String::new(),
            wish: Wish::Failed,
            what: json!({"reason": reason}).to_string(),
            due: None,
        }
    }
}

/// A wish in a form that both sides share; `None` for what nobody outside sees.
fn note(effect: &Effect, from: &From<'_>, setup: &crate::Setup, (person, now): (model::PersonId, At)) -> Option<Note> {
    let plain = |step: &str, wish: Wish, what: serde_json::Value| Note {
        step: step.to_owned(),
        about: String::new(),
        wish,
        what: what.to_string(),
        due: None,
        wanted: None,
    };
    Some(match effect {
        Effect::Reach(intent) => {
            let by: Vec<&str> = intent.by.iter().map(|(channel, _)| channel.name()).collect();
            let mut about: Vec<&str> = Vec::new();
            for (_, _, id) in intent.bindings.iter().filter(|(_, _, id)| id != from.episode) {
                if !about.contains(&id.as_str()) {
                    about.push(id);
                }
            }
            Note {
                about: about.join(","),
                due: Some(intent.valid_until),
                wanted: Some(Wanted::Reach(intent.id)),
                ..plain(&intent.step, Wish::Reach, json!({"by": by, "words": intent.words}))
            }
        }
        Effect::Call { id, step, service, until, .. } => Note {
            due: Some(*until),
            wanted: Some(Wanted::Call(*id)),
            ..plain(step, Wish::Call, json!({"service": service}))
        },
        Effect::Prompt(intent) => {
            let prompt = journey::prompt_id(intent.id, intent.serial);
            let waits = from.state.map(|s| s.awaited(from.pathway, from.journey)).unwrap_or_default();
            let at = waits.into_iter().find(|a| a.prompt == Some(prompt));
            let (step, about) = at.map_or_else(|| (intent.name.clone(), String::new()), |a| (a.step, a.about));
            let whose = crate::prompts::For { person, journey: Some(from.journey), site: "" };
            let opened = crate::prompts::open(intent, &whose, &setup.teams, now);
            let wish = match (intent.person_within_ms, intent.concern) {
                (Some(_), _) => Wish::RedFlag,
                (None, true) => Wish::Concern,
                (None, false) => Wish::Prompt,
            };
            Note {
                about,
                due: Some(opened.due_at),
                wanted: Some(Wanted::Prompt(prompt)),
                ..plain(&step, wish, json!({"team": intent.to, "title": intent.title, "attempt": intent.attempt}))
            }
        }
        Effect::Goal { goal, reached, .. } => plain(goal, Wish::Goal, json!({"reached": reached})),
        Effect::Enrol { pathway, .. } => plain("", Wish::Enrol, json!({"pathway": pathway})),
        Effect::Leave { pathway, .. } => plain("", Wish::Withdraw, json!({"pathway": pathway})),
        Effect::End { reason } => plain("", Wish::End, json!({"reason": reason})),
        Effect::Finished => plain("", Wish::End, json!({"reason": journey::FINISHED})),
        Effect::Withdraw { .. } | Effect::Undo { .. } | Effect::Note { .. } | Effect::Asked { .. } => return None,
    })
}
