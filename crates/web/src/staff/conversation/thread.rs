//! The thread: ours on the right, theirs on the left, notes of the team between them; and what waits to be sent.

use super::compose::named;
use super::{path, unread};
use crate::fault::Fault;
use crate::staff::person::View;
use crate::staff::timeline::draw::{state, without_tokens};
use crate::staff::timeline::read::{Line, Page};
use crate::staff::timeline::{DANGER_AND_STOP, actor, authored, class_of, details, plain, title, trace};
use crate::tongue::say;
use crate::{page, words};
use maud::{Markup, html};
use model::message::{CallStep, Content, Message, Status};
use model::{Channel, EffectId, Fact, MessageId};
use outreach::WRITTEN;
use store::Unread;
use turn::talk;

/// Characters of one message that are shown; its own page shows all.
const SHOWN_MAX: usize = 2_000;

/// Where what somebody wrote stands.
enum Stands {
    /// It became a message.
    Is(Box<Message>),
    /// It waits, until then, for this.
    Waits(model::At, &'static str),
    /// It was taken back, or could not be sent.
    Gone,
}

struct Thread<'a> {
    view: &'a View<'a>,
    written: Vec<Message>,
    /// How replies were understood, by the reply.
    classes: Vec<(String, String)>,
}

/// The thread, the newest at the bottom. Blocks.
pub(super) fn thread(view: &View<'_>, said: Page, older: bool, unread: Option<&Unread>) -> Result<Markup, Fault> {
    let t = view.t;
    let facts: Vec<&Fact> = said.lines.iter().map(|l| &l.fact).collect();
    let ids: Vec<MessageId> = facts.iter().filter(|f| f.kind == talk::WRITTEN).map(|f| talk::message_of(f)).collect();
    let written = if ids.is_empty() { Vec::new() } else { view.shared.store().messages(view.look.person, &ids)? };
    let class = |f: &&&Fact| f.kind == "reply.classified";
    let understood = |f: &&Fact| Some((f.text("reply")?.to_owned(), class_of(f).to_owned()));
    let classes = facts.iter().filter(class).filter_map(understood).collect();
    let thread = Thread { view, written, classes };
    let mut lines: Vec<&Line> = said.lines.iter().filter(|line| !thread.is_told_elsewhere(line, &facts)).collect();
    lines.reverse();
    let newest = lines.last().map(|line| thread.newest(&line.fact));
    let path = path(view.look.person);
    let first_new = lines.iter().position(|line| unread.is_some_and(|u| u.facts.contains(&line.fact.id)));
    Ok(html! {
        @if let Some(before) = said.earlier {
            p .more { a .button #earlier href={ (path) "?before=" (before) } { (say!(t, "conversation-earlier")) } }
        }
        @if older { p .more { a href=(path) { (say!(t, "conversation-newest")) } } }
        div .said tabindex="0" role="region" aria-labelledby="talk-h" {
            ol .thread #thread data-live data-say=[newest] {
                @if lines.is_empty() { li .line .muted { (say!(t, "conversation-nothing")) } }
                @for (n, line) in lines.iter().enumerate() {
                    @let day = line.fact.occurred_at.date_in(&view.zone);
                    @if n == 0 || lines[n - 1].fact.occurred_at.date_in(&view.zone) != day {
                        li .day { (words::long_day(t, day)) " " (day.year()) }
                    }
                    @if let Some(unread) = unread.filter(|_| first_new == Some(n)) { (unread::divider(view, unread)) }
                    (thread.line(line))
                }
            }
        }
    })
}

