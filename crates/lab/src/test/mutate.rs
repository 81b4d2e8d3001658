//! Mutants of a compiled pathway: one small change each, as a mistake in writing it would make.
//!
//! A change that can make no difference is not made: a branch whose arms lead to the same place has nothing to swap,
//! one way to reach somebody nothing to leave out, a death ends everything without being asked to.

use super::conditions::{show, variants};
use model::prompt::Lapse;
use model::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use model::{Channel, Value};
use pathway::Pathway;
use pathway::ast::{Goto, Late, Leave, Place, PromptStep, Step, Verb, When};
use pathway::expr::Expr;

/// Minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;

/// A ladder: channel, and how long it is given.
type Rungs = Vec<(Channel, i64)>;

/// A change of a pathway.
pub struct Mutant {
    /// The step that it changes; `None`: the pathway as a whole.
    pub step: Option<usize>,
    /// Where that stands in the file.
    pub place: Place,
    /// What was done, in words: `dropping medicine/medicine_waiting`.
    pub says: String,
    change: Box<dyn Fn(&mut Pathway) + Send + Sync>,
}

impl Mutant {
    /// The pathway, changed.
    pub fn of(&self, pathway: &Pathway) -> Pathway {
        let mut mutant = pathway.clone();
        (self.change)(&mut mutant);
        mutant
    }
}

/// All mutants of a pathway, in the order of its steps.
pub fn all(pathway: &Pathway) -> Vec<Mutant> {
    let mut list = List { out: Vec::new(), step: None, place: Place { line: 1, column: 1, length: 1 } };
    whole(pathway, &mut list);
    let teams = teams(pathway);
    for (ix, step) in pathway.steps.iter().enumerate() {
        (list.step, list.place) = (Some(ix), step.place);
        one(step, &teams, &mut list);
    }
    list.out
}

struct List {
    out: Vec<Mutant>,
    step: Option<usize>,
    place: Place,
}

impl List {
    fn add(&mut self, says: String, change: impl Fn(&mut Pathway) + Send + Sync + 'static) {
        self.out.push(Mutant { step: self.step, place: self.place, says, change: Box::new(change) });
    }

    /// A change of the step at hand.
    fn step(&mut self, says: String, change: impl Fn(&mut Step) + Send + Sync + 'static) {
        let Some(ix) = self.step else { return };
        self.add(says, move |p| p.steps.get_mut(ix).into_iter().for_each(&change));
    }

    /// A change of what the step at hand does.
    fn verb(&mut self, says: String, change: impl Fn(&mut Verb) + Send + Sync + 'static) {
        self.step(says, move |step| change(&mut step.verb));
    }

    fn prompt(&mut self, says: String, change: impl Fn(&mut PromptStep) + Send + Sync + 'static) {
        self.verb(says, move |verb| {
            if let Verb::Prompt(prompt) = verb {
                change(prompt);
            }
        });
    }
}

/// Teams that a pathway names, in the order in which it does.
fn teams(pathway: &Pathway) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for step in &pathway.steps {
        if let Verb::Prompt(p) = &step.verb {
            out.extend(std::iter::once(&p.to).chain(p.overdue.iter().map(|e| &e.to)).cloned());
        }
    }
    out.push(pathway.fallback_team.clone());
    let mut seen = Vec::new();
    out.retain(|team| {
        !seen.contains(team) && {
            seen.push(team.clone());
            true
        }
    });
    out
}

fn whole(pathway: &Pathway, list: &mut List) {
    let place = |key: &str| pathway.places.get(key).copied().unwrap_or(Place { line: 1, column: 1, length: 1 });
    list.place = place("enrol");
    if let Some(when) = &pathway.enrol.when {
        list.add("dropping `when` of `enrol`".into(), |p| p.enrol.when = None);
        for (expr, says) in variants(when) {
            list.add(format!("{says} in `when` of `enrol`"), move |p| p.enrol.when = Some(expr.clone()));
        }
    }
    list.place = place("leave");
    for (n, leave) in pathway.leave.iter().enumerate() {
        match leave {
            // A death ends every journey, whatever its pathway says.
            Leave::On(pattern) if pattern.kind == "person.died" => {}
            Leave::On(pattern) => list.add(format!("not leaving on `{}`", pattern.kind), move |p| {
                p.leave.remove(n);
            }),
            Leave::AfterDays(days) => {
                let days = *days;
                list.add(format!("leaving a day later than after {days} days"), move |p| {
                    p.leave[n] = Leave::AfterDays(days + 1);
                });
            }
        }
    }
}

