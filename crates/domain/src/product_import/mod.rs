//! Imports of products from files: CSV of Souk, Shopify and WooCommerce, and JSON Lines. An import creates and changes products and deletes
//! nothing.

mod apply;
mod column;
mod convert;
mod decode;
mod entry;
mod file;
mod images;
mod job;
mod jsonl;
mod locate;
mod number;
mod read;
mod record;
pub mod report;
mod request;
mod retention;
mod shopify;
mod souk;
mod table;
mod turn;
mod woocommerce;
mod world;

pub use entry::LineProblem;
pub use file::MAX_LINES;
pub use images::MAX_URLS;
pub use read::{count_of_store, count_problems, of_stores, problems, staff, visible};
pub use record::MAX_PROBLEMS;
pub(crate) use request::owner_of;
pub use request::{NewImport, apply, cancel, create, import_file};

pub(crate) use column::{ATTRIBUTE, COLUMNS, Column, OPTION};
pub(crate) use entry::{Field, VariantField};
pub(crate) use jsonl::{join as join_tags, name_of, name_of_variant};
pub(crate) use retention::KEPT;
pub(crate) use table::protected;

use souk_core::job::Registry;

/// Adds the jobs and the periodic task of the feature.
pub(crate) fn register(registry: Registry) -> Registry {
    let registry = registry.with::<job::ImportProducts>().with::<images::LoadImages>();
    registry.with_periodic_task("old imports", |app, system| Box::pin(retention::delete_old(app, system)))
}
