//! The timeline as a thread: what we said on the right, the person's words on the left, all else between them.

use super::read::{Asked, FILTERS, Line, Page};
use super::{Known, actor, details, plain, title};
use crate::tongue::{Tongue, say};
use crate::words;
use maud::{Markup, html};
use model::fact::Topic;
use model::message::{CallStep, Content, Message, Status};
use model::{Channel, Fact, Origin, PersonId};

/// Characters of a message that the thread shows; the message's own page shows all.
const QUOTE_MAX: usize = 240;

/// Draws the timeline of one line.
pub(crate) struct Thread<'a> {
    pub(crate) known: Known<'a>,
    pub(crate) person: PersonId,
    pub(crate) asked: &'a Asked,
    /// Sources that said something, for the second filter.
    pub(crate) sources: Vec<String>,
}

impl Thread<'_> {
    fn link(&self, kind: &str, by: &str, before: Option<i64>) -> String {
        let mut query = Vec::new();
        for (name, value) in [("kind", kind), ("by", by), ("line", self.asked.line.as_str())] {
            if !value.is_empty() {
                query.push(format!("{name}={}", words::encoded(value)));
            }
        }
        query.extend(before.map(|n| format!("before={n}")));
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        format!("/people/{}{query}#timeline-h", self.person)
    }

    /// Both filters and the page.
    pub(crate) fn show(&self, page: &Page) -> Markup {
        let (t, (kind, _)) = (self.known.t, self.asked.filter());
        html! {
            h2 #timeline-h tabindex="-1" { (say!(t, "timeline-heading")) }
            nav .filter aria-label=(say!(t, "timeline-filter")) {
                @for (key, _) in FILTERS {
                    a href=(self.link(key, &self.asked.by, None)) aria-current=[(kind == key).then_some("true")] {
                        (t.pick("timeline-filter", if key.is_empty() { "matters" } else { key }).unwrap_or_default())
                    }
                }
            }
            (self.second(kind))
            ol .thread #timeline data-live {
                @if page.lines.is_empty() { li .line .muted { (say!(t, "timeline-empty")) } }
                @for (n, line) in page.lines.iter().enumerate() {
                    @let day = line.fact.occurred_at.date_in(self.known.zone);
                    @if n == 0 || page.lines[n - 1].fact.occurred_at.date_in(self.known.zone) != day {
                        li .day { (words::long_day(t, day)) " " (day.year()) }
                    }
                    (self.line(line))
                }
            }
            @if let Some(before) = page.earlier {
                @if page.cut { p .muted { (say!(t, "timeline-cut")) } }
                p .more { a .button #timeline-earlier href=(self.link(kind, &self.asked.by, Some(before))) { (say!(t, "timeline-earlier")) } }
            }
            @if self.asked.before.is_some() {
                p .more { a href=(self.link(kind, &self.asked.by, None)) { (say!(t, "timeline-newest")) } }
            }
        }
    }

    /// The second filter: by channel or source.
    fn second(&self, kind: &str) -> Markup {
        let t = self.known.t;
        html! {
            form .by method="get" action={ "/people/" (self.person) "#timeline-h" } {
                @if !kind.is_empty() { input type="hidden" name="kind" value=(kind); }
                @if !self.asked.line.is_empty() { input type="hidden" name="line" value=(self.asked.line); }
                label for="by" { (say!(t, "timeline-by")) }
                select #by name="by" {
                    option value="" { (say!(t, "timeline-by-all")) }
                    optgroup label=(say!(t, "timeline-by-channel")) {
                        @for c in Channel::ALL {
                            option value=(c.name()) selected[self.asked.by == c.name()] { (words::channel(t, c)) }
                        }
                    }
                    optgroup label=(say!(t, "timeline-by-source")) {
                        @for s in &self.sources {
                            @let value = format!("source:{s}");
                            option value=(value) selected[self.asked.by == value] translate="no" { (s) }
                        }
                    }
                }
                button .quiet { (say!(t, "timeline-by-show")) }
            }
        }
    }

    fn line(&self, line: &Line) -> Markup {
        match (line.fact.kind.as_str(), &line.message) {
            // A notice to the care team is no word to the person.
            ("message.accepted", Some(message))
                if ![turn::NOTICE, turn::STAFF_CALL].contains(&message.words.as_str()) =>
            {
                self.ours(&line.fact, message)
            }
            ("reply.received", _) => self.theirs(&line.fact),
            ("prompt.completed" | "prompt.corrected", _) => self.staff(&line.fact),
            _ => self.event(line),
        }
    }

    fn when(&self, fact: &Fact) -> Markup {
        let (t, at) = (self.known.t, fact.occurred_at);
        html! {
            time datetime=(words::machine(at)) { (words::clock(t, at, self.known.zone)) }
            @if fact.origin != Origin::Live { " · " (say!(t, "timeline-history")) }
        }
    }

    /// A message of ours: right, with its channel, its state and why.
    fn ours(&self, fact: &Fact, m: &Message) -> Markup {
        let t = self.known.t;
        let wrong = matches!(m.status, Status::Failed | Status::Unknown);
        html! {
            li .ours #{ "m-" (m.id) } {
                p .head {
                    strong translate="no" { (self.known.shared.app.hub.settings().clinic.name) } " "
                    span .badge { (words::channel(t, m.channel)) } " " (self.when(fact))
                }
                p .words lang=(m.language) { (quote(&m.content)) }
                p .foot {
                    span .flag[wrong] { (state(t, m.status)) }
                    @if m.again.is_some() { " · " span .flag { (say!(t, "timeline-again")) } }
                    @if let Some(error) = &m.error { " (" span .mono lang="en" { (error) } ")" }
                    " · " (self.why(&format!("messages/{}", m.id), &words::label(&m.words)))
                }
            }
        }
    }

    /// The person's words: left.
    fn theirs(&self, fact: &Fact) -> Markup {
        let t = self.known.t;
        let channel = fact.text("channel").unwrap_or_default();
        html! {
            li .theirs {
                p .head {
                    strong translate="no" { (super::super::called(self.known.record)) } " "
                    @if let Some(channel) = t.pick("channel", channel) { span .badge { (channel) } " " }
                    (self.when(fact))
                }
                p .words translate="no" { (fact.text("text").unwrap_or_default()) }
            }
        }
    }

    /// What someone of the team did, with their note: right.
    fn staff(&self, fact: &Fact) -> Markup {
        html! {
            li .ours.team {
                p .head { strong { (actor(&self.known, fact)) } " " (self.when(fact)) }
                p .words { (title(&self.known, fact)) }
                (self.more(fact))
            }
        }
    }

    fn more(&self, fact: &Fact) -> Markup {
        let parts = details(&self.known, fact);
        html! {
            @if !parts.is_empty() {
                p .small { @for (n, part) in parts.iter().enumerate() { @if n > 0 { " · " } (part) } }
            }
        }
    }

    /// Anything else: a small line between both.
    fn event(&self, line: &Line) -> Markup {
        let fact = &line.fact;
        let topic = match Topic::of(&fact.kind, &fact.body) {
            Topic::Care => "care",
            Topic::Team => "asked",
            Topic::Wishes => "wishes",
            _ => "system",
        };
        html! {
            li .line.(topic) {
                p {
                    (title(&self.known, fact))
                    @if let Some(m) = &line.message {
                        " · " (super::words_of(self.known.t, &m.words)) " " span .badge { (words::channel(self.known.t, m.channel)) }
                    }
                }
                (self.more(fact))
                p .small.muted {
                    (self.when(fact)) " · " (actor(&self.known, fact))
                    @if let Some((place, about)) = why_of(fact) { " · " (self.why(&place, &about)) }
                }
            }
        }
    }

    fn why(&self, place: &str, about: &str) -> Markup {
        let t = self.known.t;
        html! {
            a .why href={ "/people/" (self.person) "/" (place) } {
                (say!(t, "timeline-why")) span .hidden { ": " (plain(about)) }
            }
        }
    }
}

