//! Stock changes; the stock never becomes negative under concurrency.

use crate::low_stock::{self, Crossing, is_low};
use crate::product_aggregates;
use entity::id::{ProductId, ProductVariantId};
use entity::product_variant::{Column, Entity};
use entity::value::{ActorKind, ProductKind};
use entity::{product, product_variant};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::db::{InPadded, Tx};
use souk_core::error::{Result, internal};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A variant with its quantity to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    pub variant_id: ProductVariantId,
    pub product_id: ProductId,
    /// Digital products have no stock.
    pub kind: ProductKind,
    pub quantity: i32,
}

/// A variant whose stock is lower than the requested quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortage {
    pub variant_id: ProductVariantId,
    /// Requested quantity.
    pub requested: i32,
    /// Items in stock; `None` if the variant was deleted.
    pub left: Option<i32>,
}

/// Takes items from the stock and counts them as sold; digital items are only counted. Returns all shortages; if there are any,
/// the caller must return an error, so that the transaction is rolled back. The rows are locked in the order of their IDs, so that
/// orders can't deadlock. A store whose stock becomes low is alerted.
#[must_use = "a shortage must roll back the transaction"]
pub(crate) async fn take_items(tx: &Tx, app: &App, items: &[Item]) -> Result<Vec<Shortage>> {
    let requested = by_id(items.iter().map(|item| (item.variant_id, item.quantity)))?;
    let known: HashMap<_, _> = items.iter().map(|item| (item.variant_id, item)).collect();
    let mut shortages = Vec::new();
    let mut emptied = BTreeSet::new();
    let mut crossings = Vec::new();
    for (variant_id, quantity) in requested {
        let Some(item) = known.get(&variant_id) else { continue };
        if item.kind == ProductKind::Digital {
            if count_sold(variant_id, i64::from(quantity)).exec(tx).await?.rows_affected == 0 {
                shortages.push(Shortage { variant_id, requested: quantity, left: None });
            }
            continue;
        }
        match take_one(tx, variant_id, quantity).await? {
            Taken::Unchecked => {}
            Taken::Read { variant, left } => {
                if left == 0 {
                    emptied.insert(item.product_id);
                }
                if let Some(crossing) = Crossing::of(variant.low_stock_threshold, variant.stock_quantity, left) {
                    crossings.push((variant, crossing));
                }
            }
            Taken::Short(left) => shortages.push(Shortage { variant_id, requested: quantity, left }),
        }
    }
    if shortages.is_empty() {
        let all: BTreeSet<_> = items.iter().map(|item| item.product_id).collect();
        refresh(tx, app, &all, &emptied).await?;
        for (variant, crossing) in &crossings {
            low_stock::alert(tx, app, variant, *crossing, (ActorKind::System, None)).await?;
        }
    }
    Ok(shortages)
}

/// Restores stock and subtracts the items from those sold. Deleted variants are ignored.
pub async fn restock(tx: &Tx, app: &App, lines: &[(ProductVariantId, i32)]) -> Result<()> {
    let quantities = by_id(lines.iter().copied())?;
    let ids: Vec<_> = quantities.keys().copied().collect();
    let rows = Entity::find().filter(Column::Id.in_padded(&ids)).order_by_asc(Column::Id).lock_exclusive().all(tx).await?;
    let kinds = kinds_of(tx, rows.iter().map(|row| row.product_id)).await?;
    let mut restocked = BTreeSet::new();
    for row in &rows {
        let quantity = quantities.get(&row.id).copied().unwrap_or(0);
        let mut update = count_sold(row.id, -i64::from(quantity));
        if kinds.get(&row.product_id) != Some(&ProductKind::Digital) {
            // Saturating, as the store may have set the stock to the maximum in the meantime; the row is locked.
            let left = row.stock_quantity.saturating_add(quantity);
            update = update
                .col_expr(Column::LowStock, Expr::value(is_low(ProductKind::Physical, left, row.low_stock_threshold)))
                .col_expr(Column::StockQuantity, Expr::value(left));
            if row.stock_quantity == 0 {
                restocked.insert(row.product_id);
            }
        }
        update.exec(tx).await?;
    }
    let all = rows.iter().map(|row| row.product_id).collect();
    refresh(tx, app, &all, &restocked).await
}

