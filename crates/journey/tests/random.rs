//! Any pathway, any world, any inputs: no panic, no busy loop, the same again.
//!
//! What holds after every input is checked by the runner: the state survives being written, a timer
//! that is left is in the future, the same moment once more changes nothing, no id comes twice.

#[expect(dead_code, reason = "each test file uses a part of the common world")]
mod common;
use common::*;
use model::value::Kind;
use model::{At, Channel, Purpose, Value};
use pathway::Pathway;
use pathway::ast::{Arm, Goto, Join, Late, Leave, Rhythm, StepIx, Verb, When};
use proptest::prelude::*;
use serde_json::json;
use throughline_journey::{Error, Input, StepMap, Why};

const ZONES: [&str; 5] =
    ["America/New_York", "America/Los_Angeles", "Asia/Tokyo", "Pacific/Kiritimati", "Australia/Lord_Howe"];
const FIELDS: [&str; 8] = [
    "a1.start",
    "a2.start",
    "rx1.ready",
    "rx1.picked_up",
    "rx2.as_needed",
    "encounter.flag",
    "check.pain",
    "p0.bleeding",
];
const ITEMS: [&str; 4] = ["rx1", "rx2", "a1", "a2"];
const KINDS: [&str; 6] =
    ["medication.ready", "medication.picked_up", "appointment.moved", "task.done", "encounter.readmitted", "x.y"];
const OUTCOMES: [&str; 7] =
    ["done", "no_answer", "voicemail", "call_back", "wrong_number", "already_handled", "nonsense"];

/// Choices read from bytes; when they are used up every choice is the first.
struct Dice<'a>(std::slice::Iter<'a, u8>);

impl Dice<'_> {
    fn below(&mut self, n: usize) -> usize {
        usize::from(self.0.next().copied().unwrap_or(0)) % n.max(1)
    }
    fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.below(of.len())]
    }
    fn small(&mut self) -> u16 {
        u16::try_from(self.below(20)).expect("small")
    }
    fn yes(&mut self) -> bool {
        self.below(2) == 1
    }
}

fn any_when(d: &mut Dice<'_>) -> When {
    let at = clock(u16::try_from(d.below(24)).expect("hour"), 30);
    match d.below(11) {
        6 => When::Weekday { weekday: u8::try_from(d.below(7)).expect("small"), at },
        7 => When::WorkingDay { days: d.small() % 4 + 1, at },
        8 => When::Within(i64::from(d.small() + 1) * model::time::MINUTE_MS),
        9 => When::Between { from: at.min(clock(22, 0)), to: at.min(clock(22, 0)) + 1 + d.small() },
        10 => When::Offset { ms: (i64::from(d.small()) - 9) * model::time::HOUR_MS, field: path("visit.start") },
        0 => When::Day { day: i32::from(d.small()) - 3, at },
        1 => When::NextDay { days: d.small() % 3 + 1, at },
        2 => When::Span(i64::from(d.small()) * model::time::HOUR_MS),
        3 => When::Around { days: -1, field: path("visit.start"), at: d.yes().then_some(at) },
        4 => When::Clock(at),
        _ => When::Field(path("a1.start")),
    }
}

fn any_goto(d: &mut Dice<'_>, steps: usize) -> Goto {
    match d.below(3) {
        0 => Goto::Next,
        1 => Goto::End,
        _ => Goto::Step(StepIx::try_from(d.below(steps)).expect("few")),
    }
}

fn any_pattern(d: &mut Dice<'_>) -> pathway::ast::FactPattern {
    let of = [None, Some("rx"), Some("visit")][d.below(3)];
    let already = [None, Some("rx.picked_up"), Some("encounter.flag")][d.below(3)];
    pattern(d.one(&KINDS), of, already)
}

