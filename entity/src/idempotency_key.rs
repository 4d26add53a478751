//! Table `idempotency_keys`.

use crate::prelude::*;

/// The result of a mutation, written in the transaction of its change.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_keys")]
pub struct Model {
    /// The caller and the mutation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub scope: String,
    /// The key that the client sent.
    #[sea_orm(primary_key, auto_increment = false)]
    pub idempotency_key: String,
    /// SHA-256 of the input, in hexadecimal.
    pub request_hash: String,
    /// ID of the object that the mutation created or changed.
    pub result_id: Uuid,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
