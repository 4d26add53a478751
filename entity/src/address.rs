//! Table `addresses`.

use crate::prelude::*;

/// An entry of a user's address book.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "addresses")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AddressId,
    pub user_id: UserId,
    #[sea_orm(column_type = "JsonBinary")]
    pub postal: PostalAddress,
    pub is_default_shipping: bool,
    pub is_default_billing: bool,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