fn one(step: &Step, teams: &[String], list: &mut List) {
    let name = &step.name;
    // A note is for the timeline only, and a branch is changed arm by arm.
    if !matches!(step.verb, Verb::Note { .. } | Verb::Branch { .. }) {
        list.step(format!("dropping `{name}`"), |step| step.skip_when = Some(Expr::Literal(Value::Bool(true))));
    }
    if let Some(when) = &step.skip_when {
        list.step(format!("dropping `skip_when` of `{name}`"), |step| step.skip_when = None);
        for (expr, says) in variants(when) {
            list.step(format!("{says} in `skip_when` of `{name}`"), move |step| step.skip_when = Some(expr.clone()));
        }
    }
    match &step.verb {
        Verb::Wait { until, late } => wait(name, until, *late, list),
        Verb::WaitFor { deadline, found, missed, .. } => {
            shift(name, "deadline", deadline, list, |verb, when| {
                if let Verb::WaitFor { deadline, .. } = verb {
                    *deadline = when;
                }
            });
            if found != missed {
                list.verb(format!("swapping `found` and `missed` of `{name}`"), |verb| {
                    if let Verb::WaitFor { found, missed, .. } = verb {
                        std::mem::swap(found, missed);
                    }
                });
            }
        }
        Verb::Reach { by, until, urgent, .. } => {
            ladder(name, by, list);
            if until.is_some() {
                list.verb(format!("dropping `until` of `{name}`"), |verb| {
                    if let Verb::Reach { until, .. } = verb {
                        *until = None;
                    }
                });
            }
            let was = *urgent;
            list.verb(format!("making `{name}` {}", if was { "not urgent" } else { "urgent" }), move |verb| {
                if let Verb::Reach { urgent, .. } = verb {
                    *urgent = !was;
                }
            });
        }
        Verb::Prompt(prompt) => self::prompt(name, prompt, teams, list),
        Verb::Branch { arms, unknown, otherwise } => branch(name, arms, *unknown, *otherwise, list),
        Verb::Repeat { at, from_day, to_day, .. } => repeat(name, (*at, *from_day, *to_day), list),
        Verb::Each { again_on: Some(kind), .. } => {
            list.verb(format!("dropping `again_on: {kind}` of `{name}`"), |verb| {
                if let Verb::Each { again_on, .. } = verb {
                    *again_on = None;
                }
            });
        }
        Verb::Ask { by, answered, missed, stop_when, .. } => {
            ladder(name, by, list);
            if answered != missed {
                list.verb(format!("swapping `answered` and `missed` of `{name}`"), |verb| {
                    if let Verb::Ask { answered, missed, .. } = verb {
                        std::mem::swap(answered, missed);
                    }
                });
            }
            if let Some(when) = stop_when {
                stop(name, when, list);
            }
        }
        Verb::Remind { by, .. } => ladder(name, by, list),
        Verb::Call { answered, failed, .. } => {
            if answered != failed {
                list.verb(format!("swapping `answered` and `failed` of `{name}`"), |verb| {
                    if let Verb::Call { answered, failed, .. } = verb {
                        std::mem::swap(answered, failed);
                    }
                });
            }
            list.verb(format!("trying `{name}` for an hour longer"), |verb| {
                if let Verb::Call { within_ms, .. } = verb {
                    *within_ms += HOUR_MS;
                }
            });
        }
        _ => {}
    }
}

fn stop(name: &str, when: &Expr, list: &mut List) {
    let dropped = (None, format!("dropping `stop_when` of `{name}`"));
    let varied = variants(when).into_iter().map(|(e, says)| (Some(e), format!("{says} in `stop_when` of `{name}`")));
    for (expr, says) in std::iter::once(dropped).chain(varied) {
        list.verb(says, move |verb| {
            if let Verb::Ask { stop_when, .. } = verb {
                stop_when.clone_from(&expr);
            }
        });
    }
}

