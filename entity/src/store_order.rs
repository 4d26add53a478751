//! Table `store_orders`.

use crate::prelude::*;

/// The items of an order that one store sells.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "store_orders")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoreOrderId,
    pub order_id: OrderId,
    pub store_id: StoreId,
    pub status: OrderStatus,
    pub shipping_method_id: Option<Uuid>,
    pub shipping_method_name: Option<String>,
    pub currency: CurrencyCode,
    pub items_total: Minor,
    pub discount_total: Minor,
    pub shipping_total: Minor,
    pub tax_total: Minor,
    pub total: Minor,
    /// Incremented at every change.
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "order_id", to = "id")]
    pub order: BelongsTo<super::order::Entity>,
    #[sea_orm(belongs_to, from = "store_id", to = "id")]
    pub store: BelongsTo<super::store::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
