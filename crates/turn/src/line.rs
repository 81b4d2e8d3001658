//! A line as a turn sees it: what is known, what is under way, and how that is stored.

use crate::shadow::Shadowed;
use crate::{Error, Paused};
use journey::State;
use model::prompt::Prompt;
use model::{At, Fact, FactId, Id, JourneyId, JourneyRow, PersonId};
use outreach::Outreach;
use record::ways::Ways;
use record::{Fold, Record};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The version byte of a line's state. Older ones are read for ever.
///
/// Version 1 is JSON. Version 2 is a [`Head`] in postcard, then the bytes of outreach, then the triggers as
/// JSON (nothing when there are none: a fact's body is of any shape). Postcard tells no names: a field more
/// in `Fold`, `Record` or anything within them needs a new version here, and the shape of this one kept
/// beside it to read what was written before. `a_state_of_each_version_is_read_for_ever` holds that.
/// Version 3 is version 2 with the corrections of each fold. Version 4 is version 3 with the sweep that was served
/// last, after the [`Head`]. Version 5 is the length of what versions in shadow keep (four bytes, the lowest first),
/// that ([`crate::shadow::stored`]), and version 4; it is written only when there is any of it.
const STATE_SHADOWED: u8 = 5;
/// Version 6 is the length of what is known of the ways to reach the person (four bytes, the lowest first), that as
/// JSON (the place of each fold that has any, and its [`Ways`]), and a whole state of version 4 or 5. It is written only
/// when there is any of it. What of it does not read is damage: nobody is written to in ignorance of a request for
/// confidential communication.
const STATE_WAYS: u8 = 6;
/// The version of a line of which no shadow keeps anything.
const STATE_VERSION: u8 = 4;
/// The version before sweeps.
const STATE_UNSWEPT: u8 = 3;
/// The version before corrections: [`HeldBefore`].
const STATE_PLAIN: u8 = 2;
/// The first version, in JSON.
const STATE_JSON: u8 = 1;
/// Bytes that a state may grow by before its buffer is moved.
const ROOM: usize = 256;
/// The version byte of a journey's blob: state, and the fact that enrolled if it may be named.
const JOURNEY_VERSION: u8 = 1;
/// The same of one that is halted: the length of that fact comes before it, and after it what is kept.
const JOURNEY_PAUSED: u8 = 2;
/// The same of one that a merge brought: what follows the fact is a [`Kept`].
const JOURNEY_CARRIED: u8 = 3;

/// One person's line, decoded.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// Whose.
    pub person: PersonId,
    /// Version in the store; 0 when new.
    pub version: i64,
    /// What each source record says.
    pub folds: Vec<Held>,
    /// What is under way to the person.
    pub outreach: Outreach,
    /// Facts that may still enrol.
    pub triggers: Vec<Trigger>,
    /// Directory keys claimed.
    pub claimed: Vec<Id>,
    /// Journeys under way, and those that were (without their state).
    pub journeys: Vec<Walking>,
    /// Open prompts.
    pub prompts: Vec<Prompt>,
    /// Lines that this one was one with for a while, and is no more.
    pub was_with: Vec<PersonId>,
    /// Sweeps up to then were served; `None` until the line has had a turn while a pathway sweeps.
    pub swept: Option<At>,
    /// What versions in shadow keep.
    pub shadows: Vec<Shadowed>,
    /// Set when a merge closed this line.
    pub forwards_to: Option<PersonId>,
    /// The state as the store has it; empty when new.
    pub(crate) stored: Vec<u8>,
    /// What is known of the person, when a turn in memory has just found it and folds are as it left them.
    pub(crate) known: Option<Arc<Record>>,
}

/// A source record's fold, and the line that handed it over in a merge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// The fold.
    pub fold: Fold,
    /// The line it came from, when a merge brought it.
    #[serde(default)]
    pub via: Option<PersonId>,
}

/// A fresh fact whose pathway's condition is not true yet; asked again at every turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trigger {
    /// Pathway.
    pub pathway: String,
    /// The fact.
    pub fact: Fact,
    /// Until then it enrols; for a while after, what it would have started is listed.
    pub until: At,
    /// Its place in line, for a pathway with a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<InLine>,
}

