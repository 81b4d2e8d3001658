//! A changed version in shadow beside the real one, over the real hub, with restarts, on both stores.

use crate::DAVID;
use crate::harness::{On, SOUTHSIDE, World, read_settings, same, state_version};
use channels::handset::Policy;
use hub::shadow::{Difference, difference};
use hub::{Order, Refusal, Settings};
use model::PersonId;
use model::shadow::{Side, Wish};
use pathway::Pathway;
use serde_json::json;
use std::sync::Arc;
use testkit::story::{DAY_0, Story};

const PATHWAY: &str = "post-surgical-follow-up";

/// The nurse calls on day 2 and not on day 1; a text and no call says that the medicine is ready; nobody is reminded
/// of the visit on the day before.
const CHANGES: &[(&str, &str)] = &[
    ("- wait: day 1 at 09:00", "- wait: day 2 at 09:00"),
    ("by: [voice 30 minutes, sms 4 hours, email 8 hours, portal]", "by: [sms 4 hours, email 8 hours, portal]"),
    (
        "        - reach: appointment_tomorrow
          purpose: reminder
          by: [sms 3 hours, email 8 hours, portal]
          valid: 10 hours
          until: visit.cancelled
",
        "",
    ),
    (
        "    appointment_tomorrow:
      en: We remind you of your visit.
      es: Le recordamos su visita.
",
        "",
    ),
];

