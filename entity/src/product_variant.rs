//! Table `product_variants`.

use crate::prelude::*;

/// A variant of a product: one SKU with its price and stock.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "product_variants")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProductVariantId,
    pub product_id: ProductId,
    /// Store of the product, so that the SKU can be unique within it.
    pub store_id: StoreId,
    pub name: String,
    pub sku: String,
    /// Option values that identify the variant, such as size and colour, in order.
    #[sea_orm(column_type = "JsonBinary")]
    pub options: Options,
    /// Hash of its values of attributes, unique within the product; absent without values.
    pub combination: Option<String>,
    pub price: Minor,
    /// The former or list price, shown crossed out; above `price`.
    pub compare_at_price: Option<Minor>,
    /// Items in stock. Not used for digital products.
    pub stock_quantity: i32,
    /// At or below this stock the vendor is warned.
    pub low_stock_threshold: Option<i32>,
    /// Whether the stock is at or below the threshold; never for digital products.
    pub low_stock: bool,
    /// Items ordered and not cancelled.
    pub sold_count: i64,
    pub weight_grams: Option<i32>,
    pub barcode: Option<String>,
    pub active: bool,
    /// Sort position among the product's variants, ascending.
    pub position: i32,
    /// Incremented at every change by a user, not by orders.
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "product_id", to = "id")]
    pub product: BelongsTo<super::product::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
