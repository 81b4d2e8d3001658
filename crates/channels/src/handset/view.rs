//! What the pages and the tests see of the phones.

use model::{At, Channel, MessageId, PersonId};

/// A number or address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone {
    /// `+15550100`, `david@example.org`.
    pub address: String,
    /// The person whom the last message was for.
    pub person: Option<PersonId>,
    /// How many things are shown.
    pub seen: usize,
    /// Things that were shown and had to make room.
    pub dropped: u64,
    /// When the last came.
    pub last_at: At,
    /// What it does with a call, if said.
    pub policy: Option<super::Policy>,
}

/// One thing on a phone or in a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The message; `None` for what the owner wrote.
    pub message: Option<MessageId>,
    /// Whom it was for.
    pub person: Option<PersonId>,
    /// The medium.
    pub channel: Channel,
    /// Name of the sender; empty for what the owner wrote.
    pub from_name: String,
    /// When it came (care clock).
    pub at: At,
    /// What is shown.
    pub shown: Shown,
}

/// What is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A text.
    Text {
        /// The words.
        text: String,
    },
    /// A mail.
    Mail {
        /// Subject.
        subject: String,
        /// Plain text.
        text: String,
        /// HTML; not to be trusted by the page that shows it.
        html: String,
        /// The way out.
        unsubscribe: Option<String>,
    },
    /// A call, and all that was said in it.
    Call {
        /// Where it stands.
        state: CallState,
        /// The words so far.
        said: Vec<String>,
        /// The keys that were pressed.
        keys: String,
    },
    /// Words on the voicemail.
    Voicemail {
        /// The words.
        text: String,
        /// Language tag of the speech.
        language: String,
    },
    /// What the owner wrote.
    Written {
        /// The words.
        text: String,
    },
}

/// Where a call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallState {
    /// It rings.
    Ringing,
    /// It was answered and goes on.
    Talking,
    /// It was answered and is over.
    Answered,
    /// Nobody answered.
    Missed,
}

/// A call that rings or is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallView {
    /// The call: its message's id.
    pub call: MessageId,
    /// The number.
    pub to: String,
    /// Name of the caller.
    pub from_name: String,
    /// Since when it rings or is under way.
    pub since: At,
    /// When it ends by itself.
    pub until: At,
    /// Ringing or talking.
    pub state: CallState,
    /// The words so far.
    pub said: Vec<String>,
    /// Keys that lead somewhere now.
    pub keys: Vec<char>,
    /// Language tag of the speech.
    pub language: String,
}
