//! `social_posts`.

use crate::prelude::*;

/// A post on a network about a store or a product.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "social_posts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SocialPostId,
    /// The store, or the product's store.
    pub store_id: StoreId,
    /// Absent where it is about the store.
    pub product_id: Option<ProductId>,
    /// The product, or else the store.
    pub subject: Uuid,
    pub network: SocialNetwork,
    pub status: SocialPostStatus,
    /// The network's name for it.
    pub external_id: Option<String>,
    pub url: Option<String>,
    /// Why it failed, in words a vendor can use.
    pub error: Option<String>,
    /// How often it was sent, or begun to be sent.
    pub attempts: i32,
    pub posted_at: Option<DateTimeUtc>,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
