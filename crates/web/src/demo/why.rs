//! Why an event happened: what said so, which fact caused it, which step of which pathway, and the rules that spoke.

use super::story::{Life, message_of, prompt_of, title};
use crate::fault::Fault;
use crate::tongue::{Tongue, say};
use crate::{Shared, page, words};
use maud::{Markup, html};
use model::fact::OWN;
use model::{Actor, EffectId, Fact, JourneyId, Trace};

/// Traces of one event.
const TRACES_MAX: usize = 12;

/// The why of one event. Blocks.
pub(super) fn of(shared: &Shared, t: Tongue, life: &Life, fact: &Fact) -> Result<Markup, Fault> {
    let (message, prompt) = (message_of(life, fact), prompt_of(life, fact));
    let named = || fact.text("journey").and_then(|id| id.parse().ok());
    let journey = message.and_then(|m| m.journey).or_else(|| prompt.and_then(|p| p.journey)).or_else(named);
    let effect = message.map(|m| m.reach).or_else(|| prompt.map(|p| p.effect)).or_else(|| caused_by_effect(fact));
    let mut traces = match effect {
        Some(effect) => shared.store().traces(life.look.person, effect)?,
        None => Vec::new(),
    };
    traces.retain(|tr| message.is_none_or(|m| tr.message.is_none_or(|of| of == m.id)));
    let (steps, rules): (Vec<Trace>, Vec<Trace>) = traces.into_iter().partition(|tr| tr.code.contains(':'));
    let wanted = message.map(|m| m.words.as_str()).or_else(|| prompt.map(|p| p.name.as_str()));
    let step = steps.iter().find_map(step_of).or_else(|| wanted.map(words::label));
    let zone = life.zone();
    Ok(html! {
        dl .why {
            dt { (say!(t, "demo-why-said")) } dd { (said_by(t, fact)) }
            @if let Some(cause) = cause(life, fact) {
                dt { (say!(t, "demo-why-because")) } dd { a href={ "#e-" (cause.id) } { (title(t, life, cause)) } ", " (page::time(t, cause.occurred_at, &zone)) }
            } @else if let Some(resource) = resource(life, fact) {
                dt { (say!(t, "demo-why-because")) } dd { (say!(t, "demo-why-resource")) " " code translate="no" { (resource) } }
            }
            @if let Some(pathway) = journey.and_then(|id| pathway(shared, life, id)) {
                dt { (say!(t, "demo-why-pathway")) } dd { span lang="en" { (pathway) } @if let Some(step) = &step { " › " span lang="en" { (step) } } }
            }
            @if let Some(prompt) = prompt {
                dt { (say!(t, "demo-why-reason")) } dd lang="en" { (prompt.reason) }
                dt { (say!(t, "demo-why-team")) } dd { span lang="en" { (words::label(&prompt.team)) } ", " (say!(t, "demo-why-due")) " " (page::time(t, prompt.due_at, &zone)) }
            }
            @if !rules.is_empty() {
                dt { (say!(t, "demo-why-rules")) }
                dd { ul { @for tr in rules.iter().take(TRACES_MAX) { li { (outreach::describe(&tr.code, &tr.detail, t.tag())) } } } }
            }
        }
    })
}

/// Who said it.
fn said_by(t: Tongue, fact: &Fact) -> Markup {
    html! {
        @match &fact.actor {
            Actor::System if fact.source == OWN => (say!(t, "demo-by-hub")),
            Actor::System => span translate="no" { (fact.source) },
            Actor::Patient => (say!(t, "demo-by-patient")),
            Actor::Proxy(name) | Actor::Staff(name) => span translate="no" { (name) },
        }
        @if !fact.site.is_empty() && fact.site != fact.source { ", " span translate="no" { (fact.site) } }
    }
}

/// The effect that an event names as its cause.
fn caused_by_effect(fact: &Fact) -> Option<EffectId> {
    fact.cause.as_deref()?.parse().ok()
}

/// The fact of this line that caused it, when it is told of here too.
fn cause<'a>(life: &'a Life, fact: &Fact) -> Option<&'a Fact> {
    let id = fact.cause.as_deref()?;
    life.facts.iter().find(|f| f.id.to_string() == id && f.kind != model::fact::RESOURCE_RECEIVED)
}

/// The resource whose change told it.
fn resource<'a>(life: &'a Life, fact: &Fact) -> Option<&'a str> {
    let id = fact.cause.as_deref()?;
    life.facts.iter().find(|f| f.id.to_string() == id)?.text("resource")
}

fn pathway(shared: &Shared, life: &Life, id: JourneyId) -> Option<String> {
    let (row, _) = life.look.journeys.iter().find(|(row, _)| row.id == id)?;
    let known = shared.app.hub.version(row.version);
    Some(known.map_or_else(|| words::label(&row.pathway), |p| p.title.clone()))
}

/// The step that asked: a journey's trace begins with `track/step`.
fn step_of(trace: &Trace) -> Option<String> {
    let path = trace.detail.split(' ').next().filter(|p| p.contains('/'))?;
    path.rsplit('/').next().filter(|s| !s.is_empty()).map(words::label)
}
