//! Messages: one attempt of a reach on one channel, and what a provider is asked to carry.

use crate::{At, EffectId, JourneyId, MessageId, PersonId};
use serde::{Deserialize, Serialize};

/// A medium.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Text message.
    Sms,
    /// Automated call that is answered.
    Voice,
    /// Words left on a voicemail, by an automated call.
    Voicemail,
    /// E-mail.
    Email,
    /// A note on the Today page.
    Portal,
    /// A notification on a device that the person let show them.
    Push,
    /// A post in a room of the care team: never to a person, so it stands in no pathway.
    Chat,
}

impl Channel {
    /// Every channel to a person.
    pub const ALL: [Self; 6] = [Self::Sms, Self::Voice, Self::Voicemail, Self::Email, Self::Portal, Self::Push];
    /// Every channel by which something may leave: those to a person, and the care team's rooms.
    pub const EVERY: [Self; 7] =
        [Self::Sms, Self::Voice, Self::Voicemail, Self::Email, Self::Portal, Self::Push, Self::Chat];
    /// As written in pathways, the API and the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Voice => "voice",
            Self::Voicemail => "voicemail",
            Self::Email => "email",
            Self::Portal => "portal",
            Self::Push => "push",
            Self::Chat => "chat",
        }
    }
    /// The channel to a person of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.name() == name)
    }
    /// The channel of that name, the care team's too: for what is queued and counted, not for what a person may choose.
    pub fn of_every(name: &str) -> Option<Self> {
        Self::EVERY.into_iter().find(|c| c.name() == name)
    }
}

/// Why a message is sent, the most important first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Part of the care itself.
    Care,
    /// A reminder of something booked or asked for.
    Reminder,
    /// Teaching, checklists.
    Education,
    /// Questions about experience and outcome.
    Survey,
    /// Money.
    Billing,
    /// Anything that sells.
    Marketing,
}

impl Purpose {
    /// Every purpose, the most important first.
    pub const ALL: [Self; 6] =
        [Self::Care, Self::Reminder, Self::Education, Self::Survey, Self::Billing, Self::Marketing];
    /// As written in pathways.
    pub fn name(self) -> &'static str {
        match self {
            Self::Care => "care",
            Self::Reminder => "reminder",
            Self::Education => "education",
            Self::Survey => "survey",
            Self::Billing => "billing",
            Self::Marketing => "marketing",
        }
    }
    /// The purpose of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.name() == name)
    }
}

/// A point of a call's script. A provider walks it from the first; `Ask` and `Goto` name others by
/// their place in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "do")]
pub enum CallStep {
    /// Say these words.
    Say {
        /// The words.
        text: String,
    },
    /// Say these words, wait for one key, go where it leads. `otherwise` after two silent tries or
    /// any other key.
    Ask {
        /// The words.
        text: String,
        /// Key and the place in the script that it leads to.
        keys: Vec<(char, usize)>,
        /// Where no key or another key leads.
        otherwise: usize,
    },
    /// Record what was found out: `identified`, `repeat`, `opt_out`, `callback`.
    Mark {
        /// What.
        what: String,
    },
    /// Go on elsewhere.
    Goto {
        /// The place in the script.
        to: usize,
    },
    /// Ring this number and connect whoever answers there; the call is over when they have spoken.
    Dial {
        /// `+15550100`.
        to: String,
    },
    /// Hang up.
    HangUp,
}

/// A call: a small script that any voice provider can carry out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// What is said when someone answers.
    pub script: Vec<CallStep>,
    /// What is left on a voicemail; it gives no health detail. `None`: hang up on a machine.
    pub voicemail: Option<String>,
    /// Language tag of the speech.
    pub language: String,
    /// Ring no longer than this.
    pub ring_s: u32,
}

impl Call {
    /// The number that is rung by it, beside the one that the call itself goes to.
    pub fn dials(&self) -> Option<&str> {
        self.script.iter().find_map(|step| if let CallStep::Dial { to } = step { Some(to.as_str()) } else { None })
    }
}

/// A file that goes with a mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// `visit.ics`. It gives no health detail: it is shown before the mail is opened.
    pub name: String,
    /// `text/calendar; charset=utf-8`.
    pub media: String,
    /// The bytes in base 64 (RFC 4648 section 4).
    pub bytes: String,
}

/// What is to be carried, by channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "content")]
pub enum Content {
    /// A text.
    Sms {
        /// The words.
        text: String,
    },
    /// A mail: plain text, and HTML made from the same source.
    Email {
        /// Subject: no health detail.
        subject: String,
        /// Plain text.
        text: String,
        /// HTML.
        html: String,
        /// One-click way out (RFC 8058).
        unsubscribe: Option<String>,
        /// Files that go with it; none in mails of before there were any.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        attachments: Vec<Attachment>,
    },
    /// A call that talks.
    Voice {
        /// The script.
        call: Call,
    },
    /// Words left on a voicemail.
    Voicemail {
        /// The words.
        text: String,
        /// Language tag of the speech.
        language: String,
    },
    /// A note on the Today page.
    Portal {
        /// The words.
        text: String,
    },
    /// A notification on devices: whoever sees the screen reads it.
    Push {
        /// Its first line: who sends it.
        title: String,
        /// The words.
        text: String,
        /// What a click opens.
        url: String,
        /// The devices, each with what it takes to write to it. No log has them, and no page shows them.
        devices: Vec<crate::push::Device>,
    },
    /// A post in a room of the care team.
    Chat {
        /// The words.
        text: String,
    },
}

