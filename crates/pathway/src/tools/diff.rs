//! What differs between two versions of a pathway, in words: "the nurse's call moves from day 3 to day 2".
//!
//! Both are compared as they are written, step by step by name, words by name, language and channel, all else by its
//! key; so what the language comes to have is compared without more. Comments and layout are no difference.

use super::steps::{self, Written, said};
use crate::ast::{Pathway, Place};
use crate::finding::Findings;
use crate::yaml::{self, Node, What};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Became {
    /// Only in the newer.
    Added,
    /// Only in the older.
    Removed,
    /// The same under another name.
    Renamed,
    /// Elsewhere among the steps.
    Moved,
    /// Otherwise than before.
    Changed,
}

/// A difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What became of it.
    pub what: Became,
    /// What it is about: `nurse_call/check`, `words.medicine_ready.en.sms`, `owner`.
    pub about: String,
    /// A sentence.
    pub says: String,
    /// Where it stands, in the newer file; of what is gone, in the older one.
    pub place: Place,
}

/// All differences: of the whole first, then the steps in the order of the newer file, then words and all else.
pub fn diff(from: &Pathway, to: &Pathway) -> Vec<Change> {
    // They were read before: what the parser says now, it said then.
    let read = |p: &Pathway| yaml::parse(&p.source, &mut Findings::of(""));
    let (Some(old), Some(new)) = (read(from), read(to)) else { return Vec::new() };
    let mut out = sections(&old, &new, true);
    out.extend(of_steps(&steps::written(from, &old), &steps::written(to, &new), to));
    out.extend(sections(&old, &new, false));
    out
}

/// The differences as lines, one each; empty when there is none.
pub fn in_words(changes: &[Change]) -> String {
    let mut out = String::new();
    for change in changes {
        let _ = writeln!(out, "- {}", change.says);
    }
    out
}

fn of_steps(old: &[Written], new: &[Written], to: &Pathway) -> Vec<Change> {
    let before: BTreeMap<&str, &Written> = old.iter().map(|s| (s.name.as_str(), s)).collect();
    let after: BTreeSet<&str> = new.iter().map(|s| s.name.as_str()).collect();
    let gone: Vec<&Written> = old.iter().filter(|s| !after.contains(s.name.as_str())).collect();
    let come: Vec<&Written> = new.iter().filter(|s| !before.contains_key(s.name.as_str())).collect();
    let renamed = renamed(&gone, &come);
    let moved = moved(&names(old), &names(new));
    let mut out = Vec::new();
    for (n, step) in new.iter().enumerate() {
        let about = || step.name.clone();
        let mut put = |what, says| out.push(Change { what, about: about(), says, place: step.place });
        let behind = n.checked_sub(1).map(|m| &new[m].name).filter(|name| track(name) == track(&step.name));
        let place =
            behind.map_or_else(|| format!("first in `{}`", track(&step.name)), |name| format!("after `{name}`"));
        let Some(was) = before.get(step.name.as_str()) else {
            match renamed.iter().find(|(_, now)| now.name == step.name) {
                Some((was, _)) => put(Became::Renamed, format!("`{}` is now named `{}`", was.name, step.name)),
                None => put(Became::Added, format!("`{}` is new, {place}: {}", step.name, does(step))),
            }
            continue;
        };
        if moved.contains(&step.name.as_str()) {
            put(Became::Moved, format!("`{}` now stands {place}", step.name));
        }
        for says in changed(was, step, to) {
            put(Became::Changed, says);
        }
    }
    for was in gone.iter().filter(|s| !renamed.iter().any(|(was, _)| was.name == s.name)) {
        let says = format!("`{}` is gone: {}", was.name, does(was));
        out.push(Change { what: Became::Removed, about: was.name.clone(), says, place: was.place });
    }
    out
}

fn track(name: &str) -> &str {
    name.split('/').next().unwrap_or_default()
}

/// `prompt check`.
fn does(step: &Written) -> String {
    format!("{} {}", step.verb, step.head).trim().to_owned()
}