/// Whether [`take_items`] would find no shortage. Locks the rows, so that it stays true until the commit.
pub(crate) async fn is_enough(tx: &Tx, items: &[Item]) -> Result<bool> {
    let requested = by_id(items.iter().map(|item| (item.variant_id, item.quantity)))?;
    let ids: Vec<_> = requested.keys().copied().collect();
    let rows = Entity::find().filter(Column::Id.in_padded(&ids)).order_by_asc(Column::Id).lock_exclusive().all(tx).await?;
    let left: HashMap<_, _> = rows.iter().map(|row| (row.id, row.stock_quantity)).collect();
    Ok(items.iter().all(|item| {
        let needed = if item.kind == ProductKind::Digital { 0 } else { requested.get(&item.variant_id).copied().unwrap_or(0) };
        left.get(&item.variant_id).is_some_and(|left| *left >= needed)
    }))
}

enum Taken {
    /// At least one item is left, and the stock did not become low.
    Unchecked,
    /// The variant as it was before, and the items that are left.
    Read {
        variant: Box<product_variant::Model>,
        left: i32,
    },
    Short(Option<i32>),
}

/// Takes items by one guarded update, if at least one item remains and the stock does not become low: then the product stays in stock,
/// nobody is alerted, and nothing has to be read. The row stays locked until the commit.
async fn take_one(tx: &Tx, id: ProductVariantId, quantity: i32) -> Result<Taken> {
    let left = || Expr::col(Column::StockQuantity).sub(quantity);
    let threshold = || Expr::col(Column::LowStockThreshold);
    // MariaDB assigns from left to right and reads what was assigned before, so that the stock comes last.
    let is_low = || Expr::case(left().lte(threshold()), true).finally(false);
    let update = || {
        let update = count_sold(id, i64::from(quantity)).col_expr(Column::LowStock, is_low().into());
        update.col_expr(Column::StockQuantity, left())
    };
    let becomes_no_lower = Condition::any()
        .add(Column::LowStockThreshold.is_null())
        .add(left().gt(threshold()))
        .add(Expr::col(Column::StockQuantity).lte(threshold()));
    let update_unchecked = update().filter(Column::StockQuantity.gt(quantity)).filter(becomes_no_lower);
    if update_unchecked.exec(tx).await?.rows_affected == 1 {
        return Ok(Taken::Unchecked);
    }
    let variant = Entity::find_by_id(id).lock_exclusive().one(tx).await?;
    let left = variant.as_ref().map(|variant| variant.stock_quantity);
    let Some(variant) = variant.filter(|variant| variant.stock_quantity >= quantity) else { return Ok(Taken::Short(left)) };
    update().exec(tx).await?;
    let left = variant.stock_quantity - quantity;
    Ok(Taken::Read { variant: Box::new(variant), left })
}

fn count_sold(id: ProductVariantId, quantity: i64) -> sea_orm::UpdateMany<product_variant::Entity> {
    Entity::update_many().col_expr(Column::SoldCount, Expr::col(Column::SoldCount).add(quantity)).filter(Column::Id.eq(id))
}

/// Refreshes the aggregates of products: in this transaction if their availability changed, otherwise later by a job.
async fn refresh(tx: &Tx, app: &App, all: &BTreeSet<ProductId>, immediate: &BTreeSet<ProductId>) -> Result<()> {
    for id in immediate {
        product_aggregates::refresh(tx, *id).await?;
    }
    for id in all.difference(immediate) {
        product_aggregates::refresh_later(tx, app, *id).await?;
    }
    Ok(())
}

/// The total quantity of each variant, sorted by ID.
fn by_id(lines: impl Iterator<Item = (ProductVariantId, i32)>) -> Result<BTreeMap<ProductVariantId, i32>> {
    let mut sums = BTreeMap::new();
    for (id, quantity) in lines {
        let sum = sums.entry(id).or_insert(0_i32);
        *sum = sum.checked_add(quantity).ok_or_else(|| internal(entity::money::AmountOverflow))?;
    }
    Ok(sums)
}

async fn kinds_of(tx: &Tx, ids: impl Iterator<Item = ProductId>) -> Result<HashMap<ProductId, ProductKind>> {
    let ids: Vec<_> = ids.collect();
    let rows: Vec<(ProductId, ProductKind)> = product::Entity::find()
        .filter(product::Column::Id.in_padded(&ids))
        .select_only()
        .column(product::Column::Id)
        .column(product::Column::Kind)
        .into_tuple()
        .all(tx)
        .await?;
    Ok(rows.into_iter().collect())
}
