//! The job that delivers digital store orders, as it is enqueued; `store_order/digital.rs` runs it.

use entity::id::StoreOrderId;
use serde::{Deserialize, Serialize};

/// Completes a store order that is paid and has digital lines only: nothing of it is shipped.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeliverDigital {
    pub store_order_id: StoreOrderId,
}
