//! Manual payments that were received: cash on delivery, a bank transfer.

use crate::order::locked::{By, LockedOrder};
use crate::order::status::{follows, invalid_state, is_void};
use crate::{download, payment, posting};
use entity::id::{OrderId, StoreOrderId};
use entity::money::{Minor, Money};
use entity::order;
use entity::value::{ActorKind, CollectedBy, EventType, PaymentStatus};
use souk_core::app::App;
use souk_core::auth::Staff;
use souk_core::auth::permissions::ManageOrders;
use souk_core::db::Tx;
use souk_core::error::Result;
use souk_core::live;
use souk_core::transact;

/// Records for staff that the marketplace received what is still due of the manual payment of an order.
pub async fn mark_paid(app: &App, staff: &Staff<ManageOrders>, id: OrderId) -> Result<order::Model> {
    let by = (ActorKind::Staff, Some(staff.user_id()));
    transact!(app.db, tx, {
        let mut locked = LockedOrder::lock(tx, id).await?;
        if is_void(locked.order.status) {
            let message = format!("The order is {} and can't be paid; {}.", locked.order.status, follows(&[]));
            return Err(invalid_state("id", message, &[]).into());
        }
        let live = locked.store_orders.iter().filter(|row| !is_void(row.status)).map(|row| row.id).collect::<Vec<_>>();
        receive(tx, app, &mut locked, &live, CollectedBy::Marketplace, by).await?;
        Ok(locked.order)
    })
}

/// Records for a locked order that the manual payment of one store order was received.
pub(crate) async fn mark_store_order_paid(
    tx: &Tx,
    app: &App,
    locked: &mut LockedOrder,
    id: StoreOrderId,
    collected_by: CollectedBy,
    by: By,
) -> Result<()> {
    let status = locked.store_order(id)?.status;
    if is_void(status) {
        let message = format!("The store order is {status} and can't be paid; {}.", follows(&[]));
        return Err(invalid_state("id", message, &[]).into());
    }
    receive(tx, app, locked, &[id], collected_by, by).await
}

/// Records what store orders still owe as received.
async fn receive(
    tx: &Tx,
    app: &App,
    locked: &mut LockedOrder,
    store_orders: &[StoreOrderId],
    collected_by: CollectedBy,
    by: By,
) -> Result<()> {
    let open = payment::lock_open_manual(tx, locked).await?;
    let owed = store_orders.iter().map(|id| Ok((*id, posting::owed_by(locked, *id)?))).collect::<Result<Vec<_>>>()?;
    let nothing_is_owed = owed.iter().all(|(_, amount)| *amount == Minor::ZERO);
    let payment = match open {
        // An order that costs nothing is paid by marking it.
        Some(payment) if !nothing_is_owed || payment.amount_due() == payment.captured_amount => payment,
        open => {
            let message = match open.is_some() || locked.order.paid_at.is_some() {
                true => "The order is paid already.",
                false => "The order has no manual payment; its payment provider reports when the money is received.",
            };
            return Err(invalid_state("id", message.to_owned(), &[]).into());
        }
    };
    let (payment, captures) = payment::capture_manual(tx, app, payment, &owed, collected_by).await?;
    posting::post_captures(tx, app, locked, &payment, &captures, true).await?;
    if payment.status == PaymentStatus::Captured {
        locked.order.paid_at = Some(app.clock.now());
    }
    locked.save(tx, app).await?;
    download::grant(tx, app, locked, store_orders).await?;
    let received = Minor::sum(captures.iter().map(|capture| capture.amount))?;
    let message = format!("{} were received.", Money::new(received, payment.currency));
    let event = match store_orders {
        [only] if locked.store_orders.len() > 1 => locked.store_order_event(*only, EventType::PaymentCaptured, message, by)?,
        _ => locked.event(EventType::PaymentCaptured, message, by),
    };
    live::append(tx, &app.clock, vec![event]).await
}
