//! The current content of a cart.

use crate::cart::{LineStatus, title};
use entity::id::{CartId, CategoryId, ProductId, ProductVariantId, StoreId};
use entity::money::Minor;
use entity::value::{Options, ProductKind};
use entity::{cart_line, product, product_variant, store};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait,
};
use souk_core::error::Result;

/// The lines of a cart: those that are for sale, and those that are not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Contents {
    /// Lines for sale, even if the stock is too low.
    pub lines: Vec<CartLineSnapshot>,
    /// Lines that are not for sale.
    pub unavailable: Vec<UnavailableLine>,
}

impl Contents {
    /// Whether the cart has no lines.
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.unavailable.is_empty()
    }
}

/// A line that is not for sale any more or whose variant was deleted, with the data that the buyer saw last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnavailableLine {
    /// Index among all lines of the cart, from 0.
    pub at: usize,
    /// The variant, which may have been deleted.
    pub variant_id: ProductVariantId,
    pub product_name: String,
    pub variant_name: String,
    /// Price that the buyer saw last.
    pub unit_price: Minor,
    pub quantity: i32,
}

impl UnavailableLine {
    /// Name for messages.
    pub(crate) fn title(&self) -> String {
        title(&self.product_name, &self.variant_name)
    }
}

/// A line that is for sale, with all data that an order copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CartLineSnapshot {
    /// Index among all lines of the cart, from 0.
    pub at: usize,
    pub variant_id: ProductVariantId,
    pub product_id: ProductId,
    pub store_id: StoreId,
    pub store_name: String,
    /// Commission that was agreed with the store, in hundredths of a percent.
    pub store_commission: Option<i32>,
    /// Category of the product.
    pub category_id: Option<CategoryId>,
    pub product_name: String,
    pub variant_name: String,
    pub sku: String,
    /// Option values that identify the variant.
    pub options: Options,
    /// Whether it is shipped.
    pub kind: ProductKind,
    /// Current price.
    pub unit_price: Minor,
    pub quantity: i32,
    /// Items in stock; not used for digital products.
    pub stock_quantity: i32,
}

impl CartLineSnapshot {
    /// Whether the stock is sufficient.
    pub(crate) fn status(&self) -> LineStatus {
        match self.kind {
            ProductKind::Physical if self.stock_quantity < self.quantity => LineStatus::InsufficientStock,
            ProductKind::Physical | ProductKind::Digital => LineStatus::Available,
        }
    }

    /// Whether it can be bought in its quantity.
    pub(crate) fn in_stock(&self) -> bool {
        self.status() == LineStatus::Available
    }

    /// Name for messages.
    pub(crate) fn title(&self) -> String {
        title(&self.product_name, &self.variant_name)
    }
}

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
    store_commission: Option<i32>,
    category_id: Option<CategoryId>,
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
pub(crate) async fn lines(db: &impl ConnectionTrait, cart: CartId) -> Result<Contents> {
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
        .column_as(store::Column::CommissionBasisPoints, "store_commission")
        .column_as(product::Column::Name, "product_name")
        .column(product::Column::CategoryId)
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
                store_commission: sold.store_commission,
                category_id: sold.category_id,
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
