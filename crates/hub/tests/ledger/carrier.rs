//! A provider with a ledger of its own, which outlives the hub, and which breaks off in every way that is known.

use channels::contract::{
    Accepted, BoxFuture, Incoming, Outbound, Provider, ReceiveError, Received, Reconciled, Request, SendError, Spec,
};
use hub::Clock;
use model::message::{Content, Message};
use model::time::MINUTE_MS;
use model::{At, Channel, Fact, FactId, MessageId};
use serde_json::json;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How the provider breaks off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: it takes it, says so and reports.
    None,
    /// It takes it, and the connection is reset.
    Resets,
    /// It takes it, and never answers.
    Hangs,
    /// It takes it, and answers 500.
    Error,
    /// It takes it, breaks off, and its list has it late.
    ListsLate,
    /// Its report comes before its answer is on disk.
    ReportsFirst,
    /// It never reports, and its list does not have it.
    Silent,
    /// It reports twice, in any order.
    ReportsTwice,
    /// Two messages say the same to the same number.
    Twins,
}

impl Fault {
    /// The eight of the matrix.
    pub const ALL: [Self; 8] = [
        Self::Resets,
        Self::Hangs,
        Self::Error,
        Self::ListsLate,
        Self::ReportsFirst,
        Self::Silent,
        Self::ReportsTwice,
        Self::Twins,
    ];

    fn breaks_off(self) -> bool {
        matches!(self, Self::Resets | Self::Hangs | Self::Error | Self::ListsLate)
    }
}

/// What a hub would do wrong, put in on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It takes a send that broke off for one that was refused, and tries again.
    RetriesWhatBrokeOff,
    /// It believes that a provider has what it never got.
    BelievesTooMuch,
    /// It takes what is not listed yet for not sent.
    TrustsAShortList,
    /// It uses a key that the provider does not know.
    TrustsAKeyThatIsNone,
}

/// The process dies: nothing catches it but the world.
pub struct Died;

/// A small generator: a seed is a run.
#[derive(Clone, Debug)]
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, n: u64) -> u64 {
        self.roll() % n
    }
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// What the provider really carried.
#[derive(Clone, Debug)]
pub struct Taken {
    pub key: MessageId,
    pub its_id: String,
    pub channel: Channel,
    pub to: String,
    pub text: String,
    /// Care's clock.
    pub at: At,
    /// When its list has it, machine's clock; never, where there is none.
    pub listed: Option<At>,
    /// Whether it arrived.
    pub arrived: bool,
}

pub struct State {
    pub keyed: bool,
    pub fault: Fault,
    pub wrong: Option<Wrong>,
    pub dice: Dice,
    /// It breaks off each time.
    pub always: bool,
    /// Its list is matched as Twilio's is: what was taken about the time at which the attempt is said to have left, and
    /// only one that is alone; with nothing there for long, it was not sent.
    pub windowed: bool,
    /// What it takes arrives.
    pub all_arrive: bool,
    pub taken: Vec<Taken>,
    /// Everything that was asked of it, in order.
    pub asked: Vec<MessageId>,
    /// It takes what it gets, and never answers.
    pub holds: bool,
    /// It cannot be reached.
    pub down: bool,
    /// Nothing can be connected to it: what is for it waits in the outbox.
    pub away: bool,
    /// Numbers that it refuses.
    pub refuses: Vec<String>,
    /// The process dies once it has the first byte.
    pub kills: bool,
    /// Reports on their way, machine's clock.
    reports: Vec<(At, Incoming)>,
    /// Reports that overtake the answer.
    first: Vec<Incoming>,
    serial: u32,
}

/// The provider.
#[derive(Clone)]
pub struct Carrier {
    state: Arc<Mutex<State>>,
    machine: Clock,
    care: Clock,
}

pub fn text_of(content: &Content) -> String {
    match content {
        Content::Sms { text } | Content::Email { text, .. } | Content::Portal { text } => text.clone(),
        Content::Voicemail { text, .. } | Content::Push { text, .. } | Content::Chat { text } => text.clone(),
        Content::Voice { call } => format!("{:?}", call.script),
    }
}

