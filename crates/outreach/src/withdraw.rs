//! Takes reaches back: those queued are withdrawn, those that have left are listed.

use crate::codes::Code;
use crate::out::Out;
use crate::state::{Reach, Seen, Stage};
use crate::{Outreach, Which};
use serde_json::{Value as Json, json};

/// The most characters of a reason in a trace.
const WHY_MAX: usize = 100;

impl Outreach {
    pub(crate) fn take_back_all(&mut self, which: &Which<'_>, why: &str, out: &mut Out<'_>) {
        self.prune(out.cx);
        let meant = |reach: &Reach| match which {
            Which::Effects(effects) => effects.contains(&reach.want.intent.id),
            Which::Journey(journey) => reach.want.journey == Some(*journey),
            Which::Cause(cause) => reach.want.intent.cause.as_deref() == Some(*cause),
            Which::All => true,
        };
        let (gone, rest): (Vec<Reach>, Vec<Reach>) = std::mem::take(&mut self.reaches).into_iter().partition(meant);
        self.reaches = rest;
        let (mut withdrawn, mut left) = (Vec::new(), Vec::new());
        let why: String = why.chars().filter(|c| *c != ';' && *c != '=').take(WHY_MAX).collect();
        for mut reach in gone {
            withdrawn.extend(self.take_one_back(&mut reach, &why, out));
            for attempt in reach.attempts.iter().filter(|a| a.seen != Seen::Withdrawn) {
                // Nobody follows it any more: that it arrives is not to be counted on, and its words may be said again.
                if attempt.seen != Seen::Delivered {
                    self.forget_said(attempt.message);
                }
                left.push(entry(
                    "message",
                    attempt.message.to_string(),
                    &reach.want.intent.words,
                    attempt.channel.name(),
                ));
            }
            self.remember_ended(&reach, out.cx.now);
        }
        if let Which::Cause(cause) = which {
            self.list_undone(cause, &withdrawn, left, out);
        }
    }

    /// Takes one reach back; returns what was taken back, if anything waited.
    fn take_one_back(&mut self, reach: &mut Reach, why: &str, out: &mut Out<'_>) -> Option<Json> {
        let intent = &reach.want.intent;
        let (id, words) = (intent.id, intent.words.clone());
        let channel = reach.ladder.get(usize::from(reach.rung)).map_or("", |r| r.channel.name());
        let queued = reach.queued().map(|a| a.message);
        self.take_back(reach, why, out);
        if matches!(reach.stage, Stage::Settled(_)) {
            return None;
        }
        out.trace(id, None, Code::Withdrawn, format!("because={why}"));
        out.ended(&reach.want, "withdrawn", Code::Withdrawn);
        match queued {
            Some(message) => Some(entry("message", message.to_string(), &words, channel)),
            None if matches!(reach.stage, Stage::Held(..)) => Some(entry("reach", id.to_string(), &words, channel)),
            None => None,
        }
    }

    /// Says what a correction took back and what had left already, of ended reaches too.
    fn list_undone(&mut self, cause: &str, withdrawn: &[Json], mut left: Vec<Json>, out: &mut Out<'_>) {
        for ended in self.ended.iter().filter(|e| e.cause == cause) {
            for (message, channel) in &ended.left {
                let entry = entry("message", message.to_string(), &ended.words, channel.name());
                if !left.contains(&entry) {
                    left.push(entry);
                }
            }
        }
        let body = json!({"of": cause, "withdrawn": withdrawn, "left": left});
        out.tell("outcome.undone", &format!("{cause}:{}", out.cx.now), cause, body);
    }
}

fn entry(kind: &str, id: String, words: &str, channel: &str) -> Json {
    json!({kind: id, "words": words, "channel": channel})
}