fn any_verb(d: &mut Dice<'_>, steps: usize) -> Verb {
    let body = StepIx::try_from(d.below(steps)).expect("few");
    match d.below(15) {
        10 => {
            let arms = (0..1 + d.below(3)).map(|n| Arm {
                name: format!("arm{n}"),
                weight: u32::from(d.small()),
                to: any_goto(d, steps),
            });
            let arms = arms.collect();
            let hold_out = d.yes().then(|| (d.small() * 20, any_goto(d, steps)));
            Verb::Split { experiment: d.one(&["one", "two"]).into(), metric: None, hold_out, arms }
        }
        11 | 12 => {
            let one = |d: &mut Dice<'_>| StepIx::try_from(d.below(steps)).expect("few");
            let strands = (0..1 + d.below(3)).map(|n| (format!("strand{n}"), one(d))).collect();
            Verb::Parallel { strands, join: [Join::All, Join::Any, Join::Count(2)][d.below(3)] }
        }
        13 => {
            let with =
                [vec![], vec![("visit".to_owned(), "rx".to_owned())], vec![("rx".to_owned(), "visit".to_owned())]];
            Verb::Include { sub: Some(body), with: with[d.below(3)].clone() }
        }
        0 | 1 => wait(any_when(d), [Late::Now, Late::Skip, Late::Prompt][d.below(3)]),
        2 => {
            let (pattern, deadline) = (any_pattern(d), any_when(d));
            wait_for(pattern, deadline, any_goto(d, steps), any_goto(d, steps))
        }
        3 => reach_until("words", d.yes().then(|| any_pattern(d))),
        4 | 5 => {
            let name = ["check", "p0"][d.below(2)];
            prompt(name, d.yes().then_some("check_form"), d.yes().then(|| any_pattern(d)))
        }
        6 => {
            let arms =
                vec![(is(d.one(&FIELDS)), any_goto(d, steps)), (at_least("check.pain", 5.0), any_goto(d, steps))];
            Verb::Branch { arms, unknown: any_goto(d, steps), otherwise: any_goto(d, steps) }
        }
        7 => {
            let (from_day, days) = (d.small() % 4, d.small() % 6);
            let today = d.yes().then(|| ("list".to_owned(), "today".to_owned()));
            let rhythm = match d.below(3) {
                0 => Rhythm::Days(1),
                1 => Rhythm::Days(d.small() % 4),
                _ => Rhythm::Weekdays(u8::try_from(d.below(128)).expect("small")),
            };
            let until = d.yes().then(|| is(d.one(&FIELDS)));
            let at = clock(d.small(), 15);
            Verb::Repeat { rhythm, at, from_day, to_day: from_day + days, today, until, body }
        }
        8 if d.yes() => each("encounter.prescriptions", "rx", Kind::Prescription, None, body),
        8 => each("person.appointments", "visit", Kind::Appointment, Some("appointment.moved"), body),
        9 => Verb::Remind {
            today: "today".into(),
            words: "task".into(),
            purpose: Purpose::Reminder,
            by: vec![(Channel::Sms, 0)],
            valid_ms: model::time::HOUR_MS,
        },
        _ => Verb::Note { text: "{{ person.name }} {{ rx.name }}".into() },
    }
}

fn any_pathway(d: &mut Dice<'_>) -> Pathway {
    let n = 3 + d.below(9);
    let names: Vec<String> = (0..n).map(|i| format!("s{i}")).collect();
    let steps = (0..n).map(|i| {
        // Mostly onward; sometimes anywhere.
        let next = if d.below(5) == 4 { Some(d.below(n)) } else { (i + 1 < n).then_some(i + 1) };
        (names[i].as_str(), any_verb(d, n), next.map(|n| names[n].as_str()))
    });
    let steps: Vec<_> = steps.collect();
    let mut p = pathway(&["s0", "s2"], steps);
    if d.yes() {
        p.leave = vec![Leave::AfterDays(d.small())];
    }
    p.standing = d.below(4) == 3;
    p.steps[0].skip_when = d.yes().then(|| is("encounter.flag"));
    p
}

fn any_value(d: &mut Dice<'_>, now: At) -> Value {
    match d.below(5) {
        0 => Value::Unknown,
        1 => Value::Bool(false),
        2 => Value::Number(6.0),
        3 => Value::Time(now.plus_ms((i64::from(d.small()) - 5) * 9 * model::time::HOUR_MS)),
        _ => Value::Bool(true),
    }
}

