//! All that was said with a person, whatever the channel, in one thread; and what a member of staff says next.
//!
//! The thread is what the timeline reads of what was said ([`super::timeline::read`]), the newest at the bottom. It is
//! kept live beside the form, which is not: a draft, its cursor and its focus stay. Which channels may be used is asked
//! of the guards themselves ([`hub::Hub::choices`]), and asked again when something is sent: the page disables nothing
//! that the hub would take, and takes nothing that the hub refuses.

mod compose;
mod send;
mod thread;
mod unread;
mod who;

use super::person::View;
use super::timeline::read::{self, Asked};
use crate::auth::guard::{Fields, Who};
use crate::fault::Fault;
use crate::tongue::say;
use crate::{Shared, State, page, words};
use axum::Extension;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
pub(crate) use compose::keep_draft;
use maud::{Markup, html};
use model::{Channel, PersonId};
pub(crate) use send::{post, take_back};
use serde::Deserialize;
pub(super) use unread::badge;
pub(crate) use unread::mark;
pub(super) use who::listed;

/// What is asked for.
#[derive(Deserialize, Default, Clone)]
pub(crate) struct Wanted {
    /// Only older than this number of the timeline.
    #[serde(default)]
    before: Option<i64>,
}

/// What a sending came to, when it came to nothing: what was typed, and why.
#[derive(Default)]
struct Given {
    fields: Fields,
    error: Option<String>,
}

/// The page.
pub(crate) async fn show(
    state: State,
    Extension(who): Extension<Who>,
    Path(person): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let person: PersonId = super::id(&person)?;
    state
        .read(move |shared| {
            let given = Given { fields: compose::kept(shared, &who, person)?, error: None };
            render(shared, &who, person, &wanted, &given)
        })
        .await
}

/// The place of a person's conversation.
fn path(person: PersonId) -> String {
    format!("/people/{person}/conversation")
}

fn render(shared: &Shared, who: &Who, person: PersonId, wanted: &Wanted, given: &Given) -> Result<Response, Fault> {
    let look = super::look(shared, who, person, "/people/{id}/conversation")?;
    if look.person != person {
        return Ok(Redirect::to(&path(look.person)).into_response());
    }
    let asked = Asked { kind: "said".into(), before: wanted.before, ..Asked::default() };
    let said = read::page(shared, person, &asked)?;
    let choices = shared.app.hub.choices(person, None)?;
    let unread = unread::of(shared, person)?;
    let view = View::new(shared, who, &look);
    let t = who.tongue;
    let title = say!(t, "conversation-title", name = look.record.name.as_str());
    let body = html! {
        (view.back())
        (view.heading())
        div .two .talk {
            div .side #beside data-live { (who::listed(shared, who, &look)?) (wishes(&view)) (thread::waiting(&view)) }
            div .main .person {
                h2 #talk-h { (say!(t, "conversation-heading")) }
                (unread::bar(&view, unread.as_ref()))
                (thread::thread(&view, said, wanted.before.is_some(), unread.as_ref())?)
                (compose::form(&view, &choices, given))
                section .card { (super::call::card(shared, who, &look, None)?) }
            }
        }
    };
    Ok(page::staff(shared, who, &title, "/people", &body).into_response())
}

/// How the person wants to be reached, beside the thread.
fn wishes(view: &View<'_>) -> Markup {
    let (t, r) = (view.t, &view.look.record);
    html! {
        section .card aria-labelledby="wishes-h" {
            h2 #wishes-h { (say!(t, "conversation-wishes")) }
            dl .facts {
                dt { (say!(t, "conversation-reads")) }
                dd { (r.language.as_deref().map_or_else(|| say!(t, "person-unknown"), |l| words::language(t, l))) }
                @for channel in [Channel::Sms, Channel::Email] {
                    dt { (words::channel(t, channel)) }
                    dd { @match record::allowed(r, model::Purpose::Care, channel) {
                        Some(true) => (say!(t, "timeline-allowed")),
                        Some(false) => (say!(t, "timeline-refused")),
                        None => (say!(t, "person-not-asked")),
                    } }
                }
            }
            p .small { a href={ "/people/" (view.look.person) } { (say!(t, "conversation-to-person")) } }
        }
    }
}
