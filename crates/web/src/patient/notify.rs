//! Notifications on this device: the patient turns them on here, and off, on every device at once.
//!
//! Invariants: nothing is asked of the browser before the patient presses the button, which says what will be shown;
//! only an address of a push service that the hub would send to is kept; turning off works without scripts. What the
//! browser gave is in no page and no log.

use super::parts::{self, Sends};
use super::today::{self, Opened};
use super::view::View;
use crate::auth::guard::{Fields, Visitor};
use crate::fault::Fault;
use crate::tongue::say;
use crate::{Shared, State, assets, page};
use axum::Extension;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::http::header::USER_AGENT;
use axum::response::{IntoResponse, Redirect, Response};
use channels::registry;
use maud::{Markup, html};
use model::push::Device;
use model::{Actor, Fact, PersonId};
use serde_json::{Value as Json, json};

/// What a device is called, by a word in what its browser says of itself; the first that fits.
const DEVICES: [(&str, &str); 6] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
];

impl View<'_> {
    /// The section; nothing where the hub sends no notifications.
    pub(super) fn notifications(&self, shared: &Shared) -> Markup {
        let Some(key) = key(shared) else { return html! {} };
        let (t, devices) = (self.t, &self.opened.look.record.devices);
        let on = !devices.is_empty();
        html! {
            script src=(assets::url("notify.js")) defer {}
            section #notify aria-labelledby="notify-h" data-key=(key) data-on=[on.then_some("on")] {
                h2 #notify-h class="nhsuk-heading-m" { (say!(t, "patient-notify")) }
                p #notify-said role="status" data-refused=(say!(t, "patient-notify-refused")) {
                    @if on { (say!(t, "patient-notify-on", n = devices.len())) } @else { (say!(t, "patient-notify-off")) }
                }
                form #notify-on method="post" action={ "/t/" (self.token) "/push" } hidden {
                    (page::token(&self.visitor.csrf)) (page::once())
                    p .when { (say!(t, "patient-notify-why")) }
                    input type="hidden" name="endpoint" value="";
                    input type="hidden" name="p256dh" value="";
                    input type="hidden" name="auth" value="";
                    (parts::button(&say!(t, "patient-notify-turn-on"), true, Sends { name: "act", value: "on" }))
                }
                @if on {
                    form method="post" action={ "/t/" (self.token) "/push" } {
                        (page::token(&self.visitor.csrf)) (page::once())
                        (parts::button(&say!(t, "patient-notify-turn-off"), true, Sends { name: "act", value: "off" }))
                    }
                }
            }
        }
    }
}

/// What browsers subscribe with; `None` where the hub sends no notifications.
fn key(shared: &Shared) -> Option<String> {
    let provider = shared.app.hub.provider("web_push")?;
    registry::web_push(provider.as_ref()).map(channels::WebPush::public_key)
}

/// Turns notifications on for the device that asks, or off for all.
pub(crate) async fn post(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Extension(fields): Extension<Fields>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let once = fields.get("once").to_owned();
    if once.is_empty() || once.len() > 64 {
        return Err(Fault::Stale);
    }
    let link = token.clone();
    let said = state
        .read(move |shared| {
            let opened = match today::enter_to_send(shared, &visitor, &token, &headers)? {
                Ok(opened) => opened,
                Err(page) => return Ok(Err(page)),
            };
            Ok(Ok((opened.person, said(shared, &opened, &fields, &headers)?)))
        })
        .await?;
    let (person, facts): (PersonId, Vec<(&'static str, String, Json)>) = match said {
        Ok(said) => said,
        Err(page) => return Ok(page),
    };
    for (kind, about, body) in facts {
        let fact = Fact::own(kind, &format!("{once} {about}"), person, state.now(), body).by(Actor::Patient);
        state.app.hub.submit(person, fact).await?;
    }
    Ok(Redirect::to(&format!("/t/{link}?did=saved#notify")).into_response())
}

fn said(
    shared: &Shared,
    opened: &Opened,
    fields: &Fields,
    headers: &HeaderMap,
) -> Result<Vec<(&'static str, String, Json)>, Fault> {
    match fields.get("act") {
        "on" => {
            let device = Device::read(fields.get("endpoint"), fields.get("p256dh"), fields.get("auth"));
            let device = device.ok_or(Fault::Stale)?;
            let provider = shared.app.hub.provider("web_push").ok_or(Fault::NotFound)?;
            let push = registry::web_push(provider.as_ref()).ok_or(Fault::NotFound)?;
            if !push.allows(&device.endpoint) {
                return Err(Fault::Stale);
            }
            let agent = headers.get(USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
            let called = DEVICES.iter().find(|(word, _)| agent.contains(word)).map_or("", |(_, name)| name);
            let body = json!({"endpoint": device.endpoint, "p256dh": device.p256dh, "auth": device.auth,
                "device": called});
            Ok(vec![("push.subscribed", device.id(), body)])
        }
        "off" => {
            let gone = |d: &Device| ("push.gone", d.id(), json!({"id": d.id(), "by": "patient"}));
            Ok(opened.look.record.devices.iter().map(gone).collect())
        }
        _ => Err(Fault::Stale),
    }
}
