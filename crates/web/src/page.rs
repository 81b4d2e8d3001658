//! What pages share: the frame, banners, form parts, and the access log.

use crate::auth::guard::{Visitor, Who};
use crate::tongue::{Tongue, say};
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
    let first = |person: &PersonId| {
        let key = (who.to_owned(), *person, detail.to_owned());
        shared.seen.lock().map_or(true, |mut seen| {
            if seen.hour != hour || seen.rows.len() >= SEEN_MAX {
                *seen = Seen { hour, rows: BTreeSet::new() };
            }
            seen.rows.insert(key)
        })
    };
    let fresh: Vec<PersonId> = people.iter().copied().filter(first).collect();
    let row = AccessRow { at: now, who: who.to_owned(), what: "saw".to_owned(), person: None, detail: detail.into() };
    shared.store().access_add_each(&row, &fresh)
}

/// Writes that `who` saw something that is no person's yet; once an hour. Blocks.
pub(crate) fn saw_thing(shared: &Shared, who: &str, detail: &str) -> store::Result<()> {
    let now = machine_now();
    let hour = now.0 / model::time::HOUR_MS;
    let key = (who.to_owned(), PersonId::default(), detail.to_owned());
    let fresh = shared.seen.lock().map_or(true, |mut seen| {
        if seen.hour != hour || seen.rows.len() >= SEEN_MAX {
            *seen = Seen { hour, rows: BTreeSet::new() };
        }
        seen.rows.insert(key)
    });
    if !fresh {
        return Ok(());
    }
    let (who, what, detail) = (who.to_owned(), "saw".to_owned(), detail.to_owned());
    shared.store().access_add(&AccessRow { at: now, who, what, person: None, detail })
}

/// Writes that `who` did something about a person. Blocks.
pub(crate) fn did(shared: &Shared, who: &str, what: &str, person: PersonId, detail: &str) -> store::Result<()> {
    let (who, what) = (who.to_owned(), what.to_owned());
    shared.store().access_add(&AccessRow { at: machine_now(), who, what, person: Some(person), detail: detail.into() })
}

fn head(title: &str, clinic: &str, style: &str, scripts: bool) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) " – " (clinic) }
            link rel="stylesheet" href=(assets::url(style));
            link rel="icon" type="image/svg+xml" href=(assets::url("icon.svg"));
            @if scripts {
                script src=(assets::url("live.js")) defer {}
                script src=(assets::url("desk.js")) defer {}
            }
        }
    }
}

/// What everyone must know about this hub: that it is a test, or a play.
pub(crate) fn banners(shared: &Shared, t: Tongue) -> Markup {
    let only_to = shared.app.hub.settings().only_to.as_ref().map(Vec::len);
    html! {
        @if let Some(n) = only_to {
            section .banner.test aria-label=(say!(t, "common-test-mode-label")) {
                strong { (say!(t, "common-test-mode")) } " " (say!(t, "common-test-mode-only", n = n))
            }
        }
        @if shared.app.hub.settings().clinic.unreviewed_languages {
            section .banner.test aria-label=(say!(t, "common-unreviewed")) {
                strong { (say!(t, "common-unreviewed")) } " " (say!(t, "common-unreviewed-what"))
            }
        }
        @if shared.app.demo.is_some() {
            section .banner.demo aria-label=(say!(t, "common-demo-label")) {
                strong { (say!(t, "common-demo")) } " " (say!(t, "common-demo-what")) " "
                a href="/demo" { (say!(t, "common-demo-story")) } " "
                a href="/handset" { (say!(t, "common-demo-phones")) }
            }
        }
    }
}

