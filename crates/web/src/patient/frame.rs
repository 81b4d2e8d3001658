//! The frame of the patients' pages: header, places, foot.

use super::parts;
use crate::auth::guard::Visitor;
use crate::fault::Fault;
use crate::tongue::{Tongue, say};
use crate::{Shared, assets, page};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

/// A place of the bottom navigation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Today,
    Next,
    Contact,
}

/// What is kept of a page for when there is no connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// Whatever was kept is dropped: nobody is known to be here.
    Drop,
    /// Nothing is changed.
    As,
    /// It may be kept, if the patient asks for it.
    May,
}

/// What a page is.
pub(super) struct Frame<'a> {
    pub(super) t: Tongue,
    pub(super) title: &'a str,
    /// The link's token and where in it one is; `None` outside of the second factor.
    pub(super) at: Option<(&'a str, Place)>,
    /// What the patient is called.
    pub(super) who: Option<&'a str>,
    pub(super) kept: Kept,
}

impl<'a> Frame<'a> {
    /// A page that shows nobody.
    pub(super) fn outside(t: Tongue, title: &'a str) -> Self {
        Self { t, title, at: None, who: None, kept: Kept::Drop }
    }
}

/// A page.
pub(super) fn page(shared: &Shared, frame: &Frame<'_>, body: &Markup) -> Markup {
    let (clinic, t) = (&shared.app.hub.settings().clinic, frame.t);
    let name = html! { span translate="no" { (clinic.name) } };
    let who = frame.who.map(|who| html! { span .whose translate="no" { (who) } });
    let kept = match frame.kept {
        Kept::Drop => Some("drop".to_owned()),
        Kept::As => None,
        Kept::May => frame.at.map(|(token, _)| format!("/t/{token}")),
    };
    html! {
        (DOCTYPE)
        html lang=(t.tag()) {
            (head(frame.title, &clinic.name))
            body data-copy=[kept] {
                (parts::skip_link(&say!(t, "common-skip"), "#main"))
                (parts::header(&name, who.as_ref()))
                @if shared.app.hub.settings().only_to.is_some() {
                    section .notice aria-label=(say!(t, "common-test-mode-label")) { (say!(t, "patient-test-mode")) }
                }
                @if shared.app.demo.is_some() {
                    section .notice aria-label=(say!(t, "common-demo-label")) { (say!(t, "patient-demo")) }
                }
                div class="nhsuk-width-container" {
                    main #main class="nhsuk-main-wrapper" tabindex="-1" { (body) }
                }
                (foot(shared, t))
                @if let Some((token, place)) = frame.at { (places(shared, t, token, place)) }
            }
        }
    }
}

fn head(title: &str, clinic: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) " – " (clinic) }
            link rel="stylesheet" href=(assets::url("patient.css"));
            link rel="icon" type="image/svg+xml" href=(assets::url("icon.svg"));
            script src=(assets::url("patient.js")) defer {}
        }
    }
}

fn foot(shared: &Shared, t: Tongue) -> Markup {
    let clinic = &shared.app.hub.settings().clinic;
    parts::footer(&[
        html! { strong { (say!(t, "patient-emergency", number = &clinic.emergency_number)) } },
        html! { (say!(t, "patient-check")) },
        html! { a href={ "tel:" (clinic.phone) } { (say!(t, "patient-call-number", number = &clinic.phone)) } },
    ])
}

fn places(shared: &Shared, t: Tongue, token: &str, here: Place) -> Markup {
    let all = [
        (Place::Today, String::new(), say!(t, "patient-today")),
        (Place::Next, "/next".to_owned(), say!(t, "patient-next")),
        (Place::Contact, "/contact".to_owned(), say!(t, "patient-contact-short")),
    ];
    html! {
        nav .places aria-label=(say!(t, "common-main-nav")) {
            ul {
                @for (place, path, name) in all {
                    li { a href={ "/t/" (token) (path) } aria-current=[(place == here).then_some("page")] { (name) } }
                }
                li { a href={ "tel:" (shared.app.hub.settings().clinic.phone) } { (say!(t, "patient-call-us")) } }
            }
        }
    }
}

/// A link that opens nothing any more, in every language: whoever holds it may be anybody.
pub(super) fn expired(shared: &Shared, visitor: &Visitor) -> Response {
    let phone = &shared.app.hub.settings().clinic.phone;
    let first = visitor.tongue;
    let part = |t: Tongue, main: bool| {
        html! {
            div lang=(t.tag()) {
                @if main { h1 class="nhsuk-heading-l" { (say!(t, "patient-expired-title")) } }
                @else { h2 class="nhsuk-heading-m" { (say!(t, "patient-expired-title")) } }
                p { (say!(t, "patient-expired")) }
                p { (parts::button_link(&say!(t, "patient-call-number", number = phone), &format!("tel:{phone}"))) }
            }
        }
    };
    let others = Tongue::ALL.into_iter().filter(|t| *t != first);
    let body = html! { (part(first, true)) @for other in others { (part(other, false)) } };
    let title = say!(first, "patient-expired-title");
    (StatusCode::NOT_FOUND, page(shared, &Frame::outside(first, &title), &body)).into_response()
}

/// What was sent after the session was over: nothing of it came, and whom to call if it cannot wait.
pub(super) fn not_received(shared: &Shared, t: Tongue, token: &str) -> Response {
    let settings = shared.app.hub.settings();
    let (phone, emergency) = (&settings.clinic.phone, &settings.clinic.emergency_number);
    let title = say!(t, "patient-not-received-title");
    let body = html! {
        h1 class="nhsuk-heading-l" { (title) }
        p { (say!(t, "patient-not-received")) }
        p { (parts::button_link(&say!(t, "patient-call-number", number = phone), &format!("tel:{phone}"))) }
        p .in-danger { (say!(t, "patient-danger", number = emergency)) }
        p { a .way href={ "/t/" (token) } { (say!(t, "patient-open-again")) } }
    };
    (StatusCode::FORBIDDEN, page(shared, &Frame::outside(t, &title), &body)).into_response()
}

/// What went wrong with a form of these pages: without any way into the care team's.
pub(crate) fn fault(t: Tongue, fault: &Fault, path: &str) -> Markup {
    let again = path.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    let title = say!(t, "patient-fault-title");
    let why = match fault {
        Fault::Stale => say!(t, "patient-fault-stale"),
        Fault::TooMany => say!(t, "common-fault-too-many"),
        Fault::NotFound => say!(t, "common-fault-not-found"),
        _ => say!(t, "patient-fault"),
    };
    html! {
        (DOCTYPE)
        html lang=(t.tag()) {
            (head(&title, "Throughline"))
            body {
                div class="nhsuk-width-container" {
                    main #main class="nhsuk-main-wrapper" {
                        h1 class="nhsuk-heading-l" { (title) }
                        p { (why) }
                        @if again.len() > "/t/".len() { p { a .way href=(again) { (say!(t, "patient-open-again")) } } }
                    }
                }
            }
        }
    }
}

/// A time, for people and machines.
pub(super) fn time(t: Tongue, at: model::At, zone: &jiff::tz::TimeZone) -> Markup {
    page::time(t, at, zone)
}
