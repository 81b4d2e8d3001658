//! What holds whatever happens: random wants, receipts, replies, refusals and hours.

use crate::common::{Runner, new_york, want};
use model::message::Message;
use model::time::HOUR_MS;
use model::{Channel, EffectId, MessageId, Purpose};
use proptest::prelude::*;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use throughline_outreach::{Want, Which};

#[derive(Clone, Debug)]
enum Input {
    Start { by: Vec<Channel>, purpose: Purpose, urgent: bool, valid_h: i64, confirms: bool },
    Receipt { which: usize, kind: usize },
    CallEnded { which: usize, answered: bool, mark: usize },
    Stop,
    StartAgain,
    Refuse { channel: Channel, purpose: Option<Purpose> },
    Hours(i64),
    Inpatient(bool),
    Withdraw(usize),
    Died,
}

const RECEIPTS: [&str; 6] =
    ["message.accepted", "message.delivered", "message.failed", "message.unknown", "message.expired", "message.read"];
const MARKS: [&str; 5] = ["identified", "opt_out", "wrong_number", "callback", "repeat"];

fn channel() -> impl Strategy<Value = Channel> {
    prop::sample::select(Channel::ALL.to_vec())
}

fn input() -> impl Strategy<Value = Input> {
    let purpose = || prop::sample::select(vec![Purpose::Care, Purpose::Reminder, Purpose::Education]);
    let start = (
        prop::collection::vec(channel(), 1..4),
        purpose(),
        prop::bool::weighted(0.1),
        1..40i64,
        prop::bool::weighted(0.1),
    );
    prop_oneof![
        12 => start.prop_map(|(by, purpose, urgent, valid_h, confirms)| Input::Start { by, purpose, urgent, valid_h, confirms }),
        8 => (0..50usize, 0..RECEIPTS.len()).prop_map(|(which, kind)| Input::Receipt { which, kind }),
        4 => (0..50usize, any::<bool>(), 0..MARKS.len()).prop_map(|(which, answered, mark)| Input::CallEnded { which, answered, mark }),
        1 => Just(Input::Stop),
        1 => Just(Input::StartAgain),
        1 => (channel(), prop::option::of(purpose())).prop_map(|(channel, purpose)| Input::Refuse { channel, purpose }),
        6 => (1..20i64).prop_map(Input::Hours),
        1 => any::<bool>().prop_map(Input::Inpatient),
        1 => (0..50usize).prop_map(Input::Withdraw),
        1 => prop::bool::weighted(0.3).prop_map(|died| if died { Input::Died } else { Input::Hours(1) }),
    ]
}

/// What the test itself remembers, apart from outreach.
#[derive(Default)]
struct Ledger {
    wants: BTreeMap<EffectId, Want>,
    stopped: bool,
    confirmed: bool,
    unknown: BTreeSet<(EffectId, Channel)>,
    /// The dispatcher said that they were too old to be sent: they never left.
    expired: BTreeSet<MessageId>,
    seen: usize,
}

fn rings(channel: Channel) -> bool {
    matches!(channel, Channel::Sms | Channel::Voice | Channel::Voicemail)
}

impl Ledger {
    /// Checks what was sent since the last look.
    fn check(&mut self, run: &Runner) -> Result<(), TestCaseError> {
        for message in &run.sent[self.seen..] {
            let want = &self.wants[&message.reach];
            let (at, channel) = (message.created_at, message.channel);
            prop_assert!(run.record.deceased_at.is_none(), "after a death");
            prop_assert!(at < want.intent.valid_until, "after its validity");
            prop_assert!(!self.unknown.contains(&(message.reach, channel)), "again after unknown");
            let confirms = want.confirms_stop && channel == Channel::Sms;
            if confirms {
                prop_assert!(!(self.stopped && self.confirmed), "a second confirmation");
                (self.stopped, self.confirmed) = (true, true);
            } else {
                prop_assert!(!(self.stopped && rings(channel)), "after STOP by {channel:?}");
                let allowed = record::allowed(&run.record, want.intent.purpose, channel);
                prop_assert_ne!(allowed, Some(false), "refused {:?}", channel);
            }
            if !want.intent.urgent && !confirms && rings(channel) {
                let hour = at.time_in(&new_york()).hour();
                prop_assert!((8..21).contains(&hour), "in quiet hours: {at}");
            }
            let inside = run.record.inpatient.is_some();
            prop_assert!(!inside || want.intent.urgent || want.confirms_stop, "to an inpatient");
        }
        self.seen = run.sent.len();
        self.check_caps(run)
    }

    /// No more than the cap on any day, of what was not urgent and not taken back.
    fn check_caps(&self, run: &Runner) -> Result<(), TestCaseError> {
        let mut days: BTreeMap<(jiff::civil::Date, bool), usize> = BTreeMap::new();
        let counted = |m: &&Message| {
            let want = &self.wants[&m.reach];
            let left = !run.withdrawn.contains(&m.id) && !self.expired.contains(&m.id);
            !want.intent.urgent && !want.confirms_stop && m.channel != Channel::Portal && left
        };
        for message in run.sent.iter().filter(counted) {
            *days.entry((message.created_at.date_in(&new_york()), rings(message.channel))).or_default() += 1;
        }
        for ((day, rings), count) in days {
            prop_assert!(count <= if rings { 10 } else { 5 }, "{count} on {day}");
        }
        Ok(())
    }

