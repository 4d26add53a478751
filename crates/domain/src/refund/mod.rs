//! Refunds: money that is returned to buyers.
//!
//! A refund reserves its amount of the payment before the provider is called, so that two refunds never return the same money, and a
//! job calls the provider until the refund is decided. A refund is of one store order, or of money that no store order needed. Refunds
//! that were made at the provider, such as in its dashboard, are recorded when it reports them.

mod amount;
mod at_provider;
mod erase;
mod job;
mod operation;
#[cfg(test)]
mod properties;
mod read;
mod request;
mod retry;
mod settle;

pub use amount::{Preview, RefundSelection};
pub(crate) use at_provider::{owed_of, take_in};
pub(crate) use erase::erase;
pub use job::ReturnMoney;
pub use operation::{RefundInput, mark_paid, preview, refund_order, refund_store_order};
pub(crate) use read::restocked;
pub use read::{lines, of_orders, of_payments, of_store_orders, visible};
pub(crate) use request::{cancel_paid, owe};
pub use retry::retry;

use souk_core::job::Registry;

/// Adds the job of the feature.
pub(crate) fn register(registry: Registry) -> Registry {
    registry.with::<ReturnMoney>()
}
