//! What touches the world outside of the strands: who is enrolled how, red flags and concerns, goals, and other
//! pathways that are begun or ended.
//!
//! Invariants: a red flag counts on the wall, never in a team's hours, so that it holds at night; a concern names who
//! is asked when nobody acts. Whether the pathways that are named exist is asked of a whole folder, see
//! [`crate::shipped::read_dir_texts`].

use crate::ast::{Enrol, Every, FactPattern, Goal, Late, OncePer, Pathway, Place, Step, StepIx, Verb, When};
use crate::compile::{Ask, Asking, Compiler, FRESH_FOR_MS};
use crate::expr::Expr;
use crate::finding::{Finding, Severity, did_you_mean};
use crate::reader::{self, Keys, one_of, text, yes_no};
use crate::times;
use crate::yaml::Node;
use model::Value;
use model::prompt::{Escalation, Lapse};
use model::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use std::collections::BTreeSet;

/// No red flag may wait longer for a person.
const PERSON_WITHIN_MAX_MS: i64 = 4 * HOUR_MS;
/// When the next team is asked after a red flag's time, unless the pathway says.
const RED_FLAG_NEXT: Lapse = Lapse { ms: 5 * MINUTE_MS, team_hours: false };
/// The most goals of a pathway.
pub const GOALS_MAX: usize = 20;
/// The keys of `enrol`.
pub(crate) const ENROL_KEYS: &[&str] = &[
    "on",
    "as",
    "every",
    "by_hand",
    "import",
    "when",
    "once_per",
    "again_after",
    "hold_out",
    "at_most",
    "waits",
    "day_0",
    "fresh_for",
    "late",
];
const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// `monday`: 0.
pub(crate) fn weekday(text: &str) -> Option<u8> {
    WEEKDAYS.iter().position(|d| *d == text).and_then(|n| u8::try_from(n).ok())
}

/// `monday at 08:00`, `day at 08:00`.
pub(crate) fn every(text: &str) -> Option<Every> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [day, "at", at] = words[..] else { return None };
    let weekday = match day {
        "day" => None,
        named => Some(weekday(named)?),
    };
    Some(Every { weekday, at: times::clock(at)? })
}

/// A step of the prompt kind.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum PromptKind {
    Prompt,
    RedFlag,
    Concern,
}

impl PromptKind {
    pub(crate) fn of(verb: &str) -> Self {
        match verb {
            "red_flag" => Self::RedFlag,
            "concern" => Self::Concern,
            _ => Self::Prompt,
        }
    }
}

