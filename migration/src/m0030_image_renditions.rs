//! `pictures`, `image_renditions`; which images of products still have to be rendered.

use crate::schema::{OnDelete, Table, index, unique};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        Table::new("pictures")
            .uuid("id")
            .string("storage_key", 255)
            .string("subject_kind", 24)
            .uuid("subject_id")
            .string_null("blurhash", 64)
            .time_null("rendered_at")
            .time("created_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        unique(m, "pictures_key", "pictures", &["storage_key"]).await?;
        Table::new("image_renditions")
            .uuid("picture_id")
            .references("picture_id", "pictures", OnDelete::Cascade)
            .string("size", 24)
            .string("storage_key", 255)
            .integer("width")
            .at_least("width", 1)
            .integer("height")
            .at_least("height", 1)
            .big_integer("byte_size")
            .primary_key(&["picture_id", "size"])
            .create(m)
            .await?;
        // Absent in rows that were there before, and in those that a running older version still writes: a periodic task finds them.
        Table::new("product_images").time_null("render_requested_at").add_columns(m).await?;
        index(m, "product_images_unrendered", "product_images", &["render_requested_at", "id"]).await
    }
}
