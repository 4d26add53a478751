//! Checkouts: carts in the process of becoming orders.

pub(crate) mod cart_snapshot;
mod edit;
mod estimate;
pub(crate) mod guest;
pub(crate) mod quote;
mod quoted;
mod read;
pub(crate) mod ready;
mod scope;
pub(crate) mod unpaid;
mod write;

pub use edit::{CheckoutPatch, Choice, NewCheckout, PricedCheckout, create, update};
pub use estimate::{Estimate, StoreEstimate, estimate};
pub use quote::of as quote;
pub use quoted::{Quote, QuotedLine, QuotedStoreOrder};
pub use read::{cart, find, order, payment_providers, problems, token};
pub(crate) use scope::scope;
use souk_core::job::Registry;
pub use unpaid::delete_old_locks as delete_old_buyer_locks;
pub(crate) use write::{complete, erase, lock, lock_all_of, reopen};

/// Adds the periodic task of the feature.
pub(crate) fn register(registry: Registry) -> Registry {
    registry.with_periodic_task("old buyer locks", |app, system| Box::pin(delete_old_buyer_locks(app, system)))
}
