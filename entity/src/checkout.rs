//! Table `checkouts`.

use crate::prelude::*;

/// A cart in the process of becoming an order. A guest's checkout is opened by a token made from its ID.
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
    /// The shipping method chosen for each store.
    #[sea_orm(column_type = "JsonBinary")]
    pub shipping_choices: ShippingChoices,
    /// Message of the buyer to the stores.
    #[sea_orm(column_type = "Text")]
    pub note: String,
    pub status: CheckoutStatus,
    /// Incremented at every change.
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