fn input(d: &mut Dice<'_>, run: &mut Runner) -> Result<(), Error> {
    match d.below(10) {
        0 | 1 => {
            let hours = i64::from(d.small()) * 7;
            run.now = run.now.plus_ms(hours * model::time::HOUR_MS);
        }
        2 => run.now = run.state.next_due().unwrap_or(run.now),
        3 => {
            let value = any_value(d, run.now);
            run.world.set(d.one(&FIELDS), value);
        }
        4 => {
            let count = d.below(3);
            let list = ["encounter.prescriptions", "person.appointments"][d.below(2)];
            let ids = if list.starts_with('e') { &ITEMS[..count] } else { &ITEMS[2..2 + count] };
            run.world.items.insert(list.into(), ids.iter().map(|i| (*i).to_owned()).collect());
        }
        5 => run.zone = zone(d.one(&ZONES)),
        6 => {
            run.reminders = d.yes();
            run.world.mark(d.one(&["dressing", "walk", "drops"]), d.one(&["struck", "added", "done"]));
        }
        7 => {
            let fact = fact(d.one(&KINDS), json!({ "id": d.one(&ITEMS), "n": d.small() }));
            return run.give(&Input::Fact(&fact));
        }
        8 => {
            let Some((_, prompt)) = run.asked.get(d.below(run.asked.len())).cloned() else { return Ok(()) };
            let body = json!({"prompt": prompt, "outcome": d.one(&OUTCOMES), "answers": {"pain": d.small()}});
            return run.give(&Input::Fact(&fact("prompt.completed", body)));
        }
        _ => {
            let Some((_, prompt)) = run.asked.get(d.below(run.asked.len())).cloned() else { return Ok(()) };
            let body = json!({"prompt": prompt, "outcome": d.one(&OUTCOMES), "n": d.small()});
            let fact = fact("prompt.completed", body);
            return run.give(&Input::Corrected { prompt, fact: &fact });
        }
    }
    run.give(&Input::Tick)
}

/// Everything that was wanted, and the error that it ended with, if any.
fn play(bytes: &[u8], blobs: bool) -> (Vec<String>, Vec<String>, Vec<u8>) {
    let mut d = Dice(bytes.iter());
    let mut run = Runner::new(any_pathway(&mut d), zone(ZONES[0]), "2026-10-30T14:00");
    run.blobs = blobs;
    run.reminders = d.yes();
    run.holidays = vec![jiff::civil::date(2026, 11, 11), jiff::civil::date(2026, 11, 12)];
    run.now = run.now.plus_ms(i64::from(d.small()) * 5 * model::time::HOUR_MS);
    let mut done = run.give(&Input::Enrolled);
    for _ in 0..40 {
        if done.is_err() {
            break;
        }
        done = input(&mut d, &mut run);
    }
    if let Err(error) = done {
        assert!(matches!(error, Error::Runaway { .. } | Error::Crowded { .. } | Error::Deep { .. }), "{error}");
        run.log.push(error.to_string());
    }
    (run.log, run.codes, run.state.encode())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn anything_goes_and_is_the_same_again(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let written = play(&bytes, true);
        prop_assert_eq!(&written, &play(&bytes, false));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let bytes = [vec![1], bytes].concat();
        if let Ok(state) = throughline_journey::State::decode(&bytes) {
            let again = throughline_journey::State::decode(&state.encode()).expect("its own bytes");
            prop_assert_eq!(again.encode(), state.encode());
        }
    }
}

