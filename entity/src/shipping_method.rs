//! Table `shipping_methods`.

use crate::prelude::*;

/// A way to ship a store order.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "shipping_methods")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ShippingMethodId,
    /// Absent for a method of the marketplace, which every store offers.
    pub store_id: Option<StoreId>,
    pub name: String,
    /// Flat rate per store order.
    pub price: Minor,
    /// Items total of the store order from which shipping is free.
    pub free_over: Option<Minor>,
    pub currency: CurrencyCode,
    /// Destination countries; empty: all.
    #[sea_orm(column_type = "JsonBinary")]
    pub countries: Countries,
    pub position: i32,
    pub active: bool,
    /// Incremented at every change.
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
