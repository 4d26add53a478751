//! Table `order_lines`.

use crate::prelude::*;

/// A variant with a quantity, with copies of all data at the time of the order.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_lines")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderLineId,
    pub order_id: OrderId,
    pub store_order_id: StoreOrderId,
    /// No foreign key; kept if the product is deleted.
    pub product_id: Uuid,
    /// No foreign key; kept if the variant is deleted.
    pub variant_id: Uuid,
    pub product_name: String,
    pub variant_name: String,
    pub sku: String,
    pub kind: ProductKind,
    #[sea_orm(column_type = "JsonBinary")]
    pub options: Options,
    pub quantity: i32,
    pub fulfilled_quantity: i32,
    /// Part of `quantity` that was cancelled; it is never shipped.
    pub cancelled_quantity: i32,
    pub unit_price: Minor,
    /// `unit_price` times `quantity`.
    pub line_total: Minor,
    pub discount_total: Minor,
    pub tax_total: Minor,
    pub tax_basis_points: i32,
    /// Value of the cancelled quantity, after discount and with tax.
    pub cancelled_total: Minor,
    /// Part of `quantity` that was refunded.
    pub refunded_quantity: i32,
    /// Value of what was refunded, after discount and with tax.
    pub refunded_total: Minor,
    /// Part of `discount_total` that the marketplace bears.
    pub marketplace_discount_total: Minor,
    /// Commission of the marketplace, in hundredths of a percent.
    pub commission_basis_points: i32,
    /// Commission of the whole line, computed when the order was placed.
    pub commission_total: Minor,
    /// Tax on `commission_total`.
    pub commission_tax_total: Minor,
    /// Parts of the amounts that do not apply any more, as items were cancelled or refunded.
    pub reversed_tax_total: Minor,
    pub reversed_marketplace_discount_total: Minor,
    pub reversed_commission_total: Minor,
    pub reversed_commission_tax_total: Minor,
    pub currency: CurrencyCode,
}

impl ActiveModelBehavior for ActiveModel {}
