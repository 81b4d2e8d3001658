//! Many of the same words wait for a second person, who has not decided them. On both stores.

use crate::gates::{PATHWAY, message, order, pause, queue, refused};
use crate::harness::{On, World, read_settings};
use hub::sending::Scope;
use hub::{Order, Settings};
use model::Channel;
use model::message::Message;
use std::sync::Arc;
use testkit::story::DAY_0;

fn with_limit(above: u32) -> Arc<Settings> {
    let mut settings = read_settings();
    settings.approve_above = above;
    Arc::new(settings)
}

fn approve(words: &str, recipients: i64) -> Order {
    Order::Approve { pathway: PATHWAY.into(), words: words.into(), version: None, recipients }
}

fn many_of_the_same_words_wait_for_a_second_person(on: On) {
    let mut world = World::with(on, DAY_0.plus_ms(60_000), with_limit(10));
    let now = world.now();
    let (all, few) = (25, 5);
    world.sleeps_until(now);
    let bulk = (0..all).map(|n| message(n, Channel::Sms, "reminder", now));
    let others = (0..few).map(|n| message(100 + n, Channel::Sms, "other", now));
    let urgent = (0..15).map(|n| Message { urgent: true, ..message(200 + n, Channel::Sms, "flag", now) });
    let nobodys = (0..15).map(|n| Message { pathway: String::new(), ..message(300 + n, Channel::Sms, "stop", now) });
    queue(&world.opened(), bulk.chain(others).chain(urgent).chain(nobodys).collect());
    world.start();
    world.hub().run().unwrap();
    let queued = |world: &mut World| world.hub().store().queued().unwrap();
    assert_eq!(queued(&mut world), [(Channel::Sms, false, 25)], "all others have left");
    let held = |world: &mut World| {
        world.hub().store().held().unwrap().into_iter().map(|row| (row.key, row.n)).collect::<Vec<_>>()
    };
    let key = format!("{PATHWAY}/reminder");
    assert_eq!(held(&mut world), [(key.clone(), 25)]);
    world.start();
    world.hub().run().unwrap();
    assert_eq!(held(&mut world), [(key.clone(), 25)], "a new process has counted them, too");
    // Whoever put the version in force, or paused it, is not the second person.
    let old = read_settings();
    let old = old.pathways.iter().find(|p| p.name == PATHWAY).unwrap();
    let kept = hub::kept::Kept {
        name: PATHWAY.into(),
        source: old.source.replacen("day 1 at 09:00", "day 1 at 09:30", 1),
        codes: pathway::shipped::SHIPPED_CODES.iter().map(|(p, t)| (format!("codes/{p}"), (*t).to_owned())).collect(),
        teams: world.settings.teams.iter().map(|t| t.name.clone()).collect(),
        by: "lena".into(),
    };
    let new = world.hub().keep(&kept).unwrap();
    let put = Order::Publish { pathway: PATHWAY.into(), version: new.version, over: Some(old.version), folder: None };
    order(&mut world, "lena", "publish", &put);
    assert!(refused(&mut world, "lena", &approve("reminder", 25)).contains("second_"));
    let paused = order(&mut world, "omar", "pause", &pause(Scope::Pathway(PATHWAY.into())));
    assert!(refused(&mut world, "omar", &approve("reminder", 25)).contains("second_"));
    order(&mut world, "omar", "unpause", &Order::Unpause { of: paused });
    assert!(refused(&mut world, "nora", &approve("reminder", 0)).contains("number"));
    // An approval of fewer is none of these.
    order(&mut world, "nora", "fewer", &approve("reminder", 20));
    assert_eq!(held(&mut world), [(key.clone(), 25)]);
    order(&mut world, "nora", "all", &approve("reminder", 30));
    assert_eq!((held(&mut world), queued(&mut world)), (vec![], vec![]), "they have left");
    // It is for so many, of this version, for a day.
    let more = |world: &mut World, from: u32, n: u32| {
        let now = world.now();
        world.sleeps_until(now);
        let store = world.opened();
        queue(&store, (from..from + n).map(|n| message(n, Channel::Sms, "reminder", now)).collect());
        drop(store);
        world.start();
        world.hub().run().unwrap();
    };
    more(&mut world, 1_000, 5);
    assert_eq!(held(&mut world), []);
    more(&mut world, 1_010, 1);
    assert_eq!(held(&mut world), [(key.clone(), 1)], "one more than was approved");
    let later = world.now().plus_ms(23 * model::time::HOUR_MS);
    order(&mut world, "nora", "more", &approve("reminder", 100));
    assert_eq!(held(&mut world), []);
    world.until(later);
    more(&mut world, 2_000, 12);
    assert_eq!(held(&mut world), [], "it still holds");
    let back = Order::Publish { pathway: PATHWAY.into(), version: old.version, over: Some(new.version), folder: None };
    order(&mut world, "lena", "back", &back);
    more(&mut world, 3_000, 1);
    assert_eq!(held(&mut world), [(key, 1)], "another version is another matter");
    assert_eq!(world.handset.twice(), 0);
}

