//! Prompts: who in the care team should do what by when.

use crate::{At, Channel, EffectId, Fact, Id, JourneyId, MessageId, PersonId, PromptId, Value};
use serde::{Deserialize, Serialize};

/// A team: people with a role, their hours, and who is called when nobody answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    /// `surgical_nurses`.
    pub name: String,
    /// As shown.
    pub title: String,
    /// Facility; empty for every one.
    #[serde(default)]
    pub site: String,
    /// IANA zone of its hours.
    pub zone: String,
    /// Working hours by weekday (0 is Monday): minutes after midnight, from and to. An empty list
    /// is a team on duty at all hours.
    #[serde(default)]
    pub hours: Vec<(u8, u16, u16)>,
    /// Number to give to patients.
    #[serde(default)]
    pub phone: String,
    /// Where else the team is told that a prompt waits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notify: Vec<Notify>,
}

/// One way in which a team is told that a prompt waits, beside the worklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notify {
    /// `sms` (also a pager that takes texts), `email` or `chat`.
    pub by: Channel,
    /// The number, the address, or the name of the room.
    pub to: String,
    /// The account of whose it is: who answers there has taken the prompt. Empty for one that several share.
    #[serde(default)]
    pub name: String,
    /// What of.
    #[serde(default)]
    pub only: NotifyOf,
    /// How much is said; more than nothing by mail only.
    #[serde(default)]
    pub detail: Detail,
}

/// Of which prompts a team is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotifyOf {
    /// Of urgent ones, at any hour.
    #[default]
    Urgent,
    /// Of all: of others than urgent ones while the team is at work.
    All,
}

/// How much a team is told outside of the console.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// That a prompt waits.
    #[default]
    None,
    /// Its title, with the person's initials for their name.
    Initials,
}

/// What a team was told of a prompt, on one of its own channels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The message.
    pub message: MessageId,
    /// The team.
    pub team: String,
    /// Since when it was this team's to do: a prompt that escalates, or is put to the same team again, is told again.
    pub level: At,
    /// The channel.
    pub by: Channel,
    /// The number, address or room.
    pub to: String,
    /// Who has taken the prompt by answering: an account, or the team and its channel.
    pub who: String,
    /// What is texted back to take it; empty where nobody can reply.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub code: String,
    /// When it turned out that it did not arrive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<At>,
}

/// How the work that a prompt asks for ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Talked with the person (or did the work); the form says what came of it.
    Done,
    /// Nobody answered.
    NoAnswer,
    /// Left a voicemail.
    Voicemail,
    /// Not this person's number.
    WrongNumber,
    /// They asked to be called at another time.
    CallBack,
    /// It was taken care of already.
    AlreadyHandled,
    /// The person does not want it.
    Declined,
    /// It should not be done, clinically or otherwise.
    NotAppropriate,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 8] = [
        Self::Done,
        Self::NoAnswer,
        Self::Voicemail,
        Self::WrongNumber,
        Self::CallBack,
        Self::AlreadyHandled,
        Self::Declined,
        Self::NotAppropriate,
    ];
    /// As written in pathways and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NoAnswer => "no_answer",
            Self::Voicemail => "voicemail",
            Self::WrongNumber => "wrong_number",
            Self::CallBack => "call_back",
            Self::AlreadyHandled => "already_handled",
            Self::Declined => "declined",
            Self::NotAppropriate => "not_appropriate",
        }
    }
    /// The outcome of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.name() == name)
    }
    /// Whether the person was talked to.
    pub fn reached(self) -> bool {
        matches!(self, Self::Done | Self::CallBack | Self::Declined)
    }
    /// Whether it may close a concern, with a reason: anything else leaves it as open as it was.
    pub fn closes(self) -> bool {
        matches!(self, Self::Done | Self::AlreadyHandled | Self::Declined | Self::NotAppropriate)
    }
    /// Whether the work is to be tried again.
    pub fn again(self) -> bool {
        matches!(self, Self::NoAnswer | Self::Voicemail | Self::CallBack)
    }
}

/// The type of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum Answer {
    /// Yes or no.
    Bool,
    /// A number in a range, both ends included.
    Number {
        /// Least.
        min: f64,
        /// Most.
        max: f64,
    },
    /// Free text.
    Text,
    /// One of these.
    Choice {
        /// Value and label.
        options: Vec<(String, String)>,
    },
}

/// A question of a form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// `pain`.
    pub name: String,
    /// As asked.
    pub label: String,
    /// What may be answered.
    #[serde(flatten)]
    pub answer: Answer,
}

/// Typed questions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Form {
    /// `post_op_check`.
    pub name: String,
    /// As shown.
    pub title: String,
    /// The questions, in order.
    pub fields: Vec<Field>,
}

/// Where a prompt stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptStatus {
    /// Waiting for someone.
    Open,
    /// Someone took it on.
    Acknowledged,
    /// Done, with an outcome.
    Completed,
    /// No longer needed.
    Withdrawn,
}

impl PromptStatus {
    /// As written in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Completed => "completed",
            Self::Withdrawn => "withdrawn",
        }
    }
    /// Whether someone still has to act.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Acknowledged)
    }
}

