//! How to reach them, what they allowed and prefer, what is coming up and under way, what was set right, who looked.

use super::{ROWS_MAX, View, named};
use crate::fault::Fault;
use crate::staff::timeline::{field_words, plain, trace, value_words, words_of};
use crate::tongue::{Tongue, say};
use crate::{page, words};
use maud::{Markup, html};
use model::message::Status;
use model::person::{Consent, ContactPoint, PointStatus};
use model::{Channel, Purpose};
use record::correct;
use record::known::{Correction, Fold, Record};
use std::collections::BTreeSet;

/// Entries of the access log that are read to name who looked.
const LOOKED_READ: usize = 200;
/// Who is named.
const LOOKED_MAX: usize = 6;
/// Messages that are looked through for what is under way.
const MESSAGES_READ: usize = 20;

/// A contact point's state, in words.
pub(super) fn point_state(t: Tongue, status: PointStatus) -> String {
    match status {
        PointStatus::Active => say!(t, "person-point-active"),
        PointStatus::Wrong => say!(t, "person-point-wrong"),
        PointStatus::Dead => say!(t, "person-point-dead"),
        PointStatus::Ended => say!(t, "person-point-ended"),
        PointStatus::Landline => say!(t, "person-point-landline"),
        PointStatus::NoTexts => say!(t, "person-point-no-texts"),
        PointStatus::Bounced => say!(t, "person-point-bounced"),
    }
}

/// `21:00`, of minutes after midnight.
pub(super) fn clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// A purpose in words.
pub(super) fn purpose(t: Tongue, purpose: Purpose) -> String {
    t.pick("timeline-purpose", purpose.name()).unwrap_or_else(|| purpose.name().to_owned())
}

/// On what a consent rests: a word of ours, or a document's name.
pub(super) fn basis(t: Tongue, basis: &str) -> Markup {
    match t.pick("person-basis", &basis.to_lowercase().replace(' ', "-")) {
        Some(words) => html! { (words) },
        None => plain(basis),
    }
}

