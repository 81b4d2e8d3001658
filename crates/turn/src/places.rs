//! Places on pathways that a team's capacity limits.
//!
//! A turn is of one person, so it never decides who is next: it says that its person is in line, that a journey has a
//! place, that a place is free. The giver (the hub's) hands places to those who have waited longest by a fact, and the
//! turn that hears it starts the journey.
//!
//! Invariants: every person in line and every journey under way along a pathway with a limit has one row, written in
//! the commit that makes it so and dropped in the one that ends it, whatever ended it; a place that nobody here wants
//! is free again; who waits longer than the pathway says is told of to its fallback team, once, and stays in line.
//! What a merge carries counts until the other line has it.

use crate::Setup;
use crate::line::{InLine, Line, Trigger};
use crate::others::REQUESTED;
use crate::turn::{Turn, earlier};
use model::batch::JourneyStatus;
use model::{Actor, At, EffectId, Fact, FactId, Id, Item, PersonId, PlaceMove, PlaceRow, PlaceTo};
use pathway::Pathway;
use pathway::ast::OncePer;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The fact by which a person is handed a place.
pub const GIVEN: &str = "place.given";
/// A person is in line.
const ASKED: &str = "place.asked";
/// A person is in line no more, and has no place.
const LEFT: &str = "place.left";
/// Another line has what a merge carried there.
pub(crate) const MOVED: &str = "place.moved";
/// The name of the prompt about someone who waits too long.
const WAITED: &str = "place_waited";
/// The name of the prompt about someone whose pathway is in force no more.
const LOST: &str = "place_lost";

/// What a turn notes about places.
#[derive(Default)]
pub(crate) struct Book {
    /// Places of the line before the turn, and their pathways.
    before: BTreeMap<Id, String>,
    /// Where journeys of this turn take up a place.
    sites: BTreeMap<Id, String>,
    /// Places that a merge takes to another line.
    pub(crate) carried: BTreeSet<Id>,
    /// Places that nobody here may want.
    pub(crate) unwanted: Vec<(Id, String)>,
}

/// Whether a journey began.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begun {
    Started,
    /// The person must wait for a place.
    Waits,
    No,
}

/// The place of who waits for a pathway because of a fact: the same on whatever line that is.
pub fn place_of(pathway: &str, fact: FactId) -> Id {
    Id::of(&[b"place", pathway.as_bytes(), &fact.0.bytes()])
}

/// The fact that hands a place to the person of a row: the same fact for the same asking.
pub fn given(row: &PlaceRow, now: At) -> Item {
    let body = json!({"pathway": row.pathway, "place": row.id, "asked": row.asked});
    Item::own(row.person, Fact::own(GIVEN, &format!("{}{}", row.id, row.asked), row.person, now, body))
}

/// The same once more, after the turn that heard the first failed: another fact for each `time`.
pub fn given_again(row: &PlaceRow, time: u64, now: At) -> Item {
    let body = json!({"pathway": row.pathway, "place": row.id, "asked": row.asked});
    let key = format!("{}{}again{time}", row.id, row.asked);
    Item::own(row.person, Fact::own(GIVEN, &key, row.person, now, body))
}

/// What a line waits for, as the rows of the line of those who wait; places that were handed over already are left out.
pub fn waits(line: &Line) -> Vec<PlaceRow> {
    let row = |trigger: &Trigger| {
        let place = trigger.waits().filter(|place| !place.given)?;
        Some(PlaceRow {
            person: line.person,
            id: trigger.place_id(),
            pathway: trigger.pathway.clone(),
            site: place.site.clone(),
            since: place.since,
            asked: place.asked,
        })
    };
    line.triggers.iter().filter_map(row).collect()
}

/// The prompt's effect by which a team is told of who waits too long.
fn waited(place: Id) -> EffectId {
    EffectId::of(&[b"place_waited", &place.bytes()])
}

impl Trigger {
    /// Its place in line, while it is in line.
    pub fn waits(&self) -> Option<&InLine> {
        self.place.as_ref().filter(|place| !place.out)
    }

