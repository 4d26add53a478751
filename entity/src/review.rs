//! Table `reviews`.

use crate::prelude::*;

/// A review of a product by a user.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reviews")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReviewId,
    pub product_id: ProductId,
    pub store_id: StoreId,
    pub user_id: UserId,
    /// 1 to 5 stars.
    pub rating: i32,
    pub title: String,
    /// Plain text.
    #[sea_orm(column_type = "Text")]
    pub body: String,
    /// Whether the author bought and received the product.
    pub verified_purchase: bool,
    pub status: ReviewStatus,
    /// The store's reply, plain text.
    #[sea_orm(column_type = "Text")]
    pub reply_body: Option<String>,
    pub reply_user_id: Option<UserId>,
    pub replied_at: Option<DateTimeUtc>,
    /// Incremented at every change.
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
