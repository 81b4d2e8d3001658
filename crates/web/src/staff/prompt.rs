//! A prompt: whom to call, why and how, and what came of it. After its end, the outcome can be corrected.

pub(super) mod ahead;
mod draft;
mod form;
mod said;

use super::desk_words::{self, due, need, soon, whose};
use super::worklist::claim;
use super::{called, number};
use crate::auth::account;
use crate::auth::guard::{Fields, Who};
use crate::fault::Fault;
use crate::tongue::{Tongue, say};
use crate::{Shared, State, page, words};
use axum::Extension;
use axum::extract::Path;
pub(crate) use draft::post as keep_draft;
pub(in crate::staff) use draft::undone as keep_undone;

/// What somebody has typed and not sent, for other pages that keep it the same way.
pub(in crate::staff) mod drafts {
    pub(in crate::staff) use super::draft::{keep, of};
}

use hub::Look;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use model::message::{Content, Message, Status};
use model::prompt::{Prompt, PromptStatus};
use model::{At, PersonId, PromptId, Value};
pub(in crate::staff) use said::has_ended;
pub(crate) use said::{complete, correct};

/// No note or free answer is longer, characters.
const NOTE_MAX: usize = 2_000;
/// Messages that are looked through for those the person got last.
const MESSAGES_MAX: usize = 20;
/// Messages shown.
const SENT_MAX: usize = 3;
/// Of each, so much is shown, characters.
const WORDS_MAX: usize = 160;

/// The person and the prompt, if the account may see both: a prompt has a site of its own. Blocks.
pub(in crate::staff) fn open(
    shared: &Shared,
    who: &Who,
    person: PersonId,
    id: PromptId,
    page: &str,
) -> Result<(Look, Prompt), Fault> {
    let look = shared.app.hub.look(person)?;
    let prompt = shared.store().prompt(look.person, id)?.ok_or(Fault::NotFound)?;
    if !super::may_work(who, &prompt, Some(&look.record)) {
        return Err(Fault::Forbidden);
    }
    page::saw(shared, &who.account.name, &[look.person], page)?;
    Ok((look, prompt))
}

/// The page.
pub(crate) async fn show(
    state: State,
    Extension(who): Extension<Who>,
    Path((person, prompt)): Path<(String, String)>,
) -> Result<Markup, Fault> {
    let (person, prompt): (PersonId, PromptId) = (super::id(&person)?, super::id(&prompt)?);
    state
        .read(move |shared| {
            let kept = draft::of(shared, &who, prompt)?;
            render(shared, &who, person, prompt, &kept, None)
        })
        .await
}

/// What a prompt's page is drawn with.
struct View<'a> {
    shared: &'a Shared,
    who: &'a Who,
    t: Tongue,
    look: &'a Look,
    prompt: &'a Prompt,
    now: At,
    zone: TimeZone,
}

