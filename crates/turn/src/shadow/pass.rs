//! One shadow over what one turn saw: it begins journeys by its own version's rules, walks them, and tells what they
//! would have done.
//!
//! Its rules are the real ones, asked of a turn that is thrown away.

use super::address::{self, Heard};
use super::{
    From, MIRRORS_MAX, Mirror, Note, Seen, Shadow, ShadowWalk, Shadowed, TRIGGERS_MAX, WALKS_MAX, World, note,
};
use crate::Setup;
use crate::line::{Line, Trigger, Walking, journey_id};
use crate::others::{self, REQUESTED};
use crate::scope::JourneyScope;
use crate::sweep::SWEPT;
use crate::turn::Turn;
use journey::Input;
use model::batch::JourneyStatus;
use model::shadow::{Side, Wish};
use model::{Actor, At, Fact, JourneyId, JourneyRow, Origin, Would};
use pathway::Pathway;
use pathway::ast::{Leave, OncePer};
use serde_json::json;
use std::sync::Arc;

/// One shadow, one turn.
pub(super) struct Pass<'a> {
    setup: &'a Setup,
    now: At,
    shadow: &'a Shadow,
    pathway: &'a Arc<Pathway>,
    /// Answers who may begin; nothing of it is kept.
    rules: Turn<'a>,
    /// Real journeys along the pathway that were there before the shadow.
    before: Vec<Walking>,
    held: Shadowed,
    rows: Vec<Would>,
}

impl<'a> Pass<'a> {
    pub(super) fn new(
        line: &Line,
        setup: &'a Setup,
        now: At,
        shadow: &'a Shadow,
        pathway: &'a Arc<Pathway>,
        held: Shadowed,
    ) -> Self {
        let old = |w: &&Walking| w.row.pathway == pathway.name && w.row.started_at < shadow.since;
        let before = line.journeys.iter().filter(old).map(|w| stub(w.row.clone())).collect();
        // Only an item's id is looked for in what each source says.
        let folds = if pathway.enrol.item.is_some() { line.folds.clone() } else { Vec::new() };
        let mut rules = Turn::new(Line { person: line.person, folds, ..Line::default() }, setup, now);
        rules.shadow = None;
        Self { setup, now, shadow, pathway, rules, before, held, rows: Vec::new() }
    }

    /// Shows what there was to see, in order.
    pub(super) fn run(&mut self, seen: &[Seen]) {
        for one in seen {
            match one {
                Seen::Fact(fact, world) => self.fact(fact, world),
                Seen::Swept(fact, world) => self.swept(fact, world),
                Seen::Begin(world) => self.begin(world),
                Seen::Round(world) => self.round(world),
                Seen::Left(other, reason, world) if *other == self.pathway.name => {
                    self.held.triggers.clear();
                    self.each(&Input::Withdrawn { reason }, world);
                }
                Seen::Left(..) => {}
                Seen::Force(force) if force.pathway == self.pathway.name && force.began >= self.shadow.since => {
                    self.mirror(force.journey, &force.wish);
                    self.tell(Side::Force, force.journey, &force.site, &force.wish);
                }
                Seen::Force(_) => {}
            }
        }
    }

    /// What is kept of it, and what it told.
    pub(super) fn over(mut self) -> (Shadowed, Vec<Would>) {
        for walk in &mut self.held.walks {
            if walk.state.as_ref().is_some_and(|s| s.ended().is_some()) {
                (walk.state, walk.fact) = (None, None);
                walk.ended_at = walk.ended_at.or(Some(self.now));
            }
        }
        // Nobody can hear an answer any more.
        let walks = &self.held.walks;
        let heard = |m: &Mirror| walks.iter().any(|w| w.id == m.journey && w.state.is_some());
        self.held.mirrors.retain(heard);
        (self.held, self.rows)
    }

    fn tell(&mut self, side: Side, journey: JourneyId, site: &str, note: &Note) {
        self.rows.push(Would {
            shadow: self.shadow.number,
            side,
            at: self.now,
            site: site.to_owned(),
            journey,
            step: note.step.clone(),
            about: note.about.clone(),
            wish: note.wish,
            what: note.what.clone(),
            due: note.due,
        });
    }

    fn tell_of(&mut self, side: Side, journey: JourneyId, world: &World, wish: Wish, what: &serde_json::Value) {
        let (step, about, what) = (String::new(), String::new(), what.to_string());
        self.tell(side, journey, &world.record.site, &Note { step, about, wish, what, due: None, wanted: None });
    }

