//! What the law asks holds whatever happens: random wants of several pathways, random consents in speech and in
//! writing, requests for confidential communication, moves between states, lines that turn out to be one person.

use crate::common::{Runner, new_york, want};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use model::message::Message;
use model::person::Consent;
use model::time::HOUR_MS;
use model::{Channel, Id, JourneyId, Purpose};
use proptest::prelude::*;
use record::ways::{Given, Restriction};
use serde_json::json;
use throughline_outreach::Want;

#[derive(Clone, Debug)]
enum Input {
    Start { line: bool, pathway: u8, by: Vec<Channel>, purpose: Purpose, urgent: bool, valid_h: i64 },
    Consent { purpose: Option<Purpose>, channel: Option<Channel>, allowed: bool, written: bool },
    Restrict { only: Vec<String>, not: Vec<String> },
    Lives(Option<&'static str>),
    Number(&'static str),
    Stop,
    Merge,
    Hours(i64),
}

fn channel() -> impl Strategy<Value = Channel> {
    prop::sample::select(Channel::ALL.to_vec())
}

fn purpose() -> impl Strategy<Value = Purpose> {
    prop::sample::select(Purpose::ALL.to_vec())
}

fn place() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["sms", "voice", "email", "portal", "+12125550100", "david@example.org"])
        .prop_map(str::to_owned)
}

fn input() -> impl Strategy<Value = Input> {
    let start =
        (any::<bool>(), 0..4u8, prop::collection::vec(channel(), 1..4), purpose(), prop::bool::weighted(0.1), 1..60i64);
    let places = || prop::collection::vec(place(), 0..2);
    prop_oneof![
        14 => start.prop_map(|(line, pathway, by, purpose, urgent, valid_h)| Input::Start { line, pathway, by, purpose, urgent, valid_h }),
        3 => (prop::option::of(purpose()), prop::option::of(channel()), any::<bool>(), any::<bool>())
            .prop_map(|(purpose, channel, allowed, written)| Input::Consent { purpose, channel, allowed, written }),
        1 => (places(), places()).prop_map(|(only, not)| Input::Restrict { only, not }),
        1 => prop::sample::select(vec![None, Some("US-FL"), Some("US-OK"), Some("US-WA"), Some("US-TX"), Some("US-NY")])
            .prop_map(Input::Lives),
        1 => prop::sample::select(vec!["+12125550100", "+13055550100", "+12065550100", "+15125550100"]).prop_map(Input::Number),
        1 => Just(Input::Stop),
        1 => Just(Input::Merge),
        7 => (1..20i64).prop_map(Input::Hours),
    ]
}

fn rings(channel: Channel) -> bool {
    matches!(channel, Channel::Sms | Channel::Voice | Channel::Voicemail)
}

/// The hours in which nothing may ring, told independently of the rules that the guard reads: state and area code.
fn quiet(state: Option<&str>, number: &str, day: Weekday, minute: u16) -> bool {
    let hours = |state: &str| match state {
        "US-FL" | "US-WA" => (8 * 60, 20 * 60),
        "US-OK" => (9 * 60, 20 * 60),
        "US-TX" if day == Weekday::Sunday => (12 * 60, 21 * 60),
        "US-TX" => (9 * 60, 21 * 60),
        _ => (8 * 60, 21 * 60),
    };
    let by_number = match number.get(2..5) {
        Some("305") => "US-FL",
        Some("206") => "US-WA",
        Some("512") => "US-TX",
        _ => "",
    };
    [state.unwrap_or(""), by_number].into_iter().any(|s| {
        let (from, to) = hours(s);
        !(from..to).contains(&minute)
    })
}

struct Ledger {
    wants: Vec<Want>,
    stopped: bool,
    seen: [usize; 2],
}

impl Ledger {
    fn check(&mut self, runs: &[Runner; 2]) -> Result<(), TestCaseError> {
        for (n, run) in runs.iter().enumerate() {
            for at in self.seen[n]..run.sent.len() {
                self.lawful(run, at)?;
            }
            self.seen[n] = run.sent.len();
        }
        Ok(())
    }

    fn lawful(&self, run: &Runner, at: usize) -> Result<(), TestCaseError> {
        let m = &run.sent[at];
        let want = self.wants.iter().find(|w| w.intent.id == m.reach).expect("wanted");
        let urgent = want.intent.urgent;
        prop_assert!(!m.basis.is_empty(), "without a ground: {}", m.words);
        prop_assert!(!(self.stopped && rings(m.channel)), "after STOP");
        prop_assert_ne!(record::allowed(&run.record, m.purpose, m.channel), Some(false), "refused");
        prop_assert!(run.record.ways.permits(m.channel, &m.to), "confidential: {:?} {}", m.channel, m.to);
        let sells = m.purpose == Purpose::Marketing || m.purpose == Purpose::Billing && rings(m.channel);
        if sells && m.basis != "emergency" {
            let said = record::said(&run.record, m.purpose, m.channel);
            let written = |c: &Consent| run.record.ways.given(&c.basis).is_some_and(|g| g.written);
            prop_assert!(said.is_some_and(|c| c.allowed && c.purpose == Some(m.purpose) && written(c)), "{m:?}");
        }
        if m.basis == "emergency" {
            prop_assert!(urgent && m.purpose == Purpose::Care);
        }
        if rings(m.channel) && !urgent {
            let local = m.created_at.time_in(&new_york());
            let minute = local.hour() as u16 * 60 + local.minute() as u16;
            let day = m.created_at.date_in(&new_york()).weekday();
            let state = run.record.ways.state.as_deref();
            prop_assert!(!quiet(state, &m.to, day, minute), "{} {state:?} {}", m.created_at, m.to);
            self.capped(run, at, m)?;
        }
        Ok(())
    }

