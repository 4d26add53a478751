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
    /// Part of `tax_total` that is tax on the shipping.
    pub shipping_tax_total: Minor,
    /// Commission on the shipping.
    pub shipping_commission_total: Minor,
    /// Tax on `shipping_commission_total`.
    pub shipping_commission_tax_total: Minor,
    /// Sum of what was captured for the store order.
    pub paid_total: Minor,
    /// Part of `paid_total` that was refunded, or that a refund was requested of.
    pub refunded_total: Minor,
    /// Part of `refunded_total` that is shipping, with tax.
    pub refunded_shipping_total: Minor,
    /// Part of `paid_total` that disputes are about whose money the provider withdrew and did not return.
    pub disputed_total: Minor,
    /// Part of `disputed_total` that was lost and that the store bears.
    pub lost_total: Minor,
    /// What the ledger contains of the store order, without what was reversed: discount that the marketplace bears.
    pub posted_marketplace_discount_total: Minor,
    /// Commission in the ledger.
    pub posted_commission_total: Minor,
    /// Tax on the commission in the ledger.
    pub posted_commission_tax_total: Minor,
    /// Sales tax in the ledger: zero if the store remits it.
    pub posted_tax_total: Minor,
    /// Fees of payment providers in the ledger that the store bears.
    pub posted_fee_total: Minor,
    /// Time from which its earnings can be paid out: the delivery and the time that earnings are held; absent until the delivery.
    pub payable_at: Option<DateTimeUtc>,
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
