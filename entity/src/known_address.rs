//! Table `known_addresses`.

use crate::prelude::*;

/// A network from which a user signed in or reset the password.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "known_addresses")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    /// An IPv4 address, or the first 64 bits of an IPv6 address.
    #[sea_orm(primary_key, auto_increment = false)]
    pub network: String,
    pub last_used_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