fn words_that_somebody_moved_journeys_to_need_another_ones_approval(on: On) {
    let mut settings = read_settings();
    settings.approve_above = 10;
    let new = crate::change::changed(&settings, &[("{{ clinic.name }}", "{{ clinic.name }} today")]);
    settings.older = vec![Arc::clone(&new)];
    let mut world = World::with(on, DAY_0.plus_ms(60_000), Arc::new(settings));
    let now = world.now();
    world.sleeps_until(now);
    queue(&world.opened(), (0..12).map(|n| message(n, Channel::Sms, "reminder", now)).collect());
    world.start();
    world.hub().run().unwrap();
    let key = format!("{PATHWAY}/reminder");
    let held = |world: &mut World| {
        world.hub().store().held().unwrap().into_iter().map(|row| (row.key, row.n)).collect::<Vec<_>>()
    };
    let more = |world: &mut World, from: u32| {
        let now = world.now();
        world.sleeps_until(now);
        let store = world.opened();
        queue(&store, (from..from + 12).map(|n| message(n, Channel::Sms, "reminder", now)).collect());
        drop(store);
        world.start();
        world.hub().run().unwrap();
    };
    let old = Arc::clone(world.settings.pathways.iter().find(|p| p.name == PATHWAY).unwrap());
    order(&mut world, "nora", "before", &approve("reminder", 100));
    more(&mut world, 100);
    assert_eq!(held(&mut world), [], "the approval is for so many");
    // Other words of journeys that are under way: what was approved is not what they say now.
    let words = Order::Words { pathway: PATHWAY.into(), from: old.version, to: new.version };
    order(&mut world, "lena", "words", &words);
    more(&mut world, 200);
    assert_eq!(held(&mut world), [(key.clone(), 12)], "nobody approved these words");
    world.start();
    world.hub().run().unwrap();
    assert_eq!(held(&mut world), [(key.clone(), 12)], "nor after a restart");
    assert!(refused(&mut world, "lena", &approve("reminder", 100)).contains("second_moved"));
    order(&mut world, "nora", "again", &approve("reminder", 100));
    assert_eq!(held(&mut world), []);
    // Whoever takes them back to the old words has decided them in turn; whoever was before has not.
    let back = Order::Move { pathway: PATHWAY.into(), from: new.version, to: old.version, steps: Default::default() };
    order(&mut world, "nora", "back", &back);
    more(&mut world, 300);
    assert_eq!(held(&mut world), [(key, 12)]);
    assert!(refused(&mut world, "nora", &approve("reminder", 100)).contains("second_moved"));
    order(&mut world, "lena", "last", &approve("reminder", 100));
    assert_eq!(held(&mut world), []);
}

#[test]
fn words_that_somebody_moved_journeys_to_need_another_ones_approval_on_sqlite() {
    words_that_somebody_moved_journeys_to_need_another_ones_approval(On::Sqlite);
}

#[test]
fn words_that_somebody_moved_journeys_to_need_another_ones_approval_on_postgres() {
    words_that_somebody_moved_journeys_to_need_another_ones_approval(On::Postgres);
}

#[test]
fn many_of_the_same_words_wait_for_a_second_person_on_sqlite() {
    many_of_the_same_words_wait_for_a_second_person(On::Sqlite);
}

#[test]
fn many_of_the_same_words_wait_for_a_second_person_on_postgres() {
    many_of_the_same_words_wait_for_a_second_person(On::Postgres);
}
