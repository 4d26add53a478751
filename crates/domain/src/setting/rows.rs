//! The rows of settings: one for each that was changed.

use entity::setting::{self, Column, Entity};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, EntityTrait};
use serde::de::DeserializeOwned;
use souk_core::app::App;
use souk_core::db::{Subject, Tx};
use souk_core::error::{Result, internal};

pub(super) async fn read(db: &impl ConnectionTrait) -> Result<serde_json::Map<String, serde_json::Value>> {
    let rows = Entity::find().all(db).await?;
    Ok(rows.into_iter().map(|row| (row.name, row.value)).collect())
}

/// Settings of one kind; those of another are ignored.
pub(super) fn parse<T: DeserializeOwned>(rows: serde_json::Map<String, serde_json::Value>) -> Result<T> {
    serde_json::from_value(rows.into()).map_err(internal)
}

pub(super) async fn write(tx: &Tx, app: &App, values: &serde_json::Map<String, serde_json::Value>) -> Result<()> {
    if values.is_empty() {
        return Ok(());
    }
    let now = app.clock.now();
    let rows = values.iter().map(|(name, value)| setting::ActiveModel {
        name: Set(name.clone()),
        value: Set(value.clone()),
        updated_at: Set(now),
    });
    let overwrite = OnConflict::column(Column::Name).update_columns([Column::Value, Column::UpdatedAt]).to_owned();
    tx.changed(Subject::Settings);
    Entity::insert_many(rows).on_conflict(overwrite).exec_without_returning(tx).await?;
    Ok(())
}
