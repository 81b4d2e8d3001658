//! What is under way to one person: the state, its bounds and its bytes.

use crate::asked::Questions;
use crate::codes::Code;
use crate::{Context, Outreach, Want};
use model::time::{DAY_MS, HOUR_MS};
use model::{At, Channel, EffectId, JourneyId, MessageId};
use serde::{Deserialize, Serialize};

/// The most reaches under way to one person; a further one is asked of the care team.
pub const REACHES_MAX: usize = 64;
/// The most rungs of one ladder.
pub const RUNGS_MAX: usize = 12;
/// The most messages remembered for caps, of each group of channels; no cap may be larger.
pub const SENT_MAX: usize = 64;
/// The most words remembered as said lately.
pub const SAID_MAX: usize = 32;
/// How long sent messages are remembered: a week of local days in any zone.
pub const SENT_FOR_MS: i64 = 9 * DAY_MS;
/// The most ended reaches remembered, so that a correction can list what had left.
pub const ENDED_MAX: usize = 64;
/// How long they are remembered.
pub const ENDED_FOR_MS: i64 = 14 * DAY_MS;
/// The most numbers remembered as wrong before the record says so too.
pub const DISABLED_MAX: usize = 16;
/// The most journeys remembered as asked about for an interpreter.
pub const ASKED_MAX: usize = 16;
/// How long the journey of a mail that matters waits for it to come back: most servers say so within minutes.
pub const BOUNCE_MS: i64 = DAY_MS;
/// How long a mail that matters may come back at all: a server tries for up to five days (RFC 5321 section 4.5.4.1),
/// and may have got it from another one that tried before.
pub const BOUNCE_LATE_MS: i64 = 7 * DAY_MS;
/// How long an answer to what the person wrote counts as one.
pub const REPLY_FRESH_MS: i64 = HOUR_MS / 6;

/// A rung of a ladder in the order in which it is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rung {
    /// The channel.
    pub channel: Channel,
    /// Time given to it, milliseconds.
    pub ms: i64,
    /// Its place in the pathway's own order: part of the message's id.
    pub place: u8,
    /// Why it stands where it stands.
    pub because: Because,
}

/// Why a rung stands where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Because {
    Ladder,
    Preference,
    Reply,
    Need,
    /// To a related person, by a grant.
    Proxy,
    /// A member of staff chose it.
    Staff,
}

impl Because {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ladder => "ladder",
            Self::Preference => "preference",
            Self::Reply => "reply",
            Self::Need => "need",
            Self::Proxy => "proxy",
            Self::Staff => "staff",
        }
    }
}

/// What is known of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Seen {
    /// In the outbox, as far as is known.
    Queued,
    /// A provider has it.
    Accepted,
    /// It arrived.
    Delivered,
    /// It did not arrive; why.
    Failed(Code),
    /// Nobody knows.
    Unknown,
    /// Taken back, or too old to be sent: it never left.
    Withdrawn,
    /// Nobody will find out; it is said once more.
    Unsettled,
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Attempt {
    pub message: MessageId,
    pub channel: Channel,
    pub to: String,
    pub at: At,
    pub seen: Seen,
}

/// What a reach waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stage {
    /// For a time at which its rung may be tried.
    Held(At, Code),
    /// For a receipt of its last attempt, at most until then.
    Sent(At),
    /// It counts as delivered; it might still come back until then.
    Settled(At),
}

/// A reach under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Reach {
    pub want: Want,
    pub language: String,
    pub ladder: Vec<Rung>,
    /// The rung that is tried now.
    pub rung: u8,
    pub stage: Stage,
    pub started_at: At,
    pub attempts: Vec<Attempt>,
    /// Rungs that were not possible, and why.
    pub skipped: Vec<(Channel, Code)>,
}