impl Carrier {
    pub fn new(machine: Clock, care: Clock) -> Self {
        let state = State {
            keyed: false,
            fault: Fault::None,
            wrong: None,
            dice: Dice(0),
            always: false,
            windowed: false,
            all_arrive: false,
            taken: Vec::new(),
            asked: Vec::new(),
            holds: false,
            down: false,
            away: false,
            refuses: Vec::new(),
            kills: false,
            reports: Vec::new(),
            first: Vec::new(),
            serial: 0,
        };
        Self { state: Arc::new(Mutex::new(state)), machine, care }
    }

    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reports that have come by now.
    pub fn due(&self) -> Vec<Incoming> {
        let now = self.machine.now();
        let mut state = self.lock();
        let late: Vec<Incoming> = std::mem::take(&mut state.first);
        let (due, rest) = std::mem::take(&mut state.reports).into_iter().partition(|(at, _)| *at <= now);
        state.reports = rest;
        let due: Vec<(At, Incoming)> = due;
        late.into_iter().chain(due.into_iter().map(|(_, report)| report)).collect()
    }

    /// Reports that overtake the answer.
    pub fn first(&self) -> Vec<Incoming> {
        std::mem::take(&mut self.lock().first)
    }

    pub fn next_report(&self) -> Option<At> {
        self.lock().reports.iter().map(|(at, _)| *at).min()
    }

    fn take(&self, out: &Outbound) -> Result<Accepted, SendError> {
        let message = &out.message;
        let machine = self.machine.now();
        let mut state = self.lock();
        state.asked.push(message.id);
        if state.down {
            // A gateway before it says so at once: the tries of one message take no time of the test.
            return Err(SendError::Throttled { after_ms: 1 });
        }
        if state.away {
            return Err(SendError::Unreachable("refused".into()));
        }
        if state.refuses.contains(&message.to) {
            return Err(SendError::Rejected { code: "unreachable_number".into(), retryable: false });
        }
        let honours = state.wrong != Some(Wrong::TrustsAKeyThatIsNone);
        let before = state.taken.iter().find(|t| t.key == message.id).map(|t| t.its_id.clone());
        if let Some(its_id) = before.filter(|_| state.keyed && honours) {
            return Ok(Accepted { provider_id: Some(its_id), delivered: false });
        }
        if state.wrong == Some(Wrong::BelievesTooMuch) {
            return Ok(Accepted { provider_id: Some("made up".into()), delivered: false });
        }
        state.serial += 1;
        let its_id = format!("its-{}", state.serial);
        // It breaks off most of the time, not always: what comes after may go well or not.
        let fault = if state.dice.chance(80) || state.always { state.fault } else { Fault::None };
        let late = i64::try_from(state.dice.below(2_000)).unwrap() * 1_000;
        let soon = i64::try_from(state.dice.below(120)).unwrap() * 1_000;
        let listed = match fault {
            Fault::Silent => None,
            Fault::ListsLate => Some(machine.plus_ms(late)),
            Fault::Hangs => Some(machine.plus_ms(soon)),
            _ => Some(machine),
        };
        let arrived = !state.dice.chance(10) || state.all_arrive;
        state.taken.push(Taken {
            key: message.id,
            its_id: its_id.clone(),
            channel: message.channel,
            to: message.to.clone(),
            text: text_of(&message.content),
            at: out.now,
            listed,
            arrived,
        });
        report(&mut state, fault, message, &its_id, (arrived, machine.plus_ms(1_000 + soon), out.now));
        if std::mem::take(&mut state.kills) {
            drop(state);
            std::panic::resume_unwind(Box::new(Died));
        }
        let twins_broke = fault == Fault::Twins && state.dice.chance(60);
        if fault.breaks_off() || twins_broke {
            if state.wrong == Some(Wrong::RetriesWhatBrokeOff) {
                return Err(SendError::Rejected { code: "http_500".into(), retryable: true });
            }
            return Err(SendError::Ambiguous(format!("{fault:?}")));
        }
        Ok(Accepted { provider_id: Some(its_id), delivered: false })
    }

