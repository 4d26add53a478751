//! Lists of products: filters, orders, pages. There is an index for each order, and for each filter that few products pass.

use crate::app::App;
use crate::auth::{self, Viewer};
use crate::check::Check;
use crate::db::Among;
use crate::domain::category;
use crate::domain::page::{self, Cursor, Keyset, Page, PageRequest};
use crate::domain::product::search::{MOST_WORDS, having};
use crate::domain::product::summary::{Summary, summaries};
use crate::error::{Fault, Result};
use crate::text::{truncate, words};
use entity::id::{CategoryId, StoreId};
use entity::money::Minor;
use entity::product::{Column, Entity};
use entity::value::{ProductKind, ProductStatus};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Select};
use std::collections::HashMap;

/// The longest text of a search.
const LONGEST_SEARCH: usize = 200;

/// Which products, as a client says it.
#[derive(Clone, Debug, Default)]
pub struct ProductFilter {
    /// Of one store.
    pub store_id: Option<StoreId>,
    /// Of a category and all below it.
    pub category_id: Option<CategoryId>,
    /// As `category_id`, by its slug.
    pub category_slug: Option<String>,
    /// The lowest price at least this, a decimal number.
    pub min_price: Option<String>,
    /// The lowest price at most this, a decimal number.
    pub max_price: Option<String>,
    /// Whether any of it can be bought.
    pub in_stock: Option<bool>,
    /// Whether the marketplace recommends it.
    pub featured: Option<bool>,
    /// Whether it is sent.
    pub kind: Option<ProductKind>,
    /// Words that its name or tags have; each may be the beginning of one.
    pub search: Option<String>,
}

/// Which products, checked and looked up.
#[derive(Clone, Debug, Default)]
pub struct Criteria {
    /// Of one store.
    pub store: Option<StoreId>,
    /// Of one of these categories.
    pub categories: Option<Vec<CategoryId>>,
    /// The lowest price at least this.
    pub min_price: Option<Minor>,
    /// The lowest price at most this.
    pub max_price: Option<Minor>,
    /// Whether any of it can be bought.
    pub in_stock: Option<bool>,
    /// Whether the marketplace recommends it.
    pub featured: Option<bool>,
    /// Whether it is sent.
    pub kind: Option<ProductKind>,
    /// Beginnings of words, as [`crate::text::words`] makes them; an empty list finds nothing.
    pub words: Option<Vec<String>>,
}

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ProductSort {
    /// The newest first.
    #[default]
    Newest,
    /// The cheapest first, by the lowest price of each.
    PriceLowToHigh,
    /// The dearest first, by the lowest price of each.
    PriceHighToLow,
    /// The best reviewed first.
    Rating,
    /// The most sold first.
    BestSelling,
}

impl ProductSort {
    /// What its pages are cut by.
    pub fn keyset(self) -> Keyset<Column> {
        match self {
            Self::Newest => Keyset::newest(Column::CreatedAt, Column::Id),
            Self::PriceLowToHigh => Keyset::number(Column::MinPrice, Column::Id, false),
            Self::PriceHighToLow => Keyset::number(Column::MinPrice, Column::Id, true),
            Self::Rating => Keyset::number(Column::RatingAverage, Column::Id, true),
            Self::BestSelling => Keyset::number(Column::SalesCount, Column::Id, true),
        }
    }

    fn cursor(self, row: &Summary) -> Cursor {
        match self {
            Self::Newest => Cursor::at(row.created_at, row.id.0),
            Self::PriceLowToHigh | Self::PriceHighToLow => Cursor::of(row.min_price.0, row.id.0),
            Self::Rating => Cursor::of(row.rating_average, row.id.0),
            Self::BestSelling => Cursor::of(row.sales_count, row.id.0),
        }
    }
}

