//! Gates: what lets messages out to a provider, and when it does not.
//!
//! Each provider has one gate, shared by every lane: how many messages may be with it at once, how many a second, whether
//! it is to be left alone for a while (it asked for that, or it could not be reached or refused our account many times in
//! a row), and whether staff paused it. A channel's messages go to the first of its providers whose gate is not shut.
//!
//! Invariants: nobody is asked to carry a message without a [`Place`] at the gate; a part of the places and of the rate is
//! for urgent messages alone; a text takes as much of the rate as it has segments, for so carriers count: what an urgent
//! one takes, later urgent ones wait for, and what another takes is paid before any that is not urgent leaves; a gate that
//! is shut holds no task, and what waits for it stays in the outbox; nothing urgent goes to see whether a provider is back
//! while another one carries its channel; from the moment a pause is told no send begins, whatever was claimed before.
//!
//! All times are instants of the machine's clock and arguments, so that tests need not wait. Deliberately absent: the
//! outbox and what is durable of a pause (an order, see [`crate::change`]).

mod all;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests;

pub use all::{Gates, Hasty, Places, URGENT_WAIT, pick};

use crate::sending::Pauses;
use channels::contract::{Limits, Provider, SendError};
use model::Channel;
use model::message::{Content, Message};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use store::Room;

/// Failures in a row after which a provider is left alone.
pub const FAILURES_MAX: u32 = 5;
/// How long it is left alone at first; doubled with each probe that fails.
pub const OPEN_FIRST: Duration = Duration::from_secs(5);
/// The longest that it is left alone between two probes.
pub const OPEN_MAX: Duration = Duration::from_secs(60);
/// The longest that a provider's own word keeps its gate shut at a time.
const THROTTLED_MAX: Duration = Duration::from_secs(15 * 60);
/// How soon others look whether a probe has come back.
const PROBE: Duration = Duration::from_millis(500);
/// One part in so many of the places and of the rate is kept for urgent messages.
const RESERVE: usize = 8;
/// The rate's burst: so much of a second's worth may leave at once.
const BURST_S: f64 = 0.25;
/// Messages with one provider at the same time, whatever it says that it takes.
const IN_FLIGHT_MAX: usize = 4096;

/// What a gate is, for whoever looks.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// The provider.
    pub provider: &'static str,
    /// Channels that it carries.
    pub channels: &'static [Channel],
    /// Messages a second, of texts segments; `None`: as many as come.
    pub per_second: Option<f64>,
    /// Messages that may be with it at once.
    pub in_flight: usize,
    /// Messages that are with it now.
    pub under_way: usize,
    /// Whether it lets messages out.
    pub state: Shown,
    /// Since the hub started, or the last midnight of its counts.
    pub sent: u64,
    /// The same.
    pub failed: u64,
    /// The same: nobody knows what became of them.
    pub unknown: u64,
}

/// Whether a gate lets messages out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// It does.
    Open,
    /// The provider asked to be left alone for so long.
    Throttled(Duration),
    /// It could not be reached many times in a row; looked at again after so long.
    Broken(Duration),
    /// It refused our account or sender many times in a row, which a person must set right; looked at again after so long.
    Refusing(Duration),
    /// One message is on its way to see whether it can be reached again.
    Probing,
    /// Staff paused it.
    Paused,
}

/// Why a provider gets nothing for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shut {
    /// Until staff say otherwise.
    Paused,
    /// For so long.
    For(Duration),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Breaker {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
        pause: Duration,
    },
    /// One message probes; `pause` is what follows if it fails.
    Half {
        pause: Duration,
    },
}

/// What came of a send, as the gate sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Carried,
    /// It answered: it can be reached.
    Refused,
    /// It answered, and refused us: it would refuse any message.
    Account,
    /// It could not be reached, or it failed.
    Down,
    /// Nobody knows; it is slow or breaks off.
    Unknown,
    Throttled(Duration),
}

struct State {
    breaker: Breaker,
    /// Whether the last failure was a refusal of our account.
    refuses_us: bool,
    throttled_until: Option<Instant>,
    /// The number of the last probe: a place is the probe that is under way only by this number.
    probe: u64,
    under_way: usize,
    tokens: f64,
    /// What left beyond the one that each place paid and was not urgent: further segments of texts. The rate pays it once
    /// what is kept for urgent messages is whole.
    owed: f64,
    filled_at: Instant,
    day: i64,
    sent: u64,
    failed: u64,
    unknown: u64,
}

