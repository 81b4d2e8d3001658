//! Keys of machines that send.

use super::me::unconfirmed;
use crate::auth::guard::{Fields, Who};
use crate::auth::{account, key, note};
use crate::fault::Fault;
use crate::tongue::say;
use crate::{SCOPES, Shared, State, page};
use axum::Extension;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

/// The keys.
pub(crate) async fn show(state: State, Extension(who): Extension<Who>) -> Result<Markup, Fault> {
    state.read(move |shared| draw(shared, &who, None, None)).await
}

fn draw(shared: &Shared, who: &Who, made: Option<&str>, error: Option<&str>) -> Result<Markup, Fault> {
    let t = who.tongue;
    let mut rows = key::list(shared.store())?;
    rows.sort_by(|a, b| (a.revoked, &a.name).cmp(&(b.revoked, &b.name)));
    let heads = [
        say!(t, "account-key"),
        say!(t, "account-key-for"),
        say!(t, "account-key-may"),
        say!(t, "account-key-source"),
        say!(t, "account-key-site"),
        say!(t, "account-by"),
        say!(t, "account-state"),
    ];
    let body = html! {
        h1 { (say!(t, "account-keys")) }
        p .muted { (say!(t, "account-keys-what")) }
        @if let Some(secret) = made {
            div .card.made role="status" {
                p { strong { (say!(t, "account-key-copy")) } }
                p translate="no" { code #new-key { (secret) } }
            }
        }
        @if let Some(error) = error { p .error role="alert" { (error) } }
        @if rows.is_empty() { p .card.empty { (say!(t, "account-keys-none")) } } @else {
            div .scroll tabindex="0" role="region" aria-label=(say!(t, "account-keys")) { table {
                thead { tr { @for head in &heads { th scope="col" { (head) } } } }
                tbody { @for k in &rows { tr .gone[k.revoked] {
                    th scope="row" .mono translate="no" { "tl_" (k.id) "_…" }
                    td translate="no" { (k.name) }
                    td { ul .plain { @for s in &k.scopes { li { (t.pick("scope", &s.replace(':', "-")).unwrap_or_default()) } } } }
                    td translate="no" { (k.source) }
                    td { @if k.site.is_empty() { (say!(t, "account-key-sites")) } @else { span translate="no" { (k.site) } } }
                    td translate="no" { (k.by) }
                    td {
                        @if k.revoked { (say!(t, "account-revoked")) } @else {
                            form method="post" action={ "/keys/" (k.id) "/revoke" } {
                                (page::token(&who.csrf))
                                button .quiet { (say!(t, "account-revoke")) span .hidden translate="no" { " " (k.name) } }
                            }
                        }
                    }
                } } }
            } }
        }
        section .card.entry.left aria-labelledby="new-h" {
            h2 #new-h { (say!(t, "account-key-new")) }
            @if who.session.is_fresh() { (form(who)) } @else { (super::accounts::first(t, "/keys")) }
        }
    };
    Ok(page::staff(shared, who, &say!(t, "account-keys"), "/keys", &body))
}

fn form(who: &Who) -> Markup {
    let t = who.tongue;
    html! {
        form method="post" action="/keys" .stack {
            (page::token(&who.csrf))
            label for="key-name" { (say!(t, "account-key-what-for")) }
            input #key-name name="name" required maxlength="64" autocomplete="off";
            label for="key-source" { (say!(t, "account-key-source-name")) }
            p .muted.small #source-hint { (say!(t, "account-key-source-hint")) }
            input #key-source name="source" required maxlength="64" pattern="[a-z0-9._\\-]+" autocomplete="off" aria-describedby="source-hint";
            label for="key-site" { (say!(t, "account-key-site-name")) }
            input #key-site name="site" maxlength="64" autocomplete="off";
            fieldset {
                legend { (say!(t, "account-key-it-may")) }
                @for (scope, _) in SCOPES {
                    div .choice {
                        input type="checkbox" name="scope" value=(scope) id=(scope) checked[![key::IDENTITY, key::PATHWAYS].contains(scope)];
                        label for=(scope) { (t.pick("scope", &scope.replace(':', "-")).unwrap_or_default()) " " code .muted translate="no" { (scope) } }
                    }
                }
            }
            button .primary { (say!(t, "account-key-make")) }
        }
    }
}

/// Makes a key; this answer is the only one that shows it.
pub(crate) async fn make(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    if let Some(first) = unconfirmed(&who, "/keys") {
        return Ok(first);
    }
    state
        .read(move |shared| {
            let (name, source, site) = (fields.get("name"), fields.get("source"), fields.get("site"));
            match crate::create_key(shared.store(), name, fields.all("scope"), source, site, &who.account.name) {
                Ok((key, secret)) => {
                    note(shared, &who.account.name, "made a key", &key.id)?;
                    Ok(draw(shared, &who, Some(&secret), None)?.into_response())
                }
                Err(account::Error::Store(error)) => Err(error.into()),
                Err(account::Error::Invalid(_)) => {
                    let why = say!(who.tongue, "account-key-wrong");
                    Ok((StatusCode::UNPROCESSABLE_ENTITY, draw(shared, &who, None, Some(&why))?).into_response())
                }
            }
        })
        .await
}

/// Revokes a key, at once. It takes no fresh password: what is lost must stop now.
pub(crate) async fn revoke(
    state: State,
    Extension(who): Extension<Who>,
    Path(id): Path<String>,
) -> Result<Redirect, Fault> {
    state
        .read(move |shared| {
            if !key::revoke(shared.store(), &id)? {
                return Err(Fault::NotFound);
            }
            Ok(note(shared, &who.account.name, "revoked a key", &id)?)
        })
        .await?;
    Ok(Redirect::to("/keys"))
}
