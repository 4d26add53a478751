//! Exports of the products of a store to files that imports read.

mod cells;
mod columns;
mod job;
mod read;
mod request;
mod retention;
mod selection;
mod write;

pub use read::{LIFETIME, count_of_store, of_stores, open, url, visible};
pub use request::{NewExport, create, export_file};

use souk_core::job::Registry;

/// Adds the job and the periodic task of the feature.
pub(crate) fn register(registry: Registry) -> Registry {
    let registry = registry.with::<job::ExportProducts>();
    registry.with_periodic_task("old exports", |app, system| Box::pin(retention::delete_old(app, system)))
}
