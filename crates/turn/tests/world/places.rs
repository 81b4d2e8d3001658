//! Places on a pathway that a team's capacity limits: never more than the limit at once, and nobody is forgotten.

use crate::harness::{World, at, pathway};
use model::place::{PlaceRow, PlaceState, PlaceTo};
use model::{At, Id, PersonId};
use pathway::Pathway;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use throughline_turn::places;

fn limited(enrol: &str) -> Arc<Pathway> {
    let enrol: String = enrol.lines().map(|line| format!("  {line}\n")).collect();
    pathway(&format!(
        "pathway: calls\nlanguage: 1\ntitle: Calls\nowner: surgery\nfallback_team: charge\nspeaks: [en]\nenrol:\n{enrol}\
         leave:\n  - on: encounter.readmitted\n  - after: 30 days\n\
         tracks:\n  main:\n    - prompt: check\n      to: nurses\n      do: Call\n      why: To hear.\n      due: 8 team hours\n"
    ))
}

const AT_DISCHARGE: &str = "on: encounter.discharged\nonce_per: person\nby_hand: true\nat_most: 3\nwaits: 2 days";

/// People whose rows of places are kept as a store does, and a giver over them.
struct Town {
    people: Vec<World>,
    rows: BTreeMap<(PersonId, Id), (PlaceState, PlaceRow)>,
    read: Vec<usize>,
}

impl Town {
    fn of(pathway: &Arc<Pathway>, n: u32) -> Self {
        let people: Vec<World> = (1..=n).map(|n| World::of(&[Arc::clone(pathway)], at(0, 9, 0), n)).collect();
        Self { read: vec![0; people.len()], people, rows: BTreeMap::new() }
    }

    /// What turns said of places is written.
    fn writes(&mut self) {
        for (world, read) in self.people.iter().zip(&mut self.read) {
            for place in &world.places[*read..] {
                let key = (world.person, place.id);
                let row = |site: &str, since: At, asked: i64| PlaceRow {
                    person: world.person,
                    id: place.id,
                    pathway: place.pathway.clone(),
                    site: site.into(),
                    since,
                    asked,
                };
                match &place.to {
                    PlaceTo::Waiting { site, since, asked } => {
                        let was = self.rows.insert(key, (PlaceState::Waiting, row(site, *since, *asked)));
                        assert!(was.is_none_or(|(state, _)| state == PlaceState::Moving), "asked for twice");
                    }
                    PlaceTo::UnderWay { site, since } => {
                        self.rows.insert(key, (PlaceState::UnderWay, row(site, *since, 0)));
                    }
                    PlaceTo::Moving => {
                        if let Some((state, _)) = self.rows.get_mut(&key) {
                            *state = PlaceState::Moving;
                        }
                    }
                    PlaceTo::Free => drop(self.rows.remove(&key)),
                }
            }
            *read = world.places.len();
        }
    }

    fn taken(&self) -> usize {
        self.rows.values().filter(|(state, _)| *state != PlaceState::Waiting).count()
    }

    /// The giver's round: whom it chose, in the order of the line.
    fn gives(&mut self, at_most: usize) -> Vec<PlaceRow> {
        let free = at_most.saturating_sub(self.taken());
        let mut line: Vec<PlaceRow> =
            self.rows.values().filter(|(s, _)| *s == PlaceState::Waiting).map(|(_, row)| row.clone()).collect();
        line.sort_by_key(|row| (row.since, row.person, row.id));
        line.truncate(free);
        for row in &line {
            self.rows.get_mut(&(row.person, row.id)).unwrap().0 = PlaceState::Given;
        }
        line
    }

    /// The facts of these places reach their people, twice.
    fn delivers(&mut self, rows: &[PlaceRow]) {
        for row in rows.iter().chain(rows) {
            let world = self.people.iter_mut().find(|w| w.person == row.person).unwrap();
            let now = world.now;
            world.takes(places::given(row, now).fact).unwrap();
            self.writes();
        }
    }

    fn under_way(&self) -> usize {
        self.people.iter().map(|w| w.under_way("calls")).sum()
    }