    fn find(&self, message: &Message, taken: &[String]) -> Reconciled {
        let now = self.machine.now();
        let state = self.lock();
        let text = text_of(&message.content);
        if state.windowed {
            return self.find_then(&state, message, &text);
        }
        // It knows no key: number and words are all that there is to match by.
        let mut same = state.taken.iter().filter(|t| {
            t.to == message.to && t.text == text && t.channel == message.channel && t.at >= message.created_at
        });
        let listed = same.find(|t| t.listed.is_some_and(|at| at <= now) && !taken.contains(&t.its_id));
        match listed {
            Some(t) => Reconciled::Accepted(Accepted { provider_id: Some(t.its_id.clone()), delivered: false }),
            None if state.wrong == Some(Wrong::TrustsAShortList) => Reconciled::NotSent,
            None => Reconciled::Unknown,
        }
    }
}

impl Carrier {
    /// What a list says that is cut to a time, as Twilio's is.
    fn find_then(&self, state: &State, message: &Message, text: &str) -> Reconciled {
        let (now, began) = (self.machine.now(), message.status_at);
        let (from, to) = (began.plus_ms(-2 * MINUTE_MS), began.plus_ms(10 * MINUTE_MS));
        let then = |t: &&Taken| t.to == message.to && t.channel == message.channel && t.at >= from && t.at <= to;
        let listed: Vec<&Taken> =
            state.taken.iter().filter(then).filter(|t| t.listed.is_some_and(|at| at <= now)).collect();
        let same: Vec<&&Taken> = listed.iter().filter(|t| t.text == text).collect();
        match (same.as_slice(), listed.len()) {
            ([one], _) => Reconciled::Accepted(Accepted { provider_id: Some(one.its_id.clone()), delivered: false }),
            // A list that never has anything says nothing by having nothing.
            ([], 0) if state.fault != Fault::Silent && self.care.now() > began.plus_ms(40 * MINUTE_MS) => {
                Reconciled::NotSent
            }
            _ => Reconciled::Unknown,
        }
    }
}

/// What it reports of a message, and when.
fn report(state: &mut State, fault: Fault, message: &Message, its_id: &str, (arrived, at, care): (bool, At, At)) {
    let told = |kind: &str, n: u32| {
        let body = json!({"message": message.id, "provider": "carrier", "provider_id": its_id, "channel": message.channel,
            "error": (kind == "message.failed").then_some("unreachable_number")});
        let id = FactId::of(&[its_id.as_bytes(), kind.as_bytes(), &n.to_be_bytes()]);
        let fact = Fact::live(id, "carrier", its_id.to_owned(), kind, care, body);
        Incoming { fact, keys: Vec::new(), message: Some(message.id), person: Some(message.person) }
    };
    let end = if arrived { "message.delivered" } else { "message.failed" };
    match fault {
        Fault::Silent => {}
        Fault::ReportsFirst => {
            state.first.push(told(end, 0));
            state.first.push(told("message.accepted", 0));
        }
        Fault::ReportsTwice => {
            // The very same again, and the same under another name; the order is anyone's.
            for (kind, n) in [(end, 0), ("message.accepted", 0), (end, 0), (end, 1), ("message.accepted", 1)] {
                let pause = i64::try_from(state.dice.below(90)).unwrap() * 1_000;
                state.reports.push((at.plus_ms(pause), told(kind, n)));
            }
        }
        // A report may be lost, or come when it is of no more use.
        _ if state.dice.chance(50) => {
            let pause = i64::try_from(state.dice.below(3_600)).unwrap() * 1_000;
            state.reports.push((at.plus_ms(pause), told(end, 0)));
        }
        _ => {}
    }
}

impl Provider for Carrier {
    fn spec(&self) -> Spec {
        Spec {
            name: "carrier",
            channels: &[Channel::Sms, Channel::Email],
            secrets: &[],
            fields: &[],
            make_believe: true,
            idempotent: self.lock().keyed,
        }
    }
    fn send<'a>(&'a self, out: &'a Outbound) -> BoxFuture<'a, Result<Accepted, SendError>> {
        Box::pin(async {
            let answer = self.take(out);
            if self.lock().holds {
                std::future::pending::<()>().await;
            }
            answer
        })
    }
    fn receive(&self, _request: &Request) -> Result<Received, ReceiveError> {
        Err(ReceiveError::Malformed("it has no webhook".into()))
    }
    fn reconcile_beside<'a>(&'a self, message: &'a Message, taken: &'a [String]) -> BoxFuture<'a, Reconciled> {
        let found = if self.lock().keyed { Reconciled::Unknown } else { self.find(message, taken) };
        Box::pin(std::future::ready(found))
    }
}
