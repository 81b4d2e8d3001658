//! Storms: a source gone wild, a provider down for a day, clocks that jump, and a process that dies in the middle.

use crate::carrier::Fault;
use crate::incidents::{caps_hold, carried, nobody_is_told_twice, people};
use crate::verdict::verdict;
use crate::world::{Death, On, World, settings, settings_that_last};
use model::message::Status;
use model::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use model::{At, Channel};

/// One discharge in a loop, the same and under new numbers, while the process dies in the middle of the first message.
fn a_source_gone_wild(death: Option<Death>) {
    let mut world = World::new(On::Sqlite, settings(true, false));
    let story = world.someone(1);
    world.hears(&story.discharge());
    world.dies_at(&death.map(|death| (death, 0)).into_iter().collect::<Vec<_>>());
    world.settle();
    let person = world.person(&story);
    let encounter = story.encounter();
    let id = encounter.rsplit('/').next().unwrap().to_owned();
    for n in 0..60 {
        world.passes(MINUTE_MS);
        // The same, and another one, in a loop.
        world.hears(&story.discharge());
        let other = story.clone().discharged(world.care.now()).discharge();
        world.hears(&serde_json::from_str(&other.to_string().replace(&id, &format!("{id}-{n}"))).unwrap());
        world.settle();
    }
    world.until(world.care.now().plus_ms(3 * DAY_MS));
    caps_hold(&world, person);
    assert_eq!(world.died, usize::from(death.is_some()));
    // Of sixty numbers for one discharge: the words once, and once more where that is allowed, which says so.
    nobody_is_told_twice(&world, i64::MAX);
    let texts: Vec<String> =
        world.carrier.lock().taken.iter().filter(|t| t.channel == Channel::Sms).map(|t| t.text.clone()).collect();
    assert!((1..=2).contains(&texts.len()), "{texts:?}");
    assert!(texts.iter().skip(1).all(|text| text.starts_with("We may have sent you this before.")), "{texts:?}");
    let state = world.carrier.lock();
    let keys: std::collections::BTreeSet<_> = state.taken.iter().map(|t| t.key).collect();
    assert_eq!(keys.len(), state.taken.len(), "no attempt twice");
    drop(state);
    for message in world.messages(person) {
        assert!(!matches!(message.status, Status::Queued | Status::Dispatching), "{message:?}");
    }
}

#[test]
fn a_source_gone_wild_is_heard_once_also_when_the_process_dies() {
    a_source_gone_wild(None);
    for death in [Death::AfterDispatching, Death::AfterFirstByte, Death::AfterAnswer] {
        a_source_gone_wild(Some(death));
    }
}

fn down_for_27_hours(keyed: bool) {
    let mut world = World::new(On::Sqlite, settings(true, false));
    {
        let mut state = world.carrier.lock();
        (state.keyed, state.fault, state.always) = (keyed, Fault::Resets, true);
    }
    // The first ones broke off just before it went down; the rest never left.
    let before = people(&mut world, 0..2);
    world.dies_at(&[(Death::AfterFirstByte, 1)]);
    world.settle();
    world.dies_at(&[]);
    let taken = world.carrier.lock().taken.len();
    world.carrier.lock().down = true;
    let during = people(&mut world, 2..6);
    let went_down = world.care.now();
    world.until(went_down.plus_ms(10 * HOUR_MS));
    world.start();
    world.until(went_down.plus_ms(27 * HOUR_MS));
    assert_eq!(world.carrier.lock().taken.len(), taken, "it was down");
    {
        let mut state = world.carrier.lock();
        (state.down, state.fault, state.always) = (false, Fault::None, false);
    }
    world.until(went_down.plus_ms(2 * DAY_MS));
    assert_eq!(world.carrier.lock().taken.len(), taken, "nothing that is over goes out once it is back");
    for story in before.iter().chain(&during) {
        let person = world.person(story);
        verdict(&world, person, 1).unwrap();
        assert!(world.messages(person).iter().all(|m| m.valid_until < world.care.now()));
    }
    for story in &during {
        assert!(!world.prompts(world.person(story)).is_empty(), "a person calls whom nothing reached");
    }
    // What comes now goes out as ever.
    let after = people(&mut world, 10..13);
    world.settle();
    for story in &after {
        let phone = story.person.phone.as_ref().unwrap();
        assert_eq!(carried(&world, Channel::Sms).get(phone), Some(&1));
    }
}

#[test]
fn a_provider_that_was_down_for_27_hours_is_sent_nothing_that_is_over() {
    down_for_27_hours(false);
    down_for_27_hours(true);
}

