//! What of a journey the time to come can depend on, for the laboratory: two people whose outlook is the same
//! go on in the same way.
//!
//! Left out is what only a correction of an outcome asks for (what was passed and because of what), the numbers
//! that effects are named by, and since when a step is stood at, which is only shown.

use crate::state::{Key, State, Wait};

impl State {
    /// The state without what only the past is for, as bytes to compare. It holds as long as no outcome is
    /// corrected.
    pub fn outlook(&self) -> Vec<u8> {
        const NO_KEY: Key = Key { seq: 0, index: 0 };
        let mut state = self.clone();
        state.seq = 0;
        state.passed.clear();
        state.trail.clear();
        for pending in &mut state.reaches {
            pending.key = NO_KEY;
        }
        for strand in &mut state.strands {
            (strand.cause, strand.since) = (None, None);
            match &mut strand.wait {
                Wait::Prompt { key, .. }
                | Wait::Reached { key, .. }
                | Wait::Asked { key, .. }
                | Wait::Called { key, .. } => *key = NO_KEY,
                _ => {}
            }
        }
        state.encode()
    }
}
