//! A person: how they are called, what they need, allow and prefer, and where they are reached.

use crate::{At, Channel, Purpose};
use serde::{Deserialize, Serialize};

/// The state of a contact point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum PointStatus {
    /// May be used.
    #[default]
    Active,
    /// The holder says it is not this person's. Never used again unless verified anew.
    Wrong,
    /// The carrier says it does not work.
    Dead,
    /// A source ended it.
    Ended,
    /// A number that takes calls and no texts, as its carrier says.
    Landline,
    /// A number that takes no texts: as its holder or staff say.
    NoTexts,
    /// Mail to it comes back.
    Bounced,
}

impl PointStatus {
    /// Whether anything may reach the person there.
    pub fn in_use(self) -> bool {
        matches!(self, Self::Active | Self::Landline | Self::NoTexts)
    }
    /// Whether this channel may be used there.
    pub fn takes(self, channel: Channel) -> bool {
        self == Self::Active || self.in_use() && channel != Channel::Sms
    }
    /// The status that a fact `contact.disabled` names; what is not known here is the strictest.
    pub fn disabled(name: Option<&str>) -> Self {
        match name {
            Some("dead") => Self::Dead,
            Some("ended") => Self::Ended,
            Some("landline") => Self::Landline,
            Some("no_texts") => Self::NoTexts,
            Some("bounced") => Self::Bounced,
            _ => Self::Wrong,
        }
    }
}

/// What a contact point is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PointKind {
    /// A telephone number, E.164 where it could be parsed.
    Phone,
    /// An e-mail address.
    Email,
}

/// Where a person is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactPoint {
    /// Phone or mail.
    pub kind: PointKind,
    /// `+15550100`, `david@example.org`.
    pub value: String,
    /// FHIR `use`: `home`, `mobile`, `work`; empty when not said.
    #[serde(default)]
    pub r#use: String,
    /// FHIR `rank`: 1 is tried first; 0 when not said.
    #[serde(default)]
    pub rank: u32,
    /// Whose it is when not the person's own: the related person's name.
    #[serde(default)]
    pub owner: Option<String>,
    /// When someone made sure.
    #[serde(default)]
    pub verified_at: Option<At>,
    /// May it be used.
    #[serde(default)]
    pub status: PointStatus,
}

/// What a person needs to be reached well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// Cannot hear: no calls.
    Deaf,
    /// Cannot see: calls rather than text.
    Blind,
    /// Wants an interpreter.
    Interpreter,
    /// Has no smartphone: no links.
    NoSmartphone,
}

/// What the person allowed or refused, for a purpose and a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// `None` for every purpose.
    pub purpose: Option<Purpose>,
    /// `None` for every channel.
    pub channel: Option<Channel>,
    /// Allowed, or refused.
    pub allowed: bool,
    /// When it was said.
    pub since: At,
    /// In what words or document: `Consent/12`, `STOP`.
    pub basis: String,
}

/// What the person would like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Preferences {
    /// Channels by purpose, the best first; a purpose that is not here follows the pathway's ladder.
    #[serde(default)]
    pub channels: Vec<(Purpose, Vec<Channel>)>,
    /// For urgent matters, the best first.
    #[serde(default)]
    pub urgent: Vec<Channel>,
    /// Local quiet hours, from and to, minutes after midnight; may pass midnight.
    #[serde(default)]
    pub quiet: Option<(u16, u16)>,
    /// Whether to be reminded of each task; `None` when never asked.
    #[serde(default)]
    pub task_reminders: Option<bool>,
}