fn wait(name: &str, until: &When, late: Late, list: &mut List) {
    shift(name, "wait", until, list, |verb, when| {
        if let Verb::Wait { until, .. } = verb {
            *until = when;
        }
    });
    let becomes = match late {
        Late::Skip | Late::Prompt => Some((Late::Now, "late: now")),
        // Only a time of a day that is fixed can be past already.
        Late::Now if matches!(until, When::Day { .. } | When::Around { .. }) => Some((Late::Skip, "late: skip")),
        Late::Now => None,
    };
    if let Some((late, words)) = becomes {
        list.verb(format!("writing `{words}` at `{name}`"), move |verb| {
            if let Verb::Wait { late: was, .. } = verb {
                *was = late;
            }
        });
    }
}

fn shift(
    name: &str,
    what: &str,
    when: &When,
    list: &mut List,
    put: impl Fn(&mut Verb, When) + Send + Sync + Copy + 'static,
) {
    let later = |at: u16| if at + 60 < DAY_MINUTES { at + 60 } else { at - 60 };
    let (hour, day) = match when.clone() {
        When::Day { day, at } => (Some(When::Day { day, at: later(at) }), Some(When::Day { day: day + 1, at })),
        When::NextDay { days, at } => {
            (Some(When::NextDay { days, at: later(at) }), Some(When::NextDay { days: days + 1, at }))
        }
        When::Span(ms) => (Some(When::Span(ms + HOUR_MS)), Some(When::Span(ms + DAY_MS))),
        When::Around { days, field, at } => (
            at.map(|at| When::Around { days, field: field.clone(), at: Some(later(at)) }),
            Some(When::Around { days: days + 1, field: field.clone(), at }),
        ),
        When::Offset { ms, field } => (
            Some(When::Offset { ms: ms + HOUR_MS, field: field.clone() }),
            Some(When::Offset { ms: ms + DAY_MS, field }),
        ),
        When::Clock(at) => (Some(When::Clock(later(at))), None),
        When::Weekday { weekday, at } => {
            (Some(When::Weekday { weekday, at: later(at) }), Some(When::Weekday { weekday: (weekday + 1) % 7, at }))
        }
        When::WorkingDay { days, at } => {
            (Some(When::WorkingDay { days, at: later(at) }), Some(When::WorkingDay { days: days + 1, at }))
        }
        // A field of time is what it is, and a random time has no hour that anybody could expect.
        When::Field(_) | When::Within(_) | When::Between { .. } => (None, None),
    };
    for (when, by) in [(hour, "an hour"), (day, "a day")] {
        if let Some(when) = when {
            list.verb(format!("shifting the {what} of `{name}` by {by}"), move |verb| put(verb, when.clone()));
        }
    }
}

fn ladder(name: &str, by: &[(Channel, i64)], list: &mut List) {
    let put = |change: &dyn Fn(&mut Rungs), verb: &mut Verb| {
        if let Verb::Reach { by, .. } | Verb::Ask { by, .. } | Verb::Remind { by, .. } = verb {
            change(by);
        }
    };
    if by.len() < 2 {
        return;
    }
    for (n, (channel, _)) in by.iter().enumerate() {
        let channel = channel.name();
        list.verb(format!("dropping the rung `{channel}` of `{name}`"), move |verb| {
            put(
                &|by| {
                    by.remove(n);
                },
                verb,
            );
        });
        if let Some((next, _)) = by.get(n + 1) {
            let says = format!("swapping `{channel}` and `{}` of `{name}`", next.name());
            list.verb(says, move |verb| {
                put(
                    &|by| {
                        let (a, b) = (by[n].0, by[n + 1].0);
                        (by[n].0, by[n + 1].0) = (b, a);
                    },
                    verb,
                );
            });
        }
    }
    list.verb(format!("cutting `valid` of `{name}` to a minute"), |verb| match verb {
        Verb::Reach { valid_ms, .. } | Verb::Remind { valid_ms, .. } => *valid_ms = MINUTE_MS,
        _ => {}
    });
}

