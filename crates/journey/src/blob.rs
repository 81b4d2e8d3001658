//! State as bytes: a version byte and postcard. What was ever written can be read for ever: a change
//! of these shapes is a new version beside the old ones, with a golden file of its own.
//!
//! Item ids are written once and named by number; times are written as the distance from day 0.

use crate::Error;
use crate::passes::{Trail, Way};
use crate::state::{Answered, Frame, How, Item, Key, Met, Passed, Pending, State, Strand, Wait};
use model::{At, FactId, Id, Value};
use serde::{Deserialize, Serialize};

/// The version that is written: version 2 with the waits and frames that come last in their lists, and goals.
const VERSION: u8 = 3;
/// Strands know since when they stand, and what was counted of late is kept.
const SECOND: u8 = 2;
/// The first one.
const FIRST: u8 = 1;

/// Version 1.
#[derive(Serialize, Deserialize)]
struct StateV1 {
    day_0: i64,
    episode: String,
    begun: bool,
    seq: u32,
    ended: Option<String>,
    leave_at: Option<i64>,
    names: Vec<String>,
    strands: Vec<StrandV1>,
    answers: Vec<AnsweredV1>,
    reaches: Vec<PendingV1>,
    passed: Vec<PassedV1>,
}

#[derive(Serialize, Deserialize)]
struct StrandV1 {
    step: u16,
    frames: Vec<FrameV1>,
    cause: Option<[u8; 16]>,
    wait: WaitV1,
}

/// Version 2: what version 1 says, then what came to it. `since` is by the strand's place, where its wait
/// does not say the same.
#[derive(Serialize, Deserialize)]
struct StateV2 {
    first: StateV1,
    since: Vec<(u16, i64)>,
    trail: Vec<TrailV2>,
}

/// Version 3: goals by their place: when, and how they stand ([`how`]).
#[derive(Serialize, Deserialize)]
struct StateV3 {
    second: StateV2,
    goals: Vec<(u16, i64, u8)>,
}

/// How a goal stands, as written.
const fn how(how: How) -> u8 {
    match how {
        How::Missed => 0,
        How::Reached => 1,
        How::Open => 2,
    }
}

fn how_read(written: u8) -> Option<How> {
    [How::Missed, How::Reached, How::Open].into_iter().find(|h| how(*h) == written)
}

/// Step, way, stay, day, and the place of the outcome in `passed`.
#[derive(Serialize, Deserialize)]
struct TrailV2(u16, Way, Option<i64>, i32, u32);

/// The loop's step, and an item's number or a date.
#[derive(Serialize, Deserialize)]
enum FrameV1 {
    Item(u16, u32),
    Date(u16, i32),
    Strand(u16, u16),
}

#[derive(Serialize, Deserialize)]
enum WaitV1 {
    Ready,
    Time(i64, Option<i64>),
    Fact(i64, Option<i64>),
    Prompt(u32, u32, u32, u32),
    Repeat(i32, bool, i64),
    Each(Vec<u32>),
    Remind(i32, Option<(u16, i64)>),
    Join(u16),
    Reached(u32, u32, i64),
    Asked(u32, u32, i64, Option<i64>, u16, Vec<Value>),
    Called(u32, u32, i64, i64),
}

#[derive(Serialize, Deserialize)]
struct AnsweredV1 {
    step: u16,
    frames: Vec<FrameV1>,
    outcome: String,
    values: Vec<Value>,
}

#[derive(Serialize, Deserialize)]
struct PendingV1 {
    seq: u32,
    index: u32,
    until: i64,
    frames: Vec<FrameV1>,
}

#[derive(Serialize, Deserialize)]
struct PassedV1 {
    seq: u32,
    index: u32,
    serial: u32,
    attempt: u32,
    step: u16,
    frames: Vec<FrameV1>,
    fact: [u8; 16],
    before: Option<[u8; 16]>,
}

