//! The care clock: real, scaled for the demo, or set by hand.

use model::At;
use std::sync::{Arc, Mutex};

/// The care clock. Rules pathways, caps and validity; sessions, leases and retries use the
/// machine's. Cheap to clone.
#[derive(Clone)]
pub struct Clock(Arc<Mutex<State>>);

struct State {
    /// Care time at `since`.
    base: At,
    /// Machine time, milliseconds, when `base` was set.
    since: i64,
    /// Care milliseconds per machine millisecond; 0 is paused.
    rate: f64,
    scaled: bool,
}

fn machine_ms() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

impl Clock {
    /// The machine's own time.
    pub fn real() -> Self {
        let now = machine_ms();
        Self(Arc::new(Mutex::new(State { base: At(now), since: now, rate: 1.0, scaled: false })))
    }
    /// Starts at `base` and runs `rate` times as fast; 0 stands still until stepped.
    pub fn scaled(base: At, rate: f64) -> Self {
        Self(Arc::new(Mutex::new(State { base, since: machine_ms(), rate, scaled: true })))
    }
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
    /// Now.
    pub fn now(&self) -> At {
        let state = self.lock();
        let lapsed = (machine_ms() - state.since) as f64 * state.rate;
        state.base.plus_ms(lapsed as i64)
    }
    /// Whether it is not the machine's own time.
    pub fn is_scaled(&self) -> bool {
        self.lock().scaled
    }
    /// Care milliseconds per machine millisecond.
    pub fn rate(&self) -> f64 {
        self.lock().rate
    }
    /// Runs on at another rate; 0 pauses. Does nothing to a real clock.
    pub fn set_rate(&self, rate: f64) {
        let now = self.now();
        let mut state = self.lock();
        if state.scaled {
            *state = State { base: now, since: machine_ms(), rate: rate.clamp(0.0, 1e6), scaled: true };
        }
    }
    /// Jumps to `at`, backwards too, as a clock does that is set right. Does nothing to a real clock.
    pub fn jump_to(&self, at: At) {
        let mut state = self.lock();
        if state.scaled {
            state.base = at;
            state.since = machine_ms();
        }
    }
    /// Goes to `at` if that is later. Does nothing to a real clock.
    pub fn advance_to(&self, at: At) {
        let now = self.now();
        let mut state = self.lock();
        if state.scaled && at > now {
            state.base = at;
            state.since = machine_ms();
        }
    }
}