    /// Over all pathways and lines of the person: ten a day at most, and under the exemption one a day, three a week.
    fn capped(&self, run: &Runner, at: usize, m: &Message) -> Result<(), TestCaseError> {
        let before = run.sent[..at].iter().filter(|b| rings(b.channel) && !run.withdrawn.contains(&b.id));
        let dates: Vec<Date> = before.map(|b| b.created_at.date_in(&new_york())).collect();
        let today = m.created_at.date_in(&new_york());
        let first = today.checked_sub(6.days()).expect("a date");
        let in_day = dates.iter().filter(|d| **d == today).count();
        let in_week = dates.iter().filter(|d| **d >= first && **d <= today).count();
        prop_assert!(in_day < 10 && in_week < 60, "{in_day} today, {in_week} in the week");
        if m.basis == "exemption" {
            prop_assert!(in_day < 1 && in_week < 3, "exempt: {in_day} today, {in_week} in the week");
            let model::message::Content::Sms { text } = &m.content else { return Ok(()) };
            prop_assert!(text.chars().count() <= 160, "{text}");
            prop_assert!(text.contains("STOP") && text.contains("Northside Health"), "{text}");
        }
        Ok(())
    }
}

fn both(runs: &mut [Runner; 2], change: impl Fn(&mut Runner)) {
    runs.iter_mut().for_each(change);
}

fn step(runs: &mut [Runner; 2], ledger: &mut Ledger, n: usize, input: &Input) -> Result<(), TestCaseError> {
    match input {
        Input::Start { line, pathway, by, purpose, urgent, valid_h } => {
            let run = &mut runs[usize::from(*line)];
            let mut it = want(&format!("want {n}"), run.now, by);
            it.intent.purpose = *purpose;
            it.intent.urgent = *urgent && *purpose == Purpose::Care;
            it.intent.valid_until = run.now.plus_ms(valid_h * HOUR_MS);
            it.journey = Some(JourneyId::of(&[&[*pathway]]));
            it.pathway = (format!("pathway-{pathway}"), Id::of(&[&[*pathway]]));
            ledger.wants.push(it.clone());
            run.start(it);
        }
        Input::Consent { purpose, channel, allowed, written } => both(runs, |run| {
            let (since, basis) = (run.now, format!("Consent/{n}"));
            let given = Given { basis: basis.clone(), by: "nora".into(), written: *written, at: since };
            run.record.consents.push(Consent { purpose: *purpose, channel: *channel, allowed: *allowed, since, basis });
            run.record.ways.given.push(given);
            run.hear(
                "consent.changed",
                json!({"purpose": purpose, "channel": channel, "allowed": false, "basis": "x"}),
            );
        }),
        Input::Restrict { only, not } => both(runs, |run| {
            let (only, not, at) = (only.clone(), not.clone(), run.now);
            run.record.ways.restrictions = vec![Restriction { only, not, at, by: "nora".into() }];
            run.hear("communication.restricted", json!({}));
        }),
        Input::Lives(state) => both(runs, |run| {
            run.record.ways.state = state.map(str::to_owned);
            run.hear("resource.received", json!({}));
        }),
        Input::Number(number) => both(runs, |run| {
            run.record.contacts[0].value = (*number).to_owned();
            run.hear("resource.received", json!({}));
        }),
        Input::Stop => {
            ledger.stopped = true;
            both(runs, |run| run.hear("reply.classified", json!({"class": "stop"})));
        }
        Input::Merge => {
            let other = runs[1].state.split_off(|_| true);
            runs[0].state.absorb(other);
            let sent: Vec<Message> = runs[1].sent.clone();
            let known = runs[0].sent.iter().map(|m| m.id).collect::<Vec<_>>();
            ledger.check(runs)?;
            runs[0].sent.extend(sent.into_iter().filter(|m| !known.contains(&m.id)));
            let withdrawn = runs[1].withdrawn.clone();
            runs[0].withdrawn.extend(withdrawn);
            ledger.seen[0] = runs[0].sent.len();
        }
        Input::Hours(hours) => {
            for _ in 0..*hours {
                both(runs, |run| run.until_at(run.now.plus_ms(HOUR_MS)));
                ledger.check(runs)?;
            }
        }
    }
    ledger.check(runs)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_law_is_kept(
        inputs in prop::collection::vec(input(), 1..50),
        (free, given) in prop::sample::select(vec![(false, true), (true, true), (true, false), (false, false)]),
        address in any::<bool>(),
    ) {
        let new = || {
            let mut run = Runner::new("2026-11-20T10:00");
            run.record.contacts[0].value = "+12125550100".into();
            (run.clinic.sender.free_to_end_user, run.clinic.sender.given_number) = (free, given);
            run.clinic.address = if address { "1 Main St, Springfield".into() } else { String::new() };
            run
        };
        let mut runs = [new(), new()];
        let mut ledger = Ledger { wants: Vec::new(), stopped: false, seen: [0, 0] };
        for (n, input) in inputs.iter().enumerate() {
            step(&mut runs, &mut ledger, n, input)?;
        }
        step(&mut runs, &mut ledger, inputs.len(), &Input::Hours(70))?;
    }
}
