//! What a step does, in words: the same phrases in the table and in the difference of two versions.

use crate::tongue::{Tongue, say};
use crate::words::{channel, label, lapse};
use model::prompt::{Lapse, Team};
use model::{Channel, Value};
use pathway::Expr;
use pathway::ast::{Arm, FactPattern, Join, Late, Rhythm, Step, Success, Verb, When};
use pathway::expr::Compare;

/// A phrase about one thing of a step.
pub(super) struct Phrase {
    /// `due`: as in `pathway-field-…`.
    pub(super) field: &'static str,
    /// In words.
    pub(super) text: String,
}

/// A name as it stands within a sentence.
fn inner(path: &[String]) -> String {
    path.join(" ").replace(['_', '-'], " ")
}

/// `9:00 am`; `9:00`.
pub(super) fn clock(t: Tongue, minutes: u16) -> String {
    let (hour, minute) = (minutes / 60, minutes % 60);
    if t == Tongue::Es {
        return format!("{hour}:{minute:02}");
    }
    let half = if hour < 12 { "am" } else { "pm" };
    let hour = if hour % 12 == 0 { 12 } else { hour % 12 };
    format!("{hour}:{minute:02} {half}")
}

/// A point in a person's own time.
pub(super) fn when(t: Tongue, when: &When) -> String {
    match when {
        When::Day { day, at } => say!(t, "pathway-when-day", day = *day, time = clock(t, *at)),
        When::NextDay { days, at } => say!(t, "pathway-when-next-day", n = u32::from(*days), time = clock(t, *at)),
        When::Span(ms) => say!(t, "pathway-when-span", lapse = lapse(t, *ms)),
        When::Around { days, field, at } => {
            let (field, n) = (inner(field), days.unsigned_abs());
            let day = match *days {
                0 => say!(t, "pathway-when-same-day", field = field),
                ..0 => say!(t, "pathway-when-before", n = n, field = field),
                _ => say!(t, "pathway-when-after", n = n, field = field),
            };
            match at {
                Some(at) => say!(t, "pathway-when-with-time", day = day, time = clock(t, *at)),
                None => day,
            }
        }
        When::Clock(at) => say!(t, "pathway-when-clock", time = clock(t, *at)),
        When::Field(field) => say!(t, "pathway-when-field", field = inner(field)),
        When::Offset { ms, field } => {
            let (field, lapse) = (inner(field), lapse(t, ms.saturating_abs()));
            match *ms {
                ..0 => say!(t, "pathway-when-offset-before", lapse = lapse, field = field),
                _ => say!(t, "pathway-when-offset-after", lapse = lapse, field = field),
            }
        }
        When::Weekday { weekday, at } => {
            say!(t, "pathway-when-weekday", day = weekday_name(t, *weekday), time = clock(t, *at))
        }
        When::WorkingDay { days, at } => {
            say!(t, "pathway-when-working-day", n = u32::from(*days), time = clock(t, *at))
        }
        When::Within(ms) => say!(t, "pathway-when-within", lapse = lapse(t, *ms)),
        When::Between { from, to } => say!(t, "pathway-when-between", from = clock(t, *from), to = clock(t, *to)),
    }
}

/// A day of the week, as the calendar of the language calls it; Monday is 0.
fn weekday_name(t: Tongue, weekday: u8) -> String {
    const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let name = NAMES.get(usize::from(weekday)).copied().unwrap_or_default();
    t.pick("pathway-weekday", name).unwrap_or_default()
}

/// On which days a repeat has a round, and when.
fn rhythm(t: Tongue, rhythm: Rhythm, at: u16) -> String {
    let time = clock(t, at);
    match rhythm {
        Rhythm::Days(every) => say!(t, "pathway-rhythm-days", n = u32::from(every.max(1)), time = time),
        Rhythm::Weekdays(set) => {
            let days = (0..7).filter(|day| set & (1 << day) != 0).map(|day| weekday_name(t, day));
            say!(t, "pathway-rhythm-weekdays", days = list(days), time = time)
        }
    }
}