impl Reach {
    /// Whether nothing of it may vanish.
    pub(crate) fn clinical(&self) -> bool {
        clinical(&self.want)
    }
    /// The rung that is tried now.
    pub(crate) fn current(&self) -> Option<&Attempt> {
        if matches!(self.stage, Stage::Sent(_) | Stage::Settled(_)) { self.attempts.last() } else { None }
    }
    /// Whether its last attempt is in the outbox still, as far as is known.
    pub(crate) fn queued(&self) -> Option<&Attempt> {
        self.current().filter(|a| a.seen == Seen::Queued)
    }
    /// Until when its journey waits for what has arrived to come back; `None` when it has not arrived. A mail that matters
    /// is remembered for longer: no journey is kept open for that.
    pub(crate) fn held_open_until(&self) -> Option<At> {
        let Stage::Settled(until) = self.stage else { return None };
        let late = self.clinical() && self.attempts.last().is_some_and(|a| a.channel == Channel::Email);
        let usual = until.plus_ms(BOUNCE_MS - BOUNCE_LATE_MS);
        Some(if late { until.min(usual.max(self.want.intent.valid_until)) } else { until })
    }
    /// When it must be looked at next.
    pub(crate) fn due(&self) -> Option<At> {
        match self.stage {
            Stage::Held(at, _) => Some(at),
            Stage::Sent(at) => Some(at),
            Stage::Settled(_) => None,
        }
    }
}

/// Whether nothing of a want may vanish: care, and what is urgent.
pub(crate) fn clinical(want: &Want) -> bool {
    (want.intent.purpose == model::Purpose::Care || want.intent.urgent) && !want.confirms_stop
}

/// A message that was sent, for caps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sent {
    pub at: At,
    pub channel: Channel,
}

/// Words that were said, or wait to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Said {
    pub at: At,
    pub message: MessageId,
    /// What [`crate::guards::same_words::mark`] says of them.
    pub words: u64,
}

/// An ended reach that a staff outcome caused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ended {
    pub reach: EffectId,
    pub journey: Option<JourneyId>,
    pub cause: String,
    pub words: String,
    pub at: At,
    pub left: Vec<(MessageId, Channel)>,
}

/// A STOP that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stop {
    pub at: At,
    /// Whether it was confirmed: once only.
    pub confirmed: bool,
}

/// The bytes are not a state of any known version.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Error {
    /// No bytes.
    #[error("outreach state: empty")]
    Empty,
    /// Written by a newer program.
    #[error("outreach state: version {0} is not known")]
    Version(u8),
    /// Damaged.
    #[error("outreach state: {0}")]
    Damaged(String),
}

/// The version that is written now. Every version ever written has a golden file and is read for ever.
const VERSION: u8 = 1;
/// Version 1, then what came with questions: written only where someone was asked something.
const WITH_QUESTIONS: u8 = 2;
/// Version 2, then what was said lately: written only where something was.
const WITH_SAID: u8 = 3;

