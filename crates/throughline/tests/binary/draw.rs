//! Seeded draws, so that a run that failed can be run again.

use std::time::{SystemTime, UNIX_EPOCH};

/// SplitMix64 (Steele, Lea, Flood 2014).
pub struct Draw(u64);

impl Draw {
    /// Seeded by THROUGHLINE_SEED, else by the time; says which, with the name of what is drawn.
    pub fn seeded(what: &str) -> Self {
        let said = std::env::var("THROUGHLINE_SEED").ok().and_then(|s| s.parse().ok());
        let seed = said.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as u64);
        println!("{what}: seed {seed} (THROUGHLINE_SEED={seed} runs it again)");
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}
