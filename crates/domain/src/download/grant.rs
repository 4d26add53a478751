//! Writing and revoking grants, under the lock of their order.

use super::job::DeliverDigital;
use crate::order::locked::LockedOrder;
use crate::order::reversal::gross;
use crate::setting::{self, Settings};
use entity::download_grant::{ActiveModel, Column, Entity, Model};
use entity::id::{OrderId, OrderLineId, StoreOrderId, UserId};
use entity::order_line;
use entity::value::ProductKind;
use sea_orm::prelude::DateTimeUtc;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use souk_core::app::App;
use souk_core::db::{InPadded, Tx};
use souk_core::error::Result;
use souk_core::job::{Enqueue, enqueue};
use std::time::Duration;

/// Grants the downloads of the digital lines of store orders that were paid, and delivers those store orders of which nothing is shipped.
/// A line has one grant, however often it is called. Without digital lines there is no statement.
pub(crate) async fn grant(tx: &Tx, app: &App, locked: &LockedOrder, store_orders: &[StoreOrderId]) -> Result<()> {
    let lines = granted(locked, store_orders);
    if lines.is_empty() {
        return Ok(());
    }
    let settings = setting::load(tx).await?;
    let rows: Vec<_> = lines.into_iter().map(|line| row(app, locked, line, &settings)).collect();
    let unless_granted = OnConflict::column(Column::OrderLineId).do_nothing_on([Column::Id]).to_owned();
    Entity::insert_many(rows).on_conflict(unless_granted).exec_without_returning(tx).await?;
    for id in store_orders {
        if is_all_digital(locked, *id) {
            let options = Enqueue { dedup_key: Some(id.to_string()), ..Enqueue::default() };
            enqueue(tx, &app.clock, &DeliverDigital { store_order_id: *id }, options).await?;
        }
    }
    Ok(())
}

/// The digital lines of store orders that were not cancelled or refunded in full.
fn granted<'a>(locked: &'a LockedOrder, store_orders: &[StoreOrderId]) -> Vec<&'a order_line::Model> {
    let of_these = locked.lines.iter().filter(|line| store_orders.contains(&line.store_order_id));
    of_these.filter(|line| is_digital(line) && !is_gone(locked, line)).collect()
}

fn row(app: &App, locked: &LockedOrder, line: &order_line::Model, settings: &Settings) -> ActiveModel {
    let now = app.clock.now();
    let days = u64::try_from(settings.download_expiry_days).unwrap_or(0);
    let row = Model {
        id: app.clock.new_id(),
        order_line_id: line.id,
        order_id: locked.order.id,
        user_id: locked.order.user_id,
        product_id: line.product_id,
        variant_id: line.variant_id,
        download_limit: (line.quantity - line.cancelled_quantity).saturating_mul(settings.downloads_per_unit).max(1),
        used_count: 0,
        expires_at: (days > 0).then(|| now + Duration::from_secs(days * 86_400)),
        revoked_at: None,
        created_at: now,
    };
    row.into_active_model().reset_all()
}

/// Whether nothing of a store order is shipped, and something is left of it.
fn is_all_digital(locked: &LockedOrder, id: StoreOrderId) -> bool {
    let mut live = locked.lines_of(id).filter(|line| line.quantity > line.cancelled_quantity).peekable();
    live.peek().is_some() && live.all(is_digital)
}

fn is_digital(line: &order_line::Model) -> bool {
    line.kind == ProductKind::Digital
}

/// Whether all units of a line were cancelled or refunded, or all of its money was returned.
fn is_gone(locked: &LockedOrder, line: &order_line::Model) -> bool {
    let units = line.cancelled_quantity.saturating_add(line.refunded_quantity);
    let returned = line.cancelled_total.plus(line.refunded_total);
    let whole = gross(line, locked.order.tax_included);
    let is_returned = matches!((returned, whole), (Ok(returned), Ok(whole)) if whole.0 > 0 && returned >= whole);
    units >= line.quantity || is_returned
}

/// Revokes the grants of digital lines that were cancelled or refunded in full.
pub(crate) async fn revoke(tx: &Tx, app: &App, locked: &LockedOrder) -> Result<()> {
    set_revoked(tx, locked, true, Some(app.clock.now())).await
}

/// Takes back what [`revoke`] did for lines that are not refunded after all, as their refund failed.
pub(crate) async fn restore(tx: &Tx, locked: &LockedOrder) -> Result<()> {
    set_revoked(tx, locked, false, None).await
}

async fn set_revoked(tx: &Tx, locked: &LockedOrder, gone: bool, at: Option<DateTimeUtc>) -> Result<()> {
    let lines = digital_lines(locked, gone);
    if lines.is_empty() {
        return Ok(());
    }
    let changed = if gone { Column::RevokedAt.is_null() } else { Column::RevokedAt.is_not_null() };
    Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(at))
        .filter(Column::OrderLineId.in_padded(&lines))
        .filter(changed)
        .exec(tx)
        .await?;
    Ok(())
}

/// The digital lines that were cancelled or refunded in full, or all others.
fn digital_lines(locked: &LockedOrder, gone: bool) -> Vec<OrderLineId> {
    let lines = locked.lines.iter().filter(|line| is_digital(line) && is_gone(locked, line) == gone);
    lines.map(|line| line.id).collect()
}

/// Gives the grants of guest orders to the account that the orders were added to.
pub(crate) async fn claim(tx: &Tx, orders: &[OrderId], user: UserId) -> Result<()> {
    let of_orders = Column::OrderId.in_padded(orders);
    Entity::update_many().col_expr(Column::UserId, Expr::value(user)).filter(of_orders).exec(tx).await?;
    Ok(())
}

/// Removes a user whose account is closed; after the user's orders were locked.
pub(crate) async fn erase(tx: &Tx, user: UserId) -> Result<()> {
    let nobody = Expr::value(Option::<UserId>::None);
    Entity::update_many().col_expr(Column::UserId, nobody).filter(Column::UserId.eq(user)).exec(tx).await?;
    Ok(())
}
