//! Looks at attempts of which nobody knows whether they left: one task a look.

use super::Inner;
use crate::settle::Look;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;

impl Inner {
    /// All the room that there is for looks this moment.
    pub(super) fn room_to_look(&self) -> Vec<OwnedSemaphorePermit> {
        (0..crate::settle::LOOKING_MAX).map_while(|_| Arc::clone(&self.looking).try_acquire_owned().ok()).collect()
    }

    /// Looks, and says what was found out.
    pub(super) fn look_at(self: &Arc<Self>, look: Look, permit: Option<OwnedSemaphorePermit>, handle: &Handle) {
        let inner = Arc::clone(self);
        handle.spawn(async move {
            let items = inner.dispatcher.settle(&look).await;
            if !items.is_empty() {
                inner.report(items, "a message of unknown end").await;
            }
            drop(permit);
            inner.poke();
        });
    }
}
