//! Everybody walks: who has drawn the same so far walks together, each way once.
//!
//! People are independent, and everything counted is a sum: the result is the same on any number of threads. A
//! profile's people start as one group. Where chance decides, the group parts; at each midnight, groups whose
//! outlook is the same (see [`super::outlook`]) become one again. Nothing of a person is kept after their days.

use super::draws::draw;
use super::population::DRAWS;
use super::stay::Profile;
use super::tally::{Key, Tally};
use super::world::{Env, Next, World};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// People whose numbers are in memory at once.
const CHUNK: u32 = 1 << 20;
/// Groups of one profile that wait at a midnight; more walk on by themselves.
const GROUPS_MAX: usize = 4_096;

/// How people walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Who has drawn the same walks together.
    Shared,
    /// Everybody alone, with ids of their own.
    Alone,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// People.
    pub people: u32,
    /// Seed of all draws.
    pub seed: u64,
    /// Threads, 1 at least.
    pub threads: usize,
    /// How they walk.
    pub sharing: Sharing,
}

/// A group: a world, and the numbers of the people who are in it.
type Group<'e> = (World<'e>, Vec<u32>);

/// Walks everybody; what was counted.
///
/// # Errors
/// Where a pathway feeds itself.
pub fn walk(env: &Env<'_>, asked: &Asked) -> Result<Tally, String> {
    let mut all = Tally::default();
    let mut first = 0;
    while first < asked.people {
        let last = asked.people.min(first.saturating_add(CHUNK));
        all.merge(walk_chunk(env, asked, first..last)?);
        first = last;
    }
    Ok(all)
}

fn walk_chunk(env: &Env<'_>, asked: &Asked, people: std::ops::Range<u32>) -> Result<Tally, String> {
    let mut profiles: BTreeMap<Profile, Vec<u32>> = BTreeMap::new();
    for person in people {
        profiles.entry(profile(env, asked.seed, person)).or_default().push(person);
    }
    // The largest first, so that no thread is left with one at the end.
    let mut jobs: Vec<(Profile, Vec<u32>)> = profiles.into_iter().collect();
    jobs.sort_by_key(|(_, people)| std::cmp::Reverse(people.len()));
    let next = AtomicUsize::new(0);
    let work = || -> Result<Tally, String> {
        let mut tally = Tally::default();
        while let Some((profile, people)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            match asked.sharing {
                Sharing::Shared => {
                    let world = World::new(env, profile, "0", &env.setup.clinic.zone);
                    walk_group(env, asked.seed, (world, people.clone()), &mut tally)?;
                }
                Sharing::Alone => {
                    for person in people {
                        let number = person.to_string();
                        let world = World::new(env, profile, &number, &env.setup.clinic.zone);
                        walk_alone(env, asked.seed, world, *person, &mut tally)?;
                    }
                }
            }
        }
        Ok(tally)
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..asked.threads.max(1)).map(|_| scope.spawn(work)).collect();
        let mut all = Tally::default();
        for thread in threads {
            all.merge(thread.join().map_err(|_| "a thread was lost")??);
        }
        Ok(all)
    })
}

/// Who somebody is.
fn profile(env: &Env<'_>, seed: u64, person: u32) -> Profile {
    let drawn = |name: &'static str| outcome(name, draw(seed, person, name, env.population.weights(name)));
    let weekdays = DRAWS.iter().find(|(name, _)| *name == "weekday").map_or(&[][..], |(_, days)| *days);
    let weekday = drawn("weekday");
    Profile {
        language: drawn("language"),
        contact: drawn("contact"),
        wishes: drawn("wishes"),
        weekday: weekdays.iter().position(|d| *d == weekday).and_then(|n| u8::try_from(n).ok()).unwrap_or(0),
        hour: drawn("hour").parse().unwrap_or(14),
    }
}

/// The name of a draw's outcome.
fn outcome(name: &str, place: usize) -> &'static str {
    DRAWS.iter().find(|(n, _)| *n == name).and_then(|(_, outcomes)| outcomes.get(place)).copied().unwrap_or("")
}

fn walk_alone(env: &Env<'_>, seed: u64, mut world: World<'_>, person: u32, tally: &mut Tally) -> Result<(), String> {
    world.begin(tally, 1)?;
    loop {
        match world.advance(tally, 1)? {
            Next::Draw(name, of) => {
                let place = draw(seed, person, &name, env.population.weights(of));
                world.take(outcome(of, place), tally, 1)?;
            }
            Next::Midnight => {}
            Next::Over => break,
        }
    }
    tally.add(Key::Count(super::TURNS), world.take_turns());
    Ok(())
}

fn walk_group<'e>(env: &'e Env<'e>, seed: u64, group: Group<'e>, tally: &mut Tally) -> Result<(), String> {
    let (mut world, people) = group;
    world.begin(tally, people.len() as u64)?;
    let mut today = vec![(world, people)];
    while !today.is_empty() {
        let mut tomorrow: BTreeMap<model::Id, Group<'e>> = BTreeMap::new();
        while let Some((mut world, people)) = today.pop() {
            match world.advance(tally, people.len() as u64)? {
                Next::Over => tally.add(Key::Count(super::TURNS), world.take_turns()),
                Next::Midnight => {
                    tally.add(Key::Count(super::TURNS), world.take_turns());
                    let outlook = world.outlook();
                    if let Some((_, met)) = tomorrow.get_mut(&outlook) {
                        met.extend(people);
                    } else if tomorrow.len() < GROUPS_MAX {
                        tomorrow.insert(outlook, (world, people));
                    } else {
                        today.push((world, people));
                    }
                }
                Next::Draw(name, of) => {
                    tally.add(Key::Count(super::TURNS), world.take_turns());
                    part(env, seed, (world, people), (&name, of), &mut today, tally)?;
                }
            }
        }
        today = tomorrow.into_values().collect();
    }
    Ok(())
}

/// A group parts by what each of its people draws.
fn part<'e>(
    env: &'e Env<'e>,
    seed: u64,
    (world, people): Group<'e>,
    (name, of): (&str, &'static str),
    groups: &mut Vec<Group<'e>>,
    tally: &mut Tally,
) -> Result<(), String> {
    let weights = env.population.weights(of);
    let mut parts: BTreeMap<&'static str, Vec<u32>> = BTreeMap::new();
    for person in people {
        let outcome = world.made_of(outcome(of, draw(seed, person, name, weights)));
        parts.entry(outcome).or_default().push(person);
    }
    let last = parts.pop_last();
    for (outcome, people) in parts {
        let mut world = world.clone();
        world.take(outcome, tally, people.len() as u64)?;
        groups.push((world, people));
    }
    if let Some((outcome, people)) = last {
        let mut world = world;
        world.take(outcome, tally, people.len() as u64)?;
        groups.push((world, people));
    }
    Ok(())
}
