//! The result of a simulation, to be written as text, JSON or a page.

use super::places::{self, PlacesRow};
use super::population::{DRAWS, Population};
use super::queue::{self, TeamLoad};
use super::tally::{Key, Tally};
use super::{Plan, Walked};
use model::{At, Channel};
use serde::Serialize;
use std::collections::BTreeMap;
use turn::Setup;

/// The result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// People who went home.
    pub people: u64,
    /// People whom a pathway was begun for.
    pub enrolled: u64,
    /// Days after each discharge.
    pub days: u32,
    /// Seed.
    pub seed: u64,
    /// The first midnight.
    pub start: At,
    /// Pathways that were in force, standing ones too.
    pub pathways: Vec<String>,
    /// Messages by channel.
    pub channels: Vec<ChannelRow>,
    /// Messages by channel, purpose and words.
    pub messages: Vec<MessageRow>,
    /// What all of them cost, millionths of a dollar.
    pub cost_micros: u64,
    /// What teams were asked, against what they can do.
    pub teams: Vec<TeamLoad>,
    /// Prompts by team and name.
    pub prompts: Vec<PromptRow>,
    /// Goals: of whom it was wanted, and who reached it.
    pub goals: Vec<Goal>,
    /// Journeys that ended, and why.
    pub ended: Vec<Ended>,
    /// Pathways with a limit of places.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<PlacesRow>,
    /// Urgent prompts, and how soon a person took note.
    pub noticed: Vec<Noticed>,
    /// All else that was counted, by name.
    pub counts: BTreeMap<&'static str, u64>,
    /// What chance was drawn by.
    pub draws: Vec<Drawn>,
}

/// Messages of one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChannelRow {
    /// Channel.
    pub channel: Channel,
    /// How many.
    #[serde(flatten)]
    pub sums: Sums,
    /// Millionths of a dollar.
    pub cost_micros: u64,
    /// Of one, or of a segment.
    pub price_micros: u64,
    /// Where the price is from.
    pub price_source: String,
}

/// Messages of the same words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MessageRow {
    /// Channel.
    pub channel: Channel,
    /// Purpose.
    pub purpose: &'static str,
    /// Words.
    pub words: String,
    /// How many.
    #[serde(flatten)]
    pub sums: Sums,
    /// Millionths of a dollar.
    pub cost_micros: u64,
}

/// What became of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sums {
    /// Left.
    pub sent: u64,
    /// Arrived.
    pub delivered: u64,
    /// Did not.
    pub failed: u64,
    /// Taken back before they left.
    pub taken_back: u64,
    /// Segments of texts.
    pub segments: u64,
}

/// Prompts of one name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PromptRow {
    /// Team.
    pub team: String,
    /// Step or rule.
    pub name: String,
    /// Opened.
    pub opened: u64,
    /// Came from another team.
    pub escalated_to: u64,
    /// Done.
    pub done: u64,
    /// Done after they were due.
    pub late: u64,
    /// Taken back.
    pub taken_back: u64,
}

/// A goal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Goal {
    /// Name.
    pub name: String,
    /// Who could reach it.
    pub of: u64,
    /// Who did.
    pub reached: u64,
}

/// Journeys that ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ended {
    /// Pathway.
    pub pathway: String,
    /// Why.
    pub reason: String,
    /// How many.
    pub journeys: u64,
}

/// Urgent prompts of one name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Noticed {
    /// Step or rule.
    pub name: String,
    /// Of which a person took note.
    pub prompts: u64,
    /// The median, minutes after it was opened.
    pub median_minutes: i64,
    /// The longest, minutes.
    pub longest_minutes: i64,
}

/// One draw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Drawn {
    /// Name.
    pub name: &'static str,
    /// Outcomes with their weights.
    pub weights: Vec<(&'static str, u32)>,
    /// Where they are from.
    pub source: String,
    /// What was read there.
    pub says: String,
}

/// Makes the report of what was counted.
pub fn report(setup: &Setup, population: &Population, plan: &Plan, start: At, walked: &Walked) -> Report {
    let tally = &walked.tally;
    let people = tally.count("people");
    let messages = messages(tally, population);
    let channels = channels(&messages, population);
    let teams = setup.teams.iter().map(|team| {
        let capacity = population.capacity(&team.name);
        let parts = queue::per_hour_parts(capacity.staff_tenths, capacity.minutes, people);
        queue::load(tally, team, start, parts, &capacity.source)
    });
    Report {
        people,
        enrolled: tally.count("enrolled"),
        days: plan.days,
        seed: plan.asked.seed,
        start,
        pathways: setup.in_force.iter().map(|p| p.name.clone()).collect(),
        cost_micros: channels.iter().map(|c| c.cost_micros).sum(),
        channels,
        messages,
        teams: teams.filter(|load| load.asked > 0).collect(),
        prompts: prompts(tally),
        goals: goals(tally, people),
        ended: ended(tally),
        places: places::rows(setup, tally),
        noticed: noticed(tally),
        counts: tally
            .iter()
            .filter_map(|(k, n)| if let Key::Count(name) = k { Some((*name, n)) } else { None })
            .collect(),
        draws: draws(population),
    }
}

