//! What a member of staff writes to the person: a fact on the line, which becomes a reach of exactly the channel that was
//! chosen, under every guard.
//!
//! Invariants: what a guard refuses is refused before it is on the line, with the reason, so that whoever writes is told at
//! once; what is taken and cannot be sent after all becomes a prompt, words and all; what is meant for later can be taken
//! back until it leaves. A note is a fact and nothing more: it never leaves the house.

use crate::line::Line;
use crate::turn::Turn;
use crate::{Setup, world};

use model::{Actor, At, Channel, EffectId, Fact};
use outreach::{Choice, May, Which, Written};

/// The fact by which staff write to the person.
pub const WRITTEN: &str = "message.written";
/// The fact by which what was meant for later is taken back.
pub const TAKEN_BACK: &str = "message.taken_back";
/// The fact by which staff write to each other about the person.
pub const NOTE: &str = "note.written";
/// The fact by which what came in is marked as read: `{upto}`, the number in the timeline of the last that was seen.
pub const READ: &str = model::fact::CONVERSATION_READ;
/// The channels that staff may write on. A call is made by a person.
pub const CHANNELS: [Channel; 3] = [Channel::Sms, Channel::Email, Channel::Portal];
/// The longest text, characters.
pub const TEXT_MAX: usize = 1_530;
/// The most parts that a text message has, with the clinic's name and the signature.
pub const SEGMENTS_MAX: usize = 10;
/// Refused: there are no words.
pub const NO_WORDS: &str = "no_words";
/// Refused: too many words, or more parts than [`SEGMENTS_MAX`].
pub const TOO_LONG: &str = "too_long";
/// Refused: it is meant for later than [`LATER_MAX_MS`] from now.
pub const TOO_FAR: &str = "too_far_ahead";
/// Refused: no channel that staff may write on.
pub const NO_CHANNEL: &str = "no_such_channel";
/// Refused: it has left already, or was taken back.
pub const LEFT: &str = "left_already";
/// The longest note.
pub const NOTE_MAX: usize = 2_000;
/// The longest name of who writes.
const NAME_MAX: usize = 120;
/// How far ahead a message may be meant for.
pub const LATER_MAX_MS: i64 = 60 * model::time::DAY_MS;

/// The reach of what was written.
pub fn reach_of(fact: &Fact) -> EffectId {
    EffectId::of(&[b"written", &fact.id.0.bytes()])
}

/// The message that a written fact becomes: its first and only try.
pub fn message_of(fact: &Fact) -> model::MessageId {
    model::MessageId::of(&[&reach_of(fact).0.bytes(), &[0], &[0]])
}

/// What a fact of this kind says was written.
fn written(fact: &Fact) -> Written {
    let text = |key: &str| fact.text(key).unwrap_or_default().trim().to_owned();
    let language = Some(text("language")).filter(|l| !l.is_empty()).unwrap_or_else(|| "en".to_owned());
    let to = Some(text("to")).filter(|to| !to.is_empty());
    Written { text: text("text"), language, by: text("by"), not_before: fact.at("not_before"), to }
}

/// Which channels may carry what a member of staff writes now, and why not, for a page. `not_before` is the time that it
/// is meant for.
pub fn choices(line: &Line, setup: &Setup, not_before: Option<At>, now: At) -> Vec<Choice> {
    let mut turn = Turn::new(line.clone(), setup, now);
    let (written, mut out) = (Written { not_before, ..Written::default() }, Vec::new());
    turn.with_outreach(|outreach, cx| {
        out = outreach.choices(&written, &CHANNELS, cx);
        Vec::new()
    });
    out
}

