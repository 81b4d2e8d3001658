//! Orders through the running hub: given, kept, and told to every lane before they are answered.
//!
//! An order or a version is durable first. Both are carried out whole by a task of their own, so that one whose sender
//! hangs up is obeyed by every lane all the same. One waits for another only until that one is durable, never for a lane
//! that is told of it. A pause waits for nothing: the gates are shut before it stands in any line.

use super::{Inner, Job};
use crate::change::{self, Order, Ordered};
use crate::gate::Hasty;
use crate::kept::{self, Kept, To};
use crate::sending::{self, Pauses};
use crate::{Error, Refusal, publish};
use pathway::Pathway;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLockReadGuard};
use tokio::sync::{OwnedMutexGuard, oneshot};
use turn::Setup;

/// What turns are decided by.
pub(super) struct Ruling {
    /// Without what staff ordered: the settings, and every version that is kept.
    pub(super) base: Arc<Setup>,
    /// With it.
    pub(super) setup: Arc<Setup>,
    /// The orders themselves.
    pub(super) orders: Arc<Vec<Ordered>>,
}

impl Inner {
    fn ruling(&self) -> RwLockReadGuard<'_, Ruling> {
        self.ordered.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What turns are decided by now.
    pub fn setup(&self) -> Arc<Setup> {
        Arc::clone(&self.ruling().setup)
    }

    pub fn orders(&self) -> Arc<Vec<Ordered>> {
        Arc::clone(&self.ruling().orders)
    }

    /// The order by which a pathway's version is in force.
    pub fn standing(&self, pathway: &str) -> Option<Ordered> {
        let ruling = self.ruling();
        publish::standing(&ruling.base, &ruling.orders).remove(pathway)
    }

    /// Keeps an order, and tells every lane; its number, and whether it was given by this.
    ///
    /// Whoever asks may go away at any moment: once it is durable every lane is told all the same.
    pub async fn order(self: &Arc<Self>, who: &str, once: &str, order: Order) -> Result<(i64, bool), Error> {
        if self.stopping.load(Ordering::SeqCst) {
            return Err(Error::Stopping);
        }
        let at_once = self.at_once(who, &order);
        let (inner, who, once) = (Arc::clone(self), who.to_owned(), once.to_owned());
        let whole = tokio::spawn(async move {
            // Until the order holds by itself, or does not come to be.
            let _at_once = at_once;
            let one = Arc::clone(&inner.ordering).lock_owned().await;
            inner.order_whole(who, once, order, one).await
        });
        whole.await.map_err(|_| Error::Stopping)?
    }

    /// Shuts the gates for a pause that is not ordered yet, if it may stand as far as is known now.
    fn at_once(&self, who: &str, order: &Order) -> Option<Hasty> {
        let Order::Pause { scope, .. } = order else { return None };
        let gates = self.dispatcher.gates();
        let may = gates.knows(scope) && sending::check(&self.setup(), &self.orders(), who, order).is_ok();
        may.then(|| gates.pause_at_once(scope.clone()))
    }

    async fn order_whole(
        self: Arc<Self>,
        who: String,
        once: String,
        order: Order,
        one: OwnedMutexGuard<()>,
    ) -> Result<(i64, bool), Error> {
        let base = Arc::clone(&self.ruling().base);
        // What calls a service that nobody set up is not put in force, by whatever way the order comes.
        if let Order::Publish { version, .. } = &order
            && let Some(pathway) = self.setup().versions.get(version)
            && let Some(service) = self.settings.services_missing_of(pathway).first()
        {
            return Err(Refusal::NoService(service.clone()).into());
        }
        let order = sending::with_version(&self.setup(), publish::with_folder(&base, order));
        if let Order::Pause { scope, .. } = &order
            && !self.dispatcher.gates().knows(scope)
        {
            return Err(Error::Refused("no_such_provider".into()));
        }
        let (inner, given) = (Arc::clone(&self), order.clone());
        let add = move || change::add(&inner.store, &inner.setup(), (&who, &once), &given, inner.clock.now());
        let (number, all) = tokio::task::spawn_blocking(add).await.map_err(|_| Error::Stopping)??;
        let new = all.len() > self.orders().len();
        self.tell(base, Arc::new(all), one).await?;
        if let Order::Publish { pathway, version, over, .. } = &order
            && new
        {
            let over = over.map_or_else(|| "none".to_owned(), |o| o.to_string());
            metrics::counter!("throughline_pathways_published_total").increment(1);
            tracing::info!(
                pathway.name = pathway, pathway.version = %version, pathway.over = over, order = number,
                "a version of a pathway was put in force"
            );
        }
        Ok((number, new))
    }

    /// Keeps a version, and tells every lane, whether or not whoever asks stays.
    pub async fn keep(self: &Arc<Self>, version: Kept, to: To) -> Result<Arc<Pathway>, Error> {
        if self.stopping.load(Ordering::SeqCst) {
            return Err(Error::Stopping);
        }
        let inner = Arc::clone(self);
        let whole = tokio::spawn(async move {
            let one = Arc::clone(&inner.ordering).lock_owned().await;
            inner.keep_whole(version, to, one).await
        });
        whole.await.map_err(|_| Error::Stopping)?
    }

