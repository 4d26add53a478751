//! `users`, `sessions`, `refresh_tokens`, `one_time_tokens`, `addresses`.

use crate::schema::{OnDelete, Table, index, unique};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        Table::new("users")
            .uuid("id")
            .string("email", 254)
            .string("password_hash", 255)
            .string("display_name", 100)
            .string_null("phone", 32)
            .string_null("avatar_key", 255)
            .string("role", 24)
            .string("status", 24)
            .json("permissions")
            .time_null("email_verified_at")
            .time_null("vendor_applied_at")
            .string_null("blocked_reason", 500)
            .integer("version")
            .time("created_at")
            .time("updated_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        index(m, "users_created", "users", &["created_at", "id"]).await?;
        index(m, "users_role", "users", &["role", "created_at", "id"]).await?;
        index(m, "users_status", "users", &["status", "created_at", "id"]).await?;
        index(m, "users_vendor_applied", "users", &["vendor_applied_at", "id"]).await?;
        unique(m, "users_email", "users", &["email"]).await?;
        if m.get_database_backend() == DbBackend::Postgres {
            // On PostgreSQL an index with a language's collation cannot serve LIKE; one with this operator class can.
            let sql = r#"CREATE INDEX IF NOT EXISTS "users_email_prefix" ON "users" ("email" text_pattern_ops)"#;
            m.get_connection().execute_unprepared(sql).await?;
        }
        Table::new("sessions")
            .uuid("id")
            .uuid("user_id")
            .references("user_id", "users", OnDelete::Cascade)
            .string_null("user_agent", 400)
            .string_null("ip", 64)
            .string("transport", 24)
            .time("created_at")
            .time("last_used_at")
            .time("expires_at")
            .time_null("revoked_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        index(m, "sessions_user", "sessions", &["user_id", "created_at"]).await?;
        Table::new("refresh_tokens")
            .string("token_hash", 64)
            .uuid("session_id")
            .references("session_id", "sessions", OnDelete::Cascade)
            .time("created_at")
            .time("expires_at")
            .time_null("used_at")
            .primary_key(&["token_hash"])
            .create(m)
            .await?;
        index(m, "refresh_tokens_session", "refresh_tokens", &["session_id"]).await?;
        Table::new("one_time_tokens")
            .uuid("id")
            .uuid("user_id")
            .references("user_id", "users", OnDelete::Cascade)
            .string("purpose", 24)
            .string("email", 254)
            .time("created_at")
            .time("expires_at")
            .time_null("used_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        index(m, "one_time_tokens_user", "one_time_tokens", &["user_id", "purpose"]).await?;
        Table::new("addresses")
            .uuid("id")
            .uuid("user_id")
            .references("user_id", "users", OnDelete::Cascade)
            .json("postal")
            .boolean("is_default_shipping")
            .boolean("is_default_billing")
            .time("created_at")
            .time("updated_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        index(m, "addresses_user", "addresses", &["user_id", "created_at"]).await?;
        Ok(())
    }
}