/// What happens when nobody acts in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalation {
    /// The team to prompt then.
    pub to: String,
    /// How long after the due time (or after the escalation before).
    pub after: Lapse,
}

/// A length of time, on the wall or in a team's hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lapse {
    /// Milliseconds.
    pub ms: i64,
    /// Counted only while the team is at work.
    pub team_hours: bool,
}

/// A prompt: the row of the worklist.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prompt {
    /// Hash of the effect and the attempt.
    pub id: PromptId,
    /// Whose.
    pub person: PersonId,
    /// The journey that wants it; none for a rule of the hub.
    pub journey: Option<JourneyId>,
    /// The effect that asked for it.
    pub effect: EffectId,
    /// Name of the step or rule: `check`, `reply_not_understood`.
    pub name: String,
    /// The team that is asked now.
    pub team: String,
    /// The teams that were asked before it escalated.
    pub escalated_from: Vec<String>,
    /// Facility.
    pub site: String,
    /// The verb: "Call David, the day after surgery".
    pub title: String,
    /// Why it matters, a sentence or some.
    pub reason: String,
    /// Recommended actions.
    pub offer: Vec<String>,
    /// The form to fill, if any.
    pub form: Option<Form>,
    /// Must be seen at once.
    pub urgent: bool,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// The most tries that are useful.
    pub attempts_max: u32,
    /// When it was opened.
    pub opened_at: At,
    /// By when.
    pub due_at: At,
    /// When it escalates, if nobody has acknowledged it; `None` when nobody is left.
    pub escalates_at: Option<At>,
    /// What is left of the chain of escalation.
    pub escalations: Vec<Escalation>,
    /// Where it stands.
    pub status: PromptStatus,
    /// Who took it on.
    pub assignee: Option<String>,
    /// Not before this (a call back, a snooze).
    pub not_before: Option<At>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// The form's answers.
    pub answers: Vec<(String, Value)>,
    /// What was noted.
    pub note: String,
    /// Why it was withdrawn.
    pub withdrawn_because: Option<String>,
    /// The staff outcome or fact that caused it, as text.
    pub cause: Option<String>,
    /// What the team did with it so far.
    #[serde(default)]
    pub desk: Desk,
    /// What it must not end without.
    #[serde(default, skip_serializing_if = "Safety::is_empty")]
    pub safety: Safety,
}

/// What a prompt must not end without: a red flag is acknowledged at any hour, a concern closes by proof or by a
/// reason in words. Both stay open when the journey that asked for them is left.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Safety {
    /// Of a red flag: someone on duty acknowledges it by then, or the next team is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_by: Option<At>,
    /// Of a red flag: the teams that may be asked, the one that it names first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<String>,
    /// It is a concern.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub concern: bool,
    /// Of a concern: the fact that closes it, also when no journey waits for it any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
    /// Of a concern: why it was closed, in words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Of what is urgent: the step and round of the journey that asked, so that the same is not asked for twice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Id>,
}

impl Safety {
    /// Whether there is nothing to keep.
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it is neither a red flag nor a concern.
    pub fn is_none(&self) -> bool {
        self.person_by.is_none() && !self.concern
    }
}

/// A fact that proves that something is right again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// `medication.picked_up`.
    pub kind: String,
    /// The item that it must be about: `MedicationRequest/1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The episode of the journey that asked: a fact of another one proves nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub episode: String,
}

/// What the team did with a prompt before and besides its outcome. All of it is temporary or for telling: the
/// deadline and the chain of escalation are the prompt's own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Desk {
    /// Until then it is the assignee's; then anyone's again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease_until: Option<At>,
    /// Nobody wants to see it before this; never later than the time by which it is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snoozed_until: Option<At>,
    /// Who gave it to whom, the last time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handed: Option<HandedOver>,
    /// An outcome that was said and takes effect in a moment, unless it is undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<HeldOutcome>,
    /// When it escalated last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escalated_at: Option<At>,
    /// When it was completed or withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<At>,
    /// The number that its outcome closed: a correction opens it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_number: Option<ClosedNumber>,
    /// What teams were told of it on their own channels, the latest last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
    /// How often somebody rang, of a prompt to call them back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rings: Option<Rings>,
}

/// Calls to the clinic's number that one prompt stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rings {
    /// So many.
    pub n: u32,
    /// When the last one was.
    pub last: At,
    /// The provider's name of the last one.
    pub call: String,
    /// Whether a nurse was asked for in any of them.
    pub asked: bool,
}

/// A number that was in use until an outcome said that it is somebody else's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedNumber {
    /// As in the record.
    pub value: String,
    /// When it was closed; what is said of the number after this is not the outcome's to take back.
    pub at: At,
}

/// A hand-over within the team or to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HandedOver {
    /// Account of whoever gave it.
    pub by: String,
    /// The team that had it.
    pub from: String,
    /// The account that it was given to; none when to a whole team.
    pub to: Option<String>,
    /// What they should know.
    pub note: String,
    /// When.
    pub at: At,
}

/// An outcome that is on the line and has had no effect yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeldOutcome {
    /// It takes effect then, on the care clock.
    pub until: At,
    /// The `prompt.completed` as it was said.
    pub fact: Box<Fact>,
}
