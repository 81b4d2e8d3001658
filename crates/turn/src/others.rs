//! Enrolment that somebody or another pathway asks for, who is held out, and goals.
//!
//! Invariants: staff enrol only where the pathway allows it, and are told why not otherwise; a share that is held out
//! is the same people whenever it is asked; pathways that begin each other are bounded (`BEGUN_MAX`).

use crate::enrol::TRIGGERS_MAX;
use crate::line::{Held, Trigger, Walking, cause, journey_id};
use crate::places::Begun;
use crate::sweep::SWEPT;
use crate::turn::Turn;
use journey::Input;
use model::batch::JourneyStatus;
use model::time::DAY_MS;
use model::{Actor, At, EffectId, Fact, Id, Passage};
use pathway::Pathway;
use pathway::ast::OncePer;
use record::Record;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The fact by which staff, or a step of another pathway, ask for an enrolment.
pub(crate) const REQUESTED: &str = "enrolment.requested";
/// The fact that lists who is held out.
pub(crate) const HELD_OUT: &str = "enrolment.held_out";
/// The kind of episode that pathways may share.
const ENCOUNTER: &str = "Encounter/";
/// Enrolments that one turn may be asked for by pathways; more is pathways that begin each other without end.
const BEGUN_MAX: usize = 32;
/// The longest reason for an enrolment, characters.
const REASON_MAX: usize = 2_000;
/// The shortest.
const REASON_MIN: usize = 3;
/// What a share is counted in.
const THOUSAND: u128 = 1_000;

/// A goal that is over.
pub(crate) struct Goal {
    pub goal: String,
    pub title: String,
    pub reached: bool,
    pub because: String,
    pub after_ms: i64,
}

/// Whether the person is of the share that a pathway holds out: the same answer always.
pub fn held_out(pathway: &Pathway, person: model::PersonId) -> bool {
    let drawn = Id::of(&[b"hold_out", pathway.name.as_bytes(), &person.0.bytes()]);
    let drawn = u128::from_be_bytes(drawn.bytes()) % THOUSAND;
    drawn < u128::from(pathway.enrol.hold_out)
}

