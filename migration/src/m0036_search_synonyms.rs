//! `search_synonyms`, and the lock of their number.

use crate::schema::{Table, index};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        Table::new("search_synonyms")
            .uuid("id")
            .json("words")
            .boolean("one_way")
            .integer("version")
            .time("created_at")
            .time("updated_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        index(m, "search_synonyms_newest", "search_synonyms", &["created_at", "id"]).await?;
        // A derived table, as MariaDB requires a FROM clause before WHERE.
        let lock = "INSERT INTO locks (name) SELECT one.name FROM (SELECT 'search_synonyms' AS name) AS one \
                    WHERE NOT EXISTS (SELECT 1 FROM locks WHERE locks.name = 'search_synonyms')";
        m.get_connection().execute_unprepared(lock).await.map(|_| ())
    }
}
