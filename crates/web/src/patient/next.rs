//! "What happens next, and why": what is planned, in plain words with days.

use super::frame::{self, Frame, Kept, Place};
use super::journeys::{self, Told, When};
use super::parts;
use super::today;
use super::view::{View, view};
use crate::auth::guard::Visitor;
use crate::fault::Fault;
use crate::tongue::say;
use crate::{State, staff, words};
use axum::Extension;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

/// Lines of one plan.
const LINES_MAX: usize = 12;

/// The page.
pub(crate) async fn show(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    state
        .read(move |shared| {
            let opened = match today::enter(shared, &visitor, &token, &headers)? {
                Ok(opened) => opened,
                Err(page) => return Ok(page),
            };
            let view = view(shared, &visitor, &token, &opened);
            let (t, told) = (opened.t, journeys::told(shared, &opened));
            let title = say!(t, "patient-next-title");
            let body = html! {
                h1 class="nhsuk-heading-l" { (title) }
                @if told.is_empty() { p { (say!(t, "patient-nothing-next")) } }
                @for journey in &told { (plan(&view, journey)) }
                (view.visits())
                (parts::inset(&say!(t, "patient-note"), &html! { p { (say!(t, "patient-next-changes")) } }))
            };
            let name = staff::called(&opened.look.record);
            let frame = Frame { t, title: &title, at: Some((&token, Place::Next)), who: Some(name), kept: Kept::As };
            Ok(frame::page(shared, &frame, &body).into_response())
        })
        .await
}

fn plan(view: &View<'_>, told: &Told<'_>) -> Markup {
    let (t, patients) = (view.t, &told.pathway.patients);
    let all = journeys::coming(told, view.opened, t, view.now);
    let rows: Vec<(Markup, Markup)> = all
        .into_iter()
        .take(LINES_MAX)
        .map(|c| {
            let day = words::long_day(t, c.at.date_in(&view.zone));
            let clock = words::clock(t, c.at, &view.zone);
            let when = match c.when {
                When::At => say!(t, "patient-at-clock", clock = clock),
                When::By => say!(t, "patient-by-clock", clock = clock),
                When::Soon => say!(t, "patient-soon"),
            };
            (html! { (day) br; span .when { (when) } }, c.what)
        })
        .collect();
    let ends = told.state.and_then(journey::State::leaves_at);
    html! {
        section {
            h2 class="nhsuk-heading-m" { (journeys::words(t, &patients.title).unwrap_or_default()) }
            @if let Some(because) = journeys::words(t, &patients.because) { p { (because) } }
            @if rows.is_empty() { p { (say!(t, "patient-nothing-planned")) } }
            @else { (parts::summary_list(&rows)) }
            @if let Some(at) = ends.filter(|_| !told.pathway.standing) {
                p .when { (say!(t, "patient-ends", day = words::long_day(t, at.date_in(&view.zone)))) }
            }
        }
    }
}

impl View<'_> {
    fn visits(&self) -> Markup {
        let t = self.t;
        html! {
            @if let Some((visit, start)) = self.next_visit() {
                section {
                    h2 class="nhsuk-heading-m" { (say!(t, "patient-next-visit")) }
                    p {
                        strong { (today::long(t, start, &self.zone)) }
                        @if !visit.with.is_empty() { br; span translate="no" { (visit.with) } }
                    }
                }
            }
        }
    }
}
