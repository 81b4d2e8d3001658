//! One's own telephone: what rings when one asks to be connected with a person. A row of its own beside the account.

use super::me::{Said, draw};
use crate::auth::account::PHONE;
use crate::auth::guard::{Fields, Who};
use crate::auth::note;
use crate::fault::Fault;
use crate::tongue::say;
use crate::{Shared, State, machine_now, page};
use axum::Extension;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use store::DeskRow;

/// The number, as E.164; `None` where none was said. Blocks.
pub(super) fn of(shared: &Shared, account: &str) -> Result<Option<String>, Fault> {
    let row = shared.store().desk_get(PHONE, account)?;
    Ok(row.and_then(|row| serde_json::from_str(&row.json).ok()))
}

/// Its form. Blocks.
pub(super) fn section(shared: &Shared, who: &Who) -> Result<Markup, Fault> {
    let t = who.tongue;
    let now = of(shared, &who.account.name)?.unwrap_or_default();
    Ok(html! {
        section #phone .card aria-labelledby="phone-h" {
            h2 #phone-h { (say!(t, "account-phone")) }
            form method="post" action="/me/phone" .stack {
                (page::token(&who.csrf))
                label for="own-phone" { (say!(t, "account-phone-number")) }
                p .muted.small #phone-what { (say!(t, "account-phone-what")) }
                input #own-phone name="phone" type="tel" autocomplete="tel" maxlength="40" value=(now) aria-describedby="phone-what";
                button { (say!(t, "account-phone-keep")) }
            }
        }
    })
}

/// Keeps it, or lets go of it where nothing was typed.
pub(crate) async fn post(
    state: State,
    Extension(who): Extension<Who>,
    headers: HeaderMap,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    state
        .read(move |shared| {
            let (name, typed) = (who.account.name.as_str(), fields.get("phone").trim());
            if typed.is_empty() {
                shared.store().desk_drop(PHONE, name)?;
                note(shared, name, "removed a telephone", "")?;
                return Ok(Redirect::to("/me#phone").into_response());
            }
            let Ok(number) = wire::phone(typed, &shared.app.hub.settings().clinic.country) else {
                let why = say!(who.tongue, "account-phone-wrong");
                let page = draw(shared, &who, &headers, Said { error: Some(&why), ..Said::default() })?;
                return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
            };
            let json = serde_json::json!(number).to_string();
            shared.store().desk_put(&DeskRow { kind: PHONE.into(), key: name.into(), json, at: machine_now() })?;
            note(shared, name, "changed a telephone", "")?;
            Ok(Redirect::to("/me#phone").into_response())
        })
        .await
}
