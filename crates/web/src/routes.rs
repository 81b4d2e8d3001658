//! Every route, in one table: method, path, who may, and what answers.
//!
//! The router is built from this table and from nothing else, so that no route is without its guard; a
//! test reads the sources for any other way of adding one.

use crate::auth::guard::{self, Permission};
use crate::auth::login;
use crate::demo::{handset, home};
use crate::door::{events, fhir, outcome};
use crate::fault::Fault;
use crate::staff::{admin, intake, live, message, pathways, people, person, prompt, worklist};
use crate::tongue::{self, Tongue};
use crate::{Shared, assets, ops, patient};
use Permission::{Key, Open, Staff, Stage, Visitor};
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post, put};
use std::sync::Arc;

type Handler = fn() -> MethodRouter<Arc<Shared>>;

/// A row of the table.
pub struct Route {
    /// `GET`, `POST`, `PUT`.
    pub method: &'static str,
    /// As axum writes it.
    pub path: &'static str,
    /// Who may.
    pub may: Permission,
    handler: Handler,
}

pub use crate::auth::guard::Permission as May;

const ANY: &[&str] = &[];
const CARE: &[&str] = &["nurse", "lead"];
const PHONES: &[&str] = &["nurse", "lead", "administrator"];
/// What was refused and parked: what it says is shown to [`READERS`] of its site only.
const PARKED: &[&str] = &["nurse", "lead", "administrator", "integrator"];
const READERS: &[&str] = &["nurse", "lead", "integrator"];
const ADMIN: &[&str] = &["administrator"];
const AUDIT: &[&str] = &["administrator", "auditor"];

const fn row(method: &'static str, path: &'static str, may: Permission, handler: Handler) -> Route {
    Route { method, path, may, handler }
}

/// The table.
#[rustfmt::skip]
pub const ROUTES: &[Route] = &[
    // Machines that send.
    row("GET", "/fhir/R4/metadata", Open, || get(fhir::metadata)),
    row("POST", "/fhir/R4", Key("fhir:write"), || post(fhir::bundle)),
    row("POST", "/fhir/R4/{type}", Key("fhir:write"), || post(fhir::create)),
    row("PUT", "/fhir/R4/{type}/{id}", Key("fhir:write"), || put(fhir::update)),
    row("POST", "/events", Key("events:write"), || post(events::post)),
    // Machines that watch.
    row("GET", "/healthz", Open, || get(ops::healthz)),
    row("GET", "/readyz", Open, || get(ops::readyz)),
    row("GET", "/metrics", Open, || get(ops::metrics)),
    row("GET", "/assets/{version}/{name}", Open, || get(assets::get)),
    // The door of the console.
    row("GET", "/login", Visitor, || get(login::show)),
    row("POST", "/login", Visitor, || post(login::post)),
    row("POST", "/logout", Staff(ANY), || post(login::out)),
    row("POST", "/language", Staff(ANY), || post(tongue::choose)),
    row("POST", "/login/language", Visitor, || post(tongue::choose)),
    // The care team.
    row("GET", "/", Staff(CARE), || get(worklist::show)),
    row("GET", "/live", Staff(ANY), || get(live::staff)),
    row("GET", "/people", Staff(CARE), || get(people::show)),
    row("GET", "/people/{person}", Staff(CARE), || get(person::show)),
    row("POST", "/people/{person}/tasks/add", Staff(CARE), || post(person::add_task)),
    row("POST", "/people/{person}/tasks/strike", Staff(CARE), || post(person::strike_task)),
    row("GET", "/people/{person}/messages/{message}", Staff(CARE), || get(message::show)),
    row("GET", "/people/{person}/prompts/{prompt}", Staff(CARE), || get(prompt::show)),
    row("POST", "/people/{person}/prompts/{prompt}/claim", Staff(CARE), || post(worklist::take)),
    row("POST", "/people/{person}/prompts/{prompt}/outcome", Staff(CARE), || post(prompt::complete)),
    row("POST", "/people/{person}/prompts/{prompt}/correct", Staff(CARE), || post(prompt::correct)),
    row("GET", "/pathways", Staff(ANY), || get(pathways::show)),
    // Leads, integrators, administrators.
    row("GET", "/parked", Staff(PARKED), || get(intake::show)),
    row("GET", "/parked/refused/{id}", Staff(PARKED), || get(intake::show_one)),
    row("POST", "/parked/refused", Staff(READERS), || post(intake::act)),
    row("POST", "/parked/refused/{id}", Staff(READERS), || post(intake::act_one)),
    row("GET", "/parked/waiting/{part}/{seq}", Staff(PARKED), || get(intake::show_aside)),
    row("POST", "/parked/waiting/{part}/{seq}", Staff(READERS), || post(intake::act_aside)),
    row("GET", "/keys", Staff(ADMIN), || get(admin::keys)),
    row("POST", "/keys", Staff(ADMIN), || post(admin::make_key)),
    row("POST", "/keys/{id}/revoke", Staff(ADMIN), || post(admin::revoke_key)),
    row("GET", "/access", Staff(AUDIT), || get(admin::access)),
    row("GET", "/accounts", Staff(ADMIN), || get(admin::accounts)),
    row("POST", "/accounts", Staff(ADMIN), || post(admin::make_account)),
    row("POST", "/accounts/{name}/state", Staff(ADMIN), || post(admin::set_account)),
    // Patients, by a signed link.
    row("GET", "/t/{token}", Visitor, || get(patient::today::show)),
    row("POST", "/t/{token}/open", Visitor, || post(patient::birth_date)),
    row("POST", "/t/{token}/not-me", Visitor, || post(patient::not_me)),
    row("POST", "/t/{token}/do", Visitor, || post(patient::act)),
    row("GET", "/unsubscribe", Open, || get(patient::unsubscribe::show)),
    row("POST", "/unsubscribe", Open, || post(patient::unsubscribe::post)),
    // The demo; 404 in production.
    row("GET", "/demo", Visitor, || get(home::show)),
    row("POST", "/demo/clock", Visitor, || post(home::set_clock)),
    row("POST", "/demo/login", Visitor, || post(home::log_in)),
    // The make-believe phones: anyone's in the demo, staff's where `provider.handset` is set, else 404.
    row("GET", "/demo/live", Stage(PHONES), || get(live::demo)),
    row("GET", "/handset", Stage(PHONES), || get(handset::show)),
    row("POST", "/handset", Stage(PHONES), || post(handset::act)),
];