    async fn keep_whole(
        self: Arc<Self>,
        version: Kept,
        to: To,
        one: OwnedMutexGuard<()>,
    ) -> Result<Arc<Pathway>, Error> {
        let inner = Arc::clone(&self);
        let keep = move || kept::keep(&inner.store, &inner.setup(), &inner.orders(), &version, to);
        let kept = tokio::task::spawn_blocking(keep).await.map_err(|_| Error::Stopping)??;
        let mut base = Setup::clone(&self.ruling().base);
        if !base.versions.contains_key(&kept.version) {
            base.keep_version(&kept);
            let orders = self.orders();
            self.tell(Arc::new(base), orders, one).await?;
        }
        Ok(kept)
    }

    /// No turn of any lane is decided without these once this returns. One lane that is full keeps no other one from
    /// knowing, and is asked until it has room: only a hub that stops ends this early. The next order may be given while
    /// lanes are told of this one: a lane that hears of the later one first does not go back to this.
    async fn tell(
        self: &Arc<Self>,
        base: Arc<Setup>,
        orders: Arc<Vec<Ordered>>,
        one: OwnedMutexGuard<()>,
    ) -> Result<(), Error> {
        let setup = change::with(&base, &orders, &|_| false);
        let ruling = Ruling { base: Arc::clone(&base), setup, orders: Arc::clone(&orders) };
        *self.ordered.write().unwrap_or_else(PoisonError::into_inner) = ruling;
        // From here on no send begins against a pause, whatever the lanes have claimed.
        self.dispatcher.gates().pause(Pauses::of(&orders));
        drop(one);
        let mut telling = tokio::task::JoinSet::new();
        for lane in 0..self.lanes.len() {
            telling.spawn(Arc::clone(self).tell_lane(lane, Arc::clone(&base), Arc::clone(&orders)));
        }
        let mut told = Ok(());
        while let Some(one) = telling.join_next().await {
            told = told.and(one.unwrap_or(Err(Error::Stopping)));
        }
        self.changes.send_modify(|n| *n += 1);
        // A pathway that goes on, or another limit, gives places again.
        self.places.notify_one();
        told
    }

    /// Each round waits as long as there is no room; a lane whose thread has ended ends it.
    async fn tell_lane(self: Arc<Self>, lane: usize, base: Arc<Setup>, orders: Arc<Vec<Ordered>>) -> Result<(), Error> {
        let lane = self.lanes.get(lane).ok_or(Error::Stopping)?;
        loop {
            let (answer, answered) = oneshot::channel();
            match self.push(lane, Job::Orders(Arc::clone(&base), Arc::clone(&orders), answer)).await {
                Ok(()) => return answered.await.map_err(|_| Error::Stopping),
                Err(Error::Busy) if !self.stopping.load(Ordering::SeqCst) => {
                    tracing::warn!("a lane is too busy to be told of an order: it is told as soon as there is room");
                }
                Err(_) => return Err(Error::Stopping),
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::sending::Scope;
    use crate::{Clock, Settings};
    use channels::handset::Handset;
    use model::{At, Channel};
    use std::time::{Duration, Instant};
    use store::{Location, Store};

    async fn running(name: &str) -> Arc<Inner> {
        let file = format!("throughline-orders-{name}-{}.db", std::process::id());
        let path = std::env::temp_dir().join(file);
        for suffix in ["", "-wal", "-shm"] {
            // There is none before the first run.
            let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
        }
        let settings = Settings::shipped(outreach::Clinic::default()).unwrap();
        let store = Store::open(&Location::Sqlite(path), true).unwrap();
        let providers: Vec<Arc<dyn channels::Provider>> = vec![Arc::new(Handset::new())];
        super::super::start(store, settings, Clock::scaled(At(1_800_000_000_000), 0.0), providers).await.unwrap()
    }

    fn paused(inner: &Inner) -> bool {
        inner.dispatcher.gates().one(Channel::Sms, true, &[], Instant::now()).is_err()
    }

    /// Whether it comes to be so in that time.
    async fn within(limit: Duration, is: impl Fn() -> bool) -> bool {
        let since = Instant::now();
        while !is() {
            if since.elapsed() > limit {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        true
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_pause_waits_for_no_other_order() {
        let scopes = [Scope::Everything, Scope::Channel(Channel::Sms), Scope::Provider("handset".into())];
        for (n, scope) in scopes.into_iter().enumerate() {
            let inner = running(&format!("pause-{n}")).await;
            // Another order is being given, and does not end.
            let other = Arc::clone(&inner.ordering).lock_owned().await;
            let (hub, order) = (Arc::clone(&inner), Order::Pause { scope, why: "the words are wrong".into() });
            let waits = tokio::spawn(async move { hub.order("lena", "p", order).await });
            assert!(within(Duration::from_secs(1), || paused(&inner)).await, "{n}");
            assert!(!waits.is_finished() && inner.orders().is_empty(), "it is not answered before it is durable");
            // Whoever asked may go away: the order stands in the line all the same.
            waits.abort();
            drop(other);
            assert!(within(Duration::from_secs(10), || inner.orders().len() == 1).await, "{n}");
            assert!(paused(&inner));
            inner.stop().await;
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_pause_that_may_not_stand_shuts_nothing() {
        let inner = running("refused").await;
        let other = Arc::clone(&inner.ordering).lock_owned().await;
        let order = Order::Pause { scope: Scope::Everything, why: " ".into() };
        let hub = Arc::clone(&inner);
        let waits = tokio::spawn(async move { hub.order("lena", "a", order).await });
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(!paused(&inner));
        drop(other);
        assert!(matches!(waits.await.unwrap(), Err(Error::Refused(why)) if why == "reason_needed"));
        assert!(!paused(&inner) && inner.orders().is_empty());
        inner.stop().await;
    }
}
