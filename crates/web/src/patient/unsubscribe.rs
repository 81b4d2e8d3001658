//! The way out of mails. `POST` is one click (RFC 8058); `GET` shows the button and changes nothing.

use super::words::{lang_of, say};
use crate::fault::Fault;
use crate::{State, page};
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
    let look = state.read(move |shared| Ok(shared.app.hub.look(person)?)).await?;
    let lang = lang_of(look.record.language.as_deref());
    if act {
        let body = json!({ "channel": "email", "allowed": false, "basis": "unsubscribe link" });
        let key = format!("unsubscribe {message}");
        let fact = Fact::own("consent.changed", &key, look.person, state.now(), body).by(Actor::Patient);
        state.app.hub.submit(look.person, fact).await?;
    }
    let body = html! {
        h1 { (say(lang, "unsubscribe")) }
        @if act { p .said role="status" { (say(lang, "unsubscribed")) } } @else {
            p { (say(lang, "unsubscribe_why")) }
            form method="post" action={ "/unsubscribe?m=" (asked.m) } {
                input type="hidden" name="List-Unsubscribe" value="One-Click";
                button .go { (say(lang, "unsubscribe_do")) }
            }
        }
    };
    Ok(page::patient(&state, lang, say(lang, "unsubscribe"), None, &body).into_response())
}
