//! Until when orders can be cancelled.

use entity::value::OrderStatus;
use serde::{Deserialize, Serialize};

/// Last status of a store order in which it can be cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CancellationLimit {
    /// Until the payment is received or agreed on.
    Pending,
    /// Until the store begins to process it.
    Confirmed,
    /// Until it is shipped.
    Processing,
}

impl CancellationLimit {
    /// Whether a store order with this status can be cancelled.
    pub fn allows(self, status: OrderStatus) -> bool {
        let last = match self {
            Self::Pending => OrderStatus::Pending,
            Self::Confirmed => OrderStatus::Confirmed,
            Self::Processing => OrderStatus::Processing,
        };
        // The enum is in the order of progress.
        status <= last
    }
}
