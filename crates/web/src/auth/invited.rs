//! What a one-time link opens: choosing a password. The account begins to be when it is chosen.

use super::account::{self, Account};
use super::guard::{Fields, Visitor};
use super::login::{enter, password_field};
use super::{factor, invite, note, password, session};
use crate::fault::Fault;
use crate::staff::me::{names, role_name};
use crate::tongue::say;
use crate::{Shared, State, page};
use axum::Extension;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

fn draw(shared: &Shared, visitor: &Visitor, token: &str, invite: &invite::Invite, error: Option<&str>) -> Markup {
    let (t, a) = (visitor.tongue, &invite.account);
    let asked = !invite.again && factor::required(a, &shared.app.config.second_factor);
    let title = if invite.again { say!(t, "account-again") } else { say!(t, "account-invited") };
    let body = html! {
        div .card.entry {
            h1 { (title) }
            @if let Some(error) = error { p .error role="alert" { (error) } }
            dl .facts {
                dt { (say!(t, "account-name")) } dd translate="no" { strong { (a.name) } }
                @if !invite.again {
                    dt { (say!(t, "account-roles")) }
                    dd { (a.roles.iter().map(|r| role_name(t, r)).collect::<Vec<_>>().join(", ")) }
                }
            }
            form method="post" action={ "/invite/" (token) } .stack {
                (page::token(&visitor.csrf))
                input type="hidden" name="username" value=(a.name) autocomplete="username";
                label for="new" { (say!(t, "account-password-new")) }
                p .muted.small #new-hint { (say!(t, "account-password-hint", n = password::ALONE_MIN)) }
                (password_field(t, "new", "new-password"))
                button .primary { (say!(t, "account-continue")) }
            }
            @if asked { p .muted.small { (say!(t, "account-then-second")) } }
        }
    };
    page::door(shared, visitor, &title, &body)
}

/// A link that is not good: used, revoked, too old or never made. Nobody is told which.
fn gone(shared: &Shared, visitor: &Visitor) -> Response {
    let t = visitor.tongue;
    let title = say!(t, "account-link-gone");
    let body = html! {
        div .card.entry {
            h1 { (title) }
            p { (say!(t, "account-link-gone-why")) }
            p { a href="/login" { (say!(t, "account-login")) } }
        }
    };
    (StatusCode::NOT_FOUND, page::door(shared, visitor, &title, &body)).into_response()
}

/// The link, opened. It stays good: a mail scanner uses nothing up.
pub(crate) async fn show(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Path(token): Path<String>,
) -> Result<Response, Fault> {
    state
        .read(move |shared| {
            let Some(invite) = invite::find(shared.store(), &token)? else { return Ok(gone(shared, &visitor)) };
            Ok(draw(shared, &visitor, &token, &invite, None).into_response())
        })
        .await
}

/// The password, chosen: the link is spent, and its owner is in.
pub(crate) async fn accept(
    state: State,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    Extension(fields): Extension<Fields>,
    Path(token): Path<String>,
) -> Result<Response, Fault> {
    let _turn = state.hashing.acquire().await.map_err(|_| Fault::Broken)?;
    state
        .read(move |shared| {
            let Some(invite) = invite::find(shared.store(), &token)? else { return Ok(gone(shared, &visitor)) };
            let typed = fields.typed("new");
            let own = names(shared, &invite.account);
            let own: Vec<&str> = own.iter().map(String::as_str).collect();
            if let Err(weak) = password::check(typed, password::ALONE_MIN, &own) {
                let page = draw(shared, &visitor, &token, &invite, Some(&weak.words(visitor.tongue)));
                return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
            }
            let hash = password::hash(typed);
            if !invite::spend(shared.store(), &token)? {
                return Ok(gone(shared, &visitor));
            }
            let name = invite.account.name.clone();
            if !settle(shared, invite, hash)? {
                return Ok(gone(shared, &visitor));
            }
            if factor::read(shared.store(), &name)?.any() {
                // A new password alone does not let in who has a second factor.
                return Ok(axum::response::Redirect::to("/login").into_response());
            }
            enter(shared, &headers, &name, "/me")
        })
        .await
}

/// Makes the account, or gives it the new password; false when that cannot be any more.
fn settle(shared: &Shared, invite: invite::Invite, hash: String) -> Result<bool, Fault> {
    let store = shared.store();
    if !invite.again {
        let account = Account { hash, disabled: false, ..invite.account };
        let made = account::add(store, &account)?;
        if made {
            note(shared, &account.name, "took up an invite", &invite.by)?;
        }
        return Ok(made);
    }
    let name = invite.account.name;
    if account::find(store, &name)?.is_none_or(|a| a.disabled) {
        return Ok(false);
    }
    account::change(shared, &name, |account| {
        account.hash = hash;
        Ok(())
    })?;
    factor::change(shared, &name, |f| {
        f.short = false;
        Ok(())
    })?;
    session::end_all(shared, &name, None)?;
    note(shared, &name, "changed the password", &invite.by)?;
    Ok(true)
}
