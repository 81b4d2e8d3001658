//! Who they are, before anything is said: name, pronouns, age, language, what must be known.

use super::View;
use crate::tongue::say;
use crate::words;
use maud::{Markup, html};
use model::person::Need;

impl View<'_> {
    pub(crate) fn heading(&self) -> Markup {
        let (t, r) = (self.t, &self.look.record);
        let language = r.language.as_deref().map(|l| words::language(t, l));
        let interpreter = r.needs.contains(&Need::Interpreter);
        html! {
            header .who-is #who-is data-live {
                div {
                    h1 translate="no" { (if r.name.is_empty() { "–" } else { &r.name }) }
                    p .called {
                        @if let Some(called) = r.preferred_name.as_deref().filter(|c| *c != r.name) {
                            (say!(t, "person-called")) " " strong translate="no" { (called) } " · "
                        }
                        @if let Some(pronouns) = &r.pronouns { span translate="no" { (pronouns) } " · " }
                        @match (&r.birth_date, r.age_on(self.now.date_in(&self.zone))) {
                            (Some(born), Some(age)) => (say!(t, "person-born-age", born = words::date(t, born), n = age as i64)),
                            (Some(born), None) => (say!(t, "person-born", born = words::date(t, born))),
                            (None, _) => (say!(t, "person-birth-unknown")),
                        }
                        @if let Some(gender) = &r.gender {
                            " · " (t.pick("person-gender", gender).unwrap_or_else(|| gender.clone()))
                        }
                    }
                    p .muted .small {
                        (say!(t, "person-language")) " "
                        strong { (language.unwrap_or_else(|| say!(t, "person-unknown"))) }
                        @if interpreter { " (" (say!(t, "person-with-interpreter")) ")" }
                        " · " (say!(t, "person-zone")) " "
                        @match &r.zone {
                            Some(zone) => span translate="no" { (zone) },
                            None => (say!(t, "person-unknown")),
                        }
                        @if let Some(from) = t.pick("person-zone-from", &r.zone_from) { " (" (from) ")" }
                        @for id in &r.identifiers { " · " span translate="no" { (words::identifier(id)) } }
                        @if !r.sites.is_empty() { " · " (say!(t, "person-site")) " " span translate="no" { (r.sites.join(", ")) } }
                    }
                    (self.flags())
                }
                a .button #conversation href={ "/people/" (self.look.person) "/conversation" } { (say!(t, "conversation-open")) }
                a .button #correct href={ "/people/" (self.look.person) "/correct" } { (say!(t, "person-correct")) }
            }
        }
    }

    fn flags(&self) -> Markup {
        let (t, r) = (self.t, &self.look.record);
        let other = |n: &&Need| **n != Need::Interpreter;
        html! {
            @if r.deceased_at.is_some() || r.inpatient.is_some() || r.needs.iter().any(|n| other(&n)) {
                ul .flags {
                    @if let Some(at) = r.deceased_at { li .bad { (say!(t, "person-died")) " " (self.long_ago(at)) ". " (say!(t, "person-died-nothing")) } }
                    @if r.inpatient.is_some() { li .warn { (say!(t, "person-inpatient")) } }
                    @for need in r.needs.iter().filter(other) { li .warn { (need_words(t, *need)) } }
                }
            }
        }
    }
}

/// A need, in words.
pub(super) fn need_words(t: crate::tongue::Tongue, need: Need) -> String {
    match need {
        Need::Deaf => say!(t, "person-need-deaf"),
        Need::Blind => say!(t, "person-need-blind"),
        Need::Interpreter => say!(t, "person-need-interpreter"),
        Need::NoSmartphone => say!(t, "person-need-no-smartphone"),
    }
}