impl State {
    /// Version byte and postcard.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer { day_0: self.day_0.0, names: Vec::new() };
        let strands = self.strands.iter().map(|s| writer.strand(s)).collect();
        let answers = self.answers.iter().map(|a| writer.answered(a)).collect();
        let reaches = self.reaches.iter().map(|r| writer.pending(r)).collect();
        let passed = self.passed.iter().map(|p| writer.passed(p)).collect();
        let first = StateV1 {
            day_0: self.day_0.0,
            episode: self.episode.clone(),
            begun: self.begun,
            seq: self.seq,
            ended: self.ended.clone(),
            leave_at: self.leave_at.map(|at| writer.at(at)),
            names: writer.names,
            strands,
            answers,
            reaches,
            passed,
        };
        let told = (0..).zip(&self.strands).filter(|(_, s)| s.since != s.wait.since());
        let since = told.filter_map(|(n, s)| Some((n, s.since?.0.wrapping_sub(self.day_0.0)))).collect();
        let of = |t: &Trail| {
            let place = self.passed.iter().position(|p| p.fact == t.cause).and_then(|n| u32::try_from(n).ok())?;
            Some(TrailV2(t.step, t.way, t.stayed_ms, t.day, place))
        };
        let second = StateV2 { first, since, trail: self.trail.iter().filter_map(of).collect() };
        let goals = self.goals.iter().map(|g| (g.goal, g.at.0.wrapping_sub(self.day_0.0), how(g.how))).collect();
        let state = StateV3 { second, goals };
        // Postcard fails only on sequences of unknown length, of which there is none here; were it to
        // fail, the bytes would be refused when read, never taken for another state.
        postcard::to_extend(&state, vec![VERSION]).unwrap_or_default()
    }

    /// Reads any version that was ever written.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        match bytes {
            [FIRST, rest @ ..] => {
                let state: StateV1 = postcard::from_bytes(rest).map_err(|e| Error::State(e.to_string()))?;
                state.read().ok_or_else(unlisted)
            }
            [VERSION, rest @ ..] => {
                let state: StateV3 = postcard::from_bytes(rest).map_err(|e| Error::State(e.to_string()))?;
                state.read().ok_or_else(unlisted)
            }
            [SECOND, rest @ ..] => {
                let state: StateV2 = postcard::from_bytes(rest).map_err(|e| Error::State(e.to_string()))?;
                state.read().ok_or_else(unlisted)
            }
            [other, ..] => {
                Err(Error::State(format!("version {other} is not known; this program reads up to {VERSION}")))
            }
            [] => Err(Error::State("empty".into())),
        }
    }
}

fn unlisted() -> Error {
    Error::State("an item is named that is not listed".into())
}

impl StateV3 {
    fn read(self) -> Option<State> {
        let mut state = self.second.read()?;
        let day_0 = state.day_0;
        let goal = |(goal, ms, written): (u16, i64, u8)| {
            Some(Met { goal, at: At(ms.wrapping_add(day_0.0)), how: how_read(written)? })
        };
        state.goals = self.goals.into_iter().map(goal).collect::<Option<_>>()?;
        Some(state)
    }
}

impl StateV2 {
    fn read(self) -> Option<State> {
        let mut state = self.first.read()?;
        for (place, ms) in self.since {
            state.strands.get_mut(usize::from(place))?.since = Some(At(ms.wrapping_add(state.day_0.0)));
        }
        for TrailV2(step, way, stayed_ms, day, place) in self.trail {
            let cause = state.passed.get(usize::try_from(place).ok()?)?.fact;
            state.trail.push(Trail { cause, step, way, stayed_ms, day });
        }
        Some(state)
    }
}

struct Writer {
    day_0: i64,
    names: Vec<String>,
}

impl Writer {
    fn at(&self, at: At) -> i64 {
        at.0.wrapping_sub(self.day_0)
    }

    fn name(&mut self, name: &str) -> u32 {
        let known = self.names.iter().position(|n| n == name);
        let index = known.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        u32::try_from(index).unwrap_or(u32::MAX)
    }

    fn frames(&mut self, frames: &[Frame]) -> Vec<FrameV1> {
        let frame = |f: &Frame| match &f.item {
            Item::Id(id) => FrameV1::Item(f.step, self.name(id)),
            Item::Date(date) => FrameV1::Date(f.step, *date),
            Item::Strand(place) => FrameV1::Strand(f.step, *place),
        };
        frames.iter().map(frame).collect()
    }