/// A place in line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InLine {
    /// Since when.
    pub since: At,
    /// Where places are counted together, when each site has its own.
    pub site: String,
    /// Which asking it is: the line's version then.
    pub asked: i64,
    /// It was handed a place, and has not taken it yet (its pathway is halted).
    #[serde(default)]
    pub given: bool,
    /// The fallback team was told that the wait is too long.
    #[serde(default)]
    pub told: bool,
    /// Out of line while the condition does not hold.
    #[serde(default)]
    pub out: bool,
}

/// A journey in memory.
#[derive(Clone, Debug)]
pub struct Walking {
    /// Columns.
    pub row: JourneyRow,
    /// State; `None` for one that ended before this turn.
    pub state: Option<State>,
    /// The fact that enrolled, for pathways that are once per fact.
    pub fact: Option<Fact>,
    /// What it keeps while it is halted.
    pub paused: Option<Paused>,
    /// The line that it came from, when a merge brought it.
    pub via: Option<PersonId>,
}

/// What follows the fact in the blob of a journey that a merge brought.
#[derive(Serialize, Deserialize)]
struct Kept {
    paused: Option<Paused>,
    via: Option<PersonId>,
}

/// What a state says, read.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Stored {
    folds: Vec<Held>,
    #[serde(deserialize_with = "hex")]
    outreach: Vec<u8>,
    triggers: Vec<Trigger>,
    claimed: Vec<Id>,
    was_with: Vec<PersonId>,
    #[serde(skip)]
    swept: Option<At>,
    #[serde(skip)]
    shadows: Vec<Shadowed>,
}

/// The beginning of a state since version 3, to write.
#[derive(Serialize)]
struct Head<'a> {
    folds: &'a [Held],
    claimed: &'a [Id],
    was_with: &'a [PersonId],
    /// Bytes of outreach that follow.
    outreach: u32,
}

/// The same, to read: since version 3 with [`Held`], of version 2 with [`HeldBefore`].
#[derive(Deserialize)]
struct HeadRead<H> {
    folds: Vec<H>,
    claimed: Vec<Id>,
    was_with: Vec<PersonId>,
    outreach: u32,
}

/// A fold as version 2 had it: without corrections.
#[derive(Deserialize)]
struct HeldBefore {
    fold: FoldBefore,
    via: Option<PersonId>,
}

#[derive(Deserialize)]
struct FoldBefore {
    source: String,
    subject: String,
    record: record::Record,
    updated_at: At,
    said: std::collections::BTreeMap<String, At>,
}

impl From<HeldBefore> for Held {
    fn from(old: HeldBefore) -> Self {
        let FoldBefore { source, subject, record, updated_at, said } = old.fold;
        let (corrections, ways) = (Vec::new(), Ways::default());
        Self { fold: Fold { source, subject, record, updated_at, said, corrections, ways }, via: old.via }
    }
}

impl Stored {
    fn read(state: &[u8]) -> Result<Self, String> {
        match state {
            [] => Ok(Self::default()),
            [STATE_JSON, json @ ..] => serde_json::from_slice(json).map_err(|e| e.to_string()),
            [STATE_WAYS, rest @ ..] => {
                let (len, rest) = rest.split_at_checked(4).ok_or("cut off")?;
                let len = u32::from_le_bytes(len.try_into().unwrap_or_default()) as usize;
                let (ways, rest) = rest.split_at_checked(len).ok_or("cut off")?;
                if !matches!(rest, [STATE_VERSION | STATE_SHADOWED, ..]) {
                    return Err("what stands after the ways is no state".into());
                }
                let mut stored = Self::read(rest)?;
                let ways: Vec<(usize, Ways)> = serde_json::from_slice(ways).map_err(|e| e.to_string())?;
                for (place, ways) in ways {
                    stored.folds.get_mut(place).ok_or("ways of no fold")?.fold.ways = ways;
                }
                Ok(stored)
            }
            [STATE_SHADOWED, rest @ ..] => {
                let (len, rest) = rest.split_at_checked(4).ok_or("cut off")?;
                let len = u32::from_le_bytes(len.try_into().unwrap_or_default()) as usize;
                let (tail, rest) = rest.split_at_checked(len).ok_or("cut off")?;
                let mut stored = Self::postcard::<Held>(rest, true)?;
                // What does not read there ends the shadow for this person; their care goes on.
                stored.shadows = crate::shadow::stored::read(tail).unwrap_or_default();
                Ok(stored)
            }
            [STATE_VERSION, rest @ ..] => Self::postcard::<Held>(rest, true),
            [STATE_UNSWEPT, rest @ ..] => Self::postcard::<Held>(rest, false),
            [STATE_PLAIN, rest @ ..] => Self::postcard::<HeldBefore>(rest, false),
            [other, ..] => Err(format!("version {other} is not known")),
        }
    }

