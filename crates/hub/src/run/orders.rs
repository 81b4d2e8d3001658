//! Orders through the running hub: given, kept, and told to every lane before they are answered.
//!
//! An order or a version is durable first. Both are carried out whole by a task of their own, so that one whose sender
//! hangs up is obeyed by every lane all the same.

use super::{Inner, Job};
use crate::change::{self, Order, Ordered};
use crate::kept::{self, Kept, To};
use crate::sending::{self, Pauses};
use crate::{Error, Refusal, publish};
use pathway::Pathway;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLockReadGuard};
use tokio::sync::oneshot;
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
        let one = Arc::clone(&self.ordering).lock_owned().await;
        let (inner, who, once) = (Arc::clone(self), who.to_owned(), once.to_owned());
        let whole = tokio::spawn(async move {
            let _one = one;
            inner.order_whole(who, once, order).await
        });
        whole.await.map_err(|_| Error::Stopping)?
    }

    async fn order_whole(self: Arc<Self>, who: String, once: String, order: Order) -> Result<(i64, bool), Error> {
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
        self.tell(base, Arc::new(all)).await?;
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
        let one = Arc::clone(&self.ordering).lock_owned().await;
        let inner = Arc::clone(self);
        let whole = tokio::spawn(async move {
            let _one = one;
            inner.keep_whole(version, to).await
        });
        whole.await.map_err(|_| Error::Stopping)?
    }

    async fn keep_whole(self: Arc<Self>, version: Kept, to: To) -> Result<Arc<Pathway>, Error> {
        let inner = Arc::clone(&self);
        let keep = move || kept::keep(&inner.store, &inner.setup(), &inner.orders(), &version, to);
        let kept = tokio::task::spawn_blocking(keep).await.map_err(|_| Error::Stopping)??;
        let mut base = Setup::clone(&self.ruling().base);
        if !base.versions.contains_key(&kept.version) {
            base.keep_version(&kept);
            let orders = self.orders();
            self.tell(Arc::new(base), orders).await?;
        }
        Ok(kept)
    }

    /// No turn of any lane is decided without these once this returns. One lane that is full keeps no other one from
    /// knowing, and is asked until it has room: only a hub that stops ends this early.
    async fn tell(self: &Arc<Self>, base: Arc<Setup>, orders: Arc<Vec<Ordered>>) -> Result<(), Error> {
        let setup = change::with(&base, &orders, &|_| false);
        let ruling = Ruling { base: Arc::clone(&base), setup, orders: Arc::clone(&orders) };
        *self.ordered.write().unwrap_or_else(PoisonError::into_inner) = ruling;
        // From here on no send begins against a pause, whatever the lanes have claimed.
        self.dispatcher.gates().pause(Pauses::of(&orders));
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
