//! The doors that machines come in by: FHIR and CloudEvents. Every answer that is not a success is a
//! FHIR OperationOutcome, so that a sender has one thing to read.

pub(crate) mod body;
pub(crate) mod events;
pub(crate) mod fhir;
pub(crate) mod hooks;
pub(crate) mod kept;
pub(crate) mod outcome;
pub(crate) mod versions;

use crate::auth::key::{ApiKey, FHIR, IDENTITY};
use crate::{Shared, State};
use axum::http::StatusCode;
use axum::response::Response;
use kept::Door;
use model::{Arrival, Item, Origin};
use wire::{Issue, May, Read, Source};

/// Who sends, as the readers of bytes want to know it.
fn source<'a>(shared: &'a Shared, key: &'a ApiKey) -> Source<'a> {
    Source {
        name: &key.source,
        site: &key.site,
        origin: Origin::Live,
        now: shared.now(),
        country: &shared.app.hub.settings().clinic.country,
        may: May { join: key.has(IDENTITY), resources: key.has(FHIR) },
    }
}

/// Hands the items of `owned` over in their order, and tells for each of `entries` how its last was taken
/// in. Returns after the durable commit.
async fn hand_over(
    state: &State,
    owned: Vec<(usize, Item)>,
    entries: usize,
) -> Result<Vec<Option<Arrival>>, hub::Error> {
    let (numbers, items): (Vec<usize>, Vec<Item>) = owned.into_iter().unzip();
    let taken = state.app.hub.accept(items).await?;
    let mut arrivals = vec![None; entries];
    for (n, arrival) in numbers.into_iter().zip(taken) {
        arrivals[n] = Some(arrival);
    }
    Ok(arrivals)
}

/// Keeps a body of which something was refused or set aside, so that a person sees it and can mend it. Blocks.
fn keep(shared: &Shared, key: &ApiKey, door: &Door, read: &Result<Read, Vec<Issue>>, body: &[u8]) {
    match read {
        Err(issues) => kept::keep(shared, key, door, issues, body),
        Ok(read) => kept::keep(shared, key, door, &kept::worth_keeping(read), body),
    }
}

/// Keeps that a body came which was too large, and answers it.
async fn too_large(state: &State, key: ApiKey, door: Door, answer: Response) -> Response {
    if answer.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let max = state.app.config.body_max_bytes;
        // That it could not be kept was logged; the sender is answered the same.
        let keep = move |shared: &Shared| {
            kept::too_large(shared, &key, &door, max);
            Ok(())
        };
        let _ = state.read(keep).await;
    }
    answer
}