    fn postcard<'a, H: Deserialize<'a> + Into<Held>>(rest: &'a [u8], sweeps: bool) -> Result<Self, String> {
        let (head, rest) = postcard::take_from_bytes::<HeadRead<H>>(rest).map_err(|e| e.to_string())?;
        let (swept, rest) = match sweeps {
            true => postcard::take_from_bytes::<Option<At>>(rest).map_err(|e| e.to_string())?,
            false => (None, rest),
        };
        let (outreach, triggers) = rest.split_at_checked(head.outreach as usize).ok_or("cut off")?;
        let triggers = match triggers {
            [] => Vec::new(),
            json => serde_json::from_slice(json).map_err(|e| e.to_string())?,
        };
        let HeadRead { folds, claimed, was_with, .. } = head;
        let folds = folds.into_iter().map(Into::into).collect();
        Ok(Self { folds, outreach: outreach.to_vec(), triggers, claimed, was_with, swept, shadows: Vec::new() })
    }
}

impl Line {
    /// A line that was never seen before.
    pub fn new(person: PersonId) -> Self {
        Self { person, ..Self::default() }
    }

    /// Decodes what the store has.
    pub fn decode(
        person: PersonId,
        version: i64,
        state: Option<&[u8]>,
        journeys: Vec<JourneyRow>,
        prompts: Vec<Prompt>,
        forwards_to: Option<PersonId>,
    ) -> Result<Self, Error> {
        let state = state.unwrap_or_default();
        let stored = Stored::read(state).map_err(|e| Error::Damaged(format!("line state: {e}")))?;
        let outreach = if stored.outreach.is_empty() {
            Outreach::default()
        } else {
            Outreach::decode(&stored.outreach).map_err(|e| Error::Damaged(e.to_string()))?
        };
        let journeys = journeys.into_iter().map(Walking::decode).collect::<Result<_, _>>()?;
        Ok(Self {
            person,
            version,
            folds: stored.folds,
            outreach,
            triggers: stored.triggers,
            claimed: stored.claimed,
            was_with: stored.was_with,
            swept: stored.swept,
            shadows: stored.shadows,
            journeys,
            prompts,
            forwards_to,
            stored: state.to_vec(),
            known: None,
        })
    }

    /// What is known of the person, of a line's state alone: for lists, which show many.
    pub fn record_of(state: &[u8]) -> Result<record::Record, Error> {
        let stored = Stored::read(state).map_err(|e| Error::Damaged(format!("line state: {e}")))?;
        Ok(record::merge(stored.folds.iter().map(|h| &h.fold)))
    }

    /// What is known of the person, merged over its source records.
    pub fn record(&self) -> Arc<Record> {
        let merged = || Arc::new(record::merge(self.folds.iter().map(|h| &h.fold)));
        self.known.clone().unwrap_or_else(merged)
    }

    /// Other lines that may hold rows of what is under way here: those merged into this one, and those
    /// that it was merged into before. Rows never move.
    pub fn others(&self) -> BTreeSet<PersonId> {
        self.folds.iter().filter_map(|h| h.via).chain(self.was_with.iter().copied()).collect()
    }

    /// What is known of the ways to reach the person, where there is any of it.
    fn encode_ways(&self, out: &mut Vec<u8>) {
        let all = self.folds.iter().enumerate().map(|(place, held)| (place, &held.fold.ways));
        let ways: Vec<(usize, &Ways)> = all.filter(|(_, ways)| !ways.is_empty()).collect();
        if ways.is_empty() {
            return;
        }
        // Texts, times and lists always serialise.
        let json = serde_json::to_vec(&ways).unwrap_or_default();
        out.push(STATE_WAYS);
        out.extend_from_slice(&u32::try_from(json.len()).unwrap_or(u32::MAX).to_le_bytes());
        out.extend_from_slice(&json);
    }