/// Where a fact's "why" is told: its page under the person, and what it is about.
fn why_of(fact: &Fact) -> Option<(String, String)> {
    let part = fact.kind.split('.').next().unwrap_or_default();
    let about = |key: &str| words::label(fact.text(key).unwrap_or_default());
    match part {
        "message" | "call" => Some((format!("messages/{}", fact.text("message")?), about("words"))),
        "reach" => Some((format!("reaches/{}", fact.text("reach")?), about("words"))),
        "prompt" => Some((format!("prompts/{}/why", fact.text("prompt")?), about("name"))),
        _ => None,
    }
}

/// Where a message stands, in words.
pub(crate) fn state(t: Tongue, status: Status) -> String {
    t.pick("timeline-state", status.name()).unwrap_or_else(|| status.name().to_owned())
}

/// The words without what opens the person's own page: a signed link is theirs alone.
pub(crate) fn without_tokens(text: &str) -> String {
    without(&without(text, "/t/"), "/n/")
}

fn without(text: &str, path: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (n, part) in text.split(path).enumerate() {
        if n == 0 {
            out.push_str(part);
            continue;
        }
        let end = part.find(|c: char| !(c.is_ascii_alphanumeric() || ".-_~".contains(c))).unwrap_or(part.len());
        out.push_str(path);
        out.push('…');
        out.push_str(&part[end..]);
    }
    out
}

/// The words of a message, or their beginning.
fn quote(content: &Content) -> String {
    let text = match content {
        Content::Sms { text }
        | Content::Portal { text }
        | Content::Push { text, .. }
        | Content::Chat { text }
        | Content::Voicemail { text, .. } => text.clone(),
        Content::Email { subject, .. } => subject.clone(),
        Content::Voice { call } => {
            let said = call.script.iter().filter_map(|step| match step {
                CallStep::Say { text } | CallStep::Ask { text, .. } => Some(text.as_str()),
                _ => None,
            });
            said.collect::<Vec<_>>().join(" ")
        }
    };
    let text = without_tokens(&text);
    let cut: String = text.chars().take(QUOTE_MAX).collect();
    if cut.len() < text.len() { format!("{}…", cut.trim_end()) } else { cut }
}
