//! Stores that are suspended because their owner was blocked.

use entity::id::StoreId;
use entity::store_suspension::Entity;
use sea_orm::EntityTrait;
use souk_core::db::Tx;
use souk_core::error::Result;

/// Makes the status of a store independent of its owner's block.
pub(super) async fn delete_suspension(tx: &Tx, store: StoreId) -> Result<()> {
    Entity::delete_by_id(store).exec(tx).await?;
    Ok(())
}
