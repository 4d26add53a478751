//! `cart_lines`.

use crate::prelude::*;

/// A variant and how many of it. It outlives the variant: then it tells the buyer what is no longer available.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cart_lines")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CartLineId,
    pub cart_id: CartId,
    /// Kept when the variant is gone.
    pub variant_id: ProductVariantId,
    /// As the person saw it when the line was last changed.
    pub product_name: String,
    /// As the person saw it when the line was last changed.
    pub variant_name: String,
    pub quantity: i32,
    /// The price when the line was last changed by the person; only for telling that it differs today.
    pub price_seen: Minor,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "cart_id", to = "id")]
    pub cart: BelongsTo<super::cart::Entity>,
    #[sea_orm(belongs_to, from = "variant_id", to = "id")]
    pub variant: BelongsTo<super::product_variant::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
