//! Manual payments that were received: cash on delivery, a bank transfer.

use crate::order::locked::{By, LockedOrder};
use crate::order::status::{follows, invalid_state, is_void};
use crate::payment;
use entity::id::OrderId;
use entity::money::Money;
use entity::order;
use entity::value::{ActorKind, EventType};
use souk_core::app::App;
use souk_core::auth::Staff;
use souk_core::auth::permissions::ManageOrders;
use souk_core::db::Tx;
use souk_core::error::Result;
use souk_core::live;
use souk_core::transact;

/// Records for staff that the manual payment of an order was received.
pub async fn mark_paid(app: &App, staff: &Staff<ManageOrders>, id: OrderId) -> Result<order::Model> {
    let by = (ActorKind::Staff, Some(staff.user_id()));
    transact!(app.db, tx, {
        let mut locked = LockedOrder::lock(tx, id).await?;
        note_paid(tx, app, &mut locked, by).await?;
        Ok(locked.order)
    })
}

/// Records for a locked order that its manual payment was received.
pub(crate) async fn note_paid(tx: &Tx, app: &App, locked: &mut LockedOrder, by: By) -> Result<()> {
    if is_void(locked.order.status) {
        let message = format!("The order is {} and can't be paid; {}.", locked.order.status, follows(&[]));
        return Err(invalid_state("id", message, &[]).into());
    }
    let Some(payment) = payment::capture_manual(tx, app, locked).await? else {
        let message = match locked.order.paid_at {
            Some(_) => "The order is paid already.",
            None => "The order has no manual payment; its payment provider reports when the money is received.",
        };
        return Err(invalid_state("id", message.to_owned(), &[]).into());
    };
    locked.order.paid_at = Some(app.clock.now());
    locked.save(tx, app).await?;
    let message = format!("{} were received.", Money::new(payment.captured_amount, payment.currency));
    live::append(tx, &app.clock, vec![locked.event(EventType::PaymentCaptured, message, by)]).await
}