    /// The state blob.
    pub fn encode(&self) -> Vec<u8> {
        let outreach = self.outreach.encode();
        let head = Head {
            folds: &self.folds,
            claimed: &self.claimed,
            was_with: &self.was_with,
            outreach: u32::try_from(outreach.len()).unwrap_or(u32::MAX),
        };
        let mut out = Vec::with_capacity(self.stored.len() + ROOM);
        self.encode_ways(&mut out);
        if self.shadows.is_empty() {
            out.push(STATE_VERSION);
        } else {
            let tail = crate::shadow::stored::write(&self.shadows);
            out.push(STATE_SHADOWED);
            out.extend_from_slice(&u32::try_from(tail.len()).unwrap_or(u32::MAX).to_le_bytes());
            out.extend_from_slice(&tail);
        }
        // Structs of strings, numbers and lists always serialise.
        let out = postcard::to_extend(&head, out).unwrap_or_default();
        let mut out = postcard::to_extend(&self.swept, out).unwrap_or_default();
        out.extend_from_slice(&outreach);
        if !self.triggers.is_empty() {
            let _ = serde_json::to_writer(&mut out, &self.triggers);
        }
        out
    }
}

impl Walking {
    /// Decodes a row; one that has ended has no state.
    pub fn decode(row: JourneyRow) -> Result<Self, Error> {
        let cut = |rest: &[u8]| -> Result<(usize, usize), Error> {
            let len = rest.get(..4).ok_or_else(|| Error::Damaged("journey blob: too short".into()))?;
            let len = u32::from_le_bytes(len.try_into().unwrap_or_default()) as usize;
            let end = len.checked_add(4).filter(|end| *end <= rest.len());
            Ok((4, end.ok_or_else(|| Error::Damaged("journey blob: cut off".into()))?))
        };
        let read_fact = |fact: &[u8]| match fact {
            [] => Ok(None),
            json => serde_json::from_slice(json).map(Some).map_err(|e| Error::Damaged(format!("journey fact: {e}"))),
        };
        let damaged = |e: serde_json::Error| Error::Damaged(format!("journey halt: {e}"));
        let (state, fact, kept) = match row.blob.as_slice() {
            [] => (None, None, None),
            [version @ (JOURNEY_VERSION | JOURNEY_PAUSED | JOURNEY_CARRIED), rest @ ..] => {
                let (from, to) = cut(rest)?;
                let state = State::decode(&rest[from..to]).map_err(|e| Error::Damaged(e.to_string()))?;
                let rest = &rest[to..];
                if *version == JOURNEY_VERSION {
                    (Some(state), read_fact(rest)?, None)
                } else {
                    let (from, to) = cut(rest)?;
                    let json = &rest[to..];
                    let kept = match *version {
                        JOURNEY_PAUSED => {
                            Kept { paused: Some(serde_json::from_slice(json).map_err(damaged)?), via: None }
                        }
                        _ => serde_json::from_slice(json).map_err(damaged)?,
                    };
                    (Some(state), read_fact(&rest[from..to])?, Some(kept))
                }
            }
            [other, ..] => return Err(Error::Damaged(format!("journey blob version {other} is not known"))),
        };
        let (paused, via) = kept.map_or((None, None), |kept| (kept.paused, kept.via));
        Ok(Self { row, state, fact, paused, via })
    }

    /// The state as it was written last, after the engine lost its way.
    pub(crate) fn restore(&mut self) {
        self.state = Self::decode(self.row.clone()).ok().and_then(|was| was.state);
    }

