//! The rules of the marketplace: a module for each feature, with its transactions, queries and jobs. Every function takes an actor.

pub mod account;
pub mod address;
pub mod cancellation;
pub mod cart;
pub mod category;
pub mod checkout;
pub mod fulfillment;
pub mod idempotency;
pub mod image;
pub mod job;
pub mod link;
pub mod mail;
pub mod order;
pub mod page;
pub mod payment;
pub mod product;
pub mod product_aggregates;
pub mod receipt;
pub mod review;
pub mod setting;
pub mod shipping;
pub mod social;
pub mod stock;
pub mod store;
pub mod store_order;
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
        .with_periodic_task("carts that guests left", |app, system| Box::pin(cart::forget_stale(app, system)))
        .with_periodic_task("orders that nobody paid", |app, system| Box::pin(cancellation::cancel_unpaid(app, system)))
        .with_periodic_task("locks of buyers", |app, system| Box::pin(checkout::forget_buyer_locks(app, system)))
        .with_periodic_task("old changes", |app, system| Box::pin(souk_core::live::prune_changes(app, system)))
        .with_periodic_task("old invitations to stores", |app, system| Box::pin(store::invitation::forget_old(app, system)))
        .with_periodic_task("old idempotency keys", |app, system| Box::pin(idempotency::forget_old(app, system)))
        .with_periodic_task("files that nobody took", |app, system| Box::pin(upload::forget_expired(app, system)))
}
