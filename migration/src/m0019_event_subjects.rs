//! `events` of any subject, not of orders alone.
//!
//! This expands: the version before goes on writing and reading events of orders by the old columns, which stay and are written by
//! the new version, too. It would fail on an event without an order, so the first kind of those may be written by a release only
//! if the version before 0019 runs nowhere any more. A later step removes `order_sequence`, `event_type`, `order_status` and
//! `store_order_status`.

use crate::schema::{OnDelete, Table, index, unique};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const POSTGRES: &str = r#"ALTER TABLE "events" ALTER COLUMN "order_id" DROP NOT NULL, ALTER COLUMN "order_sequence" DROP NOT NULL,
    ALTER COLUMN "event_type" DROP NOT NULL, ALTER COLUMN "message" DROP NOT NULL, ALTER COLUMN "order_status" DROP NOT NULL"#;

const MARIADB: &str = "ALTER TABLE `events` MODIFY `order_id` binary(16) NULL, MODIFY `order_sequence` int NULL, \
                       MODIFY `event_type` varchar(24) NULL, MODIFY `message` varchar(500) NULL, \
                       MODIFY `order_status` varchar(24) NULL";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let db = m.get_connection();
        match m.get_database_backend() {
            DbBackend::Postgres => db.execute_unprepared(POSTGRES).await.map(drop)?,
            DbBackend::MySql => db.execute_unprepared(MARIADB).await.map(drop)?,
            _ => rebuild(m).await?,
        }
        Table::new("events")
            .string_null("kind", 48)
            .string_null("subject_type", 24)
            .uuid_null("subject_id")
            .integer_null("sequence")
            .json_null("payload")
            .add_columns(m)
            .await?;
        let payload = match m.get_database_backend() {
            DbBackend::Postgres => "jsonb_build_object",
            DbBackend::MySql => "JSON_OBJECT",
            _ => "json_object",
        };
        let fill = format!(
            "UPDATE events SET kind = event_type, subject_type = 'ORDER', subject_id = order_id, sequence = order_sequence, \
             payload = {payload}('order_status', order_status, 'store_order_status', store_order_status) \
             WHERE subject_id IS NULL AND order_id IS NOT NULL"
        );
        db.execute_unprepared(&fill).await?;
        unique(m, "events_subject", "events", &["subject_type", "subject_id", "sequence"]).await
    }
}

/// SQLite can't drop NOT NULL: the table is written again, whole or not at all.
async fn rebuild(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let db = m.get_connection();
    if m.has_column("events", "subject_id").await? {
        return Ok(());
    }
    db.execute_unprepared("SAVEPOINT event_subjects").await?;
    let done = write_again(m).await;
    let end = if done.is_ok() { "RELEASE event_subjects" } else { "ROLLBACK TO event_subjects; RELEASE event_subjects" };
    db.execute_unprepared(end).await?;
    done
}

async fn write_again(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let db = m.get_connection();
    Table::new("new_events")
        .uuid("id")
        .big_integer_null("position")
        .string_null("kind", 48)
        .string_null("subject_type", 24)
        .uuid_null("subject_id")
        .integer_null("sequence")
        .uuid_null("order_id")
        .references("order_id", "orders", OnDelete::Cascade)
        .integer_null("order_sequence")
        .uuid_null("store_order_id")
        .uuid_null("store_id")
        .uuid_null("user_id")
        .string_null("event_type", 24)
        .string_null("message", 500)
        .uuid_null("actor_user_id")
        .string("actor_kind", 24)
        .string_null("order_status", 24)
        .string_null("store_order_status", 24)
        .json_null("payload")
        .time("created_at")
        .primary_key(&["id"])
        .create(m)
        .await?;
    db.execute_unprepared(
        "INSERT INTO new_events (id, position, order_id, order_sequence, store_order_id, store_id, user_id, event_type, message, \
         actor_user_id, actor_kind, order_status, store_order_status, created_at) SELECT id, position, order_id, order_sequence, \
         store_order_id, store_id, user_id, event_type, message, actor_user_id, actor_kind, order_status, store_order_status, \
         created_at FROM events",
    )
    .await?;
    db.execute_unprepared("DROP TABLE events").await?;
    db.execute_unprepared("ALTER TABLE new_events RENAME TO events").await?;
    index(m, "events_order", "events", &["order_id", "position"]).await?;
    index(m, "events_store", "events", &["store_id", "position"]).await?;
    index(m, "events_user", "events", &["user_id", "position"]).await?;
    unique(m, "events_position", "events", &["position"]).await?;
    unique(m, "events_order_sequence", "events", &["order_id", "order_sequence"]).await
}
