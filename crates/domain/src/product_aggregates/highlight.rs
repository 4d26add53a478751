//! Bestsellers and new arrivals: computed each night, and pinned by staff.
//!
//! A bestseller is among the best-selling 2 % of the products of its root category, by units that were sold in 30 days and not cancelled or
//! refunded. A new arrival was published in the last 30 days.

use super::count::index_views;
use entity::id::{CategoryId, OrderId, ProductId, StoreOrderId};
use entity::product::{Column, Entity};
use entity::value::OrderStatus;
use entity::{category, job, order, order_line, product, store_order};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DerivePartialModel, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use souk_core::app::App;
use souk_core::auth::permissions::ManageProducts;
use souk_core::auth::{Staff, System};
use souk_core::db::{InPadded, Subject, Tx, lock_in_order};
use souk_core::error::{Fault, Result};
use souk_core::job::{Enqueue, Job, JobError, enqueue};
use souk_core::transact;
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

/// The hour of the night, in UTC.
const HOUR: u32 = 3;
/// Days in which units are counted and products are new.
const DAYS: u64 = 30;
/// Bestsellers of a root category: one of this number of its listed products, rounded up.
const ONE_OF: u64 = 50;
/// Maximum depth of the tree of categories that is followed.
const MAX_DEPTH: usize = 16;
/// Orders that are read at once.
const ORDERS: u64 = 1_000;
/// Products that are read at once, and of which those that changed are written in one transaction.
const PRODUCTS: usize = 500;
/// Pages of products in one job.
const PAGES: usize = 40;
/// Statuses of store orders whose units were sold.
const SOLD: [OrderStatus; 5] =
    [OrderStatus::Confirmed, OrderStatus::Processing, OrderStatus::Shipped, OrderStatus::Delivered, OrderStatus::Completed];

/// Computes bestsellers, then new arrivals, and tells the search index of the views that it does not know. It goes through the products in
/// several jobs, so that each ends within its lease.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct RefreshHighlights {
    /// The last product of the previous job; absent in the first one, which computes the bestsellers.
    after: Option<ProductId>,
}

impl Job for RefreshHighlights {
    const KIND: &'static str = "product.refresh_highlights";
    const LEASE: Duration = Duration::from_secs(120);

    async fn run(&self, app: &App, _system: &System, _attempt: i32) -> Result<(), JobError> {
        let new_since = app.clock.now() - Duration::from_secs(DAYS * 86_400);
        if self.after.is_none() {
            refresh_bestsellers(app, new_since).await?;
        }
        if let Some(after) = refresh_products(app, new_since, self.after).await? {
            let next = Self { after: Some(after) };
            transact!(app.db, tx, { enqueue(tx, &app.clock, &next, Enqueue::default()).await })?;
        }
        Ok(())
    }
}

/// Enqueues the job of the last night, if it was not enqueued; returns how many were.
pub(super) async fn refresh_nightly(app: &App, _system: &System) -> Result<u64> {
    let last = app.clock.now() - Duration::from_secs(u64::from(HOUR) * 3600);
    let key = last.date_naive().to_string();
    let stored = format!("{}:{key}", RefreshHighlights::KIND);
    if job::Entity::find().filter(job::Column::DedupKey.eq(stored)).limit(1).one(app.db.read()).await?.is_some() {
        return Ok(0);
    }
    // Two workers can enqueue one at the same time; they run as one.
    transact!(app.db, tx, {
        let options = Enqueue { dedup_key: Some(key.clone()), ..Enqueue::default() };
        enqueue(tx, &app.clock, &RefreshHighlights { after: None }, options).await?;
        Ok(1)
    })
}

/// What decides about the flags of a product.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "Entity")]
struct Row {
    id: ProductId,
    bestseller: bool,
    new_arrival: bool,
    pinned_bestseller: Option<bool>,
    pinned_new_arrival: Option<bool>,
    published_at: Option<DateTimeUtc>,
    view_count: i64,
    indexed_view_count: i64,
}

impl Row {
    /// The flag that the product should have.
    fn is_bestseller(&self, best: &HashSet<ProductId>) -> bool {
        self.pinned_bestseller.unwrap_or_else(|| best.contains(&self.id))
    }

    /// The flag that the product should have; it is new if it was published at or after `since`.
    fn is_new_arrival(&self, since: DateTimeUtc) -> bool {
        self.pinned_new_arrival.unwrap_or_else(|| self.published_at.is_some_and(|at| at >= since))
    }

    fn has_new_views(&self) -> bool {
        self.view_count != self.indexed_view_count
    }
}

