//! Repeating a failed refund of money that is still owed to the buyer.

use super::amount::Amounts;
use super::at_provider::{of_payment, owed_after_failures};
use super::request::{NewRefund, finish, insert};
use super::settle::is_counted;
use crate::order::locked::LockedOrder;
use crate::payment;
use entity::id::RefundId;
use entity::money::{Minor, Money};
use entity::refund::{Column, Entity, Model};
use entity::value::{ActorKind, RefundStatus};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use souk_core::app::App;
use souk_core::auth::Staff;
use souk_core::auth::permissions::ManageOrders;
use souk_core::error::{Code, Fault, Result, refuse};
use souk_core::transact;

/// Requests a failed refund again, for staff: that of cancelled items, or of money that no store order needed. A failed refund of other
/// items is the store's again, so that a new one is requested for it. Repeated requests return the first repetition.
pub async fn retry(app: &App, staff: &Staff<ManageOrders>, id: RefundId) -> Result<Model> {
    transact!(app.db, tx, {
        let found = Entity::find_by_id(id).one(tx).await?.ok_or(Fault::NotFound)?;
        let mut locked = LockedOrder::lock(tx, found.order_id).await?;
        let mut payments = payment::lock_all(tx, found.order_id).await?;
        let failed = Entity::find_by_id(id).one(tx).await?.ok_or(Fault::NotFound)?;
        if let Some(again) = Entity::find().filter(Column::RetryOfId.eq(id)).one(tx).await? {
            return Ok(again);
        }
        if failed.status != RefundStatus::Failed {
            let message = format!("Only a refund that is FAILED can be repeated; this one is {}.", failed.status);
            return refuse("id", Code::InvalidState, message);
        }
        if is_counted(&failed) {
            let message =
                "What the refund was of is the store's again, so it can't be repeated; request a new refund of the store order.";
            return refuse("id", Code::InvalidState, message);
        }
        let payment = payments.iter_mut().find(|payment| payment.id == failed.payment_id).ok_or(Fault::NotFound)?;
        // Less if the money was returned at the provider in the meantime.
        let most = owed_after_failures(&of_payment(tx, payment.id).await?)?.min(payment.refundable());
        if most < failed.amount {
            let wanted = failed.amount;
            let money = |amount| Money::new(amount, failed.currency);
            let message = format!(
                "Only {} of the payment are still owed to the buyer, and the refund is of {}.",
                money(most),
                money(wanted)
            );
            return refuse("id", Code::RefundExceedsPaid, message);
        }
        let amounts = Amounts { parts: Vec::new(), shipping: Minor::ZERO, total: failed.amount };
        let by = (ActorKind::Staff, Some(staff.user_id()));
        let new = NewRefund {
            reason: failed.reason,
            note: failed.note.as_deref(),
            restock: false,
            by,
            retry_of: Some(id),
            made_as: None,
        };
        let refund = insert(tx, app, &locked, payment, failed.store_order_id, &amounts, &new).await?;
        finish(tx, app, &mut locked, &refund).await?;
        Ok(refund)
    })
}
