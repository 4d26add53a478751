//! A product without its texts, for lists and references, and its texts, which may be long and are read only if they are
//! requested.

use entity::id::{CategoryId, ProductId, StoreId};
use entity::money::{CurrencyCode, Minor};
use entity::product::{Column, Entity, Model};
use entity::value::{ProductKind, ProductStatus, Sections, Tags};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::{DerivePartialModel, EntityTrait, PartialModelTrait, QueryFilter, QuerySelect, Select};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::db::InPadded;
use souk_core::error::Result;

/// A product without its texts.
#[derive(Clone, Debug, PartialEq, Eq, DerivePartialModel)]
#[sea_orm(entity = "Entity")]
pub struct Summary {
    pub id: ProductId,
    pub store_id: StoreId,
    pub category_id: Option<CategoryId>,
    pub name: String,
    /// URL identifier, unique.
    pub slug: String,
    pub status: ProductStatus,
    /// Whether it is shipped.
    pub kind: ProductKind,
    /// Whether storefronts show it.
    pub listed: bool,
    /// Whether the marketplace recommends it.
    pub featured: bool,
    /// Currency of the prices.
    pub currency: CurrencyCode,
    /// Lowest price of the active variants.
    pub min_price: Minor,
    /// Highest price of the active variants.
    pub max_price: Minor,
    /// Lowest compare-at price of the active variants.
    pub min_compare_at_price: Option<Minor>,
    /// Highest compare-at price of the active variants.
    pub max_compare_at_price: Option<Minor>,
    /// Whether any active variant has a compare-at price.
    pub on_sale: bool,
    /// Whether any active variant can be bought.
    pub in_stock: bool,
    /// Number of published reviews.
    pub rating_count: i64,
    /// Average rating in hundredths of a star: 100 to 500; 0 without reviews.
    pub rating_average: i32,
    /// Reviews with one star.
    pub rating_1: i64,
    /// Reviews with two stars.
    pub rating_2: i64,
    /// Reviews with three stars.
    pub rating_3: i64,
    /// Reviews with four stars.
    pub rating_4: i64,
    /// Reviews with five stars.
    pub rating_5: i64,
    /// Number of items sold, over all variants.
    pub sales_count: i64,
    /// Time of the first publication.
    pub published_at: Option<DateTimeUtc>,
    /// Incremented at every change.
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

/// Texts of a product.
#[derive(Clone, Debug, PartialEq, Eq, DerivePartialModel)]
#[sea_orm(entity = "Entity")]
pub struct Texts {
    pub id: ProductId,
    /// Plain text.
    pub short_description: String,
    /// Sanitised HTML.
    pub description: String,
    /// Titled sections.
    pub details: Sections,
    pub tags: Tags,
    pub seo_title: Option<String>,
    pub seo_description: Option<String>,
}

/// Splits a whole row into summary and texts.
pub fn split_texts(row: Model) -> (Summary, Texts) {
    let texts = Texts {
        id: row.id,
        short_description: row.short_description,
        description: row.description,
        details: row.details,
        tags: row.tags,
        seo_title: row.seo_title,
        seo_description: row.seo_description,
    };
    let summary = Summary {
        id: row.id,
        store_id: row.store_id,
        category_id: row.category_id,
        name: row.name,
        slug: row.slug,
        status: row.status,
        kind: row.kind,
        listed: row.listed,
        featured: row.featured,
        currency: row.currency,
        min_price: row.min_price,
        max_price: row.max_price,
        min_compare_at_price: row.min_compare_at_price,
        max_compare_at_price: row.max_compare_at_price,
        on_sale: row.on_sale,
        in_stock: row.in_stock,
        rating_count: row.rating_count,
        rating_average: row.rating_average,
        rating_1: row.rating_1,
        rating_2: row.rating_2,
        rating_3: row.rating_3,
        rating_4: row.rating_4,
        rating_5: row.rating_5,
        sales_count: row.sales_count,
        published_at: row.published_at,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    };
    (summary, texts)
}

/// The same query, for the columns of [`Summary`].
pub(super) fn summaries(query: Select<Entity>) -> Select<Entity> {
    Summary::select_cols(query.select_only())
}

/// Texts by product ID. The caller must have checked access to the products.
pub async fn texts(app: &App, _viewer: &Viewer, ids: &[ProductId]) -> Result<Vec<Texts>> {
    let query = Entity::find().filter(Column::Id.in_padded(ids));
    Ok(query.into_partial_model().all(app.db.read()).await?)
}
