//! A product in two split_texts: what lists and references need, and its texts, which may be long and are read where they are asked for.

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
    /// Its ID.
    pub id: ProductId,
    /// Who sells it.
    pub store_id: StoreId,
    /// Where it belongs.
    pub category_id: Option<CategoryId>,
    /// Its name.
    pub name: String,
    /// Its name in addresses.
    pub slug: String,
    /// Whether it is for sale.
    pub status: ProductStatus,
    /// Whether it is sent.
    pub kind: ProductKind,
    /// Whether a storefront shows it.
    pub listed: bool,
    /// Whether the marketplace recommends it.
    pub featured: bool,
    /// What its prices are in.
    pub currency: CurrencyCode,
    /// The lowest price of its active variants.
    pub min_price: Minor,
    /// The highest price of its active variants.
    pub max_price: Minor,
    /// The lowest price that an active variant is shown against.
    pub min_compare_at_price: Option<Minor>,
    /// The highest price that an active variant is shown against.
    pub max_compare_at_price: Option<Minor>,
    /// Whether any active variant is shown against a higher price.
    pub on_sale: bool,
    /// Whether any active variant can be bought.
    pub in_stock: bool,
    /// How many published reviews there are.
    pub rating_count: i64,
    /// Hundredths of a star: 100 to 500, 0 where there is no review.
    pub rating_average: i32,
    /// Reviews of one star.
    pub rating_1: i64,
    /// Reviews of two stars.
    pub rating_2: i64,
    /// Reviews of three stars.
    pub rating_3: i64,
    /// Reviews of four stars.
    pub rating_4: i64,
    /// Reviews of five stars.
    pub rating_5: i64,
    /// Pieces sold, over all variants.
    pub sales_count: i64,
    /// When it first went live.
    pub published_at: Option<DateTimeUtc>,
    /// Raised by one at every change.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// The texts of a product.
#[derive(Clone, Debug, PartialEq, Eq, DerivePartialModel)]
#[sea_orm(entity = "Entity")]
pub struct Texts {
    /// Whose.
    pub id: ProductId,
    /// Plain text.
    pub short_description: String,
    /// Sanitised HTML.
    pub description: String,
    /// Titled sections.
    pub details: Sections,
    /// Labels.
    pub tags: Tags,
    /// For search engines.
    pub seo_title: Option<String>,
    /// For search engines.
    pub seo_description: Option<String>,
}

/// Both split_texts of a whole row.
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

/// The same query, for the first half alone.
pub(super) fn summaries(query: Select<Entity>) -> Select<Entity> {
    Summary::select_cols(query.select_only())
}

/// The texts of several products, for whoever was shown the products.
pub async fn texts(app: &App, _viewer: &Viewer, ids: &[ProductId]) -> Result<Vec<Texts>> {
    let query = Entity::find().filter(Column::Id.in_padded(ids));
    Ok(query.into_partial_model().all(app.db.read()).await?)
}
