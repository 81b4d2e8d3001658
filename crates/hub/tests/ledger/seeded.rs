//! The harness sees what it is there to see: hubs that do wrong are caught.

use crate::carrier::{Fault, Wrong};
use crate::matrix::run;
use crate::world::{Death, On, World, settings};

/// Seeds among which a mistake must show.
const SEEDS: u64 = 6;

fn caught(wrong: Wrong, cell: (Death, bool, Fault), says: &str) {
    let mut world = World::new(On::Sqlite, settings(true, false));
    world.carrier.lock().wrong = Some(wrong);
    let mut found = (0..SEEDS).filter_map(|seed| run(&mut world, cell, seed).err()).flatten();
    assert!(found.any(|f| f.contains(says)), "{wrong:?} was not seen");
}

#[test]
fn a_hub_that_tries_again_what_broke_off_is_caught() {
    caught(Wrong::RetriesWhatBrokeOff, (Death::BeforeIntent, false, Fault::Resets), "carried twice");
}

#[test]
fn a_hub_that_believes_too_much_is_caught() {
    caught(Wrong::BelievesTooMuch, (Death::BeforeIntent, false, Fault::Silent), "stand as carried by sms, and 0 were");
}

#[test]
fn a_hub_that_trusts_a_short_list_is_caught() {
    caught(Wrong::TrustsAShortList, (Death::AfterFirstByte, false, Fault::ListsLate), "arrived, and stands as failed");
}

#[test]
fn a_hub_that_trusts_a_key_that_is_none_is_caught() {
    caught(Wrong::TrustsAKeyThatIsNone, (Death::AfterFirstByte, true, Fault::Error), "carried twice");
}
