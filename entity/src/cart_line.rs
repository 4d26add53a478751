//! Table `cart_lines`.

use crate::prelude::*;

/// A variant with a quantity. The line outlives the variant, to show the buyer what is no longer available.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cart_lines")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CartLineId,
    pub cart_id: CartId,
    /// No foreign key; kept if the variant is deleted.
    pub variant_id: ProductVariantId,
    /// The name that the buyer saw when the line was last changed.
    pub product_name: String,
    /// The name that the buyer saw when the line was last changed.
    pub variant_name: String,
    pub quantity: i32,
    /// The price when the buyer last changed the line; compared with the current price to report changes.
    pub price_seen: Minor,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "cart_id", to = "id")]
    pub cart: BelongsTo<super::cart::Entity>,
    #[sea_orm(belongs_to, from = "variant_id", to = "id")]
    pub variant: BelongsTo<super::product_variant::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