    /// Writes the state into the row's blob. Whether that changed it.
    pub fn seal(&mut self) -> bool {
        let Some(state) = &self.state else { return false };
        let sized = |blob: &mut Vec<u8>, bytes: &[u8]| {
            blob.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
            blob.extend_from_slice(bytes);
        };
        let state = state.encode();
        let mut blob = Vec::with_capacity(5 + state.len());
        blob.push(match (&self.via, &self.paused) {
            (Some(_), _) => JOURNEY_CARRIED,
            (None, Some(_)) => JOURNEY_PAUSED,
            (None, None) => JOURNEY_VERSION,
        });
        sized(&mut blob, &state);
        // Facts always serialise.
        let fact = self.fact.as_ref().and_then(|fact| serde_json::to_vec(fact).ok()).unwrap_or_default();
        match (&self.via, &self.paused) {
            (Some(_), paused) => {
                sized(&mut blob, &fact);
                let kept = Kept { paused: paused.clone(), via: self.via };
                blob.extend(serde_json::to_vec(&kept).unwrap_or_default());
            }
            (None, Some(paused)) => {
                sized(&mut blob, &fact);
                blob.extend(serde_json::to_vec(paused).unwrap_or_default());
            }
            (None, None) => blob.extend_from_slice(&fact),
        }
        let changed = self.row.blob != blob;
        self.row.blob = blob;
        changed
    }
}

/// The id of a journey: person, pathway and what it is once for.
pub fn journey_id(person: PersonId, pathway: &str, once: &str) -> JourneyId {
    JourneyId::of(&[&person.0.bytes(), pathway.as_bytes(), once.as_bytes()])
}

/// A fact's id as text, for causes.
pub fn cause(id: FactId) -> String {
    id.to_string()
}