/// Places of the console: path, name, roles (none: any).
fn places(t: Tongue) -> [(&'static str, String, &'static [&'static str]); 9] {
    [
        ("/", say!(t, "common-nav-worklist"), &["nurse", "lead"]),
        ("/people", say!(t, "common-nav-people"), &["nurse", "lead"]),
        ("/pathways", say!(t, "common-nav-pathways"), &["nurse", "lead", "designer", "integrator", "administrator"]),
        ("/handover", say!(t, "common-nav-handover"), &["nurse", "lead"]),
        ("/sending", say!(t, "common-nav-sending"), &["nurse", "lead", "administrator"]),
        ("/parked", say!(t, "common-nav-intake"), &["nurse", "lead", "administrator", "integrator"]),
        ("/keys", say!(t, "common-nav-keys"), &["administrator"]),
        ("/accounts", say!(t, "common-nav-accounts"), &["administrator"]),
        ("/access", say!(t, "common-nav-access"), &["administrator", "auditor"]),
    ]
}

/// The other languages, each a button that says its own name.
fn languages(t: Tongue, action: &str, csrf: &str, to: &str) -> Markup {
    html! {
        form method="post" action=(action) {
            (token(csrf))
            input type="hidden" name="to" value=(to);
            @for other in Tongue::ALL.into_iter().filter(|o| *o != t) {
                button .quiet name="language" value=(other.tag()) lang=(other.tag()) { (other.name()) }
            }
        }
    }
}

/// A page of the console.
pub(crate) fn staff(shared: &Shared, who: &Who, title: &str, active: &str, body: &Markup) -> Markup {
    let (clinic, t) = (&shared.app.hub.settings().clinic.name, who.tongue);
    html! {
        (DOCTYPE)
        html lang=(t.tag()) {
            (head(title, clinic, "staff.css", true))
            body data-live={ "/live?from=" (who.mark) } {
                a .skip href="#main" { (say!(t, "common-skip")) }
                header .top {
                    div .bar {
                        a .brand href="/" translate="no" { (clinic) }
                        nav aria-label=(say!(t, "common-main-nav")) {
                            ul {
                                @for (path, name, _) in places(t).iter().filter(|(.., roles)| who.account.is_any(roles)) {
                                    li { a href=(path) aria-current=[(*path == active).then_some("page")] { (name) } }
                                }
                            }
                        }
                        div .who {
                            a href="/me" translate="no" aria-current=[(active == "/me").then_some("page")] { (who.account.display) }
                            (languages(t, "/language", &who.csrf, &who.path))
                            form method="post" action="/logout" {
                                (token(&who.csrf))
                                button .quiet { (say!(t, "common-log-out")) }
                            }
                        }
                    }
                }
                (banners(shared, t))
                main #main tabindex="-1" { (body) }
                p #live-status .hidden role="status" {}
            }
        }
    }
}

/// A page before the login, or of the demo.
pub(crate) fn door(shared: &Shared, visitor: &Visitor, title: &str, body: &Markup) -> Markup {
    frame(shared, visitor, title, "door", None, body)
}

/// A wide page of the demo that lives.
pub(crate) fn stage(shared: &Shared, visitor: &Visitor, title: &str, body: &Markup) -> Markup {
    frame(shared, visitor, title, "stage", Some(&visitor.mark), body)
}

fn frame(shared: &Shared, visitor: &Visitor, title: &str, class: &str, live: Option<&str>, body: &Markup) -> Markup {
    let (clinic, t) = (&shared.app.hub.settings().clinic.name, visitor.tongue);
    html! {
        (DOCTYPE)
        html lang=(t.tag()) {
            (head(title, clinic, "staff.css", true))
            body .(class) data-live=[live.map(|mark| format!("/demo/live?from={mark}"))] {
                header .top {
                    div .bar {
                        a .brand href="/" translate="no" { (clinic) }
                        div .who { (languages(t, "/login/language", &visitor.csrf, &visitor.path)) }
                    }
                }
                (banners(shared, t))
                main #main tabindex="-1" { (body) }
                @if live.is_some() { p #live-status .hidden role="status" {} }
            }
        }
    }
}

/// A page of nobody: what went wrong.
pub(crate) fn bare(t: Tongue, title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(t.tag()) {
            (head(title, "Throughline", "staff.css", false))
            body .door { main #main { (body) } }
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
pub(crate) fn time(t: Tongue, at: model::At, zone: &jiff::tz::TimeZone) -> Markup {
    html! { time datetime=(crate::words::machine(at)) { (crate::words::moment(t, at, zone)) } }
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