    /// On another line: what was given to the one it came from is free with that line's row, and is given here by
    /// another fact.
    pub(crate) fn ask_anew(&mut self, version: i64) {
        if let Some(place) = &mut self.place {
            (place.given, place.asked) = (false, version);
        }
    }

    fn place_id(&self) -> Id {
        place_of(&self.pathway, self.fact.id)
    }
}

/// Every place that a line has or waits for.
fn places(line: &Line, setup: &Setup) -> BTreeMap<Id, String> {
    let in_line = line.triggers.iter().filter(|t| t.waits().is_some()).map(|t| (t.place_id(), t.pathway.clone()));
    let active = |w: &&crate::Walking| w.row.status == JourneyStatus::Active && setup.is_limited(&w.row.pathway);
    let on_it = line.journeys.iter().filter(active).map(|w| (w.row.id.0, w.row.pathway.clone()));
    in_line.chain(on_it).collect()
}

impl Book {
    pub(crate) fn of(line: &Line, setup: &Setup) -> Self {
        Self { before: places(line, setup), ..Self::default() }
    }
}

impl Turn<'_> {
    /// Whether a journey may begin only when there is a place. Staff who enrol by hand have their way, past the limit.
    pub(crate) fn must_wait(&self, pathway: &Pathway, fact: &Fact, place: Option<&InLine>) -> bool {
        let by_hand = fact.kind == REQUESTED && matches!(fact.actor, Actor::Staff(_));
        let has = self.setup.places_free || place.is_some_and(|p| p.given && !p.out);
        pathway.enrol.places.is_some() && !by_hand && !has
    }

    /// The site by which places are counted: where it happened, else the person's.
    pub(crate) fn place_site(&self, fact: &Fact) -> String {
        if fact.site.is_empty() { self.record.site.clone() } else { fact.site.clone() }
    }

    /// A journey took up a place there.
    pub(crate) fn takes_place(&mut self, journey: Id, pathway: &str, site: String) {
        if self.setup.is_limited(pathway) {
            self.book.sites.insert(journey, site);
        }
    }

    /// What a person may have one place for: two facts about the same are one.
    fn one_place(&self, pathway: &Pathway, fact: &Fact) -> String {
        match pathway.enrol.once_per {
            OncePer::Person => String::new(),
            OncePer::Encounter | OncePer::Item => self.episode_for(pathway, fact),
            OncePer::Fact => fact.id.to_string(),
        }
    }

    /// Puts a trigger in line, or leaves it there. False when the person is in line for the same already.
    pub(crate) fn line_up(&mut self, pathway: &Arc<Pathway>, trigger: &mut Trigger) -> bool {
        let id = trigger.place_id();
        let what = self.one_place(pathway, &trigger.fact);
        let same =
            |t: &Trigger| t.pathway == pathway.name && t.waits().is_some() && self.one_place(pathway, &t.fact) == what;
        if self.line.triggers.iter().any(same) {
            return false;
        }
        if trigger.waits().is_some() {
            return true;
        }
        let (site, version) = (self.place_site(&trigger.fact), self.line.version);
        let known = self.book.before.contains_key(&id);
        match &mut trigger.place {
            // Back in line, where they were.
            Some(place) => {
                place.out = false;
                if !known {
                    (place.asked, place.given) = (version, false);
                }
            }
            None => {
                trigger.place =
                    Some(InLine { since: self.now, site, asked: version, given: false, told: false, out: false });
            }
        }
        let body = json!({"pathway": pathway.name, "fact": trigger.fact.id});
        let mut said = self.say(ASKED, &format!("{id}{version}"), body, Some(trigger.fact.id.to_string()));
        said.episode.clone_from(&trigger.fact.episode);
        self.queue.push_back(said);
        true
    }

    /// Takes a trigger out of line while its condition does not hold; it keeps when it came.
    pub(crate) fn step_out(&mut self, trigger: &mut Trigger) {
        let Some(place) = trigger.place.as_mut().filter(|place| !place.out) else { return };
        place.out = true;
        self.left_line(trigger, "condition");
    }

    /// Takes these triggers away; of each that is in line it is said.
    pub(crate) fn take_triggers(&mut self, because: &str, which: impl Fn(&Trigger) -> bool) {
        let (gone, stay): (Vec<_>, Vec<_>) = std::mem::take(&mut self.line.triggers).into_iter().partition(which);
        self.line.triggers = stay;
        for trigger in &gone {
            self.out_of_line(trigger, because);
        }
    }

    /// A trigger goes: if it was in line, that is said.
    pub(crate) fn out_of_line(&mut self, trigger: &Trigger, because: &str) {
        if trigger.waits().is_some() {
            self.left_line(trigger, because);
        }
    }

    /// Says that a person is in line no more.
    pub(crate) fn left_line(&mut self, trigger: &Trigger, because: &str) {
        let body = json!({"pathway": trigger.pathway, "fact": trigger.fact.id, "because": because});
        let key = format!("{}{}", trigger.place_id(), self.line.version);
        let said = self.say(LEFT, &key, body, Some(trigger.fact.id.to_string()));
        self.queue.push_back(said);
    }

    /// Someone waited for a pathway that is in force no more: a person takes over.
    pub(crate) fn lost_place(&mut self, trigger: &Trigger) {
        if trigger.waits().is_none() {
            return;
        }
        self.left_line(trigger, "not_in_force");
        let known = self.setup.versions.values().find(|p| p.name == trigger.pathway);
        let of_any = || self.setup.in_force.first().map(|p| p.fallback_team.clone()).unwrap_or_default();
        let (title, team) = known.map_or_else(
            || (trigger.pathway.clone(), of_any()),
            |pathway| (pathway.title.clone(), pathway.fallback_team.clone()),
        );
        self.ask(&outreach::Ask {
            reach: EffectId::of(&[b"place_lost", &trigger.place_id().bytes()]),
            journey: None,
            team,
            code: LOST.into(),
            title: "Look after this person by hand".into(),
            reason: format!("They waited for a place on “{title}”, which takes nobody any more."),
            urgent: false,
            cause: Some(trigger.fact.id.to_string()),
        });
    }

    /// A place was handed to this person, or another line has what was carried there.
    pub(crate) fn hear_place(&mut self, fact: &Fact) {
        if fact.kind != GIVEN {
            return;
        }
        let (Some(id), Some(pathway)) = (fact.text("place").and_then(|t| t.parse::<Id>().ok()), fact.text("pathway"))
        else {
            return;
        };
        let asked = fact.body.get("asked").and_then(serde_json::Value::as_i64);
        // What was given to a line that was merged into this one is free with that line's row; they are in line here.
        let mine = fact.subject == format!("person|{}", self.line.person);
        let waits = self.line.triggers.iter_mut().find(|t| t.place_id() == id && t.waits().is_some());
        match waits.and_then(|t| t.place.as_mut()) {
            Some(place) if mine && asked == Some(place.asked) => place.given = true,
            Some(_) => {}
            None => self.book.unwanted.push((id, pathway.to_owned())),
        }
    }

    /// On the line that a merge took places from: the other line has them.
    pub(crate) fn hear_moved(&mut self, fact: &Fact) {
        for place in fact.body.get("places").and_then(serde_json::Value::as_array).into_iter().flatten() {
            let text = |key: &str| place.get(key).and_then(serde_json::Value::as_str);
            if let (Some(id), Some(pathway)) = (text("place").and_then(|t| t.parse().ok()), text("pathway")) {
                self.book.unwanted.push((id, pathway.to_owned()));
            }
        }
    }

    /// On the line that a merge brings places to: these are here, so that they are free where they were.
    pub(crate) fn tell_moved(&mut self, from: PersonId, brought: &[(Id, String)], because: &Fact) {
        if brought.is_empty() || from == self.line.person {
            return;
        }
        let places: Vec<_> = brought.iter().map(|(id, name)| json!({"place": id, "pathway": name})).collect();
        let mut said = Fact::own(MOVED, &because.id.to_string(), from, self.now, json!({"places": places}));
        said.cause = Some(because.id.to_string());
        self.hand(from, said);
    }

    /// Tells the fallback team of whoever waits too long, and takes back what it was asked when they wait no more.
    pub(crate) fn tell_of_waiting(&mut self) {
        if self.book.before.is_empty() && self.line.triggers.iter().all(|t| t.place.is_none()) {
            return;
        }
        let mut late = Vec::new();
        for trigger in &mut self.line.triggers {
            let id = place_of(&trigger.pathway, trigger.fact.id);
            let Some(place) = trigger.place.as_mut().filter(|p| !p.out && !p.told && !p.given) else { continue };
            let pathway = self.setup.in_force.iter().find(|p| p.name == trigger.pathway);
            let Some((pathway, limit)) = pathway.and_then(|p| Some((p, p.enrol.places?))) else { continue };
            if place.since.plus_ms(limit.waits_ms) <= self.now {
                place.told = true;
                late.push((id, Arc::clone(pathway), trigger.fact.id));
            }
        }
        for (id, pathway, fact) in late {
            self.ask(&outreach::Ask {
                reach: waited(id),
                journey: None,
                team: pathway.fallback_team.clone(),
                code: WAITED.into(),
                title: format!("Still no place: {}", pathway.title),
                reason: "They have waited longer than the pathway allows, and stay in line. Decide whether they can \
                         wait on, or look after them by hand."
                    .into(),
                urgent: false,
                cause: Some(fact.to_string()),
            });
        }
        let still: BTreeSet<EffectId> =
            self.line.triggers.iter().filter(|t| t.waits().is_some()).map(|t| waited(t.place_id())).collect();
        self.withdraw_prompts(|p| p.name == WAITED && !still.contains(&p.effect), "waits no more");
    }

    /// When the next team is to be told of who waits too long.
    pub(crate) fn waits_until(&self) -> Option<At> {
        let until = |t: &Trigger| {
            let place = t.waits().filter(|p| !p.told && !p.given)?;
            let pathway = self.setup.in_force.iter().find(|p| p.name == t.pathway)?;
            Some(place.since.plus_ms(pathway.enrol.places?.waits_ms))
        };
        self.line.triggers.iter().filter_map(until).fold(None, |first, at| earlier(first, Some(at)))
    }

    /// What became of places in this turn.
    pub(crate) fn settle_places(&mut self, site: &str) {
        let now = places(&self.line, self.setup);
        let book = std::mem::take(&mut self.book);
        let gone = book.before.iter().filter(|(id, _)| !now.contains_key(id));
        for (id, pathway) in gone {
            let to = if book.carried.contains(id) { PlaceTo::Moving } else { PlaceTo::Free };
            self.batch.places.push(PlaceMove { id: *id, pathway: pathway.clone(), to });
        }
        for (id, pathway) in book.unwanted {
            if !now.contains_key(&id) && !book.before.contains_key(&id) {
                self.batch.places.push(PlaceMove { id, pathway, to: PlaceTo::Free });
            }
        }
        for (id, pathway) in now.into_iter().filter(|(id, _)| !book.before.contains_key(id)) {
            let in_line = self.line.triggers.iter().find(|t| t.waits().is_some() && t.place_id() == id);
            let to = match in_line.and_then(Trigger::waits) {
                Some(place) => PlaceTo::Waiting { site: place.site.clone(), since: place.since, asked: place.asked },
                None => {
                    let site = book.sites.get(&id).map_or(site, String::as_str).to_owned();
                    PlaceTo::UnderWay { site, since: self.now }
                }
            };
            self.batch.places.push(PlaceMove { id, pathway, to });
        }
    }
}

/// The places that a merge brings: of journeys under way along a pathway with a limit, and of who waits.
pub(crate) fn brought<'a>(
    setup: &Setup,
    journeys: impl Iterator<Item = (Id, &'a str, JourneyStatus)>,
    triggers: &[Trigger],
) -> Vec<(Id, String)> {
    let active = journeys.filter(|(_, name, status)| *status == JourneyStatus::Active && setup.is_limited(name));
    let waits = triggers.iter().filter(|t| t.waits().is_some()).map(|t| (t.place_id(), t.pathway.clone()));
    active.map(|(id, name, _)| (id, name.to_owned())).chain(waits).collect()
}
