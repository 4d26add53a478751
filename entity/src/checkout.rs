//! `checkouts`.

use crate::prelude::*;

/// A cart on its way to an order. A guest's is found by a signed token made from its ID.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "checkouts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CheckoutId,
    pub cart_id: Option<CartId>,
    /// Absent for a guest.
    pub user_id: Option<UserId>,
    pub email: Option<String>,
    pub phone: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    pub shipping_address: Option<PostalAddress>,
    #[sea_orm(column_type = "JsonBinary")]
    pub billing_address: Option<PostalAddress>,
    /// The method chosen for each store's part.
    #[sea_orm(column_type = "JsonBinary")]
    pub shipping_choices: ShippingChoices,
    /// The buyer's words for the stores.
    #[sea_orm(column_type = "Text")]
    pub note: String,
    pub status: CheckoutStatus,
    /// Raised by one at every change.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
