//! The business rules: one module per feature, with its transactions, queries and jobs. Every function takes an actor.

pub mod account;
pub mod address;
pub mod attribute;
pub mod cancellation;
pub mod cart;
pub mod category;
pub mod checkout;
pub mod claiming;
pub mod closing;
pub mod commission;
pub mod digital_file;
pub mod dispute;
pub mod download;
pub mod fulfillment;
pub mod health;
mod idempotency;
pub mod image;
pub mod job;
pub mod ledger;
pub mod link;
pub(crate) mod low_stock;
pub mod mail;
pub mod order;
pub mod order_note;
pub mod page;
pub mod payment;
pub mod placement;
pub mod posting;
pub mod product;
pub mod product_aggregates;
pub mod product_export;
pub mod product_import;
pub mod product_type;
pub mod receipt;
pub mod recently_viewed;
pub mod reconciliation;
pub mod refund;
pub mod review;
mod scope;
pub mod search;
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
pub mod webhook;

use souk_core::job::Registry;

/// All jobs and periodic tasks. Each feature registers its own.
pub fn jobs() -> Registry {
    const FEATURES: [fn(Registry) -> Registry; 18] = [
        cancellation::register,
        cart::register,
        checkout::register,
        idempotency::register,
        image::register,
        ledger::register,
        mail::register,
        payment::register,
        product_aggregates::register,
        product_export::register,
        product_import::register,
        refund::register,
        social::register,
        store::register,
        store_order::register,
        upload::register,
        variant::register,
        webhook::register,
    ];
    let registry = Registry::default()
        .with_periodic_task("old changes", |app, system| Box::pin(souk_core::live::prune_changes(app, system)));
    FEATURES.iter().fold(registry, |registry, register| register(registry))
}
