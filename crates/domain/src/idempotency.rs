//! Idempotency keys: the result of a mutation is recorded in the transaction of its change, so that a repeated request returns
//! it.

use entity::idempotency_key::{self, Column, Entity};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde::Serialize;
use sha2::{Digest, Sha256};
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::db::{Tx, is_taken};
use souk_core::error::{Fault, Result, internal};
use souk_core::job::Registry;
use souk_core::transact;
use std::time::Duration;
use uuid::Uuid;

/// Adds the periodic task of the feature.
pub(crate) fn register(registry: Registry) -> Registry {
    registry.with_periodic_task("old idempotency keys", |app, system| Box::pin(delete_expired(app, system)))
}

/// How long a key is kept.
pub(crate) const RETENTION: Duration = Duration::from_secs(30 * 86_400);

/// A key, with a hash of the input it was sent with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// The caller and the mutation: keys of different scopes are independent.
    pub scope: String,
    /// The key that the client sent.
    pub key: String,
    hash: String,
}

impl Key {
    /// `input` is all input that decides what the mutation does.
    pub(crate) fn new(scope: String, key: String, input: &impl Serialize) -> Result<Self> {
        let canonical = serde_json::to_vec(input).map_err(internal)?;
        let hash = Sha256::digest(canonical).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { scope, key, hash })
    }

    /// The result that was recorded for the same key and input; [`Fault::IdempotencyKeyReused`] if the input was different.
    pub(crate) async fn result(&self, db: &impl ConnectionTrait) -> Result<Option<Uuid>> {
        match Entity::find_by_id((self.scope.clone(), self.key.clone())).one(db).await? {
            None => Ok(None),
            Some(row) if row.request_hash == self.hash => Ok(Some(row.result_id)),
            Some(_) => Err(Fault::IdempotencyKeyReused.into()),
        }
    }

    /// Records the result of the mutation. [`Fault::IdempotencyKeyReused`] if the key exists; whether its input was the same,
    /// [`Key::result`] tells in another transaction.
    pub(crate) async fn record(&self, tx: &Tx, app: &App, result_id: Uuid) -> Result<()> {
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

/// Deletes keys older than [`RETENTION`]; returns their number.
pub(crate) async fn delete_expired(app: &App, _system: &System) -> Result<u64> {
    let before = app.clock.now() - RETENTION;
    transact!(app.db, tx, { Ok(Entity::delete_many().filter(Column::CreatedAt.lt(before)).exec(tx).await?.rows_affected) })
}
