//! `jobs`, `social_posts`.

use crate::schema::{OnDelete, Table, index, unique};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        Table::new("jobs")
            .uuid("id")
            .string("kind", 64)
            .json("payload")
            .string_null("dedup_key", 190)
            .string("status", 24)
            .integer("attempts")
            .time("run_at")
            .time_null("claimed_until")
            .uuid_null("claimed_by")
            .string_null("last_error", 1000)
            .time("created_at")
            .time_null("finished_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        index(m, "jobs_due", "jobs", &["status", "run_at", "id"]).await?;
        index(m, "jobs_created", "jobs", &["status", "created_at", "id"]).await?;
        index(m, "jobs_finished", "jobs", &["status", "finished_at"]).await?;
        index(m, "jobs_dedup", "jobs", &["dedup_key"]).await?;
        Table::new("social_posts")
            .uuid("id")
            .uuid("store_id")
            .references("store_id", "stores", OnDelete::Cascade)
            .uuid_null("product_id")
            .references("product_id", "products", OnDelete::Cascade)
            .uuid("subject")
            .string("network", 24)
            .string("status", 24)
            .string_null("external_id", 190)
            .string_null("url", 500)
            .string_null("error", 1000)
            .integer("attempts")
            .time_null("posted_at")
            .time("created_at")
            .time("updated_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        unique(m, "social_posts_once", "social_posts", &["subject", "network"]).await?;
        index(m, "social_posts_store", "social_posts", &["store_id", "product_id"]).await?;
        Ok(())
    }
}
