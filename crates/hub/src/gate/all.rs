//! All gates: which of a channel's lets a message out, and how long until one does.

use super::{Gate, Place, Shut, State, View, Wait};
use crate::sending::{Pauses, Scope};
use channels::contract::Provider;
use model::Channel;
use model::message::Message;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use store::Room;

/// What holds them.
#[derive(Default)]
struct Held {
    /// By orders.
    ordered: Pauses,
    /// By pauses that are being ordered.
    hasty: Vec<Scope>,
    /// Both.
    all: Arc<Pauses>,
}

impl Held {
    fn settle(&mut self) {
        self.all = Arc::new(self.ordered.clone().and(&self.hasty));
    }
}

/// All gates.
pub struct Gates {
    /// In the order in which the providers of one channel are tried.
    gates: Vec<Arc<Gate>>,
    pauses: Mutex<Held>,
    /// How many take from them side by side: none takes more than its share of what is free.
    lanes: usize,
}

impl Gates {
    /// One for each provider, in their order.
    pub fn new(providers: &[Arc<dyn Provider>], lanes: usize) -> Self {
        let now = Instant::now();
        let gates = providers.iter().map(|p| Arc::new(Gate::new(p, now))).collect();
        Self { gates, pauses: Mutex::default(), lanes: lanes.max(1) }
    }

    /// From now on these hold, and no send begins against them.
    pub fn pause(&self, pauses: Pauses) {
        let mut held = self.held();
        held.ordered = pauses;
        held.settle();
    }

    /// From now on this holds, too, until what is returned goes out of scope: a pause that is yet to be written down.
    pub fn pause_at_once(self: &Arc<Self>, scope: Scope) -> Hasty {
        let mut held = self.held();
        held.hasty.push(scope.clone());
        held.settle();
        Hasty { gates: Arc::clone(self), scope }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.pauses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pauses(&self) -> Arc<Pauses> {
        Arc::clone(&self.held().all)
    }

    fn of(&self, channel: Channel) -> impl Iterator<Item = &Arc<Gate>> {
        self.gates.iter().filter(move |gate| gate.channels.contains(&channel))
    }

    /// All the room that a lane may use for a channel now, taken: give back what is not needed by dropping it. `split` is
    /// how many channels the lane shares it among: no channel takes what another one needs from a gate of both. Where a
    /// provider is to be looked at again, the one place for that comes beside the room of the next that carries the
    /// channel ([`pick`] says which message takes it), and is all the room only where no other one does. Urgent messages
    /// find room where every gate is broken or throttled for long, but no places: whoever waits for them is told at once,
    /// and their ladders go on.
    pub fn take(&self, channel: Channel, most: usize, split: usize, now: Instant) -> (Room, Vec<Place>) {
        let pauses = self.pauses();
        if pauses.channel(channel) {
            return (Room::default(), Vec::new());
        }
        let mut soonest: Option<Duration> = None;
        let mut any = false;
        let mut to_see: Option<&Arc<Gate>> = None;
        for gate in self.of(channel) {
            any = true;
            let mut state = gate.lock();
            match gate.shut(&state, &pauses, now) {
                Some(Shut::Paused) => continue,
                Some(Shut::For(long)) => soonest = Some(soonest.map_or(long, |s| s.min(long))),
                None if gate.would_see(&state) => to_see = to_see.or(Some(gate)),
                None => {
                    let room = gate.room(&mut state, now);
                    let share = |n: usize| n.div_ceil(self.lanes).div_ceil(split.max(1));
                    let room = Room { all: share(room.all), bulk: share(room.bulk) }.at_most(most);
                    gate.take(&mut state, room.all);
                    drop(state);
                    let mut places: Vec<Place> =
                        std::iter::repeat_with(|| Place::new(gate, None)).take(room.all).collect();
                    if room.bulk > 0 {
                        places.extend(to_see.and_then(|gate| self.see(gate, &pauses, now)));
                    }
                    return (room, places);
                }
            }
        }
        if let Some(gate) = to_see {
            let places: Vec<Place> = (most > 0).then(|| self.see(gate, &pauses, now)).flatten().into_iter().collect();
            return (Room::of(places.len()), places);
        }
        let told_at_once = !any || soonest.is_some_and(|long| long > URGENT_WAIT);
        let bulk = if any { 0 } else { most };
        (if told_at_once { Room { all: most, bulk } } else { Room::default() }, Vec::new())
    }

    /// The place of the message that goes to see whether a provider is back, where none is under way.
    fn see(&self, gate: &Arc<Gate>, pauses: &Pauses, now: Instant) -> Option<Place> {
        let mut state = gate.lock();
        // Another lane may have been there since.
        if gate.shut(&state, pauses, now).is_some() || !gate.would_see(&state) || gate.room(&mut state, now).all == 0 {
            return None;
        }
        let probe = gate.take(&mut state, 1);
        Some(Place::new(gate, probe))
    }

    /// A place for one message, with a provider that is none of `not`.
    pub fn one(&self, channel: Channel, urgent: bool, not: &[&str], now: Instant) -> Result<Place, Wait> {
        let (gate, mut state) = self.open(channel, urgent, &|gate| !not.contains(&gate.name), now)?;
        let probe = gate.take(&mut state, 1);
        Ok(Place::new(gate, probe))
    }

    /// The first gate of a channel that may take the message and is not shut, where it has a place. An urgent one does
    /// not go to see whether a provider is back while another one carries the channel.
    fn open<'a>(
        &'a self,
        channel: Channel,
        urgent: bool,
        may: &dyn Fn(&Gate) -> bool,
        now: Instant,
    ) -> Result<(&'a Arc<Gate>, MutexGuard<'a, State>), Wait> {
        let pauses = self.pauses();
        if pauses.channel(channel) {
            return Err(Wait::Paused);
        }
        let mut wait = Wait::Nobody;
        let carries = |gate: &&Arc<Gate>| {
            let state = gate.lock();
            gate.shut(&state, &pauses, now).is_none() && !gate.would_see(&state)
        };
        let spared = urgent && self.of(channel).filter(|gate| may(gate)).any(|gate| carries(&gate));
        for gate in self.of(channel).filter(|gate| may(gate)) {
            let mut state = gate.lock();
            if spared && gate.would_see(&state) {
                continue;
            }
            match gate.shut(&state, &pauses, now) {
                Some(Shut::Paused) => wait = if wait == Wait::Nobody { Wait::Paused } else { wait },
                Some(Shut::For(long)) => {
                    wait = Wait::Shut(if let Wait::Shut(before) = wait { before.min(long) } else { long });
                }
                None => {
                    let room = gate.room(&mut state, now);
                    let some = (if urgent { room.all } else { room.bulk }) > 0;
                    return if some { Ok((gate, state)) } else { Err(Wait::Full) };
                }
            }
        }
        Err(wait)
    }

