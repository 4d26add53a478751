//! Views of products: counted in memory, and written together every few seconds. If the process is killed, those that are not written yet
//! are lost.

use crate::clock::Clock;
use entity::id::ProductId;
use moka::sync::Cache;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Time in which further views of a product by the same viewer do not count.
const PERIOD: Duration = Duration::from_secs(3600);
/// Views that are remembered for that time: some 10 MB. If there are more, a view may count twice.
const MAX_SEEN: u64 = 65_536;
/// Products whose views wait to be written; views of further ones do not count until then.
const MAX_PENDING: usize = 50_000;

/// The views that this process counts.
#[derive(Debug)]
pub struct Views {
    clock: Clock,
    /// Hashes of viewer, product and hour, with a random key of the process, so that they contain no personal data.
    seen: Cache<u64, ()>,
    hasher: RandomState,
    pending: Mutex<BTreeMap<ProductId, i64>>,
    writing: tokio::sync::Mutex<()>,
}

impl Views {
    /// Without views.
    pub fn new(clock: &Clock) -> Self {
        let seen = Cache::builder().max_capacity(MAX_SEEN).time_to_live(PERIOD).build();
        Self {
            clock: clock.clone(),
            seen,
            hasher: RandomState::new(),
            pending: Mutex::default(),
            writing: tokio::sync::Mutex::default(),
        }
    }

    /// Counts a view of a product, once for each viewer and hour. `viewer` identifies a user or the address of a guest. Returns whether
    /// it counted.
    pub fn record(&self, viewer: &str, product: ProductId) -> bool {
        let hour = self.clock.now().timestamp().div_euclid(PERIOD.as_secs() as i64);
        let key = self.hasher.hash_one((viewer, product, hour));
        // Of views at the same time one is fresh, which `or_insert` does not promise.
        if !self.seen.entry(key).or_insert_with(|| ()).is_fresh() {
            return false;
        }
        let mut pending = self.pending();
        let has_room = pending.len() < MAX_PENDING || pending.contains_key(&product);
        if has_room {
            *pending.entry(product).or_default() += 1;
        }
        has_room
    }

    /// Waits until nobody else writes views: all that were recorded before are then written or pending.
    pub async fn begin_writing(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.writing.lock().await
    }

    /// Takes the views that were counted since the last time, in the order of the products' IDs.
    pub fn take(&self) -> Vec<(ProductId, i64)> {
        std::mem::take(&mut *self.pending()).into_iter().collect()
    }

    /// Puts views back that could not be written.
    pub fn put_back(&self, views: &[(ProductId, i64)]) {
        let mut pending = self.pending();
        for (product, count) in views {
            if pending.len() < MAX_PENDING || pending.contains_key(product) {
                *pending.entry(*product).or_default() += count;
            }
        }
    }

    fn pending(&self) -> MutexGuard<'_, BTreeMap<ProductId, i64>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn views() -> (Clock, Views) {
        let clock = Clock::system();
        clock.freeze(sea_orm::prelude::DateTimeUtc::from_timestamp(36_000, 0).expect("a time"));
        (clock.clone(), Views::new(&clock))
    }

    fn product(number: u128) -> ProductId {
        ProductId(Uuid::from_u128(number))
    }

    #[test]
    fn a_viewer_counts_once_for_each_product_and_hour() {
        let (clock, views) = views();
        assert!(views.record("ann", product(2)));
        assert!(!views.record("ann", product(2)));
        assert!(views.record("bob", product(2)));
        assert!(views.record("ann", product(1)));
        clock.advance(Duration::from_secs(3_599));
        assert!(!views.record("ann", product(1)));
        clock.advance(Duration::from_secs(1));
        assert!(views.record("ann", product(1)));
        assert_eq!(views.take(), [(product(1), 2), (product(2), 2)]);
        assert_eq!(views.take(), []);
        views.put_back(&[(product(1), 2)]);
        assert!(views.record("bob", product(1)));
        assert_eq!(views.take(), [(product(1), 3)]);
    }

    #[test]
    fn a_flood_of_products_takes_bounded_memory() {
        let (_, views) = views();
        let counted = (0..MAX_PENDING as u128 + 100).filter(|number| views.record("ann", product(*number))).count();
        assert_eq!(counted, MAX_PENDING);
        assert!(views.record("bob", product(0)), "a product that is waiting counts on");
        views.put_back(&[(product(u128::MAX), 1)]);
        assert_eq!(views.take().len(), MAX_PENDING);
    }
}
