//! Rows as documents of the index.

use entity::id::{AttributeChoiceId, AttributeId, CategoryId, ProductId, ProductVariantId, StoreId};
use entity::money::Minor;
use entity::product::{Column, Entity};
use entity::value::{AttributeInputType, Options, ProductKind, ProductStatus, Sections, StoreStatus, Tags};
use entity::{category, product_attribute_value, product_variant, search_synonym, store, variant_attribute_value};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::{ColumnTrait, ConnectionTrait, DerivePartialModel, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use souk_core::db::InPadded;
use souk_core::error::Result;
use souk_core::group::grouped;
use souk_core::provider::search::{
    Attribute, AttributeKind, Category, Choice, Document, DocumentVariant, Store, Synonyms, Value,
};
use uuid::Uuid;

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
    bestseller: bool,
    new_arrival: bool,
    min_price: Minor,
    rating_average: i32,
    sales_count: i64,
    indexed_view_count: i64,
    published_at: Option<DateTimeUtc>,
    created_at: DateTimeUtc,
}

/// What the index needs of a variant.
#[derive(DerivePartialModel)]
#[sea_orm(entity = "product_variant::Entity")]
struct VariantRow {
    id: ProductVariantId,
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
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let own = product_attribute_value::Entity::find().filter(product_attribute_value::Column::ProductId.in_padded(&ids));
    let mut own = grouped(own.all(db).await?, |row| row.product_id);
    let of_variants = variant_attribute_value::Entity::find().filter(variant_attribute_value::Column::ProductId.in_padded(&ids));
    let mut of_variants = grouped(of_variants.all(db).await?, |row| row.variant_id);
    let variants = product_variant::Entity::find()
        .filter(product_variant::Column::ProductId.in_padded(&ids))
        .filter(product_variant::Column::Active.eq(true))
        .order_by_asc(product_variant::Column::Position)
        .order_by_asc(product_variant::Column::Id);
    let variants: Vec<VariantRow> = variants.into_partial_model().all(db).await?;
    let mut variants = grouped(variants, |row| row.product_id);
    let of = |row: ProductRow| {
        let kind = row.kind;
        let variants: Vec<VariantRow> = variants.remove(&row.id).unwrap_or_default();
        let own = own.remove(&row.id).unwrap_or_default().into_iter();
        let mut document = document(row, &variants);
        own.for_each(|row| {
            document.tags.extend(row.text);
            add(&mut document.values, &mut document.numbers, row.attribute_id, row.choice_id, row.number);
        });
        for variant in variants {
            let values = of_variants.remove(&variant.id).unwrap_or_default();
            document.variants.push(variant_document(variant, kind, values));
        }
        // The index compares values with those it has.
        document.values.sort_unstable();
        document.numbers.sort_unstable();
        document
    };
    Ok(rows.into_iter().map(of).collect())
}

/// The product without its variants and the values of its attributes.
fn document(row: ProductRow, variants: &[VariantRow]) -> Document {
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
        is_bestseller: row.bestseller,
        is_new_arrival: row.new_arrival,
        sales: row.sales_count,
        views: row.indexed_view_count,
        rating: row.rating_average,
        min_price: row.min_price.0,
        created_at: row.created_at.timestamp_micros(),
        published_at: row.published_at.map(|at| at.timestamp_micros()),
        values: row.tags.0.iter().map(|tag| Value::Tag(tag.to_lowercase())).collect(),
        numbers: Vec::new(),
        variants: Vec::new(),
    }
}

fn variant_document(row: VariantRow, kind: ProductKind, values: Vec<variant_attribute_value::Model>) -> DocumentVariant {
    let option = |name: &str, value: &str| Value::Option(name.to_lowercase(), value.to_lowercase());
    let mut variant = DocumentVariant {
        price: row.price.0,
        is_in_stock: kind == ProductKind::Digital || row.stock_quantity > 0,
        is_on_sale: row.compare_at_price.is_some(),
        values: row.options.0.iter().map(|entry| option(&entry.name, &entry.value)).collect(),
        numbers: Vec::new(),
    };
    for row in values {
        add(&mut variant.values, &mut variant.numbers, row.attribute_id, row.choice_id, row.number);
    }
    variant.values.sort_unstable();
    variant.numbers.sort_unstable();
    variant
}

/// Adds the value of an attribute. Whether a number is one of a boolean, its attribute knows, so that it is both.
fn add(
    values: &mut Vec<Value>,
    numbers: &mut Vec<(Uuid, i64)>,
    attribute: AttributeId,
    choice: Option<AttributeChoiceId>,
    number: Option<i64>,
) {
    values.extend(choice.map(|id| Value::Choice(id.0)));
    if let Some(number) = number {
        numbers.push((attribute.0, number));
        if let 0 | 1 = number {
            values.push(Value::Flag(attribute.0, number == 1));
        }
    }
}

/// All attributes by name, with their choices.
pub(super) async fn attributes(db: &impl ConnectionTrait) -> Result<Vec<Attribute>> {
    use entity::{attribute, attribute_choice};
    let rows =
        attribute::Entity::find().order_by_asc(attribute::Column::Name).order_by_asc(attribute::Column::Id).all(db).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let choices = attribute_choice::Entity::find()
        .order_by_asc(attribute_choice::Column::Position)
        .order_by_asc(attribute_choice::Column::Id);
    let mut choices = grouped(choices.all(db).await?, |row| row.attribute_id);
    let of = |row: attribute::Model| {
        let choices = choices.remove(&row.id).unwrap_or_default().into_iter();
        let choices = choices.map(|row| Choice { id: row.id.0, name: row.name, slug: row.slug, swatch: row.swatch });
        let kind = match row.input_type {
            AttributeInputType::Choice | AttributeInputType::MultiChoice => AttributeKind::Choices(choices.collect()),
            AttributeInputType::Boolean => AttributeKind::Flag,
            AttributeInputType::Number => AttributeKind::Number,
            AttributeInputType::Date => AttributeKind::Date,
            AttributeInputType::Text => AttributeKind::Text,
        };
        Attribute { id: row.id.0, name: row.name, slug: row.slug, kind, is_filterable: row.filterable }
    };
    Ok(rows.into_iter().map(of).collect())
}

/// All synonyms.
pub(super) async fn synonyms(db: &impl ConnectionTrait) -> Result<Synonyms> {
    let rows = search_synonym::Entity::find().order_by_asc(search_synonym::Column::Id).all(db).await?;
    Ok(Synonyms::new(rows.into_iter().map(|row| (row.words.0, row.one_way))))
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
