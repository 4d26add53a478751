//! What operators see of the search of a process: how far it is, how often it was asked, and whether it agrees with the database.

use super::engine::Totals;
use sea_orm::prelude::DateTimeUtc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::sync::{PoisonError, RwLock};

/// Counters and findings, from the start of the process.
#[derive(Debug, Default)]
pub struct Watch {
    /// 0 until the index is filled; positions begin at 1.
    position: AtomicI64,
    queries: AtomicU64,
    disagreements: AtomicU64,
    agreement: RwLock<Option<Agreement>>,
}

/// A comparison of the index with the database at one position of the change log, without the products whose changes the index did not
/// know yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreement {
    pub checked_at: DateTimeUtc,
    pub position: i64,
    pub index: Totals,
    pub database: Totals,
}

impl Agreement {
    /// Whether both have the same products, prices, stock and sales, as far as sums tell.
    pub fn is_equal(&self) -> bool {
        self.index == self.database
    }
}

impl Watch {
    /// Position of the change log up to which the index knows all changes; 0 until it is filled.
    pub fn position(&self) -> i64 {
        self.position.load(Relaxed)
    }

    /// Says up to which position the index knows all changes.
    pub fn set_position(&self, position: i64) {
        self.position.store(position, Relaxed);
    }

    /// Number of queries and suggestions.
    pub fn queries(&self) -> u64 {
        self.queries.load(Relaxed)
    }

    pub(super) fn count_query(&self) {
        self.queries.fetch_add(1, Relaxed);
    }

    /// How often the index disagreed with the database.
    pub fn disagreements(&self) -> u64 {
        self.disagreements.load(Relaxed)
    }

    /// The last comparison.
    pub fn agreement(&self) -> Option<Agreement> {
        *self.agreement.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a comparison.
    pub fn set_agreement(&self, agreement: Agreement) {
        if !agreement.is_equal() {
            self.disagreements.fetch_add(1, Relaxed);
        }
        *self.agreement.write().unwrap_or_else(PoisonError::into_inner) = Some(agreement);
    }
}
