//! A product without its texts, for lists and references, and its texts, which may be long and are read only if they are
//! requested.

use crate::summary::summary_and_texts;
use entity::id::{CategoryId, ProductId, ProductTypeId, StoreId};
use entity::money::{CurrencyCode, Minor};
use entity::product::{Column, Entity, Model};
use entity::value::{ProductKind, ProductStatus, Sections, Tags};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::{EntityTrait, PartialModelTrait, QueryFilter, QuerySelect, Select};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::db::InPadded;
use souk_core::error::Result;

summary_and_texts! {
    /// A product without its texts.
    Summary {
        id: ProductId,
        store_id: StoreId,
        category_id: Option<CategoryId>,
        product_type_id: Option<ProductTypeId>,
        name: String,
        /// URL identifier, unique.
        slug: String,
        status: ProductStatus,
        /// Whether it is shipped.
        kind: ProductKind,
        /// Whether storefronts show it.
        listed: bool,
        /// Whether the marketplace recommends it.
        featured: bool,
        /// Currency of the prices.
        currency: CurrencyCode,
        /// Lowest price of the active variants.
        min_price: Minor,
        /// Highest price of the active variants.
        max_price: Minor,
        /// Lowest compare-at price of the active variants.
        min_compare_at_price: Option<Minor>,
        /// Highest compare-at price of the active variants.
        max_compare_at_price: Option<Minor>,
        /// Whether any active variant has a compare-at price.
        on_sale: bool,
        /// Whether any active variant can be bought.
        in_stock: bool,
        /// Number of items sold, over all variants.
        sales_count: i64,
        /// Number of views.
        view_count: i64,
        /// Number of links to its files that were created.
        download_count: i64,
        /// Whether it is one of the best-selling products of its root category, or staff pinned it.
        bestseller: bool,
        /// Whether it was published a short time ago, or staff pinned it.
        new_arrival: bool,
        /// Decided by staff; absent: computed.
        pinned_bestseller: Option<bool>,
        /// Decided by staff; absent: computed.
        pinned_new_arrival: Option<bool>,
        /// Time of the first publication.
        published_at: Option<DateTimeUtc>,
    }
    /// Texts of a product.
    Texts {
        id: ProductId,
        /// Plain text.
        short_description: String,
        /// Sanitised HTML.
        description: String,
        /// Titled sections.
        details: Sections,
        tags: Tags,
        seo_title: Option<String>,
        seo_description: Option<String>,
    }
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
