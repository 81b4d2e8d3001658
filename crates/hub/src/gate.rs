//! Gates: what lets messages out to a provider, and when it does not.
//!
//! Each provider has one gate, shared by every lane: how many messages may be with it at once, how many a second, whether
//! it is to be left alone for a while (it asked for that, or it could not be reached many times in a row), and whether
//! staff paused it. A channel's messages go to the first of its providers whose gate is not shut.
//!
//! Invariants: nobody is asked to carry a message without a [`Place`] at the gate; a part of the places and of the rate is
//! for urgent messages alone; a gate that is shut holds no task, and what waits for it stays in the outbox; from the
//! moment a pause is told no send begins, whatever was claimed before.
//!
//! All times are instants of the machine's clock and arguments, so that tests need not wait. Deliberately absent: the
//! outbox and what is durable of a pause (an order, see [`crate::change`]).

use crate::sending::{Pauses, Scope};
use channels::contract::{Limits, Provider, SendError};
use model::Channel;
use model::message::Message;
use std::collections::BTreeMap;
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
    /// Messages a second; `None`: as many as come.
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
    /// It could not be reached, or it failed.
    Down,
    /// Nobody knows; it is slow or breaks off.
    Unknown,
    Throttled(Duration),
}

struct State {
    breaker: Breaker,
    throttled_until: Option<Instant>,
    /// The number of the last probe: a place is the probe that is under way only by this number.
    probe: u64,
    under_way: usize,
    tokens: f64,
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
                throttled_until: None,
                probe: 0,
                under_way: 0,
                tokens: 0.0,
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
        let lapsed = now.saturating_duration_since(state.filled_at).as_secs_f64();
        state.tokens = (state.tokens + lapsed * rate).min(self.burst());
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
        let bulk = free.saturating_sub(self.kept()).min(whole(state.tokens - self.spared()));
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
            Ended::Refused | Ended::Down => state.failed += 1,
            Ended::Unknown => state.unknown += 1,
            Ended::Throttled(_) => {}
        }
        let before = state.breaker;
        state.breaker = match (ended, before) {
            (Ended::Carried | Ended::Refused, _) => Breaker::Closed { failures: 0 },
            (Ended::Down | Ended::Unknown, Breaker::Closed { failures }) if failures + 1 < FAILURES_MAX => {
                Breaker::Closed { failures: failures + 1 }
            }
            (Ended::Down | Ended::Unknown, Breaker::Closed { .. }) => {
                Breaker::Open { until: now + OPEN_FIRST, pause: (OPEN_FIRST * 2).min(OPEN_MAX) }
            }
            (Ended::Down | Ended::Unknown, Breaker::Half { pause }) => {
                Breaker::Open { until: now + pause, pause: (pause * 2).min(OPEN_MAX) }
            }
            // Those that were under way when it broke say nothing new.
            (Ended::Down | Ended::Unknown, open @ Breaker::Open { .. }) => open,
            // It can be reached, and is busy.
            (Ended::Throttled(_), _) => Breaker::Closed { failures: 0 },
        };
        if let Ended::Throttled(after) = ended {
            let until = now + after.min(THROTTLED_MAX);
            state.throttled_until = Some(state.throttled_until.map_or(until, |at| at.max(until)));
        }
        let after = state.breaker;
        drop(state);
        match (before, after) {
            (Breaker::Closed { .. } | Breaker::Half { .. }, Breaker::Open { until, .. }) => tracing::warn!(
                provider = self.name,
                gate.shut_s = until.saturating_duration_since(now).as_secs(),
                "a provider fails time and again: it is left alone for a while"
            ),
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
            (Some(Shut::For(long)), Breaker::Open { .. }) => Shown::Broken(long),
            (Some(Shut::For(long)), _) => Shown::Throttled(long),
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
    /// Its number, if it is a probe.
    probe: Option<u64>,
}

impl Place {
    /// Whom the message is handed to.
    pub fn provider(&self) -> &Arc<dyn Provider> {
        &self.gate.provider
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
        }
        if let (Breaker::Half { pause }, true) = (state.breaker, self.probe == Some(state.probe)) {
            state.breaker = Breaker::Open { until: state.filled_at, pause };
        }
    }
}

