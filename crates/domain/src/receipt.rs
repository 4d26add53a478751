//! Money that people received: cash on delivery, a bank transfer.

use crate::order::locked::{By, LockedOrder};
use crate::order::status::{follows, invalid_state, is_void};
use crate::payment;
use entity::id::OrderId;
use entity::order;
use entity::value::{ActorKind, EventType};
use souk_core::app::App;
use souk_core::auth::Staff;
use souk_core::auth::permissions::ManageOrders;
use souk_core::db::Tx;
use souk_core::error::Result;
use souk_core::live;
use souk_core::transact;

/// The staff notes that the money of an order that is paid by hand was received.
pub async fn mark_paid(app: &App, staff: &Staff<ManageOrders>, id: OrderId) -> Result<order::Model> {
    let by = (ActorKind::Staff, Some(staff.user_id()));
    transact!(app.db, tx, {
        let mut locked = LockedOrder::lock(tx, id).await?;
        note_paid(tx, app, &mut locked, by).await?;
        Ok(locked.order)
    })
}

/// Notes it for an order that is locked: its payment by hand becomes received, and the order paid.
pub(crate) async fn note_paid(tx: &Tx, app: &App, locked: &mut LockedOrder, by: By) -> Result<()> {
    if is_void(locked.order.status) {
        let message = format!("The order is {}, so nothing is to be paid; {}.", locked.order.status, follows(&[]));
        return Err(invalid_state("id", message, &[]).into());
    }
    let Some(payment) = payment::receive_manual(tx, app, &locked.order).await? else {
        let message = match locked.order.paid_at {
            Some(_) => "The order is paid already.",
            None => "The order is not paid by hand: its payment provider says when the money is received.",
        };
        return Err(invalid_state("id", message.to_owned(), &[]).into());
    };
    locked.order.paid_at = Some(app.clock.now());
    locked.save(tx, app).await?;
    let message = format!("{} {} were received.", payment.currency.format(payment.amount), payment.currency);
    live::append(tx, &app.clock, vec![locked.event(EventType::PaymentCaptured, message, by)]).await
}
