//! David's journey as it happens, each event with its why.

use super::why;
use crate::fault::Fault;
use crate::tongue::{Tongue, say};
use crate::{Shared, page, words};
use hub::Look;
use maud::{Markup, html};
use model::fact::RESOURCE_RECEIVED;
use model::message::{Content, Message, Status};
use model::person::{PointKind, PointStatus};
use model::prompt::Prompt;
use model::{At, Channel, Fact, PersonId};

/// Facts looked through for a story.
const FACTS_MAX: usize = 400;
/// Events of a story, the newest first.
const EVENTS_MAX: usize = 40;

/// One person's line as the demo tells it.
pub(super) struct Life {
    pub(super) look: Look,
    /// Newest first.
    pub(super) facts: Vec<Fact>,
    pub(super) messages: Vec<Message>,
    pub(super) prompts: Vec<Prompt>,
}

impl Life {
    /// `None` while there is no such person yet. Blocks.
    pub(super) fn of(shared: &Shared, person: PersonId) -> Result<Option<Self>, Fault> {
        let look = match shared.app.hub.look(person) {
            Ok(look) => look,
            Err(hub::Error::NoSuchPerson) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let store = shared.store();
        let facts = store.timeline(look.person, None, FACTS_MAX)?.into_iter().map(|(_, f)| f).collect();
        let (messages, prompts) =
            (store.messages_of(look.person, FACTS_MAX)?, store.prompts_of(look.person, FACTS_MAX)?);
        Ok(Some(Self { look, facts, messages, prompts }))
    }

    /// When the last stay ended.
    pub(super) fn went_home(&self) -> Option<At> {
        self.look.record.encounters.iter().filter_map(|e| e.discharged_at).max()
    }

    /// The numbers and addresses that reach them.
    pub(super) fn addresses(&self) -> Vec<String> {
        let own = self.look.record.contacts.iter().filter(|c| c.owner.is_none() && c.status == PointStatus::Active);
        let mut all: Vec<_> = own.map(|c| (c.kind != PointKind::Phone, c.rank, c.value.clone())).collect();
        all.sort();
        all.into_iter().map(|(.., value)| value).collect()
    }

    /// Messages that left, by channel.
    pub(super) fn sent(&self) -> Vec<(Channel, usize)> {
        let left = |m: &&Message| matches!(m.status, Status::Accepted | Status::Delivered);
        let count = |c: Channel| self.messages.iter().filter(left).filter(|m| m.channel == c).count();
        Channel::ALL.into_iter().map(|c| (c, count(c))).filter(|(_, n)| *n > 0).collect()
    }

    /// How many facts of a kind there are.
    pub(super) fn count(&self, kind: &str) -> usize {
        self.facts.iter().filter(|f| f.kind == kind).count()
    }

    pub(super) fn zone(&self) -> jiff::tz::TimeZone {
        words::zone(self.look.record.zone.as_deref().unwrap_or("UTC"))
    }
}

/// Whether an event is worth a line: what only repeats another is told with that.
fn matters(fact: &Fact) -> bool {
    let quiet = matches!(fact.kind.as_str(), RESOURCE_RECEIVED | "message.delivered" | "message.queued" | "note.made");
    let done = fact.kind == "reach.ended" && matches!(fact.text("how"), Some("delivered" | "pointless"));
    !quiet && !done
}

/// The column.
pub(super) fn column(shared: &Shared, t: Tongue, life: Option<&Life>) -> Result<Markup, Fault> {
    let Some(life) = life else {
        return Ok(html! { h2 #david-h translate="no" { "David" } p .empty { (say!(t, "demo-not-yet")) } });
    };
    let zone = life.zone();
    let mut shown: Vec<&Fact> = life.facts.iter().filter(|f| matters(f)).take(EVENTS_MAX).collect();
    // Told newest first as they happened; what happened at once, the later heard first (the sort is stable).
    shown.sort_by_key(|f| std::cmp::Reverse(f.occurred_at));
    let mut events = Vec::with_capacity(shown.len());
    for fact in &shown {
        events.push((*fact, quoted(shared, t, life, fact), why::of(shared, t, life, fact)?));
    }
    let newest = events.first().map(|(f, ..)| title(t, life, f)).unwrap_or_default();
    Ok(html! {
        h2 #david-h { span translate="no" { (life.look.record.name) } " " span .tag.with { (say!(t, "demo-with")) } }
        div #david-sum data-live { (sum(t, life)) }
        div .scrolls tabindex="0" role="region" aria-label=(say!(t, "demo-story")) {
            ol .story #david-story data-live data-say=(newest) {
                @for (fact, quoted, why) in &events {
                    li .(class(fact)) {
                        details #{ "e-" (fact.id) } {
                            summary {
                                span .what { (title(t, life, fact)) }
                                @if let Some(words) = quoted { span .words lang=[words.1.as_deref()] translate="no" { (words.0) } }
                                span .when { (page::time(t, fact.occurred_at, &zone)) }
                            }
                            (why)
                        }
                    }
                }
            }
        }
    })
}

/// What reached out so far, in a line.
fn sum(t: Tongue, life: &Life) -> Markup {
    html! {
        ul .sum {
            @for (channel, n) in life.sent() { li { strong { (n) } " " (sent(t, channel, n)) } }
            li { strong { (life.prompts.len()) } " " (say!(t, "demo-sum-prompts", n = life.prompts.len())) }
            li { strong { (life.count("task.done")) } " " (say!(t, "demo-sum-done", n = life.count("task.done"))) }
        }
    }
}

/// What went out by a channel, as it is counted.
fn sent(t: Tongue, channel: Channel, n: usize) -> String {
    let set = if n == 1 { t.pick("demo-sent-one", channel.name()) } else { t.pick("demo-sent", channel.name()) };
    set.unwrap_or_else(|| channel.name().to_owned())
}

/// What happened, in words.
pub(super) fn title(t: Tongue, life: &Life, fact: &Fact) -> String {
    let outcome = || {
        let name = fact.text("outcome").unwrap_or_default();
        let reached = if name == "done" { "reached" } else { name };
        t.pick("demo-outcome", reached).unwrap_or_else(|| words::label(name))
    };
    let class = || {
        let name = fact.text("class").unwrap_or_default();
        t.pick("demo-class", name).unwrap_or_else(|| words::label(name))
    };
    match fact.kind.as_str() {
        "message.accepted" => {
            let about = message_of(life, fact);
            let how = about.and_then(|m| t.pick("demo-left", m.channel.name()));
            let end = about.and_then(|m| t.pick("demo-end", m.status.name())).unwrap_or_default();
            format!("{}{end}", how.unwrap_or_else(|| say!(t, "demo-left-other")))
        }
        "call.ended" if fact.flag("answered") == Some(true) => say!(t, "demo-call-answered"),
        "call.ended" => say!(t, "demo-call-missed"),
        "reply.classified" => say!(t, "demo-understood", class = class()),
        "prompt.completed" => say!(t, "demo-outcome", outcome = outcome()),
        "prompt.corrected" => say!(t, "demo-corrected", outcome = outcome()),
        kind => t.pick("demo-fact", &kind.replace('.', "-")).unwrap_or_else(|| words::label(&kind.replace('.', " "))),
    }
}

/// The message that a fact is about.
pub(super) fn message_of<'a>(life: &'a Life, fact: &Fact) -> Option<&'a Message> {
    let id = fact.text("message")?;
    life.messages.iter().find(|m| m.id.to_string() == id)
}

