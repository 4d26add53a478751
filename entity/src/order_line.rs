//! `order_lines`.

use crate::prelude::*;

/// What was bought, as it was on that day.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_lines")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderLineId,
    pub order_id: OrderId,
    pub store_order_id: StoreOrderId,
    /// Kept when the product is gone.
    pub product_id: Uuid,
    /// Kept when the variant is gone.
    pub variant_id: Uuid,
    pub product_name: String,
    pub variant_name: String,
    pub sku: String,
    pub kind: ProductKind,
    #[sea_orm(column_type = "JsonBinary")]
    pub options: Options,
    pub quantity: i32,
    pub fulfilled_quantity: i32,
    /// How many of `quantity` were cancelled; never sent.
    pub cancelled_quantity: i32,
    pub unit_price: Minor,
    /// `unit_price` times `quantity`.
    pub line_total: Minor,
    pub discount_total: Minor,
    pub tax_total: Minor,
    pub tax_basis_points: i32,
    /// What the cancelled quantity came to, after discount and with tax.
    pub cancelled_total: Minor,
    pub currency: CurrencyCode,
}

impl ActiveModelBehavior for ActiveModel {}
