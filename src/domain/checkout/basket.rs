//! What lies in the cart, as it is today.

use crate::error::Result;
use entity::id::{CartId, CartLineId, ProductId, ProductVariantId, StoreId};
use entity::money::Minor;
use entity::value::{Options, ProductKind};
use entity::{cart_line, product, product_variant};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait,
};

/// A line with everything that an order copies.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct BasketLine {
    /// Of the cart's line.
    pub id: CartLineId,
    /// What is bought.
    pub variant_id: ProductVariantId,
    /// Its product.
    pub product_id: ProductId,
    /// Its store.
    pub store_id: StoreId,
    /// Of the product.
    pub product_name: String,
    /// Of the variant.
    pub variant_name: String,
    /// The store's name for it.
    pub sku: String,
    /// The choices it stands for.
    pub options: Options,
    /// Whether it is sent.
    pub kind: ProductKind,
    /// Today's.
    pub unit_price: Minor,
    /// How many.
    pub quantity: i32,
    /// How many there are; nothing for digital ones.
    pub stock_quantity: i32,
    /// Whether the variant is sold.
    pub active: bool,
    /// Whether storefronts show its product.
    pub listed: bool,
}

impl BasketLine {
    /// Whether it can be bought at all.
    pub fn for_sale(&self) -> bool {
        self.active && self.listed
    }

    /// Whether there are enough.
    pub fn in_stock(&self) -> bool {
        self.kind == ProductKind::Digital || self.stock_quantity >= self.quantity
    }

    /// As a sentence calls it.
    pub fn title(&self) -> String {
        match self.variant_name.as_str() {
            "" => self.product_name.clone(),
            name => format!("{} ({name})", self.product_name),
        }
    }
}

/// The lines of a cart, oldest first, by one statement.
pub async fn lines(db: &impl ConnectionTrait, cart: CartId) -> Result<Vec<BasketLine>> {
    let query = cart_line::Entity::find()
        .join(JoinType::InnerJoin, cart_line::Relation::ProductVariant.def())
        .join(JoinType::InnerJoin, product_variant::Relation::Product.def())
        .filter(cart_line::Column::CartId.eq(cart))
        .order_by_asc(cart_line::Column::Id)
        .select_only()
        .column(cart_line::Column::Id)
        .column(cart_line::Column::VariantId)
        .column(cart_line::Column::Quantity)
        .column(product_variant::Column::ProductId)
        .column(product_variant::Column::StoreId)
        .column(product_variant::Column::Sku)
        .column(product_variant::Column::Options)
        .column(product_variant::Column::StockQuantity)
        .column(product_variant::Column::Active)
        .column_as(product_variant::Column::Price, "unit_price")
        .column_as(product_variant::Column::Name, "variant_name")
        .column_as(product::Column::Name, "product_name")
        .column(product::Column::Kind)
        .column(product::Column::Listed);
    Ok(query.into_model().all(db).await?)
}
