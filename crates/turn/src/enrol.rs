//! Who starts a pathway: triggers, their conditions, and what is only listed.

use crate::line::{InLine, Trigger, Walking, cause, journey_id};
use crate::others::{self, HELD_OUT, REQUESTED};
use crate::places::Begun;
use crate::scope::JourneyScope;
use crate::turn::Turn;
use journey::Input;
use model::batch::JourneyStatus;
use model::time::DAY_MS;
use model::{Actor, At, Fact, JourneyRow, Origin};
use pathway::Pathway;
use pathway::ast::{Leave, OncePer};
use serde_json::json;
use std::sync::Arc;

/// Facts that may still enrol, kept per line.
pub(crate) const TRIGGERS_MAX: usize = 64;
/// So long after a fact is too old to enrol, what it would have started is still listed: an operation
/// that is charted a week late is seen by someone.
const LISTED_FOR_MS: i64 = 30 * DAY_MS;

impl Turn<'_> {
    /// A fact that may enrol becomes a trigger; one that ends a pathway takes the trigger away.
    pub(crate) fn offer_to_pathways(&mut self, fact: &Fact) {
        let setup = self.setup;
        for pathway in &setup.in_force {
            let ends = pathway.leave.iter().any(|l| matches!(l, Leave::On(p) if p.kind == fact.kind));
            if ends {
                self.take_triggers("left", |t| {
                    let other = match &pathway.enrol.item {
                        Some(_) => t.fact.text("id") != fact.text("id"),
                        None => fact.episode.is_some() && t.fact.episode != fact.episode,
                    };
                    t.pathway == pathway.name && !other
                });
            }
            if pathway.enrol.on != fact.kind || !(pathway.standing || self.in_force_at(fact)) {
                continue;
            }
            let age_ms = self.now.0 - fact.occurred_at.0;
            let acts = fact.origin == Origin::Live || fact.origin == Origin::History && pathway.enrol.by_import;
            if acts && age_ms <= pathway.enrol.fresh_for_ms {
                let until = fact.occurred_at.plus_ms(pathway.enrol.fresh_for_ms);
                let known = self.line.triggers.iter().any(|t| t.fact.id == fact.id && t.pathway == pathway.name);
                // What someone said is answered however much came at once: a standing pathway takes no place from
                // the others, and is only kept when it applies.
                let room = if pathway.standing {
                    self.may_enrol(pathway, fact)
                } else {
                    self.line.triggers.iter().filter(|t| !self.is_standing(&t.pathway)).count() < TRIGGERS_MAX
                };
                if !known && !room && !pathway.standing {
                    self.list_only(pathway, fact);
                } else if !known && room {
                    self.line.triggers.push(Trigger {
                        pathway: pathway.name.clone(),
                        fact: fact.clone(),
                        until,
                        place: None,
                    });
                }
            } else if !pathway.standing {
                self.list_only(pathway, fact);
            }
        }
    }

    fn is_standing(&self, name: &str) -> bool {
        self.setup.in_force.iter().any(|p| p.standing && p.name == name)
    }

    /// Whether pathways are in force where this happened: the fact's own site, else the one seen last.
    pub(crate) fn in_force_at(&mut self, fact: &Fact) -> bool {
        let sites = &self.setup.sites;
        if sites.is_empty() {
            return true;
        }
        if !fact.site.is_empty() {
            return sites.contains(&fact.site);
        }
        let record = self.record();
        sites.contains(&record.site) || record.sites.iter().any(|site| sites.contains(site))
    }

    /// What an old or imported fact would have started is listed, and nothing else.
    pub(crate) fn list_only(&mut self, pathway: &Arc<Pathway>, fact: &Fact) {
        if !self.may_enrol(pathway, fact) {
            return;
        }
        let fresh = self.now.0 - fact.occurred_at.0 <= pathway.enrol.fresh_for_ms;
        let why = match fact.origin {
            Origin::Live if fresh && self.begins_nothing(pathway) => "halted",
            Origin::Live if fresh && self.is_same_id(pathway, fact) => "same_id",
            Origin::Live if fresh => "too_many",
            Origin::Live => "too_old",
            Origin::History | Origin::Replay => "imported",
        };
        let body = json!({"pathway": pathway.name, "fact": fact.id, "why": why});
        let mut listed =
            Fact::own("enrolment.listed", &format!("{}{}", pathway.name, fact.id), self.line.person, self.now, body);
        listed.origin = fact.origin;
        listed.episode = fact.episode.clone();
        self.batch.facts.push(listed.because(fact.id));
    }

    pub(crate) fn may_enrol(&mut self, pathway: &Arc<Pathway>, fact: &Fact) -> bool {
        let record = self.record();
        // What is asked for by name is not asked whether it applies.
        let Some(when) = pathway.enrol.when.as_ref().filter(|_| fact.kind != REQUESTED) else { return true };
        let zone = self.zone();
        let episode = self.episode_for(pathway, fact);
        let scope = JourneyScope {
            person: self.line.person,
            record: &record,
            episode: &episode,
            fact: Some(fact),
            pathway,
            day_0: self.now,
            setup: self.setup,
            now: self.now,
            zone: &zone,
            language: "en",
            to: "",
            bound: Vec::new(),
        };
        when.eval(&scope) == model::Value::Bool(true)
    }

    /// Starts the journeys whose condition is true now. Whether any did.
    pub(crate) fn enrol(&mut self) -> bool {
        let mut triggers = std::mem::take(&mut self.line.triggers);
        if triggers.iter().any(|t| t.place.is_some()) {
            // Who has a place comes first, then who waits longest: of two about the same, that one stays.
            triggers.sort_by_key(|t| t.place.as_ref().map_or((2, At(0)), |p| (i32::from(!p.given), p.since)));
        }
        let mut started = false;
        for mut trigger in triggers {
            let Some(pathway) = self.setup.in_force.iter().find(|p| p.name == trigger.pathway).cloned() else {
                self.lost_place(&trigger);
                continue;
            };
            if trigger.fact.kind == HELD_OUT {
                // It starts nothing: that they are held out was told, as long as anyone is.
                if pathway.enrol.hold_out > 0 {
                    self.line.triggers.push(trigger);
                }
                continue;
            }
            let waits = trigger.place.is_some();
            if waits && self.record().deceased_at.is_some() {
                self.out_of_line(&trigger, "died");
                continue;
            }
            // Who was in time is not too late because they had to wait.
            let fresh = trigger.until > self.now || waits;
            if self.may_enrol(&pathway, &trigger.fact) {
                // A standing pathway's fact is answered in its own turn, however late that comes.
                if fresh && self.begins_nothing(&pathway) {
                    self.line.triggers.push(trigger);
                } else if fresh || pathway.standing {
                    started |= self.begin_or_wait(&pathway, trigger);
                } else {
                    self.list_only(&pathway, &trigger.fact);
                }
            } else if waits || trigger.until.plus_ms(LISTED_FOR_MS) > self.now && !pathway.standing {
                // Who was in line comes back to where they were, however long ago that was.
                self.step_out(&mut trigger);
                self.line.triggers.push(trigger);
            }
        }
        started
    }

    /// Starts a trigger's journey, or puts it in line. Whether it started.
    fn begin_or_wait(&mut self, pathway: &Arc<Pathway>, mut trigger: Trigger) -> bool {
        match self.start(pathway, &trigger.fact, trigger.place.as_ref()) {
            Begun::Started => return true,
            Begun::Waits => {
                if self.line_up(pathway, &mut trigger) {
                    self.line.triggers.push(trigger);
                }
            }
            Begun::No if trigger.waits().is_some() => self.left_line(&trigger, "begun_otherwise"),
            Begun::No => {}
        }
        false
    }

    /// Starts a journey, unless something is in the way. `place` is the place in line, when there is one.
    pub(crate) fn start(&mut self, pathway: &Arc<Pathway>, fact: &Fact, place: Option<&InLine>) -> Begun {
        if self.begins_nothing(pathway) || self.is_same_id(pathway, fact) {
            self.list_only(pathway, fact);
            return Begun::No;
        }
        let _ = self.record();
        if self.not_now(pathway, fact).is_some() {
            return Begun::No;
        }
        // What a clinician asks for by hand is no part of an experiment.
        let by_hand = fact.kind == REQUESTED && matches!(fact.actor, Actor::Staff(_));
        if !by_hand && pathway.enrol.hold_out > 0 && others::held_out(pathway, self.line.person) {
            self.list_held_out(pathway, fact);
            return Begun::No;
        }
        if self.must_wait(pathway, fact, place) {
            return Begun::Waits;
        }
        let episode = self.episode_for(pathway, fact);
        let id = journey_id(self.line.person, &pathway.name, &others::once(pathway, fact, &episode));
        let day_0 = self.first_day(pathway, &episode, fact);
        let row = JourneyRow {
            id,
            pathway: pathway.name.clone(),
            version: pathway.version,
            episode: episode.clone(),
            status: JourneyStatus::Active,
            step: String::new(),
            next_due: None,
            started_at: self.now,
            ended: None,
            blob: Vec::new(),
        };
        let state = journey::begin(pathway, day_0, &episode);
        let keep = pathway.enrol.once_per == OncePer::Fact;
        let fact_kept = keep.then(|| fact.clone());
        self.line.journeys.push(Walking { row, state: Some(state), fact: fact_kept, paused: None, via: None });
        let site = place.map_or_else(|| self.place_site(fact), |place| place.site.clone());
        self.takes_place(id.0, &pathway.name, site);
        let body = json!({"journey": id, "pathway": pathway.name, "episode": episode});
        let mut said = self.say("journey.started", &id.to_string(), body, Some(cause(fact.id)));
        said.episode = Some(episode).filter(|e| !e.is_empty());
        self.queue.push_back(said);
        self.count(&pathway.name, pathway.version, crate::flow::STARTED);
        self.walk(self.line.journeys.len() - 1, &Input::Enrolled);
        Begun::Started
    }

    /// Day 0 of a journey that this fact begins.
    pub(crate) fn first_day(&mut self, pathway: &Pathway, episode: &str, fact: &Fact) -> At {
        let record = self.record();
        let zone = self.zone();
        match &pathway.enrol.day_0 {
            Some(path) if path.first().map(String::as_str) == Some("encounter") && path.len() == 2 => {
                let kind = model::value::Kind::Encounter;
                match record::field(&record, (kind, episode), &path[1], self.now, &zone) {
                    model::Value::Time(at) => at,
                    _ => fact.occurred_at,
                }
            }
            _ => fact.occurred_at,
        }
    }
}
