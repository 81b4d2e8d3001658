//! Texts of several parts, put together.
//!
//! A part is acknowledged once it is durable, so the parts of a text are held, unacknowledged, until all are there.
//! A centre that sends the next part only after the last was acknowledged would wait for ever: a part that was held for
//! [`HELD_MAX`] goes in by itself, and the whole text once more when the last part has come. Nothing is lost either way;
//! in the second a person reads some words twice. Such a part counts as durable only once the sink took it
//! ([`Joins::taken`]): what the sink refused goes in anew when the centre brings it again.
//!
//! Invariants: at most [`TEXTS_MAX`] texts wait; one that is pushed out has its parts go in by themselves.

use super::heard::{self, Piece};
use crate::contract::Incoming;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long a part is held for the others.
pub(super) const HELD_MAX: Duration = Duration::from_secs(2);
/// How long the parts that went in by themselves are kept for the whole.
const KEPT_MAX: Duration = Duration::from_secs(600);
/// Texts of which parts are missing.
pub(super) const TEXTS_MAX: usize = 512;

/// Whose text: from, to, reference, how many parts.
type Key = (String, String, u16, u8);

/// A part that came.
struct Part {
    octets: Vec<u8>,
    coding: u8,
    /// What it is acknowledged by, as long as it is not; more than one where it was sent again.
    sequences: Vec<u32>,
    /// Whether it went in by itself.
    alone: Alone,
}

/// How far a part came by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Alone {
    /// It is held for the others.
    No,
    /// It was handed to the sink, which has not said yet whether it took it.
    Handed,
    /// It is durable: the same again may be acknowledged.
    Taken,
}

/// A text of which parts are missing.
struct Text {
    parts: BTreeMap<u8, Part>,
    since: Instant,
}

/// What is to go in, and what is acknowledged once it is durable.
#[derive(Debug, Default)]
pub(super) struct Ready {
    pub facts: Vec<Incoming>,
    pub sequences: Vec<u32>,
}

/// Texts of which parts are missing.
#[derive(Default)]
pub(super) struct Joins {
    texts: BTreeMap<Key, Text>,
}

impl Joins {
    /// Takes a text or a part of one; `sequence` is what it is acknowledged by.
    pub fn take(&mut self, piece: Piece, sequence: u32, now: Instant, ready: &mut Ready) {
        let Some((reference, total, number)) = piece.of else {
            let words = heard::words(piece.coding, &piece.octets);
            ready.facts.push(heard::reply(&piece.from, &piece.to, &words, sequence, None));
            ready.sequences.push(sequence);
            return;
        };
        let key = (piece.from, piece.to, reference, total);
        if !self.texts.contains_key(&key) && self.texts.len() >= TEXTS_MAX {
            self.push_out(ready);
        }
        let text = self.texts.entry(key.clone()).or_insert_with(|| Text { parts: BTreeMap::new(), since: now });
        let part = Part { octets: piece.octets, coding: piece.coding, sequences: vec![sequence], alone: Alone::No };
        match text.parts.get_mut(&number) {
            None => {
                text.parts.insert(number, part);
            }
            // It comes again, because nobody has acknowledged it yet, or the answer was lost.
            Some(known) if known.octets == part.octets && known.alone == Alone::Taken => ready.sequences.push(sequence),
            Some(known) if known.octets == part.octets => known.sequences.push(sequence),
            // Another text that has the same reference: what was there goes in by itself.
            Some(_) => {
                let fresh = Text { parts: BTreeMap::from([(number, part)]), since: now };
                let old = std::mem::replace(text, fresh);
                alone(&key, old, ready);
                return;
            }
        }
        if text.parts.len() == usize::from(total)
            && let Some(text) = self.texts.remove(&key)
        {
            whole(&key, text, ready);
        }
    }

    /// Parts that were held too long, and texts that nobody completes any more.
    pub fn overdue(&mut self, now: Instant, ready: &mut Ready) {
        for (key, text) in &mut self.texts {
            if now.duration_since(text.since) >= HELD_MAX {
                each(key, &mut text.parts, ready);
            }
        }
        self.texts.retain(|_, text| now.duration_since(text.since) < KEPT_MAX);
    }

