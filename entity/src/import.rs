//! Table `imports`.

use crate::prelude::*;

/// An import of products into a store. It is kept for a while after it ended, with its file.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "imports")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProductImportId,
    /// No foreign key; the file is deleted later than the store.
    pub store_id: StoreId,
    /// The store while the import is queued or runs: unique, so that a store has one at a time.
    pub active_store_id: Option<StoreId>,
    /// The user who requested it, in whose name products are written.
    pub user_id: UserId,
    pub format: ProductFileFormat,
    pub mode: ProductImportMode,
    /// Whether everything is rolled back.
    pub dry_run: bool,
    pub status: ProductTransferStatus,
    /// Below `private/`.
    pub storage_key: String,
    /// Name of the file without a path.
    pub filename: String,
    /// In hexadecimal.
    pub sha256: String,
    /// Lines with data; absent until the file was read once.
    pub total_lines: Option<i32>,
    /// Lines that are done.
    pub done_lines: i32,
    /// Number of the first line of the file that is not done.
    pub next_line: i32,
    /// Products.
    pub created_count: i32,
    pub updated_count: i32,
    pub unchanged_count: i32,
    /// Products with problems, which were left as they are.
    pub failed_count: i32,
    /// All problems, also those that only the report has.
    pub problem_count: i32,
    /// Images that are not loaded yet.
    pub pending_images: i32,
    pub created_at: DateTimeUtc,
    pub finished_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