/// The prompt that a fact is about.
pub(super) fn prompt_of<'a>(life: &'a Life, fact: &Fact) -> Option<&'a Prompt> {
    let id = fact.text("prompt")?;
    life.prompts.iter().find(|p| p.id.to_string() == id)
}

/// The words that were said, with their language where it is known.
fn quoted(shared: &Shared, t: Tongue, life: &Life, fact: &Fact) -> Option<(String, Option<String>)> {
    let known = |text: &str, language: &str| Some((text.to_owned(), Some(language.to_owned())));
    match fact.kind.as_str() {
        "message.accepted" => {
            let m = message_of(life, fact)?;
            match &m.content {
                Content::Sms { text }
                | Content::Portal { text }
                | Content::Push { text, .. }
                | Content::Chat { text }
                | Content::Voicemail { text, .. } => known(text, &m.language),
                Content::Email { subject, .. } => known(subject, &m.language),
                Content::Voice { .. } => known(&words::label(&m.words), "en"),
            }
        }
        "reply.received" => Some((format!("“{}”", fact.text("text")?), None)),
        "prompt.opened" => known(&prompt_of(life, fact)?.title, "en"),
        "task.done" => {
            let id = fact.text("task")?;
            let item = id.split('@').next().unwrap_or(id);
            let in_force = shared.app.hub.in_force();
            let mut items = in_force.iter().flat_map(|p| &p.checklists).flat_map(|list| &list.items);
            let task = life.look.tasks.iter().find(|task| task.id == id).map(|task| (task.text.clone(), "en".into()));
            let other =
                || items.find(|i| i.name == item).and_then(|i| i.texts.first()).map(|(l, w)| (w.clone(), l.clone()));
            let (text, language) = task.or_else(other).unwrap_or_else(|| (say!(t, "demo-a-task"), t.tag().to_owned()));
            known(&text, &language)
        }
        "medication.ready" | "medication.picked_up" | "medication.requested" | "medication.stopped" => {
            let id = fact.text("id")?;
            let named = life.look.record.prescriptions.iter().find(|rx| rx.id == id)?;
            known(&named.concept.text, "en")
        }
        "journey.started" | "journey.ended" => {
            let name = fact.text("pathway")?;
            let in_force = shared.app.hub.in_force();
            let titled = in_force.iter().find(|p| p.name == name);
            known(&titled.map_or_else(|| words::label(name), |p| p.title.clone()), "en")
        }
        "consent.changed" => {
            let may = if fact.flag("allowed")? { say!(t, "timeline-allowed") } else { say!(t, "timeline-refused") };
            let channel = fact.text("channel").and_then(model::Channel::named).map(|c| words::channel(t, c));
            let purpose = fact.text("purpose").and_then(|p| t.pick("timeline-purpose", p));
            let what: Vec<String> = [channel, purpose].into_iter().flatten().collect();
            known(&[what.join(", "), may].into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(": "), t.tag())
        }
        "preference.changed" => {
            let all = fact.body.as_object()?.iter();
            let said = all.filter_map(|(name, value)| {
                let wish = t.pick("demo-wish", name)?;
                let clock = |m: &serde_json::Value| {
                    let m = m.as_i64().unwrap_or_default();
                    format!("{}:{:02}", m / 60, m % 60)
                };
                let value = match (name.as_str(), value) {
                    ("language", v) => words::language(t, v.as_str()?),
                    (_, serde_json::Value::Bool(true)) => say!(t, "timeline-yes"),
                    (_, serde_json::Value::Bool(false)) => say!(t, "timeline-no"),
                    ("quiet", serde_json::Value::Array(hours)) => hours.iter().map(clock).collect::<Vec<_>>().join("–"),
                    ("paused_until", v) if !v.is_null() => {
                        let at: At = serde_json::from_value(v.clone()).ok()?;
                        words::moment(t, at, &life.zone())
                    }
                    _ => "–".to_owned(),
                };
                Some(format!("{wish}: {value}"))
            });
            known(&said.collect::<Vec<_>>().join(" · "), t.tag()).filter(|(text, _)| !text.is_empty())
        }
        "appointment.booked" | "appointment.moved" => {
            let id = fact.text("id")?;
            let visit = life.look.record.appointments.iter().find(|a| a.id == id)?;
            known(&visit.with, "en").filter(|(text, _)| !text.is_empty())
        }
        _ => None,
    }
}

/// The class that an event is drawn with.
fn class(fact: &Fact) -> &'static str {
    match fact.kind.split('.').next().unwrap_or_default() {
        "message" | "reply" | "call" | "reach" => "said",
        "prompt" => "team",
        "journey" | "enrolment" => "wait",
        "task" | "consent" | "preference" | "contact" => "voice",
        _ => "care",
    }
}
