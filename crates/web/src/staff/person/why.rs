//! Why something was sent, moved, held or not sent; and why the team was asked.

use super::View;
use crate::auth::guard::Who;
use crate::fault::Fault;
use crate::staff::pathway_of;
use crate::staff::timeline::{authored, reason, team, trace};
use crate::tongue::say;
use crate::{Shared, State, page, words};
use axum::Extension;
use axum::extract::Path;
use maud::{Markup, html};
use model::prompt::Prompt;
use model::{EffectId, PersonId, PromptId, Trace};

/// Traces that are shown.
const TRACES_MAX: usize = 100;
/// Messages that are looked through for those of a reach.
const MESSAGES_READ: usize = 200;

/// A reach: what became of it, also when nothing was sent.
pub(crate) async fn reach(
    state: State,
    Extension(who): Extension<Who>,
    Path((person, reach)): Path<(String, String)>,
) -> Result<Markup, Fault> {
    let (person, reach): (PersonId, EffectId) = (crate::staff::id(&person)?, crate::staff::id(&reach)?);
    state.read(move |shared| reach_page(shared, &who, person, reach)).await
}

fn reach_page(shared: &Shared, who: &Who, person: PersonId, id: EffectId) -> Result<Markup, Fault> {
    let look = crate::staff::look(shared, who, person, "/people/{id}/reaches/{reach}")?;
    let view = View::new(shared, who, &look);
    let t = who.tongue;
    let traces = traces_of(shared, &look, id)?;
    let held = look.outreach.held().into_iter().find(|h| h.reach == id);
    if traces.is_empty() && held.is_none() {
        return Err(Fault::NotFound);
    }
    let messages: Vec<_> =
        shared.store().messages_of(look.person, MESSAGES_READ)?.into_iter().filter(|m| m.reach == id).collect();
    let name = held.map(|h| h.words).or(messages.first().map(|m| m.words.as_str())).unwrap_or_default();
    let title = say!(t, "person-reach-why");
    let body = html! {
        (view.back())
        h1 { (title) @if !name.is_empty() { ": " (authored(&words::label(name))) } }
        div .two {
            div .side {
                section .card {
                    h2 { (say!(t, "person-reach-sent")) }
                    @if messages.is_empty() { p .muted { (say!(t, "person-reach-nothing")) } }
                    ul .list.plain {
                        @for m in &messages {
                            li {
                                a href={ "/people/" (look.person) "/messages/" (m.id) } { (words::channel(t, m.channel)) }
                                " " span .muted.small { (crate::staff::timeline::draw::state(t, m.status)) ", " (view.time(m.status_at)) }
                            }
                        }
                    }
                }
            }
            div .main { section { h2 { (say!(t, "timeline-why")) } (why(&view, &traces)) } }
        }
    };
    Ok(page::staff(shared, who, &title, "/people", &body))
}

/// Traces of an effect, on this line or on one that was merged into it.
pub(crate) fn traces_of(shared: &Shared, look: &hub::Look, id: EffectId) -> Result<Vec<Trace>, Fault> {
    let mut all = shared.store().traces(look.person, id)?;
    for other in &look.merged {
        all.extend(shared.store().traces(*other, id)?);
    }
    all.sort_by_key(|t| t.at);
    Ok(all)
}

/// The traces in words, oldest first.
pub(crate) fn why(view: &View<'_>, traces: &[Trace]) -> Markup {
    let (t, told) = (view.t, view.told());
    html! {
        @if traces.is_empty() { p .muted { (say!(t, "person-why-nothing")) } }
        ol .why-steps #why {
            @for step in traces.iter().take(TRACES_MAX) {
                li {
                    p { (trace(&told, &step.code, &step.detail)) }
                    p .muted.small { (view.time(step.at)) " · " code translate="no" { (step.code) } }
                }
            }
        }
        @if traces.len() > TRACES_MAX { p .muted { (say!(t, "person-more", n = traces.len() - TRACES_MAX)) } }
    }
}

/// A prompt: which step of which pathway asked, and because of what.
pub(crate) async fn prompt(
    state: State,
    Extension(who): Extension<Who>,
    Path((person, prompt)): Path<(String, String)>,
) -> Result<Markup, Fault> {
    let (person, prompt): (PersonId, PromptId) = (crate::staff::id(&person)?, crate::staff::id(&prompt)?);
    state.read(move |shared| prompt_page(shared, &who, person, prompt)).await
}

