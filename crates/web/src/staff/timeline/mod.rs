//! Facts in words: what happened, what is worth adding, and who said it, by kind.
//!
//! Every kind that the hub itself says has words in both languages (`timeline-kind-…`); what a hospital's own
//! topics add is shown by its name. What sources and authors wrote stays in their language, marked as such.

pub(crate) mod draw;
pub(crate) mod read;
#[cfg(test)]
mod tests;

use crate::tongue::{Tongue, say};
use crate::{Shared, page, words};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use model::{Actor, At, Fact};
use record::Record;

/// What names and times are told by.
pub(crate) struct Known<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) t: Tongue,
    pub(crate) record: &'a Record,
    /// Today's.
    pub(crate) tasks: &'a [journey::Task],
    pub(crate) zone: &'a TimeZone,
}

/// The language that authors of pathways and teams wrote in, where nothing says otherwise.
pub(crate) const AUTHORS: &str = "en";

/// Words of an author, in their language.
pub(crate) fn authored(text: &str) -> Markup {
    html! { span lang=(AUTHORS) { (text) } }
}

/// A message by the name of its words: the hub's own in the reader's language, an author's as it is.
pub(crate) fn words_of(t: Tongue, name: &str) -> Markup {
    match t.pick("timeline-words", name) {
        Some(own) => html! { (own) },
        None => authored(&words::label(name)),
    }
}

/// What is the same in every language: a name, a number, an identifier.
pub(crate) fn plain(text: &str) -> Markup {
    html! { span translate="no" { (text) } }
}

/// What happened, by its kind alone; its name where it is of a topic that is not the hub's.
pub(crate) fn kind(t: Tongue, kind: &str) -> Option<String> {
    t.pick("timeline-kind", &kind.replace('.', "-"))
}

/// A reason that a fact or a trace gives: the hub's own words, a kind of fact, a trace's code.
pub(crate) fn reason(t: Tongue, text: &str) -> Option<String> {
    let days = text.strip_prefix("after ").and_then(|r| r.split(' ').next()).and_then(|n| n.parse::<i64>().ok());
    if let Some(n) = days.filter(|_| text.contains(" day")) {
        return Some(say!(t, "timeline-after-days", n = n));
    }
    t.pick("timeline-reason", &text.replace([' ', '.', '_'], "-")).or_else(|| kind(t, text))
}

/// A team as it is called.
pub(crate) fn team(shared: &Shared, name: &str) -> String {
    let teams = &shared.app.hub.settings().teams;
    teams.iter().find(|t| t.name == name).map_or_else(|| words::label(name), |t| t.title.clone())
}

/// A pathway by its name: its title, in its first language.
pub(crate) fn pathway(shared: &Shared, name: &str) -> Markup {
    let known = shared.pathways().into_iter().find(|p| p.name == name);
    let title = known.as_ref().map_or_else(|| words::label(name), |p| p.title.clone());
    let lang = known.as_ref().and_then(|p| p.speaks.first()).map_or(AUTHORS, String::as_str);
    html! { a href={ "/pathways/" (words::encoded(name)) } lang=(lang) { (title) } }
}

/// Who said it.
pub(crate) fn actor(known: &Known<'_>, fact: &Fact) -> Markup {
    let t = known.t;
    match &fact.actor {
        Actor::System if fact.source == model::fact::OWN => plain("Throughline"),
        Actor::System => plain(&fact.source),
        Actor::Patient => html! { (say!(t, "timeline-by-patient")) },
        Actor::Proxy(name) => html! { (say!(t, "timeline-by-proxy", name = name)) },
        Actor::Staff(name) => plain(name),
    }
}

/// What the record calls the thing of that id; `None` when it has no name, and then it is not shown.
fn thing(id: &str, r: &Record) -> Option<String> {
    let concepts = (r.prescriptions.iter().map(|x| (&x.id, &x.concept)))
        .chain(r.procedures.iter().map(|x| (&x.id, &x.concept)))
        .chain(r.conditions.iter().map(|x| (&x.id, &x.concept)));
    let visits = r.appointments.iter().map(|a| (&a.id, a.with.clone()));
    let named = concepts.map(|(id, concept)| (id, concept.text.clone())).chain(visits);
    named.into_iter().find(|(of, _)| *of == id).map(|(_, name)| name).filter(|name| !name.is_empty())
}

