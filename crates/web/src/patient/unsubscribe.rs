//! The way out of mails. `POST` is one click (RFC 8058); `GET` shows the button and changes nothing.

use super::frame::{self, Frame};
use super::parts::{self, Sends};
use crate::State;
use crate::fault::Fault;
use crate::tongue::{Tongue, say};
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use maud::html;
use model::{Actor, Fact};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    #[serde(default)]
    m: String,
}

/// The page with the button.
pub(crate) async fn show(state: State, Query(asked): Query<Asked>) -> Result<Response, Fault> {
    answer(state, asked, false).await
}

/// The one click. The signed token is its authority; no cookie is looked at.
pub(crate) async fn post(state: State, Query(asked): Query<Asked>) -> Result<Response, Fault> {
    answer(state, asked, true).await
}

async fn answer(state: State, asked: Asked, act: bool) -> Result<Response, Fault> {
    let secret = &state.app.hub.settings().clinic.link_secret;
    let (person, message) = model::link::verify_unsubscribe(secret, &asked.m).map_err(|_| Fault::NotFound)?;
    let (look, sent) = state
        .read(move |shared| Ok((shared.app.hub.look(person)?, shared.store().messages(person, &[message])?)))
        .await?;
    let t = look.record.language.as_deref().and_then(Tongue::of).unwrap_or_default();
    if act {
        // Who has it by a grant ends it for their own address: the patient refused nothing.
        let related = sent.into_iter().next().filter(|m| m.basis == outreach::GRANT);
        let (kind, body) = match related {
            Some(m) => ("contact.disabled", json!({ "value": m.to, "status": "ended", "by": "unsubscribe link" })),
            None => ("consent.changed", json!({ "channel": "email", "allowed": false, "basis": "unsubscribe link" })),
        };
        let key = format!("unsubscribe {message}");
        let fact = Fact::own(kind, &key, look.person, state.now(), body).by(Actor::Patient);
        state.app.hub.submit(look.person, fact).await?;
    }
    let title = say!(t, "patient-unsubscribe");
    let body = html! {
        h1 class="nhsuk-heading-l" { (title) }
        @if act { div .done-note role="status" { p { (say!(t, "patient-unsubscribed")) } } } @else {
            p { (say!(t, "patient-unsubscribe-why")) }
            form method="post" action={ "/unsubscribe?m=" (asked.m) } {
                input type="hidden" name="List-Unsubscribe" value="One-Click";
                (parts::button(&say!(t, "patient-unsubscribe-do"), false, Sends::default()))
            }
        }
    };
    Ok(frame::page(&state, &Frame::outside(t, &title), &body).into_response())
}