    fn strand(&mut self, s: &Strand) -> StrandV1 {
        StrandV1 {
            step: s.step,
            frames: self.frames(&s.frames),
            cause: s.cause.map(|f| f.0.bytes()),
            wait: match &s.wait {
                Wait::Ready => WaitV1::Ready,
                Wait::Time { since, planned } => WaitV1::Time(self.at(*since), planned.map(|at| self.at(at))),
                Wait::Fact { since, deadline } => WaitV1::Fact(self.at(*since), deadline.map(|at| self.at(at))),
                Wait::Prompt { key, serial, attempt } => WaitV1::Prompt(key.seq, key.index, *serial, *attempt),
                Wait::Repeat { served, open, planned } => WaitV1::Repeat(*served, *open, self.at(*planned)),
                Wait::Each { started } => WaitV1::Each(started.iter().map(|id| self.name(id)).collect()),
                Wait::Remind { served, next } => WaitV1::Remind(*served, next.map(|(m, at)| (m, self.at(at)))),
                Wait::Join { begun } => WaitV1::Join(*begun),
                Wait::Reached { key, until } => WaitV1::Reached(key.seq, key.index, self.at(*until)),
                Wait::Asked { key, since, deadline, again, answers } => {
                    let deadline = deadline.map(|at| self.at(at));
                    WaitV1::Asked(key.seq, key.index, self.at(*since), deadline, *again, answers.clone())
                }
                Wait::Called { key, since, until } => {
                    WaitV1::Called(key.seq, key.index, self.at(*since), self.at(*until))
                }
            },
        }
    }

    fn answered(&mut self, a: &Answered) -> AnsweredV1 {
        let frames = self.frames(&a.frames);
        AnsweredV1 { step: a.step, frames, outcome: a.outcome.clone(), values: a.values.clone() }
    }

    fn pending(&mut self, p: &Pending) -> PendingV1 {
        let frames = self.frames(&p.frames);
        PendingV1 { seq: p.key.seq, index: p.key.index, until: self.at(p.until), frames }
    }

    fn passed(&mut self, p: &Passed) -> PassedV1 {
        PassedV1 {
            seq: p.key.seq,
            index: p.key.index,
            serial: p.serial,
            attempt: p.attempt,
            step: p.step,
            frames: self.frames(&p.frames),
            fact: p.fact.0.bytes(),
            before: p.before.map(|f| f.0.bytes()),
        }
    }
}