    /// Each journey has one row, and each row a journey or a person in line.
    fn agrees(&self) {
        let on_it = self.rows.values().filter(|(s, _)| *s == PlaceState::UnderWay).count();
        assert_eq!(on_it, self.under_way());
        for ((person, _), (state, _)) in &self.rows {
            let world = self.people.iter().find(|w| w.person == *person).unwrap();
            assert!(*state != PlaceState::UnderWay || world.under_way("calls") == 1);
        }
    }
}

#[test]
fn there_are_never_more_than_the_limit_and_everyone_starts_when_places_free_up() {
    let pathway = limited(AT_DISCHARGE);
    let mut town = Town::of(&pathway, 10);
    let mut given: Vec<PlaceRow> = Vec::new();
    let (mut most, mut waited) = (0, 0);
    for step in 0..600_u32 {
        let drawn = Id::of(&[b"town", &step.to_le_bytes()]).bytes();
        let who = usize::from(drawn[0]) % 10;
        let now = at(0, 9, 0).plus_ms(i64::from(step) * 60_000);
        town.people.iter_mut().for_each(|w| w.now = now);
        match drawn[1] % 8 {
            0..=3 => town.people[who].is_discharged(),
            4 | 5 => town.people[who].hears("encounter.readmitted", "Encounter/1", json!({"id": "Encounter/2"})),
            6 => {
                // What was given before is still on its way for a while.
                town.writes();
                given.extend(town.gives(3));
            }
            _ => {
                let ready = std::mem::take(&mut given);
                town.delivers(&ready);
            }
        }
        town.writes();
        town.agrees();
        most = most.max(town.under_way());
        waited = waited.max(town.rows.len() - town.taken());
        assert!(town.taken() <= 3, "step {step}: {} places are taken", town.taken());
        assert!(town.under_way() <= 3, "step {step}");
    }
    assert_eq!((most, waited > 2), (3, true), "the limit was reached, and people waited");
    // From now on nobody comes: whoever waits starts, first come first.
    town.delivers(&given);
    for _ in 0..20 {
        let line = town.gives(3);
        town.delivers(&line);
        let on_it = town.people.iter().position(|w| w.under_way("calls") > 0);
        let Some(done) = on_it else { break };
        town.people[done].hears("encounter.readmitted", "Encounter/1", json!({"id": "Encounter/2"}));
        town.writes();
    }
    assert!(town.rows.is_empty(), "nobody waits, and no place is kept: {:?}", town.rows);
}

#[test]
fn who_waits_is_not_too_old_the_team_is_told_once_and_day_0_stays() {
    let mut town = Town::of(&limited(AT_DISCHARGE), 1);
    let world = &mut town.people[0];
    world.is_discharged();
    assert_eq!((world.begun("calls"), world.told("place.asked").len()), (0, 1));
    world.until(at(2, 8, 59));
    assert_eq!(world.open("place_waited").len(), 0);
    world.until(at(9, 9, 0));
    assert_eq!(world.open("place_waited").len(), 1, "once");
    assert_eq!(world.one("place_waited").team, "charge");
    town.writes();
    let line = town.gives(3);
    assert_eq!(line[0].since, at(0, 9, 0));
    town.delivers(&line);
    let world = &mut town.people[0];
    assert_eq!((world.under_way("calls"), world.open("place_waited").len()), (1, 0));
    assert_eq!(world.told("enrolment.listed").len(), 0);
    // It leaves 30 days after the discharge, not after the place.
    world.until(at(29, 12, 0));
    assert_eq!(world.under_way("calls"), 1);
    world.until(at(31, 12, 0));
    assert_eq!(world.under_way("calls"), 0);
    town.writes();
    assert!(town.rows.is_empty());
}

#[test]
fn staff_start_a_person_past_the_limit_and_their_wait_is_over() {
    let mut town = Town::of(&limited(AT_DISCHARGE), 4);
    town.people.iter_mut().for_each(World::is_discharged);
    town.writes();
    let line = town.gives(3);
    town.delivers(&line);
    let last = town.people.iter().position(|w| w.under_way("calls") == 0).unwrap();
    let asked = json!({"pathway": "calls", "reason": "worried after the visit"});
    town.people[last].nurse("enrolment.requested", asked).unwrap();
    town.writes();
    assert_eq!((town.under_way(), town.rows.len(), town.taken()), (4, 4, 4));
    assert!(town.gives(3).is_empty(), "and nobody else gets one before two are done");
}

