//! Lists of products: sort orders, pages, counts. There is an index for each sort order, and for each selective filter.

use crate::category;
use crate::page::{self, Cursor, Keyset, Page, PageRequest};
use crate::product::filter::{Criteria, narrow, select};
use crate::product::indexed::{self, Parent};
use crate::product::own;
use crate::product::summary::{Summary, summaries};
use crate::variant;
use entity::id::{CategoryId, StoreId};
use entity::product::{Column, Entity};
use entity::value::{ProductKind, ProductStatus};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, Select};
use souk_core::app::App;
use souk_core::auth::{self, Viewer};
use souk_core::db::InPadded;
use souk_core::error::Result;
use souk_core::provider::search::Sort;
use std::collections::HashMap;

/// Sort orders of products.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ProductSort {
    /// Newest first.
    #[default]
    Newest,
    /// Lowest price first, by the lowest price of each product.
    PriceLowToHigh,
    /// Highest price first, by the lowest price of each product.
    PriceHighToLow,
    /// Best average rating first.
    Rating,
    /// Best-selling first.
    BestSelling,
    /// Most viewed first.
    MostViewed,
}

impl ProductSort {
    pub fn keyset(self) -> Keyset<Column> {
        match self {
            Self::Newest => Keyset::newest(Column::CreatedAt, Column::Id),
            Self::PriceLowToHigh => Keyset::number(Column::MinPrice, Column::Id, false),
            Self::PriceHighToLow => Keyset::number(Column::MinPrice, Column::Id, true),
            Self::Rating => Keyset::number(Column::RatingAverage, Column::Id, true),
            Self::BestSelling => Keyset::number(Column::SalesCount, Column::Id, true),
            Self::MostViewed => Keyset::number(Column::ViewCount, Column::Id, true),
        }
    }

    fn cursor(self, row: &Summary) -> Cursor {
        match self {
            Self::Newest => Cursor::at(row.created_at, row.id.0),
            Self::PriceLowToHigh | Self::PriceHighToLow => Cursor::of(row.min_price.0, row.id.0),
            Self::Rating => Cursor::of(row.rating_average, row.id.0),
            Self::BestSelling => Cursor::of(row.sales_count, row.id.0),
            Self::MostViewed => Cursor::of(row.view_count, row.id.0),
        }
    }
}

impl From<ProductSort> for Sort {
    fn from(sort: ProductSort) -> Self {
        match sort {
            ProductSort::Newest => Self::Newest,
            ProductSort::PriceLowToHigh => Self::PriceLowToHigh,
            ProductSort::PriceHighToLow => Self::PriceHighToLow,
            ProductSort::Rating => Self::Rating,
            ProductSort::BestSelling => Self::BestSelling,
            ProductSort::MostViewed => Self::MostViewed,
        }
    }
}

/// A page of the products that storefronts show.
pub async fn list(
    app: &App,
    viewer: &Viewer,
    criteria: &Criteria,
    sort: ProductSort,
    page: &PageRequest,
) -> Result<Page<Summary>> {
    if criteria.text.is_some() {
        let mut found = indexed::pages(app, viewer, vec![((), Parent::None)], criteria, sort.into(), page).await?;
        return Ok(found.remove(&()).unwrap_or_else(Page::empty));
    }
    page::fetch(app.db.read(), summaries(select(criteria)), &sort.keyset(), page, |row| sort.cursor(row)).await
}

/// Number of products, counted up to `cap`, and whether that is exact.
pub async fn count(app: &App, _viewer: &Viewer, criteria: &Criteria, cap: u64) -> Result<(u64, bool)> {
    if criteria.text.is_some() {
        return indexed::count(app, Parent::None, criteria, cap).await;
    }
    page::count(app.db.read(), select(criteria), cap).await
}

/// Conditions on the products of a store beside those of all lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct StoreCriteria {
    /// With any of these statuses; absent: all.
    pub status: Option<Vec<ProductStatus>>,
    /// Whether the stock of an active variant is low. Stock is not public: viewers who do not work for the store find nothing.
    pub is_low_stock: Option<bool>,
}

fn of_store(store: StoreId, managed: bool, own: &StoreCriteria, criteria: &Criteria) -> Select<Entity> {
    let mut query = Entity::find().filter(Column::StoreId.eq(store));
    if !managed {
        query = query.filter(Column::Listed.eq(true));
    }
    if let Some(wanted) = &own.status {
        query = query.filter(Column::Status.in_padded(wanted));
    }
    if let Some(is_low) = own.is_low_stock {
        let low = Condition::all()
            .add(Column::Kind.eq(ProductKind::Physical))
            .add(Column::Id.in_subquery(variant::products_with_low_stock(store)));
        query = match (managed, is_low) {
            (false, _) => query.filter(Column::Id.in_padded::<uuid::Uuid>(&[])),
            (true, true) => query.filter(low),
            (true, false) => query.filter(low.not()),
        };
    }
    query = narrow(query, criteria);
    match &criteria.text {
        Some(text) => own::with_words(query, store, text),
        None => query,
    }
}

/// The list of a store in the index, which has the products that storefronts show.
fn listed_of(store: StoreId, own: &StoreCriteria) -> Parent<'static> {
    let has_listed = own.status.as_ref().is_none_or(|wanted| wanted.contains(&ProductStatus::Active));
    if has_listed && own.is_low_stock.is_none() { Parent::Store(store) } else { Parent::Empty }
}