struct Gate {
    provider: Arc<dyn Provider>,
    name: &'static str,
    channels: &'static [Channel],
    limits: Limits,
    state: Mutex<State>,
}

impl Gate {
    fn new(provider: &Arc<dyn Provider>, now: Instant) -> Self {
        let (spec, limits) = (provider.spec(), provider.limits());
        let limits = Limits { in_flight: limits.in_flight.clamp(1, IN_FLIGHT_MAX), ..limits };
        let mut gate = Self {
            provider: Arc::clone(provider),
            name: spec.name,
            channels: spec.channels,
            limits,
            state: Mutex::new(State {
                breaker: Breaker::Closed { failures: 0 },
                refuses_us: false,
                throttled_until: None,
                probe: 0,
                under_way: 0,
                tokens: 0.0,
                owed: 0.0,
                filled_at: now,
                day: 0,
                sent: 0,
                failed: 0,
                unknown: 0,
            }),
        };
        let full = gate.burst();
        gate.state.get_mut().unwrap_or_else(PoisonError::into_inner).tokens = full;
        gate
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What of the rate may be left for urgent messages alone.
    fn spared(&self) -> f64 {
        self.limits.per_second.map_or(0.0, |rate| (rate * BURST_S / RESERVE as f64).max(1.0))
    }

    /// The most that the rate saves up.
    fn burst(&self) -> f64 {
        self.limits.per_second.map_or(f64::INFINITY, |rate| (rate * BURST_S).max(1.0) + self.spared())
    }

    /// Places that only urgent messages take.
    fn kept(&self) -> usize {
        if self.limits.in_flight < 2 { 0 } else { (self.limits.in_flight / RESERVE).max(1) }
    }

    fn fill(&self, state: &mut State, now: Instant) {
        let Some(rate) = self.limits.per_second else { return };
        let gained = now.saturating_duration_since(state.filled_at).as_secs_f64() * rate;
        // What is kept for urgent messages comes first: none of them waits for the segments of others.
        let kept = (self.spared() - state.tokens).clamp(0.0, gained);
        let paid = (gained - kept).min(state.owed);
        state.owed -= paid;
        state.tokens = (state.tokens + gained - paid).min(self.burst());
        state.filled_at = state.filled_at.max(now);
    }

    fn shut(&self, state: &State, pauses: &Pauses, now: Instant) -> Option<Shut> {
        if pauses.provider(self.name) {
            return Some(Shut::Paused);
        }
        let throttled =
            state.throttled_until.and_then(|until| until.checked_duration_since(now)).filter(|d| !d.is_zero());
        let broken = match state.breaker {
            Breaker::Open { until, .. } => until.checked_duration_since(now).filter(|d| !d.is_zero()),
            Breaker::Half { .. } => Some(PROBE),
            Breaker::Closed { .. } => None,
        };
        throttled.max(broken).map(Shut::For)
    }

    /// Whether the next message, once its time is over, goes to see whether the provider is back.
    fn would_see(&self, state: &State) -> bool {
        matches!(state.breaker, Breaker::Open { .. })
    }

    /// How many may go now.
    fn room(&self, state: &mut State, now: Instant) -> Room {
        self.fill(state, now);
        let free = match state.breaker {
            Breaker::Closed { .. } => self.limits.in_flight.saturating_sub(state.under_way),
            // One goes to see.
            Breaker::Open { .. } => return Room::of(usize::from(state.tokens >= 1.0)),
            Breaker::Half { .. } => 0,
        };
        let whole = |tokens: f64| if tokens >= free as f64 { free } else { tokens.max(0.0) as usize };
        let bulk = free.saturating_sub(self.kept()).min(whole(state.tokens - self.spared() - state.owed));
        Room { all: whole(state.tokens), bulk }
    }

    /// The number of the probe, where that is what was taken.
    fn take(&self, state: &mut State, n: usize) -> Option<u64> {
        state.under_way += n;
        if self.limits.per_second.is_some() {
            state.tokens -= n as f64;
        }
        let (Breaker::Open { pause, .. }, true) = (state.breaker, n > 0) else { return None };
        state.breaker = Breaker::Half { pause };
        state.probe += 1;
        Some(state.probe)
    }

    fn ended(&self, ended: Ended, now: Instant, day: i64) {
        let mut state = self.lock();
        if std::mem::replace(&mut state.day, day) != day {
            (state.sent, state.failed, state.unknown) = (0, 0, 0);
        }
        match ended {
            Ended::Carried => state.sent += 1,
            Ended::Refused | Ended::Account | Ended::Down => state.failed += 1,
            Ended::Unknown => state.unknown += 1,
            Ended::Throttled(_) => {}
        }
        if matches!(ended, Ended::Account | Ended::Down | Ended::Unknown) {
            state.refuses_us = ended == Ended::Account;
        }
        let before = state.breaker;
        state.breaker = match (ended, before) {
            (Ended::Carried | Ended::Refused, _) => Breaker::Closed { failures: 0 },
            (Ended::Account | Ended::Down | Ended::Unknown, Breaker::Closed { failures })
                if failures + 1 < FAILURES_MAX =>
            {
                Breaker::Closed { failures: failures + 1 }
            }
            (Ended::Account | Ended::Down | Ended::Unknown, Breaker::Closed { .. }) => {
                Breaker::Open { until: now + OPEN_FIRST, pause: (OPEN_FIRST * 2).min(OPEN_MAX) }
            }
            (Ended::Account | Ended::Down | Ended::Unknown, Breaker::Half { pause }) => {
                Breaker::Open { until: now + pause, pause: (pause * 2).min(OPEN_MAX) }
            }
            // Those that were under way when it broke say nothing new.
            (Ended::Account | Ended::Down | Ended::Unknown, open @ Breaker::Open { .. }) => open,
            // It can be reached, and is busy.
            (Ended::Throttled(_), _) => Breaker::Closed { failures: 0 },
        };
        if let Ended::Throttled(after) = ended {
            let until = now + after.min(THROTTLED_MAX);
            state.throttled_until = Some(state.throttled_until.map_or(until, |at| at.max(until)));
        }
        let (after, refuses_us) = (state.breaker, state.refuses_us);
        drop(state);
        if ended == Ended::Account {
            metrics::counter!("throughline_account_refusals_total", "provider" => self.name).increment(1);
        }
        match (before, after) {
            (Breaker::Closed { .. } | Breaker::Half { .. }, Breaker::Open { until, .. }) => {
                let shut_s = until.saturating_duration_since(now).as_secs();
                if refuses_us {
                    tracing::error!(
                        provider = self.name,
                        gate.shut_s = shut_s,
                        "a provider refuses our account or sender time and again: a person must set it right"
                    );
                } else {
                    tracing::warn!(
                        provider = self.name,
                        gate.shut_s = shut_s,
                        "a provider fails time and again: it is left alone for a while"
                    );
                }
            }
            (Breaker::Half { .. } | Breaker::Open { .. }, Breaker::Closed { .. }) => {
                tracing::info!(provider = self.name, "a provider can be reached again");
            }
            _ => {}
        }
        metrics::gauge!("throughline_gate_open", "provider" => self.name)
            .set(if matches!(after, Breaker::Closed { .. }) { 1.0 } else { 0.0 });
    }

    fn view(&self, pauses: &Pauses, now: Instant, day: i64) -> View {
        let state = self.lock();
        let shown = match (self.shut(&state, pauses, now), state.breaker) {
            (Some(Shut::Paused), _) => Shown::Paused,
            (_, Breaker::Half { .. }) => Shown::Probing,
            (Some(Shut::For(long)), Breaker::Open { .. }) if state.refuses_us => Shown::Refusing(long),
            (Some(Shut::For(long)), Breaker::Open { .. }) => Shown::Broken(long),
            (Some(Shut::For(long)), _) => Shown::Throttled(long),
            (None, Breaker::Open { .. }) if state.refuses_us => Shown::Refusing(Duration::ZERO),
            (None, Breaker::Open { .. }) => Shown::Broken(Duration::ZERO),
            (None, Breaker::Closed { .. }) => Shown::Open,
        };
        let today = |n: u64| if state.day == day { n } else { 0 };
        View {
            provider: self.name,
            channels: self.channels,
            per_second: self.limits.per_second,
            in_flight: self.limits.in_flight,
            under_way: state.under_way,
            state: shown,
            sent: today(state.sent),
            failed: today(state.failed),
            unknown: today(state.unknown),
        }
    }
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Place").field("gate", &self.gate.name).finish_non_exhaustive()
    }
}

