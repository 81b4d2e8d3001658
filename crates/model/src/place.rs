//! Places on a pathway that a team's capacity limits: who has one, and who waits in line for one.

use crate::{At, Id, PersonId};

/// What became of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlaceState {
    /// The person waits in line.
    Waiting = 0,
    /// It was handed to the person, whose turn has not taken it yet.
    Given = 1,
    /// A journey has it.
    UnderWay = 2,
    /// A merge carries it to another line; it counts until that line has it.
    Moving = 3,
}

impl PlaceState {
    /// As stored.
    pub fn number(self) -> i64 {
        self as i64
    }
    /// The state of that number.
    pub fn numbered(number: i64) -> Option<Self> {
        [Self::Waiting, Self::Given, Self::UnderWay, Self::Moving].into_iter().find(|s| s.number() == number)
    }
}

/// What a turn says of a place of its person, in the same commit as all else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceMove {
    /// The place: of who waits, a hash of pathway and fact; of who is on the way, the journey.
    pub id: Id,
    /// `post-surgical-follow-up`.
    pub pathway: String,
    /// What becomes of it.
    pub to: PlaceTo,
}

/// What becomes of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlaceTo {
    /// The person gets in line.
    Waiting {
        /// Whose places are counted together, when each site has its own.
        site: String,
        /// The line is in the order of this.
        since: At,
        /// Which asking it is: a person who leaves the line and comes back asks anew.
        asked: i64,
    },
    /// A journey has it.
    UnderWay {
        /// Site.
        site: String,
        /// Since when.
        since: At,
    },
    /// It goes to another line with all that a merge carries.
    Moving,
    /// It is free.
    Free,
}

/// A row of the line of those who wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceRow {
    /// Who.
    pub person: PersonId,
    /// The place.
    pub id: Id,
    /// Pathway.
    pub pathway: String,
    /// Site.
    pub site: String,
    /// Since when.
    pub since: At,
    /// Which asking it is.
    pub asked: i64,
}
