//! Every route, in one table: method, path, who may, and what answers.
//!
//! The router is built from this table and from nothing else, so that no route is without its guard; a
//! test reads the sources for any other way of adding one.

use crate::auth::guard::{self, Permission};
use crate::auth::login;
use crate::auth::{invited, second};
use crate::demo::{handset, home};
use crate::door::{events, fhir, hooks, outcome, versions};
use crate::fault::Fault;
use crate::staff::{
    access, accounts, call, conversation, handover, intake, keys, live, me, me_factors, me_phone, message, notice,
    pathways, people, person, prompt, sending, worklist,
};
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
use tower_http::compression::CompressionLayer;

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
/// The make-believe phones show what patients read and write.
const PHONES: &[&str] = CARE;
/// Pathways and counts, never people: all but auditors, who see nothing of what their log is about.
const FLOW: &[&str] = &["nurse", "lead", "designer", "integrator", "administrator"];
/// Halting versions, and moving journeys between them.
const CHANGE: &[&str] = pathways::change::CHANGE;
/// What leaves and what is paused; who may act is the page's own list.
const SENDING: &[&str] = &["nurse", "lead", "administrator"];
const ACT: &[&str] = sending::ACT;
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
    // Providers that report; each proves by its own signature who it is.
    row("POST", "/hooks/{provider}", Open, || post(hooks::post)),
    row("POST", "/hooks/{provider}/{*rest}", Open, || post(hooks::post)),
    // Machines that publish.
    row("POST", "/api/pathways/{name}/versions", Key("pathways:write"), || post(versions::post)),
    // Machines that watch.
    row("GET", "/healthz", Open, || get(ops::healthz)),
    row("GET", "/readyz", Open, || get(ops::readyz)),
    row("GET", "/metrics", Open, || get(ops::metrics)),
    row("GET", "/assets/{version}/{name}", Open, || get(assets::get)),
    // The door of the console.
    row("GET", "/login", Visitor, || get(login::show)),
    row("POST", "/login", Visitor, || post(login::post)),
    row("GET", "/login/factor", Visitor, || get(second::show)),
    row("POST", "/login/factor", Visitor, || post(second::post)),
    row("POST", "/login/passkey/ask", Visitor, || post(second::ask_passkey)),
    row("POST", "/login/passkey", Visitor, || post(second::passkey)),
    row("GET", "/invite/{token}", Visitor, || get(invited::show)),
    row("POST", "/invite/{token}", Visitor, || post(invited::accept)),
    row("POST", "/logout", Staff(ANY), || post(login::out)),
    row("POST", "/language", Staff(ANY), || post(tongue::choose)),
    row("POST", "/login/language", Visitor, || post(tongue::choose)),
    // One's own account.
    row("GET", "/me", Staff(ANY), || get(me::show)),
    row("POST", "/me/password", Staff(ANY), || post(me::set_password)),
    row("POST", "/me/phone", Staff(ANY), || post(me_phone::post)),
    row("POST", "/me/app", Staff(ANY), || post(me_factors::begin_app)),
    row("GET", "/me/app", Staff(ANY), || get(me_factors::show_app)),
    row("POST", "/me/app/confirm", Staff(ANY), || post(me_factors::confirm_app)),
    row("POST", "/me/app/remove", Staff(ANY), || post(me_factors::remove_app)),
    row("POST", "/me/passkeys/ask", Staff(ANY), || post(me_factors::ask_passkey)),
    row("POST", "/me/passkeys", Staff(ANY), || post(me_factors::add_key)),
    row("POST", "/me/passkeys/{id}/remove", Staff(ANY), || post(me_factors::remove_passkey)),
    row("POST", "/me/codes", Staff(ANY), || post(me_factors::new_codes)),
    row("POST", "/me/sessions/end", Staff(ANY), || post(me::end_sessions)),
    row("POST", "/me/sessions/{id}/end", Staff(ANY), || post(me::end_session)),
    row("GET", "/me/confirm", Staff(ANY), || get(me::confirm)),
    row("POST", "/me/confirm", Staff(ANY), || post(me::set_confirmed)),
    // The care team.
    row("GET", "/", Staff(CARE), || get(worklist::show)),
    row("GET", "/live", Staff(ANY), || get(live::staff)),
    row("GET", "/handover", Staff(CARE), || get(handover::show)),
    // What a notice to the care team leads to; it shows nothing of whom it is about.
    row("GET", "/n/{token}", Visitor, || get(notice::show)),
    row("POST", "/n/{token}", Visitor, || post(notice::take)),
    row("GET", "/people", Staff(CARE), || get(people::show)),
    row("GET", "/people/{person}", Staff(CARE), || get(person::show)),
    row("GET", "/people/{person}/conversation", Staff(CARE), || get(conversation::show)),
    row("POST", "/people/{person}/conversation", Staff(CARE), || post(conversation::post)),
    row("POST", "/people/{person}/conversation/draft", Staff(CARE), || post(conversation::keep_draft)),
    row("POST", "/people/{person}/conversation/read", Staff(CARE), || post(conversation::mark)),
    row("POST", "/people/{person}/call", Staff(CARE), || post(call::post)),
    row("POST", "/people/{person}/conversation/back", Staff(CARE), || post(conversation::take_back)),
    row("POST", "/people/{person}/tasks/add", Staff(CARE), || post(person::tasks::add)),
    row("POST", "/people/{person}/tasks/strike", Staff(CARE), || post(person::tasks::strike)),
    row("POST", "/people/{person}/enrol", Staff(CARE), || post(person::enrol::post)),
    row("GET", "/people/{person}/correct", Staff(CARE), || get(person::correct::show)),
    row("POST", "/people/{person}/correct", Staff(CARE), || post(person::correct::post)),
    row("POST", "/people/{person}/correct/withdraw", Staff(CARE), || post(person::correct::withdraw)),
    row("POST", "/people/{person}/contacts", Staff(CARE), || post(person::correct::contact)),
    row("POST", "/people/{person}/wishes", Staff(CARE), || post(person::wishes::post)),
    row("POST", "/people/{person}/ways", Staff(CARE), || post(person::ways::post)),
    row("GET", "/people/{person}/resources", Staff(CARE), || get(person::resources::show)),
    row("GET", "/people/{person}/reaches/{reach}", Staff(CARE), || get(person::why::reach)),
    row("GET", "/people/{person}/prompts/{prompt}/why", Staff(CARE), || get(person::why::prompt)),
    row("GET", "/people/{person}/messages/{message}", Staff(CARE), || get(message::show)),
    row("GET", "/people/{person}/prompts/{prompt}", Staff(CARE), || get(prompt::show)),
    row("POST", "/people/{person}/prompts/{prompt}/claim", Staff(CARE), || post(worklist::take)),
    row("POST", "/people/{person}/prompts/{prompt}/desk", Staff(CARE), || post(worklist::post)),
    row("POST", "/people/{person}/prompts/{prompt}/draft", Staff(CARE), || post(prompt::keep_draft)),
    row("POST", "/people/{person}/prompts/{prompt}/outcome", Staff(CARE), || post(prompt::complete)),
    row("POST", "/people/{person}/prompts/{prompt}/correct", Staff(CARE), || post(prompt::correct)),
    row("GET", "/pathways", Staff(FLOW), || get(pathways::list)),
    row("GET", "/pathways/publish", Staff(CHANGE), || get(pathways::publish::form)),
    row("POST", "/pathways/publish", Staff(CHANGE), || post(pathways::publish::post)),
    row("GET", "/pathways/{name}/publish", Staff(CHANGE), || get(pathways::publish::again)),
    row("POST", "/pathways/{name}/publish", Staff(CHANGE), || post(pathways::publish::put_again)),
    row("GET", "/pathways/{name}", Staff(FLOW), || get(pathways::show)),
    row("GET", "/pathways/{name}/versions", Staff(FLOW), || get(pathways::versions::difference)),
    row("GET", "/pathways/{name}/lab", Staff(FLOW), || get(pathways::lab::show)),
    row("GET", "/pathways/codes/{code}", Staff(FLOW), || get(pathways::lab::code)),
    row("GET", "/pathways/{name}/waiting", Staff(CARE), || get(pathways::waiting::list)),
    row("GET", "/pathways/{name}/people", Staff(CARE), || get(pathways::people::on_pathway)),
    row("GET", "/pathways/{name}/steps/{step}/people", Staff(CARE), || get(pathways::people::at_step)),
    row("GET", "/pathways/{name}/change", Staff(FLOW), || get(pathways::change::show)),
    row("POST", "/pathways/{name}/halt", Staff(CHANGE), || post(pathways::change::halt)),
    row("POST", "/pathways/{name}/resume", Staff(CHANGE), || post(pathways::change::resume)),
    row("GET", "/pathways/{name}/move", Staff(CHANGE), || get(pathways::change::preview)),
    row("POST", "/pathways/{name}/move", Staff(CHANGE), || post(pathways::change::go)),
    row("POST", "/pathways/{name}/words", Staff(CHANGE), || post(pathways::change::correct)),
    row("GET", "/pathways/{name}/shadow", Staff(FLOW), || get(pathways::shadow::show)),
    row("POST", "/pathways/{name}/shadow", Staff(CHANGE), || post(pathways::shadow::begin)),
    row("POST", "/pathways/{name}/unshadow", Staff(CHANGE), || post(pathways::shadow::end)),
    row("GET", "/pathways/{name}/shadow/{person}", Staff(CARE), || get(pathways::shadow::person)),
    // Leads, integrators, administrators.
    row("GET", "/sending", Staff(SENDING), || get(sending::show)),
    row("POST", "/sending/pause", Staff(ACT), || post(sending::pause)),
    row("POST", "/sending/unpause", Staff(ACT), || post(sending::unpause)),
    row("POST", "/sending/approve", Staff(ACT), || post(sending::approve)),
    row("GET", "/parked", Staff(PARKED), || get(intake::show)),
    row("GET", "/parked/refused/{id}", Staff(PARKED), || get(intake::show_one)),
    row("POST", "/parked/refused", Staff(READERS), || post(intake::act)),
    row("POST", "/parked/refused/{id}", Staff(READERS), || post(intake::act_one)),
    row("GET", "/parked/waiting/{part}/{seq}", Staff(PARKED), || get(intake::show_aside)),
    row("POST", "/parked/waiting/{part}/{seq}", Staff(READERS), || post(intake::act_aside)),
    row("GET", "/keys", Staff(ADMIN), || get(keys::show)),
    row("POST", "/keys", Staff(ADMIN), || post(keys::make)),
    row("POST", "/keys/{id}/revoke", Staff(ADMIN), || post(keys::revoke)),
    row("GET", "/access", Staff(AUDIT), || get(access::show)),
    row("GET", "/access.csv", Staff(AUDIT), || get(access::export)),
    row("GET", "/accounts", Staff(ADMIN), || get(accounts::show)),
    row("POST", "/accounts", Staff(ADMIN), || post(accounts::invite)),
    row("POST", "/invites/{id}/revoke", Staff(ADMIN), || post(accounts::revoke_invite)),
    row("GET", "/accounts/{name}", Staff(ADMIN), || get(accounts::one)),
    row("POST", "/accounts/{name}", Staff(ADMIN), || post(accounts::save)),
    row("POST", "/accounts/{name}/state", Staff(ADMIN), || post(accounts::set_state)),
    row("POST", "/accounts/{name}/link", Staff(ADMIN), || post(accounts::make_link)),
    row("POST", "/accounts/{name}/sessions/end", Staff(ADMIN), || post(accounts::end_sessions)),
    row("POST", "/accounts/{name}/factors/reset", Staff(ADMIN), || post(accounts::reset_factors)),
    // Patients, by a signed link.
    row("GET", "/t/{token}", Visitor, || get(patient::today::show)),
    row("POST", "/t/{token}/open", Visitor, || post(patient::birth_date)),
    row("POST", "/t/{token}/not-me", Visitor, || post(patient::not_me)),
    row("POST", "/t/{token}/do", Visitor, || post(patient::act)),
    row("POST", "/t/{token}/text", Visitor, || post(patient::ask_code)),
    row("GET", "/t/{token}/code", Visitor, || get(patient::show_code)),
    row("POST", "/t/{token}/code", Visitor, || post(patient::give_code)),
    row("GET", "/t/{token}/contact", Visitor, || get(patient::contact)),
    row("GET", "/t/{token}/next", Visitor, || get(patient::next)),
    row("GET", "/t/{token}/questions", Visitor, || get(patient::questions)),
    row("POST", "/t/{token}/questions", Visitor, || post(patient::answer)),
    row("GET", "/t/{token}/visit.ics", Visitor, || get(patient::visit)),
    row("GET", "/t/{token}/offline", Visitor, || get(patient::offline)),
    row("POST", "/t/{token}/close", Visitor, || post(patient::close)),
    row("POST", "/t/{token}/push", Visitor, || post(patient::notify)),
    row("GET", "/t/sw.js", Open, || get(patient::worker)),
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
        let handler = (route.handler)().layer(layer);
        let handler =
            if is_compressed(route.path) { handler.layer(CompressionLayer::new().gzip(true)) } else { handler };
        router = router.route(route.path, handler);
    }
    router
        .fallback(not_found)
        .method_not_allowed_fallback(wrong_method)
        .layer(guard::form_limit())
        .layer(from_fn(around))
        .with_state(shared)
}

/// Styles and scripts, and the patients' pages: they are read over slow lines. The console is not compressed: its pages
/// show what a request says (a search) beside what is secret, and the length of what was compressed would tell of it.
/// A patient's page shows nothing of the request but the link, which whoever forges the request must have already.
fn is_compressed(path: &str) -> bool {
    path.starts_with("/assets/") || path.starts_with("/t/")
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
    let link = route.starts_with("/t/").then(|| request.uri().path().to_owned());
    let mut response = next.run(request).await;
    if let Some(fault) = response.extensions_mut().remove::<Fault>() {
        // The headers stay: a cookie may have been set beside it.
        let drawn = match &link {
            Some(path) => patient::fault(tongue, &fault, path),
            None => fault.page(tongue),
        };
        let page = (fault.status(), drawn).into_response();
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
