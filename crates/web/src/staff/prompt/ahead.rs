//! What each outcome leads to, and which answers are red flags, before anything is saved.
//!
//! Nothing is guessed from the pathway's text: the turn that the outcome would make is decided and thrown away
//! ([`hub::Hub::foresee`]), so what the page says is what will happen.

use super::{View, form};
use crate::auth::guard::Fields;
use crate::fault::Fault;
use crate::staff::desk_words;
use crate::tongue::{Tongue, say};
use crate::words;
use hub::Foreseen;
use maud::{Markup, html};
use model::prompt::{Answer, Outcome, Prompt};
use model::time::HOUR_MS;
use model::{Actor, Fact};
use serde_json::{Map, Value as Json, json};

/// Values of a number that are tried: every whole one of a short scale, evenly spread ones of a long one.
const NUMBERS_MAX: u32 = 20;
/// Options of a choice that are tried.
const OPTIONS_MAX: usize = 20;
/// Questions whose answers are tried.
const FIELDS_MAX: usize = 12;

/// An answer that makes the team be asked at once.
pub(in crate::staff) struct Flag {
    field: String,
    /// Answers that do, as the form has them; of a number none.
    values: Vec<String>,
    /// A number from this on.
    pub(super) from: Option<f64>,
    /// A number up to this.
    pub(super) to: Option<f64>,
    /// What then happens, in words.
    pub(super) says: Markup,
}

impl Flag {
    pub(super) fn has(&self, value: &str) -> bool {
        self.values.iter().any(|v| v == value)
    }
    pub(super) fn is_number(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }
    pub(super) fn range(&self, t: Tongue) -> Option<String> {
        match (self.from, self.to) {
            (Some(from), Some(to)) => Some(say!(t, "prompt-flag-outside", from = from, to = to)),
            (Some(from), None) => Some(say!(t, "prompt-flag-from", n = from)),
            (None, Some(to)) => Some(say!(t, "prompt-flag-to", n = to)),
            (None, None) => None,
        }
    }
}

/// What lies ahead of a prompt.
pub(in crate::staff) struct Ahead {
    outcomes: Vec<Foreseen>,
    flags: Vec<Flag>,
}

impl Ahead {
    /// By the answers given so far. Answers that cannot be read are left out: the form says so when it is sent.
    pub(super) fn of(view: &View<'_>, given: &Fields, correct: bool) -> Result<Self, Fault> {
        let mut ahead = Self::outcomes(view, given, correct)?;
        ahead.flags = flags(view)?;
        Ok(ahead)
    }

    /// The outcomes alone.
    pub(super) fn outcomes(view: &View<'_>, given: &Fields, correct: bool) -> Result<Self, Fault> {
        let known = form::answers(view.t, view.prompt, given).unwrap_or_default();
        let store = view.shared.store();
        let of = if correct { super::said::last_outcome(store, view.look.person, view.prompt.id)? } else { None };
        let fact = |outcome: Outcome| {
            let mut said = fact(view, outcome, &known);
            if outcome == Outcome::CallBack {
                let zone = &view.zone;
                let local = given.get("call_back_at").parse::<jiff::civil::DateTime>().ok();
                let at = local.map(|l| model::At::of_local(l.date(), l.time(), zone)).filter(|at| *at > view.now);
                said.body["call_back_at"] = json!(at.unwrap_or(view.now.plus_ms(HOUR_MS)));
            }
            if let Some(of) = &of {
                said.kind = "prompt.corrected".into();
                said.body["of"] = json!(of.id);
            }
            said
        };
        let facts: Vec<Fact> = Outcome::ALL.into_iter().map(fact).collect();
        Ok(Self { outcomes: view.shared.app.hub.foresee(view.look.person, &facts)?, flags: Vec::new() })
    }

    pub(super) fn flag(&self, field: &str) -> Option<&Flag> {
        self.flags.iter().find(|f| f.field == field)
    }

