//! Every place where a process may die, with every way in which a provider breaks off, with a key and without.

use crate::carrier::{Dice, Fault};
use crate::verdict::{Tally, verdict};
use crate::world::{Death, On, World, settings};
use model::time::{DAY_MS, HOUR_MS};

/// Seeds of each cell: `THROUGHLINE_LEDGER_SEEDS`, or a few.
/// The first of them is `THROUGHLINE_LEDGER_FROM`, to see one again.
fn seeds() -> u64 {
    std::env::var("THROUGHLINE_LEDGER_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(2)
}

/// One run: news of someone, a death, a provider that breaks off, and the day until all is over.
pub fn run(world: &mut World, (death, keyed, fault): (Death, bool, Fault), seed: u64) -> Result<Tally, Vec<String>> {
    let cell = Death::ALL.iter().position(|d| *d == death).unwrap() * 16
        + Fault::ALL.iter().position(|f| *f == fault).unwrap_or(8) * 2
        + usize::from(keyed);
    let number = seed * 200 + cell as u64;
    let mut dice = Dice(number);
    let (care, twins) = (dice.chance(60), fault == Fault::Twins);
    let wanted = settings(care, twins);
    let anew = !std::sync::Arc::ptr_eq(&wanted, &world.settings) || death == Death::AfterIntent;
    world.settings = wanted;
    {
        let mut state = world.carrier.lock();
        (state.keyed, state.fault, state.dice) = (keyed, fault, Dice(dice.roll()));
        state.taken.clear();
        // Half of the time it stays down for minutes, up to an hour, and the list is cut to a time.
        let down = Dice(number ^ 0xD0).chance(50);
        state.windowed = down;
        world.down_ms = if down { i64::try_from(Dice(number).below(60)).unwrap() * 60_000 } else { 0 };
    }
    world.dies_at(&[]);
    world.sends = death != Death::AfterIntent;
    if anew {
        world.start();
    }
    let begin = world.care.now();
    world.passes(i64::try_from(dice.below(90)).unwrap() * 60_000);
    let story = world.someone(number);
    world.hears(&story.discharge());
    match death {
        Death::BeforeIntent => world.start(),
        Death::AfterIntent => {
            world.settle();
            world.sends = true;
            world.start();
        }
        _ => world.dies_at(&[(death, 0)]),
    }
    world.settle();
    // Half of the time it dies once more, wherever that may be.
    if dice.chance(50) {
        let again = Death::ALL[2 + dice.below(4) as usize];
        world.dies_at(&[(again, dice.below(2))]);
    }
    world.until(begin.plus_ms(10 * HOUR_MS));
    world.dies_at(&[]);
    world.until(begin.plus_ms(DAY_MS));
    let person = world.person(&story);
    let left = world.store().unsure(100).expect("a read");
    let said = verdict(world, person, 1 + usize::from(twins));
    if left.is_empty() { said } else { Err(vec![format!("{} attempts are looked at without end", left.len())]) }
}

fn all_of(on: On, death: Death, seeds: u64) {
    let mut total = Tally::default();
    let from = std::env::var("THROUGHLINE_LEDGER_FROM").ok().and_then(|n| n.parse().ok()).unwrap_or(0);
    let mut world = World::new(on, settings(true, false));
    for keyed in [true, false] {
        for fault in Fault::ALL {
            for seed in from..from + seeds {
                match run(&mut world, (death, keyed, fault), seed) {
                    Ok(tally) => total.add(tally),
                    Err(wrong) => panic!("{death:?}, {fault:?}, key {keyed}, seed {seed}: {wrong:#?}"),
                }
            }
        }
    }
    println!("{death:?} on {on:?}, {seeds} seeds from {from} of 16 cells, {} deaths: {total:?}", world.died);
    assert!(total.intents > 0 && total.arrived > 0);
}

macro_rules! matrix {
    ($($name:ident: $death:ident;)*) => {
        mod sqlite {
            use super::*;
            $(#[test] fn $name() { all_of(On::Sqlite, Death::$death, seeds()); })*
        }
        mod postgresql {
            use super::*;
            $(#[test] fn $name() { all_of(On::Postgres, Death::$death, (seeds() / 25).max(1)); })*
        }
    };
}

matrix! {
    before_the_intent: BeforeIntent;
    after_the_intent: AfterIntent;
    after_dispatching: AfterDispatching;
    after_the_first_byte: AfterFirstByte;
    after_the_answer: AfterAnswer;
    after_recording_it: AfterRecording;
}
