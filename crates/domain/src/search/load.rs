//! Rows as documents of the index.

use entity::id::{CategoryId, ProductId, StoreId};
use entity::money::Minor;
use entity::product::{Column, Entity};
use entity::value::{Options, ProductKind, ProductStatus, Sections, StoreStatus, Tags};
use entity::{category, product_variant, store};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::{ColumnTrait, ConnectionTrait, DerivePartialModel, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use souk_core::db::InPadded;
use souk_core::error::Result;
use souk_core::group::grouped;
use souk_core::provider::search::{Category, Document, DocumentVariant, Store, Value};

/// What the index needs of a product.
#[derive(DerivePartialModel)]
#[sea_orm(entity = "Entity")]
struct ProductRow {
    id: ProductId,
    store_id: StoreId,
    category_id: Option<CategoryId>,
    name: String,
    short_description: String,
    description: String,
    details: Sections,
    tags: Tags,
    kind: ProductKind,
    featured: bool,
    min_price: Minor,
    rating_average: i32,
    sales_count: i64,
    published_at: Option<DateTimeUtc>,
    created_at: DateTimeUtc,
}

/// What the index needs of a variant.
#[derive(DerivePartialModel)]
#[sea_orm(entity = "product_variant::Entity")]
struct VariantRow {
    product_id: ProductId,
    options: Options,
    price: Minor,
    compare_at_price: Option<Minor>,
    stock_quantity: i32,
}

/// The active ones of these products.
pub(super) async fn products(db: &impl ConnectionTrait, ids: &[ProductId]) -> Result<Vec<Document>> {
    documents(db, active().filter(Column::Id.in_padded(ids))).await
}

/// The next active products by ID.
pub(super) async fn products_after(db: &impl ConnectionTrait, after: Option<ProductId>, limit: u64) -> Result<Vec<Document>> {
    let mut query = active().order_by_asc(Column::Id).limit(limit);
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after));
    }
    documents(db, query).await
}

/// Products that are active themselves; whether their stores are open, the index knows.
pub(super) fn active() -> Select<Entity> {
    Entity::find().filter(Column::Status.eq(ProductStatus::Active))
}

async fn documents(db: &impl ConnectionTrait, query: Select<Entity>) -> Result<Vec<Document>> {
    let rows: Vec<ProductRow> = query.into_partial_model().all(db).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let variants = product_variant::Entity::find()
        .filter(product_variant::Column::ProductId.in_padded(&ids))
        .filter(product_variant::Column::Active.eq(true))
        .order_by_asc(product_variant::Column::Position)
        .order_by_asc(product_variant::Column::Id);
    let variants: Vec<VariantRow> = variants.into_partial_model().all(db).await?;
    let mut variants = grouped(variants, |row| row.product_id);
    let of = |row: ProductRow| {
        let variants = variants.remove(&row.id).unwrap_or_default();
        document(row, variants)
    };
    Ok(rows.into_iter().map(of).collect())
}

fn document(row: ProductRow, variants: Vec<VariantRow>) -> Document {
    let mut tags = row.tags.0.clone();
    let mut texts = vec![row.short_description, plain_text(&row.description)];
    for section in row.details.0 {
        texts.extend([section.title, plain_text(&section.body)]);
    }
    for option in variants.iter().flat_map(|variant| &variant.options.0) {
        if !tags.contains(&option.value) {
            tags.push(option.value.clone());
        }
    }
    Document {
        id: row.id.0,
        store: row.store_id.0,
        category: row.category_id.map(|id| id.0),
        name: row.name,
        tags,
        description: texts.join("\n"),
        is_digital: row.kind == ProductKind::Digital,
        is_featured: row.featured,
        sales: row.sales_count,
        rating: row.rating_average,
        min_price: row.min_price.0,
        created_at: row.created_at.timestamp_micros(),
        published_at: row.published_at.map(|at| at.timestamp_micros()),
        values: row.tags.0.iter().map(|tag| Value::Tag(tag.to_lowercase())).collect(),
        numbers: Vec::new(),
        variants: variants.into_iter().map(|variant| variant_document(variant, row.kind)).collect(),
    }
}

fn variant_document(row: VariantRow, kind: ProductKind) -> DocumentVariant {
    let option = |name: &str, value: &str| Value::Option(name.to_lowercase(), value.to_lowercase());
    DocumentVariant {
        price: row.price.0,
        is_in_stock: kind == ProductKind::Digital || row.stock_quantity > 0,
        is_on_sale: row.compare_at_price.is_some(),
        values: row.options.0.iter().map(|entry| option(&entry.name, &entry.value)).collect(),
        numbers: Vec::new(),
    }
}

/// The stores of these IDs, or all; in place of one that does not exist, its ID.
pub(super) async fn stores(db: &impl ConnectionTrait, ids: Option<&[StoreId]>) -> Result<Vec<Result<Store, StoreId>>> {
    let mut query = store::Entity::find();
    if let Some(ids) = ids {
        query = query.filter(store::Column::Id.in_padded(ids));
    }
    let query = query.select_only().column(store::Column::Id).column(store::Column::Name).column(store::Column::Slug);
    let rows: Vec<(StoreId, String, String, StoreStatus)> = query.column(store::Column::Status).into_tuple().all(db).await?;
    let gone = ids.unwrap_or_default().iter().filter(|id| !rows.iter().any(|row| row.0 == **id)).map(|id| Err(*id));
    let mut found: Vec<_> = gone.collect();
    found.extend(
        rows.into_iter()
            .map(|(id, name, slug, status)| Ok(Store { id: id.0, name, slug, is_open: status == StoreStatus::Active })),
    );
    Ok(found)
}

/// All categories.
pub(super) async fn categories(db: &impl ConnectionTrait) -> Result<Vec<Category>> {
    use category::Column;
    let query = category::Entity::find().select_only().columns([
        Column::Id,
        Column::ParentId,
        Column::Name,
        Column::Slug,
        Column::Active,
        Column::Position,
    ]);
    let rows: Vec<(CategoryId, Option<CategoryId>, String, String, bool, i32)> = query.into_tuple().all(db).await?;
    Ok(rows
        .into_iter()
        .map(|(id, parent, name, slug, is_active, position)| {
            let parent = parent.map(|id| id.0);
            Category { id: id.0, parent, name, slug, is_active, position }
        })
        .collect())
}

/// The text of sanitised HTML.
fn plain_text(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut is_tag = false;
    for c in html.chars() {
        match c {
            '<' => {
                is_tag = true;
                text.push(' ');
            }
            '>' if is_tag => is_tag = false,
            c if !is_tag => text.push(c),
            _ => {}
        }
    }
    // The sanitiser writes no other entities.
    for (entity, c) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&nbsp;", " "), ("&amp;", "&")] {
        if text.contains('&') {
            text = text.replace(entity, c);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::plain_text;

    #[test]
    fn markup_is_no_text() {
        assert_eq!(plain_text("<p>Tea &amp; <b class=\"x\">cups</b></p><br>a &lt; b"), " Tea &  cups   a < b");
        assert_eq!(plain_text("5 > 4 &amp;lt;"), "5 > 4 &lt;");
    }
}