/// A place at a gate: the right to hand one message over. Given back when it goes out of scope.
pub struct Place {
    gate: Arc<Gate>,
    /// Whether a send began by it.
    used: bool,
    /// What its message takes of the rate beyond one.
    more: f64,
    /// Whether that is of the rate that urgent messages find, or owed by the others.
    urgent: bool,
    /// Its number, if it is a probe.
    probe: Option<u64>,
}

impl Place {
    fn new(gate: &Arc<Gate>, probe: Option<u64>) -> Self {
        Self { gate: Arc::clone(gate), used: false, more: 0.0, urgent: false, probe }
    }

    /// Takes of the rate what this message takes beyond one: before its send begins. What an urgent one takes, the next
    /// urgent one waits for; what any other takes, only others do.
    pub fn weigh(&mut self, message: &Message) {
        if self.gate.limits.per_second.is_none() {
            return;
        }
        let mut state = self.gate.lock();
        self.give_back(&mut state);
        (self.more, self.urgent) = (weight(message) - 1.0, message.urgent);
        if self.urgent {
            state.tokens -= self.more;
        } else {
            state.owed += self.more;
        }
    }

    /// What its message took beyond one is there again.
    fn give_back(&self, state: &mut State) {
        if self.urgent {
            state.tokens = (state.tokens + self.more).min(self.gate.burst());
        } else {
            state.owed = (state.owed - self.more).max(0.0);
        }
    }

