//! Keys that make a mutation safe to send again: what it made is noted in the transaction of its change.

use entity::idempotency_key::{self, Column, Entity};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde::Serialize;
use sha2::{Digest, Sha256};
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::db::{Tx, is_taken};
use souk_core::error::{Fault, Result, internal};
use souk_core::transact;
use std::time::Duration;
use uuid::Uuid;

/// How long a key is remembered.
pub const REMEMBERED: Duration = Duration::from_secs(30 * 86_400);

/// A key with what it was sent for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Who sent it, and to which mutation: the keys of one do not touch those of another.
    pub scope: String,
    /// As the client sent it.
    pub key: String,
    hash: String,
}

impl Key {
    /// `input` is everything that decides what the mutation does.
    pub fn new(scope: String, key: String, input: &impl Serialize) -> Result<Self> {
        let canonical = serde_json::to_vec(input).map_err(internal)?;
        let hash = Sha256::digest(canonical).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { scope, key, hash })
    }

    /// What the same key and input made before; [`Fault::IdempotencyKeyReused`] where the input was another.
    pub async fn result(&self, db: &impl ConnectionTrait) -> Result<Option<Uuid>> {
        match Entity::find_by_id((self.scope.clone(), self.key.clone())).one(db).await? {
            None => Ok(None),
            Some(row) if row.request_hash == self.hash => Ok(Some(row.result_id)),
            Some(_) => Err(Fault::IdempotencyKeyReused.into()),
        }
    }

    /// Notes what the mutation makes. [`Fault::IdempotencyKeyReused`] where the key is there already: [`Key::result`] tells
    /// whether by the same input, in a transaction of its own.
    pub async fn note(&self, tx: &Tx, app: &App, result_id: Uuid) -> Result<()> {
        let row = idempotency_key::ActiveModel {
            scope: Set(self.scope.clone()),
            idempotency_key: Set(self.key.clone()),
            request_hash: Set(self.hash.clone()),
            result_id: Set(result_id),
            created_at: Set(app.clock.now()),
        };
        match Entity::insert(row).exec_without_returning(tx).await {
            Ok(_) => Ok(()),
            Err(error) if is_taken(&error, "PRIMARY", "idempotency_keys", &["scope", "idempotency_key"]) => {
                Err(Fault::IdempotencyKeyReused.into())
            }
            Err(error) if is_taken(&error, "idempotency_keys_pkey", "idempotency_keys", &[]) => {
                Err(Fault::IdempotencyKeyReused.into())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Forgets keys older than [`REMEMBERED`]; says how many.
pub async fn forget_old(app: &App, _system: &System) -> Result<u64> {
    let before = app.clock.now() - REMEMBERED;
    transact!(app.db, tx, { Ok(Entity::delete_many().filter(Column::CreatedAt.lt(before)).exec(tx).await?.rows_affected) })
}