/// What a task says, for `dressing@2026-11-24#0`; its name where its words are not of today.
fn task(id: &str, tasks: &[journey::Task]) -> String {
    let item = id.split('@').next().unwrap_or(id);
    let known = tasks.iter().find(|t| t.id == id || t.id.split('@').next() == Some(item));
    known.map_or_else(|| words::label(item), |t| t.text.clone())
}

/// What a danger is called that had a STOP beside it.
pub(crate) const DANGER_AND_STOP: &str = "danger_and_stop";

/// What a reply was taken for.
pub(crate) fn class_of(classified: &Fact) -> &str {
    match classified.text("class") {
        Some("red_flag") if record::is_stop(classified) => DANGER_AND_STOP,
        class => class.unwrap_or_default(),
    }
}

/// What happened, in a line.
pub(crate) fn title(known: &Known<'_>, fact: &Fact) -> Markup {
    let t = known.t;
    let text = |key: &str| fact.text(key).unwrap_or_default();
    let what = kind(t, &fact.kind);
    let what =
        html! { @match &what { Some(what) => (what), None => (plain(&words::label(&fact.kind.replace('.', " ")))) } };
    let with = |more: Markup| html! { (what) ": " (more) };
    match fact.kind.as_str() {
        "call.ended" if fact.flag("answered") != Some(true) => html! { (say!(t, "timeline-call-not-answered")) },
        "staff_call.asked" => with(plain(text("by"))),
        "staff_call.ended" => {
            let seconds = fact.body.get("seconds").and_then(serde_json::Value::as_u64);
            let said = t.pick("timeline-staff-call", text("outcome")).unwrap_or_else(|| words::label(text("outcome")));
            html! { (said) @if let Some(n) = seconds { " (" (say!(t, "timeline-staff-call-seconds", n = n)) ")" } }
        }
        "call.received" if text("wants").is_empty() => html! { (say!(t, "timeline-rang")) },
        "call.received" if text("wants") == "stop" => html! { (say!(t, "timeline-rang-stop")) },
        "reply.classified" => {
            let class = class_of(fact);
            with(html! { (t.pick("timeline-class", class).unwrap_or_else(|| words::label(class))) })
        }
        "prompt.opened" => with(html! { (authored(&team(known.shared, text("team")))) ", " (authored(text("title"))) }),
        "prompt.escalated" => with(authored(&team(known.shared, text("to")))),
        "notice.failed" => {
            let by = model::Channel::of_every(text("channel")).map(|c| words::channel(t, c)).unwrap_or_default();
            let said = say!(t, "timeline-notice-failed", channel = by);
            html! { (said) ": " (authored(&team(known.shared, text("team")))) }
        }
        "notice.answered" if fact.flag("certain") == Some(false) => html! { (say!(t, "timeline-notice-uncertain")) },
        "notice.sent" => with(authored(&team(known.shared, text("team")))),
        "prompt.completed" | "prompt.corrected" => {
            let outcome = text("outcome");
            let said = t.pick("timeline-outcome", outcome).unwrap_or_else(|| words::label(outcome));
            with(html! { (said) })
        }
        "goal.reached" | "goal.missed" => with(authored(text("title"))),
        "journey.started"
        | "journey.ended"
        | "journey.failed"
        | "journey.halted"
        | "journey.resumed"
        | "journey.moved"
        | "enrolment.listed"
        | "enrolment.requested"
        | "enrolment.held_out"
        | "enrolment.swept"
        | "place.asked"
        | "place.given"
        | "place.left" => with(pathway(known.shared, text("pathway"))),
        "answer.given" => {
            let late = fact.flag("late") == Some(true);
            with(html! { (authored(text("asked"))) " " (plain(text("answer")))
            @if late { " (" (say!(t, "timeline-late-answer")) ")" } })
        }
        "answer.not_understood" => with(plain(&words::label(text("field")))),
        "service.answered" | "service.failed" => with(authored(&words::label(text("service")))),
        "questionnaire.answered" | "questionnaire.missed" => with(authored(&words::label(text("question")))),
        "note.made" => with(authored(text("text"))),
        "task.added" => with(plain(text("text"))),
        "task.done" | "task.undone" | "task.struck" => with(authored(&task(text("task"), known.tasks))),
        "reach.ended" => html! {
            (t.pick("timeline-how", text("how")).unwrap_or_else(|| text("how").to_owned()))
            ": " (words_of(t, text("words")))
        },
        "contact.disabled" | "contact.verified" => with(plain(text("value"))),
        "grant.given" => with(plain(fact.body["to"]["name"].as_str().unwrap_or_default())),
        "record.corrected" | "record.correction_withdrawn" => with(html! { (field_name(t, fact)) }),
        _ => what,
    }
}