impl Outreach {
    /// Version byte and postcard.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        // Writing plain data to memory cannot fail; were it to, the state would not decode and be seen.
        bytes.extend(postcard::to_allocvec(self).unwrap_or_default());
        if self.spoke.is_some() || !self.asked.is_empty() || !self.said.is_empty() {
            bytes[0] = WITH_QUESTIONS;
            let questions = Questions { spoke: self.spoke, asked: self.asked.clone() };
            bytes.extend(postcard::to_allocvec(&questions).unwrap_or_default());
        }
        if !self.said.is_empty() {
            bytes[0] = WITH_SAID;
            bytes.extend(postcard::to_allocvec(&self.said).unwrap_or_default());
        }
        bytes
    }

    /// Reads any version that was ever written.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        match bytes.split_first() {
            None => Err(Error::Empty),
            Some((&VERSION, rest)) => postcard::from_bytes(rest).map_err(|e| Error::Damaged(e.to_string())),
            Some((&version @ (WITH_QUESTIONS | WITH_SAID), rest)) => {
                let damaged = |e: postcard::Error| Error::Damaged(e.to_string());
                let (mut state, rest) = postcard::take_from_bytes::<Self>(rest).map_err(damaged)?;
                let (questions, rest) = postcard::take_from_bytes::<Questions>(rest).map_err(damaged)?;
                (state.spoke, state.asked) = (questions.spoke, questions.asked);
                if version == WITH_SAID {
                    state.said = postcard::from_bytes(rest).map_err(damaged)?;
                }
                Ok(state)
            }
            Some((&version, _)) => Err(Error::Version(version)),
        }
    }

    /// Whether a reach of this line waits for that message, as far as is known still in the outbox.
    pub fn waits_for(&self, message: MessageId) -> bool {
        self.reaches.iter().any(|r| r.queued().is_some_and(|a| a.message == message))
    }

    /// Whether a reach still waits to hear what became of a message.
    pub(crate) fn follows(&self, message: MessageId) -> bool {
        let open =
            |a: &Attempt| matches!(a.seen, Seen::Queued | Seen::Accepted | Seen::Unknown) && a.message == message;
        let waits = self.reaches.iter().filter(|r| !matches!(r.stage, Stage::Settled(_)));
        waits.flat_map(|r| &r.attempts).any(open)
    }

    /// True when nothing is under way and nothing is remembered.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Reaches under way: effect, words, the channel that is tried now, until when it waits.
    pub fn under_way(&self) -> Vec<(EffectId, String, Option<Channel>, Option<At>)> {
        self.reaches
            .iter()
            .filter(|r| !matches!(r.stage, Stage::Settled(_)))
            .map(|r| {
                let channel = r.ladder.get(usize::from(r.rung)).map(|rung| rung.channel);
                (r.want.intent.id, r.want.intent.words.clone(), channel, r.due())
            })
            .collect()
    }

    /// Drops what need not be remembered any longer.
    pub(crate) fn prune(&mut self, cx: &Context<'_>) {
        let now = cx.now;
        self.said.retain(|s| s.at.plus_ms(cx.rules.same_words_ms) > now);
        self.sent.retain(|s| s.at.plus_ms(SENT_FOR_MS) > now);
        self.ended.retain(|e| e.at.plus_ms(ENDED_FOR_MS) > now);
        self.prune_asked(now);
        self.reaches.retain(|r| !matches!(r.stage, Stage::Settled(until) if until <= now));
    }

    /// Remembers a message for the caps.
    pub(crate) fn remember_sent(&mut self, at: At, channel: Channel) {
        let Some(group) = crate::guards::caps::group(channel) else { return };
        let same = |s: &Sent| crate::guards::caps::group(s.channel) == Some(group);
        if self.sent.iter().filter(|s| same(s)).count() >= SENT_MAX
            && let Some(oldest) = self.sent.iter().position(same)
        {
            self.sent.remove(oldest);
        }
        self.sent.push(Sent { at, channel });
    }

    /// Forgets a message that was taken back before it left.
    pub(crate) fn forget_sent(&mut self, at: At, channel: Channel) {
        if let Some(place) = self.sent.iter().rposition(|s| s.at == at && s.channel == channel) {
            self.sent.remove(place);
        }
    }

    /// Remembers what is being said.
    pub(crate) fn remember_said(&mut self, said: Said) {
        if self.said.len() >= SAID_MAX {
            self.said.remove(0);
        }
        self.said.push(said);
    }

    /// A message did not leave, or did not arrive: its words were not said by it.
    pub(crate) fn forget_said(&mut self, message: MessageId) {
        self.said.retain(|s| s.message != message);
    }

    /// Remembers an ended reach that a staff outcome caused.
    pub(crate) fn remember_ended(&mut self, reach: &Reach, now: At) {
        let Some(cause) = reach.want.intent.cause.clone() else { return };
        let left: Vec<_> =
            reach.attempts.iter().filter(|a| a.seen != Seen::Withdrawn).map(|a| (a.message, a.channel)).collect();
        if left.is_empty() {
            return;
        }
        if self.ended.len() >= ENDED_MAX {
            self.ended.remove(0);
        }
        let (id, words) = (reach.want.intent.id, reach.want.intent.words.clone());
        self.ended.push(Ended { reach: id, journey: reach.want.journey, cause, words, at: now, left });
    }
}