/// Products by store: those that storefronts show; all of stores that the viewer works for.
pub async fn of_stores(
    app: &App,
    viewer: &Viewer,
    stores: &[StoreId],
    own: &StoreCriteria,
    criteria: &Criteria,
    sort: ProductSort,
    page: &PageRequest,
) -> Result<HashMap<StoreId, Page<Summary>>> {
    let managed = auth::managed(app, viewer, stores).await?;
    let mut found = HashMap::new();
    let mut stores = stores.to_vec();
    if criteria.text.is_some() {
        // Only those who work for a store see products that are not in the index.
        let others = stores.extract_if(.., |store| !managed.contains(store)).map(|store| (store, listed_of(store, own)));
        found = indexed::pages(app, viewer, others.collect(), criteria, sort.into(), page).await?;
    }
    let select_for = |store| summaries(of_store(store, managed.contains(&store), own, criteria));
    let cursor = |row: &Summary| sort.cursor(row);
    found.extend(page::fetch_for_each(app.db.read(), &stores, select_for, &sort.keyset(), page, cursor).await?);
    Ok(found)
}

/// Number of products of a store that the viewer may see, counted up to `cap`, and whether that is exact.
pub async fn count_of_store(
    app: &App,
    viewer: &Viewer,
    store: StoreId,
    own: &StoreCriteria,
    criteria: &Criteria,
    cap: u64,
) -> Result<(u64, bool)> {
    let managed = auth::managed(app, viewer, &[store]).await?.contains(&store);
    if criteria.text.is_some() && !managed {
        return indexed::count(app, listed_of(store, own), criteria, cap).await;
    }
    page::count(app.db.read(), of_store(store, managed, own, criteria), cap).await
}

/// Number of products by store that storefronts show, counted up to `cap`.
pub async fn counts_of_stores(app: &App, _viewer: &Viewer, stores: &[StoreId], cap: u64) -> Result<HashMap<StoreId, u64>> {
    let select_for = |store| of_store(store, false, &StoreCriteria::default(), &Criteria::default());
    page::count_for_each(app.db.read(), stores, select_for, cap).await
}

fn of_categories(categories: &[CategoryId], criteria: &Criteria) -> Select<Entity> {
    select(criteria).filter(Column::CategoryId.in_padded(categories))
}

/// Products by category, including those of its descendants.
pub async fn of_each_category(
    app: &App,
    viewer: &Viewer,
    ids: &[CategoryId],
    criteria: &Criteria,
    sort: ProductSort,
    page: &PageRequest,
) -> Result<HashMap<CategoryId, Page<Summary>>> {
    let below = category::subtrees(app.db.read(), ids).await?;
    if criteria.text.is_some() {
        let parents = ids.iter().map(|id| (*id, Parent::Categories(below.get(id).map_or(&[], Vec::as_slice))));
        return indexed::pages(app, viewer, parents.collect(), criteria, sort.into(), page).await;
    }
    let select_for = |id: &CategoryId| summaries(of_categories(below.get(id).map_or(&[], Vec::as_slice), criteria));
    let mut all = HashMap::new();
    for batch in batches(ids, &below) {
        let select_for = |id| select_for(&id);
        let cursor = |row: &Summary| sort.cursor(row);
        all.extend(page::fetch_for_each(app.db.read(), batch, select_for, &sort.keyset(), page, cursor).await?);
    }
    Ok(all)
}

/// Number of products in a category and its descendants, counted up to `cap`, and whether that is exact.
pub async fn count_of_category(
    app: &App,
    _viewer: &Viewer,
    id: CategoryId,
    criteria: &Criteria,
    cap: u64,
) -> Result<(u64, bool)> {
    let below = category::subtree(app.db.read(), id).await?;
    if criteria.text.is_some() {
        return indexed::count(app, Parent::Categories(&below), criteria, cap).await;
    }
    page::count(app.db.read(), of_categories(&below, criteria), cap).await
}

/// Number of products by category, including its descendants, counted up to `cap`.
pub async fn counts_of_categories(app: &App, _viewer: &Viewer, ids: &[CategoryId], cap: u64) -> Result<HashMap<CategoryId, u64>> {
    let below = category::subtrees(app.db.read(), ids).await?;
    let criteria = Criteria::default();
    let mut all = HashMap::new();
    for batch in batches(ids, &below) {
        let select_for = |id| of_categories(below.get(&id).map_or(&[], Vec::as_slice), &criteria);
        all.extend(page::count_for_each(app.db.read(), batch, select_for, cap).await?);
    }
    Ok(all)
}

/// Maximum number of IDs in one statement; SQLite allows 32,766 parameters, and lists of IDs are padded to a power of two.
const MAX_IDS: usize = 8_000;

/// Divides categories into batches that fit, with their descendants, into one statement. Usually there is one batch.
fn batches<'a>(ids: &'a [CategoryId], below: &HashMap<CategoryId, Vec<CategoryId>>) -> Vec<&'a [CategoryId]> {
    let mut batches = Vec::new();
    let (mut begin, mut sum) = (0, 0);
    for (at, id) in ids.iter().enumerate() {
        let size = below.get(id).map_or(0, Vec::len);
        if at > begin && sum + size > MAX_IDS {
            batches.extend(ids.get(begin..at));
            (begin, sum) = (at, 0);
        }
        sum += size;
    }
    batches.extend(ids.get(begin..).filter(|rest| !rest.is_empty()));
    batches
}