/// The same pathway under another version, with its steps in another order.
fn shuffled(p: &Pathway, d: &mut Dice<'_>) -> Pathway {
    let n = p.steps.len();
    let mut order: Vec<usize> = (0..n).collect();
    for i in (1..n).rev() {
        order.swap(i, d.below(i + 1));
    }
    let ix = |old: StepIx| {
        let place = order.iter().position(|o| *o == usize::from(old)).expect("a step");
        StepIx::try_from(place).expect("few")
    };
    let goto = |g: &mut Goto| {
        if let Goto::Step(to) = g {
            *to = ix(*to);
        }
    };
    let mut out = p.clone();
    out.version = model::Id::of(&[b"another version"]);
    out.tracks.iter_mut().for_each(|(_, first)| *first = first.map(ix));
    out.steps = order.iter().map(|o| p.steps[*o].clone()).collect();
    for step in &mut out.steps {
        step.next = step.next.map(ix);
        match &mut step.verb {
            Verb::WaitFor { found, missed, .. } => [found, missed].into_iter().for_each(goto),
            Verb::Branch { arms, unknown, otherwise } => {
                arms.iter_mut().map(|(_, to)| to).chain([unknown, otherwise]).for_each(goto);
            }
            Verb::Repeat { body, .. } | Verb::Each { body, .. } => *body = ix(*body),
            Verb::Parallel { strands, .. } => strands.iter_mut().for_each(|(_, first)| *first = ix(*first)),
            Verb::Include { sub, .. } => *sub = sub.map(ix),
            Verb::Split { arms, hold_out, .. } => {
                arms.iter_mut().map(|arm| &mut arm.to).chain(hold_out.iter_mut().map(|(_, to)| to)).for_each(goto);
            }
            Verb::Reach { got, not, .. } => [got, not].into_iter().for_each(goto),
            Verb::Ask { answered, missed, .. } => [answered, missed].into_iter().for_each(goto),
            _ => {}
        }
    }
    out
}

/// A run under way, and the choices that are left.
fn under_way<'a>(bytes: &'a [u8]) -> Option<(Runner, Dice<'a>)> {
    let mut d = Dice(bytes.iter());
    let mut run = Runner::new(any_pathway(&mut d), zone(ZONES[0]), "2026-10-30T14:00");
    run.reminders = d.yes();
    run.give(&Input::Enrolled).ok()?;
    for _ in 0..d.below(20) {
        input(&mut d, &mut run).ok()?;
    }
    Some((run, d))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn going_over_to_the_same_version_is_nothing(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let Some((run, _)) = under_way(&bytes) else { return Ok(()) };
        let same = throughline_journey::remap(&run.state, &run.pathway, &run.pathway, &StepMap::new());
        prop_assert_eq!(same.expect("every step is there"), run.state);
    }

    #[test]
    fn a_journey_goes_on_along_the_same_steps_of_another_version_as_if_nothing_was(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let Some((mut run, mut d)) = under_way(&bytes) else { return Ok(()) };
        let Some((mut moved, _)) = under_way(&bytes) else { return Ok(()) };
        let other = shuffled(&run.pathway, &mut d);
        let state = throughline_journey::remap(&run.state, &run.pathway, &other, &StepMap::new());
        moved.state = state.expect("every step is there");
        moved.pathway = other;
        let rest = d.0.as_slice();
        let (mut one, mut two) = (Dice(rest.iter()), Dice(rest.iter()));
        for _ in 0..20 {
            let ends = (input(&mut one, &mut run).is_err(), input(&mut two, &mut moved).is_err());
            prop_assert_eq!(ends.0, ends.1, "it goes on, or not, alike");
            if ends.0 {
                break;
            }
        }
        prop_assert_eq!(run.log, moved.log, "the same is wanted, under the same ids");
    }

    #[test]
    fn what_has_no_place_is_told_and_what_goes_over_goes_on(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let Some((mut run, mut d)) = under_way(&bytes) else { return Ok(()) };
        let mut other = any_pathway(&mut d);
        other.version = model::Id::of(&[b"another version"]);
        let before = run.state.clone();
        match throughline_journey::remap(&run.state, &run.pathway, &other, &StepMap::new()) {
            Err(wrong) => prop_assert!(!wrong.is_empty()),
            Ok(state) => {
                run.state = state;
                run.pathway = other;
                for _ in 0..20 {
                    match input(&mut d, &mut run) {
                        Ok(()) => {}
                        Err(error) => {
                            prop_assert!(matches!(error, Error::Runaway { .. } | Error::Crowded { .. } | Error::Deep { .. }), "{error}");
                            return Ok(());
                        }
                    }
                }
            }
        }
        let stays = |s: &str| (s.to_owned(), None);
        let all: StepMap = (0..12).map(|n| stays(&format!("s{n}"))).collect();
        let told = throughline_journey::remap(&before, &run.pathway, &run.pathway, &all);
        if let Err(told) = told {
            prop_assert!(told.iter().all(|u| u.why == Why::Stays || u.why == Why::Gone));
        }
    }
}
