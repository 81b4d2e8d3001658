//! Guards, ladders, timing, channel choice and wording of what reaches a person. Pure.

use jiff::tz::TimeZone;
use journey::ReachIntent;
use model::message::Message;
use model::{At, Channel, EffectId, Fact, Id, JourneyId, MessageId, PersonId, Trace};
use record::Record;
use serde::{Deserialize, Serialize};

/// What is under way to one person, and what was sent lately (for caps). Stored as a version byte
/// and postcard within the line's state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
pub struct Outreach {
    // the outreach helper owns the fields
}

/// A reach that a journey (or a rule of the hub) wants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Want {
    /// The intent.
    pub intent: ReachIntent,
    /// The journey, if one.
    pub journey: Option<JourneyId>,
    /// Name of the pathway and its version.
    pub pathway: (String, Id),
    /// Team that is prompted when the person cannot be reached, or not in their language.
    pub fallback_team: String,
    /// The confirmation of a STOP: the one message that passes the refusal it confirms.
    pub confirms_stop: bool,
    /// The channel that a reply came in on: tried first when allowed.
    pub reply_on: Option<Channel>,
}

/// What outreach may see.
pub struct Context<'a> {
    /// The care clock.
    pub now: At,
    /// Whose.
    pub person: PersonId,
    /// What is known of them.
    pub record: &'a Record,
    /// The zones the person may be in: one when known; several candidates when not (then only hours
    /// that are allowed in each).
    pub zones: &'a [TimeZone],
    /// Hours, caps, call greetings: `rules/`.
    pub rules: &'a Rules,
    /// Where words come from.
    pub world: &'a dyn World,
    /// The clinic.
    pub clinic: &'a Clinic,
}

/// The clinic's own settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Clinic {
    /// As patients know it; shown in every message.
    pub name: String,
    /// Number to call back.
    pub phone: String,
    /// `911`.
    pub emergency_number: String,
    /// IANA zone, for people whose own is not known.
    pub zone: String,
    /// `https://hub.example.org`, without a slash at the end: the base of links.
    pub base_url: String,
    /// Secret that links are signed with.
    pub link_secret: String,
    /// Country of phone numbers without one: `US`.
    pub country: String,
}

impl Default for Clinic {
    fn default() -> Self {
        Self {
            name: "Northside Health".into(),
            phone: "+15550100".into(),
            emergency_number: "911".into(),
            zone: "America/New_York".into(),
            base_url: "http://127.0.0.1:8080".into(),
            link_secret: String::new(),
            country: "US".into(),
        }
    }
}

/// Where words come from: the journey's own pathway version, with its variables bound.
pub trait World {
    /// Languages that the pathway of this want speaks.
    fn speaks(&self, want: &Want) -> Vec<String>;
    /// Subject (mail) and text for a channel in a language, rendered now; `None` when there are no
    /// words for that channel.
    fn words(&self, want: &Want, channel: Channel, language: &str) -> Option<Words>;
}

/// Rendered words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// Subject of a mail.
    pub subject: String,
    /// The words.
    pub text: String,
}

/// What outreach wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Put it into the outbox now.
    Send(Box<Message>),
    /// Take it back if it has not left.
    Withdraw(MessageId),
    /// Ask the care team instead: nothing clinical vanishes.
    Ask(Ask),
    /// Why.
    Trace(Trace),
    /// Say so on the line.
    Tell(Fact),
}

/// What a person of the team has to do because the machine may not or cannot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The reach that it stands for.
    pub reach: EffectId,
    /// The journey.
    pub journey: Option<JourneyId>,
    /// Team.
    pub team: String,
    /// `unreachable`, `language`, `refused`, `nothing_left`: stable.
    pub code: String,
    /// The verb.
    pub title: String,
    /// Why it matters.
    pub reason: String,
    /// Must be seen at once.
    pub urgent: bool,
    /// Cause, as in the intent.
    pub cause: Option<String>,
}

/// Rules that lawyers may change, read from `rules/*.yaml`.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Rules {
    // the outreach helper owns the fields
}

impl Rules {
    /// Reads the rules from the texts of `rules/*.yaml` (file name, text). An error names the place.
    pub fn read(_files: &[(&str, &str)]) -> Result<Self, String> {
        todo!()
    }
    /// The rules that ship with the binary.
    pub fn shipped() -> Self {
        todo!()
    }
}

/// What a text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    RedFlag,
    Stop,
    Start,
    WrongNumber,
    Done,
    PickedUp,
    Question,
    Thanks,
}

/// Classifies a text; `Question` when in doubt: it errs towards a person.
pub fn classify(_text: &str, _rules: &Rules) -> Class {
    todo!()
}

impl Outreach {
    /// A new want.
    pub fn start(&mut self, _want: Want, _cx: &Context<'_>) -> Vec<Act> {
        todo!()
    }
    /// Time went on, or the record changed.
    pub fn tick(&mut self, _cx: &Context<'_>) -> Vec<Act> {
        todo!()
    }
    /// A fact on the line: receipts move ladders, facts end reaches.
    pub fn hear(&mut self, _fact: &Fact, _cx: &Context<'_>) -> Vec<Act> {
        todo!()
    }
    /// Takes back reaches, by effect, journey or cause. What has left already is returned by `Act::Tell`.
    pub fn withdraw(&mut self, _which: &Which<'_>, _why: &str, _cx: &Context<'_>) -> Vec<Act> {
        todo!()
    }
    /// When it must be ticked next.
    pub fn next_due(&self) -> Option<At> {
        todo!()
    }
    /// The task that a DONE is about: the last one reminded of.
    pub fn task_asked(&self) -> Option<String> {
        todo!()
    }
}

/// Which reaches.
#[derive(Clone, Debug)]
pub enum Which<'a> {
    /// Of these effects.
    Effects(&'a [EffectId]),
    /// Of a journey.
    Journey(JourneyId),
    /// Caused by an outcome.
    Cause(&'a str),
    /// All (death).
    All,
}