/// Steps that say the same under another name: each of the old ones once.
fn renamed<'a>(gone: &[&'a Written], come: &[&'a Written]) -> Vec<(&'a Written, &'a Written)> {
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    let mut out = Vec::new();
    for now in come {
        let body = |s: &Written| {
            // The name of a prompt is its head.
            let head = if s.verb == "prompt" { String::new() } else { s.head.clone() };
            let keys: Vec<_> =
                s.keys.iter().filter(|(k, _)| *k != "name").map(|(k, v)| (k.clone(), v.clone())).collect();
            (s.verb.clone(), head, keys, track(&s.name).to_owned())
        };
        let same = |was: &&&Written| !taken.contains(was.name.as_str()) && body(was) == body(now);
        if let Some(was) = gone.iter().find(same) {
            taken.insert(&was.name);
            out.push((*was, *now));
        }
    }
    out
}

fn names(steps: &[Written]) -> Vec<&str> {
    steps.iter().map(|step| step.name.as_str()).collect()
}

/// Names that stand in another order: all but the longest run that kept its own, in the order of `new`.
pub fn moved<'a>(old: &[&str], new: &[&'a str]) -> Vec<&'a str> {
    let place: BTreeMap<&str, usize> = old.iter().enumerate().map(|(n, name)| (*name, n)).collect();
    let common: Vec<(&str, usize)> = new.iter().filter_map(|name| Some((*name, *place.get(name)?))).collect();
    // The longest increasing run that ends at each; a pathway has a thousand steps at most.
    let mut best: Vec<(usize, Option<usize>)> = Vec::with_capacity(common.len());
    for (n, (_, at)) in common.iter().enumerate() {
        let before = (0..n).filter(|m| common[*m].1 < *at).max_by_key(|m| (best[*m].0, std::cmp::Reverse(*m)));
        best.push((1 + before.map_or(0, |m| best[m].0), before));
    }
    let mut keeps = vec![false; common.len()];
    let mut at = (0..common.len()).max_by_key(|n| (best[*n].0, std::cmp::Reverse(*n)));
    while let Some(n) = at {
        keeps[n] = true;
        at = best[n].1;
    }
    common.iter().zip(keeps).filter(|(_, keeps)| !keeps).map(|((name, _), _)| *name).collect()
}

/// What is otherwise at a step, a sentence each.
fn changed(was: &Written, now: &Written, to: &Pathway) -> Vec<String> {
    let name = &now.name;
    let mut out = Vec::new();
    if was.verb != now.verb {
        return vec![format!("`{name}` does something else: {} instead of {}", does(now), does(was))];
    }
    if was.head != now.head {
        let (a, b) = shorter(&was.head, &now.head);
        out.push(match now.verb.as_str() {
            // What a wait is for comes after it.
            "wait" => format!("{} moves from {a} to {b}", follower(now, to)),
            "repeat" => format!("`{name}` repeats {b} instead of {a}"),
            "wait_for" => format!("`{name}` waits for {b} instead of {a}"),
            _ => format!("`{name}` is {b} instead of {a}"),
        });
    }
    let keys: BTreeSet<&String> = was.keys.keys().chain(now.keys.keys()).collect();
    for key in keys {
        if was.keys.get(key) != now.keys.get(key) {
            out.extend(key_changed(key, was, now));
        }
    }
    out
}

/// The step that a wait holds up, as it is called; the wait itself when it is the last.
fn follower(wait: &Written, to: &Pathway) -> String {
    let step = to.steps.iter().find(|s| s.name == wait.name);
    let next = step.and_then(|s| s.next).and_then(|ix| to.step(ix));
    match next {
        Some(next) => format!("`{}`", next.name),
        None => format!("`{}`", wait.name),
    }
}

/// `day 3 at 09:00` and `day 2 at 09:00` without what they share at the end.
fn shorter<'a>(a: &'a str, b: &'a str) -> (&'a str, &'a str) {
    match (a.split_once(" at "), b.split_once(" at ")) {
        (Some((day_a, at_a)), Some((day_b, at_b))) if at_a == at_b => (day_a, day_b),
        _ => (a, b),
    }
}

