//! `shipping_methods`.

use crate::prelude::*;

/// A way to send a store's part of an order.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "shipping_methods")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ShippingMethodId,
    /// Absent: offered by the marketplace, for every store.
    pub store_id: Option<StoreId>,
    pub name: String,
    /// Flat rate for a store's part.
    pub price: Minor,
    /// From this value of the store's items on it costs nothing.
    pub free_over: Option<Minor>,
    pub currency: CurrencyCode,
    /// Where it sends to; empty means everywhere.
    #[sea_orm(column_type = "JsonBinary")]
    pub countries: Countries,
    pub position: i32,
    pub active: bool,
    /// Raised by one at every change.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