    /// What the version in force asked for, so that its answer is known when it comes.
    fn mirror(&mut self, journey: JourneyId, note: &Note) {
        let Some(wanted) = note.wanted else { return };
        if self.held.mirrors.len() >= MIRRORS_MAX {
            self.held.mirrors.remove(0);
        }
        let (step, about) = (note.step.clone(), note.about.clone());
        self.held.mirrors.push(Mirror { journey, wanted, step, about, told: None, outcome: None });
    }

    /// The rules are asked with what was known then.
    fn ask(&mut self, world: &World) -> &mut Turn<'a> {
        self.rules.record = Arc::clone(&world.record);
        self.rules.zones = world.record.zones(&self.setup.clinic.zone);
        self.rules.stale = false;
        &mut self.rules
    }

    fn fact(&mut self, fact: &Fact, world: &World) {
        if fact.kind == "journey.started" && fact.text("pathway") == Some(self.pathway.name.as_str()) {
            let journey = fact.text("journey").and_then(|t| t.parse().ok()).unwrap_or_default();
            self.tell_of(Side::Force, journey, world, Wish::Begin, &json!({"by": fact.text("because")}));
        }
        self.offer(fact, world);
        if fact.origin != Origin::Live {
            return;
        }
        if fact.kind == REQUESTED && fact.text("pathway") == Some(self.pathway.name.as_str()) {
            self.start(fact, world);
        }
        for index in 0..self.held.walks.len() {
            let Shadowed { walks, mirrors, .. } = &mut self.held;
            match address::heard(fact, &walks[index], self.pathway, mirrors) {
                Some(Heard::Fact(fact)) => self.walk(index, &Input::Fact(&fact), world),
                Some(Heard::Corrected(prompt, fact)) => {
                    self.walk(index, &Input::Corrected { prompt, fact: &fact }, world);
                }
                None => {}
            }
        }
        self.answer(world);
    }

    /// Outcomes that came before their prompt was asked are heard now that it is.
    fn answer(&mut self, world: &World) {
        for index in 0..self.held.walks.len() {
            // Each kept outcome is heard once.
            for _ in 0..MIRRORS_MAX {
                let Shadowed { walks, mirrors, .. } = &mut self.held;
                let Some(fact) = address::kept(&walks[index], self.pathway, mirrors) else { break };
                self.walk(index, &Input::Fact(&fact), world);
            }
        }
    }

    /// A fact that may begin a journey, as [`Turn::offer_to_pathways`] takes it.
    fn offer(&mut self, fact: &Fact, world: &World) {
        let pathway = self.pathway;
        if pathway.leave.iter().any(|l| matches!(l, Leave::On(p) if p.kind == fact.kind)) {
            self.held.triggers.retain(|t| match &pathway.enrol.item {
                Some(_) => t.fact.text("id") != fact.text("id"),
                None => fact.episode.is_some() && t.fact.episode != fact.episode,
            });
        }
        if pathway.enrol.on != fact.kind || !(pathway.standing || self.ask(world).in_force_at(fact)) {
            return;
        }
        let acts = fact.origin == Origin::Live || fact.origin == Origin::History && pathway.enrol.by_import;
        let fresh = self.now.0 - fact.occurred_at.0 <= pathway.enrol.fresh_for_ms;
        let known = self.held.triggers.iter().any(|t| t.fact.id == fact.id);
        if acts && fresh && !known && self.held.triggers.len() < TRIGGERS_MAX {
            let until = fact.occurred_at.plus_ms(pathway.enrol.fresh_for_ms);
            self.held.triggers.push(Trigger { pathway: pathway.name.clone(), fact: fact.clone(), until, place: None });
        }
    }

    /// A sweep of the version in force looks for this one, too.
    fn swept(&mut self, fact: &Fact, world: &World) {
        let pathway = self.pathway;
        let mine = fact.text("pathway") == Some(pathway.name.as_str()) && pathway.enrol.every.is_some();
        if mine && fact.kind == SWEPT && self.ask(world).may_enrol(pathway, fact) {
            self.start(fact, world);
        }
    }

    /// Begins whoever may begin now.
    fn begin(&mut self, world: &World) {
        let pathway = self.pathway;
        for trigger in std::mem::take(&mut self.held.triggers) {
            let fresh = trigger.until > self.now;
            if self.ask(world).may_enrol(pathway, &trigger.fact) {
                if fresh || pathway.standing {
                    self.start(&trigger.fact, world);
                }
            } else if fresh && !pathway.standing {
                self.held.triggers.push(trigger);
            }
        }
    }

    /// Time goes on.
    fn round(&mut self, world: &World) {
        let pathway = self.pathway;
        if world.record.deceased_at.is_some() && !pathway.standing {
            self.held.triggers.clear();
            self.each(&Input::Withdrawn { reason: "person died" }, world);
        }
        self.each(&Input::Tick, world);
        self.answer(world);
    }

    fn each(&mut self, input: &Input<'_>, world: &World) {
        for index in 0..self.held.walks.len() {
            self.walk(index, input, world);
        }
    }

    /// Begins a journey, by the rules by which a real one begins.
    fn start(&mut self, fact: &Fact, world: &World) {
        let (pathway, shadow_of) = (self.pathway, self.pathway.version);
        let walks = self.held.walks.iter().map(|w| stub(row(w, pathway)));
        let journeys: Vec<Walking> = self.before.iter().cloned().chain(walks).collect();
        let rules = self.ask(world);
        rules.line.journeys = journeys;
        if rules.is_same_id(pathway, fact) || rules.not_now(pathway, fact).is_some() {
            return;
        }
        let by_hand = fact.kind == REQUESTED && matches!(fact.actor, Actor::Staff(_));
        if !by_hand && pathway.enrol.hold_out > 0 && others::held_out(pathway, rules.line.person) {
            return;
        }
        let episode = rules.episode_for(pathway, fact);
        let id = journey_id(rules.line.person, &pathway.name, &others::once(pathway, fact, &episode));
        let day_0 = rules.first_day(pathway, &episode, fact);
        if self.held.walks.len() >= WALKS_MAX {
            let Some(over) = self.held.walks.iter().position(|w| w.state.is_none()) else { return };
            self.held.walks.remove(over);
        }
        let state = Some(journey::begin(pathway, day_0, &episode));
        let fact_kept = (pathway.enrol.once_per == OncePer::Fact).then(|| fact.clone());
        self.held.walks.push(ShadowWalk { id, episode, started_at: self.now, ended_at: None, state, fact: fact_kept });
        self.tell_of(Side::Shadow, id, world, Wish::Begin, &json!({"version": shadow_of}));
        self.walk(self.held.walks.len() - 1, &Input::Enrolled, world);
    }

    /// Advances one journey; what it wants is told, and nothing else.
    fn walk(&mut self, index: usize, input: &Input<'_>, world: &World) {
        let (pathway, setup) = (self.pathway, self.setup);
        let heard = !matches!(input, Input::Fact(fact) if !setup.hears(pathway.version, &fact.kind));
        let walk = &mut self.held.walks[index];
        let goes_on = |s: &mut journey::State| s.ended().is_none() || matches!(input, Input::Corrected { .. });
        let Some(state) = walk.state.take_if(|s| heard && goes_on(s)) else { return };
        let (id, episode, fact) = (walk.id, walk.episode.clone(), walk.fact.clone());
        let person = self.rules.line.person;
        let asks = |w: &ShadowWalk| w.state.as_ref().is_some_and(|s| !s.asking(pathway, w.id).is_empty());
        let asked = world.asking.iter().any(|other| *other != id)
            || self.held.walks.iter().enumerate().any(|(at, w)| at != index && asks(w));
        let record = Arc::clone(&world.record);
        let zone = self.ask(world).zone();
        let scope = JourneyScope {
            person,
            record: &record,
            episode: &episode,
            fact: fact.as_ref(),
            pathway,
            day_0: state.day_0,
            setup,
            now: self.now,
            zone: &zone,
            language: record.language.as_deref().unwrap_or("en"),
            to: "",
            bound: Vec::new(),
        };
        match scope.advance(state, input, id, asked) {
            Err(error) => {
                self.held.walks[index].ended_at = Some(self.now);
                self.tell_of(Side::Shadow, id, world, Wish::Failed, &json!({"reason": error.to_string()}));
            }
            Ok(advance) => {
                let from = From { pathway, journey: id, state: Some(&advance.state), episode: &episode };
                let wishes = advance.effects.iter().filter_map(|e| note(e, &from, setup, (person, self.now)));
                let wishes: Vec<Note> = wishes.collect();
                for wish in &wishes {
                    self.tell(Side::Shadow, id, &record.site, wish);
                }
                self.held.walks[index].state = Some(advance.state);
            }
        }
    }
}

/// A journey as the rules look at it: whether it is there, since when, and about what.
fn row(walk: &ShadowWalk, pathway: &Pathway) -> JourneyRow {
    let over = walk.state.as_ref().is_none_or(|s| s.ended().is_some());
    JourneyRow {
        id: walk.id,
        pathway: pathway.name.clone(),
        version: pathway.version,
        episode: walk.episode.clone(),
        status: if over { JourneyStatus::Ended } else { JourneyStatus::Active },
        step: String::new(),
        next_due: None,
        started_at: walk.started_at,
        ended: walk.ended_at.map(|at| (at, String::new())),
        blob: Vec::new(),
    }
}

fn stub(row: JourneyRow) -> Walking {
    Walking { row, state: None, fact: None, paused: None, via: None }
}
