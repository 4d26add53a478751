//! `categories`, `products`, `product_words`, `product_variants`, `product_images`, `staged_uploads`.

use crate::schema::{OnDelete, Table, index, unique};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        Table::new("categories")
            .uuid("id")
            .uuid_null("parent_id")
            .references("parent_id", "categories", OnDelete::Restrict)
            .string("name", 100)
            .string("slug", 120)
            .text("description")
            .string_null("image_key", 255)
            .string_null("icon", 64)
            .integer("position")
            .boolean("active")
            .integer("version")
            .time("created_at")
            .time("updated_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        index(m, "categories_parent", "categories", &["parent_id", "position", "id"]).await?;
        unique(m, "categories_slug", "categories", &["slug"]).await?;
        Table::new("products")
            .uuid("id")
            .uuid("store_id")
            .references("store_id", "stores", OnDelete::Restrict)
            .uuid_null("category_id")
            .references("category_id", "categories", OnDelete::SetNull)
            .string("name", 200)
            .string("slug", 220)
            .string("short_description", 500)
            .text("description")
            .json("details")
            .json("tags")
            .string("status", 24)
            .string("kind", 24)
            .boolean("listed")
            .boolean("featured")
            .string_null("seo_title", 200)
            .string_null("seo_description", 500)
            .string("currency", 3)
            .big_integer("min_price")
            .big_integer("max_price")
            .boolean("in_stock")
            .big_integer("rating_sum")
            .big_integer("rating_count")
            .integer("rating_average")
            .big_integer("rating_1")
            .big_integer("rating_2")
            .big_integer("rating_3")
            .big_integer("rating_4")
            .big_integer("rating_5")
            .big_integer("sales_count")
            .time_null("published_at")
            .integer("version")
            .time("created_at")
            .time("updated_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        index(m, "products_newest", "products", &["listed", "created_at", "id"]).await?;
        index(m, "products_price", "products", &["listed", "min_price", "id"]).await?;
        index(m, "products_rating", "products", &["listed", "rating_average", "id"]).await?;
        index(m, "products_sales", "products", &["listed", "sales_count", "id"]).await?;
        index(m, "products_featured", "products", &["listed", "featured", "created_at", "id"]).await?;
        index(m, "products_category", "products", &["category_id", "listed", "created_at", "id"]).await?;
        index(m, "products_store_listed", "products", &["store_id", "listed", "created_at", "id"]).await?;
        index(m, "products_store", "products", &["store_id", "created_at", "id"]).await?;
        unique(m, "products_slug", "products", &["slug"]).await?;
        Table::new("product_words")
            .string("word", 64)
            .uuid("product_id")
            .references("product_id", "products", OnDelete::Cascade)
            .primary_key(&["word", "product_id"])
            .create(m)
            .await?;
        if m.get_database_backend() == DbBackend::Postgres {
            // Words are found by prefix, a range of the index. That requires byte order instead of a language's collation.
            let sql = r#"ALTER TABLE "product_words" ALTER COLUMN "word" TYPE varchar(64) COLLATE "C""#;
            m.get_connection().execute_unprepared(sql).await?;
        }
        index(m, "product_words_product", "product_words", &["product_id", "word"]).await?;
        Table::new("product_variants")
            .uuid("id")
            .uuid("product_id")
            .references("product_id", "products", OnDelete::Cascade)
            .uuid("store_id")
            .references("store_id", "stores", OnDelete::Restrict)
            .string("name", 200)
            .string("sku", 64)
            .json("options")
            .big_integer("price")
            .big_integer_null("compare_at_price")
            .integer("stock_quantity")
            .at_least("stock_quantity", 0)
            .integer_null("low_stock_threshold")
            .big_integer("sold_count")
            .integer_null("weight_grams")
            .string_null("barcode", 64)
            .boolean("active")
            .integer("position")
            .integer("version")
            .time("created_at")
            .time("updated_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        unique(m, "product_variants_sku", "product_variants", &["store_id", "sku"]).await?;
        index(m, "product_variants_product", "product_variants", &["product_id", "position", "id"]).await?;
        Table::new("product_images")
            .uuid("id")
            .uuid("product_id")
            .references("product_id", "products", OnDelete::Cascade)
            .string("storage_key", 255)
            .string("alt_text", 500)
            .boolean("is_primary")
            .integer("position")
            .string("content_type", 64)
            .integer("width")
            .integer("height")
            .big_integer("byte_size")
            .time("created_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        index(m, "product_images_product", "product_images", &["product_id", "position", "id"]).await?;
        Table::new("staged_uploads")
            .uuid("id")
            .uuid("user_id")
            .references("user_id", "users", OnDelete::Cascade)
            .string("storage_key", 255)
            .string("filename", 255)
            .string("content_type", 64)
            .big_integer("byte_size")
            .time("created_at")
            .time("expires_at")
            .time_null("used_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        index(m, "staged_uploads_expiry", "staged_uploads", &["expires_at"]).await?;
        Ok(())
    }
}
