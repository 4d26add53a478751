//! Table `social_posts`.

use crate::prelude::*;

/// A post on a social network about a store or a product.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "social_posts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SocialPostId,
    /// The store, or the product's store.
    pub store_id: StoreId,
    /// Absent if the post is about the store.
    pub product_id: Option<ProductId>,
    /// ID of the product, or else of the store.
    pub subject: Uuid,
    pub network: SocialNetwork,
    pub status: SocialPostStatus,
    /// ID of the post on the network.
    pub external_id: Option<String>,
    pub url: Option<String>,
    /// Why it failed, in words for the vendor.
    pub error: Option<String>,
    /// Number of started attempts.
    pub attempts: i32,
    pub posted_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