/// The router of the table.
pub(crate) fn build(shared: Arc<Shared>) -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        let (may, guarded) = (route.may, Arc::clone(&shared));
        let layer =
            from_fn_with_state(guarded, move |State(shared): State<Arc<Shared>>, request: Request, next: Next| {
                guard::guard(shared, may, request, next)
            });
        router = router.route(route.path, (route.handler)().layer(layer));
    }
    router
        .fallback(not_found)
        .method_not_allowed_fallback(wrong_method)
        .layer(guard::form_limit())
        .layer(from_fn(around))
        .with_state(shared)
}

async fn not_found(request: Request) -> Response {
    if outcome::speaks_here(request.uri().path()) {
        return outcome::answer(StatusCode::NOT_FOUND, "not-found", "there is nothing at this path", "");
    }
    Fault::NotFound.into_response()
}

async fn wrong_method(request: Request) -> Response {
    if outcome::speaks_here(request.uri().path()) {
        let says = "this path does not take this method: POST and PUT write, GET /fhir/R4/metadata reads";
        return outcome::answer(StatusCode::METHOD_NOT_ALLOWED, "not-supported", says, "");
    }
    (StatusCode::METHOD_NOT_ALLOWED, "method not allowed\n").into_response()
}

/// Headers, log and figures of every answer. The log knows the route, never the path: paths name people.
async fn around(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("none".to_owned(), |m| m.as_str().to_owned());
    let (began, tongue) = (std::time::Instant::now(), Tongue::wanted(request.headers()));
    let mut response = next.run(request).await;
    if let Some(fault) = response.extensions_mut().remove::<Fault>() {
        // The headers stay: a cookie may have been set beside it.
        let page = (fault.status(), fault.page(tongue)).into_response();
        response.headers_mut().extend(page.headers().clone());
        *response.body_mut() = page.into_body();
    }
    guard::safe_headers(response.headers_mut());
    let (status, took) = (response.status().as_u16(), began.elapsed());
    metrics::counter!("http_requests_total", "route" => route.clone(), "status" => status.to_string()).increment(1);
    metrics::histogram!("http_request_seconds", "route" => route.clone()).record(took.as_secs_f64());
    tracing::info!(http.route = %route, http.method = %method, http.status = status, took_ms = took.as_millis() as u64, "answered");
    response
}
