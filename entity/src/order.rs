//! Table `orders`.

use crate::prelude::*;

/// An order, with items of one or several stores.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "orders")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderId,
    /// Number for people, such as SK-7F3K-92QD.
    pub number: String,
    /// The checkout that became the order; unique. Released if the payment fails, so that the buyer can complete the checkout
    /// again.
    pub checkout_id: Option<Uuid>,
    /// The checkout that was released because the order was not paid in time; completed again if the money arrives late.
    pub failed_checkout_id: Option<Uuid>,
    /// Absent for a guest.
    pub user_id: Option<UserId>,
    /// Lower-cased.
    pub email: String,
    pub phone: Option<String>,
    /// Absent if all items are digital.
    #[sea_orm(column_type = "JsonBinary")]
    pub shipping_address: Option<PostalAddress>,
    #[sea_orm(column_type = "JsonBinary")]
    pub billing_address: Option<PostalAddress>,
    /// Message of the buyer to the stores.
    #[sea_orm(column_type = "Text")]
    pub note: String,
    /// Computed from the store orders.
    pub status: OrderStatus,
    pub currency: CurrencyCode,
    pub items_total: Minor,
    pub discount_total: Minor,
    pub shipping_total: Minor,
    pub tax_total: Minor,
    pub total: Minor,
    /// Whether prices include tax; otherwise tax is added to the total.
    pub tax_included: bool,
    /// Whether the marketplace remits the sales tax; otherwise the stores do.
    pub tax_remitted: bool,
    /// Whether the stores bear the fees of payment providers; otherwise the marketplace does.
    pub fee_passed_on: bool,
    pub paid_at: Option<DateTimeUtc>,
    /// Until then the stock is reserved for the pending payment.
    pub hold_expires_at: Option<DateTimeUtc>,
    /// Network of the buyer; kept only while the order counts for the limits on unpaid orders.
    pub client_network: Option<String>,
    /// Money that was received and must be returned to the buyer.
    pub refund_due: Minor,
    /// Incremented at every change.
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
