//! What becomes of the payments of an order that is called off.

use super::pursue::{Ask, pursue};
use crate::app::App;
use crate::auth::System;
use crate::db::Tx;
use crate::error::Result;
use crate::job::{Enqueue, Job, JobError, enqueue};
use entity::id::PaymentId;
use entity::money::Minor;
use entity::order;
use entity::payment::{Column, Entity, Model};
use entity::value::{PaymentProvider, PaymentStatus};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};

/// Calls off what is not received yet, for a part of an order that comes to `amount`, or for the whole. The order's row must be
/// locked. Answers whether money was received already, which then is owed back.
pub(crate) async fn call_off(tx: &Tx, app: &App, order: &order::Model, amount: Minor, whole: bool) -> Result<bool> {
    let payments = Entity::find().filter(Column::OrderId.eq(order.id)).order_by_asc(Column::Id).lock_exclusive().all(tx).await?;
    for payment in payments.iter().filter(|payment| is_open(payment.status)) {
        if payment.provider == PaymentProvider::Manual {
            // Nobody but people knows of it: what they collect is what is left of the order.
            let (status, left) = match whole {
                true => (PaymentStatus::Cancelled, payment.amount),
                false => (payment.status, payment.amount.minus(amount)?),
            };
            write(tx, app, payment, status, left).await?;
        } else if whole {
            // Only the provider can say that it will not succeed any more; it is asked after the commit.
            enqueue(tx, &app.clock, &CallOffPayment { payment_id: payment.id }, Enqueue::default()).await?;
        }
    }
    Ok(payments.iter().any(|payment| matches!(payment.status, PaymentStatus::Captured | PaymentStatus::PartiallyRefunded)))
}

fn is_open(status: PaymentStatus) -> bool {
    matches!(status, PaymentStatus::Pending | PaymentStatus::RequiresAction | PaymentStatus::Authorized)
}

async fn write(tx: &Tx, app: &App, payment: &Model, status: PaymentStatus, amount: Minor) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(status.as_str()))
        .col_expr(Column::Amount, Expr::value(amount))
        .col_expr(Column::Version, Expr::value(payment.version + 1))
        .col_expr(Column::UpdatedAt, Expr::value(app.clock.now()))
        .filter(Column::Id.eq(payment.id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Asks the provider to call off the payment of an order that came to nothing, until it is decided.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallOffPayment {
    /// Which.
    pub payment_id: PaymentId,
}

impl Job for CallOffPayment {
    const KIND: &'static str = "payment.call_off";

    async fn run(&self, app: &App, system: &System, _attempt: i32) -> Result<(), JobError> {
        let Some(payment) = Entity::find_by_id(self.payment_id).one(app.db.read()).await? else { return Ok(()) };
        if !is_open(payment.status) {
            return Ok(());
        }
        let asked = pursue(app, system, &payment, Ask::Cancel).await?;
        if is_open(asked.status) { Err(JobError::later("the provider has not called the payment off yet")) } else { Ok(()) }
    }
}
