//! Table `exports`.

use crate::prelude::*;

/// An export of the products of a store. It is kept for a while after it ended, with its file.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "exports")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProductExportId,
    /// No foreign key; the file is deleted later than the store.
    pub store_id: StoreId,
    /// The store while the export is queued or runs: unique, so that a store has one at a time.
    pub active_store_id: Option<StoreId>,
    /// The user who requested it.
    pub user_id: UserId,
    pub format: ProductFileFormat,
    /// Only products with these statuses; all if empty.
    #[sea_orm(column_type = "JsonBinary")]
    pub statuses: ProductStatuses,
    /// Only products of this category, without its descendants. No foreign key.
    pub category_id: Option<CategoryId>,
    pub status: ProductTransferStatus,
    /// Below `private/`; absent until it is completed.
    pub storage_key: Option<String>,
    pub product_count: i32,
    /// Why it failed.
    pub reason: Option<String>,
    pub created_at: DateTimeUtc,
    pub finished_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