    /// Nothing clinical vanishes: each want arrived, was taken back, or was asked of the team.
    fn check_end(&self, run: &Runner) -> Result<(), TestCaseError> {
        prop_assert_eq!(run.state.next_due(), None);
        let mut ids: Vec<_> = run.sent.iter().map(|m| m.id).collect();
        ids.sort();
        ids.dedup();
        prop_assert_eq!(ids.len(), run.sent.len(), "each attempt has its own id");
        for (id, want) in &self.wants {
            let text = id.to_string();
            let ends = run.told.iter().filter(|f| f.kind == "reach.ended" && f.text("reach") == Some(text.as_str()));
            let ends: Vec<_> = ends.filter_map(|f| f.text("how")).collect();
            prop_assert!(!ends.is_empty(), "{} has no end", want.intent.words);
            let settled = ends.iter().any(|how| ["delivered", "withdrawn"].contains(how));
            let clinical = want.intent.purpose == Purpose::Care && !want.confirms_stop;
            let asked = run.asks.iter().any(|a| a.reach == *id && a.code != "callback");
            prop_assert!(
                !clinical || settled || asked || run.record.deceased_at.is_some(),
                "{} vanished: {ends:?}",
                want.intent.words
            );
        }
        Ok(())
    }
}

/// Until these hours have gone by, each sending checked at its own time.
fn pass(run: &mut Runner, ledger: &mut Ledger, hours: i64) -> Result<(), TestCaseError> {
    for _ in 0..hours {
        run.until_at(run.now.plus_ms(HOUR_MS));
        ledger.check(run)?;
    }
    Ok(())
}

fn step(run: &mut Runner, ledger: &mut Ledger, n: usize, input: &Input) -> Result<(), TestCaseError> {
    match input {
        Input::Start { by, purpose, urgent, valid_h, confirms } => {
            let mut it = want(&format!("want {n}"), run.now, by);
            it.intent.purpose = *purpose;
            it.intent.urgent = *urgent && !confirms;
            it.intent.valid_until = run.now.plus_ms(valid_h * HOUR_MS);
            it.confirms_stop = *confirms;
            ledger.wants.insert(it.intent.id, it.clone());
            run.start(it);
        }
        Input::Receipt { which, kind } => {
            if let Some(message) = run.sent.iter().rev().nth(*which % 8).cloned() {
                run.hear(RECEIPTS[*kind], json!({"message": message.id}));
                if RECEIPTS[*kind] == "message.expired" {
                    ledger.expired.insert(message.id);
                }
                // The provider says what became of it: it is not unknown any longer.
                if ["message.accepted", "message.failed"].contains(&RECEIPTS[*kind]) {
                    ledger.unknown.remove(&(message.reach, message.channel));
                }
                if RECEIPTS[*kind] == "message.unknown" && run.codes.last().is_some_and(|c| c == "maybe_sent") {
                    ledger.unknown.insert((message.reach, message.channel));
                }
            }
        }
        Input::CallEnded { which, answered, mark } => {
            let call =
                run.sent.iter().rev().filter(|m| m.channel == Channel::Voice).nth(*which % 4).map(|m| (m.id, m.reach));
            if let Some((id, reach)) = call {
                // Whoever says how a call ended knows that it was made.
                ledger.unknown.remove(&(reach, Channel::Voice));
                let marks = if *answered { vec![MARKS[*mark]] } else { vec![] };
                run.hear("call.ended", json!({"message": id, "answered": answered, "marks": marks}));
                ledger.stopped |= marks == ["opt_out"];
            }
        }
        Input::Stop => {
            ledger.stopped = true;
            run.hear("reply.classified", json!({"class": "stop"}));
        }
        Input::StartAgain => {
            (ledger.stopped, ledger.confirmed) = (false, false);
            run.hear("reply.classified", json!({"class": "start"}));
        }
        Input::Refuse { channel, purpose } => run.refuse(*purpose, *channel),
        Input::Hours(hours) => pass(run, ledger, *hours)?,
        Input::Inpatient(inside) => {
            run.record.inpatient = inside.then(|| "Encounter/2".into());
            run.tick();
        }
        Input::Withdraw(which) => {
            if let Some(id) = ledger.wants.keys().nth(*which).copied() {
                run.withdraw(&Which::Effects(&[id]));
            }
        }
        Input::Died => run.hear("person.died", json!({})),
    }
    ledger.check(run)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_promises_hold(inputs in prop::collection::vec(input(), 1..60)) {
        let mut run = Runner::new("2026-10-30T10:00");
        let mut ledger = Ledger::default();
        for (n, input) in inputs.iter().enumerate() {
            step(&mut run, &mut ledger, n, input)?;
        }
        pass(&mut run, &mut ledger, 120)?;
        ledger.check_end(&run)?;
    }
}