    /// What the journey does after this outcome.
    pub(super) fn then(&self, view: &View<'_>, outcome: Outcome) -> Markup {
        let place = Outcome::ALL.iter().position(|o| *o == outcome).unwrap_or_default();
        let Some(seen) = self.outcomes.get(place) else { return html! {} };
        let t = view.t;
        if outcome == Outcome::CallBack {
            return html! { (say!(t, "prompt-then-call-back")) };
        }
        let said = followed(view, seen);
        html! {
            @if outcome == Outcome::WrongNumber { (say!(t, "prompt-then-wrong-number")) @if !said.is_empty() { "; " } }
            @for (n, one) in said.iter().enumerate() { @if n > 0 { "; " } (one) }
            @if said.is_empty() && outcome != Outcome::WrongNumber { (say!(t, "prompt-then-closed")) }
        }
    }
}

/// All that would follow, each in words.
fn followed(view: &View<'_>, seen: &Foreseen) -> Vec<Markup> {
    let t = view.t;
    let mut said: Vec<Markup> = seen.prompts.iter().map(|p| asked(view, p)).collect();
    for m in &seen.messages {
        let words_of = words::label(&m.words).to_lowercase();
        said.push(html! { (say!(t, "prompt-then-message", channel = words::channel(t, m.channel))) " " q lang="en" { (words_of) } });
    }
    if said.is_empty() {
        for step in &seen.steps {
            let track = step.split('/').next().unwrap_or(step);
            said.push(html! { (say!(t, "prompt-then-goes-on")) " " q lang="en" { (words::label(track)) } });
        }
        said.truncate(1);
    }
    if seen.ends && said.is_empty() {
        said.push(html! { (say!(t, "prompt-then-ends")) });
    }
    said
}

/// A prompt that would be opened: this one again, or another.
fn asked(view: &View<'_>, next: &Prompt) -> Markup {
    let (t, now, zone) = (view.t, view.now, &view.zone);
    let from = next.not_before.filter(|at| *at > now);
    if next.name == view.prompt.name && next.team == view.prompt.team {
        let when = from.map_or_else(|| say!(t, "prompt-at-once"), |at| desk_words::soon(t, at, now, zone));
        return html! { (say!(t, "prompt-then-again", n = next.attempt, of = next.attempts_max.max(next.attempt), when = when)) };
    }
    let team = desk_words::team(view.shared, &next.team);
    let within = words::lapse(t, next.due_at.0 - now.0);
    html! {
        @if next.urgent {
            strong .flag { (say!(t, "prompt-then-urgent")) }
            " " span lang="en" { (team) } " " (say!(t, "prompt-then-within", lapse = within)) ": "
        } @else {
            (say!(t, "prompt-then-asks")) " " span lang="en" { (team) } ", "
            (say!(t, "prompt-then-due", due = desk_words::soon(t, next.due_at, now, zone))) ": "
        }
        q lang="en" { (next.title) }
    }
}

fn fact(view: &View<'_>, outcome: Outcome, answers: &Map<String, Json>) -> Fact {
    let id = view.prompt.id;
    let body = json!({"prompt": id, "name": view.prompt.name, "outcome": outcome.name(), "answers": answers, "note": "-",
        "reason": "what would follow from a reason"});
    let key = format!("{id}{}{}", outcome.name(), Json::Object(answers.clone()));
    Fact::own("prompt.completed", &key, view.look.person, view.now, body)
        .by(Actor::Staff(view.who.account.name.clone()))
}

