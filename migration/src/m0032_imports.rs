//! `imports`, `import_problems`, `import_reports`, `imported_images`, `exports`.

use crate::schema::{OnDelete, Table, index, unique};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // No foreign keys to store and user: a periodic task deletes the rows with their files, which a cascade would leave behind.
        Table::new("imports")
            .uuid("id")
            .uuid("store_id")
            .uuid_null("active_store_id")
            .uuid("user_id")
            .string("format", 24)
            .string("mode", 24)
            .boolean("dry_run")
            .string("status", 24)
            .string("storage_key", 255)
            .string("filename", 255)
            .string("sha256", 64)
            .integer_null("total_lines")
            .integer("done_lines")
            .integer("next_line")
            .integer("created_count")
            .integer("updated_count")
            .integer("unchanged_count")
            .integer("failed_count")
            .integer("problem_count")
            .integer("pending_images")
            .at_least("pending_images", 0)
            .time("created_at")
            .time_null("finished_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        unique(m, "imports_active", "imports", &["active_store_id"]).await?;
        index(m, "imports_store", "imports", &["store_id", "created_at", "id"]).await?;
        index(m, "imports_created", "imports", &["created_at"]).await?;
        Table::new("import_problems")
            .uuid("import_id")
            .references("import_id", "imports", OnDelete::Cascade)
            .integer("number")
            .integer("line")
            .string_null("column_name", 200)
            .string_null("value", 200)
            .string("code", 40)
            .string("message", 500)
            .primary_key(&["import_id", "number"])
            .create(m)
            .await?;
        Table::new("import_reports")
            .uuid("import_id")
            .references("import_id", "imports", OnDelete::Cascade)
            .integer("number")
            .text("content")
            .primary_key(&["import_id", "number"])
            .create(m)
            .await?;
        Table::new("imported_images")
            .uuid("product_id")
            .references("product_id", "products", OnDelete::Cascade)
            .string("url_hash", 64)
            .uuid("image_id")
            .primary_key(&["product_id", "url_hash"])
            .create(m)
            .await?;
        Table::new("exports")
            .uuid("id")
            .uuid("store_id")
            .uuid_null("active_store_id")
            .uuid("user_id")
            .string("format", 24)
            .json("statuses")
            .uuid_null("category_id")
            .string("status", 24)
            .string_null("storage_key", 255)
            .integer("product_count")
            .string_null("reason", 500)
            .time("created_at")
            .time_null("finished_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        unique(m, "exports_active", "exports", &["active_store_id"]).await?;
        index(m, "exports_store", "exports", &["store_id", "created_at", "id"]).await?;
        index(m, "exports_created", "exports", &["created_at"]).await
    }
}