fn key_changed(key: &str, was: &Written, now: &Written) -> Vec<String> {
    let (name, a, b) = (&now.name, was.key(key), now.key(key));
    if key == "arms" {
        return arms(name, was, now);
    }
    let says = match (a.is_empty(), b.is_empty()) {
        (true, _) => format!("`{name}` now has `{key}`: {}", quoted(key, &b)),
        (_, true) => format!("`{name}` no longer has `{key}`: {}", quoted(key, &a)),
        _ => {
            let (a, b) = (quoted(key, &a), quoted(key, &b));
            match key {
                "to" => format!("`{name}` goes to {b} instead of {a}"),
                "by" => format!("`{name}` goes out by {b} instead of {a}"),
                "due" => format!("`{name}` is due within {b} instead of {a}"),
                "deadline" => format!("`{name}` waits until {b} instead of {a}"),
                "within" => format!("`{name}` is tried for {b} instead of {a}"),
                "valid" => format!("`{name}` is worth sending for {b} instead of {a}"),
                "overdue" => format!("when `{name}` is overdue: {b} instead of {a}"),
                "do" => format!("`{name}` asks to {b} instead of {a}"),
                "why" => format!("`{name}` says why: {b} instead of {a}"),
                "skip_when" => format!("`{name}` is left out when {b}, and not when {a}"),
                "found" | "missed" | "got" | "not" | "answered" | "failed" | "unknown" | "else" | "then" => {
                    format!("`{name}`, {key}: leads to {b} instead of {a}")
                }
                _ => format!("`{name}`, `{key}`: {b} instead of {a}"),
            }
        }
    };
    vec![says]
}

fn quoted(key: &str, text: &str) -> String {
    if ["do", "why"].contains(&key) { format!("“{text}”") } else { text.to_owned() }
}

/// The arms of a branch or a split, each by itself.
fn arms(name: &str, was: &Written, now: &Written) -> Vec<String> {
    let of = |step: &Written| step.keys.get("arms").cloned().unwrap_or_default();
    let (old, new) = (of(was), of(now));
    let gone = old.iter().filter(|arm| !new.contains(arm)).map(|arm| format!("`{name}` no longer has: {arm}"));
    let come = new.iter().filter(|arm| !old.contains(arm)).map(|arm| format!("`{name}` now has: {arm}"));
    let out: Vec<String> = gone.chain(come).collect();
    if out.is_empty() { vec![format!("the arms of `{name}` stand in another order: {}", new.join("; "))] } else { out }
}

/// A text below the head, with its place.
type Said = (String, Place);

/// What is not steps: the head when `head`, else words, forms and what is like them.
fn sections(old: &Node, new: &Node, head: bool) -> Vec<Change> {
    const BODY: [&str; 9] =
        ["words", "parts", "forms", "checklists", "questions", "services", "goals", "patients", "evidence"];
    let all = |root: &Node| {
        let mut out = BTreeMap::new();
        let What::Map(pairs) = &root.what else { return out };
        for (key, node) in pairs {
            let name = key.text().unwrap_or_default();
            if !["tracks", "sub_pathways"].contains(&name) && BODY.contains(&name) != head {
                flat(name, node, &mut out);
            }
        }
        out
    };
    let (old, new): (BTreeMap<String, Said>, BTreeMap<String, Said>) = (all(old), all(new));
    let mut out = Vec::new();
    for (about, (text, place)) in &new {
        match old.get(about) {
            Some((was, _)) if was == text => {}
            Some((was, _)) => {
                let says = format!("{}: “{text}” instead of “{was}”", called(about));
                out.push(Change { what: Became::Changed, about: about.clone(), says, place: *place });
            }
            None => whole(about, text, *place, &old, Became::Added, &mut out),
        }
    }
    for (about, (text, place)) in old.iter().filter(|(about, _)| !new.contains_key(*about)) {
        whole(about, text, *place, &new, Became::Removed, &mut out);
    }
    out
}