/// What a correction is about.
fn field_name(t: Tongue, fact: &Fact) -> Markup {
    let field = fact.text("field").unwrap_or_default();
    match fact.text("of") {
        Some(of) if field == record::correct::CONTACT => plain(of),
        _ => html! { (field_words(t, field)) },
    }
}

/// A field that staff may set right, in words.
pub(crate) fn field_words(t: Tongue, field: &str) -> String {
    t.pick("timeline-field", &field.replace('.', "-")).unwrap_or_else(|| words::label(field))
}

/// A value of such a field, as it is shown.
pub(crate) fn value_words(t: Tongue, field: &str, value: &[String]) -> String {
    let joined = || value.iter().filter(|v| !v.is_empty()).cloned().collect::<Vec<_>>().join(" ");
    match (field, value) {
        ("language", [tag]) => words::language(t, tag),
        ("birth_date", [date]) => words::date(t, date),
        (field, [said]) if field.starts_with("need.") && said == "yes" => say!(t, "timeline-yes"),
        (field, [_]) if field.starts_with("need.") => say!(t, "timeline-no"),
        (field, [r#use, owner]) if field.starts_with(record::correct::CONTACT) => {
            let r#use = t.pick("timeline-use", r#use).unwrap_or_default();
            let whose = if owner.is_empty() { say!(t, "timeline-own") } else { owner.clone() };
            [r#use, whose].into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(", ")
        }
        _ if joined().is_empty() => say!(t, "timeline-none"),
        _ => joined(),
    }
}

/// The rest of what it says, part by part; never the whole body of a resource.
pub(crate) fn details(known: &Known<'_>, fact: &Fact) -> Vec<Markup> {
    const KEYS: &[&str] =
        &["resource", "id", "disposition", "start", "was", "channel", "because", "reason", "why", "error", "note"];
    let mut out: Vec<Markup> = Vec::new();
    if fact.kind == record::correct::CORRECTED {
        out.push(correction(known, fact));
    } else if fact.kind == "consent.changed" {
        out.extend(consent(known.t, fact));
    }
    let said = KEYS.iter().filter_map(|k| Some((*k, fact.text(k).filter(|t| !t.is_empty())?)));
    out.extend(said.filter_map(|(key, text)| detail(known, fact, key, text)));
    if let Some(answers) = fact.body.get("answers").and_then(|a| a.as_object()) {
        out.extend(answers.iter().map(|(name, value)| {
            let value = match value {
                serde_json::Value::Bool(true) => say!(known.t, "timeline-yes"),
                serde_json::Value::Bool(false) => say!(known.t, "timeline-no"),
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            html! { (authored(&words::label(name))) ": " (value) }
        }));
    }
    out
}

fn correction(known: &Known<'_>, fact: &Fact) -> Markup {
    let field = fact.text("field").unwrap_or_default();
    let list = |key: &str| match fact.body.get(key) {
        Some(serde_json::Value::Array(all)) => all.iter().map(|v| v.as_str().unwrap_or_default().to_owned()).collect(),
        Some(serde_json::Value::String(text)) => vec![text.clone()],
        _ => Vec::new(),
    };
    let value: Vec<String> = list("value");
    let was = fact.text("was").unwrap_or_default();
    html! {
        span translate="no" { (value_words(known.t, field, &value)) }
        @if !was.is_empty() { " (" (say!(known.t, "timeline-was")) " " (plain(was)) ")" }
    }
}

fn consent(t: Tongue, fact: &Fact) -> Option<Markup> {
    let allowed = fact.flag("allowed")?;
    let may = if allowed { say!(t, "timeline-allowed") } else { say!(t, "timeline-refused") };
    let purpose = fact.text("purpose").and_then(|p| t.pick("timeline-purpose", p));
    Some(html! { (may) @if let Some(purpose) = purpose { ", " (purpose) } })
}

/// A part of a fact in words; `None` for what tells staff nothing.
fn detail(known: &Known<'_>, fact: &Fact, key: &str, text: &str) -> Option<Markup> {
    let t = known.t;
    let time = || match At::read(text, known.zone) {
        Some(at) => page::time(t, at, known.zone),
        None => plain(text),
    };
    let why = || match reason(t, text).or_else(|| coded(t, text)) {
        Some(words) => html! { (words) },
        None => authored(text),
    };
    Some(match key {
        "resource" => html! { span .mono translate="no" { (text) } },
        "id" => plain(&thing(text, known.record)?),
        "start" => time(),
        "was" if fact.kind.starts_with("appointment.") => html! { (say!(t, "timeline-was")) " " (time()) },
        "was" => return None,
        "channel" => html! { (t.pick("channel", text).unwrap_or_else(|| text.to_owned())) },
        "disposition" => authored(&words::label(text)),
        "because" | "reason" | "why" => why(),
        "error" => html! { span .mono lang=(AUTHORS) { (text) } },
        "note" => html! { "“" (plain(text)) "”" },
        _ => return None,
    })
}

/// A trace's code by itself, in words.
fn coded(t: Tongue, code: &str) -> Option<String> {
    let words = outreach::describe(code, "", t.tag());
    (words != code).then_some(words)
}

/// A part of what a journey noted: a step's name as it is, a time on the person's clock, a try.
fn noted(known: &Known<'_>, part: &str) -> String {
    let t = known.t;
    match part.split_once('=') {
        Some(("attempt", n)) => say!(t, "timeline-try", n = n),
        Some(("at" | "deadline", at)) => {
            At::read(at, known.zone).map_or_else(|| at.to_owned(), |at| words::moment(t, at, known.zone))
        }
        Some((_, value)) => value.to_owned(),
        None => part.to_owned(),
    }
}

/// A trace in words: times on the person's clock, teams, languages and reasons as they are called.
pub(crate) fn trace(known: &Known<'_>, code: &str, detail: &str) -> String {
    let t = known.t;
    if let Some(words) = t.pick("timeline-trace", &code.replace([':', '_'], "-")) {
        let said: Vec<String> = detail.split_whitespace().map(|part| noted(known, part)).collect();
        return if said.is_empty() { words } else { format!("{words} ({})", said.join(", ")) };
    }
    let value = |key: &str, value: &str| match key {
        "until" => At::read(value, known.zone).map(|at| words::moment(t, at, known.zone)),
        "language" => Some(words::language(t, value)),
        "speaks" => Some(value.split('+').map(|l| words::language(t, l)).collect::<Vec<_>>().join(", ")),
        "tried" => {
            let channel = |c: &str| t.pick("channel", c.trim()).unwrap_or_else(|| c.trim().to_owned());
            Some(value.split(['+', ',']).map(channel).collect::<Vec<_>>().join(", "))
        }
        "team" => Some(team(known.shared, value)),
        "because" | "mark" => reason(t, value),
        _ => None,
    };
    let pairs = detail.split(';').filter_map(|pair| pair.split_once('='));
    let said: Vec<String> =
        pairs.map(|(key, text)| format!("{key}={}", value(key, text).unwrap_or_else(|| text.to_owned()))).collect();
    outreach::describe(code, &said.join(";"), t.tag())
}