impl Turn<'_> {
    fn choice(&mut self, written: &Written, channel: Channel) -> May {
        let mut may = May::Not(NO_CHANNEL);
        self.with_outreach(|outreach, cx| {
            may = outreach.choice(written, channel, cx).may;
            Vec::new()
        });
        may
    }

    /// Whether what staff write may be taken, or why not: a code of this module or of a guard, which a page words in the
    /// language of its reader.
    pub(crate) fn may_write(&mut self, fact: &Fact) -> Result<(), String> {
        let Actor::Staff(_) = &fact.actor else { return Err("only staff may write so".into()) };
        match fact.kind.as_str() {
            NOTE => length(fact.text("text"), NOTE_MAX),
            READ => {
                let upto = fact.body.get("upto").and_then(serde_json::Value::as_i64);
                upto.map(drop).ok_or_else(|| "body.upto: a number of the timeline is expected".to_owned())
            }
            TAKEN_BACK => {
                let reach = fact.text("reach").and_then(|t| t.parse().ok()).ok_or("body.reach: a reach is expected")?;
                match self.line.outreach.not_left(reach) {
                    Some(None) => Ok(()),
                    Some(Some(message)) if !self.sending.contains(&message) => Ok(()),
                    _ => Err(LEFT.into()),
                }
            }
            _ => self.may_write_to_them(fact),
        }
    }

    fn may_write_to_them(&mut self, fact: &Fact) -> Result<(), String> {
        length(fact.text("text"), TEXT_MAX)?;
        if fact.text("by").unwrap_or_default().chars().count() > NAME_MAX {
            return Err(format!("body.by: at most {NAME_MAX} characters"));
        }
        let channel = fact.text("channel").and_then(Channel::named).filter(|c| CHANNELS.contains(c));
        let channel = channel.ok_or(NO_CHANNEL)?;
        let written = written(fact);
        if written.not_before.is_some_and(|at| at > self.now.plus_ms(LATER_MAX_MS)) {
            return Err(TOO_FAR.into());
        }
        let whole = || finished(&self.setup.clinic.name, &written.text, &written.by, channel);
        if channel == Channel::Sms && model::sms::length(&whole()).segments > SEGMENTS_MAX {
            return Err(TOO_LONG.into());
        }
        match self.choice(&written, channel) {
            May::Now | May::Later(..) => Ok(()),
            May::Not(code) => Err(code.into()),
        }
    }

    /// Carries out what staff wrote.
    pub(crate) fn hear_written(&mut self, fact: &Fact) {
        match fact.kind.as_str() {
            WRITTEN => {
                let Some(channel) = fact.text("channel").and_then(Channel::named) else { return };
                let team = fact.text("team").filter(|name| self.setup.teams.iter().any(|t| t.name == *name));
                let team = team.map_or_else(|| self.talk_team(), str::to_owned);
                let want = written(fact).want(reach_of(fact), channel, fact.id.to_string(), team, self.now);
                self.with_outreach(|outreach, cx| outreach.start(want, cx));
            }
            TAKEN_BACK => {
                let Some(reach) = fact.text("reach").and_then(|t| t.parse().ok()) else { return };
                let who = fact.actor.clone();
                let why = if matches!(who, Actor::Staff(_)) { "taken back" } else { "withdrawn" };
                self.with_outreach(|outreach, cx| outreach.withdraw(&Which::Effects(&[reach]), why, cx));
            }
            _ => {}
        }
    }

    /// Who is asked when what was written cannot be sent after all and no team of the writer's is known: that of replies.
    fn talk_team(&self) -> String {
        let of = |name: &str| self.setup.in_force.iter().find(|p| p.name == name);
        let pathway = of("standing-replies").or_else(|| self.setup.in_force.first());
        pathway.map(|p| p.fallback_team.clone()).unwrap_or_default()
    }
}

/// What leaves on a channel: the words, named and signed. Plain letters alone, so that the signature makes no text dearer.
pub fn finished(clinic: &str, text: &str, by: &str, channel: Channel) -> String {
    let sign = if by.is_empty() { String::new() } else { format!("\n- {by}") };
    match channel {
        // The subject of a mail and the page name the clinic by themselves.
        Channel::Email => format!("{text}\n{sign}, {clinic}\n"),
        Channel::Portal => format!("{text}{sign}"),
        _ => format!("{clinic}: {text}{sign}"),
    }
}

fn length(text: Option<&str>, max: usize) -> Result<(), String> {
    match text.unwrap_or_default().trim().chars().count() {
        0 => Err(NO_WORDS.into()),
        n if n > max => Err(TOO_LONG.into()),
        _ => Ok(()),
    }
}

impl world::Journeys<'_> {
    /// The words of what staff wrote: named, and signed by who writes.
    pub(crate) fn written_words(&self, written: &Written, channel: Channel) -> outreach::Words {
        let clinic = &self.setup.clinic.name;
        let text = finished(clinic, &written.text, &written.by, channel);
        let spanish = written.language.to_ascii_lowercase().starts_with("es");
        let subject = if spanish { format!("Un mensaje de {clinic}") } else { format!("A message from {clinic}") };
        outreach::Words { subject, text, asks: None }
    }
}
