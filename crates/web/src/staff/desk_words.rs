//! What the worklist, a prompt's page and the hand-over say alike: deadlines, claims, snoozes, needs, outcomes.

use super::called;
use crate::auth::guard::Who;
use crate::tongue::{Tongue, say};
use crate::{Account, Shared, page, words};
use jiff::ToSpan;
use jiff::civil::time;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use model::person::{ContactPoint, Need};
use model::prompt::{Outcome, Prompt};
use model::time::MINUTE_MS;
use model::{At, Channel};

/// The clock time of a day of its own: of today alone, else with the day.
pub(super) fn soon(t: Tongue, at: At, now: At, zone: &TimeZone) -> String {
    if at.date_in(zone) == now.date_in(zone) { words::clock(t, at, zone) } else { words::moment(t, at, zone) }
}

/// The deadline in words, with a sign where it is past: never by colour alone.
pub(super) fn due(t: Tongue, at: At, now: At) -> Markup {
    html! {
        @if at < now { span .sign aria-hidden="true" { "⚠ " } }
        time datetime=(words::machine(at)) { (words::due(t, at, now)) }
    }
}

/// The deadline as a moment.
pub(super) fn due_words(t: Tongue, prompt: &Prompt, zone: &TimeZone) -> String {
    words::moment(t, prompt.due_at, zone)
}

/// An outcome as a button says it.
pub(super) fn outcome(t: Tongue, outcome: Outcome) -> String {
    t.pick("outcome", outcome.name()).unwrap_or_else(|| words::label(outcome.name()))
}

/// A need, in words.
pub(super) fn need(t: Tongue, need: Need) -> String {
    match need {
        Need::Deaf => say!(t, "worklist-need-deaf"),
        Need::Blind => say!(t, "worklist-need-blind"),
        Need::Interpreter => say!(t, "worklist-need-interpreter"),
        Need::NoSmartphone => say!(t, "worklist-need-no-smartphone"),
    }
}

/// Whose number it is when not the person's own.
pub(super) fn whose(t: Tongue, number: &ContactPoint, record: &record::Record) -> String {
    let owner = number.owner.as_ref();
    owner.map_or_else(String::new, |o| format!(" {}", say!(t, "worklist-whose", owner = o, person = called(record))))
}

/// How somebody was last in contact: a channel, or the team itself.
pub(super) fn contact(t: Tongue, how: &str) -> String {
    match Channel::named(how) {
        Some(channel) => words::channel(t, channel),
        None if how == "staff" => say!(t, "worklist-by-staff"),
        None => words::label(how),
    }
}

/// The title of a team.
pub(super) fn team(shared: &Shared, name: &str) -> String {
    let teams = &shared.app.hub.settings().teams;
    teams.iter().find(|t| t.name == name).map_or_else(|| words::label(name), |t| t.title.clone())
}

/// Why a prompt was taken back. A journey names the fact; what it says of itself is said as it is.
pub(super) fn moot(t: Tongue, prompt: &Prompt) -> String {
    let why = prompt.withdrawn_because.as_deref().unwrap_or_default();
    let name = why.replace(['.', ' '], "_");
    t.pick("moot", &name).unwrap_or_else(|| {
        if why.is_empty() { say!(t, "worklist-moot-unknown") } else { words::label(&why.replace('.', " ")) }
    })
}

/// Who has it, who gave it, that it escalated, until when it sleeps: a line each.
pub(super) fn states(shared: &Shared, who: &Who, prompt: &Prompt, now: At, zone: &TimeZone) -> Vec<Markup> {
    let t = who.tongue;
    let mut lines = Vec::new();
    if let (Some(from), Some(at)) = (prompt.escalated_from.last(), prompt.desk.escalated_at) {
        lines.push(html! {
            strong .escalated {
                "↗ " (say!(t, "worklist-escalated", to = team(shared, &prompt.team), from = team(shared, from)))
                " · " (words::ago(t, at, now))
            }
        });
    } else if let Some(at) = prompt.desk.escalated_at {
        lines
            .push(html! { strong .escalated { "↗ " (say!(t, "worklist-asked-again", ago = words::ago(t, at, now))) } });
    }
    if let (Some(name), Some(until)) = (turn::desk::claimed_by(prompt, now), prompt.desk.lease_until) {
        let until = soon(t, until, now, zone);
        lines.push(html! {
            @if name == who.account.name { strong .mine { (say!(t, "worklist-yours", until = until)) } }
            @else { strong .taken { (say!(t, "worklist-taken", name = name, until = until)) } }
        });
    } else if let Some(handed) = &prompt.desk.handed {
        lines.push(html! {
            @match &handed.to {
                Some(to) => (say!(t, "worklist-handed-to", by = handed.by, to = to)),
                None => (say!(t, "worklist-handed", by = handed.by, team = team(shared, &handed.from))),
            }
            @if !handed.note.is_empty() { ": " q lang="en" { (handed.note) } }
        });
    }
    if let Some(until) = prompt.desk.snoozed_until.filter(|at| *at > now) {
        lines.push(html! { (say!(t, "worklist-snoozed", until = soon(t, until, now, zone))) });
    } else if let Some(from) = prompt.not_before.filter(|at| *at > now) {
        lines.push(html! { (say!(t, "worklist-not-before", from = soon(t, from, now, zone))) });
    }
    lines
}

