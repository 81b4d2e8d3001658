//! Change in flight: halts, moves, and corrected words, over the real hub, with restarts, on both stores.

use crate::DAVID;
use crate::harness::{On, World, read_settings, same};
use hub::{Order, Refusal, Settings};
use journey::StepMap;
use model::{Id, PersonId};
use pathway::Pathway;
use serde_json::json;
use std::sync::Arc;
use testkit::story::{DAY_0, Story};

const PATHWAY: &str = "post-surgical-follow-up";

fn follow_up(settings: &Settings) -> Arc<Pathway> {
    Arc::clone(settings.pathways.iter().find(|p| p.name == PATHWAY).unwrap())
}

/// The version in force with some of its text replaced.
pub fn changed(settings: &Settings, with: &[(&str, &str)]) -> Arc<Pathway> {
    let mut text = follow_up(settings).source.clone();
    for (from, to) in with {
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

/// A new process in which `new` is in force and the version before is known.
fn publish(world: &mut World, new: &Arc<Pathway>) {
    let mut settings = read_settings();
    let old = follow_up(&settings);
    settings.pathways.iter_mut().filter(|p| p.name == PATHWAY).for_each(|p| *p = Arc::clone(new));
    settings.older = vec![old];
    world.settings = Arc::new(settings);
    world.start();
}

fn halt(version: Option<Id>) -> Order {
    Order::Halt { pathway: PATHWAY.into(), version, why: "the words are wrong".into() }
}

fn discharged(on: On) -> (World, PersonId) {
    let mut world = World::new(on, DAY_0.plus_ms(60_000));
    world.hears(&Story::david().discharge());
    let david = world.person("1001");
    (world, david)
}

/// Orders, and lets everyone be asked.
fn order(world: &mut World, once: &str, order: &Order) -> i64 {
    let number = world.hub().order("lena", once, order).unwrap();
    world.hub().run().unwrap();
    number
}

fn nothing_is_lost_by_a_halt(on: On, restart: bool) {
    let (mut world, david) = discharged(on);
    world.restart = restart;
    world.goes_on(1, "09:59");
    // A message waits in the outbox when the halt comes.
    world.sends = false;
    world.start();
    world.goes_on(1, "10:05");
    let told = ["day 1 10:00 sms appointment_booked: queued"];
    same(&world.list_of(david, &["appointment_booked"]), &told);
    let number = world.hub().order("lena", "a", &halt(None)).unwrap();
    // The process dies before anyone was asked, and the next one sends.
    world.sends = true;
    world.start();
    world.goes_on(1, "10:30");
    same(&world.list_of(david, &["appointment_booked"]), &["day 1 10:00 sms appointment_booked: withdrawn"]);
    assert_eq!(world.words(DAVID, DAY_0).len(), 0, "nothing left");
    assert_eq!(world.facts(david, "journey.halted").len(), 1);
    // Nobody starts, the nurse's prompt stays and escalates, what comes is kept and leads nowhere yet.
    let katie = Story::katie();
    world.hears(&katie.discharge());
    let katies = world.person("1002");
    world.goes_on(1, "15:00");
    world.hears(&Story::david().dispense_ready(world.now()));
    world.start();
    world.goes_on(1, "19:00");
    assert_eq!(world.journeys(katies), Vec::<String>::new());
    same(
        &world.list(david),
        &[
            "day 1 08:00 email todays_list: delivered",
            "day 1 09:00 prompt check to surgical_nurses: open",
            "day 1 10:00 sms appointment_booked: withdrawn",
        ],
    );
    world.goes_on(2, "10:59");
    // It was valid for twelve hours: nobody is told of the visit by machine any more, and it was a reminder only.
    let check = world.prompt(david, "check");
    assert_eq!(check.team, "charge_nurse", "{check:?}: it is overdue and escalates");
    let resume = Order::Resume { pathway: PATHWAY.into(), of: number };
    order(&mut world, "b", &resume);
    world.goes_on(2, "11:20");
    assert_eq!(world.facts(david, "journey.resumed").len(), 1);
    same(
        &world.list(david)[3..],
        &[
            "day 2 10:59 email todays_list: delivered",
            "day 2 10:59 sms medicine_ready: delivered",
            "day 2 10:59 voice medicine_ready: failed",
        ],
    );
    assert_eq!(world.journeys(katies), [format!("{PATHWAY} active")], "who waited for it starts now");
    world.goes_on(16, "12:00");
    assert_eq!(world.journeys(david), [format!("{PATHWAY} ended: after 14 days")]);
}

#[test]
fn nothing_is_lost_by_a_halt_on_sqlite() {
    nothing_is_lost_by_a_halt(On::Sqlite, false);
}

#[test]
fn nothing_is_lost_by_a_halt_on_postgres() {
    nothing_is_lost_by_a_halt(On::Postgres, false);
}

#[test]
fn nothing_is_lost_by_a_halt_with_a_new_process_at_each_step() {
    nothing_is_lost_by_a_halt(On::Sqlite, true);
}

fn a_red_flag_is_never_halted(on: On) {
    let (mut world, david) = discharged(on);
    world.goes_on(1, "09:30");
    world.completes(david, "check", "done", json!({"pain": 9, "bleeding": true, "wound": "open", "fever": true}));
    assert_eq!(world.prompt(david, "surgeon_review").team, "on_call_surgeon");
    let version = follow_up(&world.settings).version;
    let number = order(&mut world, "a", &halt(Some(version)));
    world.start();
    // What is open stays open and escalates.
    world.goes_on(1, "10:20");
    assert_eq!(world.prompt(david, "surgeon_review").team, "charge_nurse", "nobody came");
    // What people write is answered, and someone is asked.
    let wrote = world.now();
    world.texts(DAVID, "my wound is bleeding");
    assert_eq!(world.words(DAVID, wrote).len(), 1);
    assert!(world.prompt(david, "red_flag").urgent);
    // A red flag that nobody was reached about is asked again, though the journey stands still.
    world.completes(david, "surgeon_review", "no_answer", json!({}));
    let again = world.prompt(david, "surgeon_review");
    assert!(again.urgent && again.attempt == 2, "{again:?}");
    let resume = Order::Resume { pathway: PATHWAY.into(), of: number };
    order(&mut world, "b", &resume);
    assert_eq!(world.open(david, "surgeon_review").len(), 1, "and not twice when it goes on");
    // A death ends it, halted or not.
    order(&mut world, "c", &halt(None));
    world.hears(&Story::david().death(world.now()));
    assert!(world.journeys(david)[0].contains("ended: "), "{:?}", world.journeys(david));
}

#[test]
fn a_red_flag_is_never_halted_on_sqlite() {
    a_red_flag_is_never_halted(On::Sqlite);
}

#[test]
fn a_red_flag_is_never_halted_on_postgres() {
    a_red_flag_is_never_halted(On::Postgres);
}

#[test]
fn what_may_not_stand_is_refused() {
    let (mut world, _) = discharged(On::Sqlite);
    let mut refused = |order: &Order| match world.hub().order("lena", "x", order) {
        Err(hub::Error::Order(why)) => why,
        other => panic!("{other:?}"),
    };
    let standing = Order::Halt { pathway: "standing-red-flag".into(), version: None, why: "x".into() };
    assert_eq!(refused(&standing), Refusal::Standing);
    let unsaid = Order::Halt { pathway: PATHWAY.into(), version: None, why: " ".into() };
    assert_eq!(refused(&unsaid), Refusal::Reason(500));
    assert_eq!(refused(&Order::Resume { pathway: PATHWAY.into(), of: 7 }), Refusal::NotHalted);
    let nowhere = Id::of(&[b"nowhere"]);
    assert_eq!(refused(&halt(Some(nowhere))), Refusal::NoVersion);
    let from = follow_up(&read_settings()).version;
    let steps = StepMap::new();
    assert_eq!(refused(&Order::Move { pathway: PATHWAY.into(), from, to: nowhere, steps }), Refusal::NoVersions);
    assert_eq!(order(&mut world, "a", &halt(None)), 1);
    assert_eq!(order(&mut world, "a", &halt(None)), 1, "the same click twice is one order");
    let again = world.hub().order("lena", "b", &halt(None));
    assert!(matches!(again, Err(hub::Error::Order(Refusal::HaltedAlready))), "{again:?}");
}

fn journeys_go_over(on: On) {
    let (mut world, david) = discharged(on);
    world.goes_on(1, "15:00");
    world.handset.set_policy(DAVID, channels::handset::Policy::Answer("1".into()));
    world.hears(&Story::david().dispense_ready(world.now()));
    world.goes_on(2, "11:00");
    let old = follow_up(&world.settings);
    let new = changed(&world.settings, &[("deadline: next day at 17:00", "deadline: next day at 18:30")]);
    publish(&mut world, &new);
    world.goes_on(2, "11:05");
    let version = |world: &mut World| world.hub().store().journeys(david).unwrap()[0].version;
    assert_eq!(version(&mut world), old.version, "a journey keeps its version");
    let go = |steps: StepMap| Order::Move { pathway: PATHWAY.into(), from: old.version, to: new.version, steps };
    // Whoever stands at the nurse's call stays, when that is chosen.
    let stays = StepMap::from([("nurse_call/check".to_owned(), None)]);
    order(&mut world, "a", &go(stays));
    assert_eq!(version(&mut world), old.version);
    assert_eq!(world.facts(david, "journey.moved").len(), 0);
    let number = world.hub().order("lena", "b", &go(StepMap::new())).unwrap();
    world.start();
    world.goes_on(2, "12:00");
    assert_eq!(version(&mut world), new.version);
    let moved = world.facts(david, "journey.moved");
    assert_eq!(moved.len(), 1);
    assert_eq!(moved[0].body["order"], json!(number));
    assert!(world.hub().store().change_progress().unwrap()[&number].done());
    // It goes on along the new version, and what was asked before leads on there.
    world.completes(david, "check", "done", json!({"pain": 9, "bleeding": false, "wound": "clean", "fever": false}));
    assert_eq!(world.prompt(david, "surgeon_review").team, "on_call_surgeon");
    world.goes_on(2, "18:35");
    same(&world.list_of(david, &["medicine_waiting"])[..1], &["day 2 18:30 voice medicine_waiting: delivered"]);
}

#[test]
fn journeys_go_over_on_sqlite() {
    journeys_go_over(On::Sqlite);
}

#[test]
fn journeys_go_over_on_postgres() {
    journeys_go_over(On::Postgres);
}

#[test]
fn corrected_words_are_said_in_what_waits_in_the_outbox() {
    let (mut world, david) = discharged(On::Sqlite);
    world.goes_on(1, "09:59");
    world.sends = false;
    world.start();
    world.goes_on(1, "10:05");
    let old = follow_up(&world.settings);
    let words = old.words("appointment_booked").unwrap();
    let text = words.texts.iter().find(|t| t.channel == model::Channel::Sms && t.language == "en").unwrap();
    let first = text.text.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
    let new = changed(&world.settings, &[(&first, &format!("CORRECTED {first}"))]);
    publish(&mut world, &new);
    let later = changed(&world.settings, &[]);
    assert_eq!(later.version, new.version);
    let other = Order::Words { pathway: PATHWAY.into(), from: old.version, to: new.version };
    order(&mut world, "a", &other);
    world.sends = true;
    world.start();
    world.goes_on(1, "10:10");
    let said = world.words(DAVID, DAY_0);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("CORRECTED"), "{said:?}");
    same(
        &world.list_of(david, &["appointment_booked"]),
        &["day 1 10:00 sms appointment_booked: withdrawn", "day 1 10:05 sms appointment_booked: delivered"],
    );
    assert_eq!(world.hub().store().journeys(david).unwrap()[0].version, new.version);
    // More than words is no correction of words.
    let more = changed(&world.settings, &[("day 1 at 09:00", "day 1 at 09:30")]);
    let mut settings = read_settings();
    settings.older = vec![Arc::clone(&new), Arc::clone(&more)];
    world.settings = Arc::new(settings);
    world.start();
    let wrong = Order::Words { pathway: PATHWAY.into(), from: new.version, to: more.version };
    let refused = world.hub().order("lena", "b", &wrong);
    assert!(
        matches!(&refused, Err(hub::Error::Order(Refusal::MoreThanWords(more))) if more == &["steps"]),
        "{refused:?}"
    );
}