#[test]
fn what_still_counts_after_27_hours_goes_out_once_and_nothing_else() {
    let mut world = World::new(On::Sqlite, settings_that_last());
    {
        let mut state = world.carrier.lock();
        (state.all_arrive, state.away) = (true, true);
    }
    // The tries of the first message show that it is away; what comes after waits in the outbox.
    people(&mut world, 9..10);
    world.settle();
    let stories = people(&mut world, 0..4);
    let went_down = world.care.now();
    world.until(went_down.plus_ms(27 * HOUR_MS));
    assert_eq!(world.carrier.lock().taken.len(), 0, "it was away");
    world.carrier.lock().away = false;
    // What was left alone for its failures is looked at anew.
    world.start();
    world.until(went_down.plus_ms(3 * DAY_MS));
    for story in &stories {
        let person = world.person(story);
        verdict(&world, person, 2).unwrap();
        let ids: std::collections::BTreeSet<_> = world.messages(person).iter().map(|m| m.id).collect();
        let state = world.carrier.lock();
        let texts: Vec<&str> = state.taken.iter().filter(|t| ids.contains(&t.key)).map(|t| t.text.as_str()).collect();
        assert!(matches!(texts[..], [text] if text.contains("your papers are ready")), "{texts:?}");
    }
    nobody_is_told_twice(&world, i64::MAX);
}

/// The hub itself is down with what it had claimed.
#[test]
fn a_hub_that_was_down_for_27_hours_sends_nothing_that_is_over() {
    for keyed in [false, true] {
        let mut world = World::new(On::Sqlite, settings(true, false));
        world.carrier.lock().keyed = keyed;
        let stories = people(&mut world, 0..4);
        world.dies_at(&[(Death::AfterDispatching, 0)]);
        world.sends = false;
        world.settle();
        world.sends = true;
        world.start();
        // It dies as it begins to send, and nobody starts it for a day.
        world.passes(27 * HOUR_MS);
        world.dies_at(&[]);
        world.start();
        world.until(world.care.now().plus_ms(10 * HOUR_MS));
        assert_eq!(world.carrier.lock().taken.len(), 0);
        for story in &stories {
            verdict(&world, world.person(story), 1).unwrap();
            assert!(!world.prompts(world.person(story)).is_empty());
        }
    }
}

#[test]
fn care_clocks_that_jump_send_nothing_twice_and_nothing_that_is_over() {
    let mut world = World::new(On::Sqlite, settings(true, false));
    {
        let mut state = world.carrier.lock();
        (state.fault, state.always) = (Fault::Silent, true);
    }
    let stories = people(&mut world, 0..4);
    world.dies_at(&[(Death::AfterAnswer, 2)]);
    world.settle();
    let now = world.care.now();
    for jump in [-3 * HOUR_MS, 2 * HOUR_MS, -DAY_MS, 20 * HOUR_MS, -HOUR_MS] {
        world.care.jump_to(world.care.now().plus_ms(jump));
        world.settle();
        world.machine.advance_to(world.machine.now().plus_ms(MINUTE_MS));
        world.settle();
        world.start();
        world.settle();
    }
    world.care.jump_to(now.plus_ms(HOUR_MS));
    world.until(now.plus_ms(2 * DAY_MS));
    for story in &stories {
        verdict(&world, world.person(story), 1).unwrap();
    }
    for taken in &world.carrier.lock().taken {
        assert!(taken.at < now.plus_ms(6 * HOUR_MS), "after its validity");
    }
}

#[test]
fn a_machine_clock_that_jumps_back_does_not_stop_the_looks() {
    let mut world = World::new(On::Sqlite, settings(true, false));
    {
        let mut state = world.carrier.lock();
        (state.fault, state.always) = (Fault::ListsLate, true);
    }
    let stories = people(&mut world, 0..3);
    world.settle();
    assert_eq!(world.store().unsure(10).unwrap().len(), 3);
    world.passes(MINUTE_MS);
    world.settle();
    // A day back: what was planned by the wrong clock is a day away.
    let machine = world.machine.now();
    world.machine.jump_to(At(machine.0 - DAY_MS));
    for taken in &mut world.carrier.lock().taken {
        taken.listed = Some(At(0).plus_ms(-2 * DAY_MS));
    }
    world.settle();
    world.passes(15 * MINUTE_MS);
    world.settle();
    assert_eq!(world.store().unsure(10).unwrap().len(), 0, "they were looked at all the same");
    world.until(world.care.now().plus_ms(DAY_MS));
    for story in &stories {
        verdict(&world, world.person(story), 1).unwrap();
    }
}
