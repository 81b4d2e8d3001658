//! Incidents that happened to others, by their names.

use crate::carrier::Fault;
use crate::verdict::verdict;
use crate::world::{Death, On, World, settings};
use hub::{Point, Then};
use model::Channel;
use model::message::Status;
use model::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use std::collections::BTreeMap;
use testkit::story::Story;

/// So many people hear something now.
pub fn people(world: &mut World, numbers: std::ops::Range<u64>) -> Vec<Story> {
    let stories: Vec<Story> = numbers.map(|n| world.someone(n)).collect();
    for story in &stories {
        world.hears(&story.discharge());
    }
    stories
}

/// How often each number got something by a channel.
pub fn carried(world: &World, channel: Channel) -> BTreeMap<String, usize> {
    let mut out = BTreeMap::new();
    for taken in world.carrier.lock().taken.iter().filter(|t| t.channel == channel) {
        *out.entry(taken.to.clone()).or_default() += 1;
    }
    out
}

/// Nobody was told the same words twice by one channel within `ms`; words that say that they may come twice are others.
pub fn nobody_is_told_twice(world: &World, ms: i64) {
    let state = world.carrier.lock();
    let mut told: BTreeMap<(Channel, &str, &str), model::At> = BTreeMap::new();
    for taken in &state.taken {
        if let Some(before) = told.insert((taken.channel, &taken.to, &taken.text), taken.at) {
            let apart = taken.at.0 - before.0;
            assert!(apart >= ms, "{} by {} again after {apart} ms", taken.text, taken.channel.name());
        }
    }
}

fn all_once(world: &World, n: usize) {
    let texts = carried(world, Channel::Sms);
    assert_eq!((texts.len(), texts.values().max()), (n, Some(&1)), "{texts:?}");
}

fn a_restart(on: On) {
    for keyed in [false, true] {
        let mut world = World::new(on, settings(true, false));
        world.carrier.lock().keyed = keyed;
        let stories = people(&mut world, 0..8);
        // It dies in the middle of the eight, at each place; and is started over and over.
        for death in [Death::AfterAnswer, Death::AfterRecording, Death::AfterFirstByte] {
            world.dies_at(&[(death, 3)]);
            world.settle();
        }
        world.dies_at(&[]);
        for _ in 0..5 {
            world.start();
            world.settle();
            world.passes(MINUTE_MS);
        }
        world.until(world.care.now().plus_ms(HOUR_MS));
        all_once(&world, stories.len());
        world.until(world.care.now().plus_ms(DAY_MS));
        for story in &stories {
            verdict(&world, world.person(story), 1).unwrap();
        }
    }
}

#[test]
fn a_restart_sends_nothing_again() {
    a_restart(On::Sqlite);
}

#[test]
fn a_restart_sends_nothing_again_on_postgresql() {
    a_restart(On::Postgres);
}

#[test]
fn one_refused_address_does_not_make_the_rest_repeat() {
    let mut world = World::new(On::Sqlite, settings(true, false));
    let refused = world.someone(2).person.phone.unwrap();
    world.carrier.lock().refuses.push(refused.clone());
    let stories = people(&mut world, 0..6);
    world.settle();
    let texts = carried(&world, Channel::Sms);
    assert_eq!((texts.len(), texts.values().max(), texts.get(&refused)), (5, Some(&1), None), "{texts:?}");
    // Nobody was asked for twice, the refused one neither; theirs goes on by mail.
    assert_eq!(world.carrier.lock().asked.len(), 6 + 1);
    assert_eq!(carried(&world, Channel::Email).len(), 1);
    world.start();
    world.settle();
    assert_eq!(world.carrier.lock().asked.len(), 6 + 1, "nor after a restart");
    let of_it = world.messages(world.person(&stories[2]));
    let failed = of_it.iter().find(|m| m.channel == Channel::Sms).unwrap();
    assert_eq!((failed.status, failed.error.as_deref()), (Status::Failed, Some("unreachable_number")));
}

/// Another process takes the store over while the first is about to send what it has claimed.
fn two_schedulers(on: On, keyed: bool) {
    let mut world = World::new(on, settings(true, false));
    world.carrier.lock().keyed = keyed;
    let stories = people(&mut world, 0..4);
    let mut first = world.process();
    let slot = std::rc::Rc::new(std::cell::RefCell::new(None));
    {
        let (slot, store, settings) = (std::rc::Rc::clone(&slot), first.store().clone(), world.settings.clone());
        let (care, machine, carrier) = (world.care.clone(), world.machine.clone(), world.carrier.clone());
        first = first.with_watch(Box::new(move |point| {
            if point == Point::Dispatching && slot.borrow().is_none() {
                let providers: Vec<std::sync::Arc<dyn channels::Provider>> = vec![std::sync::Arc::new(carrier.clone())];
                let second = hub::Stepper::new(store.clone(), &settings, care.clone(), providers).unwrap();
                let mut second = second.with_machine(machine.clone());
                second.run().unwrap();
                *slot.borrow_mut() = Some(second);
            }
            Then::GoOn(Vec::new())
        }));
    }
    // The first one goes on as if it were alone; whatever it wants to write is refused.
    assert!(first.run().is_err(), "only one writes");
    drop(first);
    let second = slot.borrow_mut().take().unwrap();
    world.hand_to(second);
    world.until(world.care.now().plus_ms(HOUR_MS));
    all_once(&world, stories.len());
    world.until(world.care.now().plus_ms(DAY_MS));
    for story in &stories {
        verdict(&world, world.person(story), 1).unwrap();
    }
}