impl<'n> Compiler<'_, 'n> {
    /// Who is enrolled, and how.
    pub(crate) fn enrol(&mut self, node: &'n Node, standing: bool) -> Option<Enrol> {
        let of = "`enrol`";
        let keys = Keys::of(node, of, &mut self.findings)?;
        keys.only(of, ENROL_KEYS, &mut self.findings);
        let every = keys.get("every").and_then(|n| self.schedule(n));
        let by_hand = keys.get("by_hand").is_some_and(|n| yes_no(n, "`by_hand`", &mut self.findings));
        let by_import = keys.get("import").is_some_and(|n| yes_no(n, "`import`", &mut self.findings));
        let on = match keys.get("on") {
            Some(on) => self.fact_kind(on)?,
            None if keys.get("every").is_some() || by_hand => String::new(),
            None => keys.need("on", of, &mut self.findings).and_then(|n| self.fact_kind(n))?,
        };
        let item = keys.get("as").and_then(|n| self.about(&on, n));
        let when = keys.get("when").and_then(|n| self.condition(None, n, false));
        let known = ["encounter", "person", "fact", "item"];
        let named = |name: &str| match name {
            "encounter" => Some(OncePer::Encounter),
            "person" => Some(OncePer::Person),
            "fact" => Some(OncePer::Fact),
            "item" => Some(OncePer::Item),
            _ => None,
        };
        let once_per = keys.need("once_per", of, &mut self.findings)?;
        let place = once_per.place;
        let once_per = one_of(once_per, "`once_per`", &known, named, &mut self.findings)?;
        if once_per == OncePer::Item && item.is_none() {
            let help = "add `as: visit` to name what the fact is about";
            self.findings.error("TL005", place, "once per item of what?", Some(help.into()));
        }
        let day_0 = keys.get("day_0").and_then(|n| self.time_field(None, n));
        let fresh_for_ms = keys.get("fresh_for").and_then(|n| self.span(n)).unwrap_or(FRESH_FOR_MS);
        if fresh_for_ms > FRESH_FOR_MS {
            let place = keys.get("fresh_for").map_or(node.place, |n| n.place);
            self.findings.error("TL027", place, "facts are fresh for 72 hours at most", None);
        }
        let late = keys.get("late").and_then(|n| self.late_named(n));
        self.late = late.unwrap_or_default();
        let again_after_days = keys.get("again_after").and_then(|n| self.number_of_days(n));
        let hold_out = keys.get("hold_out").and_then(|n| self.held_out(n)).unwrap_or_default();
        let places = self.places(&keys, standing);
        self.enrolment_fits(&keys, once_per, standing);
        Some(Enrol {
            on,
            when,
            once_per,
            item,
            day_0,
            fresh_for_ms,
            every,
            by_hand,
            by_import,
            again_after_days,
            hold_out,
            places,
        })
    }

    /// What each way of enrolling needs of the others.
    fn enrolment_fits(&mut self, keys: &Keys<'n>, once_per: OncePer, standing: bool) {
        let place = |key: &str| keys.get(key).map(|n| n.place);
        let mut no = |place: Option<Place>, says: &str, help: &str| {
            if let Some(place) = place {
                self.findings.error("TL036", place, says, Some(help.into()));
            }
        };
        if once_per != OncePer::Person {
            no(
                place("again_after"),
                "`again_after` goes with `once_per: person`",
                "write `once_per: person`, or leave it out",
            );
            no(
                place("every"),
                "a sweep comes again and again: it enrols a person, not a fact",
                "write `once_per: person`",
            );
        }
        if keys.get("again_after").is_none() {
            no(
                place("every").filter(|_| once_per == OncePer::Person),
                "a sweep comes again and again: nothing says when it may take the same person again",
                "add `again_after: 30 days`",
            );
        }
        if keys.get("as").is_some() {
            let help = "leave it out: only the fact says what the journey is about";
            no(place("every"), "a sweep is about no item", help);
            no(place("by_hand"), "who is enrolled by hand is so about no item", help);
        }
        if keys.get("when").is_none() {
            no(place("every"), "a sweep without `when` would enrol everyone", "say for whom: `when: record.age >= 65`");
        }
        if keys.get("on").is_none() {
            no(place("import"), "`import` goes with `on`: which fact of an import enrols", "add `on:` with a fact");
        }
        if standing {
            for key in ["every", "by_hand", "import", "hold_out", "again_after"] {
                let says = format!("a standing pathway holds for every person, always: it has no `{key}`");
                no(place(key), &says, "leave it out, or take `standing: true` away");
            }
        }
    }

    fn schedule(&mut self, node: &Node) -> Option<Every> {
        let found = node.text().and_then(every);
        if found.is_none() {
            self.bad_time(node, "write `monday at 08:00`, or `day at 08:00` for every day");
        }
        found
    }

    fn number_of_days(&mut self, node: &Node) -> Option<u16> {
        let found = node.text().and_then(times::days);
        if found.is_none() {
            self.bad_time(node, "write a number of days, as `30 days`");
        }
        found
    }

    fn held_out(&mut self, node: &Node) -> Option<u16> {
        let found = node.text().and_then(times::share);
        if found.is_none() {
            let help = "write more than `0%` and less than `100%`, as `10%` or `2.5%`";
            self.findings.error("TL027", node.place, "this is no share", Some(help.into()));
        }
        found
    }

    /// `now`, `skip`, `prompt`.
    pub(crate) fn late_named(&mut self, node: &'n Node) -> Option<Late> {
        let named = |name: &str| match name {
            "now" => Some(Late::Now),
            "skip" => Some(Late::Skip),
            "prompt" => Some(Late::Prompt),
            _ => None,
        };
        one_of(node, "`late`", &["now", "skip", "prompt"], named, &mut self.findings)
    }

    /// How soon a person must acknowledge a red flag.
    pub(crate) fn person_within(&mut self, keys: &Keys<'n>) -> Option<i64> {
        let node = keys.need("person_within", "a step `red_flag`", &mut self.findings)?;
        let ms = self.span(node)?;
        if ms > PERSON_WITHIN_MAX_MS {
            let help = "somebody on duty must have it sooner: write `30 minutes`";
            self.findings.error(
                "TL035",
                node.place,
                "a red flag waits 4 hours at most for a person",
                Some(help.into()),
            );
        }
        Some(ms)
    }

    /// A red flag's times pass at night too, and none is later than what it promises.
    pub(crate) fn red_flag_holds(&mut self, keys: &Keys<'n>, within_ms: i64) {
        for key in ["due", "again", "overdue"] {
            for node in keys.get(key).map(reader::one_or_more).unwrap_or_default() {
                let written = node.text().unwrap_or_default();
                let lapse = times::lapse(written.split_once(" after ").map_or(written, |(_, after)| after));
                if lapse.is_some_and(|l| l.team_hours) {
                    let help = "write `15 minutes`: a team's hours stand still at night";
                    self.findings.error(
                        "TL035",
                        node.place,
                        "a red flag does not wait for a team's hours",
                        Some(help.into()),
                    );
                } else if key == "due" && lapse.is_some_and(|l| l.ms > within_ms) {
                    let says = "this is due later than a person must have it";
                    self.findings.error("TL035", node.place, says, Some("not later than `person_within`".into()));
                }
            }
        }
    }

    /// Whom a red flag goes on to when the pathway does not say.
    pub(crate) fn next_of_red_flag(&self, to: &str) -> Vec<Escalation> {
        let next = Escalation { to: self.fallback.clone(), after: RED_FLAG_NEXT };
        if next.to == to || next.to.is_empty() { Vec::new() } else { vec![next] }
    }

    /// What closes a concern: a fact, or a condition that comes true.
    pub(crate) fn closes_on(&mut self, ix: StepIx, keys: &Keys<'n>) -> Option<FactPattern> {
        let node = keys.get("closes_on")?;
        if node.text().is_some_and(|t| !t.trim().contains(char::is_whitespace)) {
            return self.pattern(Some(ix), node);
        }
        let already = self.condition(Some(ix), node, false)?;
        Some(FactPattern { kind: String::new(), of: None, already: Some(already) })
    }

    /// `goals:`, each with what counts and until when.
    pub(crate) fn all_goals(&mut self, node: &'n Node) -> Vec<Goal> {
        let Some(keys) = Keys::of(node, "`goals`", &mut self.findings) else { return Vec::new() };
        if let Some((extra, _)) = keys.pairs().get(GOALS_MAX) {
            self.findings.error("TL002", extra.place, format!("a pathway has at most {GOALS_MAX} goals"), None);
        }
        let mut goals: Vec<Goal> = Vec::new();
        for (key, body) in keys.pairs().iter().take(GOALS_MAX) {
            let Some(name) = reader::name(key, "a goal", &mut self.findings) else { continue };
            if let Some(goal) = self.goal(name, body) {
                goals.push(goal);
            }
        }
        goals
    }

    fn goal(&mut self, name: &str, body: &'n Node) -> Option<Goal> {
        let of = "a goal";
        let keys = Keys::of(body, of, &mut self.findings)?;
        keys.only(of, &["title", "on", "when", "within"], &mut self.findings);
        let title = self.plain(&keys, "title", of);
        let on = keys.get("on").and_then(|n| self.fact_kind(n));
        let when = match keys.get("when") {
            Some(node) => self.goal_condition(node),
            None if keys.get("on").is_some() => Some(Expr::Literal(Value::Bool(true))),
            None => {
                let help = "add `when:` with a condition, or `on:` with a fact";
                self.findings.error("TL005", keys.place, "nothing says when this goal is reached", Some(help.into()));
                None
            }
        };
        let node = keys.need("within", of, &mut self.findings)?;
        let within = self.point_in_time(None, node)?;
        let on = on.map(|kind| FactPattern { kind, of: None, already: None });
        Some(Goal { name: name.into(), title, on, when: when?, within })
    }

    /// A goal sees the person, the encounter and the answers of prompts that are in no loop; an answer that is not
    /// given yet is unknown.
    fn goal_condition(&mut self, node: &'n Node) -> Option<Expr> {
        let written = self.written(node)?;
        let expr = written.compile(&|set| self.codes.expand(set));
        self.asks.push(Ask { step: None, node, what: Asking::Goal { written } });
        Some(expr)
    }

    /// Goals that the journey's end comes before.
    pub(crate) fn goals_fit(&mut self, goals: &[Goal], leaves_after: Option<u16>, keys: Option<&'n Node>) {
        let Some(days) = leaves_after else { return };
        let end = (i64::from(days) + 1) * DAY_MS;
        for goal in goals {
            let last = match goal.within {
                When::Span(ms) => ms,
                When::Day { day, at } => i64::from(day) * DAY_MS + i64::from(at) * MINUTE_MS,
                _ => continue,
            };
            let place = keys.and_then(|node| Keys::of(node, "`goals`", &mut self.findings)).and_then(|keys| {
                let body = keys.get(&goal.name)?;
                let keys = Keys::of(body, "a goal", &mut self.findings)?;
                keys.get("within").map(|n| n.place)
            });
            if let Some(place) = place.filter(|_| last > end) {
                let says = format!("the journey is left after {days} days, before this goal is due");
                self.findings.error("TL037", place, says, Some("give it less time, or the journey more".into()));
            }
        }
    }

    pub(crate) fn enrol_in(&mut self, head: &'n Node) -> Option<Verb> {
        let pathway = self.other_pathway(head)?;
        Some(Verb::EnrolIn { pathway })
    }

    pub(crate) fn withdraw_from(&mut self, ix: StepIx, keys: &Keys<'n>, head: &'n Node) -> Option<Verb> {
        let pathway = self.other_pathway(head);
        let why = keys.need("why", "a step `withdraw_from`", &mut self.findings);
        let reason = why.and_then(|n| self.words_here(ix, n, "`why`"));
        Some(Verb::WithdrawFrom { pathway: pathway?, reason: reason? })
    }

    fn other_pathway(&mut self, head: &'n Node) -> Option<String> {
        let name = text(head, "a pathway", &mut self.findings)?;
        if name == self.name {
            let help = "to end this one write `leave:`; to begin again say `again_after` in `enrol`";
            self.findings.error("TL039", head.place, "a pathway does not begin or end itself", Some(help.into()));
            return None;
        }
        Some(name.into())
    }
}