    /// Whom the message is handed to.
    pub fn provider(&self) -> &Arc<dyn Provider> {
        &self.gate.provider
    }

    /// Whether its message goes to see whether the provider is back.
    pub fn is_probe(&self) -> bool {
        self.probe.is_some()
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.gate.name
    }

    /// What came of the send; the place is free. `day` is the day that it is counted for.
    pub fn ended<T>(mut self, result: &Result<T, SendError>, now: Instant, day: i64) {
        self.used = true;
        self.gate.ended(seen(result), now, day);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.gate.lock();
        state.under_way = state.under_way.saturating_sub(1);
        if self.used {
            return;
        }
        // Nothing left by it: its share of the rate is there again, and so is the probe.
        if self.gate.limits.per_second.is_some() {
            state.tokens = (state.tokens + 1.0).min(self.gate.burst());
            self.give_back(&mut state);
        }
        if let (Breaker::Half { pause }, true) = (state.breaker, self.probe == Some(state.probe)) {
            state.breaker = Breaker::Open { until: state.filled_at, pause };
        }
    }
}

/// What a message takes of a rate: a text its segments, anything else one.
fn weight(message: &Message) -> f64 {
    match &message.content {
        Content::Sms { text } => model::sms::length(text).segments as f64,
        _ => 1.0,
    }
}

fn seen<T>(result: &Result<T, SendError>) -> Ended {
    match result {
        Ok(_) => Ended::Carried,
        Err(SendError::Unreachable(_)) => Ended::Down,
        Err(SendError::Rejected { code, retryable: true }) if is_server_fault(code) => Ended::Down,
        Err(SendError::Ambiguous(_)) => Ended::Unknown,
        Err(SendError::Throttled { after_ms }) => Ended::Throttled(Duration::from_millis(*after_ms)),
        Err(error) if error.refuses_us() => Ended::Account,
        Err(SendError::Rejected { .. } | SendError::Config(_) | SendError::Invalid(_) | SendError::OptedOut) => {
            Ended::Refused
        }
    }
}

/// Whether a code is of HTTP's server errors: `503`, `http_503`.
fn is_server_fault(code: &str) -> bool {
    let digits = code.rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    digits.parse::<u16>().is_ok_and(|n| (500..600).contains(&n))
}

/// What stands in the way of a message now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// No provider carries the channel.
    Nobody,
    /// A pause of staff: it stays where it is.
    Paused,
    /// Every gate of the channel is shut; the first opens after so long.
    Shut(Duration),
    /// There is no place this moment.
    Full,
}
