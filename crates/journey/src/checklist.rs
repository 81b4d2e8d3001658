//! The tasks of a day: a checklist's items that are on that day, as the record's marks left them.

use crate::Task;
use crate::plan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::{At, Value};
use pathway::Scope;
use pathway::ast::{Checklist, ChecklistItem};

/// The most tasks of one checklist on one day.
pub const TASKS_MAX: usize = 64;

/// What was said about a task, oldest first in a list of them.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Mark {
    /// `change_dressing@2026-11-24#0`; for an added one the name given to it, for a struck one the
    /// item's name.
    pub task: String,
    /// `done`, `undone`, `added`, `struck`.
    pub mark: String,
    /// Words of an added one.
    pub text: String,
    /// First local date of an added one; empty for no beginning.
    pub from: String,
    /// Last local date of an added one; empty for no end.
    pub to: String,
}

/// The day that tasks are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Day<'a> {
    /// The local date.
    pub date: Date,
    /// Day 0 of the journey.
    pub day_0: At,
    /// The person's zone.
    pub zone: &'a TimeZone,
    /// Language of the words; an item without words in it gives those that it names first.
    pub language: &'a str,
}

/// The tasks of `list` on `day`: items whose range of days has it and whose condition is true (one
/// that is unknown is left out), a task for each of an item's times; then what was added; less what
/// was struck. In the order of the list, at most [`TASKS_MAX`].
///
/// What was added belongs to the day, not to a list: a pathway with several lists shows it in each.
pub fn tasks(list: &Checklist, day: &Day<'_>, scope: &dyn Scope, marks: &[Mark]) -> Vec<Task> {
    timed(list, day, scope, marks).into_iter().map(|(task, _)| task).collect()
}

/// The same, with each task's minute of the local day.
pub fn timed(list: &Checklist, day: &Day<'_>, scope: &dyn Scope, marks: &[Mark]) -> Vec<(Task, Option<u16>)> {
    let number = plan::number(day.date) - plan::number(day.day_0.date_in(day.zone));
    let on = |item: &&ChecklistItem| {
        (i32::from(item.days.0)..=i32::from(item.days.1)).contains(&number)
            && item.when.as_ref().is_none_or(|when| when.eval(scope) == Value::Bool(true))
    };
    let mut out = Vec::new();
    for item in list.items.iter().filter(on) {
        let words = item.texts.iter().find(|(language, _)| language == day.language).or(item.texts.first());
        let text = words.map_or(item.name.as_str(), |(_, text)| text);
        let hint = item.hints.iter().find(|(language, _)| language == day.language).or(item.hints.first());
        let said = (text, hint.map_or("", |(_, hint)| hint));
        if item.times.is_empty() {
            put(&mut out, &item.name, 0, said, None, day, marks);
        }
        for (index, minute) in item.times.iter().enumerate() {
            put(&mut out, &item.name, index, said, Some(*minute), day, marks);
        }
    }
    let date = day.date.to_string();
    let applies = |m: &&Mark| {
        m.mark == "added" && m.from.as_str() <= date.as_str() && (m.to.is_empty() || m.to.as_str() >= date.as_str())
    };
    for mark in marks.iter().filter(applies) {
        put(&mut out, &mark.task, 0, (&mark.text, ""), None, day, marks);
    }
    out
}

fn put(
    out: &mut Vec<(Task, Option<u16>)>,
    name: &str,
    index: usize,
    (text, hint): (&str, &str),
    minute: Option<u16>,
    day: &Day<'_>,
    marks: &[Mark],
) {
    let id = format!("{name}@{}#{index}", day.date);
    let struck = marks.iter().any(|m| m.mark == "struck" && (m.task == name || m.task == id));
    let listed = out.iter().any(|(task, _)| task.id == id);
    if struck || listed || out.len() >= TASKS_MAX {
        return;
    }
    let said = marks.iter().rev().find(|m| m.task == id && (m.mark == "done" || m.mark == "undone"));
    let done = said.is_some_and(|m| m.mark == "done");
    let at = minute.map(|minute| plan::local(day.date, minute, day.zone));
    out.push((Task { id, text: text.to_owned(), hint: hint.to_owned(), at, done }, minute));
}
