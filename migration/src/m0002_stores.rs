//! `stores`, `store_members`.

use crate::schema::{OnDelete, Table, index, unique};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        Table::new("stores")
            .uuid("id")
            .uuid("owner_id")
            .references("owner_id", "users", OnDelete::Restrict)
            .string("name", 100)
            .string("slug", 120)
            .text("description")
            .string_null("logo_key", 255)
            .string_null("banner_key", 255)
            .string("contact_email", 254)
            .string_null("phone", 32)
            .json_null("address")
            .text("return_policy")
            .text("shipping_policy")
            .string("status", 24)
            .integer_null("commission_basis_points")
            .big_integer("rating_sum")
            .big_integer("rating_count")
            .integer("rating_average")
            .big_integer("rating_1")
            .big_integer("rating_2")
            .big_integer("rating_3")
            .big_integer("rating_4")
            .big_integer("rating_5")
            .integer("version")
            .time("created_at")
            .time("updated_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        index(m, "stores_owner", "stores", &["owner_id", "created_at", "id"]).await?;
        index(m, "stores_listed", "stores", &["status", "created_at", "id"]).await?;
        index(m, "stores_rating", "stores", &["status", "rating_average", "id"]).await?;
        unique(m, "stores_slug", "stores", &["slug"]).await?;
        Table::new("store_members")
            .uuid("id")
            .uuid("store_id")
            .references("store_id", "stores", OnDelete::Cascade)
            .uuid("user_id")
            .references("user_id", "users", OnDelete::Cascade)
            .string("role", 24)
            .time("created_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        unique(m, "store_members_person", "store_members", &["store_id", "user_id"]).await?;
        index(m, "store_members_user", "store_members", &["user_id"]).await?;
        Ok(())
    }
}