/// For how long a prompt may be put off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Snooze {
    HalfHour,
    TwoHours,
    Tomorrow,
}

impl Snooze {
    const ALL: [Self; 3] = [Self::HalfHour, Self::TwoHours, Self::Tomorrow];

    fn name(self) -> &'static str {
        match self {
            Self::HalfHour => "snooze-30",
            Self::TwoHours => "snooze-120",
            Self::Tomorrow => "snooze-tomorrow",
        }
    }
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }
    /// Until when, chosen now: tomorrow is at nine, in the clinic's zone.
    pub(super) fn until(self, now: At, zone: &TimeZone) -> At {
        match self {
            Self::HalfHour => now.plus_ms(30 * MINUTE_MS),
            Self::TwoHours => now.plus_ms(120 * MINUTE_MS),
            Self::Tomorrow => {
                let date = now.date_in(zone).checked_add(1.day()).unwrap_or(jiff::civil::Date::MAX);
                At::of_local(date, time(9, 0, 0, 0), zone)
            }
        }
    }
    fn said(self, t: Tongue) -> String {
        match self {
            Self::HalfHour => say!(t, "worklist-snooze-30"),
            Self::TwoHours => say!(t, "worklist-snooze-120"),
            Self::Tomorrow => say!(t, "worklist-snooze-tomorrow"),
        }
    }
}

/// The snoozes that end before the deadline; that there is none, in words.
pub(super) fn snoozes(t: Tongue, prompt: &Prompt, now: At, zone: &TimeZone) -> Markup {
    let offered: Vec<Snooze> =
        Snooze::ALL.into_iter().filter(|s| !prompt.urgent && s.until(now, zone) <= prompt.due_at).collect();
    html! {
        @if offered.is_empty() { span .small.muted { (say!(t, "worklist-no-snooze")) } }
        @for snooze in offered { button #{ (snooze.name()) "-" (prompt.id) } .quiet name="act" value=(snooze.name()) { (snooze.said(t)) } }
    }
}

/// Whether an account can be given a prompt: it works on prompts and may see this one's site.
pub(super) fn may_take(account: &Account, prompt: &Prompt) -> bool {
    let sites = &account.sites;
    !account.disabled
        && account.is_any(&["nurse", "lead"])
        && (sites.is_empty() || prompt.site.is_empty() || sites.contains(&prompt.site))
}

/// An outcome that was just saved, and the way to take it back.
pub(super) fn saved(shared: &Shared, who: &Who, prompt: &Prompt, now: At) -> Markup {
    let t = who.tongue;
    let Some(held) = &prompt.desk.held else { return html! {} };
    let said = held.fact.text("outcome").and_then(Outcome::named).map_or_else(String::new, |o| outcome(t, o));
    let rate = shared.app.hub.clock().rate().max(1e-9);
    let left_s = (((held.until.0 - now.0) as f64 / rate / 1000.0).ceil() as i64).clamp(0, 60);
    html! {
        form .saved #{ "saved-" (prompt.id) } method="post" action={ "/people/" (prompt.person) "/prompts/" (prompt.id) "/desk" } {
            (page::token(&who.csrf)) (page::once())
            strong { (say!(t, "worklist-saved", outcome = said)) } " "
            a #{ "said-" (prompt.id) } href={ "/people/" (prompt.person) "/prompts/" (prompt.id) } lang="en" { (prompt.title) } " "
            button .quiet #{ "undo-" (prompt.id) } name="act" value="undo" {
                (say!(t, "worklist-undo")) " (" span data-left=(left_s) { (left_s) } " s)"
            }
        }
    }
}

/// What the keys do: a dialog that the script opens.
pub(super) fn keys(t: Tongue) -> Markup {
    html! {
        dialog #keys aria-labelledby="keys-h" {
            h2 #keys-h { (say!(t, "worklist-keys")) }
            dl .facts {
                dt { kbd { "j" } " " kbd { "k" } } dd { (say!(t, "worklist-key-move")) }
                dt { kbd { "Enter" } } dd { (say!(t, "worklist-key-open")) }
                dt { kbd { "c" } } dd { (say!(t, "worklist-key-claim")) }
                dt { kbd { "/" } } dd { (say!(t, "worklist-key-search")) }
                dt { kbd { "?" } } dd { (say!(t, "worklist-key-help")) }
            }
            form method="dialog" { button autofocus { (say!(t, "worklist-key-close")) } }
        }
    }
}