fn messages(tally: &Tally, population: &Population) -> Vec<MessageRow> {
    let mut rows: BTreeMap<(Channel, model::Purpose, &str), Sums> = BTreeMap::new();
    for (key, many) in tally.iter() {
        let Key::Message { channel, purpose, words, what } = key else { continue };
        let sums = rows.entry((*channel, *purpose, words)).or_default();
        match *what {
            "sent" => sums.sent += many,
            "delivered" => sums.delivered += many,
            "taken_back" => sums.taken_back += many,
            "segments" => sums.segments += many,
            _ => sums.failed += many,
        }
    }
    let cost = |channel: Channel, sums: &Sums| {
        let pieces = if channel == Channel::Sms { sums.segments } else { sums.sent };
        population.prices.get(&channel).map_or(0, |price| price.micros * pieces)
    };
    rows.into_iter()
        .map(|((channel, purpose, words), sums)| MessageRow {
            channel,
            purpose: purpose.name(),
            words: words.to_owned(),
            cost_micros: cost(channel, &sums),
            sums,
        })
        .collect()
}

fn channels(messages: &[MessageRow], population: &Population) -> Vec<ChannelRow> {
    let row = |channel: Channel| {
        let mut sums = Sums::default();
        let mut cost_micros = 0;
        for row in messages.iter().filter(|m| m.channel == channel) {
            sums.sent += row.sums.sent;
            sums.delivered += row.sums.delivered;
            sums.failed += row.sums.failed;
            sums.taken_back += row.sums.taken_back;
            sums.segments += row.sums.segments;
            cost_micros += row.cost_micros;
        }
        let price = population.prices.get(&channel);
        let price_source = price.map_or_else(|| "no price is known".to_owned(), |p| p.source.clone());
        ChannelRow { channel, sums, cost_micros, price_micros: price.map_or(0, |p| p.micros), price_source }
    };
    Channel::ALL.into_iter().map(row).filter(|row| row.sums != Sums::default()).collect()
}

fn prompts(tally: &Tally) -> Vec<PromptRow> {
    let mut rows: BTreeMap<(&str, &str), PromptRow> = BTreeMap::new();
    for (key, many) in tally.iter() {
        let Key::Prompt { team, name, what } = key else { continue };
        let row = rows.entry((team, name)).or_insert_with(|| PromptRow {
            team: team.clone(),
            name: name.clone(),
            opened: 0,
            escalated_to: 0,
            done: 0,
            late: 0,
            taken_back: 0,
        });
        match *what {
            "opened" => row.opened += many,
            "escalated_to" => row.escalated_to += many,
            "done" => row.done += many,
            "late" => row.late += many,
            _ => row.taken_back += many,
        }
    }
    rows.into_values().collect()
}

fn goals(tally: &Tally, people: u64) -> Vec<Goal> {
    let goal = |name: &str, of, reached| Goal { name: name.to_owned(), of, reached };
    let mut goals = vec![
        goal("the medicine is picked up", people, tally.count("medicine picked up")),
        goal("the visit is kept", tally.count("visits due"), tally.count("visits kept")),
        goal("somebody of the team talked with them", people, tally.count("talked with the team")),
    ];
    let mut own: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for (key, many) in tally.iter() {
        if let Key::Goal { name, what } = key {
            let (of, reached) = own.entry(name).or_default();
            *of += many;
            *reached += if *what == "reached" { many } else { 0 };
        }
    }
    goals.extend(own.into_iter().map(|(name, (of, reached))| goal(name, of, reached)));
    goals.retain(|goal| goal.of > 0);
    goals
}

fn ended(tally: &Tally) -> Vec<Ended> {
    let row = |(key, journeys): (&Key, u64)| match key {
        Key::Ended { pathway, reason } => Some(Ended { pathway: pathway.clone(), reason: reason.clone(), journeys }),
        _ => None,
    };
    tally.iter().filter_map(row).collect()
}

fn noticed(tally: &Tally) -> Vec<Noticed> {
    let mut names: BTreeMap<&str, Vec<(i64, u64)>> = BTreeMap::new();
    for (key, many) in tally.iter() {
        if let Key::Noticed { name, minutes } = key {
            names.entry(name).or_default().push((*minutes, many));
        }
    }
    let row = |(name, rows): (&str, Vec<(i64, u64)>)| {
        let prompts: u64 = rows.iter().map(|(_, many)| many).sum();
        let mut so_far = 0;
        let median = rows.iter().find(|(_, many)| {
            so_far += many;
            so_far * 2 >= prompts
        });
        Noticed {
            name: name.to_owned(),
            prompts,
            median_minutes: median.map_or(0, |(minutes, _)| *minutes),
            longest_minutes: rows.last().map_or(0, |(minutes, _)| *minutes),
        }
    };
    names.into_iter().map(row).collect()
}

fn draws(population: &Population) -> Vec<Drawn> {
    let drawn = |(name, outcomes): &(&'static str, &'static [&'static str])| {
        let rate = population.draws.get(*name)?;
        let weights = outcomes.iter().copied().zip(rate.weights.iter().copied()).collect();
        Some(Drawn { name, weights, source: rate.source.clone(), says: rate.says.clone() })
    };
    DRAWS.iter().filter_map(drawn).collect()
}
