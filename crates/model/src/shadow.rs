//! What a version that runs in shadow would have done, and what the version in force did beside it.
//!
//! A row is a note for a comparison: nothing is ever sent, asked or counted because of it.

use crate::{At, JourneyId};

/// Who wanted it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The version that runs in shadow: it was held.
    Shadow,
    /// The version in force: it was carried out.
    Force,
}

impl Side {
    /// As written in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Shadow => "shadow",
            Self::Force => "force",
        }
    }
    /// The side of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Shadow, Self::Force].into_iter().find(|side| side.name() == name)
    }
}

/// What was wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wish {
    /// A journey begins.
    Begin,
    /// Something is to get across to the person.
    Reach,
    /// A service outside is to be asked.
    Call,
    /// The care team is asked.
    Prompt,
    /// The same for a concern.
    Concern,
    /// The same for a red flag.
    RedFlag,
    /// A goal is reached or missed.
    Goal,
    /// Another pathway is to begin.
    Enrol,
    /// Another pathway is to end.
    Withdraw,
    /// The journey is over.
    End,
    /// The engine could not go on.
    Failed,
}

impl Wish {
    /// Every one, in the order in which they are listed.
    pub const ALL: [Self; 11] = [
        Self::Begin,
        Self::Reach,
        Self::Call,
        Self::Prompt,
        Self::Concern,
        Self::RedFlag,
        Self::Goal,
        Self::Enrol,
        Self::Withdraw,
        Self::End,
        Self::Failed,
    ];

    /// As written in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::Reach => "reach",
            Self::Call => "call",
            Self::Prompt => "prompt",
            Self::Concern => "concern",
            Self::RedFlag => "red_flag",
            Self::Goal => "goal",
            Self::Enrol => "enrol",
            Self::Withdraw => "withdraw",
            Self::End => "end",
            Self::Failed => "failed",
        }
    }
    /// The wish of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|wish| wish.name() == name)
    }
}

/// One thing that a side wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Would {
    /// Number of the order that began the shadow.
    pub shadow: i64,
    /// Who.
    pub side: Side,
    /// When.
    pub at: At,
    /// The person's site then, by which staff see it or not.
    pub site: String,
    /// The journey; both sides call the same one the same.
    pub journey: JourneyId,
    /// Step (of a goal its name); empty for the journey itself.
    pub step: String,
    /// The items and days that the step is about, with commas; empty for none.
    pub about: String,
    /// What.
    pub wish: Wish,
    /// How: channels and words, team and title, a reason. JSON, of which a page shows what it knows.
    pub what: String,
    /// Of a reach until when it is valid, of a prompt when it is due.
    pub due: Option<At>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        assert!(Wish::ALL.iter().all(|w| Wish::named(w.name()) == Some(*w)));
        assert!([Side::Shadow, Side::Force].iter().all(|s| Side::named(s.name()) == Some(*s)));
        assert_eq!((Wish::named("text"), Side::named("")), (None, None));
    }
}
