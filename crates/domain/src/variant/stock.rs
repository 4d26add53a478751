//! Manual stock adjustments.

use crate::idempotency::Key;
use crate::low_stock::{self, Crossing, is_low};
use crate::product_aggregates;
use crate::variant::write::lock;
use entity::id::{ProductVariantId, UserId};
use entity::product;
use entity::product_variant::{Entity, Model};
use entity::value::{ActorKind, ProductKind};
use sea_orm::ActiveValue::Set;
use sea_orm::{EntityTrait, IntoActiveModel};
use serde::Serialize;
use souk_core::app::App;
use souk_core::auth::StoreStaff;
use souk_core::check::{Check, MAX_QUANTITY};
use souk_core::db::{Subject, Tx};
use souk_core::error::{Code, Detail, Fault, Problem, Result, refuse};
use souk_core::length;
use souk_core::transact;

/// A change of the stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Adjustment {
    /// Adds a number of items, which may be negative.
    Delta(i32),
    /// Sets the stock, if its current value is `from`.
    Set {
        /// The new stock.
        to: i32,
        /// The stock that the caller read.
        from: i32,
    },
}

/// Adjusts the stock of a variant, and alerts the store if it becomes low. A repeated request with the same key and input changes
/// nothing.
pub async fn adjust(
    app: &App,
    staff: &StoreStaff,
    id: ProductVariantId,
    adjustment: Adjustment,
    idempotency_key: Option<&str>,
) -> Result<Model> {
    let mut check = Check::new();
    let key = idempotency_key.map(|key| check.line("idempotencyKey", key, 1..=length::KEY));
    match adjustment {
        Adjustment::Delta(delta) => {
            check.integer("delta", delta, -MAX_QUANTITY..=MAX_QUANTITY);
        }
        Adjustment::Set { to, from } => {
            check.integer("setTo", to, 0..=MAX_QUANTITY);
            // A cancellation can restore stock above the maximum that may be set.
            check.integer("changeFromQuantity", from, 0..=i32::MAX);
        }
    }
    check.finish()?;
    let scope = || format!("stockAdjust:{}", staff.user_id());
    let key = key.map(|key| Key::new(scope(), key, &(id, adjustment))).transpose()?;
    transact!(app.db, tx, {
        let row = lock(tx, staff, id).await?;
        let product = product::Entity::find_by_id(row.product_id).one(tx).await?.ok_or(Fault::NotFound)?;
        if product.kind == ProductKind::Digital {
            return refuse("variantId", Code::InvalidState, "A digital product has no stock.");
        }
        // The variant is locked: a concurrent request with the same key waits, and then finds the key here.
        if let Some(key) = &key {
            if key.result(tx).await?.is_some() {
                return Ok(row);
            }
            key.record(tx, app, id.0).await?;
        }
        let next = target(adjustment, row.stock_quantity)?;
        set(tx, app, row, next, (staff.kind(), Some(staff.user_id()))).await
    })
}

/// Sets the stock of a locked variant of a physical product, and alerts the store if it becomes low.
pub(crate) async fn set(tx: &Tx, app: &App, row: Model, next: i32, actor: (ActorKind, Option<UserId>)) -> Result<Model> {
    let (left, product_id, threshold) = (row.stock_quantity, row.product_id, row.low_stock_threshold);
    tx.changed(Subject::Product(product_id));
    let mut active = row.into_active_model();
    active.low_stock = Set(is_low(ProductKind::Physical, next, threshold));
    active.stock_quantity = Set(next);
    active.updated_at = Set(app.clock.now());
    let row = Entity::update(active).exec(tx).await?;
    if (left == 0) != (next == 0) {
        product_aggregates::refresh(tx, product_id).await?;
    }
    if let Some(crossing) = Crossing::of(row.low_stock_threshold, left, next) {
        low_stock::alert(tx, app, &row, crossing, actor).await?;
    }
    Ok(row)
}

fn target(adjustment: Adjustment, left: i32) -> Result<i32> {
    match adjustment {
        Adjustment::Set { from, .. } if from != left => {
            let message = format!("changeFromQuantity must be the current stock of {left}; got {from}.");
            Err(Problem::new("changeFromQuantity", Code::Stale, message).with(Detail::StockAvailable(left)).into())
        }
        Adjustment::Set { to, .. } => Ok(to),
        Adjustment::Delta(delta) => match left.saturating_add(delta) {
            next if next < 0 => {
                let message = format!("delta must not reduce the stock of {left} below 0; got {delta}.");
                Err(Problem::new("delta", Code::InsufficientStock, message).with(Detail::StockAvailable(left)).into())
            }
            next if next > MAX_QUANTITY && delta > 0 => {
                refuse("delta", Code::OutOfRange, format!("delta must not increase the stock above {MAX_QUANTITY}; got {delta}."))
            }
            next => Ok(next),
        },
    }
}