/// Checks a filter and looks its categories up. What is wrong is an error of the argument `filter`.
pub async fn resolve(app: &App, viewer: &Viewer, filter: &ProductFilter) -> Result<Criteria> {
    let mut check = Check::new();
    let mut price = |path, value: &Option<String>| value.as_ref().map(|text| check.price(path, text, app.config.currency, true));
    let (min_price, max_price) = (price("minPrice", &filter.min_price), price("maxPrice", &filter.max_price));
    if let Err(crate::error::Error::Refused(refusal)) = check.finish() {
        let message = refusal.0.into_iter().next().map(|problem| problem.message).unwrap_or_default();
        return Err(Fault::BadUserInput { argument: "filter", message }.into());
    }
    if filter.category_id.is_some() && filter.category_slug.is_some() {
        let message = "categoryId and categorySlug can't be given together".to_owned();
        return Err(Fault::BadUserInput { argument: "filter", message }.into());
    }
    let root = match &filter.category_slug {
        // None of that name: nothing is found.
        Some(slug) => Some(category::by_slug(app, viewer, slug).await?.map(|row| row.id)),
        None => filter.category_id.map(Some),
    };
    let categories = match root {
        Some(Some(root)) => Some(category::subtree(app.db.read(), root).await?),
        Some(None) => Some(Vec::new()),
        None => None,
    };
    let words = filter.search.as_deref().map(|text| {
        let mut words = words(truncate(text, LONGEST_SEARCH));
        words.truncate(MOST_WORDS);
        words
    });
    let (in_stock, featured, kind) = (filter.in_stock, filter.featured, filter.kind);
    Ok(Criteria { store: filter.store_id, categories, min_price, max_price, in_stock, featured, kind, words })
}

/// The query for what the storefront shows.
pub fn select(criteria: &Criteria) -> Select<Entity> {
    let mut query = Entity::find().filter(Column::Listed.eq(true));
    if let Some(store) = criteria.store {
        query = query.filter(Column::StoreId.eq(store));
    }
    if let Some(categories) = &criteria.categories {
        query = query.filter(Column::CategoryId.among(categories));
    }
    if let Some(least) = criteria.min_price {
        query = query.filter(Column::MinPrice.gte(least));
    }
    if let Some(most) = criteria.max_price {
        query = query.filter(Column::MinPrice.lte(most));
    }
    if let Some(in_stock) = criteria.in_stock {
        query = query.filter(Column::InStock.eq(in_stock));
    }
    if let Some(featured) = criteria.featured {
        query = query.filter(Column::Featured.eq(featured));
    }
    if let Some(kind) = criteria.kind {
        query = query.filter(Column::Kind.eq(kind));
    }
    match criteria.words.as_deref() {
        None => query,
        Some([]) => query.filter(Column::Id.is_in(Vec::<uuid::Uuid>::new())),
        Some(words) => words.iter().fold(query, |query, word| query.filter(Column::Id.in_subquery(having(word)))),
    }
}

/// A page of what the storefront shows.
pub async fn list(
    app: &App,
    _viewer: &Viewer,
    criteria: &Criteria,
    sort: ProductSort,
    page: &PageRequest,
) -> Result<Page<Summary>> {
    page::fetch(app.db.read(), summaries(select(criteria)), &sort.keyset(), page, |row| sort.cursor(row)).await
}

/// How many there are, counted up to `cap`.
pub async fn count(app: &App, _viewer: &Viewer, criteria: &Criteria, cap: u64) -> Result<(u64, bool)> {
    page::count(app.db.read(), select(criteria), cap).await
}

fn of_store(store: StoreId, managed: bool, status: Option<&[ProductStatus]>) -> Select<Entity> {
    let query = Entity::find().filter(Column::StoreId.eq(store));
    let query = if managed { query } else { query.filter(Column::Listed.eq(true)) };
    match status {
        Some(wanted) => query.filter(Column::Status.is_in(wanted.iter().copied())),
        None => query,
    }
}

/// The products of several stores: what the storefront shows, and of stores the viewer works for those in other states too.
pub async fn of_stores(
    app: &App,
    viewer: &Viewer,
    stores: &[StoreId],
    status: Option<&[ProductStatus]>,
    sort: ProductSort,
    page: &PageRequest,
) -> Result<HashMap<StoreId, Page<Summary>>> {
    let managed = auth::managed(app, viewer, stores).await?;
    let select_for = |store| summaries(of_store(store, managed.contains(&store), status));
    page::fetch_for_each(
        app.db.read(),
        stores,
        select_for,
        |row: &Summary| row.store_id,
        &sort.keyset(),
        page,
        |row| sort.cursor(row),
    )
    .await
}

/// How many products of a store the viewer may see, counted up to `cap`.
pub async fn count_of_store(
    app: &App,
    viewer: &Viewer,
    store: StoreId,
    status: Option<&[ProductStatus]>,
    cap: u64,
) -> Result<(u64, bool)> {
    let managed = auth::managed(app, viewer, &[store]).await?.contains(&store);
    page::count(app.db.read(), of_store(store, managed, status), cap).await
}