impl Thread<'_> {
    /// What another line of the thread says already.
    fn is_told_elsewhere(&self, line: &Line, facts: &[&Fact]) -> bool {
        let fact = &line.fact;
        let reply = |f: &&&Fact| f.kind == "reply.received" && Some(f.id.to_string().as_str()) == fact.text("reply");
        let by_staff = line.message.as_ref().is_some_and(|m| m.words == WRITTEN && m.journey.is_none());
        match fact.kind.as_str() {
            // That it was accepted is no news, and that it was too late is told as its end.
            "message.accepted" | "message.expired"
                if line.message.as_ref().is_some_and(|m| m.words == turn::STAFF_CALL) =>
            {
                true
            }
            "reply.classified" => facts.iter().any(|f| reply(&f)),
            "message.accepted" | "message.failed" | "message.unknown" | "message.expired" => by_staff,
            // That nobody took it is for the outbox: how it went, or that it did not, is told by itself.
            "message.withdrawn" | "message.queued" | "message.returned" => true,
            _ => false,
        }
    }

    /// The newest line in a sentence, said aloud when it changes.
    fn newest(&self, fact: &Fact) -> String {
        let view = self.view;
        let at = words::clock(view.t, fact.occurred_at, &view.zone);
        match fact.kind.as_str() {
            "reply.received" => {
                say!(view.t, "conversation-new-theirs", name = crate::staff::called(&view.look.record), at = at)
            }
            _ => say!(view.t, "conversation-new", at = at),
        }
    }

    fn when(&self, fact: &Fact) -> Markup {
        let at = fact.occurred_at;
        html! { time datetime=(words::machine(at)) { (words::clock(self.view.t, at, &self.view.zone)) } }
    }

    fn line(&self, line: &Line) -> Markup {
        match (line.fact.kind.as_str(), &line.message) {
            (talk::WRITTEN, _) => self.by_staff(&line.fact),
            ("message.accepted", Some(message)) if message.words != turn::NOTICE => {
                self.by_machine(&line.fact, message)
            }
            ("reply.received", _) => self.theirs(&line.fact),
            (talk::NOTE, _) => self.note(&line.fact),
            _ => self.event(&line.fact),
        }
    }

    fn stands(&self, fact: &Fact) -> Stands {
        let (reach, message) = (talk::reach_of(fact), talk::message_of(fact));
        if let Some(found) = self.written.iter().find(|m| m.id == message) {
            return Stands::Is(Box::new(found.clone()));
        }
        let held = self.view.look.outreach.held().into_iter().find(|h| h.reach == reach);
        held.map_or(Stands::Gone, |h| Stands::Waits(h.until, h.code))
    }

    /// What a member of staff wrote: right, with who, where it goes and how it stands.
    fn by_staff(&self, fact: &Fact) -> Markup {
        let (t, view) = (self.view.t, self.view);
        let channel = fact.text("channel").and_then(Channel::named);
        let reach = talk::reach_of(fact);
        let stands = self.stands(fact);
        let waits = matches!(stands, Stands::Waits(..)) || view.look.outreach.not_left(reach).is_some();
        html! {
            li .ours .by-staff #{ "w-" (fact.id) } {
                p .head {
                    strong translate="no" { (fact.text("by").filter(|by| !by.is_empty()).map_or_else(|| actor(&view.told(), fact), plain)) } " "
                    @if let Some(channel) = channel { span .badge { (words::channel(t, channel)) } " " }
                    (self.when(fact))
                    @if let Some(to) = fact.text("to") { " " span .small { (self.whom(to, fact.occurred_at)) } }
                }
                p .words lang=(fact.text("language").unwrap_or("en")) { (cut(fact.text("text").unwrap_or_default())) }
                p .foot {
                    @match &stands {
                        Stands::Is(m) => { (self.status(m)) " · " (self.why(&format!("messages/{}", m.id), "written")) },
                        Stands::Waits(until, code) => {
                            strong { (trace(&view.told(), code, &format!("until={until}"))) } " · " (self.why(&format!("reaches/{reach}"), "written"))
                        },
                        Stands::Gone => { span .flag { (say!(t, "conversation-not-sent")) } " · " (self.why(&format!("reaches/{reach}"), "written")) },
                    }
                }
                @if waits { (take_back(view, reach)) }
            }
        }
    }

    /// Whom it went to, where that was somebody near by a grant.
    fn whom(&self, to: &str, at: model::At) -> Markup {
        // Of several who have this number, or had: whose grant held then, the widest first.
        let theirs = self.view.look.record.ways.grants.iter().filter(|g| g.contacts.iter().any(|held| held == to));
        let grant = theirs.max_by_key(|g| (g.from <= at && at < g.until, g.scope.contains(&record::ways::Scope::All)));
        let name = grant.map_or_else(|| to.to_owned(), |g| named(&g.name, &g.relation));
        html! { (say!(self.view.t, "conversation-to-related", name = name)) }
    }

    fn status(&self, m: &Message) -> Markup {
        let t = self.view.t;
        let wrong = matches!(m.status, Status::Failed | Status::Unknown);
        html! {
            span .flag[wrong] { (state(t, m.status)) }
            @if let Some(error) = &m.error { " (" span .mono lang="en" { (error) } ")" }
        }
    }

    /// A message of a pathway, or of a rule of the hub: right, and marked as automatic.
    fn by_machine(&self, fact: &Fact, m: &Message) -> Markup {
        let (t, view) = (self.view.t, self.view);
        let standing = view.shared.pathways().iter().any(|p| p.name == m.pathway && p.standing);
        html! {
            li .ours .automatic #{ "m-" (m.id) } {
                p .head {
                    strong translate="no" { (view.shared.app.hub.settings().clinic.name) } " "
                    span .badge { (words::channel(t, m.channel)) } " "
                    span .badge { (if standing { say!(t, "conversation-answer") } else { say!(t, "conversation-automatic") }) } " "
                    (self.when(fact))
                }
                p .words lang=(m.language) { (said(&m.content)) }
                p .foot { (self.status(m)) " · " (self.why(&format!("messages/{}", m.id), &words::label(&m.words))) }
            }
        }
    }

    /// The person's words: left, with how they were understood.
    fn theirs(&self, fact: &Fact) -> Markup {
        let (t, view) = (self.view.t, self.view);
        let channel = fact.text("channel").and_then(|c| t.pick("channel", c));
        let id = fact.id.to_string();
        let class = self.classes.iter().find(|(reply, _)| *reply == id).map(|(_, class)| class.as_str());
        let files = fact.body.get("media").and_then(serde_json::Value::as_u64).unwrap_or_default();
        let named = |class: &str| t.pick("timeline-class", class).unwrap_or_else(|| words::label(class));
        html! {
            li .theirs #{ "r-" (id) } {
                p .head {
                    strong translate="no" { (crate::staff::called(&view.look.record)) } " "
                    @if let Some(channel) = channel { span .badge { (channel) } " " }
                    (self.when(fact))
                    @if let Some(from) = fact.text("from") { " · " span .small translate="no" { (from) } }
                }
                p .words translate="no" { (cut(fact.text("text").unwrap_or_default())) }
                @if files > 0 { p .small { span .flag { (say!(t, "conversation-files", n = files)) } } }
                p .foot {
                    @if fact.flag("auto") == Some(true) { (say!(t, "conversation-auto-reply")) }
                    @else if let Some(class) = class { span .flag[matches!(class, "red_flag" | DANGER_AND_STOP)] { (say!(t, "conversation-understood", class = named(class))) } }
                    @if fact.text("authentic") == Some("fail") { " · " span .flag { (say!(t, "conversation-not-authentic")) } }
                }
            }
        }
    }

    /// What staff say to each other: between both, marked as internal.
    fn note(&self, fact: &Fact) -> Markup {
        let (t, view) = (self.view.t, self.view);
        html! {
            li .ours .team .note #{ "n-" (fact.id) } {
                p .head {
                    strong translate="no" { (fact.text("by").filter(|by| !by.is_empty()).map_or_else(|| actor(&view.told(), fact), plain)) } " "
                    span .badge { (say!(t, "conversation-internal")) } " " (self.when(fact))
                }
                p .words translate="no" { (cut(fact.text("text").unwrap_or_default())) }
            }
        }
    }

    /// Anything else: a small line, with what was pressed on a call.
    fn event(&self, fact: &Fact) -> Markup {
        let (t, view) = (self.view.t, self.view);
        let known = view.told();
        let marks = fact.body.get("marks").and_then(|m| m.as_array()).into_iter().flatten().filter_map(|m| m.as_str());
        let marks: Vec<String> = marks
            .map(|mark| {
                t.pick("conversation-mark", mark).unwrap_or_else(|| words::label(&mark.replace([':', '='], " ")))
            })
            .collect();
        let more = details(&known, fact);
        html! {
            li .line {
                p { (title(&known, fact)) }
                @if !marks.is_empty() { p .small { (say!(t, "conversation-pressed", what = marks.join(", "))) } }
                @if !more.is_empty() { p .small { @for (n, part) in more.iter().enumerate() { @if n > 0 { " · " } (part) } } }
                p .small.muted { (self.when(fact)) }
            }
        }
    }

    fn why(&self, place: &str, about: &str) -> Markup {
        let view = self.view;
        html! {
            a .why href={ "/people/" (view.look.person) "/" (place) } {
                (say!(view.t, "timeline-why")) span .hidden { ": " (plain(about)) }
            }
        }
    }
}

