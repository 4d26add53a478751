//! `events`, `event_heads`.

use crate::schema::{OnDelete, Table, index, unique};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        Table::new("events")
            .uuid("id")
            .big_integer_null("position")
            .uuid("order_id")
            .references("order_id", "orders", OnDelete::Cascade)
            .integer("order_sequence")
            .uuid_null("store_order_id")
            .uuid_null("store_id")
            .uuid_null("user_id")
            .string("event_type", 24)
            .string("message", 500)
            .uuid_null("actor_user_id")
            .string("actor_kind", 24)
            .string("order_status", 24)
            .string_null("store_order_status", 24)
            .time("created_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        index(m, "events_order", "events", &["order_id", "position"]).await?;
        index(m, "events_store", "events", &["store_id", "position"]).await?;
        index(m, "events_user", "events", &["user_id", "position"]).await?;
        unique(m, "events_position", "events", &["position"]).await?;
        unique(m, "events_order_sequence", "events", &["order_id", "order_sequence"]).await?;
        Table::new("event_heads").integer("id").big_integer("position").primary_key(&["id"]).create(m).await?;
        // A derived table, as MariaDB requires a FROM clause before WHERE.
        let only_row = "INSERT INTO event_heads (id, position) SELECT one.id, 0 FROM (SELECT 1 AS id) AS one \
                        WHERE NOT EXISTS (SELECT 1 FROM event_heads)";
        m.get_connection().execute_unprepared(only_row).await?;
        Ok(())
    }
}
