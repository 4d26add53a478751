//! `settings`.

use crate::schema::Table;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        Table::new("settings").string("name", 64).json("value").time("updated_at").primary_key(&["name"]).create(m).await?;
        Ok(())
    }
}
