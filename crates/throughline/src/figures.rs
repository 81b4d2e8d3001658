//! What `/metrics` shows: what the hub counts, and what the store holds, looked at every few seconds.

use hub::Hub;
use metrics::{describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use model::message::Status;
use std::sync::OnceLock;
use std::time::Duration;

/// How often the store is looked at, and histograms are folded.
const LOOK: Duration = Duration::from_secs(5);

/// The process's recorder, made at the first call; `None` when another was installed before.
pub fn recorder() -> Option<PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    RECORDER
        .get_or_init(|| {
            let handle = PrometheusBuilder::new().install_recorder().ok();
            describe();
            handle
        })
        .clone()
}

fn describe() {
    describe_counter!("http_requests_total", "Requests answered, by route and status.");
    describe_histogram!("http_request_seconds", "How long an answer took, by route.");
    describe_counter!("throughline_items_accepted_total", "Items taken in, durable.");
    describe_counter!("throughline_turns_total", "Turns committed.");
    describe_counter!("throughline_turns_failed_total", "Turns that failed; their items are set aside.");
    describe_counter!(
        "throughline_pathways_published_total",
        "Versions of pathways that were put in force while the hub ran."
    );
    describe_counter!(
        "throughline_receipts_dismissed_total",
        "Receipts of providers that waited for days and were of no message that is known."
    );
    describe_counter!("throughline_messages_total", "Messages by channel and by what came of sending them.");
    describe_gauge!("throughline_outbox_messages", "Messages in the store, by status.");
    describe_gauge!("throughline_inbox_waiting", "Items that wait for their turn.");
    describe_gauge!("throughline_inbox_listed", "Items set aside: of nobody, or refused.");
    describe_gauge!(
        "throughline_gate_open",
        "Whether a provider's gate is open (1) or it is left alone for its failures (0)."
    );
    describe_counter!(
        "throughline_account_refusals_total",
        "Messages that a provider refused because of our account, settings or sender, by provider."
    );
    describe_gauge!("throughline_wal_bytes", "Size of the embedded store's write-ahead log.");
}

/// Keeps the figures up to date for as long as the process runs. Without it histograms would grow while
/// nobody reads them.
pub async fn keep(hub: Hub) {
    let mut tick = tokio::time::interval(LOOK);
    loop {
        tick.tick().await;
        let store = hub.store().clone();
        if let Ok(Err(error)) = tokio::task::spawn_blocking(move || look(&store)).await {
            tracing::warn!(figures.error = %error, "the store could not be counted");
        }
        if let Some(handle) = recorder() {
            handle.run_upkeep();
        }
    }
}

fn look(store: &store::Store) -> store::Result<()> {
    let counts = store.message_counts()?;
    for status in Status::ALL {
        let n: i64 = counts.iter().filter(|(s, ..)| *s == status).map(|(.., n)| n).sum();
        gauge!("throughline_outbox_messages", "status" => status.name()).set(n as f64);
    }
    for (name, n) in store.counters()? {
        match name.as_str() {
            "inbox.waiting" => gauge!("throughline_inbox_waiting").set(n as f64),
            "inbox.listed" => gauge!("throughline_inbox_listed").set(n as f64),
            _ => {}
        }
    }
    if let Some(bytes) = store.wal_bytes() {
        gauge!("throughline_wal_bytes").set(bytes as f64);
    }
    Ok(())
}