/// Bytes as text, inside the JSON of version 1.
fn hex<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<u8>, D::Error> {
    let text = std::borrow::Cow::<str>::deserialize(d)?;
    let digit = |c: u8| (c as char).to_digit(16).map(|v| v as u8);
    text.as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [a, b] => Some(digit(*a)? << 4 | digit(*b)?),
            _ => None,
        })
        .collect::<Option<Vec<u8>>>()
        .ok_or_else(|| serde::de::Error::custom("not hexadecimal"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Line {
        let person = |n: u8| PersonId(Id::of(&[&[n]]));
        let fold = Fold { source: "hospital".into(), subject: "a|1".into(), ..Fold::default() };
        Line {
            person: person(1),
            folds: vec![Held { fold, via: Some(person(2)) }],
            was_with: vec![person(3)],
            claimed: vec![Id::of(&[b"key"])],
            ..Line::default()
        }
    }

    #[test]
    fn a_line_reads_back_as_it_was_written() {
        let line = line();
        let read = Line::decode(line.person, 3, Some(&line.encode()), Vec::new(), Vec::new(), None).expect("it reads");
        assert_eq!((&read.folds, &read.claimed, &read.was_with), (&line.folds, &line.claimed, &line.was_with));
        assert_eq!(read.encode(), line.encode());
        assert_eq!(read.others().len(), 2, "one merged into it, one that it was with");
    }

    /// What `GOLDEN` says in each version.
    fn golden() -> Line {
        let mut line = line();
        let fold = &mut line.folds[0].fold;
        fold.updated_at = At(1_790_000_000_000);
        fold.said = [("language".to_owned(), At(5))].into();
        fold.record.name = "David Reyes".into();
        fold.record.language = Some("es".into());
        fold.record.site = "north".into();
        fold.record.last_contact = Some((At(7), "voice".into()));
        let body = serde_json::json!({"id": "Encounter/1", "pain": 8.5, "list": [null, true]});
        let fact = Fact::own("encounter.discharged", "1", line.person, At(9), body);
        line.triggers.push(Trigger { pathway: "post-surgical".into(), fact, until: At(11), place: None });
        line
    }

    /// As versions 1 to 3 wrote it, and as version 4 does.
    const GOLDEN: [&[u8]; 4] = [
        include_bytes!("../golden/line-1.state"),
        include_bytes!("../golden/line-2.state"),
        include_bytes!("../golden/line-3.state"),
        include_bytes!("../golden/line-4.state"),
    ];

    #[test]
    fn corrections_are_written_and_read_back() {
        let mut line = line();
        line.folds[0].fold.corrections.push(record::known::Correction {
            field: "language".into(),
            edition: 2,
            at: At(7),
            fact: FactId::default(),
            value: Some(vec!["es".into()]),
            by: "nora".into(),
            why: "they said so".into(),
        });
        let read = Line::decode(line.person, 3, Some(&line.encode()), Vec::new(), Vec::new(), None).expect("it reads");
        assert_eq!(read.folds, line.folds);
    }

    #[test]
    fn a_state_of_each_version_is_read_for_ever() {
        let line = golden();
        if std::env::var_os("UPDATE_CASES").is_some() {
            let file = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/line-4.state");
            std::fs::write(file, line.encode()).expect("it is written");
        }
        for (state, version) in GOLDEN.iter().zip([STATE_JSON, STATE_PLAIN, STATE_UNSWEPT, STATE_VERSION]) {
            assert_eq!(state[0], version);
            let read = Line::decode(line.person, 3, Some(state), Vec::new(), Vec::new(), None).expect("it reads");
            assert_eq!((&read.folds, &read.triggers), (&line.folds, &line.triggers), "version {version}");
            assert_eq!((&read.claimed, &read.was_with), (&line.claimed, &line.was_with), "version {version}");
            assert_eq!(read.outreach.encode(), line.outreach.encode(), "version {version}");
            assert!(read.encode() == GOLDEN[3], "written anew it is of version 4, the same to the byte");
        }
    }

    /// The same with what a shadow keeps.
    fn shadowed() -> Line {
        use crate::shadow::{Mirror, ShadowWalk, Wanted};
        let mut line = golden();
        let (state, fact, _) = kept();
        let walk = |state: Option<State>, ended_at: Option<At>| ShadowWalk {
            id: JourneyId::of(&[b"journey"]),
            episode: "Encounter/1".into(),
            started_at: At(3),
            ended_at,
            state,
            fact: ended_at.is_none().then(|| fact.clone()),
        };
        let mirror = |wanted: Wanted, outcome: Option<Fact>| Mirror {
            journey: JourneyId::of(&[b"journey"]),
            wanted,
            step: "nurse_call/check".into(),
            about: "MedicationRequest/1".into(),
            told: outcome.is_none().then(|| model::PromptId::of(&[b"own"])),
            outcome,
        };
        line.shadows = vec![Shadowed {
            number: 7,
            triggers: line.triggers.clone(),
            walks: vec![walk(Some(state), None), walk(None, Some(At(4)))],
            mirrors: vec![
                mirror(Wanted::Prompt(model::PromptId::of(&[b"real"])), None),
                mirror(Wanted::Reach(model::EffectId::of(&[b"reach"])), Some(fact.clone())),
            ],
            failed: false,
        }];
        line
    }

    #[test]
    fn what_shadows_keep_stands_before_the_rest_is_read_for_ever_and_costs_nobody_their_care() {
        const GOLDEN_5: &[u8] = include_bytes!("../golden/line-5.state");
        let mut line = shadowed();
        if std::env::var_os("UPDATE_CASES").is_some() {
            let file = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/line-5.state");
            std::fs::write(file, line.encode()).expect("it is written");
            return;
        }
        let read = |state: &[u8]| Line::decode(line.person, 3, Some(state), Vec::new(), Vec::new(), None);
        let known = read(GOLDEN_5).expect("it reads");
        assert_eq!((GOLDEN_5[0], &known.shadows), (STATE_SHADOWED, &line.shadows));
        assert!(known.encode() == GOLDEN_5, "the same to the byte");
        let len = u32::from_le_bytes(GOLDEN_5[1..5].try_into().expect("four")) as usize;
        assert!(GOLDEN_5[5 + len..] == GOLDEN[3][1..], "after it stands version 4");
        // What does not read in the tail ends the shadow, and nothing else.
        let mut damaged = GOLDEN_5.to_vec();
        damaged[5..5 + len].fill(0xff);
        let whole = read(&damaged).expect("the rest reads");
        assert_eq!((&whole.folds, &whole.triggers, whole.shadows.len()), (&line.folds, &line.triggers, 0));
        assert!((1..5 + len).all(|end| read(&GOLDEN_5[..end]).is_err()), "cut in the tail nothing is known for sure");
        line.shadows.clear();
        assert!(line.encode() == GOLDEN[3], "without it, it is of version 4");
    }

    /// The same with a grant, a request for confidential communication and the state of the address.
    fn with_ways() -> Line {
        let mut line = golden();
        let own = |kind: &str, at: i64, body: serde_json::Value| Fact::own(kind, "1", line.person, At(at), body);
        let to = serde_json::json!({"name": "Ana Reyes", "relation": "mother", "contacts": ["+12125550144"]});
        let grant =
            serde_json::json!({"grant": "g1", "to": to, "scope": ["appointments", "tasks"], "until": At(9_000_000)});
        let mut fold = Fold { source: model::fact::OWN.into(), ..Fold::default() };
        record::fold(&mut fold, &own("grant.given", 5, grant));
        record::fold(&mut fold, &own("communication.restricted", 6, serde_json::json!({"only": ["email"], "not": []})));
        line.folds.push(Held { fold, via: None });
        line.folds[0].fold.ways.state = Some("US-FL".into());
        line
    }

    #[test]
    fn the_ways_to_reach_a_person_stand_before_the_rest_and_are_read_for_ever() {
        const GOLDEN_6: &[u8] = include_bytes!("../golden/line-6.state");
        let line = with_ways();
        if std::env::var_os("UPDATE_CASES").is_some() {
            let file = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/line-6.state");
            std::fs::write(file, line.encode()).expect("it is written");
            return;
        }
        let read = |state: &[u8]| Line::decode(line.person, 3, Some(state), Vec::new(), Vec::new(), None);
        let known = read(GOLDEN_6).expect("it reads");
        assert_eq!((GOLDEN_6[0], &known.folds), (STATE_WAYS, &line.folds));
        assert_eq!((known.record().ways.grants.len(), known.record().ways.restrictions.len()), (1, 1));
        assert!(known.encode() == GOLDEN_6, "the same to the byte");
        let len = u32::from_le_bytes(GOLDEN_6[1..5].try_into().expect("four")) as usize;
        // What of it does not read is no reason to write to someone who asked not to be written to.
        let mut damaged = GOLDEN_6.to_vec();
        damaged[5] = b'x';
        assert!(read(&damaged).is_err());
        assert!((1..5 + len).all(|end| read(&GOLDEN_6[..end]).is_err()));
        let mut shadowed = shadowed();
        shadowed.folds[0].fold.ways.state = Some("US-FL".into());
        let both = read(&shadowed.encode()).expect("it reads");
        assert_eq!((&both.folds, &both.shadows), (&shadowed.folds, &shadowed.shadows));
        let mut plain = golden();
        plain.folds[0].fold.ways = Ways::default();
        assert!(plain.encode() == GOLDEN[3], "without it, it is of version 4");
    }

    #[test]
    fn damaged_and_newer_states_are_refused_and_older_ones_read() {
        let read = |state: &[u8]| Line::decode(PersonId::default(), 1, Some(state), Vec::new(), Vec::new(), None);
        assert!(read(&[9]).is_err() && read(b"\x01{").is_err());
        let older = read(b"\x01{\"folds\":[],\"outreach\":\"\",\"triggers\":[],\"claimed\":[]}").expect("it reads");
        assert!(older.was_with.is_empty());
        assert!(read(&[]).is_ok_and(|line| line.folds.is_empty()));
        let state = golden().encode();
        let triggers = serde_json::to_vec(&golden().triggers).expect("it serialises").len();
        // Cut off right before the triggers it is the state of a line that has none.
        for end in (1..state.len()).filter(|end| *end != state.len() - triggers) {
            assert!(read(&state[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn a_halted_journey_reads_back_with_what_it_keeps_and_damage_is_refused() {
        let fact = |n: i64| Fact::own("medication.ready", &n.to_string(), PersonId::default(), At(n), n.into());
        let pathway = pathway::shipped::shipped(
            &["surgical_nurses", "charge_nurse", "on_call_surgeon", "front_desk"].map(String::from),
        );
        let state = journey::begin(&pathway.pathways[0], At(5), "Encounter/1");
        for enrolled in [None, Some(fact(1))] {
            let paused = Some(Paused {
                since: At(9),
                order: 3,
                facts: vec![fact(2), fact(3)],
                told: vec!["fever".into()],
                look_at: Some(At(11)),
            });
            let mut halted = walking(&state, enrolled.clone(), paused.clone(), None);
            assert!(halted.seal() && !halted.seal(), "the same is written once");
            let read = Walking::decode(halted.row.clone()).expect("it reads");
            assert_eq!((&read.state, &read.fact, &read.paused), (&halted.state, &enrolled, &paused));
            let blob = halted.row.blob.clone();
            assert!((1..blob.len()).all(|end| Walking::decode(row(&blob[..end])).is_err()), "cut anywhere");
            halted.paused = None;
            assert!(halted.seal());
            let read = Walking::decode(halted.row).expect("it reads");
            assert_eq!((read.state, read.fact, read.paused), (halted.state, enrolled, None));
        }
    }

    fn walking(state: &State, fact: Option<Fact>, paused: Option<Paused>, via: Option<PersonId>) -> Walking {
        Walking { row: row(&[]), state: Some(state.clone()), fact, paused, via }
    }

    #[test]
    fn a_journey_that_a_merge_brought_says_from_where_and_damage_is_refused() {
        let (state, enrolled, paused) = kept();
        let via = Some(PersonId(Id::of(&[b"b"])));
        for (fact, paused) in [(None, None), (Some(enrolled), Some(paused))] {
            let mut brought = walking(&state, fact.clone(), paused.clone(), via);
            assert!(brought.seal() && !brought.seal(), "the same is written once");
            let blob = brought.row.blob.clone();
            let read = Walking::decode(row(&blob)).expect("it reads");
            assert_eq!((&read.state, &read.fact, &read.paused, read.via), (&brought.state, &fact, &paused, via));
            assert!((1..blob.len()).all(|end| Walking::decode(row(&blob[..end])).is_err()), "cut anywhere");
        }
    }

    /// What the golden blobs of journeys say.
    fn kept() -> (State, Fact, Paused) {
        let fact = |n: i64| Fact::own("medication.ready", &n.to_string(), PersonId::default(), At(n), n.into());
        let teams = ["surgical_nurses", "charge_nurse", "on_call_surgeon", "front_desk"].map(String::from);
        let shipped = pathway::shipped::shipped(&teams);
        let pathway = shipped.pathways.iter().find(|p| p.name == "post-surgical-follow-up").expect("it is shipped");
        let state = journey::begin(pathway, At(5), "Encounter/1");
        (
            state,
            fact(1),
            Paused { since: At(9), order: 3, facts: vec![fact(2), fact(3)], told: Vec::new(), look_at: None },
        )
    }

    #[test]
    fn a_journeys_blob_of_each_version_is_read_for_ever() {
        let golden: [(&str, &[u8]); 3] = [
            ("walking-1.blob", include_bytes!("../golden/walking-1.blob")),
            ("walking-2.blob", include_bytes!("../golden/walking-2.blob")),
            ("walking-3.blob", include_bytes!("../golden/walking-3.blob")),
        ];
        let (_, fact, paused) = kept();
        let via = Some(PersonId(Id::of(&[b"b"])));
        let kept_of = [(None, None), (Some(paused.clone()), None), (Some(paused), via)];
        for (((name, blob), version), (paused, via)) in golden.iter().zip(1..).zip(kept_of) {
            // A file that is new is written; those that exist stay as they are.
            if blob.is_empty() && std::env::var_os("UPDATE_CASES").is_some() {
                let mut fresh = walking(&kept().0, Some(fact.clone()), paused, via);
                fresh.seal();
                let file = format!("{}/golden/{name}", env!("CARGO_MANIFEST_DIR"));
                std::fs::write(file, fresh.row.blob).expect("it is written");
                continue;
            }
            assert_eq!(blob.first(), Some(&version), "{name}");
            let read = Walking::decode(row(blob)).expect("it reads");
            assert_eq!((read.fact, read.paused, read.via), (Some(fact.clone()), paused, via), "{name}");
            let state = read.state.expect("it is under way");
            assert_eq!((state.day_0, state.ended()), (At(5), None), "{name}");
        }
    }

    fn row(blob: &[u8]) -> JourneyRow {
        JourneyRow {
            id: JourneyId::default(),
            pathway: String::new(),
            version: Id::default(),
            episode: String::new(),
            status: model::batch::JourneyStatus::Active,
            step: String::new(),
            next_due: None,
            started_at: At(0),
            ended: None,
            blob: blob.to_vec(),
        }
    }

    #[test]
    fn a_journeys_bytes_are_checked() {
        for damaged in [&[1_u8][..], &[1, 9, 0, 0, 0, 1], &[7]] {
            assert!(Walking::decode(row(damaged)).is_err(), "{damaged:?}");
        }
        assert!(Walking::decode(row(&[])).is_ok_and(|w| w.state.is_none()));
    }
}
