//! Writing payments and their attempts.

use entity::id::OrderId;
use entity::money::Minor;
use entity::payment::{ActiveModel, Column, Entity, Model};
use entity::payment_attempt;
use entity::value::PaymentStatus;
use entity::versioned::VersionedTable;
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::DateTimeUtc;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::db::Tx;
use souk_core::error::Result;

/// Locks all payments of a locked order, oldest first.
pub(crate) async fn lock_all(tx: &Tx, order_id: OrderId) -> Result<Vec<Model>> {
    let query = Entity::find().filter(Column::OrderId.eq(order_id)).order_by_asc(Column::Id);
    Ok(query.lock_exclusive().all(tx).await?)
}

/// Inserts a new payment.
pub(crate) async fn insert(tx: &Tx, payment: &Model) -> Result<()> {
    Entity::insert(payment.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

/// Writes a locked payment after its provider's answer, and records the answer as an attempt.
pub(crate) async fn write_answer(tx: &Tx, app: &App, row: &Model) -> Result<()> {
    let change = ActiveModel {
        status: Set(row.status),
        captured_amount: Set(row.captured_amount),
        provider_reference: Set(row.provider_reference.clone()),
        method_token: Set(row.method_token.clone()),
        redirect_url: Set(row.redirect_url.clone()),
        client_secret: Set(row.client_secret.clone()),
        failure_reason: Set(row.failure_reason.clone()),
        version: Set(row.version),
        updated_at: Set(row.updated_at),
        ..Default::default()
    };
    Entity::update_many().set(change).filter(Column::Id.eq(row.id)).exec(tx).await?;
    record_attempt(tx, app, row, row.failure_reason.as_deref(), row.updated_at).await
}

/// Writes the status and the amount of a locked payment.
pub(super) async fn set_amount(tx: &Tx, app: &App, payment: &Model, status: PaymentStatus, amount: Minor) -> Result<()> {
    Entity::touch_many(app.clock.now())
        .col_expr(Column::Status, Expr::value(status.as_str()))
        .col_expr(Column::Amount, Expr::value(amount))
        .filter(Column::Id.eq(payment.id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Records a call to a provider, with the status of the payment after it.
pub(super) async fn record_attempt(tx: &Tx, app: &App, payment: &Model, message: Option<&str>, at: DateTimeUtc) -> Result<()> {
    let attempt = payment_attempt::ActiveModel {
        id: Set(app.clock.new_id()),
        payment_id: Set(payment.id),
        outcome: Set(payment.status),
        provider_reference: Set(payment.provider_reference.clone()),
        message: Set(message.map(str::to_owned)),
        created_at: Set(at),
    };
    payment_attempt::Entity::insert(attempt).exec_without_returning(tx).await?;
    Ok(())
}