impl StateV1 {
    fn read(self) -> Option<State> {
        let (day_0, names) = (self.day_0, self.names);
        let at = |ms: i64| At(ms.wrapping_add(day_0));
        let name = |ix: u32| names.get(usize::try_from(ix).ok()?).cloned();
        let frame = |f: FrameV1| {
            Some(match f {
                FrameV1::Item(step, ix) => Frame { step, item: Item::Id(name(ix)?) },
                FrameV1::Date(step, date) => Frame { step, item: Item::Date(date) },
                FrameV1::Strand(step, place) => Frame { step, item: Item::Strand(place) },
            })
        };
        let frames = |list: Vec<FrameV1>| list.into_iter().map(frame).collect::<Option<Vec<_>>>();
        let fact = |bytes: [u8; 16]| FactId(Id(u128::from_be_bytes(bytes)));
        let wait = |w: WaitV1| {
            Some(match w {
                WaitV1::Ready => Wait::Ready,
                WaitV1::Time(since, planned) => Wait::Time { since: at(since), planned: planned.map(at) },
                WaitV1::Fact(since, deadline) => Wait::Fact { since: at(since), deadline: deadline.map(at) },
                WaitV1::Prompt(seq, index, serial, attempt) => {
                    Wait::Prompt { key: Key { seq, index }, serial, attempt }
                }
                WaitV1::Repeat(served, open, planned) => Wait::Repeat { served, open, planned: at(planned) },
                WaitV1::Each(started) => Wait::Each { started: started.into_iter().map(name).collect::<Option<_>>()? },
                WaitV1::Remind(served, next) => Wait::Remind { served, next: next.map(|(m, ms)| (m, at(ms))) },
                WaitV1::Join(begun) => Wait::Join { begun },
                WaitV1::Reached(seq, index, until) => Wait::Reached { key: Key { seq, index }, until: at(until) },
                WaitV1::Asked(seq, index, since, deadline, again, answers) => {
                    let deadline = deadline.map(at);
                    Wait::Asked { key: Key { seq, index }, since: at(since), deadline, again, answers }
                }
                WaitV1::Called(seq, index, since, until) => {
                    Wait::Called { key: Key { seq, index }, since: at(since), until: at(until) }
                }
            })
        };
        let strand = |s: StrandV1| {
            let wait = wait(s.wait)?;
            let since = wait.since();
            Some(Strand { step: s.step, frames: frames(s.frames)?, cause: s.cause.map(fact), wait, since })
        };
        let answered = |a: AnsweredV1| {
            Some(Answered { step: a.step, frames: frames(a.frames)?, outcome: a.outcome, values: a.values })
        };
        let pending = |p: PendingV1| {
            let key = Key { seq: p.seq, index: p.index };
            Some(Pending { key, until: at(p.until), frames: frames(p.frames)? })
        };
        let passed = |p: PassedV1| {
            Some(Passed {
                key: Key { seq: p.seq, index: p.index },
                serial: p.serial,
                attempt: p.attempt,
                step: p.step,
                frames: frames(p.frames)?,
                fact: fact(p.fact),
                before: p.before.map(fact),
            })
        };
        Some(State {
            day_0: At(day_0),
            episode: self.episode,
            begun: self.begun,
            seq: self.seq,
            ended: self.ended,
            leave_at: self.leave_at.map(at),
            strands: self.strands.into_iter().map(strand).collect::<Option<_>>()?,
            answers: self.answers.into_iter().map(answered).collect::<Option<_>>()?,
            reaches: self.reaches.into_iter().map(pending).collect::<Option<_>>()?,
            passed: self.passed.into_iter().map(passed).collect::<Option<_>>()?,
            trail: Vec::new(),
            goals: Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLDEN_V1: &str = include_str!("../tests/golden/state-v1.hex");
    const GOLDEN_V2: &str = include_str!("../tests/golden/state-v2.hex");
    const GOLDEN_V3: &str = include_str!("../tests/golden/state-v3.hex");
    const GOLDEN_V3_CALLED: &str = include_str!("../tests/golden/state-v3-called.hex");

    fn hex(bytes: &[u8]) -> String {
        let lines: Vec<String> =
            bytes.chunks(32).map(|line| line.iter().map(|b| format!("{b:02x}")).collect::<String>()).collect();
        lines.join("\n") + "\n"
    }

    fn unhex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|d| d as u8).collect();
        digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }

    /// Every kind of wait, frame, value and list.
    fn everything() -> State {
        let at = |n: i64| At(1_795_000_000_000 + n);
        let fact = |name: &str| FactId::of(&[name.as_bytes()]);
        let day = Frame { step: 7, item: Item::Date(20_782) };
        let item = Frame { step: 3, item: Item::Id("MedicationRequest/1".into()) };
        let inner = Frame { step: 11, item: Item::Strand(2) };
        let strand = |step, frames: &[&Frame], cause, wait| Strand {
            step,
            frames: frames.iter().map(|f| (*f).clone()).collect(),
            cause,
            wait,
            since: Some(at(i64::from(step) * 1_000)),
        };
        let key = Key { seq: 300, index: 2 };
        State {
            day_0: at(0),
            episode: "Encounter/1".into(),
            begun: true,
            seq: 301,
            ended: Some("finished".into()),
            leave_at: Some(at(1_209_600_000)),
            strands: vec![
                strand(1, &[], None, Wait::Ready),
                strand(2, &[], Some(fact("a")), Wait::Time { since: at(5), planned: None }),
                strand(2, &[&item], None, Wait::Time { since: at(-5), planned: Some(at(86_400_000)) }),
                strand(4, &[&item], None, Wait::Fact { since: at(6), deadline: Some(at(7)) }),
                strand(5, &[&item, &day], None, Wait::Prompt { key, serial: 3, attempt: 2 }),
                strand(7, &[], None, Wait::Repeat { served: 20_782, open: true, planned: at(9) }),
                strand(
                    3,
                    &[],
                    None,
                    Wait::Each { started: vec!["MedicationRequest/1".into(), "Appointment/9".into()] },
                ),
                strand(9, &[&day], None, Wait::Remind { served: -1, next: Some((600, at(10))) }),
                strand(9, &[&day], None, Wait::Remind { served: 600, next: None }),
                strand(11, &[], None, Wait::Join { begun: 3 }),
                strand(12, &[&inner], Some(fact("b")), Wait::Reached { key, until: at(13) }),
                strand(
                    13,
                    &[],
                    None,
                    Wait::Asked {
                        key,
                        since: at(13_000),
                        deadline: Some(at(14)),
                        again: 1,
                        answers: vec![Value::Unknown],
                    },
                ),
            ],
            answers: vec![Answered {
                step: 5,
                frames: vec![item.clone()],
                outcome: "done".into(),
                values: vec![
                    Value::Unknown,
                    Value::Bool(true),
                    Value::Number(8.5),
                    Value::Text("Wann?".into()),
                    Value::Time(at(11)),
                    Value::Codes(vec!["s|c".into()]),
                    Value::List(vec![Value::Bool(false)]),
                ],
            }],
            reaches: vec![Pending { key, until: at(12), frames: vec![day] }],
            passed: vec![Passed {
                key,
                serial: 1,
                attempt: 1,
                step: 5,
                frames: vec![item],
                fact: fact("a"),
                before: Some(fact("b")),
            }],
            trail: vec![
                Trail { cause: fact("a"), step: 5, way: Way::Next, stayed_ms: Some(90_000), day: 20_780 },
                Trail { cause: fact("a"), step: 6, way: Way::Arm(2), stayed_ms: None, day: 20_781 },
            ],
            goals: vec![Met { goal: 1, at: at(15), how: How::Reached }],
        }
    }

    /// The same as version 2 could say it.
    fn of_version_2() -> State {
        let mut state = everything();
        state.goals.clear();
        state.strands.retain(|s| s.step < 11);
        state
    }

    /// The same as version 1 could say it.
    fn of_version_1() -> State {
        let mut state = of_version_2();
        state.trail.clear();
        for strand in &mut state.strands {
            strand.since = strand.wait.since();
        }
        state
    }

    #[test]
    fn each_version_is_read_for_ever() {
        assert_eq!(State::decode(&unhex(GOLDEN_V1)).expect("golden bytes"), of_version_1());
        assert_eq!(State::decode(&unhex(GOLDEN_V2)).expect("golden bytes"), of_version_2());
        assert_eq!(State::decode(&unhex(GOLDEN_V3)).expect("golden bytes"), everything());
    }

    #[test]
    fn version_3_is_written_as_it_was() {
        if std::env::var_os("UPDATE_CASES").is_some() {
            let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/state-v3.hex");
            std::fs::write(file, hex(&everything().encode())).expect("it is written");
        }
        assert_eq!(hex(&everything().encode()), GOLDEN_V3, "a change of shape is a new version");
    }

    /// The wait that came to version 3 last.
    fn called() -> State {
        let mut state = everything();
        let (key, since) = (Key { seq: 301, index: 0 }, At(state.day_0.0 + 20_000));
        let wait = Wait::Called { key, since, until: since.plus_ms(600_000) };
        state.strands.push(Strand { step: 14, frames: Vec::new(), cause: None, wait, since: Some(since) });
        state
    }

    #[test]
    fn a_call_that_waits_is_written_as_it_was() {
        if std::env::var_os("UPDATE_CASES").is_some() {
            let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/state-v3-called.hex");
            std::fs::write(file, hex(&called().encode())).expect("it is written");
        }
        assert_eq!(hex(&called().encode()), GOLDEN_V3_CALLED, "a change of shape is a new version");
        assert_eq!(State::decode(&unhex(GOLDEN_V3_CALLED)).expect("golden bytes"), called());
    }

    #[test]
    fn bytes_cut_off_anywhere_are_refused() {
        let bytes = everything().encode();
        for end in 0..bytes.len() {
            assert!(State::decode(&bytes[..end]).is_err(), "cut off at {end}");
        }
    }
}
