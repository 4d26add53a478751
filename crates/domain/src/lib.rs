//! The business rules: one module per feature, with its transactions, queries and jobs. Every function takes an actor.

pub mod account;
pub mod address;
pub mod cancellation;
pub mod cart;
pub mod category;
pub mod checkout;
pub mod closing;
pub mod fulfillment;
mod idempotency;
pub mod image;
pub mod job;
pub mod link;
pub mod mail;
pub mod order;
pub mod page;
pub mod payment;
pub mod placement;
pub mod product;
mod product_aggregates;
pub mod receipt;
pub mod review;
pub mod setting;
pub mod settlement;
pub mod shipping;
pub mod social;
pub mod stock;
pub mod store;
pub mod store_order;
mod summary;
pub mod tax;
pub mod totals;
pub mod upload;
pub mod variant;

/// All jobs and periodic tasks.
pub fn jobs() -> souk_core::job::Registry {
    souk_core::job::Registry::default() //
        .with::<product_aggregates::RefreshProductAggregates>()
        .with::<image::DeleteFile>()
        .with::<mail::SendMail>()
        .with::<payment::CancelPayment>()
        .with::<payment::ReconcilePayment>()
        .with::<social::PostToNetwork>()
        .with::<store_order::CompleteDelivered>()
        .with_periodic_task("old changes", |app, system| Box::pin(souk_core::live::prune_changes(app, system)))
        .with_periodic_task("abandoned guest carts", |app, system| Box::pin(cart::delete_stale(app, system)))
        .with_periodic_task("expired unpaid orders", |app, system| Box::pin(cancellation::cancel_unpaid(app, system)))
        .with_periodic_task("old buyer locks", |app, system| Box::pin(checkout::delete_old_buyer_locks(app, system)))
        .with_periodic_task("expired store invitations", |app, system| Box::pin(store::invitation::delete_expired(app, system)))
        .with_periodic_task("old idempotency keys", |app, system| Box::pin(idempotency::delete_expired(app, system)))
        .with_periodic_task("expired staged uploads", |app, system| Box::pin(upload::delete_expired(app, system)))
}
