//! `reviews`.

use crate::schema::{OnDelete, Table, index, unique};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        Table::new("reviews")
            .uuid("id")
            .uuid("product_id")
            .references("product_id", "products", OnDelete::Cascade)
            .uuid("store_id")
            .references("store_id", "stores", OnDelete::Cascade)
            .uuid("user_id")
            .references("user_id", "users", OnDelete::Cascade)
            .integer("rating")
            .at_least("rating", 1)
            .string("title", 150)
            .text("body")
            .boolean("verified_purchase")
            .string("status", 24)
            .text_null("reply_body")
            .uuid_null("reply_user_id")
            .references("reply_user_id", "users", OnDelete::SetNull)
            .time_null("replied_at")
            .integer("version")
            .time("created_at")
            .time("updated_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        unique(m, "reviews_once", "reviews", &["product_id", "user_id"]).await?;
        index(m, "reviews_product", "reviews", &["product_id", "status", "created_at", "id"]).await?;
        index(m, "reviews_store", "reviews", &["store_id", "status", "created_at", "id"]).await?;
        index(m, "reviews_product_rating", "reviews", &["product_id", "status", "rating", "id"]).await?;
        index(m, "reviews_store_rating", "reviews", &["store_id", "status", "rating", "id"]).await?;
        index(m, "reviews_status", "reviews", &["status", "created_at", "id"]).await?;
        index(m, "reviews_newest", "reviews", &["created_at", "id"]).await?;
        index(m, "reviews_user", "reviews", &["user_id", "created_at", "id"]).await?;
        Ok(())
    }
}