fn take_back(view: &View<'_>, reach: EffectId) -> Markup {
    html! {
        form method="post" action={ (path(view.look.person)) "/back" } {
            (page::token(&view.who.csrf)) (page::once())
            input type="hidden" name="reach" value=(reach);
            button .quiet #{ "back-" (reach) } { (say!(view.t, "conversation-take-back")) }
        }
    }
}

/// What waits to be sent by itself, beside the thread.
pub(super) fn waiting(view: &View<'_>) -> Markup {
    let t = view.t;
    let held: Vec<_> = view.look.outreach.held().into_iter().filter(|h| h.words != WRITTEN).collect();
    html! {
        @if !held.is_empty() {
            section .card aria-labelledby="waits-h" {
                h2 #waits-h { (say!(t, "conversation-waits")) }
                ul .list {
                    @for h in &held {
                        li {
                            (authored(&words::label(h.words))) " " span .badge { (words::channel(t, h.channel)) }
                            p .small { (trace(&view.told(), h.code, &format!("until={}", h.until))) }
                        }
                    }
                }
            }
        }
    }
}

fn cut(text: &str) -> String {
    let cut: String = text.chars().take(SHOWN_MAX).collect();
    if cut.len() < text.len() { format!("{}…", cut.trim_end()) } else { cut }
}

/// The words of a message, whatever carried them.
fn said(content: &Content) -> String {
    #[expect(clippy::wildcard_enum_match_arm, reason = "a step of a call that says nothing is not shown")]
    let text = match content {
        Content::Voice { call } => {
            let said = call.script.iter().filter_map(|step| match step {
                CallStep::Say { text } | CallStep::Ask { text, .. } => Some(text.as_str()),
                _ => None,
            });
            said.collect::<Vec<_>>().join(" ")
        }
        Content::Email { subject, text, .. } => format!("{subject}\n{text}"),
        Content::Push { title, text, .. } => format!("{title}\n{text}"),
        Content::Sms { text } | Content::Portal { text } | Content::Voicemail { text, .. } | Content::Chat { text } => {
            text.clone()
        }
    };
    cut(&without_tokens(&text))
}
