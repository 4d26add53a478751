//! Values of imports and exports of products.

use super::{ProductStatus, json_lists, stored_enums};
use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};

stored_enums! {
    $
    /// Format of a file of products.
    ProductFileFormat in product_file_format {
        /// Comma-separated values: a line for each variant.
        Csv = "CSV",
        /// JSON Lines: an object for each product.
        Jsonl = "JSONL",
    }

    /// Which products an import writes.
    ProductImportMode in product_import_mode {
        /// Creates products, and changes those that the store has.
        Upsert = "UPSERT",
        /// Creates products; one that the store has is a problem.
        CreateOnly = "CREATE_ONLY",
        /// Changes products; one that the store does not have is a problem.
        UpdateOnly = "UPDATE_ONLY",
    }

    /// Status of an import or an export.
    ProductTransferStatus in product_transfer_status {
        /// Waiting for a worker.
        Queued = "QUEUED",
        /// The work is in progress.
        Running = "RUNNING",
        /// All lines are done, those with problems, too.
        Completed = "COMPLETED",
        /// Ended early: the file could not be read, or the user lost the right to write the products.
        Failed = "FAILED",
        /// Cancelled by a user. What was written before stays.
        Cancelled = "CANCELLED",
    }
}

json_lists! {
    /// Statuses of the products of an export.
    ProductStatuses(ProductStatus);
}
