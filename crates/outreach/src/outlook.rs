//! What of outreach the time to come can depend on, for the laboratory: two people whose outlook is the same go
//! on in the same way.
//!
//! Left out is what only a correction of an outcome asks for, and how many messages were sent lately as long as
//! no cap is near.

use crate::guards::caps::{self, Group};
use crate::state::{SENT_FOR_MS, Stage};
use crate::{Outreach, Rules};
use model::{At, MessageId};

impl Outreach {
    /// What is under way and remembered, to be written and compared; ids stand as they are, and the caller takes
    /// them out. It holds as long as no outcome is corrected.
    pub fn outlook(&self, rules: &Rules, now: At) -> Self {
        let mut plain = self.clone();
        plain.ended.clear();
        plain.reaches.retain(|r| !matches!(r.stage, Stage::Settled(until) if until <= now));
        plain.sent.retain(|s| s.at.plus_ms(SENT_FOR_MS) > now);
        // That something was said counts, and when: people who stand at the same place were told the same, each in their
        // own words.
        plain.said.retain(|s| s.at.plus_ms(rules.same_words_ms) > now);
        plain.said.iter_mut().for_each(|s| (s.message, s.words) = (MessageId::default(), 0));
        for (group, cap) in [(Group::Rings, &rules.caps_rings), (Group::Email, &rules.caps_email)] {
            // Whoever had less than half of a week's messages is far from its cap. The caller looks whether a cap
            // held anything, and counts each person alone if it did.
            let lately = plain.sent.iter().filter(|s| caps::group(s.channel) == Some(group)).count();
            if lately * 2 < cap.week {
                plain.sent.retain(|s| caps::group(s.channel) != Some(group));
            }
        }
        plain
    }
}
