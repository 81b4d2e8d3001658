//! A card: a person, with the prompt that comes first, and what can be done about it in one click.

use super::View;
use crate::auth::guard::Who;
use crate::staff::desk_words::{self, due, need, whose};
use crate::staff::{called, conversation, number};
use crate::tongue::{Tongue, say};
use crate::{page, words};
use maud::{Markup, html};
use model::At;
use model::prompt::{Outcome, Prompt};
use record::Record;
use store::Unread;

impl View<'_> {
    /// A person, with the prompt that is most urgent, and the others below it.
    pub(super) fn card(&self, record: Option<&Record>, prompts: &[Prompt], unread: Option<&Unread>) -> Markup {
        let [prompt, others @ ..] = prompts else { return Markup::default() };
        let (t, now, zone) = (self.t, self.now, &self.zone);
        let link = |of: &Prompt| format!("/people/{}/prompts/{}", of.person, of.id);
        html! {
            li .card.urgent[prompt.urgent].(words::due_class(prompt.due_at, now)) {
                h2 { a #{ "card-" (prompt.id) } href=(link(prompt)) {
                    @match record {
                        Some(r) => span translate="no" { (r.name) },
                        None => (say!(t, "worklist-unknown-person")),
                    }
                } }
                @if let Some(record) = record { (person_line(t, record)) }
                @if let Some(unread) = unread { p .small { (conversation::badge(t, prompt.person, unread)) } }
                p .verb lang="en" { (prompt.title) }
                p .reason lang="en" { (prompt.reason) }
                p .due.(words::due_class(prompt.due_at, now)) {
                    @if prompt.urgent { span .flag { (say!(t, "worklist-urgent")) } " · " }
                    (due(t, prompt.due_at, now))
                }
                @for line in desk_words::states(self.shared, self.who, prompt, now, zone) { p .small.state { (line) } }
                p .small.muted { (self.known(record, prompt)) }
                @if !others.is_empty() {
                    ul .list.small { @for other in others {
                        li { a #{ "card-" (other.id) } href=(link(other)) lang="en" { (other.title) } ", "
                            (due(t, other.due_at, now)) }
                    } }
                }
                (self.actions(prompt, &link(prompt)))
            }
        }
    }

    /// Number, last contact, attempt, team: on one line.
    fn known(&self, record: Option<&Record>, prompt: &Prompt) -> Markup {
        let (t, now) = (self.t, self.now);
        html! {
            @if let Some((number, r)) = record.and_then(|r| Some((number(r)?, r))) {
                a #{ "tel-" (prompt.id) } href={ "tel:" (number.value) } translate="no" { (number.value) } (whose(t, number, r)) " · "
            } @else if record.is_some() { span .flag { (say!(t, "prompt-no-number")) } " · " }
            @match record.and_then(|r| r.last_contact.as_ref()) {
                Some((at, how)) => (say!(t, "worklist-last-contact", ago = words::ago(t, *at, now),
                    how = desk_words::contact(t, how))),
                None => (say!(t, "worklist-no-contact")),
            }
            @if prompt.attempts_max > 1 {
                " · " (say!(t, "worklist-attempt", n = prompt.attempt, of = prompt.attempts_max.max(prompt.attempt)))
            }
            " · " span lang="en" { (desk_words::team(self.shared, &prompt.team)) }
        }
    }

    fn actions(&self, prompt: &Prompt, link: &str) -> Markup {
        let (t, me) = (self.t, self.who.account.name.as_str());
        let theirs = turn::desk::claimed_by(prompt, self.now).is_some_and(|who| who != me);
        let mine = turn::desk::claimed_by(prompt, self.now) == Some(me);
        let outcome = |o: Outcome| {
            html! {
                button #{ (o.name()) "-" (prompt.id) } .quiet name="act" value=(o.name()) { (desk_words::outcome(t, o)) }
            }
        };
        html! {
            form method="post" action={ (link) "/desk" } .row {
                (page::token(&self.who.csrf)) (page::once())
                input type="hidden" name="back" value=(self.asked.link());
                @if theirs || mine {
                    a .button.quiet #{ "open-" (prompt.id) } href=(link) { (say!(t, "worklist-open")) }
                } @else {
                    button .quiet.take #{ "claim-" (prompt.id) } name="act" value="claim" {
                        (say!(t, "worklist-take")) span .hidden lang="en" { ": " (prompt.title) }
                    }
                }
                @if !theirs {
                    (outcome(Outcome::NoAnswer))
                    // What is urgent is closed on its page, with a word of how.
                    @if !prompt.urgent { (outcome(Outcome::AlreadyHandled)) }
                    details #{ "more-" (prompt.id) } {
                        summary #{ "sum-" (prompt.id) } { (say!(t, "worklist-more")) }
                        div .row {
                            (desk_words::snoozes(t, prompt, self.now, &self.zone))
                            @if mine { button #{ "release-" (prompt.id) } .quiet name="act" value="release" { (say!(t, "worklist-release")) } }
                            a #{ "hand-" (prompt.id) } .button.quiet href={ (link) "#hand-over" } { (say!(t, "worklist-hand-over")) }
                        }
                    }
                }
            }
        }
    }
}

/// Preferred name, pronouns, language, interpreter: before anything is said.
pub(crate) fn person_line(t: Tongue, record: &Record) -> Markup {
    let language = record.language.as_deref().map(|l| words::language(t, l));
    html! {
        p .muted.small {
            @if record.preferred_name.is_some() {
                (say!(t, "worklist-called")) " " strong translate="no" { (called(record)) } " · "
            }
            @if let Some(pronouns) = &record.pronouns { span lang="en" { (pronouns) } " · " }
            (language.unwrap_or_else(|| say!(t, "worklist-language-unknown")))
            @for one in &record.needs { " · " span .need { (need(t, *one)) } }
        }
    }
}

/// The claim of a prompt that nobody has.
pub(crate) fn claim(who: &Who, prompt: &Prompt, now: At) -> Markup {
    let t = who.tongue;
    let free = prompt.status.is_open() && turn::desk::claimed_by(prompt, now).is_none();
    html! {
        @if free {
            form method="post" action={ "/people/" (prompt.person) "/prompts/" (prompt.id) "/desk" } {
                (page::token(&who.csrf)) (page::once())
                button #{ "claim-" (prompt.id) } name="act" value="claim" {
                    (say!(t, "worklist-take")) span .hidden lang="en" { ": " (prompt.title) }
                }
            }
        }
    }
}
