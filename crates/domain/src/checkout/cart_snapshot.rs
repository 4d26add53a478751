//! What lies in the cart, as it is today.

use crate::cart::{LineStatus, title};
use entity::id::{CartId, ProductId, ProductVariantId, StoreId};
use entity::money::Minor;
use entity::value::{Options, ProductKind};
use entity::{cart_line, product, product_variant, store};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait,
};
use souk_core::error::Result;

/// The lines of a cart: what is for sale, and what is not any more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// What is for sale, even if too few are left.
    pub lines: Vec<CartLineSnapshot>,
    /// What is not.
    pub unavailable: Vec<UnavailableLine>,
}

impl Contents {
    /// Whether the cart has no lines at all.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.unavailable.is_empty()
    }
}

/// A line of what is not for sale any more, or was deleted, as the buyer saw it last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnavailableLine {
    /// Its place among all lines of the cart, from 0.
    pub at: usize,
    /// The variant, which may not exist any more.
    pub variant_id: ProductVariantId,
    /// Of the product.
    pub product_name: String,
    /// Of the variant.
    pub variant_name: String,
    /// The price the buyer saw.
    pub unit_price: Minor,
    /// How many.
    pub quantity: i32,
}

impl UnavailableLine {
    /// As a sentence calls it.
    pub fn title(&self) -> String {
        title(&self.product_name, &self.variant_name)
    }
}

/// A line of what is for sale, with everything that an order copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CartLineSnapshot {
    /// Its place among all lines of the cart, from 0.
    pub at: usize,
    /// What is bought.
    pub variant_id: ProductVariantId,
    /// Its product.
    pub product_id: ProductId,
    /// Its store.
    pub store_id: StoreId,
    /// Name of the store.
    pub store_name: String,
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
}

impl CartLineSnapshot {
    /// Whether there are enough.
    pub fn status(&self) -> LineStatus {
        match self.kind {
            ProductKind::Physical if self.stock_quantity < self.quantity => LineStatus::InsufficientStock,
            ProductKind::Physical | ProductKind::Digital => LineStatus::Available,
        }
    }

    /// Whether it can be bought in its quantity.
    pub fn in_stock(&self) -> bool {
        self.status() == LineStatus::Available
    }

    /// As a sentence calls it.
    pub fn title(&self) -> String {
        title(&self.product_name, &self.variant_name)
    }
}

/// A line of the cart.
#[derive(FromQueryResult)]
struct Row {
    variant_id: ProductVariantId,
    seen_product_name: String,
    seen_variant_name: String,
    price_seen: Minor,
    quantity: i32,
    #[sea_orm(nested)]
    sold: Option<Sold>,
}

/// The variant and its product; absent if they were deleted.
#[derive(FromQueryResult)]
struct Sold {
    product_id: ProductId,
    store_id: StoreId,
    store_name: String,
    product_name: String,
    variant_name: String,
    sku: String,
    options: Options,
    kind: ProductKind,
    unit_price: Minor,
    stock_quantity: i32,
    active: bool,
    listed: bool,
}

/// The lines of a cart, oldest first, by one statement.
pub async fn lines(db: &impl ConnectionTrait, cart: CartId) -> Result<Contents> {
    let query = cart_line::Entity::find()
        .join(JoinType::LeftJoin, cart_line::Relation::ProductVariant.def())
        .join(JoinType::LeftJoin, product_variant::Relation::Product.def())
        .join(JoinType::LeftJoin, product::Relation::Store.def())
        .filter(cart_line::Column::CartId.eq(cart))
        .order_by_asc(cart_line::Column::Id)
        .select_only()
        .column(cart_line::Column::VariantId)
        .column(cart_line::Column::Quantity)
        .column(cart_line::Column::PriceSeen)
        .column_as(cart_line::Column::ProductName, "seen_product_name")
        .column_as(cart_line::Column::VariantName, "seen_variant_name")
        .column(product_variant::Column::ProductId)
        .column(product_variant::Column::StoreId)
        .column(product_variant::Column::Sku)
        .column(product_variant::Column::Options)
        .column(product_variant::Column::StockQuantity)
        .column(product_variant::Column::Active)
        .column_as(product_variant::Column::Price, "unit_price")
        .column_as(product_variant::Column::Name, "variant_name")
        .column_as(store::Column::Name, "store_name")
        .column_as(product::Column::Name, "product_name")
        .column(product::Column::Kind)
        .column(product::Column::Listed);
    let rows = query.into_model::<Row>().all(db).await?;
    let mut contents = Contents::default();
    for (at, row) in rows.into_iter().enumerate() {
        let Row { variant_id, quantity, .. } = row;
        match row.sold.filter(|sold| sold.active && sold.listed) {
            Some(sold) => contents.lines.push(CartLineSnapshot {
                at,
                variant_id,
                product_id: sold.product_id,
                store_id: sold.store_id,
                store_name: sold.store_name,
                product_name: sold.product_name,
                variant_name: sold.variant_name,
                sku: sold.sku,
                options: sold.options,
                kind: sold.kind,
                unit_price: sold.unit_price,
                quantity,
                stock_quantity: sold.stock_quantity,
            }),
            None => contents.unavailable.push(UnavailableLine {
                at,
                variant_id,
                product_name: row.seen_product_name,
                variant_name: row.seen_variant_name,
                unit_price: row.price_seen,
                quantity,
            }),
        }
    }
    Ok(contents)
}
