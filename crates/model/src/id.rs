//! Ids are 128-bit hashes of what they name, written as 26 characters of Crockford's base 32.
//!
//! A pure function of its input, so that a replayed turn, a restarted process and a second
//! delivery all make the same id; that is what makes every write idempotent.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A 128-bit id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Id(pub u128);

impl Id {
    /// The id of the thing that `parts` name together. Each part's length is hashed too, so that
    /// `["ab", "c"]` and `["a", "bc"]` differ.
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let digest = hash.finalize();
        let mut bytes = [0u8; 16];
        bytes.copy_from_slice(&digest[..16]);
        Self(u128::from_be_bytes(bytes))
    }

    /// The part, below [`crate::PARTS`], in which rows keyed by this id live.
    pub fn part(self) -> u16 {
        ((self.0 >> 112) as u16) % crate::PARTS
    }

    /// The same id moved into the part that `other` lives in.
    pub fn beside(self, other: Self) -> Self {
        const LOW: u128 = u128::MAX >> 16;
        Self((self.0 & LOW) | (other.0 & !LOW))
    }

    /// Sixteen bytes, big end first, for a key column.
    pub fn bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// Reads a key column; `None` unless it has sixteen bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(u128::from_be_bytes(bytes.try_into().ok()?)))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0u8; 26];
        let mut rest = self.0;
        for slot in text.iter_mut().rev() {
            *slot = ALPHABET[(rest & 31) as usize];
            rest >>= 5;
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text was not an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAnId;

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an id: 26 characters of 0-9 and a-z (without i, l, o, u) are expected")
    }
}
impl std::error::Error for NotAnId {}

impl FromStr for Id {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        if text.len() != 26 {
            return Err(NotAnId);
        }
        let mut out: u128 = 0;
        for (i, c) in text.bytes().enumerate() {
            let digit = ALPHABET.iter().position(|a| *a == c).ok_or(NotAnId)? as u128;
            if i == 0 && digit > 7 {
                return Err(NotAnId);
            }
            out = (out << 5) | digit;
        }
        Ok(Self(out))
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() { s.collect_str(self) } else { s.serialize_bytes(&self.bytes()) }
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Visit;
        impl serde::de::Visitor<'_> for Visit {
            type Value = Id;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id")
            }
            fn visit_str<E: serde::de::Error>(self, v: &str) -> Result<Id, E> {
                v.parse().map_err(E::custom)
            }
            fn visit_bytes<E: serde::de::Error>(self, v: &[u8]) -> Result<Id, E> {
                Id::from_bytes(v).ok_or_else(|| E::custom("an id has 16 bytes"))
            }
        }
        if d.is_human_readable() { d.deserialize_str(Visit) } else { d.deserialize_bytes(Visit) }
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Id);
        impl $name {
            /// The id of the thing that `parts` name together.
            pub fn of(parts: &[&[u8]]) -> Self { Self(Id::of(parts)) }
            /// The part in which rows keyed by this id live.
            pub fn part(self) -> u16 { self.0.part() }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }
        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> { text.parse().map(Self) }
        }
    )*};
}

ids! {
    /// A person's line: the hash of the first source record that named them.
    PersonId,
    /// A fact: the hash of its source, the source's own id for it and its content.
    FactId,
    /// A journey: the hash of person, pathway and what it is once for.
    JourneyId,
    /// An effect of a journey: journey, sequence and index. The idempotency key to the provider.
    EffectId,
    /// One attempt of a reach on one channel: the hash of the effect, the rung and the try.
    MessageId,
    /// A prompt: the hash of the effect that asked for it and the attempt.
    PromptId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_being_written_and_read() {
        for id in [Id(0), Id(u128::MAX), Id::of(&[b"david"])] {
            assert_eq!(id.to_string().parse::<Id>().ok(), Some(id));
            assert_eq!(Id::from_bytes(&id.bytes()), Some(id));
        }
        assert!("zzzzzzzzzzzzzzzzzzzzzzzzzz".parse::<Id>().is_err(), "over 128 bits");
        assert_ne!(Id::of(&[b"ab", b"c"]), Id::of(&[b"a", b"bc"]));
    }
}
