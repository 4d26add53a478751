//! The database migrations, oldest first. A released migration is never changed; new ones are appended.

use sea_orm_migration::prelude::MigrationTrait;
pub use sea_orm_migration::prelude::MigratorTrait;

mod m0001_accounts;
mod m0002_stores;
mod m0003_catalog;
mod m0004_reviews;
mod m0005_carts;
mod m0006_checkout;
mod m0007_orders;
mod m0008_payments;
mod m0009_events;
mod m0010_jobs;
mod m0011_settings;
mod m0012_known_addresses;
mod m0013_store_members;
mod m0014_unpaid_orders;
mod m0015_cart_line_names;
mod m0016_locks;
mod m0017_catalog;
mod m0018_order_filters;
mod m0019_event_subjects;
mod m0020_changes;
mod m0021_captures;
mod m0022_ledger;
mod m0023_provider_events;
mod m0025_refunds;
mod m0026_notes;
mod m0027_disputes;
mod m0028_order_terms;
mod m0029_product_types;
mod m0030_image_renditions;
mod m0031_digital_products;
mod m0032_imports;
mod m0033_product_lists;
mod m0035_search;
mod m0036_search_synonyms;
mod m0037_barcodes;
mod schema;

pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_accounts::Migration),
            Box::new(m0002_stores::Migration),
            Box::new(m0003_catalog::Migration),
            Box::new(m0004_reviews::Migration),
            Box::new(m0005_carts::Migration),
            Box::new(m0006_checkout::Migration),
            Box::new(m0007_orders::Migration),
            Box::new(m0008_payments::Migration),
            Box::new(m0009_events::Migration),
            Box::new(m0010_jobs::Migration),
            Box::new(m0011_settings::Migration),
            Box::new(m0012_known_addresses::Migration),
            Box::new(m0013_store_members::Migration),
            Box::new(m0014_unpaid_orders::Migration),
            Box::new(m0015_cart_line_names::Migration),
            Box::new(m0016_locks::Migration),
            Box::new(m0017_catalog::Migration),
            Box::new(m0018_order_filters::Migration),
            Box::new(m0019_event_subjects::Migration),
            Box::new(m0020_changes::Migration),
            Box::new(m0021_captures::Migration),
            Box::new(m0022_ledger::Migration),
            Box::new(m0023_provider_events::Migration),
            Box::new(m0025_refunds::Migration),
            Box::new(m0026_notes::Migration),
            Box::new(m0027_disputes::Migration),
            Box::new(m0028_order_terms::Migration),
            Box::new(m0029_product_types::Migration),
            Box::new(m0030_image_renditions::Migration),
            Box::new(m0031_digital_products::Migration),
            Box::new(m0032_imports::Migration),
            Box::new(m0033_product_lists::Migration),
            Box::new(m0035_search::Migration),
            Box::new(m0036_search_synonyms::Migration),
            Box::new(m0037_barcodes::Migration),
        ]
    }
}
