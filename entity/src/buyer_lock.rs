//! Table `buyer_locks`.

use crate::prelude::*;

/// A row that is locked while the unpaid orders of an email address or a network are counted.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "buyer_locks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub used_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