#[test]
fn two_schedulers_at_once() {
    for keyed in [false, true] {
        two_schedulers(On::Sqlite, keyed);
        two_schedulers(On::Postgres, keyed);
    }
}

/// Texts and mails of each local day, and of any seven.
pub fn caps_hold(world: &World, person: model::PersonId) {
    let zone = model::time::zone("America/New_York").unwrap();
    for (channel, day, week) in [(Channel::Sms, 10, 60), (Channel::Email, 5, 28)] {
        let mut days: BTreeMap<i32, usize> = BTreeMap::new();
        let left = world.messages(person).into_iter().filter(|m| m.channel == channel && m.status != Status::Withdrawn);
        for message in left {
            let date = message.created_at.date_in(&zone);
            let number = jiff::civil::date(2026, 1, 1).until(date).unwrap().get_days();
            *days.entry(number).or_default() += 1;
        }
        assert!(days.values().all(|n| *n <= day), "{channel:?}: {days:?}");
        for first in days.keys() {
            let n: usize = days.range(*first..first + 7).map(|(_, n)| n).sum();
            assert!(n <= week, "{channel:?}: {n} in seven days: {days:?}");
        }
    }
}

#[test]
fn the_same_text_every_five_minutes_for_a_week_is_said_a_few_times_a_day() {
    let mut world = World::new(On::Sqlite, settings(false, false));
    // A number that is said to be unreachable gets no more texts, and then no cap is tried.
    world.carrier.lock().all_arrive = true;
    let story = world.someone(1);
    world.hears(&story.discharge());
    world.settle();
    let person = world.person(&story);
    let begin = world.care.now();
    let mut heard = 0;
    // Another source's loop tells the same discharge again, and every hour it takes it for another one.
    while world.care.now() < begin.plus_ms(7 * DAY_MS) {
        world.passes(5 * MINUTE_MS);
        heard += 1;
        let again = if heard % 12 == 0 { story.clone().discharged(world.care.now()) } else { story.clone() };
        let mut json = again.discharge();
        if heard % 12 == 0 {
            let encounter = story.encounter();
            let id = encounter.rsplit('/').next().unwrap();
            json = serde_json::from_str(&json.to_string().replace(id, &format!("{id}-{heard}"))).unwrap();
        }
        world.hears(&json);
        if heard % 12 == 0 {
            world.settle();
        }
    }
    world.until(begin.plus_ms(8 * DAY_MS));
    caps_hold(&world, person);
    let texts = carried(&world, Channel::Sms).values().sum::<usize>();
    // From eight to nine in the evening, every four hours, of each of the days that the week touches.
    assert!(heard == 2016 && texts > 7 && texts <= 4 * 8, "{heard} heard, {texts} texts");
    nobody_is_told_twice(&world, 4 * HOUR_MS);
    let twice = world.carrier.lock().taken.iter().map(|t| t.key).collect::<std::collections::BTreeSet<_>>().len();
    assert_eq!(twice, world.carrier.lock().taken.len(), "no attempt twice");
}

#[test]
fn a_first_patient_without_a_phone_does_not_stop_the_rest() {
    let mut world = World::new(On::Sqlite, settings(true, false));
    let mut first = world.someone(0);
    (first.person.phone, first.person.email) = (None, None);
    world.hears(&first.discharge());
    let stories = people(&mut world, 1..6);
    world.settle();
    all_once(&world, stories.len());
    let prompts = world.prompts(world.person(&first));
    assert_eq!(prompts.len(), 1, "a person is asked about the first one");
    assert!(world.messages(world.person(&first)).is_empty());
}

#[test]
fn what_nobody_can_find_out_is_said_once_more_only_where_that_is_allowed() {
    for (care, expected) in [(true, 2), (false, 1)] {
        let mut world = World::new(On::Sqlite, settings(care, false));
        {
            let mut state = world.carrier.lock();
            (state.fault, state.always) = (Fault::Silent, true);
        }
        let stories = people(&mut world, 0..1);
        // It has it, and dies with the answer: no list and no report will ever say so.
        world.dies_at(&[(Death::AfterAnswer, 0)]);
        world.settle();
        world.until(world.care.now().plus_ms(HOUR_MS));
        let texts: Vec<String> = world.carrier.lock().taken.iter().map(|t| t.text.clone()).collect();
        assert_eq!(texts.len(), expected, "{texts:?}");
        let said: Vec<bool> = texts.iter().map(|t| t.starts_with("We may have sent you this before. ")).collect();
        assert_eq!(said, [false, true][..expected]);
        let mut messages = world.messages(world.person(&stories[0]));
        messages.sort_by_key(|m| m.created_at);
        assert_eq!(messages[0].status, Status::Unknown);
        assert_eq!(messages.get(1).map(|m| m.again), care.then_some(Some(messages[0].id)));
        let codes = world.codes(world.person(&stories[0]), messages[0].reach);
        let code = if care { "say_again" } else { "unsettled" };
        assert!(codes.iter().any(|c| c == code), "{codes:?}");
    }
}

