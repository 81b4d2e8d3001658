//! What was tried to reach a person lately, in words for whoever speaks with them next.

use crate::Outreach;
use crate::out::{came, way};
use crate::state::Seen;
use jiff::tz::TimeZone;
use model::time::DAY_MS;
use model::{At, Channel};

/// How long ago is lately.
const LATELY_MS: i64 = 3 * DAY_MS;
/// The most that are told.
const TOLD_MAX: usize = 5;

impl Outreach {
    /// What left for them in the last three days, the latest first; empty when nothing did.
    pub fn lately(&self, now: At, zone: &TimeZone) -> String {
        let since = now.plus_ms(-LATELY_MS);
        let left = |seen: Seen| !matches!(seen, Seen::Withdrawn | Seen::Queued);
        let mut all: Vec<(At, Channel, String)> = Vec::new();
        for reach in &self.reaches {
            for attempt in reach.attempts.iter().filter(|a| left(a.seen)) {
                let about = reach.want.intent.words.replace('_', " ");
                all.push((attempt.at, attempt.channel, format!(" about “{about}” ({})", came(attempt.seen))));
            }
        }
        for sent in &self.sent {
            // What is under way still is told with what came of it.
            let queued = |a: &crate::state::Attempt| a.at == sent.at && a.channel == sent.channel;
            if !self.reaches.iter().any(|r| r.attempts.iter().any(queued)) {
                all.push((sent.at, sent.channel, String::new()));
            }
        }
        all.retain(|(at, ..)| *at >= since && *at <= now);
        all.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        let when = |at: At| {
            let (date, time) = (at.date_in(zone), at.time_in(zone));
            format!("{} at {}", date.strftime("%a %-d %b"), time.strftime("%H:%M"))
        };
        let told =
            all.into_iter().take(TOLD_MAX).map(|(at, channel, what)| format!("{} on {}{what}", way(channel), when(at)));
        told.collect::<Vec<_>>().join("; ")
    }
}