/// Writes the flag of all products that became bestsellers or are none any more.
async fn refresh_bestsellers(app: &App, since: DateTimeUtc) -> Result<()> {
    let best = bestsellers(app, since).await?;
    // By the index of lists.
    let any = Condition::any().add(Column::Listed.eq(true)).add(Column::Listed.eq(false));
    let flagged = Entity::find().filter(any).filter(Column::Bestseller.eq(true)).select_only().column(Column::Id);
    let flagged: Vec<ProductId> = flagged.into_tuple().all(app.db.read()).await?;
    let all: BTreeSet<ProductId> = best.iter().copied().chain(flagged).collect();
    let all: Vec<_> = all.into_iter().collect();
    for some in all.chunks(PRODUCTS) {
        transact!(app.db, tx, {
            let rows = lock(tx, some).await?;
            for value in [true, false] {
                let changed = rows.iter().filter(|row| row.bestseller != value && row.is_bestseller(&best) == value);
                set(tx, Column::Bestseller, value, changed.map(|row| row.id).collect()).await?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Writes what changed of the next products; returns the last one if there are more.
async fn refresh_products(app: &App, new_since: DateTimeUtc, mut after: Option<ProductId>) -> Result<Option<ProductId>> {
    for _ in 0..PAGES {
        let mut query = Entity::find().order_by_asc(Column::Id).limit(PRODUCTS as u64);
        if let Some(after) = after {
            query = query.filter(Column::Id.gt(after));
        }
        let rows: Vec<Row> = query.into_partial_model().all(app.db.read()).await?;
        let Some(last) = rows.last() else { return Ok(None) };
        after = Some(last.id);
        let is_changed = |row: &&Row| row.new_arrival != row.is_new_arrival(new_since) || row.has_new_views();
        let ids: Vec<_> = rows.iter().filter(is_changed).map(|row| row.id).collect();
        if ids.is_empty() {
            continue;
        }
        transact!(app.db, tx, {
            let rows = lock(tx, &ids).await?;
            for value in [true, false] {
                let changed = rows.iter().filter(|row| row.new_arrival != value && row.is_new_arrival(new_since) == value);
                set(tx, Column::NewArrival, value, changed.map(|row| row.id).collect()).await?;
            }
            let viewed: Vec<_> = rows.iter().filter(|row| row.has_new_views()).map(|row| row.id).collect();
            index_views(tx, &viewed).await
        })?;
    }
    Ok(after)
}

/// Locks products and reads them again.
async fn lock(tx: &Tx, ids: &[ProductId]) -> Result<Vec<Row>> {
    let ids: Vec<ProductId> = lock_in_order(tx, Entity::find().filter(Column::Id.in_padded(ids)), Column::Id).await?;
    Ok(Entity::find().filter(Column::Id.in_padded(&ids)).into_partial_model().all(tx).await?)
}

/// Writes a flag of locked products, and announces them.
async fn set(tx: &Tx, column: Column, value: bool, ids: Vec<ProductId>) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    ids.iter().for_each(|id| tx.changed(Subject::Product(*id)));
    Entity::update_many().col_expr(column, Expr::value(value)).filter(Column::Id.in_padded(&ids)).exec(tx).await?;
    Ok(())
}

/// The bestsellers of all root categories. Of products that sold the same number of units, the older one comes first.
async fn bestsellers(app: &App, since: DateTimeUtc) -> Result<HashSet<ProductId>> {
    let db = app.db.read();
    let units: Vec<_> = units_since(app, since).await?.into_iter().filter(|(_, units)| *units > 0).collect();
    let roots = roots(db).await?;
    let mut sold: HashMap<CategoryId, Vec<(Reverse<i64>, ProductId)>> = HashMap::new();
    for some in units.chunks(PRODUCTS) {
        let ids: Vec<_> = some.iter().map(|(id, _)| *id).collect();
        let query = Entity::find().filter(Column::Id.in_padded(&ids)).filter(Column::Listed.eq(true));
        let query = query.select_only().columns([Column::Id, Column::CategoryId]);
        let found: Vec<(ProductId, Option<CategoryId>)> = query.into_tuple().all(db).await?;
        let categories: HashMap<_, _> = found.into_iter().collect();
        for (id, units) in some {
            if let Some(root) = categories.get(id).copied().flatten().and_then(|category| roots.get(&category)) {
                sold.entry(*root).or_default().push((Reverse(*units), *id));
            }
        }
    }
    let mut listed: HashMap<CategoryId, u64> = HashMap::new();
    let query = Entity::find().filter(Column::Listed.eq(true)).filter(Column::CategoryId.is_not_null());
    let query =
        query.select_only().column(Column::CategoryId).column_as(Column::Id.count(), "total").group_by(Column::CategoryId);
    for (category, count) in query.into_tuple::<(CategoryId, i64)>().all(db).await? {
        if let Some(root) = roots.get(&category) {
            *listed.entry(*root).or_default() += u64::try_from(count).unwrap_or(0);
        }
    }
    let mut best = HashSet::new();
    for (root, mut sold) in sold {
        let places = listed.get(&root).copied().unwrap_or(0).div_ceil(ONE_OF);
        sold.sort_unstable();
        best.extend(sold.into_iter().take(usize::try_from(places).unwrap_or(usize::MAX)).map(|(_, id)| id));
    }
    Ok(best)
}

/// Units of each product in orders since a time, without those that were cancelled or refunded.
async fn units_since(app: &App, since: DateTimeUtc) -> Result<HashMap<ProductId, i64>> {
    use order_line::Column as Line;
    let db = app.db.read();
    let mut units = HashMap::new();
    let mut after: Option<(DateTimeUtc, OrderId)> = None;
    loop {
        let mut query = order::Entity::find().filter(order::Column::CreatedAt.gte(since));
        if let Some((at, id)) = after {
            let behind = Condition::all().add(order::Column::CreatedAt.eq(at)).add(order::Column::Id.gt(id));
            query = query
                .filter(order::Column::CreatedAt.gte(at))
                .filter(Condition::any().add(order::Column::CreatedAt.gt(at)).add(behind));
        }
        let query = query.order_by_asc(order::Column::CreatedAt).order_by_asc(order::Column::Id).limit(ORDERS);
        let query = query.select_only().columns([order::Column::CreatedAt, order::Column::Id]);
        let orders: Vec<(DateTimeUtc, OrderId)> = query.into_tuple().all(db).await?;
        let Some(last) = orders.last() else { return Ok(units) };
        after = Some(*last);
        let ids: Vec<_> = orders.iter().map(|(_, id)| *id).collect();
        let store_orders = store_order::Entity::find()
            .filter(store_order::Column::OrderId.in_padded(&ids))
            .filter(store_order::Column::Status.in_padded(&SOLD))
            .select_only()
            .column(store_order::Column::Id);
        let ids: Vec<StoreOrderId> = store_orders.into_tuple().all(db).await?;
        if ids.is_empty() {
            continue;
        }
        let lines = order_line::Entity::find().filter(Line::StoreOrderId.in_padded(&ids)).select_only();
        let lines = lines.columns([Line::ProductId, Line::Quantity, Line::CancelledQuantity, Line::RefundedQuantity]);
        for (product, quantity, cancelled, refunded) in lines.into_tuple::<(ProductId, i32, i32, i32)>().all(db).await? {
            let kept = i64::from(quantity) - i64::from(cancelled) - i64::from(refunded);
            *units.entry(product).or_default() += kept.max(0);
        }
    }
}

/// The root of each category.
async fn roots(db: &impl ConnectionTrait) -> Result<HashMap<CategoryId, CategoryId>> {
    let query = category::Entity::find().select_only().columns([category::Column::Id, category::Column::ParentId]);
    let parents: HashMap<CategoryId, Option<CategoryId>> =
        query.into_tuple::<(CategoryId, Option<CategoryId>)>().all(db).await?.into_iter().collect();
    let root = |id: CategoryId| {
        let mut root = id;
        for _ in 0..MAX_DEPTH {
            match parents.get(&root).copied().flatten() {
                Some(parent) => root = parent,
                None => break,
            }
        }
        root
    };
    Ok(parents.keys().map(|id| (*id, root(*id))).collect())
}

/// What staff decides about a product: a `None` field is left as it is, `Some(None)` lets it be computed again in the next night.
#[derive(Clone, Copy, Debug, Default)]
pub struct HighlightPatch {
    pub is_bestseller: Option<Option<bool>>,
    pub is_new_arrival: Option<Option<bool>>,
}

/// Pins whether a product is a bestseller or a new arrival.
pub async fn pin(app: &App, _staff: &Staff<ManageProducts>, id: ProductId, patch: HighlightPatch) -> Result<product::Model> {
    let mut columns = Vec::new();
    for (pin, pinned, flag) in [
        (patch.is_bestseller, Column::PinnedBestseller, Column::Bestseller),
        (patch.is_new_arrival, Column::PinnedNewArrival, Column::NewArrival),
    ] {
        let Some(pin) = pin else { continue };
        columns.push((pinned, Expr::value(pin)));
        columns.extend(pin.map(|value| (flag, Expr::value(value))));
    }
    transact!(app.db, tx, {
        if !columns.is_empty() {
            tx.changed(Subject::Product(id));
            let mut update = Entity::update_many().filter(Column::Id.eq(id));
            for (column, value) in &columns {
                update = update.col_expr(*column, value.clone());
            }
            update.exec(tx).await?;
        }
        Ok(Entity::find_by_id(id).one(tx).await?.ok_or(Fault::NotFound)?)
    })
}