fn changed(settings: &Settings) -> Arc<Pathway> {
    let mut text = settings.pathways.iter().find(|p| p.name == PATHWAY).unwrap().source.clone();
    for (from, to) in CHANGES {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    let codes = pathway::shipped::SHIPPED_CODES.iter();
    let mut texts: Vec<_> = codes.map(|(path, text)| (format!("codes/{path}"), (*text).to_owned())).collect();
    texts.push(("new.yaml".into(), text));
    let teams: Vec<String> = settings.teams.iter().map(|t| t.name.clone()).collect();
    let library = pathway::read_dir_texts(&texts, &teams);
    Arc::new(library.pathways.into_iter().next().unwrap_or_else(|| panic!("{:?}", library.findings)))
}

/// A hub that knows the changed version, and has it in shadow where `shadow` says so.
fn world(on: On, restart: bool, shadow: bool) -> (World, Arc<Pathway>) {
    let mut settings = read_settings();
    let new = changed(&settings);
    settings.older.push(Arc::clone(&new));
    let mut world = World::with(on, DAY_0.plus_ms(-1000), Arc::new(settings));
    world.restart = restart;
    if shadow {
        begins(&mut world, &new);
    }
    (world, new)
}

fn order(new: &Pathway) -> Order {
    Order::Shadow { pathway: PATHWAY.into(), version: new.version, why: "a later call".into() }
}

fn begins(world: &mut World, new: &Pathway) -> i64 {
    let once = format!("shadow {}", world.now());
    world.hub().order("lena", &once, &order(new)).unwrap()
}

/// The story until the evening of day 12.
fn play(world: &mut World) -> PersonId {
    let (david, katie) = (Story::david(), Story::katie());
    world.until(DAY_0.plus_ms(60_000));
    world.hears(&david.discharge());
    world.site = SOUTHSIDE;
    world.hears(&katie.discharge());
    world.site = crate::harness::NORTHSIDE;
    let person = world.person("1001");
    world.goes_on(1, "09:30");
    world.completes(person, "check", "done", json!({"pain": 3, "bleeding": false, "wound": "clean", "fever": false}));
    world.goes_on(1, "12:10");
    world.texts(DAVID, "DONE");
    world.goes_on(1, "15:00");
    world.handset.set_policy(DAVID, Policy::Answer("1".into()));
    world.hears(&david.dispense_ready(world.now()));
    world.goes_on(2, "12:00");
    world.handset.set_policy(DAVID, Policy::NoAnswer);
    world.goes_on(3, "10:30");
    world.completes(person, "call_about_medicine", "done", json!({"barrier": "transport", "offered": "delivery"}));
    world.goes_on(3, "17:00");
    world.hears(&david.dispense_picked_up(world.now()));
    world.goes_on(12, "18:00");
    person
}

/// What a difference says, a line for each step that differs.
fn told(difference: &Difference) -> Vec<String> {
    let differs = difference.steps.iter().filter(|(_, step)| step.is_any());
    let line = |((wish, step), d): (&(Wish, String), &hub::shadow::StepDifference)| {
        let hours = d.shift_ms.map(|ms| format!(" by {} min", ms / 60_000)).unwrap_or_default();
        format!(
            "{} {step}: {} and {}, {} same, {} earlier, {} later{hours}, {} otherwise, {} only in shadow, {} only in force",
            wish.name(),
            d.shadow,
            d.force,
            d.same,
            d.earlier,
            d.later,
            d.otherwise,
            d.only_shadow,
            d.only_force
        )
    };
    differs.map(line).collect()
}

fn a_shadow_changes_nothing_and_tells_what_it_would_have_done(on: On, restart: bool) {
    let (mut plain, _) = world(on, restart, false);
    let person = play(&mut plain);
    let (real, journeys) = (plain.list(person), plain.journeys(person));
    let plain_facts = facts_of(&plain, person);
    let (mut world, new) = world(on, restart, true);
    let same_person = play(&mut world);
    assert_eq!(person, same_person);
    same(&world.list(person), &real);
    assert_eq!(world.journeys(person), journeys);
    same(&facts_of(&world, person), &plain_facts);
    let number = 1;
    let found = difference(world.hub().store(), number, |_| true).unwrap();
    assert_eq!((found.people, found.differ, found.beyond), (1, 1, 0));
    assert_eq!(found.named.first().map(|(p, _)| *p), Some(person));
    same(
        &told(&found),
        &[
            "reach appointments/appointment_tomorrow: 0 and 1, 0 same, 0 earlier, 0 later, 0 otherwise, 0 only in shadow, 1 only in force",
            "reach medicine/medicine_ready: 1 and 1, 1 same, 0 earlier, 0 later, 1 otherwise, 0 only in shadow, 0 only in force",
            "prompt nurse_call/check: 1 and 1, 0 same, 0 earlier, 1 later by 1440 min, 0 otherwise, 0 only in shadow, 0 only in force",
            "goal called: 1 and 1, 0 same, 0 earlier, 1 later by 1410 min, 0 otherwise, 0 only in shadow, 0 only in force",
        ],
    );
    assert_eq!(difference(world.hub().store(), number, |site| site != "northside").unwrap(), Difference::default());
    // Whoever looks at one person sees both lists.
    let rows = world.hub().store().shadow_of(number, person).unwrap();
    let checks: Vec<_> = rows
        .iter()
        .filter(|r| r.would.step == "nurse_call/check")
        .map(|r| (r.would.side, world.stamp(r.would.at)))
        .collect();
    assert_eq!(checks, [(Side::Force, "day 1 09:00".to_owned()), (Side::Shadow, "day 2 09:00".to_owned())]);
    // It ends, and nothing of it is left on the line after its next turn.
    let tail = |w: &mut World| state_version(&w.hub().store().line(person).unwrap().state.unwrap());
    assert_eq!(tail(&mut world), 5, "it keeps something");
    world.hub().order("lena", "end", &Order::Unshadow { pathway: PATHWAY.into(), of: number }).unwrap();
    world.start();
    world.goes_on(13, "12:00");
    assert_eq!(tail(&mut world), 4, "it keeps nothing");
    assert_eq!(world.hub().store().shadow_of(number, person).unwrap().len(), rows.len(), "what it told is kept");
    let again = world.hub().order("lena", "again", &Order::Unshadow { pathway: PATHWAY.into(), of: number });
    assert!(matches!(again, Err(hub::Error::Order(Refusal::NotInShadow))), "{again:?}");
    // Long after that what it told is dropped.
    world.goes_on(13 + 90, "13:00");
    assert_eq!(world.hub().store().shadow_of(number, person).unwrap(), []);
    assert_eq!(world.hub().store().shadow_counted(number).unwrap(), 0);
    assert_eq!(begins(&mut world, &new), 3, "another one may begin");
}

/// All facts of a line, in order: what and which.
fn facts_of(world: &World, person: PersonId) -> Vec<String> {
    world.timeline(person).into_iter().map(|f| format!("{} {} {}", world.stamp(f.recorded_at), f.kind, f.id)).collect()
}

#[test]
fn a_shadow_changes_nothing_on_sqlite() {
    a_shadow_changes_nothing_and_tells_what_it_would_have_done(On::Sqlite, false);
}

#[test]
fn a_shadow_changes_nothing_on_postgres() {
    a_shadow_changes_nothing_and_tells_what_it_would_have_done(On::Postgres, false);
}

#[test]
fn a_shadow_changes_nothing_with_a_new_process_at_each_step() {
    a_shadow_changes_nothing_and_tells_what_it_would_have_done(On::Sqlite, true);
}

#[test]
fn who_may_run_in_shadow_is_looked_at() {
    let (mut world, new) = world(On::Sqlite, false, true);
    let refused = |world: &mut World, order: &Order| match world.hub().order("lena", &format!("{order:?}"), order) {
        Err(hub::Error::Order(why)) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&mut world, &order(&new)), Refusal::OtherInShadow, "one at a time");
    let in_force = world.settings.pathways.iter().find(|p| p.name == PATHWAY).unwrap().version;
    let other = |version, why: &str| Order::Shadow { pathway: PATHWAY.into(), version, why: why.into() };
    assert_eq!(refused(&mut world, &other(in_force, "why")), Refusal::InForceAlready);
    assert_eq!(refused(&mut world, &other(model::Id::of(&[b"?"]), "why")), Refusal::NoVersion);
    assert_eq!(refused(&mut world, &other(new.version, " ")), Refusal::Reason(500));
    let elsewhere = Order::Unshadow { pathway: "other".into(), of: 1 };
    assert_eq!(refused(&mut world, &elsewhere), Refusal::NotInShadow);
    // It ends by itself.
    world.goes_on(31, "12:00");
    assert_eq!(begins(&mut world, &new), 2);
}

#[test]
fn a_pathway_of_which_nothing_is_in_force_runs_in_shadow() {
    let mut settings = read_settings();
    let new = changed(&settings);
    settings.pathways.retain(|p| p.name != PATHWAY);
    settings.older = vec![Arc::clone(&new)];
    let mut world = World::with(On::Sqlite, DAY_0.plus_ms(60_000), Arc::new(settings));
    begins(&mut world, &new);
    world.hears(&Story::david().discharge());
    let person = world.person("1001");
    world.goes_on(3, "18:00");
    assert_eq!(world.list(person), Vec::<String>::new(), "nobody is asked and nothing is sent");
    assert_eq!(world.journeys(person), Vec::<String>::new());
    let rows = world.hub().store().shadow_of(1, person).unwrap();
    assert!(rows.iter().all(|r| r.would.side == Side::Shadow));
    let found: Vec<&str> = rows.iter().map(|r| r.would.step.as_str()).collect();
    assert!(found.contains(&"nurse_call/check") && found.contains(&"appointments/appointment_booked"), "{found:?}");
}