fn prompt(name: &str, prompt: &PromptStep, teams: &[String], list: &mut List) {
    if let Some(other) = teams.iter().find(|team| **team != prompt.to).cloned() {
        list.prompt(format!("asking `{other}` at `{name}`"), move |prompt| prompt.to.clone_from(&other));
    }
    for (n, escalation) in prompt.overdue.iter().enumerate() {
        list.prompt(format!("not escalating to `{}` (number {}) at `{name}`", escalation.to, n + 1), move |prompt| {
            prompt.overdue.remove(n);
        });
    }
    list.prompt(format!("making `{name}` due a day later"), |prompt| {
        prompt.due = Lapse { ms: prompt.due.ms + DAY_MS, team_hours: prompt.due.team_hours };
    });
    if prompt.attempts_max > 1 {
        list.prompt(format!("one attempt only at `{name}`"), |prompt| prompt.attempts_max = 1);
    }
    if prompt.until.is_some() {
        list.prompt(format!("dropping `until` of `{name}`"), |prompt| prompt.until = None);
    }
    let was = prompt.urgent;
    list.prompt(format!("making `{name}` {}", if was { "not urgent" } else { "urgent" }), move |prompt| {
        prompt.urgent = !was;
    });
}

fn branch(name: &str, arms: &[(Expr, Goto)], unknown: Goto, otherwise: Goto, list: &mut List) {
    fn change(list: &mut List, says: String, change: impl Fn(&mut Vec<(Expr, Goto)>) + Send + Sync + 'static) {
        list.verb(says, move |verb| {
            if let Verb::Branch { arms, .. } = verb {
                change(arms);
            }
        });
    }
    for (n, (condition, to)) in arms.iter().enumerate() {
        let arm = n + 1;
        let flipped = Expr::Not(Box::new(condition.clone()));
        change(list, format!("flipping arm {arm} of `{name}` (`{}`)", short(&show(condition))), move |arms| {
            arms[n].0 = flipped.clone();
        });
        for (expr, says) in variants(condition) {
            change(list, format!("{says} in arm {arm} of `{name}`"), move |arms| arms[n].0 = expr.clone());
        }
        match arms.get(n + 1) {
            Some((_, next)) if next != to => {
                change(list, format!("swapping where arms {arm} and {} of `{name}` lead", arm + 1), move |arms| {
                    let (a, b) = (arms[n].1, arms[n + 1].1);
                    (arms[n].1, arms[n + 1].1) = (b, a);
                });
            }
            None if otherwise != *to => {
                let to = *to;
                list.verb(format!("swapping where arm {arm} and `else` of `{name}` lead"), move |verb| {
                    if let Verb::Branch { arms, otherwise: o, .. } = verb {
                        (arms[n].1, *o) = (otherwise, to);
                    }
                });
            }
            _ => {}
        }
    }
    if unknown != otherwise {
        list.verb(format!("leading `unknown` of `{name}` where `else` leads"), move |verb| {
            if let Verb::Branch { unknown: u, .. } = verb {
                *u = otherwise;
            }
        });
    }
}

fn repeat(name: &str, (at, from, to): (u16, u16, u16), list: &mut List) {
    fn change(list: &mut List, says: String, change: impl Fn(&mut u16, &mut u16, &mut u16) + Send + Sync + 'static) {
        list.verb(says, move |verb| {
            if let Verb::Repeat { at, from_day, to_day, .. } = verb {
                change(at, from_day, to_day);
            }
        });
    }
    if at + 60 < DAY_MINUTES {
        change(list, format!("shifting `{name}` by an hour"), |at, _, _| *at += 60);
    }
    if from < to {
        change(list, format!("beginning `{name}` a day later"), |_, from, _| *from += 1);
        change(list, format!("ending `{name}` a day earlier"), |_, _, to| *to -= 1);
    }
}

/// The beginning of a long condition.
fn short(text: &str) -> String {
    const LETTERS_MAX: usize = 60;
    match text.char_indices().nth(LETTERS_MAX) {
        Some((at, _)) => format!("{} …", text[..at].trim_end()),
        None => text.to_owned(),
    }
}
