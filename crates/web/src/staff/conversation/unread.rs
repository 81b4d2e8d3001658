//! What came in since somebody of the team last wrote here, or marked it as read: whoever that was, for it is the team
//! that answers. A mark says up to what its page showed, so that what came in meanwhile stays new.

use super::path;
use crate::State;
use crate::auth::guard::{Fields, Who};
use crate::fault::Fault;
use crate::staff::person::View;
use crate::staff::{known_to, say as says};
use crate::tongue::{Tongue, say};
use crate::{Shared, page, words};
use axum::Extension;
use axum::extract::Path;
use axum::response::Redirect;
use maud::{Markup, html};
use model::PersonId;
use serde_json::json;
use store::Unread;

/// What nobody has looked at yet. Blocks.
pub(super) fn of(shared: &Shared, person: PersonId) -> Result<Option<Unread>, Fault> {
    Ok(shared.store().unread(&[person])?.remove(&person))
}

/// So many are new.
fn count(t: Tongue, unread: &Unread) -> String {
    let n = unread.facts.len();
    if unread.more { say!(t, "conversation-unread-more", n = n) } else { say!(t, "conversation-unread", n = n) }
}

/// A link to a conversation in which something is new, for a list.
pub(in crate::staff) fn badge(t: Tongue, person: PersonId, unread: &Unread) -> Markup {
    html! { a .badge.new #{ "new-" (person) } href=(path(person)) { (count(t, unread)) } }
}

/// The line in the thread above the first that is new.
pub(super) fn divider(view: &View<'_>, unread: &Unread) -> Markup {
    let since = words::moment(view.t, unread.since, &view.zone);
    html! { li .day.new #new-since { (say!(view.t, "conversation-new-since", since = since)) } }
}

/// How much is new, and the button by which it is not any more.
pub(super) fn bar(view: &View<'_>, unread: Option<&Unread>) -> Markup {
    let t = view.t;
    html! {
        div #unread data-live {
            @if let Some(unread) = unread {
                form method="post" action={ (path(view.look.person)) "/read" } .row.unread {
                    (page::token(&view.who.csrf)) (page::once())
                    input type="hidden" name="upto" value=(unread.upto);
                    strong { (count(t, unread)) }
                    button .quiet #mark-read { (say!(t, "conversation-mark-read")) }
                }
            }
        }
    }
}

/// Marks what the page showed as read.
pub(crate) async fn mark(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
    Path(person): Path<String>,
) -> Result<Redirect, Fault> {
    let person: PersonId = crate::staff::id(&person)?;
    let look = known_to(&state, &who, person).await?;
    let shown: i64 = fields.get("upto").parse().map_err(|_| Fault::Stale)?;
    let person = look.person;
    let unread = state.read(move |shared| of(shared, person)).await?;
    // Somebody else was faster; and nobody marks what has not come in.
    if let Some(unread) = unread {
        let body = json!({"upto": shown.min(unread.upto)});
        says(&state, &who, &fields, person, turn::talk::READ, body).await?;
    }
    Ok(Redirect::to(&path(person)))
}
