//! What administrators and integrators need: keys, accounts, the access log.

use crate::auth::guard::{Fields, Who};
use crate::auth::{account, key};
use crate::fault::Fault;
use crate::tongue::Tongue;
use crate::{Account, ROLES, SCOPES, Shared, State, page, words};
use axum::Extension;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use model::PersonId;
use serde::Deserialize;

/// Rows of a list.
const ROWS_MAX: usize = 200;

/// The keys.
pub(crate) async fn keys(state: State, Extension(who): Extension<Who>) -> Result<Markup, Fault> {
    state.read(move |shared| keys_page(shared, &who, None, None)).await
}

fn keys_page(shared: &Shared, who: &Who, made: Option<&str>, error: Option<&str>) -> Result<Markup, Fault> {
    let rows = key::list(shared.store())?;
    let body = html! {
        h1 { "API keys" }
        @if let Some(secret) = made {
            div .card.made role="status" {
                p { strong { "Copy this key now. It is not shown again." } }
                p { code #new-key { (secret) } }
            }
        }
        @if let Some(error) = error { p .error role="alert" { (error) } }
        @if rows.is_empty() { p .empty { "There are no keys yet." } }
        @else {
            div .scroll tabindex="0" role="region" aria-label="Keys" { table {
                thead { tr { @for h in ["Key", "Name", "May", "Source", "Site", "Made by", "State"] { th scope="col" { (h) } } } }
                tbody { @for k in &rows { tr {
                    th scope="row" .mono { "tl_" (k.id) "_…" }
                    td { (k.name) } td { (k.scopes.join(", ")) } td { (k.source) } td { (k.site) } td { (k.by) }
                    td {
                        @if k.revoked { "Revoked" } @else {
                            form method="post" action={ "/keys/" (k.id) "/revoke" } {
                                (page::token(&who.csrf)) button { "Revoke" span .hidden { " " (k.name) } }
                            }
                        }
                    }
                } } }
            } }
        }
        h2 { "New key" }
        form method="post" action="/keys" .stack {
            (page::token(&who.csrf))
            label for="key-name" { "What it is for" } input #key-name name="name" required maxlength="64";
            label for="key-source" { "Source name (facts are said by it)" } input #key-source name="source" required maxlength="64" pattern="[a-z0-9._\\-]+";
            label for="key-site" { "Site (empty: several)" } input #key-site name="site" maxlength="64";
            fieldset {
                legend { "It may" }
                @for (scope, what) in SCOPES {
                    div .choice {
                        input type="checkbox" name="scope" value=(scope) id=(scope) checked[*scope != key::IDENTITY];
                        label for=(scope) { (what) " (" (scope) ")" }
                    }
                }
            }
            button .primary { "Make the key" }
        }
    };
    Ok(page::staff(shared, who, "API keys", "/keys", &body))
}

/// Makes a key; this answer is the only one that shows it.
pub(crate) async fn make_key(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    state
        .read(move |shared| {
            let (name, source, site) = (fields.get("name"), fields.get("source"), fields.get("site"));
            match crate::create_key(shared.store(), name, fields.all("scope"), source, site, &who.account.name) {
                Ok((_, secret)) => Ok(keys_page(shared, &who, Some(&secret), None)?.into_response()),
                Err(account::Error::Store(error)) => Err(error.into()),
                Err(account::Error::Invalid(why)) => {
                    Ok((StatusCode::UNPROCESSABLE_ENTITY, keys_page(shared, &who, None, Some(&why))?).into_response())
                }
            }
        })
        .await
}

/// Revokes a key, at once.
pub(crate) async fn revoke_key(
    state: State,
    Extension(_who): Extension<Who>,
    Path(id): Path<String>,
) -> Result<Redirect, Fault> {
    let there = state.read(move |shared| Ok(key::revoke(shared.store(), &id)?)).await?;
    if there { Ok(Redirect::to("/keys")) } else { Err(Fault::NotFound) }
}

#[derive(Deserialize, Default)]
pub(crate) struct Whom {
    #[serde(default)]
    person: String,
}

/// Who saw whom.
pub(crate) async fn access(
    state: State,
    Extension(who): Extension<Who>,
    Query(whom): Query<Whom>,
) -> Result<Markup, Fault> {
    state
        .read(move |shared| {
            let person: Option<PersonId> = if whom.person.is_empty() { None } else { Some(super::id(&whom.person)?) };
            let rows = shared.store().access_log(person, ROWS_MAX)?;
            let zone = words::zone(&shared.app.hub.settings().clinic.zone);
            let body = html! {
                h1 { "Access log" }
                p .muted { "The newest " (ROWS_MAX) " entries, by the machine's clock." }
                @if rows.is_empty() { p .empty { "Nothing was seen yet." } } @else {
                    div .scroll tabindex="0" role="region" aria-label="Entries" { table {
                        thead { tr { @for h in ["When", "Who", "What", "Whom", "Where"] { th scope="col" { (h) } } } }
                        tbody { @for row in &rows { tr {
                            td { (page::time(Tongue::En, row.at, &zone)) } td { (row.who) } td { (row.what) }
                            td .mono { @if let Some(p) = row.person { a href={ "/access?person=" (p) } { (p.to_string()[..8]) } } }
                            td { (row.detail) }
                        } } }
                    } }
                }
            };
            Ok(page::staff(shared, &who, "Access log", "/access", &body))
        })
        .await
}

/// The accounts.
pub(crate) async fn accounts(state: State, Extension(who): Extension<Who>) -> Result<Markup, Fault> {
    state.read(move |shared| accounts_page(shared, &who, None)).await
}

fn accounts_page(shared: &Shared, who: &Who, error: Option<&str>) -> Result<Markup, Fault> {
    let rows = account::list(shared.store())?;
    let body = html! {
        h1 { "Accounts" }
        @if let Some(error) = error { p .error role="alert" { (error) } }
        div .scroll tabindex="0" role="region" aria-label="Accounts" { table {
            thead { tr { @for h in ["Name", "Shown as", "Roles", "Teams", "Sites", "State"] { th scope="col" { (h) } } } }
            tbody { @for a in &rows { tr {
                th scope="row" { (a.name) } td { (a.display) } td { (a.roles.join(", ")) }
                td { (if a.teams.is_empty() { "all".into() } else { a.teams.join(", ") }) }
                td { (if a.sites.is_empty() { "all".into() } else { a.sites.join(", ") }) }
                td {
                    @if a.name == who.account.name { "You" } @else {
                        form method="post" action={ "/accounts/" (a.name) "/state" } {
                            (page::token(&who.csrf))
                            input type="hidden" name="disabled" value=(if a.disabled { "no" } else { "yes" });
                            button { (if a.disabled { "Enable" } else { "Disable" }) span .hidden { " " (a.name) } }
                        }
                    }
                }
            } } }
        } }
        h2 { "New account" }
        form method="post" action="/accounts" .stack {
            (page::token(&who.csrf))
            label for="a-name" { "Name to log in with" } input #a-name name="name" required maxlength="64" pattern="[a-z0-9._\\-]+" autocomplete="off";
            label for="a-display" { "Shown as" } input #a-display name="display" required maxlength="64";
            label for="a-password" { "Password (15 characters or more)" }
            input #a-password name="password" type="password" required minlength="15" maxlength="256" autocomplete="new-password";
            fieldset {
                legend { "Roles" }
                @for (role, what) in ROLES {
                    div .choice {
                        input type="checkbox" name="role" value=(role) id={ "role-" (role) };
                        label for={ "role-" (role) } { (words::label(role)) ": " (what) }
                    }
                }
            }
            fieldset {
                legend { "Teams (none: all)" }
                @for team in &shared.app.hub.settings().teams {
                    div .choice {
                        input type="checkbox" name="team" value=(team.name) id={ "team-" (team.name) };
                        label for={ "team-" (team.name) } { (team.title) }
                    }
                }
            }
            label for="a-sites" { "Sites, with commas between (empty: all)" } input #a-sites name="sites" maxlength="500";
            button .primary { "Make the account" }
        }
    };
    Ok(page::staff(shared, who, "Accounts", "/accounts", &body))
}

/// Makes an account.
pub(crate) async fn make_account(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    let _turn = state.hashing.acquire().await.map_err(|_| Fault::Broken)?;
    state
        .read(move |shared| {
            let sites = fields.get("sites").split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned);
            let made = Account {
                name: fields.get("name").to_lowercase(),
                display: fields.get("display").chars().take(64).collect(),
                roles: fields.all("role"),
                teams: fields.all("team"),
                sites: sites.collect(),
                disabled: false,
                hash: String::new(),
            };
            let password = fields.0.iter().find(|(n, _)| n == "password").map_or("", |(_, v)| v.as_str());
            match crate::create_account(shared.store(), made, password) {
                Ok(()) => Ok(Redirect::to("/accounts").into_response()),
                Err(account::Error::Store(error)) => Err(error.into()),
                Err(account::Error::Invalid(why)) => {
                    Ok((StatusCode::UNPROCESSABLE_ENTITY, accounts_page(shared, &who, Some(&why))?).into_response())
                }
            }
        })
        .await
}

/// Disables an account, or enables it again. Nobody disables themselves.
pub(crate) async fn set_account(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
    Path(name): Path<String>,
) -> Result<Redirect, Fault> {
    if name == who.account.name {
        return Err(Fault::Forbidden);
    }
    let disabled = fields.get("disabled") == "yes";
    state
        .read(move |shared| {
            let mut found = account::find(shared.store(), &name)?.ok_or(Fault::NotFound)?;
            found.disabled = disabled;
            Ok(account::put(shared.store(), &found)?)
        })
        .await?;
    Ok(Redirect::to("/accounts"))
}
