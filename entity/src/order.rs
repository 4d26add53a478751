//! `orders`.

use crate::prelude::*;

/// What was bought, in all its stores.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "orders")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderId,
    /// Such as SK-7F3K-92QD; what people read to each other.
    pub number: String,
    /// The checkout it was made from: one order each. Released when the payment fails, so that the buyer can try again.
    pub checkout_id: Option<Uuid>,
    /// Absent for a guest.
    pub user_id: Option<UserId>,
    /// Lower-cased.
    pub email: String,
    pub phone: Option<String>,
    /// Absent where all is digital.
    #[sea_orm(column_type = "JsonBinary")]
    pub shipping_address: Option<PostalAddress>,
    #[sea_orm(column_type = "JsonBinary")]
    pub billing_address: Option<PostalAddress>,
    /// The buyer's words for the stores.
    #[sea_orm(column_type = "Text")]
    pub note: String,
    /// Follows from the store orders.
    pub status: OrderStatus,
    pub currency: CurrencyCode,
    pub items_total: Minor,
    pub discount_total: Minor,
    pub shipping_total: Minor,
    pub tax_total: Minor,
    pub total: Minor,
    /// Whether the prices hold the tax already.
    pub tax_included: bool,
    pub paid_at: Option<DateTimeUtc>,
    /// Until then its stock is kept for a payment.
    pub hold_expires_at: Option<DateTimeUtc>,
    /// The network it was placed from; kept only while the order counts against the limits on unpaid orders.
    pub client_network: Option<String>,
    /// Money that was received and must be returned to the buyer.
    pub refund_due: Minor,
    /// Raised by one at every change.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