/// The pathway that a step begins or ends.
fn names_other(step: &Step) -> Option<(&str, bool)> {
    match &step.verb {
        Verb::EnrolIn { pathway } => Some((pathway, true)),
        Verb::WithdrawFrom { pathway, .. } => Some((pathway, false)),
        _ => None,
    }
}

/// What the pathways of a folder say of each other that does not hold: names of none, and begins that go round.
/// `read` are those that were taken with their files, `names` those of every file, also of ones with mistakes.
pub(crate) fn across(read: &[(String, &Pathway)], names: &[String]) -> Vec<Finding> {
    let mut out = Vec::new();
    for (file, pathway) in read {
        for (other, _) in pathway.beside.iter().filter(|(other, _)| !names.contains(other)) {
            let place = pathway.places.get("beside").copied().unwrap_or(Place { line: 1, column: 1, length: 1 });
            let help = did_you_mean(other, names.iter().map(String::as_str));
            let says = format!("unknown pathway `{other}`");
            out.push(Finding { code: "TL038", severity: Severity::Error, file: file.clone(), place, says, help });
        }
        for step in &pathway.steps {
            let Some((other, begins)) = names_other(step) else { continue };
            let mut find = |code, says: String, help: Option<String>| {
                let (severity, file) = (Severity::Error, file.clone());
                out.push(Finding { code, severity, file, place: step.place, says, help });
            };
            if !names.iter().any(|n| n == other) {
                let known = names.iter().map(String::as_str);
                let help = did_you_mean(other, known).or_else(|| Some(format!("known: {}", names.join(", "))));
                find("TL038", format!("unknown pathway `{other}`"), help);
            } else if begins && read.iter().any(|(_, p)| p.name == other && p.enrol.item.is_some()) {
                let help = "let a fact begin it, or take `as` out of its `enrol`".to_owned();
                find("TL036", format!("`{other}` is about an item: no step says about which"), Some(help));
            } else if begins && leads_back(read, other, &pathway.name) {
                let says = format!("`{other}` begins `{}` again: they would go round", pathway.name);
                find("TL039", says, Some("let one of them end before the other begins it".into()));
            }
        }
    }
    out
}

/// Whether `from` begins `to`, by itself or by those that it begins.
fn leads_back(read: &[(String, &Pathway)], from: &str, to: &str) -> bool {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut work = vec![from];
    // Each pathway is taken up once.
    while let Some(name) = work.pop() {
        if name == to {
            return true;
        }
        if !seen.insert(name) {
            continue;
        }
        let steps = read.iter().filter(|(_, p)| p.name == name).flat_map(|(_, p)| &p.steps);
        work.extend(steps.filter_map(names_other).filter(|(_, begins)| *begins).map(|(other, _)| other));
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_and_shares_are_read() {
        assert_eq!(every("monday at 08:00"), Some(Every { weekday: Some(0), at: 480 }));
        assert_eq!(every("day at 7:30"), Some(Every { weekday: None, at: 450 }));
        assert_eq!(every("mondays at 08:00"), None);
        assert_eq!(every("monday"), None);
        let shares = [("10%", Some(100)), ("2.5%", Some(25)), ("0.1%", Some(1)), ("0%", None), ("100%", None)];
        for (written, expected) in shares {
            assert_eq!(times::share(written), expected, "{written}");
        }
        assert_eq!((times::share("10"), times::share("2.55%"), times::share("-1%")), (None, None, None));
    }
}
