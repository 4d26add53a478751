//! Table `download_grants`.

use crate::prelude::*;

/// The right to download the files of a digital order line that was paid.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "download_grants")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DownloadGrantId,
    #[sea_orm(unique)]
    pub order_line_id: OrderLineId,
    pub order_id: OrderId,
    /// The buyer; absent for a guest. No foreign key; see `docs/LOCKS.md`.
    pub user_id: Option<UserId>,
    pub product_id: Uuid,
    pub variant_id: Uuid,
    /// Highest value of `used_count`.
    pub download_limit: i32,
    /// Links that were created.
    pub used_count: i32,
    /// Absent if it never expires.
    pub expires_at: Option<DateTimeUtc>,
    /// When the line was cancelled or refunded in full.
    pub revoked_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