/// Where a message stands. It only moves forward, except that `Unknown` may be settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// In the outbox.
    Queued,
    /// On disk as being sent; the first byte may have left.
    Dispatching,
    /// The provider has it.
    Accepted,
    /// It arrived: delivered, answered, left on the voicemail, shown.
    Delivered,
    /// It did not arrive.
    Failed,
    /// Nobody knows whether it left.
    Unknown,
    /// Taken back before it left.
    Withdrawn,
}

impl Status {
    /// Every status, in order.
    pub const ALL: [Self; 7] = [
        Self::Queued,
        Self::Dispatching,
        Self::Accepted,
        Self::Delivered,
        Self::Failed,
        Self::Unknown,
        Self::Withdrawn,
    ];
    /// As written in the database and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Dispatching => "dispatching",
            Self::Accepted => "accepted",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Withdrawn => "withdrawn",
        }
    }
    /// The status of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.name() == name)
    }
    /// Whether a message in this status may come into the other: forward only, and what is unknown may be settled.
    pub fn may_become(self, to: Self) -> bool {
        use Status::{Accepted, Delivered, Dispatching, Failed, Queued, Unknown, Withdrawn};
        match (self, to) {
            (Unknown, Accepted | Delivered | Failed) => true,
            (Queued | Dispatching, Unknown | Withdrawn) => true,
            (_, Unknown | Withdrawn) | (Unknown | Withdrawn, _) => false,
            (Queued | Dispatching | Accepted | Delivered | Failed, _) => to > self,
        }
    }
}

/// The ids that a provider gave the parts of a message, of [`Message::provider_id`]: one, or several with spaces between
/// them where it was carried in parts. The last one's report is the whole's.
pub fn provider_ids(provider_id: &str) -> impl Iterator<Item = &str> {
    provider_id.split(' ').filter(|id| !id.is_empty())
}

/// A message: one attempt of a reach on one channel. The row of the outbox and of the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Hash of effect, rung and try: the idempotency key to the provider.
    pub id: MessageId,
    /// Whose.
    pub person: PersonId,
    /// The journey that wanted it; none for a standing rule of the hub.
    pub journey: Option<JourneyId>,
    /// Name of the pathway; empty for a standing rule of the hub, and for messages of before it was kept.
    #[serde(default)]
    pub pathway: String,
    /// The reach (effect) that it is an attempt of.
    pub reach: EffectId,
    /// Name of the words in the pathway.
    pub words: String,
    /// Channel.
    pub channel: Channel,
    /// Purpose.
    pub purpose: Purpose,
    /// Urgent goes before bulk.
    pub urgent: bool,
    /// Facility.
    pub site: String,
    /// `+15550100`, `david@example.org`; empty for the portal.
    pub to: String,
    /// Language of the words.
    pub language: String,
    /// What is to be carried.
    pub content: Content,
    /// When it was put into the outbox.
    pub created_at: At,
    /// After this it is not sent.
    pub valid_until: At,
    /// Where it stands.
    pub status: Status,
    /// When it came there; for one of unknown end, when it was taken out of the queue to be handed over.
    pub status_at: At,
    /// Provider that carries or carried it; empty before.
    pub provider: String,
    /// The provider's own id for it.
    pub provider_id: Option<String>,
    /// What the provider said against it: code and words, no patient data.
    pub error: Option<String>,
    /// The staff outcome or fact that caused it, as text; a correction withdraws by this.
    pub cause: Option<String>,
    /// The legal basis of the send: a name of `rules/`; empty for messages of before it was kept.
    #[serde(default)]
    pub basis: String,
    /// The attempt that this one says again: nobody could find out whether that one left, and the purpose allows it to
    /// be said twice. The words say so too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<MessageId>,
}

impl Message {
    /// The number that is rung once whoever it goes to says so: of a call by a member of staff, the person's.
    pub fn dials(&self) -> Option<&str> {
        if let Content::Voice { call } = &self.content { call.dials() } else { None }
    }
}

/// The message of a call that a member of staff asked for, by the fact that asked for it.
pub fn of_staff_call(asked: crate::FactId) -> MessageId {
    MessageId::of(&[b"staff_call", &asked.0.bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_of_before_there_were_attachments_reads_as_it_was_and_is_written_as_it_was() {
        let golden =
            r#"{"content":"email","subject":"Your day","text":"Walk","html":"<p>Walk</p>","unsubscribe":null}"#;
        let content: Content = serde_json::from_str(golden).expect("a golden mail");
        let Content::Email { attachments, .. } = &content else { panic!("a mail") };
        assert!(attachments.is_empty());
        assert_eq!(serde_json::to_string(&content).expect("it writes"), golden);
    }
}