/// `10 %`, `2.5 %`, of thousandths.
fn share(thousandths: u16) -> String {
    match thousandths % 10 {
        0 => format!("{} %", thousandths / 10),
        tenth => format!("{}.{tenth} %", thousandths / 10),
    }
}

/// The share of an arm, in whole percents of all arms.
pub(super) fn arm_share(arms: &[Arm], arm: &Arm) -> String {
    let all: u64 = arms.iter().map(|a| u64::from(a.weight)).sum::<u64>().max(1);
    format!("{} %", (u64::from(arm.weight) * 100 + all / 2) / all)
}

/// A fact that is waited for.
fn fact(pattern: &FactPattern) -> String {
    let last = pattern.kind.rsplit('.').next().unwrap_or_default().replace('_', " ");
    let first = pattern.of.clone().unwrap_or_else(|| pattern.kind.split('.').next().unwrap_or_default().to_owned());
    format!("{} {last}", first.replace('_', " "))
}

fn long(t: Tongue, length: Lapse) -> String {
    let said = lapse(t, length.ms);
    if length.team_hours { say!(t, "pathway-team-hours", lapse = said) } else { said }
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

fn ladder(t: Tongue, by: &[(Channel, i64)]) -> String {
    list(by.iter().map(|(rung, ms)| say!(t, "pathway-rung", channel = channel(t, *rung), lapse = lapse(t, *ms))))
}

fn team(teams: &[Team], name: &str) -> String {
    teams.iter().find(|t| t.name == name).map_or_else(|| label(name), |team| team.title.clone())
}

/// A short title for a step's box, and whether it is the author's own words alone.
pub(super) fn title(t: Tongue, step: &Step) -> (String, bool) {
    let own = || label(step.name.rsplit('/').next().unwrap_or_default());
    match &step.verb {
        Verb::Wait { until, .. } => (say!(t, "pathway-title-wait", when = when(t, until)), false),
        Verb::WaitFor { fact: wanted, .. } => (say!(t, "pathway-title-wait-for", fact = fact(wanted)), false),
        Verb::Branch { .. } if own().starts_with("Branch") => (say!(t, "pathway-title-branch"), false),
        Verb::Repeat { rhythm: days, at, from_day, to_day, .. } => {
            let (from, to) = (u32::from(*from_day), u32::from(*to_day));
            let said = match days {
                Rhythm::Days(1) => say!(t, "pathway-title-repeat", time = clock(t, *at), from = from, to = to),
                _ => say!(t, "pathway-title-rhythm", rhythm = rhythm(t, *days, *at), from = from, to = to),
            };
            (said, false)
        }
        Verb::Parallel { .. } if own().starts_with("Parallel") => (say!(t, "pathway-title-parallel"), false),
        Verb::Each { var, .. } => (say!(t, "pathway-title-each", what = var.replace('_', " ")), false),
        Verb::Remind { .. } => (say!(t, "pathway-title-remind"), false),
        Verb::EnrolIn { pathway } => (say!(t, "pathway-title-enrol-in", pathway = label(pathway)), false),
        Verb::WithdrawFrom { pathway, .. } => (say!(t, "pathway-title-withdraw-from", pathway = label(pathway)), false),
        Verb::Leave { .. } => (say!(t, "pathway-title-leave"), false),
        Verb::Note { .. } if own().starts_with("Note") => (say!(t, "pathway-title-note"), false),
        _ => (own(), true),
    }
}

/// A condition, in words. Fields are named as the pathway's author knows them.
pub(super) fn condition(t: Tongue, expr: &Expr) -> String {
    match expr {
        Expr::Literal(value) => literal(t, value),
        Expr::Field(path) => say!(t, "pathway-if-yes", field = inner(path)),
        Expr::And(a, b) => say!(t, "pathway-if-and", left = grouped(t, a), right = grouped(t, b)),
        Expr::Or(a, b) => say!(t, "pathway-if-or", left = condition(t, a), right = condition(t, b)),
        Expr::Not(a) => match a.as_ref() {
            Expr::Field(path) => say!(t, "pathway-if-no", field = inner(path)),
            Expr::Known(of) => say!(t, "pathway-if-unknown", field = operand(t, of)),
            other => say!(t, "pathway-if-not", what = condition(t, other)),
        },
        Expr::Compare(how, a, b) => compared(t, *how, a, b),
        Expr::InCodes(a, _) => say!(t, "pathway-if-codes", field = operand(t, a)),
        Expr::Known(a) => say!(t, "pathway-if-known", field = operand(t, a)),
    }
}

/// A condition as short as an arrow has room for: without what only makes sure that an answer is known, and
/// without the name of the prompt before each answer.
pub(super) fn brief(t: Tongue, expr: &Expr) -> String {
    condition(t, &short(expr))
}

fn short(expr: &Expr) -> Expr {
    let boxed = |e: &Expr| Box::new(short(e));
    match expr {
        Expr::Field(path) if path.len() > 1 => Expr::Field(path[1..].to_vec()),
        Expr::And(a, b) if matches!(a.as_ref(), Expr::Known(_)) => short(b),
        Expr::And(a, b) => Expr::And(boxed(a), boxed(b)),
        Expr::Or(a, b) => Expr::Or(boxed(a), boxed(b)),
        Expr::Not(a) => Expr::Not(boxed(a)),
        Expr::Known(a) => Expr::Known(boxed(a)),
        Expr::Compare(how, a, b) => Expr::Compare(*how, boxed(a), boxed(b)),
        Expr::InCodes(a, codes) => Expr::InCodes(boxed(a), codes.clone()),
        other => other.clone(),
    }
}

fn grouped(t: Tongue, expr: &Expr) -> String {
    let said = condition(t, expr);
    if matches!(expr, Expr::Or(..)) { format!("({said})") } else { said }
}

fn compared(t: Tongue, how: Compare, a: &Expr, b: &Expr) -> String {
    if let (Expr::Field(path), Expr::Literal(Value::Bool(yes))) = (a, b)
        && matches!(how, Compare::Equal | Compare::NotEqual)
    {
        let field = inner(path);
        let yes = *yes == (how == Compare::Equal);
        return if yes { say!(t, "pathway-if-yes", field = field) } else { say!(t, "pathway-if-no", field = field) };
    }
    let (left, right) = (operand(t, a), operand(t, b));
    match how {
        Compare::Equal => say!(t, "pathway-if-equal", left = left, right = right),
        Compare::NotEqual => say!(t, "pathway-if-not-equal", left = left, right = right),
        Compare::Less => say!(t, "pathway-if-less", left = left, right = right),
        Compare::AtMost => say!(t, "pathway-if-at-most", left = left, right = right),
        Compare::Greater => say!(t, "pathway-if-greater", left = left, right = right),
        Compare::AtLeast => say!(t, "pathway-if-at-least", left = left, right = right),
    }
}

fn operand(t: Tongue, expr: &Expr) -> String {
    match expr {
        Expr::Field(path) => inner(path),
        other => condition(t, other),
    }
}

fn literal(t: Tongue, value: &Value) -> String {
    match value {
        Value::Bool(true) => say!(t, "pathway-yes"),
        Value::Bool(false) => say!(t, "pathway-no"),
        Value::Number(n) => n.to_string(),
        Value::Text(text) => format!("“{}”", text.replace('_', " ")),
        Value::Time(at) => at.to_string(),
        Value::Codes(codes) => codes.join(", "),
        Value::List(items) => list(items.iter().map(|v| literal(t, v))),
        Value::Unknown => say!(t, "pathway-nothing-known"),
    }
}

/// Everything that a step does, the main thing first.
pub(super) fn phrases(t: Tongue, step: &Step, teams: &[Team]) -> Vec<Phrase> {
    let mut out: Vec<Phrase> = Vec::new();
    let mut put = |field: &'static str, text: String| out.push(Phrase { field, text });
    match &step.verb {
        Verb::Wait { until, late } => {
            put("does", say!(t, "pathway-does-wait", when = when(t, until)));
            match late {
                Late::Now => {}
                Late::Skip => put("late", say!(t, "pathway-late-skip")),
                Late::Prompt => put("late", say!(t, "pathway-late-prompt")),
            }
        }
        Verb::WaitFor { fact: wanted, deadline, .. } => {
            put("does", say!(t, "pathway-does-wait-for", fact = fact(wanted)));
            put("deadline", say!(t, "pathway-deadline", when = when(t, deadline)));
        }
        Verb::Reach { words, purpose, by, valid_ms, urgent, until, success, .. } => {
            put("does", say!(t, "pathway-does-reach", words = label(words)));
            put("by", say!(t, "pathway-by", channels = ladder(t, by)));
            put("valid", say!(t, "pathway-valid", lapse = lapse(t, *valid_ms)));
            put("purpose", t.pick("pathway-purpose", purpose.name()).unwrap_or_default());
            if let Some(success) = success {
                let said = match success {
                    Success::Delivered => say!(t, "pathway-counts-delivered"),
                    Success::Read => say!(t, "pathway-counts-read"),
                    Success::Answered => say!(t, "pathway-counts-answered"),
                    Success::Done => say!(t, "pathway-counts-done"),
                };
                put("counts", said);
            }
            pointless(t, *urgent, until.as_ref(), &mut put);
        }
        Verb::Ask { question, by, deadline, again_max, stop_when, purpose, .. } => {
            put("does", say!(t, "pathway-does-ask", questions = label(question)));
            put("by", say!(t, "pathway-by", channels = ladder(t, by)));
            put("deadline", say!(t, "pathway-deadline", when = when(t, deadline)));
            if *again_max > 0 {
                put("again", say!(t, "pathway-ask-again", n = u32::from(*again_max)));
            }
            if let Some(when) = stop_when {
                put("stop", say!(t, "pathway-ask-stop", when = condition(t, when)));
            }
            put("purpose", t.pick("pathway-purpose", purpose.name()).unwrap_or_default());
        }
        Verb::Call { service, within_ms, .. } => {
            put("does", say!(t, "pathway-does-call", service = label(service)));
            put("deadline", say!(t, "pathway-call-within", lapse = lapse(t, *within_ms)));
        }
        Verb::Prompt(prompt) => {
            put("does", say!(t, "pathway-does-prompt", team = team(teams, &prompt.to), what = template(&prompt.title)));
            put("due", say!(t, "pathway-due", lapse = long(t, prompt.due)));
            let chain = prompt.overdue.iter();
            let then =
                list(chain.map(|e| say!(t, "pathway-overdue", team = team(teams, &e.to), lapse = long(t, e.after))));
            if !then.is_empty() {
                put("overdue", then);
            }
            if prompt.attempts_max > 1 {
                let again = long(t, prompt.again_after);
                put("tries", say!(t, "pathway-tries", n = prompt.attempts_max, lapse = again));
            }
            if let Some(form) = &prompt.form {
                put("form", say!(t, "pathway-form", form = label(form)));
            }
            if !prompt.offer.is_empty() {
                put("offer", say!(t, "pathway-offer", actions = list(prompt.offer.iter().map(|o| label(o)))));
            }
            put("why", say!(t, "pathway-why", reason = template(&prompt.reason)));
            if let Some(ms) = prompt.person_within_ms {
                put("person", say!(t, "pathway-person-within", lapse = lapse(t, ms)));
            }
            if prompt.concern {
                put("closes", closes(t, prompt.until.as_ref()));
                pointless(t, prompt.urgent, None, &mut put);
            } else {
                pointless(t, prompt.urgent, prompt.until.as_ref(), &mut put);
            }
        }
        Verb::Branch { .. } => put("does", say!(t, "pathway-does-branch")),
        Verb::Repeat { rhythm: days, at, from_day, to_day, today, until, .. } => {
            let (from, to) = (u32::from(*from_day), u32::from(*to_day));
            let said = match days {
                Rhythm::Days(1) => say!(t, "pathway-does-repeat", time = clock(t, *at), from = from, to = to),
                _ => say!(t, "pathway-does-rhythm", rhythm = rhythm(t, *days, *at), from = from, to = to),
            };
            put("does", said);
            if let Some(until) = until {
                put("until", say!(t, "pathway-repeat-until", when = condition(t, until)));
            }
            if let Some((checklist, _)) = today {
                put("checklist", say!(t, "pathway-checklist", checklist = label(checklist)));
            }
        }
        Verb::Each { over, var, again_on, .. } => {
            let (over, var) = (inner(over), var.replace('_', " "));
            put("does", say!(t, "pathway-does-each", over = over, what = var));
            if let Some(kind) = again_on {
                put("again", say!(t, "pathway-again", fact = kind.replace(['.', '_'], " ")));
            }
        }
        Verb::Remind { words, by, valid_ms, .. } => {
            put("does", say!(t, "pathway-does-remind", words = label(words)));
            put("by", say!(t, "pathway-by", channels = ladder(t, by)));
            put("valid", say!(t, "pathway-valid", lapse = lapse(t, *valid_ms)));
        }
        Verb::Split { experiment, metric, hold_out, arms } => {
            put("does", say!(t, "pathway-does-split", experiment = label(experiment)));
            let said = |arm: &Arm| say!(t, "pathway-split-arm", name = label(&arm.name), share = arm_share(arms, arm));
            put("arms", list(arms.iter().map(said)));
            if let Some((held, _)) = hold_out {
                put("hold-out", say!(t, "pathway-hold-out", share = share(*held)));
            }
            if let Some(metric) = metric {
                put("metric", say!(t, "pathway-metric", goal = label(metric)));
            }
        }
        Verb::Parallel { strands, join } => {
            let names = list(strands.iter().map(|(name, _)| label(name)));
            put("does", say!(t, "pathway-does-parallel", strands = names));
            let joins = match join {
                Join::All => say!(t, "pathway-join-all"),
                Join::Any => say!(t, "pathway-join-count", n = 1_u32),
                Join::Count(n) => say!(t, "pathway-join-count", n = u32::from(*n)),
            };
            put("join", joins);
        }
        Verb::Include { with, .. } => {
            put("does", say!(t, "pathway-does-include"));
            if !with.is_empty() {
                let said = |(own, theirs): &(String, String)| {
                    say!(t, "pathway-include-with", own = own.replace('_', " "), theirs = theirs.replace('_', " "))
                };
                put("with", list(with.iter().map(said)));
            }
        }
        Verb::EnrolIn { pathway } => put("does", say!(t, "pathway-does-enrol-in", pathway = label(pathway))),
        Verb::WithdrawFrom { pathway, reason } => {
            let (pathway, reason) = (label(pathway), template(reason));
            put("does", say!(t, "pathway-does-withdraw-from", pathway = pathway, reason = reason));
        }
        Verb::Note { text } => put("does", say!(t, "pathway-does-note", text = template(text))),
        Verb::Leave { reason } => put("does", say!(t, "pathway-does-leave", reason = reason)),
    }
    if let Some(skip) = &step.skip_when {
        out.push(Phrase { field: "skip", text: say!(t, "pathway-skip", when = condition(t, skip)) });
    }
    out
}

/// What closes a concern.
fn closes(t: Tongue, until: Option<&FactPattern>) -> String {
    match until {
        None => say!(t, "pathway-closes-reason"),
        Some(FactPattern { kind, already: Some(when), .. }) if kind.is_empty() => {
            say!(t, "pathway-closes-when", when = condition(t, when))
        }
        Some(until) => say!(t, "pathway-closes-fact", fact = fact(until)),
    }
}

fn pointless(t: Tongue, urgent: bool, until: Option<&FactPattern>, put: &mut impl FnMut(&'static str, String)) {
    if urgent {
        put("urgent", say!(t, "pathway-urgent"));
    }
    if let Some(until) = until {
        put("until", say!(t, "pathway-until", fact = fact(until)));
    }
}

/// A template as it is written, its variables as `⟨person name⟩`.
fn template(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((field, tail)) = after.split_once("}}") else { break };
        let field = field.split('|').next().unwrap_or_default().trim().replace(['.', '_'], " ");
        out.push_str(before);
        out.push_str(&format!("⟨{field}⟩"));
        rest = tail;
    }
    out.push_str(rest);
    out
}
