//! The doors that machines come in by: FHIR and CloudEvents. Every answer that is not a success is a
//! FHIR OperationOutcome, so that a sender has one thing to read.

pub(crate) mod body;
pub(crate) mod events;
pub(crate) mod fhir;
pub(crate) mod outcome;

use crate::auth::key::ApiKey;
use crate::{Shared, State};
use model::{Arrival, Item, Origin};
use wire::Source;

/// Who sends, as the readers of bytes want to know it.
fn source<'a>(shared: &Shared, key: &'a ApiKey) -> Source<'a> {
    Source { name: &key.source, site: &key.site, origin: Origin::Live, now: shared.now() }
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