/// It dies with the answer under way and is down for minutes: the list has the entry of when it left.
fn minutes_of_downtime(on: On) {
    for minutes in [5, 45] {
        let mut world = World::new(on, settings(true, false));
        world.carrier.lock().windowed = true;
        world.down_ms = minutes * MINUTE_MS;
        let stories = people(&mut world, 0..1);
        world.dies_at(&[(Death::AfterFirstByte, 0)]);
        world.settle();
        world.until(world.care.now().plus_ms(HOUR_MS));
        let person = world.person(&stories[0]);
        let texts: Vec<_> = world.messages(person).into_iter().filter(|m| m.channel == Channel::Sms).collect();
        let its_id = world.carrier.lock().taken[0].its_id.clone();
        assert_eq!((texts.len(), texts[0].provider_id.clone()), (1, Some(its_id)), "{minutes} minutes");
        assert_eq!(carried(&world, Channel::Sms).values().sum::<usize>(), 1);
        world.until(world.care.now().plus_ms(DAY_MS));
        verdict(&world, person, 1).unwrap();
    }
}

#[test]
fn minutes_of_downtime_do_not_move_when_it_left() {
    minutes_of_downtime(On::Sqlite);
}

#[test]
fn minutes_of_downtime_do_not_move_when_it_left_on_postgresql() {
    minutes_of_downtime(On::Postgres);
}

/// Two people share a number. What was to be said to the first never left; the other one's same words did.
fn a_shared_number(on: On) {
    let mut world = World::new(on, settings(true, false));
    world.carrier.lock().windowed = true;
    let (first, mut second) = (world.someone(1), world.someone(2));
    second.person.phone = first.person.phone.clone();
    world.hears(&first.discharge());
    world.dies_at(&[(Death::AfterDispatching, 0)]);
    world.settle();
    world.passes(MINUTE_MS);
    world.hears(&second.discharge());
    world.settle();
    assert_eq!(carried(&world, Channel::Sms).values().sum::<usize>(), 1, "the second one's");
    world.until(world.care.now().plus_ms(25 * MINUTE_MS));
    let (first, second) = (world.person(&first), world.person(&second));
    assert_ne!(first, second);
    let texts = |whose| world.messages(whose).into_iter().filter(|m| m.channel == Channel::Sms);
    assert!(texts(second).all(|m| matches!(m.status, Status::Accepted | Status::Delivered | Status::Failed)));
    // What is said again to the first one, and says so, has its own.
    let attempt = texts(first).find(|m| m.again.is_none()).unwrap();
    assert_eq!(
        (attempt.status, attempt.provider_id),
        (Status::Unknown, None),
        "the second one's entry is not the first one's"
    );
    world.until(world.care.now().plus_ms(DAY_MS));
    for person in [first, second] {
        verdict(&world, person, 1).unwrap();
    }
}

#[test]
fn an_entry_of_a_shared_number_is_one_persons() {
    a_shared_number(On::Sqlite);
}

#[test]
fn an_entry_of_a_shared_number_is_one_persons_on_postgresql() {
    a_shared_number(On::Postgres);
}

#[test]
fn a_provider_that_is_gone_is_not_answered_for_by_another() {
    let mut world = World::new(On::Sqlite, settings(true, false));
    let stories = people(&mut world, 0..1);
    world.settle();
    let mut message = world.messages(world.person(&stories[0])).remove(0);
    (message.status, message.provider_id) = (Status::Unknown, None);
    let providers: Vec<std::sync::Arc<dyn channels::Provider>> = vec![std::sync::Arc::new(world.carrier.clone())];
    let links = hub::dispatch::Links::default();
    let dispatcher =
        hub::dispatch::Dispatcher::new(providers, None, "Clinic".into(), links, world.care.clone(), 1).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // The carrier's list has just such an entry.
    for (provider, says) in [("", "message.accepted"), ("carrier", "message.accepted"), ("gone", turn::UNSETTLED)] {
        let message = model::message::Message { provider: provider.into(), ..message.clone() };
        let number = hub::lane::Number::Free;
        let look = hub::settle::Look { message, last: true, may_repeat: false, number, taken: Vec::new(), twin: false };
        let items = runtime.block_on(dispatcher.settle(&look));
        assert_eq!(items.iter().map(|i| i.fact.kind.as_str()).collect::<Vec<_>>(), [says], "{provider}");
    }
}