/// What is new or gone, as the greatest whole that is: words of that name rather than each of their texts.
fn whole(about: &str, text: &str, place: Place, others: &BTreeMap<String, Said>, what: Became, out: &mut Vec<Change>) {
    let pieces: Vec<&str> = about.split('.').collect();
    let shared = |path: &str| others.keys().any(|k| k == path || k.starts_with(&format!("{path}.")));
    let end = (1..=pieces.len()).find(|n| !shared(&pieces[..*n].join("."))).unwrap_or(pieces.len());
    let about = pieces[..end].join(".");
    if out.iter().any(|c| c.what == what && c.about == about) {
        return;
    }
    let text = if end == pieces.len() { format!(": “{text}”") } else { String::new() };
    let says = match what {
        Became::Added => format!("{} is new{text}", called(&about)),
        _ => format!("{} is gone{text}", called(&about)),
    };
    out.push(Change { what, about, says, place });
}

/// Every text below a node by its path; items of a list by their own name where they have one.
fn flat(path: &str, node: &Node, out: &mut BTreeMap<String, Said>) {
    match &node.what {
        What::Map(pairs) => {
            for (key, value) in pairs {
                for name in key.text().unwrap_or_default().split(',').map(str::trim) {
                    flat(&format!("{path}.{name}"), value, out);
                }
            }
        }
        What::List(items) if items.iter().any(|item| own_name(item).is_some()) => {
            for item in items {
                let (Some(name), What::Map(pairs)) = (own_name(item), &item.what) else { continue };
                for (key, value) in &pairs[1..] {
                    flat(&format!("{path}.{name}.{}", key.text().unwrap_or_default()), value, out);
                }
            }
        }
        _ => {
            out.insert(path.to_owned(), (said(node).join(", "), node.place));
        }
    }
}

/// The name of an item of a form or a checklist.
fn own_name(node: &Node) -> Option<&str> {
    let What::Map(pairs) = &node.what else { return None };
    let (key, value) = pairs.first()?;
    matches!(key.text(), Some("item" | "ask")).then(|| value.text()).flatten()
}

/// How a path is called in a sentence.
fn called(path: &str) -> String {
    let pieces: Vec<&str> = path.split('.').collect();
    match pieces.as_slice() {
        ["words", name] => format!("the words `{name}`"),
        ["words", name, language] => format!("`{name}` in {}", tongue(language)),
        ["words", name, language, channel] => format!("`{name}` in {}, {}", tongue(language), medium(channel)),
        ["words", name, language, channel, part] => {
            let part = if *part == "subject" { "the subject of " } else { "" };
            format!("{part}`{name}` in {}, {}", tongue(language), medium(channel))
        }
        ["checklists", list, "items", item, rest @ ..] => format!("the item `{item}` of `{list}`{}", tail(rest)),
        ["forms", form, "questions", ask, rest @ ..] => format!("the question `{ask}` of `{form}`{}", tail(rest)),
        ["patients", rest @ ..] => format!("what patients read{}", tail(rest)),
        [one] => format!("`{one}`"),
        [first, rest @ ..] => format!("`{first}`{}", tail(rest)),
        [] => String::new(),
    }
}

fn tail(rest: &[&str]) -> String {
    if rest.is_empty() { String::new() } else { format!(", {}", rest.join(" ")) }
}

fn tongue(tag: &str) -> String {
    match tag {
        "en" => "English".into(),
        "es" => "Spanish".into(),
        other => format!("`{other}`"),
    }
}

