//! `product_types`, `attributes`, `attribute_choices`, `product_type_attributes`, the values of products and variants, and `retired_slugs`.

use crate::schema::{OnDelete, Table, add_reference, index, unique};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        types_and_attributes(m).await?;
        values(m).await?;
        Table::new("retired_slugs")
            .uuid("scope")
            .string("slug", 120)
            .time("created_at")
            .primary_key(&["scope", "slug"])
            .create(m)
            .await?;
        Table::new("product_variants").string_null("combination", 190).add_columns(m).await?;
        unique(m, "product_variants_combination", "product_variants", &["product_id", "combination"]).await?;
        add_reference(m, "products", "product_type_id", "product_types").await?;
        index(m, "products_type", "products", &["product_type_id", "id"]).await?;
        // A derived table, as MariaDB requires a FROM clause before WHERE.
        let lock = "INSERT INTO locks (name) SELECT one.name FROM (SELECT 'product_types' AS name) AS one \
                    WHERE NOT EXISTS (SELECT 1 FROM locks WHERE locks.name = 'product_types')";
        m.get_connection().execute_unprepared(lock).await.map(|_| ())
    }
}

async fn types_and_attributes(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    Table::new("product_types")
        .uuid("id")
        .string("name", 100)
        .string("slug", 120)
        .integer("version")
        .time("created_at")
        .time("updated_at")
        .primary_key(&["id"])
        .create(m)
        .await?;
    unique(m, "product_types_slug", "product_types", &["slug"]).await?;
    index(m, "product_types_created", "product_types", &["created_at", "id"]).await?;
    Table::new("attributes")
        .uuid("id")
        .string("name", 100)
        .string("slug", 64)
        .string("input_type", 24)
        .string_null("unit", 16)
        .boolean("filterable")
        .integer("version")
        .time("created_at")
        .time("updated_at")
        .primary_key(&["id"])
        .create(m)
        .await?;
    unique(m, "attributes_slug", "attributes", &["slug"]).await?;
    index(m, "attributes_created", "attributes", &["created_at", "id"]).await?;
    Table::new("attribute_choices")
        .uuid("id")
        .uuid("attribute_id")
        .references("attribute_id", "attributes", OnDelete::Cascade)
        .string("name", 100)
        .string("slug", 64)
        .string_null("swatch", 7)
        .integer("position")
        .primary_key(&["id"])
        .create(m)
        .await?;
    unique(m, "attribute_choices_slug", "attribute_choices", &["attribute_id", "slug"]).await?;
    index(m, "attribute_choices_position", "attribute_choices", &["attribute_id", "position", "id"]).await?;
    Table::new("product_type_attributes")
        .uuid("product_type_id")
        .references("product_type_id", "product_types", OnDelete::Cascade)
        .uuid("attribute_id")
        .references("attribute_id", "attributes", OnDelete::Restrict)
        .string("level", 24)
        .boolean("required")
        .integer("position")
        .primary_key(&["product_type_id", "attribute_id"])
        .create(m)
        .await?;
    index(m, "product_type_attributes_attribute", "product_type_attributes", &["attribute_id"]).await
}

async fn values(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    Table::new("product_attribute_values")
        .uuid("product_id")
        .references("product_id", "products", OnDelete::Cascade)
        .uuid("attribute_id")
        .references("attribute_id", "attributes", OnDelete::Restrict)
        .integer("position")
        .uuid_null("choice_id")
        .references("choice_id", "attribute_choices", OnDelete::Restrict)
        .string_null("text", 500)
        .big_integer_null("number")
        .primary_key(&["product_id", "attribute_id", "position"])
        .create(m)
        .await?;
    index(m, "product_attribute_values_attribute", "product_attribute_values", &["attribute_id", "product_id"]).await?;
    index(m, "product_attribute_values_choice", "product_attribute_values", &["choice_id", "product_id"]).await?;
    Table::new("variant_attribute_values")
        .uuid("variant_id")
        .references("variant_id", "product_variants", OnDelete::Cascade)
        .uuid("attribute_id")
        .references("attribute_id", "attributes", OnDelete::Restrict)
        .integer("position")
        .uuid("product_id")
        .uuid_null("choice_id")
        .references("choice_id", "attribute_choices", OnDelete::Restrict)
        .string_null("text", 500)
        .big_integer_null("number")
        .primary_key(&["variant_id", "attribute_id", "position"])
        .create(m)
        .await?;
    index(m, "variant_attribute_values_product", "variant_attribute_values", &["product_id"]).await?;
    index(m, "variant_attribute_values_attribute", "variant_attribute_values", &["attribute_id", "product_id"]).await?;
    index(m, "variant_attribute_values_choice", "variant_attribute_values", &["choice_id", "product_id"]).await
}
