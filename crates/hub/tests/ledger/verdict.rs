//! What the hub says of messages, held against what the provider carried.

use crate::carrier::Taken;
use crate::world::World;
use model::message::{Message, Status};
use model::{Channel, EffectId, PersonId, Purpose};
use std::collections::{BTreeMap, BTreeSet};

/// What is counted over many runs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub intents: usize,
    pub arrived: usize,
    pub unknown: usize,
    pub prompted: usize,
    pub labelled: usize,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.intents += other.intents;
        self.arrived += other.arrived;
        self.unknown += other.unknown;
        self.prompted += other.prompted;
        self.labelled += other.labelled;
    }
}

const LABEL: &str = "We may have sent you this before.";

/// Everything that is wrong, once all is over, of someone to whom so many things were to be said.
pub fn verdict(world: &World, person: PersonId, intents: usize) -> Result<Tally, Vec<String>> {
    let messages = world.messages(person);
    let ids: BTreeSet<_> = messages.iter().map(|m| m.id).collect();
    let all: Vec<Taken> = world.carrier.lock().taken.clone();
    let taken: Vec<&Taken> = all.iter().filter(|t| ids.contains(&t.key)).collect();
    let (mut wrong, mut tally) = (Vec::new(), Tally { intents, ..Tally::default() });
    let mut reaches: BTreeMap<EffectId, Vec<&Message>> = BTreeMap::new();
    for message in &messages {
        reaches.entry(message.reach).or_default().push(message);
        if matches!(message.status, Status::Queued | Status::Dispatching) {
            wrong.push(format!("{} is {} when all is over", message.id, message.status.name()));
        }
    }
    if reaches.len() != intents {
        wrong.push(format!("{} things were said or tried, of {intents}", reaches.len()));
    }
    for t in &taken {
        let of = messages.iter().find(|m| m.id == t.key);
        if of.is_some_and(|m| t.at >= m.valid_until) {
            wrong.push(format!("{} left after its validity", t.key));
        }
        if taken.iter().filter(|other| other.key == t.key).count() > 1 {
            wrong.push(format!("the attempt {} was carried twice", t.key));
        }
    }
    honest(&messages, &taken, &mut wrong);
    for (reach, mine) in &reaches {
        let carried: Vec<&&Taken> = taken.iter().filter(|t| mine.iter().any(|m| m.id == t.key)).collect();
        doubles(world, person, *reach, mine, &carried, &mut wrong, &mut tally);
        let arrived = carried.iter().any(|t| t.arrived);
        let unknown = mine.iter().any(|m| m.status == Status::Unknown);
        tally.arrived += usize::from(arrived);
        tally.unknown += usize::from(unknown);
        let care = mine.iter().any(|m| m.purpose == Purpose::Care);
        let prompted = !world.prompts(person).is_empty();
        tally.prompted += usize::from(prompted);
        let believed = mine.iter().any(|m| m.status == Status::Delivered);
        // A mail that was taken has arrived as far as anyone can know, unless it is said to have come back.
        let mailed = mine.iter().any(|m| m.channel == Channel::Email && m.status == Status::Accepted);
        if !arrived && (believed || care && !prompted && !mailed) {
            let stands: Vec<&str> = mine.iter().map(|m| m.status.name()).collect();
            wrong.push(format!("lost in silence: nothing arrived, and it stands as {stands:?}"));
        }
        if unknown && !world.codes(person, *reach).iter().any(|code| code == "maybe_sent") {
            wrong.push("an attempt is unknown, and nothing shows why".into());
        }
    }
    if wrong.is_empty() { Ok(tally) } else { Err(wrong) }
}

/// What stands as accepted or delivered was carried, as often as it says; what stands as failed or taken back was not, or
/// came back.
fn honest(messages: &[Message], taken: &[&Taken], wrong: &mut Vec<String>) {
    let mut said: BTreeMap<(Channel, String, String), usize> = BTreeMap::new();
    for message in messages {
        let mine: Vec<&&Taken> = taken.iter().filter(|t| t.key == message.id).collect();
        let text = crate::carrier::text_of(&message.content);
        match message.status {
            Status::Accepted | Status::Delivered => {
                *said.entry((message.channel, message.to.clone(), text)).or_default() += 1;
            }
            Status::Failed | Status::Withdrawn if mine.iter().any(|t| t.arrived) => {
                wrong.push(format!("{} arrived, and stands as {}", message.id, message.status.name()));
            }
            _ => {}
        }
        if message.status == Status::Delivered && mine.iter().any(|t| !t.arrived) {
            wrong.push(format!("{} did not arrive, and stands as delivered", message.id));
        }
    }
    for ((channel, to, text), n) in said {
        let carried = taken.iter().filter(|t| t.channel == channel && t.to == to && t.text == text).count();
        if carried < n {
            wrong.push(format!("{n} stand as carried by {}, and {carried} were", channel.name()));
        }
    }
}

/// Nothing is carried twice on one channel but what its purpose allows, and then it says so and is shown.
fn doubles(
    world: &World,
    person: PersonId,
    reach: EffectId,
    mine: &[&Message],
    carried: &[&&Taken],
    wrong: &mut Vec<String>,
    tally: &mut Tally,
) {
    for channel in [Channel::Sms, Channel::Email] {
        let attempts: Vec<&&Message> = mine.iter().filter(|m| m.channel == channel).collect();
        let again: Vec<&&&Message> = attempts.iter().filter(|m| m.again.is_some()).collect();
        tally.labelled += again.len();
        for message in &again {
            let of = attempts.iter().find(|m| Some(m.id) == message.again);
            let shown = world.codes(person, reach).iter().any(|code| code == "say_again");
            let says = crate::carrier::text_of(&message.content).starts_with(LABEL);
            if message.purpose != Purpose::Care || of.is_none() || !shown || !says {
                wrong.push(format!("{} says something again, and may not, or does not say so", message.id));
            }
        }
        let times = carried.iter().filter(|t| t.channel == channel).count();
        if times > 1 + again.len() || attempts.len() > 1 + again.len() || again.len() > 1 {
            wrong.push(format!("carried {times} times by {}, {} of them labelled", channel.name(), again.len()));
        }
    }
}