#[test]
fn who_dies_or_is_readmitted_while_waiting_frees_the_line() {
    let mut town = Town::of(&limited(AT_DISCHARGE), 3);
    town.people.iter_mut().for_each(World::is_discharged);
    town.writes();
    // One of them was handed a place that he does not take any more.
    let line = town.gives(1);
    let dead = town.people.iter().position(|w| w.person == line[0].person).unwrap();
    let patient = json!({"resourceType": "Patient", "id": "1", "deceasedDateTime": at(0, 9, 0)});
    town.people[dead].hears("resource.received", "Patient/1", patient);
    town.writes();
    assert_eq!(town.taken(), 0, "his place is free");
    town.delivers(&line);
    let why = |world: &World| {
        world.told("place.left").iter().filter_map(|f| f.text("because").map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(why(&town.people[dead]), ["died"], "said once");
    assert_eq!((town.under_way(), town.taken(), town.rows.len()), (0, 0, 2));
    let left = (0..3).find(|n| *n != dead).unwrap();
    town.people[left].hears("encounter.readmitted", "Encounter/1", json!({"id": "Encounter/2"}));
    town.writes();
    assert_eq!(why(&town.people[left]), ["left"]);
    assert_eq!(town.rows.len(), 1);
    let line = town.gives(1);
    town.delivers(&line);
    assert_eq!(town.under_way(), 1, "and the third begins");
}

#[test]
fn who_does_not_want_it_any_more_steps_out_of_line_and_comes_back_where_they_were() {
    let wants = format!("{AT_DISCHARGE}\nwhen: record.wants_task_reminders == true");
    let mut town = Town::of(&limited(&wants), 1);
    let prefers = |town: &mut Town, yes: bool| {
        town.people[0].nurse("preference.changed", json!({"task_reminders": yes})).unwrap();
        town.writes();
    };
    prefers(&mut town, true);
    town.people[0].is_discharged();
    town.writes();
    let first = town.gives(1);
    prefers(&mut town, false);
    assert!(town.rows.is_empty(), "out of line, and what was given is free");
    town.people[0].now = at(5, 9, 0);
    prefers(&mut town, true);
    town.delivers(&first);
    assert_eq!(town.under_way(), 0, "an older gift is none");
    let again = town.gives(1);
    assert_eq!((again.len(), again[0].since), (1, at(0, 9, 0)), "where they were, though the fact is old by now");
    town.delivers(&again);
    assert_eq!(town.under_way(), 1);
}

#[test]
fn nobody_is_dropped_by_a_condition_that_does_not_hold_for_a_while_however_long_they_waited() {
    let wants = format!("{AT_DISCHARGE}\nwhen: record.wants_task_reminders == true\nfresh_for: 2 days");
    let mut town = Town::of(&limited(&wants), 1);
    let prefers = |town: &mut Town, yes: bool| {
        town.people[0].nurse("preference.changed", json!({"task_reminders": yes})).unwrap();
        town.writes();
    };
    prefers(&mut town, true);
    town.people[0].is_discharged();
    town.writes();
    for day in [50, 200] {
        town.people[0].now = at(day, 9, 0);
        prefers(&mut town, false);
        assert!(town.rows.is_empty(), "day {day}: out of line");
        town.people[0].until(at(day + 1, 9, 0));
        prefers(&mut town, true);
        let line: Vec<At> = town.rows.values().map(|(_, row)| row.since).collect();
        assert_eq!(line, [at(0, 9, 0)], "day {day}: back where they were");
    }
    assert_eq!(town.people[0].told("place.left").len(), 2);
}

#[test]
fn a_halt_keeps_who_was_given_a_place_until_it_ends() {
    let mut town = Town::of(&limited(AT_DISCHARGE), 1);
    town.people[0].is_discharged();
    town.writes();
    let line = town.gives(1);
    town.people[0].halt("calls");
    town.delivers(&line);
    town.people[0].until(at(6, 9, 0));
    town.writes();
    assert_eq!((town.under_way(), town.taken()), (0, 1), "the place is theirs");
    town.people[0].resume();
    town.writes();
    assert_eq!((town.under_way(), town.rows.len()), (1, 1));
}

/// Everybody is known by a number of their own, and goes home a minute after each other.
fn go_home(town: &mut Town) {
    for (n, world) in town.people.iter_mut().enumerate() {
        let number = (n + 1).to_string();
        let identifier = json!([{"system": "urn:mrn", "value": number}]);
        let mut fact =
            world.fact("resource.received", json!({"resourceType": "Patient", "id": number, "identifier": identifier}));
        (fact.source, fact.subject) = ("north".into(), format!("urn:mrn|{number}"));
        world.takes(fact).unwrap();
        world.now = at(0, 9, i64::try_from(n).unwrap());
        world.is_discharged();
    }
    town.writes();
}

#[test]
fn a_place_that_was_given_is_asked_for_anew_on_the_line_that_a_merge_brings_it_to() {
    let mut town = Town::of(&limited(AT_DISCHARGE), 3);
    go_home(&mut town);
    // The second is handed the one place that is free; the pathway is halted before they begin.
    for n in [0, 2] {
        town.people[n].hears("encounter.readmitted", "Encounter/1", json!({"id": "Encounter/2"}));
    }
    town.writes();
    let line = town.gives(1);
    assert_eq!(line[0].person, town.people[1].person);
    town.people.iter_mut().for_each(|w| w.halt("calls"));
    town.delivers(&line);
    assert_eq!((town.under_way(), town.taken()), (0, 1));
    let fact = town.people[0].fact("person.merged", json!({"from": "urn:mrn|2"}));
    town.people[0].takes(fact).unwrap();
    // What one hands over reaches the other, until nothing is on its way.
    for (from, to) in [(0, 1), (1, 0), (0, 1)] {
        for fact in std::mem::take(&mut town.people[from].handed) {
            town.people[to].takes(fact).unwrap();
        }
        town.writes();
    }
    let row: Vec<_> = town.rows.values().collect();
    assert_eq!((row.len(), row[0].0, row[0].1.person), (1, PlaceState::Waiting, town.people[0].person));
    assert_ne!(places::given(&row[0].1, at(0, 9, 0)).fact.id, places::given(&line[0], at(0, 9, 0)).fact.id);
    // Somebody else comes, and is handed the place that is free now.
    let other = Id::of(&[b"another discharge"]);
    let mut another = row[0].1.clone();
    (another.person, another.id, another.since) = (town.people[2].person, other, at(0, 8, 0));
    town.rows.insert((another.person, other), (PlaceState::Given, another));
    assert!(town.gives(1).is_empty());
    town.people[0].resume();
    town.writes();
    assert_eq!((town.under_way(), town.taken()), (0, 1), "no two have one place");
    town.rows.retain(|(_, id), _| *id != other);
    let line = town.gives(1);
    town.delivers(&line);
    assert_eq!((town.under_way(), town.taken(), town.rows.len()), (1, 1, 1));
}

#[test]
fn two_lines_that_become_one_have_one_place() {
    let mut town = Town::of(&limited(AT_DISCHARGE), 2);
    go_home(&mut town);
    assert_eq!(town.rows.len(), 2);
    let other = town.people.remove(1);
    let mut b = other;
    let read = town.read.remove(1);
    let a = &mut town.people[0];
    let fact = a.fact("person.merged", json!({"from": "urn:mrn|2"}));
    a.takes(fact).unwrap();
    for fact in std::mem::take(&mut a.handed) {
        b.takes(fact).unwrap();
    }
    for fact in std::mem::take(&mut b.handed) {
        a.takes(fact).unwrap();
    }
    // What came is told to the line that it came from, which lets go of it.
    let told: Vec<_> = std::mem::take(&mut a.handed);
    assert_eq!(told.iter().map(|f| f.kind.as_str()).collect::<Vec<_>>(), ["place.moved"]);
    town.people.push(b);
    town.read.push(read);
    town.writes();
    assert_eq!(town.taken(), 1, "until then it counts");
    for fact in told {
        town.people[1].takes(fact).unwrap();
    }
    town.writes();
    assert_eq!(town.rows.len(), 1, "one place in line: {:?}", town.rows);
    let line = town.gives(3);
    assert_eq!((line[0].person, line[0].since), (town.people[0].person, at(0, 9, 0)));
    town.delivers(&line);
    assert_eq!((town.under_way(), town.rows.len()), (1, 1));
}