impl View<'_> {
    /// What the sources alone say, where staff set something right.
    pub(super) fn uncorrected(&self) -> Record {
        record::uncorrected(self.look.folds.iter())
    }

    pub(super) fn contacts(&self) -> Markup {
        let t = self.t;
        let mut all: Vec<&ContactPoint> = self.look.record.contacts.iter().collect();
        all.sort_by_key(|c| (!c.status.in_use(), c.owner.is_some(), if c.rank == 0 { u32::MAX } else { c.rank }));
        html! {
            section {
                h2 { (say!(t, "person-reach")) }
                @if all.is_empty() { p .muted { (say!(t, "person-reach-none")) } }
                ul .list.plain.points {
                    @for c in all.iter().take(ROWS_MAX) {
                        li .off[!c.status.in_use()] {
                            p { strong translate="no" { (c.value) } " " @if let Some(r#use) = t.pick("timeline-use", &c.r#use) { span .badge { (r#use) } } }
                            p .muted.small {
                                @match &c.owner { Some(owner) => { (say!(t, "person-point-of")) " " (plain(owner)) @if let Some(relation) = self.look.record.ways.relation(&c.value) { " (" (plain(relation)) ")" } }, None => (say!(t, "timeline-own")) }
                                " · " (point_state(t, c.status))
                                @match c.verified_at {
                                    Some(at) => { " · " (say!(t, "person-point-verified")) " " (self.long_ago(at)) @if let Some(how) = super::ways::verified_how(self, &c.value) { " (" (how) ")" } },
                                    None => @if c.status.in_use() { " · " (say!(t, "person-point-unverified")) },
                                }
                            }
                        }
                    }
                }
                (self.more(all.len()))
                p .small { a href={ "/people/" (self.look.person) "/correct#contacts" } { (say!(t, "person-reach-change")) } }
            }
        }
    }

    pub(super) fn wishes(&self) -> Markup {
        let (t, r) = (self.t, &self.look.record);
        let list = |all: &[Channel]| all.iter().map(|c| words::channel(t, *c)).collect::<Vec<_>>().join(", ");
        let p = &r.preferences;
        let reminders = match p.task_reminders {
            Some(true) => say!(t, "timeline-yes"),
            Some(false) => say!(t, "timeline-no"),
            None => say!(t, "person-not-asked"),
        };
        html! {
            section {
                h2 { (say!(t, "person-wishes")) }
                dl .facts {
                    @for (of, channels) in &p.channels { dt { (purpose(t, *of)) } dd { (list(channels)) } }
                    @if !p.urgent.is_empty() { dt { (say!(t, "person-urgent")) } dd { (list(&p.urgent)) } }
                    dt { (say!(t, "person-quiet")) }
                    dd { @match p.quiet {
                        Some((from, to)) => (say!(t, "person-quiet-hours", from = clock(from), to = clock(to))),
                        None => (say!(t, "person-quiet-usual")),
                    } }
                    dt { (say!(t, "person-reminders")) } dd { (reminders) }
                }
                h3 { (say!(t, "person-consent")) }
                @if r.consents.is_empty() { p .muted { (say!(t, "person-consent-none")) } }
                ul .list.plain { @for c in r.consents.iter().rev().take(ROWS_MAX) { (self.consent(c)) } }
                (self.more(r.consents.len()))
                p .small { a href={ "/people/" (self.look.person) "/correct#wishes" } { (say!(t, "person-wishes-change")) } }
            }
        }
    }

    fn consent(&self, c: &Consent) -> Markup {
        let t = self.t;
        html! {
            li {
                @if c.allowed { span .yes { "✓ " (say!(t, "timeline-allowed")) } } @else { span .flag { "✕ " (say!(t, "timeline-refused")) } }
                ": " (c.channel.map_or_else(|| say!(t, "person-every-channel"), |c| words::channel(t, c)))
                ", " (c.purpose.map_or_else(|| say!(t, "person-every-purpose"), |p| purpose(t, p)))
                p .muted.small { (basis(t, &c.basis)) " · " (say!(t, "person-since")) " " (self.long_ago(c.since)) }
            }
        }
    }

    pub(super) fn coming(&self) -> Markup {
        let t = self.t;
        let mut next: Vec<_> = self
            .look
            .record
            .appointments
            .iter()
            .filter(|a| !a.cancelled && a.start.is_none_or(|s| s >= self.now))
            .collect();
        next.sort_by_key(|a| a.start);
        html! {
            section {
                h2 { (say!(t, "person-coming")) }
                @if next.is_empty() { p .muted { (say!(t, "person-coming-none")) } }
                ul .list {
                    @for a in next.iter().take(ROWS_MAX) {
                        li {
                            @match a.start { Some(at) => (self.time(at)), None => (say!(t, "person-time-unknown")) }
                            p .muted.small translate="no" { (a.with) @if !a.place.is_empty() { ", " (a.place) } }
                        }
                    }
                }
            }
        }
    }

    /// Messages that wait to leave and reaches that are held, each with its why.
    pub(super) fn under_way(&self) -> Markup {
        let t = self.t;
        let told = self.told();
        let held = self.look.outreach.held();
        let messages = self.shared.store().messages_of(self.look.person, MESSAGES_READ).unwrap_or_default();
        let waiting: Vec<_> = messages
            .iter()
            .filter(|m| matches!(m.status, Status::Queued | Status::Dispatching))
            .take(ROWS_MAX)
            .collect();
        html! {
            @if !held.is_empty() || !waiting.is_empty() {
                section {
                    h2 { (say!(t, "person-under-way")) }
                    ul .list.plain #messages {
                        @for m in &waiting {
                            li {
                                (words_of(t, &m.words)) " " span .badge { (words::channel(t, m.channel)) }
                                p .muted.small { (crate::staff::timeline::draw::state(t, m.status)) " · " a href={ "/people/" (self.look.person) "/messages/" (m.id) } { (say!(t, "timeline-why")) span .hidden { ": " (words_of(t, &m.words)) } } }
                            }
                        }
                        @for h in held.iter().take(ROWS_MAX) {
                            li {
                                (words_of(t, h.words)) " " span .badge { (words::channel(t, h.channel)) }
                                p .muted.small { (trace(&told, h.code, &format!("until={}", h.until))) " " a href={ "/people/" (self.look.person) "/reaches/" (h.reach) } { (say!(t, "timeline-why")) span .hidden { ": " (words_of(t, h.words)) } } }
                            }
                        }
                    }
                }
            }
        }
    }

    /// What was set right and stands, what the source says instead, and the way back.
    pub(super) fn corrections(&self) -> Markup {
        let t = self.t;
        let folds: Vec<&Fold> = self.look.folds.iter().collect();
        let standing = correct::standing(&folds);
        let before = self.uncorrected();
        html! {
            @if !standing.is_empty() {
                section #corrections {
                    h2 { (say!(t, "person-corrections")) }
                    ul .list.plain {
                        @for c in &standing {
                            li {
                                p { strong { (name_of(t, c)) } ": " span translate="no" { (value_words(t, &c.field, c.value.as_deref().unwrap_or_default())) } }
                                p .muted.small {
                                    (say!(t, "person-corrected-by")) " " (plain(&c.by)) ", " (self.long_ago(c.at)) " · "
                                    (say!(t, "person-source-says")) " " (self.source_says(c, &before))
                                    @if !c.why.is_empty() { " · “" (plain(&c.why)) "”" }
                                }
                                (self.take_back(c))
                            }
                        }
                    }
                }
            }
        }
    }

    fn take_back(&self, c: &Correction) -> Markup {
        let t = self.t;
        let of = correct::contact_of(c);
        html! {
            form method="post" action={ "/people/" (self.look.person) "/correct/withdraw" } {
                (page::token(&self.who.csrf)) (page::once())
                input type="hidden" name="field" value=(if of.is_some() { correct::CONTACT } else { &c.field });
                input type="hidden" name="of" value=(of.unwrap_or_default());
                button .quiet #{ "back-" (c.field.replace([' ', '+', '@'], "-")) } { (say!(t, "person-take-back")) span .hidden { ": " (name_of(t, c)) } }
            }
        }
    }

    fn source_says(&self, c: &Correction, before: &Record) -> Markup {
        let value = match correct::contact_of(c) {
            Some(of) => {
                let point = before.contacts.iter().find(|p| p.value == of);
                point.map(|p| vec![p.r#use.clone(), p.owner.clone().unwrap_or_default()])
            }
            None => Some(super::correct::current(before, &c.field)),
        };
        match value {
            Some(value) => html! { span translate="no" { (value_words(self.t, &c.field, &value)) } },
            None => html! { (say!(self.t, "timeline-none")) },
        }
    }

    pub(super) fn clinical(&self) -> Markup {
        let (t, r) = (self.t, &self.look.record);
        let when = |at: Option<model::At>| html! { @match at { Some(at) => (self.long_ago(at)), None => (say!(t, "person-time-unknown")) } };
        let mut stays: Vec<_> = r.encounters.iter().collect();
        stays.sort_by_key(|e| std::cmp::Reverse(e.started_at));
        html! {
            section {
                h2 { (say!(t, "person-clinical")) }
                h3 { (say!(t, "person-procedures")) }
                @if r.procedures.is_empty() { p .muted { (say!(t, "person-none-known")) } }
                ul .list { @for p in r.procedures.iter().rev().take(ROWS_MAX) { li { (named(&p.concept)) span .muted.small { " " (when(p.at)) } } } }
                @if !r.conditions.is_empty() {
                    h3 { (say!(t, "person-conditions")) }
                    ul .list { @for c in r.conditions.iter().rev().take(ROWS_MAX) { li { (named(&c.concept)) " " span .muted.small { (t.pick("person-condition", &c.status).unwrap_or_default()) } } } }
                    (self.more(r.conditions.len()))
                }
                h3 { (say!(t, "person-stays")) }
                ul .list {
                    @for e in stays.iter().take(ROWS_MAX) {
                        li {
                            (t.pick("person-class", &e.class.to_lowercase()).unwrap_or_else(|| say!(t, "person-class-other")))
                            span .muted.small {
                                " " (when(e.started_at))
                                @if let Some(at) = e.discharged_at { " · " (say!(t, "person-home")) " " (self.time(at)) }
                            }
                        }
                    }
                }
                p .small { a href={ "/people/" (self.look.person) "/resources" } { (say!(t, "person-resources-link")) } }
            }
        }
    }

    /// Who looked at this person lately, each once for each page.
    pub(super) fn looked(&self) -> Result<Markup, Fault> {
        let t = self.t;
        let log = self.shared.store().access_log(Some(self.look.person), LOOKED_READ)?;
        let mut seen = BTreeSet::new();
        let rows: Vec<_> =
            log.iter().filter(|row| seen.insert((row.who.as_str(), row.detail.as_str()))).take(LOOKED_MAX).collect();
        let now = crate::machine_now();
        Ok(html! {
            section #looked {
                h2 { (say!(t, "person-looked")) }
                ul .list.plain {
                    @for row in rows {
                        li {
                            strong translate="no" { (row.who) } " "
                            span .muted.small { (looked_at(t, &row.detail)) ", " (words::ago(t, row.at, now)) }
                        }
                    }
                }
            }
        })
    }
}

/// Which page an entry of the access log is of, or what was recorded.
fn looked_at(t: Tongue, detail: &str) -> Markup {
    let page = match detail {
        "/" => say!(t, "person-page-worklist"),
        "/people" => say!(t, "person-page-search"),
        "/people/{id}" => say!(t, "person-page-person"),
        "/people/{id}/correct" => say!(t, "person-page-correct"),
        "/people/{id}/resources" => say!(t, "person-page-resources"),
        _ if detail.starts_with("/people/{id}/messages")
            || detail.ends_with("/why")
            || detail.contains("/reaches/") =>
        {
            say!(t, "person-page-why")
        }
        _ if detail.starts_with("/people/{id}/prompts") => say!(t, "person-page-prompt"),
        _ => match crate::staff::timeline::kind(t, detail) {
            Some(kind) => kind,
            None => return crate::staff::access::place(t, detail),
        },
    };
    html! { (page) }
}

/// What a correction is about, in words.
fn name_of(t: Tongue, c: &Correction) -> Markup {
    match correct::contact_of(c) {
        Some(of) => plain(of),
        None => html! { (field_words(t, &c.field)) },
    }
}