impl Turn<'_> {
    /// Why a journey along this pathway cannot begin now because of this fact; `None` when it can.
    pub(crate) fn not_now(&self, pathway: &Pathway, fact: &Fact) -> Option<String> {
        let episode = self.episode_for(pathway, fact);
        let once = once(pathway, fact, &episode);
        let id = journey_id(self.line.person, &pathway.name, &once);
        let mut own = self.line.journeys.iter().filter(|w| w.row.pathway == pathway.name);
        let under_way = |w: &Walking| w.row.status == JourneyStatus::Active;
        let on_it = "they are on this pathway already";
        match pathway.enrol.once_per {
            OncePer::Encounter => {
                let of = |w: &&Walking| w.row.id == id || w.row.episode == episode;
                let found = own.find(of)?;
                let was = "they were on this pathway for this encounter already";
                Some(if under_way(found) { on_it } else { was }.to_owned())
            }
            OncePer::Person => {
                let days = pathway.enrol.again_after_days.unwrap_or_default();
                let again = |at: At| at.plus_ms(i64::from(days) * DAY_MS);
                let recent =
                    |w: &&Walking| days > 0 && w.row.ended.as_ref().is_some_and(|(at, _)| again(*at) > self.now);
                // A sweep comes again and again: without a word of when, it takes everyone once.
                let ever = days == 0 && fact.kind == SWEPT;
                let found = own.find(|w| under_way(w) || w.row.id == id || recent(w) || ever)?;
                Some(match found {
                    found if under_way(found) => on_it.to_owned(),
                    _ if ever => "they were on this pathway already".to_owned(),
                    found if recent(&found) => format!("they were on this pathway less than {days} days ago"),
                    _ => "this was answered already".to_owned(),
                })
            }
            OncePer::Item => {
                let of = |w: &Walking| w.row.id == id || under_way(w) && w.row.episode == episode;
                own.any(of).then(|| on_it.to_owned())
            }
            OncePer::Fact => own.any(|w| w.row.id == id).then(|| "this was answered already".to_owned()),
        }
    }

    /// What the journey is about: the fact's episode; where staff or another pathway ask and name none, the
    /// encounter that was left or begun last.
    pub(crate) fn episode_for(&self, pathway: &Pathway, fact: &Fact) -> String {
        if pathway.enrol.item.is_some() {
            // The very thing that the fact is about.
            return fact.text("id").unwrap_or_default().to_owned();
        }
        let given = fact.episode.clone().unwrap_or_default();
        if fact.kind == REQUESTED && given.is_empty() && pathway.enrol.once_per == OncePer::Encounter {
            return latest_encounter(&self.record).unwrap_or_default();
        }
        given
    }

    /// Whether sources of two hospitals call the item that a journey would be about the same: a record knows an item
    /// by its id alone, and what is one's might be told of the other's. Such a journey is only listed.
    pub(crate) fn is_same_id(&self, pathway: &Pathway, fact: &Fact) -> bool {
        let Some(id) = pathway.enrol.item.as_ref().and_then(|_| fact.text("id")) else { return false };
        let names = |held: &&Held| {
            let record = &held.fold.record;
            // A pharmacy tells of another source's order by the order's own id: only who wrote it has its status.
            record.prescriptions.iter().any(|p| p.id == id && !p.status.is_empty())
                || record.appointments.iter().any(|a| a.id == id)
                || record.encounters.iter().any(|e| e.id == id)
        };
        let sources: BTreeSet<&str> =
            self.line.folds.iter().filter(names).map(|held| held.fold.source.as_str()).collect();
        sources.len() > 1
    }

    /// Whether staff may ask for this enrolment, or why not.
    pub(crate) fn may_request(&mut self, fact: &Fact) -> Result<(), String> {
        let Actor::Staff(_) = &fact.actor else { return Err("only staff may enrol by hand".into()) };
        let name = fact.text("pathway").ok_or("body.pathway: the name of a pathway is expected")?;
        let pathway = self.in_force(name).ok_or_else(|| format!("no pathway `{name}` is in force"))?;
        if !pathway.enrol.by_hand {
            return Err(format!("nobody is enrolled by hand in “{}”", pathway.title));
        }
        if self.begins_nothing(&pathway) {
            return Err(format!("“{}” is halted: nobody begins it until it is resumed", pathway.title));
        }
        let reason = fact.text("reason").unwrap_or_default().trim();
        match reason.chars().count() {
            n if n < REASON_MIN => return Err("a reason is required".into()),
            n if n > REASON_MAX => return Err(format!("a reason has at most {REASON_MAX} characters")),
            _ => {}
        }
        let record = self.record();
        if record.deceased_at.is_some() {
            return Err("this person has died".into());
        }
        if pathway.enrol.once_per == OncePer::Encounter && self.episode_for(&pathway, fact).is_empty() {
            return Err("this pathway is about an encounter, and none is known of this person".into());
        }
        if !self.is_in_force_at(&record.site) && !record.sites.iter().any(|site| self.is_in_force_at(site)) {
            return Err("no pathway is in force at this person's site".into());
        }
        self.not_now(&pathway, fact).map_or(Ok(()), Err)
    }

    pub(crate) fn in_force(&self, name: &str) -> Option<Arc<Pathway>> {
        self.setup.in_force.iter().find(|p| p.name == name).cloned()
    }

    fn is_in_force_at(&self, site: &str) -> bool {
        let sites = &self.setup.sites;
        sites.is_empty() || sites.iter().any(|s| s == site)
    }

    /// Begins what staff or another pathway ask for.
    pub(crate) fn hear_request(&mut self, fact: &Fact) {
        if fact.kind != REQUESTED {
            return;
        }
        let Some(pathway) = fact.text("pathway").and_then(|name| self.in_force(name)) else { return };
        let until = fact.occurred_at.plus_ms(pathway.enrol.fresh_for_ms);
        let mut trigger = Trigger { pathway: pathway.name.clone(), fact: fact.clone(), until, place: None };
        let room = self.line.triggers.len() < TRIGGERS_MAX;
        if self.begins_nothing(&pathway) && room {
            // It waits for the halt to end, as a fact does that would begin it.
            self.line.triggers.push(trigger);
            return;
        }
        if self.start(&pathway, fact, None) == Begun::Waits {
            if !room {
                self.list_only(&pathway, fact);
            } else if self.line_up(&pathway, &mut trigger) {
                self.line.triggers.push(trigger);
            }
        }
    }

    /// A step that begins another pathway.
    pub(crate) fn enrol_in(&mut self, index: usize, id: EffectId, other: &str, because: Option<String>) {
        let row = &self.line.journeys[index].row;
        let (journey, episode, by) = (row.id, row.episode.clone(), row.pathway.clone());
        self.begun += 1;
        if self.begun > BEGUN_MAX {
            self.overflow();
            return;
        }
        let body = json!({"pathway": other, "journey": journey, "by": by});
        let why = match self.in_force(other) {
            None => Some("not_in_force"),
            // Only a fact says which appointment or prescription it is about.
            Some(pathway) if pathway.enrol.item.is_some() => Some("no_item"),
            Some(_) => None,
        };
        if let Some(why) = why {
            let body = json!({"pathway": other, "fact": id, "why": why});
            let said = self.say("enrolment.listed", &id.to_string(), body, because);
            self.queue.push_back(said);
            return;
        }
        let mut said = self.say(REQUESTED, &id.to_string(), body, because.or(Some(id.to_string())));
        // An appointment is no encounter: the other is then about the one that was left or begun last.
        said.episode = Some(episode).filter(|e| e.starts_with(ENCOUNTER));
        self.queue.push_back(said);
    }

    /// A step that ends another pathway: all of this person's journeys along it.
    pub(crate) fn withdraw_from(&mut self, other: &str, reason: &str) {
        for i in 0..self.line.journeys.len() {
            if self.line.journeys[i].row.pathway == other {
                self.walk(i, &Input::Withdrawn { reason });
            }
        }
        self.take_triggers("withdrawn", |t| t.pathway == other);
    }

    /// Whoever is held out is listed, and nothing else; by the first sweep that finds them only: that is kept among
    /// the triggers, of which it starts none.
    pub(crate) fn list_held_out(&mut self, pathway: &Pathway, fact: &Fact) {
        let known = |t: &Trigger| t.fact.kind == HELD_OUT && t.pathway == pathway.name;
        if fact.kind == SWEPT && self.line.triggers.iter().any(known) {
            return;
        }
        let body = json!({"pathway": pathway.name, "fact": fact.id});
        let key = format!("{}{}", pathway.name, fact.id);
        let mut said = self.say(HELD_OUT, &key, body, Some(cause(fact.id)));
        said.episode.clone_from(&fact.episode);
        if fact.kind == SWEPT {
            self.line.triggers.push(Trigger {
                pathway: pathway.name.clone(),
                fact: said.clone(),
                until: self.now,
                place: None,
            });
        }
        self.queue.push_back(said);
    }

    /// A goal was reached or missed.
    pub(crate) fn tell_goal(&mut self, index: usize, pathway: &Pathway, over: &Goal) {
        let row = &self.line.journeys[index].row;
        let (journey, episode, version) = (row.id, row.episode.clone(), row.version);
        let kind = if over.reached { "goal.reached" } else { "goal.missed" };
        let mut body = json!({"pathway": pathway.name, "journey": journey, "goal": over.goal, "title": over.title});
        if !over.because.is_empty() {
            body["because"] = json!(over.because);
        }
        let mut said = self.say(kind, &format!("{journey}{}", over.goal), body, None);
        said.episode = Some(episode).filter(|e| !e.is_empty());
        self.queue.push_back(said);
        self.batch.passages.push(Passage {
            pathway: pathway.name.clone(),
            version,
            step: model::flow::goal(&over.goal),
            way: if over.reached { "reached".into() } else { "missed".into() },
            stayed_ms: over.reached.then_some(over.after_ms),
            day: model::flow::day(self.now),
            more: true,
        });
    }
}

/// What a journey is once for, as text.
pub(crate) fn once(pathway: &Pathway, fact: &Fact, episode: &str) -> String {
    match pathway.enrol.once_per {
        OncePer::Encounter => episode.to_owned(),
        OncePer::Person | OncePer::Fact | OncePer::Item => cause(fact.id),
    }
}

fn latest_encounter(record: &Record) -> Option<String> {
    let at = |e: &&record::known::Encounter| e.discharged_at.max(e.ended_at).max(e.started_at);
    record.encounters.iter().max_by_key(at).map(|e| e.id.clone())
}
