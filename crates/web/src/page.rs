//! What pages share: the frame, banners, form parts, and the access log.

use crate::auth::guard::{Visitor, Who};
use crate::patient::words::say;
use crate::{Shared, assets, machine_now};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use model::PersonId;
use std::collections::BTreeSet;
use store::AccessRow;

/// Rows of the memory below; past it, it is emptied and rows are written anew.
const SEEN_MAX: usize = 20_000;

/// Who was written as having seen whom within this hour of the machine's clock.
#[derive(Default)]
pub(crate) struct Seen {
    hour: i64,
    rows: BTreeSet<(String, PersonId, String)>,
}

/// Writes that `who` saw these people on a page; once an hour for each page. Blocks.
pub(crate) fn saw(shared: &Shared, who: &str, people: &[PersonId], detail: &str) -> store::Result<()> {
    let now = machine_now();
    let hour = now.0 / model::time::HOUR_MS;
    for person in people {
        let key = (who.to_owned(), *person, detail.to_owned());
        let fresh = shared.seen.lock().map_or(true, |mut seen| {
            if seen.hour != hour || seen.rows.len() >= SEEN_MAX {
                *seen = Seen { hour, rows: BTreeSet::new() };
            }
            seen.rows.insert(key)
        });
        if fresh {
            let (who, what) = (who.to_owned(), "saw".to_owned());
            shared.store().access_add(&AccessRow {
                at: now,
                who,
                what,
                person: Some(*person),
                detail: detail.into(),
            })?;
        }
    }
    Ok(())
}

/// Writes that `who` did something about a person. Blocks.
pub(crate) fn did(shared: &Shared, who: &str, what: &str, person: PersonId, detail: &str) -> store::Result<()> {
    let (who, what) = (who.to_owned(), what.to_owned());
    shared.store().access_add(&AccessRow { at: machine_now(), who, what, person: Some(person), detail: detail.into() })
}

fn head(title: &str, clinic: &str, style: &str, live: bool) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) " – " (clinic) }
            link rel="stylesheet" href=(assets::url(style));
            link rel="icon" type="image/svg+xml" href=(assets::url("icon.svg"));
            @if live { script src=(assets::url("live.js")) defer {} }
        }
    }
}

/// What everyone must know about this hub: that it is a test, or a play.
pub(crate) fn banners(shared: &Shared) -> Markup {
    let only_to = shared.app.hub.settings().only_to.as_ref().map(Vec::len);
    html! {
        @if let Some(count) = only_to {
            section .banner.test aria-label="Test mode" { strong { "Test mode." } " Only " (count) " allow-listed contacts are reached." }
        }
        @if shared.app.demo.is_some() {
            section .banner.demo aria-label="Demo" {
                strong { "Demo." } " Make-believe people on a make-believe clock. "
                a href="/demo" { "Story and clock" } " "
                a href="/handset" { "Phones" }
            }
        }
    }
}

/// Places of the console: path, name, roles (none: any).
const NAV: &[(&str, &str, &[&str])] = &[
    ("/", "Worklist", &["nurse", "lead"]),
    ("/people", "People", &["nurse", "lead"]),
    ("/pathways", "Pathways", &[]),
    ("/parked", "Parked", &["nurse", "lead", "administrator", "integrator"]),
    ("/keys", "Keys", &["administrator"]),
    ("/accounts", "Accounts", &["administrator"]),
    ("/access", "Access log", &["administrator"]),
];

/// A page of the console.
pub(crate) fn staff(shared: &Shared, who: &Who, title: &str, active: &str, body: &Markup) -> Markup {
    let clinic = &shared.app.hub.settings().clinic.name;
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(title, clinic, "staff.css", true))
            body data-live={ "/live?from=" (who.mark) } {
                a .skip href="#main" { "Skip to the content" }
                header .top {
                    div .bar {
                        a .brand href="/" { (clinic) }
                        nav aria-label="Main" {
                            ul {
                                @for (path, name, roles) in NAV {
                                    @if roles.is_empty() || who.account.is_any(roles) {
                                        li { a href=(path) aria-current=[(*path == active).then_some("page")] { (name) } }
                                    }
                                }
                            }
                        }
                        form method="post" action="/logout" .who {
                            span { (who.account.display) }
                            (token(&who.csrf))
                            button .quiet { "Log out" }
                        }
                    }
                }
                (banners(shared))
                main #main tabindex="-1" { (body) }
                p #live-status .hidden role="status" {}
            }
        }
    }
}

