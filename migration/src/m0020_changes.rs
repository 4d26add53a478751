//! `changes`, the log of what is to be read again, and its row of `event_heads`.

use crate::schema::{Table, index, unique};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        Table::new("changes")
            .uuid("id")
            .big_integer_null("position")
            .string("subject_kind", 24)
            .uuid("subject_id")
            .json_null("tags")
            .time("created_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        unique(m, "changes_position", "changes", &["position"]).await?;
        index(m, "changes_created", "changes", &["created_at"]).await?;
        // A derived table, as MariaDB wants a FROM before a WHERE.
        let head = "INSERT INTO event_heads (id, position) SELECT one.id, 0 FROM (SELECT 2 AS id) AS one \
                    WHERE NOT EXISTS (SELECT 1 FROM event_heads WHERE event_heads.id = 2)";
        m.get_connection().execute_unprepared(head).await.map(drop)
    }
}
