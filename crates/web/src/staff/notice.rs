//! What the link of a notice to the care team opens: a button that takes the prompt, and the way to it after the login.
//!
//! Invariants: a GET changes nothing; nothing here tells whom the prompt is about or what is asked; the link's authority
//! is its signature, and only a prompt that was told of on that channel, and still waits, can be taken by it.

use crate::auth::guard::{Fields, Visitor};
use crate::fault::Fault;
use crate::tongue::say;
use crate::{Shared, State, page};
use axum::Extension;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use model::prompt::{Notice, Prompt, PromptStatus};
use model::{Actor, Fact, PersonId};
use serde_json::json;

/// What a link opens.
struct Opened {
    person: PersonId,
    prompt: Prompt,
    notice: Notice,
}

/// Reads a link; `None` when the prompt is over. Blocks.
fn open(shared: &Shared, token: &str) -> Result<Option<Opened>, Fault> {
    let secret = &shared.app.hub.settings().clinic.link_secret;
    let (person, message) = model::link::verify_notice(secret, token).map_err(|_| Fault::NotFound)?;
    let look = match shared.app.hub.look(person) {
        Ok(look) => look,
        Err(hub::Error::NoSuchPerson) => return Err(Fault::NotFound),
        Err(error) => return Err(error.into()),
    };
    let person = look.person;
    let found = look.prompts.into_iter().find_map(|prompt| {
        let notice = prompt.desk.notices.iter().find(|n| n.message == message)?.clone();
        prompt.status.is_open().then_some(Opened { person, prompt, notice })
    });
    Ok(found)
}

/// The page with the button.
pub(crate) async fn show(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Path(token): Path<String>,
) -> Result<Response, Fault> {
    state.read(move |shared| draw(shared, &visitor, &token)).await
}

fn draw(shared: &Shared, visitor: &Visitor, token: &str) -> Result<Response, Fault> {
    let (t, opened) = (visitor.tongue, open(shared, token)?);
    let (title, status) = match &opened {
        Some(o) if o.prompt.urgent => (say!(t, "notice-urgent"), StatusCode::OK),
        Some(_) => (say!(t, "notice-waits"), StatusCode::OK),
        None => (say!(t, "notice-over"), StatusCode::OK),
    };
    let body = html! {
        div .card.entry {
            h1 { (title) }
            @match &opened {
                None => p { (say!(t, "notice-over-why")) },
                Some(o) => {
                    @let team = super::desk_words::team(shared, &o.notice.team);
                    @if o.prompt.status == PromptStatus::Acknowledged { p role="status" { (say!(t, "notice-taken")) } } @else {
                        p { (say!(t, "notice-why", team = team)) }
                        form method="post" action={ "/n/" (token) } .stack {
                            (page::token(&visitor.csrf)) (page::once())
                            button .primary { (say!(t, "notice-take")) }
                        }
                    }
                    p { a href={ "/people/" (o.person) "/prompts/" (o.prompt.id) } { (say!(t, "notice-open")) } }
                }
            }
        }
    };
    Ok((status, page::door(shared, visitor, &title, &body)).into_response())
}

/// The prompt is taken by whoever was told of it.
pub(crate) async fn take(
    state: State,
    Extension(fields): Extension<Fields>,
    Path(token): Path<String>,
) -> Result<Response, Fault> {
    let once = fields.get("once").to_owned();
    if once.is_empty() || once.len() > 64 {
        return Err(Fault::Stale);
    }
    let link = token.clone();
    let opened = state.read(move |shared| open(shared, &token)).await?;
    if let Some(Opened { person, prompt, notice }) = opened.filter(|o| o.prompt.status == PromptStatus::Open) {
        let body = json!({"prompt": prompt.id, "notice": notice.message, "channel": notice.by});
        let key = format!("{once} {}", notice.message);
        let fact = Fact::own("prompt.acknowledged", &key, person, state.now(), body).by(Actor::Staff(notice.who));
        match state.app.hub.submit(person, fact).await {
            // Somebody was faster: the page says so.
            Ok(()) | Err(hub::Error::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Redirect::to(&format!("/n/{link}")).into_response())
}