fn render(
    shared: &Shared,
    who: &Who,
    person: PersonId,
    id: PromptId,
    given: &Fields,
    error: Option<&str>,
) -> Result<Markup, Fault> {
    let (look, prompt) = open(shared, who, person, id, "/people/{id}/prompts/{prompt}")?;
    let zone = words::zone(&shared.app.hub.settings().clinic.zone);
    let t = who.tongue;
    let view = View { shared, who, t, look: &look, prompt: &prompt, now: shared.now(), zone };
    let body = html! {
        p { a href={ "/people/" (look.person) } { "← " span translate="no" { (look.record.name) } } }
        h1 lang="en" { (prompt.title) }
        @if let Some(error) = error { p .error role="alert" #error { (error) } }
        (view.state())
        div .two {
            div .side { (super::conversation::listed(shared, who, &look)?) (view.dial()?) (view.why()) (view.sent()?) }
            div .main #work data-live[!(prompt.status.is_open() && prompt.desk.held.is_none())] { (view.work(given, error)?) }
        }
        (desk_words::keys(t))
    };
    Ok(page::staff(shared, who, &prompt.title, "/", &body))
}

impl View<'_> {
    /// How the prompt stands, kept live while the form is being filled.
    fn state(&self) -> Markup {
        let (t, p, now) = (self.t, self.prompt, self.now);
        let open = p.status.is_open() && p.desk.held.is_none();
        html! {
            div #state .row.state-bar data-live data-say=(self.standing()) {
                @if open {
                    strong .due.(words::due_class(p.due_at, now)) {
                        @if p.urgent { span .flag { (say!(t, "worklist-urgent")) } " · " }
                        (due(t, p.due_at, now))
                    }
                    (claim(self.who, p, now))
                    @for line in desk_words::states(self.shared, self.who, p, now, &self.zone) { p .small.state { (line) } }
                } @else if p.desk.held.is_some() {
                    (desk_words::saved(self.shared, self.who, p, now))
                } @else {
                    strong #standing { (self.standing()) }
                    @if let Some(at) = p.desk.closed_at { span .muted { (words::ago(t, at, now)) } }
                }
            }
        }
    }

    /// The same in a sentence, said aloud when it changes.
    fn standing(&self) -> String {
        let (t, p) = (self.t, self.prompt);
        match p.status {
            PromptStatus::Withdrawn => say!(t, "prompt-moot", why = desk_words::moot(t, p)),
            PromptStatus::Completed => {
                let said = p.outcome.map_or_else(String::new, |o| desk_words::outcome(t, o));
                say!(t, "prompt-done", who = p.assignee.as_deref().unwrap_or("–"), outcome = said)
            }
            _ if p.desk.held.is_some() => say!(t, "prompt-saved"),
            _ => match turn::desk::claimed_by(p, self.now) {
                Some(name) if name == self.who.account.name => say!(t, "prompt-is-yours"),
                Some(name) => say!(t, "prompt-is-taken", name = name),
                None => say!(t, "prompt-is-free"),
            },
        }
    }

    /// The number, large, and who answers it.
    fn dial(&self) -> Result<Markup, Fault> {
        let (t, record) = (self.t, &self.look.record);
        let open = self.prompt.status.is_open() && self.prompt.desk.held.is_none();
        Ok(html! {
            section .card.dial.urgent[self.prompt.urgent] aria-labelledby="dial-h" {
                h2 #dial-h .hidden { (say!(t, "prompt-dial")) }
                @match number(record) {
                    Some(number) => a #dial .button.primary href={ "tel:" (number.value) } {
                        (say!(t, "prompt-call", number = number.value)) (whose(t, number, record))
                    },
                    None => p .flag { (say!(t, "prompt-no-number")) },
                }
                p .ask-for {
                    (say!(t, "prompt-ask-for")) " " strong translate="no" { (called(record)) }
                    @if called(record) != record.name { " (" span translate="no" { (record.name) } ")" }
                    @if let Some(pronouns) = &record.pronouns { " · " span lang="en" { (pronouns) } }
                }
                @let language = record.language.as_deref().map(|l| words::language(t, l));
                @let other = record.language.as_deref().is_some_and(|l| !l.starts_with("en"));
                p .need[other] {
                    @match language { Some(l) => (say!(t, "prompt-speaks", language = l)),
                        None => (say!(t, "worklist-language-unknown")) }
                }
                @if !record.needs.is_empty() {
                    ul .needs { @for one in &record.needs { li { "⚠ " (need(t, *one)) } } }
                }
                @if open { (super::call::card(self.shared, self.who, self.look, Some(self.prompt.id))?) }
            }
        })
    }

    /// Why, and what to do: the journey's own words.
    fn why(&self) -> Markup {
        let (t, p, record) = (self.t, self.prompt, &self.look.record);
        let waits =
            record.prescriptions.iter().filter(|rx| rx.picked_up_at.is_none() && !rx.stopped && rx.ready_at.is_some());
        html! {
            section .card aria-labelledby="why-h" {
                h2 #why-h { (say!(t, "prompt-why")) }
                p .reason lang="en" { (p.reason) }
                @for notice in p.desk.notices.iter().filter(|n| n.failed.is_some()) {
                    p { (say!(t, "timeline-notice-failed", channel = words::channel(t, notice.by))) ": " (notice.team) }
                }
                @for rx in waits {
                    p { (say!(t, "prompt-rx-waits", at = rx.pharmacy.clone().unwrap_or_else(|| say!(t, "prompt-the-pharmacy"))))
                        " " span translate="no" { (rx.concept.text) } }
                }
                h3 { (say!(t, "prompt-script")) }
                ol .steps {
                    li { (say!(t, "prompt-script-hello", person = called(record), clinic = self.shared.app.hub.settings().clinic.name)) }
                    li { (say!(t, "prompt-script-identify")) }
                    @if let Some(form) = &p.form { li { (say!(t, "prompt-script-form")) " " span lang="en" { (form.title) } } }
                }
                @if !p.offer.is_empty() {
                    h3 { (say!(t, "common-can-offer")) }
                    ul .list { @for offer in &p.offer { li lang="en" { (words::label(offer)) } } }
                }
                dl .facts {
                    dt { (say!(t, "prompt-attempt")) }
                    dd { (say!(t, "prompt-n-of", n = p.attempt, of = p.attempts_max.max(p.attempt))) }
                    dt { (say!(t, "prompt-team")) } dd lang="en" { (desk_words::team(self.shared, &p.team)) }
                    dt { (say!(t, "prompt-asked")) } dd { (page::time(t, p.opened_at, &self.zone)) }
                    dt { (say!(t, "prompt-due")) } dd { (page::time(t, p.due_at, &self.zone)) }
                }
            }
        }
    }

    /// What the person got last, so that nobody asks for it twice.
    fn sent(&self) -> Result<Markup, Fault> {
        let t = self.t;
        let theirs = |m: &&Message| m.words != turn::STAFF_CALL;
        let left = |m: &&Message| !matches!(m.status, Status::Queued | Status::Withdrawn) && theirs(m);
        let sent = self.shared.store().messages_of(self.look.person, MESSAGES_MAX)?;
        let sent: Vec<&Message> = sent.iter().filter(left).take(SENT_MAX).collect();
        Ok(html! {
            section .card aria-labelledby="sent-h" {
                h2 #sent-h { (say!(t, "prompt-sent")) }
                p { a #conversation href={ "/people/" (self.look.person) "/conversation" } { (say!(t, "conversation-open")) } }
                @if sent.is_empty() { p .muted { (say!(t, "prompt-sent-nothing")) } }
                ul .sent {
                    @for m in sent {
                        li {
                            p .small.muted {
                                span .badge { (words::channel(t, m.channel)) } " "
                                (soon(t, m.created_at, self.now, &self.zone)) " · "
                                (t.pick("sent", m.status.name()).unwrap_or_else(|| words::label(m.status.name())))
                            }
                            @if let Some(text) = text_of(m) { p lang=(m.language) { (text) } }
                            @else { p lang="en" { (words::label(&m.words)) } }
                        }
                    }
                }
            }
        })
    }

    fn work(&self, given: &Fields, error: Option<&str>) -> Result<Markup, Fault> {
        let (t, p) = (self.t, self.prompt);
        if let Some(held) = &p.desk.held {
            return Ok(said::ended(self, &said::as_held(p, &held.fact)));
        }
        let stored = stored(t, p);
        Ok(html! {
            @if p.status.is_open() {
                h2 { (say!(t, "prompt-what-happened")) }
                (form::form(self, given, false)?)
                (self.aside()?)
            } @else {
                (said::ended(self, p))
                @if p.status == PromptStatus::Completed {
                    details #correct open[error.is_some()] {
                        summary { (say!(t, "prompt-correct")) }
                        p { (say!(t, "prompt-correct-what")) }
                        (form::form(self, if given.0.is_empty() { &stored } else { given }, true)?)
                    }
                }
            }
        })
    }

    /// Later, or somebody else.
    fn aside(&self) -> Result<Markup, Fault> {
        let (t, p, now) = (self.t, self.prompt, self.now);
        if turn::desk::claimed_by(p, now).is_some_and(|name| name != self.who.account.name) {
            return Ok(html! {});
        }
        let mine = turn::desk::claimed_by(p, now).is_some();
        let action = format!("/people/{}/prompts/{}/desk", self.look.person, p.id);
        let teams = &self.shared.app.hub.settings().teams;
        let colleagues = account::list(self.shared.store())?;
        let others = colleagues.iter().filter(|a| a.name != self.who.account.name && desk_words::may_take(a, p));
        Ok(html! {
            div .two.even.aside {
                section aria-labelledby="later-h" {
                    h2 #later-h { (say!(t, "prompt-later")) }
                    form method="post" action=(action) .row {
                        (page::token(&self.who.csrf)) (page::once())
                        input type="hidden" name="back" value="/";
                        (desk_words::snoozes(t, p, now, &self.zone))
                        @if mine { button .quiet name="act" value="release" { (say!(t, "worklist-release")) } }
                    }
                }
                section #hand-over aria-labelledby="hand-h" {
                    h2 #hand-h { (say!(t, "worklist-hand-over")) }
                    form method="post" action=(action) .stack {
                        (page::token(&self.who.csrf)) (page::once())
                        input type="hidden" name="back" value="/";
                        label for="to" { (say!(t, "prompt-hand-to")) }
                        select #to name="to" required {
                            option value="" { (say!(t, "prompt-hand-choose")) }
                            optgroup label=(say!(t, "prompt-hand-teams")) {
                                @for team in teams { option value={ "team:" (team.name) } lang="en" { (team.title) } }
                            }
                            optgroup label=(say!(t, "prompt-hand-colleagues")) {
                                @for a in others { option value={ "to:" (a.name) } translate="no" { (a.display) } }
                            }
                        }
                        label for="hand-note" { (say!(t, "prompt-hand-note")) }
                        input #hand-note name="note" maxlength=(NOTE_MAX);
                        button #hand-button name="act" value="hand_over" { (say!(t, "worklist-hand-over")) }
                    }
                }
            }
        })
    }
}

/// The outcome as it stands, as its form would say it: a correction starts from there, and drops nothing.
fn stored(t: Tongue, prompt: &Prompt) -> Fields {
    let mut fields =
        vec![("note".to_owned(), prompt.note.clone()), ("reason".to_owned(), prompt.safety.reason.clone())];
    fields.extend(prompt.outcome.map(|o| ("outcome".to_owned(), o.name().to_owned())));
    fields.extend(prompt.answers.iter().map(|(name, value)| {
        let typed = match value {
            Value::Bool(said) => if *said { "yes" } else { "no" }.to_owned(),
            other => form::plain(t, other),
        };
        (format!("f.{name}"), typed)
    }));
    Fields(fields)
}

/// The beginning of what was said; `None` for a call, whose script is long.
fn text_of(m: &Message) -> Option<String> {
    let text = match &m.content {
        Content::Sms { text }
        | Content::Email { text, .. }
        | Content::Voicemail { text, .. }
        | Content::Push { text, .. }
        | Content::Chat { text }
        | Content::Portal { text } => text,
        Content::Voice { .. } => return None,
    };
    let mut short: String = text.chars().take(WORDS_MAX).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    Some(short)
}

#[cfg(test)]
pub(in crate::staff) mod tests;
