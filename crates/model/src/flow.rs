//! How people flow along pathways: who stands where, which way they went on, and how long they stayed.
//!
//! Lengths of stay are counted in buckets of a logarithmic scale, so that a median can be read of any
//! number of them in bounded room: what [`median`] gives is within [`ACCURACY`] of the exact one.

use crate::{At, Id};

/// A bucket ends this many times later than it begins.
const GROWTH: f64 = 1.2;
/// How far a median that was read from buckets may be off, as a share: half a bucket, on its own scale.
pub const ACCURACY: f64 = 0.1;
/// Stays shorter than this are no stay, milliseconds.
const LEAST_MS: i64 = 1_000;
/// The last bucket: it holds all that is longer (several years).
pub const BUCKET_MAX: u16 = 110;

/// A person came to stand somewhere, or stands there no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stand {
    /// `post-surgical-follow-up`.
    pub pathway: String,
    /// Its version.
    pub version: Id,
    /// Name of the step; empty: somewhere on the pathway.
    pub step: String,
    /// The person's site, by which staff see them or not.
    pub site: String,
    /// Since when.
    pub since: At,
    /// Stands there now, or no more.
    pub here: bool,
}

/// Something to count about a step on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// `post-surgical-follow-up`.
    pub pathway: String,
    /// Its version.
    pub version: Id,
    /// Name of the step; empty: the pathway itself.
    pub step: String,
    /// Which way: `found`, `arm-2`; of the pathway `started`, `finished`, `left`.
    pub way: String,
    /// How long the person stood there, when standing there means anything, milliseconds.
    pub stayed_ms: Option<i64>,
    /// Day of the care clock, see [`day`].
    pub day: i32,
    /// One more, or (a correction) one less.
    pub more: bool,
}

/// The name under which a goal of a pathway is counted, beside its steps: no step is named so.
pub fn goal(name: &str) -> String {
    format!("goal:{name}")
}

/// The day of a point in time, counted from 1970-01-01 (UTC).
pub fn day(at: At) -> i32 {
    i32::try_from(at.0.div_euclid(crate::time::DAY_MS)).unwrap_or(i32::MAX)
}

/// The bucket of a stay. 0 is no stay at all.
pub fn bucket(stayed_ms: i64) -> u16 {
    if stayed_ms < LEAST_MS {
        return 0;
    }
    let steps = (stayed_ms as f64 / LEAST_MS as f64).ln() / GROWTH.ln();
    // Below `BUCKET_MAX` by the clamp, so nothing is lost.
    1 + (steps.floor().clamp(0.0, f64::from(BUCKET_MAX - 1)) as u16)
}

/// The stay that stands for a bucket, milliseconds: its middle on the logarithmic scale.
pub fn middle(bucket: u16) -> i64 {
    match bucket {
        0 => 0,
        n => (LEAST_MS as f64 * GROWTH.powf(f64::from(n.min(BUCKET_MAX)) - 0.5)).round() as i64,
    }
}

/// The median (the lower of the middle two) of stays that were counted by bucket, milliseconds; `None` of
/// nothing. Buckets may come in any order and more than once.
pub fn median(counts: &[(u16, i64)]) -> Option<i64> {
    let mut by_bucket = vec![0_i64; usize::from(BUCKET_MAX) + 1];
    for (bucket, n) in counts {
        by_bucket[usize::from((*bucket).min(BUCKET_MAX))] += n;
    }
    by_bucket.iter_mut().for_each(|n| *n = (*n).max(0));
    let all: i64 = by_bucket.iter().sum();
    let mut left = (all + 1) / 2;
    for (bucket, n) in (0..).zip(by_bucket) {
        left -= n;
        if n > 0 && left <= 0 {
            return Some(middle(bucket));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{DAY_MS, HOUR_MS, MINUTE_MS};

    #[test]
    fn the_middle_of_a_bucket_is_near_all_that_is_in_it() {
        for ms in [1_000, 1_500, MINUTE_MS, 7 * HOUR_MS, DAY_MS + 12_345, 14 * DAY_MS, 400 * DAY_MS] {
            let off = (middle(bucket(ms)) - ms).abs() as f64 / ms as f64;
            assert!(off <= ACCURACY, "{ms} is told as {} ({off})", middle(bucket(ms)));
        }
        assert_eq!((bucket(0), bucket(-5), bucket(999), middle(0)), (0, 0, 0, 0));
        assert_eq!(bucket(i64::MAX), BUCKET_MAX);
    }

    #[test]
    fn a_median_is_of_what_was_counted() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[(3, 1), (3, -1)]), None, "taken back");
        assert_eq!(median(&[(0, 5), (40, 4)]), Some(0));
        assert_eq!(median(&[(40, 2), (0, 2), (40, 3)]), Some(middle(40)));
    }

    #[test]
    fn days_are_counted_from_1970() {
        assert_eq!((day(At(0)), day(At(-1)), day(At(DAY_MS))), (0, -1, 1));
    }
}