/// The answers that are red flags by themselves: those that ask for something urgent where nothing else is known.
fn flags(view: &View<'_>) -> Result<Vec<Flag>, Fault> {
    let Some(form) = &view.prompt.form else { return Ok(Vec::new()) };
    let mut tried: Vec<(usize, Json)> = Vec::new();
    for (place, field) in form.fields.iter().take(FIELDS_MAX).enumerate() {
        let values: Vec<Json> = match &field.answer {
            Answer::Bool => vec![json!(true), json!(false)],
            Answer::Choice { options } => options.iter().take(OPTIONS_MAX).map(|(v, _)| json!(v)).collect(),
            Answer::Number { min, max } => numbers(*min, *max).into_iter().map(|n| json!(n)).collect(),
            Answer::Text => Vec::new(),
        };
        tried.extend(values.into_iter().map(|v| (place, v)));
    }
    let alone = |place: usize, value: &Json| Map::from_iter([(form.fields[place].name.clone(), value.clone())]);
    let mut facts = vec![fact(view, Outcome::Done, &Map::new())];
    facts.extend(tried.iter().map(|(place, value)| fact(view, Outcome::Done, &alone(*place, value))));
    let mut seen = view.shared.app.hub.foresee(view.look.person, &facts)?.into_iter();
    // Where nothing at all is known and it is urgent already, no answer is what makes it so.
    if seen.next().is_none_or(|none| none.urgent().is_some()) {
        return Ok(Vec::new());
    }
    let mut out: Vec<Flag> = Vec::new();
    let seen: Vec<(usize, Json, Foreseen)> = tried.into_iter().zip(seen).map(|((p, v), s)| (p, v, s)).collect();
    for (place, field) in form.fields.iter().enumerate() {
        let mine: Vec<_> = seen.iter().filter(|(p, ..)| *p == place).collect();
        let Some(urgent) = mine.iter().find_map(|(.., s)| s.urgent()) else { continue };
        let says = html! { (asked(view, urgent)) ". "
        (say!(view.t, "prompt-stay", number = view.shared.app.hub.settings().clinic.emergency_number)) };
        let mut flag = Flag { field: field.name.clone(), values: Vec::new(), from: None, to: None, says };
        if let Answer::Number { .. } = field.answer {
            (flag.from, flag.to) = ends(
                &mine
                    .iter()
                    .map(|(_, v, s)| (v.as_f64().unwrap_or_default(), s.urgent().is_some()))
                    .collect::<Vec<_>>(),
            );
        } else {
            let text = |v: &Json| match v {
                Json::Bool(true) => "yes".to_owned(),
                Json::Bool(false) => "no".to_owned(),
                other => other.as_str().unwrap_or_default().to_owned(),
            };
            flag.values = mine.iter().filter(|(.., s)| s.urgent().is_some()).map(|(_, v, _)| text(v)).collect();
        }
        out.push(flag);
    }
    Ok(out)
}

/// Values of a number to try, from the least to the most.
fn numbers(min: f64, max: f64) -> Vec<f64> {
    let span = max - min;
    let step = if span <= f64::from(NUMBERS_MAX) && span.fract() == 0.0 { 1.0 } else { span / f64::from(NUMBERS_MAX) };
    let mut all: Vec<f64> = (0..=NUMBERS_MAX).map(|n| min + step * f64::from(n)).take_while(|v| *v <= max).collect();
    if all.last().is_none_or(|last| *last < max) {
        all.push(max);
    }
    all
}

/// From where on at the upper end, and up to where at the lower end, values are flags.
fn ends(tried: &[(f64, bool)]) -> (Option<f64>, Option<f64>) {
    let up = tried.iter().rev().take_while(|(_, flag)| *flag).last().map(|(v, _)| *v);
    let down = tried.iter().take_while(|(_, flag)| *flag).last().map(|(v, _)| *v);
    // All of them: from the least on.
    (up, down.filter(|down| up.is_none_or(|up| up > *down)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_is_tried_whole_and_its_flagged_end_found() {
        assert_eq!(numbers(0.0, 10.0).len(), 11);
        let long = numbers(35.0, 42.5);
        assert_eq!((long[0], long.last().copied()), (35.0, Some(42.5)));
        assert!(long.len() <= 22);
        let pain: Vec<(f64, bool)> = numbers(0.0, 10.0).into_iter().map(|n| (n, n >= 8.0)).collect();
        assert_eq!(ends(&pain), (Some(8.0), None));
        let oxygen: Vec<(f64, bool)> = numbers(80.0, 100.0).into_iter().map(|n| (n, n <= 90.0)).collect();
        assert_eq!(ends(&oxygen), (None, Some(90.0)));
        assert_eq!(ends(&[(0.0, false), (1.0, false)]), (None, None));
        assert_eq!(ends(&[(35.0, true), (37.0, false), (40.0, true)]), (Some(40.0), Some(35.0)));
        assert_eq!(ends(&[(0.0, true), (1.0, true)]), (Some(0.0), None));
    }
}