    /// What the sink said of the parts that went in by themselves since it was last asked. A part that it refused is
    /// not durable: the centre was told so and brings it again, and until then nothing of it is kept.
    pub fn taken(&mut self, ok: bool) {
        for text in self.texts.values_mut() {
            text.parts.retain(|_, part| part.alone != Alone::Handed || ok);
            text.parts.values_mut().filter(|p| p.alone == Alone::Handed).for_each(|p| p.alone = Alone::Taken);
        }
        self.texts.retain(|_, text| !text.parts.is_empty());
    }

    /// When the next part is overdue.
    pub fn next(&self) -> Option<Instant> {
        let held = |text: &&Text| text.parts.values().any(|part| part.alone == Alone::No);
        self.texts.values().filter(held).map(|text| text.since + HELD_MAX).min()
    }

    /// The oldest makes room.
    fn push_out(&mut self, ready: &mut Ready) {
        let oldest = self.texts.iter().min_by_key(|(_, text)| text.since).map(|(key, _)| key.clone());
        if let Some(key) = oldest
            && let Some(text) = self.texts.remove(&key)
        {
            alone(&key, text, ready);
        }
    }
}

/// The parts that did not go in yet, each by itself.
fn each(key: &Key, parts: &mut BTreeMap<u8, Part>, ready: &mut Ready) {
    for (number, part) in parts {
        if part.alone != Alone::No {
            continue;
        }
        part.alone = Alone::Handed;
        let words = heard::words(part.coding, &part.octets);
        let serial = part.sequences.first().copied().unwrap_or_default();
        ready.facts.push(heard::reply(&key.0, &key.1, &words, serial, Some((*number, key.3))));
        ready.sequences.append(&mut part.sequences);
    }
}

/// A text that is given up.
fn alone(key: &Key, mut text: Text, ready: &mut Ready) {
    each(key, &mut text.parts, ready);
}

