//! `product_variants`.

use crate::prelude::*;

/// What is bought: one SKU with its price and stock.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "product_variants")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProductVariantId,
    pub product_id: ProductId,
    /// The product's store, so that the SKU can be unique within it.
    pub store_id: StoreId,
    pub name: String,
    pub sku: String,
    /// The choices it stands for, such as size and colour, in order.
    #[sea_orm(column_type = "JsonBinary")]
    pub options: Options,
    pub price: Minor,
    /// The price it is shown against; above `price`.
    pub compare_at_price: Option<Minor>,
    /// Pieces left. Not used for digital products.
    pub stock_quantity: i32,
    /// At or below this the vendor is warned.
    pub low_stock_threshold: Option<i32>,
    /// Pieces ordered and not cancelled.
    pub sold_count: i64,
    pub weight_grams: Option<i32>,
    pub barcode: Option<String>,
    pub active: bool,
    /// InPadded the product's variants, lowest first.
    pub position: i32,
    /// Raised by one at every change a person makes.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "product_id", to = "id")]
    pub product: BelongsTo<super::product::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
