//! Filters and sorting of products: `product_tags`, `variant_options`, sales; SEO fields of categories and stores.

use crate::schema::{OnDelete, Table, index};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::prelude::{Json, Uuid};
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};
use std::collections::BTreeSet;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Number of rows per batch. SQLite allows 32,766 values per statement; a product has at most 20 tags, a variant five options of four
/// values.
const BATCH: u64 = 500;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for table in ["categories", "stores"] {
            Table::new(table).string_null("seo_title", 200).string_null("seo_description", 500).add_columns(m).await?;
        }
        Table::new("products")
            .boolean("on_sale")
            .big_integer_null("min_compare_at_price")
            .big_integer_null("max_compare_at_price")
            .add_columns(m)
            .await?;
        index(m, "products_on_sale", "products", &["listed", "on_sale", "created_at", "id"]).await?;
        let of_variants = |what: &str| {
            format!("(SELECT {what}(v.compare_at_price) FROM product_variants v WHERE v.product_id = products.id AND v.active)")
        };
        let compare = format!(
            "UPDATE products SET min_compare_at_price = {}, max_compare_at_price = {}",
            of_variants("MIN"),
            of_variants("MAX")
        );
        let db = m.get_connection();
        db.execute_unprepared(&compare).await?;
        db.execute_unprepared("UPDATE products SET on_sale = (min_compare_at_price IS NOT NULL)").await?;
        Table::new("product_tags")
            .string("tag", 150)
            .uuid("product_id")
            .references("product_id", "products", OnDelete::Cascade)
            .primary_key(&["tag", "product_id"])
            .create(m)
            .await?;
        index(m, "product_tags_product", "product_tags", &["product_id", "tag"]).await?;
        Table::new("variant_options")
            .uuid("variant_id")
            .references("variant_id", "product_variants", OnDelete::Cascade)
            .string("name", 150)
            .string("value", 300)
            .uuid("product_id")
            .primary_key(&["variant_id", "name", "value"])
            .create(m)
            .await?;
        index(m, "variant_options_value", "variant_options", &["name", "value", "product_id", "variant_id"]).await?;
        fill_tags(m).await?;
        fill_options(m).await
    }
}

/// Reads a JSON column, which drivers return as JSON or as text.
fn document(row: &QueryResult, column: &str) -> Json {
    row.try_get::<Json>("", column).unwrap_or_default()
}

/// The next batch of a table after an ID, sorted by ID.
async fn batch(m: &SchemaManager<'_>, table: &str, columns: &str, last: Uuid) -> Result<Vec<QueryResult>, DbErr> {
    let backend = m.get_database_backend();
    let after = if backend == DbBackend::Postgres { "$1" } else { "?" };
    let sql = format!("SELECT id, {columns} FROM {table} WHERE id > {after} ORDER BY id LIMIT {BATCH}");
    m.get_connection().query_all_raw(Statement::from_sql_and_values(backend, sql, [last.into()])).await
}

async fn fill_tags(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let db = m.get_connection();
    // Rows of an earlier run of this migration that was interrupted.
    db.execute_unprepared("DELETE FROM product_tags").await?;
    let mut last = Uuid::nil();
    loop {
        let rows = batch(m, "products", "tags", last).await?;
        let Some(end) = rows.last() else { return Ok(()) };
        last = end.try_get("", "id")?;
        let mut tags = Query::insert();
        tags.into_table("product_tags").columns(["tag", "product_id"]);
        let mut any = false;
        for row in &rows {
            let id: Uuid = row.try_get("", "id")?;
            let written = document(row, "tags");
            let all = written.as_array().into_iter().flatten().filter_map(Json::as_str);
            for tag in all.map(str::to_lowercase).collect::<BTreeSet<_>>() {
                tags.values_panic([tag.into(), id.into()]);
                any = true;
            }
        }
        if any {
            db.execute(&tags).await?;
        }
    }
}

async fn fill_options(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let db = m.get_connection();
    db.execute_unprepared("DELETE FROM variant_options").await?;
    let mut last = Uuid::nil();
    loop {
        let rows = batch(m, "product_variants", "product_id, options, active", last).await?;
        let Some(end) = rows.last() else { return Ok(()) };
        last = end.try_get("", "id")?;
        let mut options = Query::insert();
        options.into_table("variant_options").columns(["variant_id", "name", "value", "product_id"]);
        let mut any = false;
        for row in &rows {
            let (id, product): (Uuid, Uuid) = (row.try_get("", "id")?, row.try_get("", "product_id")?);
            if !row.try_get::<bool>("", "active")? {
                continue;
            }
            let written = document(row, "options");
            let all = written.as_array().into_iter().flatten();
            let pair = |option: &Json| Some((option["name"].as_str()?.to_lowercase(), option["value"].as_str()?.to_lowercase()));
            for (name, value) in all.filter_map(pair).collect::<BTreeSet<_>>() {
                options.values_panic([id.into(), name.into(), value.into(), product.into()]);
                any = true;
            }
        }
        if any {
            db.execute(&options).await?;
        }
    }
}