/// All parts are there.
fn whole(key: &Key, text: Text, ready: &mut Ready) {
    let codings: Vec<u8> = text.parts.values().map(|part| part.coding).collect();
    let words: String = if codings.windows(2).all(|two| two[0] == two[1]) {
        // A letter of two units may have been torn apart by the sender: octets first.
        let octets: Vec<u8> = text.parts.values().flat_map(|part| part.octets.iter().copied()).collect();
        heard::words(codings.first().copied().unwrap_or(0), &octets)
    } else {
        text.parts.values().map(|part| heard::words(part.coding, &part.octets)).collect()
    };
    let sequences: Vec<u32> = text.parts.values().flat_map(|part| part.sequences.iter().copied()).collect();
    let serial = sequences.last().copied().unwrap_or_default();
    ready.facts.push(heard::reply(&key.0, &key.1, &words, serial, None));
    ready.sequences.extend(sequences);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(from: &str, words: &str, number: u8, total: u8) -> Piece {
        let (from, to, octets) = (from.to_owned(), "55501".to_owned(), words.as_bytes().to_vec());
        Piece { from, to, coding: 3, octets, of: (total > 1).then_some((7, total, number)) }
    }

    fn texts(ready: &Ready) -> Vec<&str> {
        ready.facts.iter().filter_map(|f| f.fact.text("text")).collect()
    }

    #[test]
    fn parts_in_any_order_make_one_text_that_acknowledges_each() {
        let (mut joins, mut ready, now) = (Joins::default(), Ready::default(), Instant::now());
        joins.take(piece("+1", "no ", 2, 3), 12, now, &mut ready);
        joins.take(piece("+2", "other", 1, 1), 13, now, &mut ready);
        assert_eq!((texts(&ready), ready.sequences.as_slice()), (vec!["other"], &[13][..]));
        joins.take(piece("+1", "I can ", 1, 3), 14, now, &mut ready);
        joins.take(piece("+1", "breathe", 3, 3), 15, now, &mut ready);
        assert_eq!(texts(&ready), ["other", "I can no breathe"]);
        assert_eq!(ready.sequences, [13, 14, 12, 15]);
        assert_eq!(joins.next(), None);
    }

    #[test]
    fn a_part_that_is_held_too_long_goes_in_by_itself_and_the_whole_when_it_is_there() {
        let (mut joins, mut ready, now) = (Joins::default(), Ready::default(), Instant::now());
        joins.take(piece("+1", "I cannot ", 1, 2), 1, now, &mut ready);
        assert!(ready.sequences.is_empty(), "not acknowledged before it is durable");
        let later = now + HELD_MAX;
        assert_eq!(joins.next(), Some(later));
        joins.overdue(later, &mut ready);
        assert_eq!((texts(&ready), ready.sequences.as_slice()), (vec!["I cannot "], &[1][..]));
        assert_eq!(ready.facts[0].fact.body["part"], serde_json::json!([1, 2]));
        joins.overdue(later, &mut ready);
        assert_eq!(ready.facts.len(), 1, "once");
        joins.taken(true);
        joins.take(piece("+1", "I cannot ", 1, 2), 9, later, &mut ready);
        assert_eq!((ready.facts.len(), ready.sequences.pop()), (1, Some(9)), "it is durable already");
        joins.take(piece("+1", "breathe", 2, 2), 2, later, &mut ready);
        assert_eq!(texts(&ready), ["I cannot ", "I cannot breathe"]);
        assert_eq!(ready.sequences, [1, 2]);
    }

    #[test]
    fn a_part_that_the_sink_refused_goes_in_anew_when_it_is_brought_again() {
        let (mut joins, now) = (Joins::default(), Instant::now());
        joins.take(piece("+1", "I cannot ", 1, 2), 1, now, &mut Ready::default());
        let (mut ready, later) = (Ready::default(), now + HELD_MAX);
        joins.overdue(later, &mut ready);
        assert_eq!((texts(&ready), ready.sequences.as_slice()), (vec!["I cannot "], &[1][..]));
        joins.taken(false);
        // The centre was told so: what it brings again is acknowledged by a fact that is durable, or not at all.
        let mut ready = Ready::default();
        joins.take(piece("+1", "I cannot ", 1, 2), 2, later, &mut ready);
        assert!(ready.sequences.is_empty(), "it was not durable");
        joins.overdue(later + HELD_MAX, &mut ready);
        assert_eq!((texts(&ready), ready.sequences.as_slice()), (vec!["I cannot "], &[2][..]));
        joins.taken(true);
        joins.take(piece("+1", "I cannot ", 1, 2), 3, later + HELD_MAX, &mut ready);
        assert_eq!((ready.facts.len(), ready.sequences.pop()), (1, Some(3)), "now it is");
    }

    #[test]
    fn nothing_is_lost_when_references_come_again_or_too_many_wait() {
        let (mut joins, mut ready, now) = (Joins::default(), Ready::default(), Instant::now());
        joins.take(piece("+1", "first", 1, 2), 1, now, &mut ready);
        joins.take(piece("+1", "first", 1, 2), 2, now, &mut ready);
        assert!(ready.sequences.is_empty(), "the same again is not durable either");
        joins.take(piece("+1", "second", 1, 2), 3, now, &mut ready);
        assert_eq!(texts(&ready), ["first"], "another text of the same reference");
        assert_eq!(ready.sequences, [1, 2]);
        for n in 0..TEXTS_MAX as u32 {
            joins.take(piece(&format!("+{}", n + 10), "x", 1, 2), n + 10, now + Duration::from_millis(1), &mut ready);
        }
        assert_eq!(texts(&ready), ["first", "second"], "the oldest made room");
        joins.overdue(now + HELD_MAX + Duration::from_millis(1), &mut ready);
        assert_eq!(ready.facts.len(), 2 + TEXTS_MAX);
    }
}