/// A page before the login, or of the demo.
pub(crate) fn door(shared: &Shared, title: &str, body: &Markup) -> Markup {
    frame(shared, title, "door", None, body)
}

/// A wide page of the demo that lives.
pub(crate) fn stage(shared: &Shared, visitor: &Visitor, title: &str, body: &Markup) -> Markup {
    frame(shared, title, "stage", Some(&visitor.mark), body)
}

fn frame(shared: &Shared, title: &str, class: &str, live: Option<&str>, body: &Markup) -> Markup {
    let clinic = &shared.app.hub.settings().clinic.name;
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(title, clinic, "staff.css", live.is_some()))
            body .(class) data-live=[live.map(|mark| format!("/demo/live?from={mark}"))] {
                header .top { div .bar { a .brand href="/" { (clinic) } } }
                (banners(shared))
                main #main tabindex="-1" { (body) }
                @if live.is_some() { p #live-status .hidden role="status" {} }
            }
        }
    }
}

/// A page of nobody: what went wrong.
pub(crate) fn bare(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(title, "Throughline", "staff.css", false))
            body .door { main #main { (body) } }
        }
    }
}

/// A page of a patient.
pub(crate) fn patient(shared: &Shared, lang: &str, title: &str, who: Option<&str>, body: &Markup) -> Markup {
    let clinic = &shared.app.hub.settings().clinic;
    html! {
        (DOCTYPE)
        html lang=(lang) {
            (head(title, &clinic.name, "patient.css", false))
            body {
                header .top {
                    div .wrap { span .brand { (clinic.name) } @if let Some(who) = who { span { (who) } } }
                }
                @if shared.app.hub.settings().only_to.is_some() {
                    section .banner aria-label=(say(lang, "notice")) { (say(lang, "test_mode")) }
                }
                @if shared.app.demo.is_some() {
                    section .banner aria-label=(say(lang, "notice_demo")) { (say(lang, "demo")) }
                }
                main #main .wrap { (body) }
                footer .foot {
                    p .wrap {
                        (say(lang, "emergency")) " " (clinic.emergency_number) ". "
                        (say(lang, "clinic_number")) " "
                        a href={ "tel:" (clinic.phone) } { (clinic.phone) }
                    }
                }
            }
        }
    }
}

/// The hidden token that every form carries.
pub(crate) fn token(csrf: &str) -> Markup {
    html! { input type="hidden" name="csrf" value=(csrf); }
}

/// The hidden name of one sending: two clicks are one fact.
pub(crate) fn once() -> Markup {
    html! { input type="hidden" name="once" value=(crate::auth::secret()[..32]); }
}

/// A time, for people and machines.
pub(crate) fn time(at: model::At, zone: &jiff::tz::TimeZone) -> Markup {
    html! { time datetime=(crate::words::machine(at)) { (crate::words::moment(at, zone)) } }
}

/// Text with its lines kept and its links live. Only `http` and `https` of plain characters are links.
pub(crate) fn with_links(text: &str) -> Markup {
    let escape = |t: &str| html! { (t) }.into_string();
    let mut out = String::with_capacity(text.len() + 64);
    for line in text.lines() {
        for (n, word) in line.split(' ').enumerate() {
            if n > 0 {
                out.push(' ');
            }
            let end = word.trim_end_matches(['.', ',', ')', '>']);
            let tail = &word[end.len()..];
            if end.starts_with("http://") || end.starts_with("https://") {
                out.push_str(&html! { a href=(end) { (end) } }.into_string());
                out.push_str(&escape(tail));
            } else {
                out.push_str(&escape(word));
            }
        }
        out.push('\n');
    }
    PreEscaped(out)
}

#[cfg(test)]
mod tests {
    use super::with_links;

    #[test]
    fn links_live_and_everything_else_is_escaped() {
        let shown = with_links("See https://a.example/t/1.2. <b>\njavascript:alert(1)").into_string();
        assert!(
            shown.contains("<a href=\"https://a.example/t/1.2\">https://a.example/t/1.2</a>. &lt;b&gt;\n"),
            "{shown}"
        );
        assert!(!shown.contains("href=\"javascript"));
        assert!(with_links("http://x\"onclick=1").into_string().contains("&quot;"));
    }
}