fn prompt_page(shared: &Shared, who: &Who, person: PersonId, id: PromptId) -> Result<Markup, Fault> {
    let look = crate::staff::look(shared, who, person, "/people/{id}/prompts/{prompt}/why")?;
    let stored = shared.store().prompt(look.person, id)?;
    let prompt = stored.or_else(|| look.prompts.iter().find(|p| p.id == id).cloned()).ok_or(Fault::NotFound)?;
    let view = View::new(shared, who, &look);
    let t = who.tongue;
    let title = say!(t, "person-prompt-why");
    // What a journey noted about this step, and what outreach noted about the reach that it stands for.
    let mut traces = traces_of(shared, &look, prompt.effect)?;
    if let Some(journey) = prompt.journey {
        let of_step = |x: &Trace| x.detail.split(' ').next().is_some_and(|step| step.ends_with(prompt.name.as_str()));
        traces.extend(traces_of(shared, &look, EffectId(journey.0))?.into_iter().filter(of_step));
        traces.sort_by_key(|t| t.at);
    }
    let body = html! {
        (view.back())
        h1 { (title) }
        div .two {
            div .side { section .card { h2 { (authored(&prompt.title)) } (about(&view, &prompt)) } }
            div .main { section { h2 { (say!(t, "person-prompt-led")) } (why(&view, &traces)) } }
        }
        p { a href={ "/people/" (look.person) "/prompts/" (prompt.id) } { (say!(t, "person-prompt-open")) } }
    };
    Ok(page::staff(shared, who, &title, "/people", &body))
}

fn about(view: &View<'_>, prompt: &Prompt) -> Markup {
    let t = view.t;
    let journey = view.look.journeys.iter().find(|(row, _)| Some(row.id) == prompt.journey).map(|(row, _)| row);
    html! {
        @if !prompt.reason.is_empty() { p lang=(super::AUTHORS) { (prompt.reason) } }
        dl .facts {
            @match journey {
                Some(row) => {
                    dt { (say!(t, "person-pathway")) }
                    dd { a href={ "/pathways/" (words::encoded(&row.pathway)) } lang=(view.lang_of(row.version)) { (pathway_of(view.shared, row.version).map_or_else(|| row.pathway.clone(), |p| p.title.clone())) } }
                    dt { (say!(t, "person-version-of")) } dd .mono translate="no" { (row.version) }
                },
                None => { dt { (say!(t, "person-pathway")) } dd { (say!(t, "person-rule-of-hub")) } },
            }
            dt { (say!(t, "person-step")) } dd .mono translate="no" { (prompt.name) }
            dt { (say!(t, "person-team")) } dd { (authored(&team(view.shared, &prompt.team))) }
            dt { (say!(t, "person-asked-at")) } dd { (view.time(prompt.opened_at)) }
            dt { (say!(t, "person-due")) } dd { (view.time(prompt.due_at)) }
            dt { (say!(t, "person-attempts")) } dd { (say!(t, "person-attempt", n = prompt.attempt, of = prompt.attempts_max.max(prompt.attempt))) }
            @if let Some(why) = &prompt.withdrawn_because {
                dt { (say!(t, "person-withdrawn")) }
                dd { @match reason(t, why) { Some(words) => (words), None => (authored(why)) } }
            }
            @if let Some(cause) = &prompt.cause { dt { (say!(t, "person-cause")) } dd { (caused(view, cause)) } }
        }
    }
}

/// What led here: the fact is looked for among the latest of the team; else its id is shown.
pub(crate) fn caused(view: &View<'_>, cause: &str) -> Markup {
    const LOOKED_THROUGH: usize = 200;
    use model::fact::Topic;
    let topics = [Topic::Team, Topic::Said, Topic::Heard, Topic::Written];
    let facts = view.shared.store().timeline_of(view.look.person, &topics, None, LOOKED_THROUGH).unwrap_or_default();
    match facts.iter().find(|(_, f)| f.id.to_string() == cause) {
        Some((_, fact)) => {
            html! { (crate::staff::timeline::title(&view.told(), fact)) ", " (view.time(fact.occurred_at)) }
        }
        None => html! { span .mono translate="no" { (cause) } },
    }
}