fn medium(channel: &str) -> &str {
    match channel {
        "sms" => "by text",
        "voice" => "by call",
        "voicemail" => "on voicemail",
        "email" => "by e-mail",
        "portal" => "on the portal",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::codes::CodeSets;

    const GOOD: &str = include_str!("../../tests/findings/good.yaml");

    fn read(text: &str) -> Pathway {
        let codes = "codes: tendon_repair\ntitle: R\nowner: s\nincludes:\n  - code: urn:sample|x\n";
        let (codes, _) = CodeSets::read(&[("codes.yaml".into(), codes.into())]).unwrap();
        let teams = ["nurses", "surgeon"].map(String::from);
        crate::read("sample.yaml", text, &codes, &teams).unwrap().0
    }

    fn told(changes: &[(&str, &str)]) -> Vec<String> {
        let mut text = GOOD.to_string();
        for (from, to) in changes {
            assert!(text.contains(from), "{from}");
            text = text.replacen(from, to, 1);
        }
        diff(&read(GOOD), &read(&text)).into_iter().map(|c| c.says).collect()
    }

    #[test]
    fn each_difference_is_a_sentence() {
        let rows: &[(&str, &str, &[&str])] = &[
            ("wait: day 1 at 09:00", "wait: day 2 at 09:00", &["`call/check` moves from day 1 to day 2"]),
            (
                "wait: day 1 at 09:00",
                "wait: day 1 at 10:30",
                &["`call/check` moves from day 1 at 09:00 to day 1 at 10:30"],
            ),
            ("      to: nurses\n", "      to: surgeon\n", &["`call/check` goes to surgeon instead of nurses"]),
            (
                "due: 8 team hours",
                "due: 4 team hours",
                &["`call/check` is due within 4 team hours instead of 8 team hours"],
            ),
            (
                "deadline: 5 days",
                "deadline: 3 days",
                &["`medicine/wait_for_ready` waits until 3 days instead of 5 days"],
            ),
            (
                "by: [voicemail, sms 2 hours]",
                "by: [sms 2 hours]",
                &["`medicine/medicine_ready` goes out by sms 2 hours instead of voicemail, sms 2 hours"],
            ),
            (
                "if: check.pain >= 8 or",
                "if: check.pain >= 9 or",
                &[
                    "`call/branch` no longer has: if check.pain >= 8 or check.wound == 'open', then tell_surgeon",
                    "`call/branch` now has: if check.pain >= 9 or check.wound == 'open', then tell_surgeon",
                ],
            ),
            ("title: A sample", "title: An example", &["`title`: “An example” instead of “A sample”"]),
            (
                "sms: \"Su medicina la espera.\"",
                "sms: \"Su medicina está lista.\"",
                &[
                    "`medicine_ready` in Spanish, by text: “Su medicina está lista.” instead of “Su medicina la espera.”",
                ],
            ),
            (
                "        days: 1 to 2\n",
                "        days: 1 to 3\n",
                &["the item `drink` of `after_surgery`, days: “1 to 3” instead of “1 to 2”"],
            ),
            ("      urgent_nothing", "", &[]),
        ];
        for (from, to, expected) in rows.iter().filter(|(from, ..)| GOOD.contains(from)) {
            assert_eq!(told(&[(from, to)]), *expected, "{from}");
        }
    }

    #[test]
    fn steps_come_and_go_and_change_their_names() {
        let note = "    - note: \"Nothing is known of {{ rx.name }}\"\n";
        assert_eq!(told(&[(note, "")]), ["`ask/note` is gone: note Nothing is known of {{ rx.name }}"]);
        let more = format!("{note}    - note: \"Told\"\n");
        assert_eq!(told(&[(note, &more)]), ["`ask/note_2` is new, after `ask/note`: note Told"]);
        let named = note.replace("- note", "- name: tell\n      note");
        assert_eq!(told(&[(note, &named)]), ["`ask/note` is now named `ask/tell`"]);
    }

    #[test]
    fn comments_and_layout_are_no_difference() {
        let text = GOOD.replace("offer: [call]", "offer:   [ call ]   # recommended");
        assert_eq!(diff(&read(GOOD), &read(&text)), []);
        assert_eq!(diff(&read(GOOD), &read(GOOD)), []);
        assert_eq!(in_words(&[]), "");
    }

    #[test]
    fn whole_words_are_new_or_gone_as_one() {
        let words = "  task_now:\n    done_ticks_task: true\n";
        let (before, after) = GOOD.split_once(words).unwrap();
        let more = format!("{before}  unused:\n    en: {{ sms: Hello. }}\n    es: {{ sms: Hola. }}\n{words}{after}");
        assert_eq!(
            diff(&read(GOOD), &read(&more)).into_iter().map(|c| c.says).collect::<Vec<_>>(),
            ["the words `unused` is new"]
        );
    }
}