    /// A place for a call that connects a member of staff, with a provider that can and is none of `not`.
    pub fn bridge(&self, not: &[&str], now: Instant) -> Result<Place, Wait> {
        let may = |gate: &Gate| gate.provider.bridges() && !not.contains(&gate.name);
        let (gate, mut state) = self.open(Channel::Voice, true, &may, now)?;
        let probe = gate.take(&mut state, 1);
        Ok(Place::new(gate, probe))
    }

    /// Whether such a call is best left in the outbox: it would find no place now, and is not to be told at once that it
    /// failed. Where every provider of calls connects them, their room says it all.
    pub fn calls_wait(&self, now: Instant) -> bool {
        let bridges: Vec<bool> = self.of(Channel::Voice).map(|gate| gate.provider.bridges()).collect();
        if !bridges.contains(&true) || !bridges.contains(&false) {
            return false;
        }
        // Looked at only: to take a place would keep others out.
        match self.open(Channel::Voice, true, &|gate| gate.provider.bridges(), now).map(|_| ()) {
            Ok(_) | Err(Wait::Nobody) => false,
            Err(Wait::Shut(long)) => long <= URGENT_WAIT,
            Err(Wait::Paused | Wait::Full) => true,
        }
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
                    // An urgent one, where even that has no room; else one that is not.
                    let urgent = 1.0 - state.tokens;
                    let short = if urgent > 0.0 { urgent } else { gate.spared() + 1.0 + state.owed - state.tokens };
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

/// A pause that holds before it was written down.
pub struct Hasty {
    gates: Arc<Gates>,
    scope: Scope,
}

impl Drop for Hasty {
    fn drop(&mut self) {
        let mut held = self.gates.held();
        if let Some(at) = held.hasty.iter().position(|scope| *scope == self.scope) {
            held.hasty.swap_remove(at);
        }
        held.settle();
    }
}

/// An urgent message waits no longer than this for a gate to open: then its ladder goes on.
pub const URGENT_WAIT: Duration = Duration::from_secs(4);

/// Places by channel, as they were taken for one claim.
pub type Places = BTreeMap<Channel, Vec<Place>>;

/// Of the places that were taken for a channel, one for a message: what is not urgent goes to see whether a provider is
/// back, what is urgent only where there is no other place.
pub fn pick(places: &mut Vec<Place>, urgent: bool) -> Option<Place> {
    let at = places.iter().rposition(|place| place.is_probe() != urgent).or(places.len().checked_sub(1))?;
    Some(places.swap_remove(at))
}