fn seen<T>(result: &Result<T, SendError>) -> Ended {
    match result {
        Ok(_) => Ended::Carried,
        Err(SendError::Unreachable(_)) => Ended::Down,
        Err(SendError::Rejected { code, retryable: true }) if is_server_fault(code) => Ended::Down,
        Err(SendError::Ambiguous(_)) => Ended::Unknown,
        Err(SendError::Throttled { after_ms }) => Ended::Throttled(Duration::from_millis(*after_ms)),
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

/// All gates.
pub struct Gates {
    /// In the order in which the providers of one channel are tried.
    gates: Vec<Arc<Gate>>,
    pauses: Mutex<Arc<Pauses>>,
    /// How many take from them side by side: none takes more than its share of what is free.
    lanes: usize,
}

impl Gates {
    /// One for each provider, in their order.
    pub fn new(providers: &[Arc<dyn Provider>], lanes: usize) -> Self {
        let now = Instant::now();
        let gates = providers.iter().map(|p| Arc::new(Gate::new(p, now))).collect();
        Self { gates, pauses: Mutex::new(Arc::default()), lanes: lanes.max(1) }
    }

    /// From now on these hold, and no send begins against them.
    pub fn pause(&self, pauses: Pauses) {
        *self.pauses.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(pauses);
    }

    fn pauses(&self) -> Arc<Pauses> {
        Arc::clone(&self.pauses.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn of(&self, channel: Channel) -> impl Iterator<Item = &Arc<Gate>> {
        self.gates.iter().filter(move |gate| gate.channels.contains(&channel))
    }

    /// All the room that a lane may use for a channel now, taken: give back what is not needed by dropping it. `split` is
    /// how many channels the lane shares it among: no channel takes what another one needs from a gate of both. Urgent
    /// messages find room where every gate is broken or throttled for long, but no places: whoever waits for them is
    /// told at once, and their ladders go on.
    pub fn take(&self, channel: Channel, most: usize, split: usize, now: Instant) -> (Room, Vec<Place>) {
        let pauses = self.pauses();
        if pauses.channel(channel) {
            return (Room::default(), Vec::new());
        }
        let mut soonest: Option<Duration> = None;
        let mut any = false;
        for gate in self.of(channel) {
            any = true;
            let mut state = gate.lock();
            match gate.shut(&state, &pauses, now) {
                Some(Shut::Paused) => continue,
                Some(Shut::For(long)) => soonest = Some(soonest.map_or(long, |s| s.min(long))),
                None => {
                    let room = gate.room(&mut state, now);
                    let share = |n: usize| n.div_ceil(self.lanes).div_ceil(split.max(1));
                    let room = Room { all: share(room.all), bulk: share(room.bulk) }.at_most(most);
                    let probe = gate.take(&mut state, room.all);
                    let place = || Place { gate: Arc::clone(gate), used: false, probe };
                    return (room, std::iter::repeat_with(place).take(room.all).collect());
                }
            }
        }
        let told_at_once = !any || soonest.is_some_and(|long| long > URGENT_WAIT);
        let bulk = if any { 0 } else { most };
        (if told_at_once { Room { all: most, bulk } } else { Room::default() }, Vec::new())
    }

    /// A place for one message, with a provider that is none of `not`.
    pub fn one(&self, channel: Channel, urgent: bool, not: &[&str], now: Instant) -> Result<Place, Wait> {
        let pauses = self.pauses();
        if pauses.channel(channel) {
            return Err(Wait::Paused);
        }
        let mut wait = Wait::Nobody;
        for gate in self.of(channel).filter(|gate| !not.contains(&gate.name)) {
            let mut state = gate.lock();
            match gate.shut(&state, &pauses, now) {
                Some(Shut::Paused) => wait = if wait == Wait::Nobody { Wait::Paused } else { wait },
                Some(Shut::For(long)) => {
                    wait = Wait::Shut(if let Wait::Shut(before) = wait { before.min(long) } else { long });
                }
                None => {
                    let room = gate.room(&mut state, now);
                    if (if urgent { room.all } else { room.bulk }) == 0 {
                        return Err(Wait::Full);
                    }
                    let probe = gate.take(&mut state, 1);
                    return Ok(Place { gate: Arc::clone(gate), used: false, probe });
                }
            }
        }
        Err(wait)
    }

    /// Whether a send of a message may begin by this place: nothing was paused since it was taken, and its pathway was
    /// not halted since the message was.
    pub fn may_begin(&self, place: &Place, message: &Message) -> bool {
        let pauses = self.pauses();
        !pauses.channel(message.channel) && !pauses.provider(place.name()) && !pauses.message(message)
    }

    /// Whether an order keeps a message that was claimed, whoever would carry it.
    pub fn holds(&self, message: &Message) -> bool {
        self.pauses().message(message)
    }

    /// How long until a gate may let more out than now, of those that wait for time alone.
    pub fn next(&self, now: Instant) -> Option<Duration> {
        let pauses = self.pauses();
        let one = |gate: &Arc<Gate>| {
            let mut state = gate.lock();
            match gate.shut(&state, &pauses, now) {
                Some(Shut::Paused) => None,
                Some(Shut::For(long)) => Some(long),
                None => {
                    gate.fill(&mut state, now);
                    let short = gate.spared() + 1.0 - state.tokens;
                    let rate = gate.limits.per_second.filter(|rate| *rate > 0.0 && short > 0.0)?;
                    Some(Duration::from_secs_f64((short / rate).min(60.0)))
                }
            }
        };
        self.gates.iter().filter_map(one).min()
    }

    /// What each gate is now.
    pub fn views(&self, now: Instant, day: i64) -> Vec<View> {
        let pauses = self.pauses();
        self.gates.iter().map(|gate| gate.view(&pauses, now, day)).collect()
    }

    /// The names of the providers.
    pub fn names(&self) -> Vec<&'static str> {
        self.gates.iter().map(|gate| gate.name).collect()
    }

    /// Whether a scope names something that there is.
    pub fn knows(&self, scope: &Scope) -> bool {
        !matches!(scope, Scope::Provider(name) if !self.names().contains(&name.as_str()))
    }
}

/// An urgent message waits no longer than this for a gate to open: then its ladder goes on.
pub const URGENT_WAIT: Duration = Duration::from_secs(4);

/// Places by channel, as they were taken for one claim.
pub type Places = BTreeMap<Channel, Vec<Place>>;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {

    use super::*;
    use channels::contract::{Accepted, BoxFuture, Outbound, ReceiveError, Received, Request, Spec};
    use model::At;

    struct Fake {
        name: &'static str,
        limits: Limits,
    }

    impl Provider for Fake {
        fn spec(&self) -> Spec {
            Spec {
                name: self.name,
                channels: &[Channel::Sms],
                secrets: &[],
                fields: &[],
                make_believe: true,
                idempotent: false,
            }
        }
        fn send<'a>(&'a self, _out: &'a Outbound) -> BoxFuture<'a, Result<Accepted, SendError>> {
            Box::pin(std::future::ready(Err(SendError::Invalid("nobody sends here".into()))))
        }
        fn receive(&self, _request: &Request) -> Result<Received, ReceiveError> {
            Err(ReceiveError::Malformed("nobody".into()))
        }
        fn limits(&self) -> Limits {
            self.limits
        }
    }

    fn gates(all: &[(&'static str, Option<f64>, usize)]) -> (Gates, Instant) {
        let make = |(name, per_second, in_flight): &(&'static str, Option<f64>, usize)| {
            Arc::new(Fake { name, limits: Limits { per_second: *per_second, in_flight: *in_flight } })
                as Arc<dyn Provider>
        };
        let providers: Vec<_> = all.iter().map(make).collect();
        (Gates::new(&providers, 1), Instant::now())
    }

    fn bulk(gates: &Gates, now: Instant) -> Result<Place, Wait> {
        gates.one(Channel::Sms, false, &[], now)
    }

    fn ends(place: Place, error: SendError, now: Instant) {
        place.ended(&Err::<(), _>(error), now, 1);
    }

    fn unreachable() -> SendError {
        SendError::Unreachable("refused".into())
    }

    #[test]
    fn a_part_of_the_places_is_for_urgent_messages() {
        let (gates, now) = gates(&[("a", None, 8)]);
        let (room, taken) = gates.take(Channel::Sms, 100, 1, now);
        assert_eq!((room, taken.len()), (Room { all: 8, bulk: 7 }, 8));
        assert!(matches!(bulk(&gates, now), Err(Wait::Full)));
        drop(taken);
        let some: Vec<Place> = (0..7).map(|_| bulk(&gates, now).ok().unwrap()).collect();
        assert!(matches!(bulk(&gates, now), Err(Wait::Full)), "the last one is kept");
        let urgent = gates.one(Channel::Sms, true, &[], now).ok().unwrap();
        assert!(matches!(gates.one(Channel::Sms, true, &[], now), Err(Wait::Full)));
        drop((some, urgent));
        assert_eq!(gates.take(Channel::Sms, 3, 1, now).1.len(), 3, "no more than asked for");
        assert_eq!(gates.take(Channel::Voice, 3, 1, now).0, Room::of(3), "nobody carries it: that is told at once");
    }

    #[test]
    fn the_rate_is_kept_over_time_and_spares_some_for_urgent_messages() {
        let (gates, start) = gates(&[("a", Some(100.0), 1000)]);
        let (mut sent, mut now) = (0, start);
        // Ten seconds, looked at every twentieth of one.
        for _ in 0..200 {
            while let Ok(place) = bulk(&gates, now) {
                place.ended(&Ok::<_, SendError>(()), now, 1);
                sent += 1;
            }
            assert!(gates.one(Channel::Sms, true, &[], now).is_ok(), "an urgent one finds room at any time");
            now += Duration::from_millis(50);
        }
        assert!((990..=1_030).contains(&sent), "{sent}");
        assert!(gates.next(now - Duration::from_millis(50)).is_some_and(|wait| wait <= Duration::from_millis(20)));
        // One a second: an urgent message need not wait for it.
        let (gates, now) = super::tests::gates(&[("a", Some(1.0), 4)]);
        bulk(&gates, now).ok().unwrap().ended(&Ok::<_, SendError>(()), now, 1);
        assert!(matches!(bulk(&gates, now), Err(Wait::Full)));
        gates.one(Channel::Sms, true, &[], now).ok().unwrap().ended(&Ok::<_, SendError>(()), now, 1);
        assert!(matches!(gates.one(Channel::Sms, true, &[], now), Err(Wait::Full)));
        // What was taken and not used is there again.
        let later = now + Duration::from_secs(2);
        drop(gates.take(Channel::Sms, 9, 1, later));
        assert!(bulk(&gates, later).is_ok());
    }

    #[test]
    fn a_breaker_opens_half_opens_and_closes() {
        let (gates, now) = gates(&[("a", None, 100)]);
        for n in 1..FAILURES_MAX {
            ends(bulk(&gates, now).ok().unwrap(), unreachable(), now);
            assert_eq!(gates.views(now, 1)[0].state, Shown::Open, "after {n}");
        }
        // An answer, even a refusal, says that it can be reached.
        ends(bulk(&gates, now).ok().unwrap(), SendError::OptedOut, now);
        for _ in 0..FAILURES_MAX - 1 {
            let code = SendError::Rejected { code: "http_503".into(), retryable: true };
            ends(bulk(&gates, now).ok().unwrap(), code, now);
        }
        ends(bulk(&gates, now).ok().unwrap(), SendError::Ambiguous("no answer".into()), now);
        assert_eq!(gates.views(now, 1)[0].state, Shown::Broken(OPEN_FIRST));
        assert!(matches!(bulk(&gates, now), Err(Wait::Shut(long)) if long == OPEN_FIRST));
        assert_eq!(gates.take(Channel::Sms, 9, 1, now).0, Room { all: 9, bulk: 0 }, "urgent ones are told at once");
        let mut now = now + OPEN_FIRST;
        for pause in [OPEN_FIRST * 2, OPEN_FIRST * 4, OPEN_FIRST * 8] {
            // One goes to see, and no other one meanwhile; one that was not sent is no probe.
            drop(bulk(&gates, now).ok().unwrap());
            let (room, mut places) = gates.take(Channel::Sms, 9, 1, now);
            assert_eq!(room, Room::of(1));
            assert_eq!(gates.views(now, 1)[0].state, Shown::Probing);
            assert!(bulk(&gates, now).is_err() && gates.take(Channel::Sms, 9, 1, now).0 == Room::default());
            ends(places.pop().unwrap(), unreachable(), now);
            assert_eq!(gates.views(now, 1)[0].state, Shown::Broken(pause.min(OPEN_MAX)));
            now += pause.min(OPEN_MAX);
        }
        bulk(&gates, now).ok().unwrap().ended(&Ok::<_, SendError>(()), now, 1);
        assert_eq!(gates.views(now, 1)[0].state, Shown::Open);
        let view = &gates.views(now, 1)[0];
        assert_eq!((view.sent, view.failed, view.unknown, view.under_way), (1, 12, 1, 0));
        assert_eq!(gates.views(now, 2)[0].sent, 0, "another day");
    }

    #[test]
    fn the_next_provider_takes_over_while_a_gate_is_shut() {
        let (gates, now) = gates(&[("a", None, 4), ("b", None, 4)]);
        let name = |now| bulk(&gates, now).map(|place| place.name());
        assert_eq!(name(now), Ok("a"));
        assert_eq!(gates.one(Channel::Sms, false, &["a"], now).map(|p| p.name()), Ok("b"), "after a definite refusal");
        assert_eq!(gates.one(Channel::Sms, false, &["a", "b"], now).map(|p| p.name()), Err(Wait::Nobody));
        ends(bulk(&gates, now).ok().unwrap(), SendError::Throttled { after_ms: 2_000 }, now);
        assert_eq!(name(now), Ok("b"));
        assert_eq!(name(now + Duration::from_secs(2)), Ok("a"));
        // Full is no reason: the first has its limit so that it is kept.
        let full: Vec<Place> = (0..3).map(|_| bulk(&gates, now + Duration::from_secs(2)).ok().unwrap()).collect();
        assert_eq!(name(now + Duration::from_secs(2)), Err(Wait::Full));
        drop(full);
        let later = now + Duration::from_secs(2);
        let claimed = bulk(&gates, later).ok().unwrap();
        gates.pause(Pauses::only(&[Scope::Provider("a".into())]));
        assert!(!gates.may_begin(&claimed, &text(Channel::Sms)), "what was claimed before stays, too");
        assert_eq!(name(later), Ok("b"));
        gates.pause(Pauses::only(&[Scope::Provider("a".into()), Scope::Provider("b".into())]));
        assert_eq!(name(later), Err(Wait::Paused));
        assert_eq!(gates.take(Channel::Sms, 9, 1, later).0, Room::default(), "urgent ones stay as well");
        for scope in [Scope::Everything, Scope::Channel(Channel::Sms)] {
            gates.pause(Pauses::only(&[scope]));
            assert_eq!((name(later), gates.take(Channel::Sms, 9, 1, later).0), (Err(Wait::Paused), Room::default()));
        }
        gates.pause(Pauses::only(&[Scope::Channel(Channel::Email)]));
        assert_eq!(name(later), Ok("a"));
        let claimed = bulk(&gates, later).ok().unwrap();
        let (ours, other) = (text(Channel::Sms), Message { pathway: "other".into(), ..text(Channel::Sms) });
        gates.pause(Pauses::only(&[Scope::Pathway("ours".into())]));
        assert!(gates.holds(&ours) && !gates.may_begin(&claimed, &ours) && gates.may_begin(&claimed, &other));
        // A halt is heard by what was claimed before it: what is claimed after it had its guards asked.
        gates.pause(Pauses::halted("ours", At(5)));
        let journeys = |at| Message { journey: Some(model::JourneyId::default()), status_at: at, ..ours.clone() };
        assert!(!gates.may_begin(&claimed, &journeys(At(4))) && gates.may_begin(&claimed, &journeys(At(5))));
        assert!(gates.may_begin(&claimed, &ours), "it is of no journey");
    }

    fn text(channel: Channel) -> Message {
        Message {
            pathway: "ours".into(),
            channel,
            valid_until: At(i64::MAX),
            status: model::message::Status::Dispatching,
            ..testkit::text("ours", model::PersonId::default(), At(0))
        }
    }

    #[test]
    fn a_place_that_is_given_back_unused_is_no_probe() {
        let (gates, now) = gates(&[("a", None, 100)]);
        let before = [bulk(&gates, now).ok().unwrap(), bulk(&gates, now).ok().unwrap()];
        for _ in 0..FAILURES_MAX {
            ends(bulk(&gates, now).ok().unwrap(), unreachable(), now);
        }
        let now = now + OPEN_FIRST;
        let probe = bulk(&gates, now).ok().unwrap();
        drop(before);
        assert_eq!(gates.views(now, 1)[0].state, Shown::Probing);
        assert!(matches!(bulk(&gates, now), Err(Wait::Shut(_))), "one goes to see, no second one");
        drop(probe);
        assert!(bulk(&gates, now).is_ok(), "it was not sent: another one goes");
    }

    #[test]
    fn server_faults_are_told_from_refusals() {
        for code in ["503", "http_500", "HTTP 599"] {
            assert!(is_server_fault(code), "{code}");
        }
        for code in ["450", "30003", "busy", "", "421_4.7.0", "5"] {
            assert!(!is_server_fault(code), "{code}");
        }
    }
}
