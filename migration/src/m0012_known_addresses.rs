//! `known_addresses`, `email_changes`, `one_time_tokens.requested_from`.

use crate::schema::{OnDelete, Table, index};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        Table::new("known_addresses")
            .uuid("user_id")
            .references("user_id", "users", OnDelete::Cascade)
            .string("network", 64)
            .time("last_used_at")
            .primary_key(&["user_id", "network"])
            .create(m)
            .await?;
        Table::new("email_changes")
            .uuid("id")
            .uuid("user_id")
            .references("user_id", "users", OnDelete::Cascade)
            .string("old_email", 254)
            .string("new_email", 254)
            .time("requested_at")
            .time_null("confirmed_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        index(m, "email_changes_user", "email_changes", &["user_id", "requested_at"]).await?;
        if !m.has_column("one_time_tokens", "requested_from").await? {
            let column = ColumnDef::new("requested_from").string_len(64).null().to_owned();
            m.alter_table(TableAlterStatement::new().table("one_time_tokens").add_column(column).to_owned()).await?;
        }
        // The addresses of existing sessions are known from the start. IPv6 addresses become known at the next sign-in, as SQL has no
        // common function that truncates them to a network.
        let (insert, on_conflict) = match m.get_database_backend() {
            DbBackend::MySql => ("INSERT IGNORE", ""),
            _ => ("INSERT", "ON CONFLICT DO NOTHING"),
        };
        let sql = format!(
            "{insert} INTO known_addresses (user_id, network, last_used_at) SELECT user_id, ip, MAX(last_used_at) FROM sessions \
             WHERE ip IS NOT NULL GROUP BY user_id, ip {on_conflict}"
        );
        m.get_connection().execute_unprepared(&sql).await?;
        Ok(())
    }
}
