//! `POST /fhir/R4` and single resources.

use super::kept::Door;
use super::{body, hand_over, keep, outcome, source, too_large};
use crate::State;
use crate::auth::key::ApiKey;
use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::header::{ETAG, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use model::{Arrival, Item};
use serde_json::json;
use wire::{BundleKind, Read, bundle_response};

/// Media types that are read (FHIR R4 section 3.1.0.1.9).
const MEDIA: &[&str] = &["application/fhir+json", "application/json", "text/json", "application/json+fhir"];

/// A Bundle, or a resource without its type in the path.
pub(crate) async fn bundle(
    state: State,
    Extension(key): Extension<ApiKey>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    take(&state, key, &headers, body, Door::Bundle).await
}

/// `POST /fhir/R4/Patient`.
pub(crate) async fn create(
    state: State,
    Extension(key): Extension<ApiKey>,
    Path(kind): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    take(&state, key, &headers, body, Door::Create(kind)).await
}

/// `PUT /fhir/R4/Patient/1`.
pub(crate) async fn update(
    state: State,
    Extension(key): Extension<ApiKey>,
    Path((kind, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    take(&state, key, &headers, body, Door::Update(kind, id)).await
}

async fn take(state: &State, key: ApiKey, headers: &HeaderMap, body: Body, door: Door) -> Response {
    let media = body::media(headers);
    if !MEDIA.contains(&media.as_str()) {
        let says = "application/fhir+json is expected";
        return outcome::answer(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-supported", says, "Content-Type");
    }
    let bytes = match body::read(headers, body, state.app.config.body_max_bytes).await {
        Ok(bytes) => bytes,
        Err(answer) => return too_large(state, key, door, *answer).await,
    };
    let read = state
        .read(move |shared| {
            let read = door.read(&bytes, &source(shared, &key));
            keep(shared, &key, &door, &read, &bytes);
            Ok(read)
        })
        .await;
    let read = match read {
        Err(fault) => return outcome::answer(fault.status(), "exception", &fault.to_string(), ""),
        Ok(Err(issues)) => return outcome::refused(&issues),
        Ok(Ok(read)) => read,
    };
    let items: Vec<(usize, Item)> = read.in_order().into_iter().map(|(n, item)| (n, item.clone())).collect();
    match hand_over(state, items, read.entries.len()).await {
        Err(error) => outcome::not_taken(&error),
        Ok(arrivals) => success(&read, &arrivals),
    }
}

fn success(read: &Read, arrivals: &[Option<Arrival>]) -> Response {
    let single = read.bundle == BundleKind::Single;
    let new = matches!(arrivals.first(), Some(Some(Arrival::New { .. })));
    let status = if single && new { StatusCode::CREATED } else { StatusCode::OK };
    let mut response = outcome::json(status, &bundle_response(read, arrivals));
    let named = read.entries.first().and_then(|e| e.type_and_id.as_ref()).filter(|_| single);
    if let Some((kind, id)) = named
        && let Ok(place) = HeaderValue::from_str(&format!("/fhir/R4/{kind}/{id}"))
    {
        response.headers_mut().insert(LOCATION, place);
        response.headers_mut().remove(ETAG);
    }
    response
}

/// What this server can do.
pub(crate) async fn metadata(state: State) -> Response {
    let clinic = &state.app.hub.settings().clinic;
    let body = json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-22",
        "kind": "instance",
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "software": { "name": "Throughline", "version": env!("CARGO_PKG_VERSION") },
        "implementation": { "description": clinic.name, "url": format!("{}/fhir/R4", clinic.base_url) },
        "rest": [{
            "mode": "server",
            "security": { "description": "API key: Authorization: Bearer tl_…" },
            "interaction": [{ "code": "transaction" }, { "code": "batch" }],
            "resource": UNDERSTOOD.iter().map(|kind| json!({
                "type": kind,
                "interaction": [{ "code": "create" }, { "code": "update" }],
            })).collect::<Vec<_>>(),
        }],
    });
    outcome::json(StatusCode::OK, &body)
}

/// Resources that are understood; every other is kept whole.
const UNDERSTOOD: &[&str] = &[
    "Patient",
    "RelatedPerson",
    "Encounter",
    "Procedure",
    "Condition",
    "MedicationRequest",
    "MedicationDispense",
    "Appointment",
    "Communication",
    "Consent",
    "CarePlan",
    "Observation",
    "Organization",
    "Practitioner",
    "Location",
];
