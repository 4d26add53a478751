//! `idempotency_keys`.

use crate::prelude::*;

/// What a mutation answered, written in the transaction of its change.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_keys")]
pub struct Model {
    /// Who sent the key, and to which mutation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub scope: String,
    /// As the client sent it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub idempotency_key: String,
    /// SHA-256 of the input, in hexadecimal.
    pub request_hash: String,
    /// What the mutation made.
    pub result_id: Uuid,
    /// When it was made.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
