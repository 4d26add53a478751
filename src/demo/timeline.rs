//! The events of a demo order on its way to its status.

use crate::demo::random::Random;
use entity::event;
use entity::id::{OrderId, StoreId, StoreOrderId, UserId};
use entity::money::{CurrencyCode, Minor};
use entity::value::{ActorKind, EventType, OrderStatus};
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::DateTimeUtc;
use souk_core::live::OrderStatuses;
use souk_domain::order::status::of_order;

/// A store order.
pub(super) struct StoreOrderState {
    pub id: StoreOrderId,
    pub store: StoreId,
    pub owner: UserId,
    /// Whether any of its lines is shipped.
    pub ships: bool,
    pub total: Minor,
    pub status: OrderStatus,
    pub shipped_at: Option<DateTimeUtc>,
    pub delivered_at: Option<DateTimeUtc>,
}

struct TimelineEvent {
    kind: EventType,
    message: String,
    actor: (ActorKind, Option<UserId>),
    store_order: Option<(StoreOrderId, StoreId, OrderStatus)>,
    order_status: OrderStatus,
    at: DateTimeUtc,
}

/// A demo order and its events up to `now`.
pub(super) struct Timeline {
    pub order: OrderId,
    buyer: Option<UserId>,
    pub placed_at: DateTimeUtc,
    pub store_orders: Vec<StoreOrderState>,
    pub now: DateTimeUtc,
    pub paid_at: Option<DateTimeUtc>,
    events: Vec<TimelineEvent>,
}

const SYSTEM: (ActorKind, Option<UserId>) = (ActorKind::System, None);

fn statuses(event: &TimelineEvent) -> OrderStatuses {
    OrderStatuses {
        order_status: event.order_status,
        store_order_status: event.store_order.map(|(.., status)| status),
        order_id: None,
    }
}

impl Timeline {
    pub(super) fn new(order: OrderId, buyer: Option<UserId>, at: DateTimeUtc) -> Self {
        Self { order, buyer, placed_at: at, store_orders: Vec::new(), now: at, paid_at: None, events: Vec::new() }
    }

    pub(super) fn add_store_order(&mut self, id: StoreOrderId, store: StoreId, owner: UserId, ships: bool, total: Minor) {
        self.store_orders.push(StoreOrderState {
            id,
            store,
            owner,
            ships,
            total,
            status: OrderStatus::Pending,
            shipped_at: None,
            delivered_at: None,
        });
    }

    pub(super) fn order_status(&self) -> OrderStatus {
        of_order(&self.store_orders.iter().map(|store_order| store_order.status).collect::<Vec<_>>())
    }

    /// Adds the events until the order has the status `to`. With `manual` it is paid on delivery.
    pub(super) fn run(&mut self, random: &mut Random, to: OrderStatus, manual: bool, words: (&str, &str, CurrencyCode)) {
        self.place(words);
        if to == OrderStatus::Pending {
            return;
        }
        self.now = random.after(self.now, 1);
        if to == OrderStatus::Failed {
            let reason = "The card was declined.";
            self.note(EventType::PaymentFailed, reason, SYSTEM);
            self.set_status(to, EventType::OrderFailed, EventType::StoreOrderFailed, reason, SYSTEM);
            return;
        }
        if !manual {
            self.paid_at = Some(self.now);
            self.note(EventType::PaymentCaptured, "The payment was received.", SYSTEM);
        }
        let confirmed =
            if manual { "The order is confirmed; the payment is due on delivery." } else { "The order is confirmed." };
        self.set_status(OrderStatus::Confirmed, EventType::OrderConfirmed, EventType::StoreOrderConfirmed, confirmed, SYSTEM);
        if matches!(to, OrderStatus::Cancelled | OrderStatus::Refunded) {
            self.now = random.after(self.now, 20);
            let said = "The order was cancelled: ordered by mistake.";
            self.set_status(to, EventType::OrderCancelled, EventType::StoreOrderCancelled, said, self.by_buyer());
            return;
        }
        for index in 0..self.store_orders.len() {
            self.advance(random, index, to);
        }
        if manual && matches!(to, OrderStatus::Delivered | OrderStatus::Completed) {
            self.paid_at = Some(self.now);
        }
    }

    fn place(&mut self, (number, total, currency): (&str, &str, CurrencyCode)) {
        let buyer = self.by_buyer();
        self.note(EventType::OrderPlaced, format!("The order {number} for {total} was placed."), buyer);
        for index in 0..self.store_orders.len() {
            let Some(store_order) = self.store_orders.get(index) else { return };
            let amount = format!("{} {currency}", currency.format(store_order.total));
            let message = format!("A store order of the order {number} for {amount} was placed.");
            self.set_store_order_status(index, OrderStatus::Pending, EventType::StoreOrderPlaced, message, buyer);
        }
    }

    fn by_buyer(&self) -> (ActorKind, Option<UserId>) {
        (if self.buyer.is_some() { ActorKind::Customer } else { ActorKind::Guest }, self.buyer)
    }

    /// Adds the events of a confirmed store order. The steps are some hours apart.
    fn advance(&mut self, random: &mut Random, index: usize, to: OrderStatus) {
        let Some((ships, owner)) = self.store_orders.get(index).map(|store_order| (store_order.ships, store_order.owner)) else {
            return;
        };
        let store = (ActorKind::Store, Some(owner));
        let reaches = |status: OrderStatus| status <= to;
        if reaches(OrderStatus::Processing) {
            self.now = random.after(self.now, 24);
            self.set_store_order_status(
                index,
                OrderStatus::Processing,
                EventType::StoreOrderProcessing,
                "The store is preparing the store order.",
                store,
            );
        }
        if ships && reaches(OrderStatus::Shipped) {
            self.now = random.after(self.now, 24);
            if let Some(store_order) = self.store_orders.get_mut(index) {
                store_order.shipped_at = Some(self.now);
            }
            self.set_store_order_status(
                index,
                OrderStatus::Processing,
                EventType::FulfillmentCreated,
                "Some items were shipped.",
                store,
            );
            self.set_store_order_status(
                index,
                OrderStatus::Shipped,
                EventType::StoreOrderShipped,
                "All items were shipped.",
                store,
            );
        }
        // Digital items are delivered when the others are shipped.
        if reaches(OrderStatus::Delivered) || (!ships && reaches(OrderStatus::Shipped)) {
            self.now = random.after(self.now, 72);
            if let Some(store_order) = self.store_orders.get_mut(index) {
                store_order.delivered_at = Some(self.now);
            }
            self.set_store_order_status(
                index,
                OrderStatus::Delivered,
                EventType::StoreOrderDelivered,
                "The store order was delivered.",
                store,
            );
        }
        if reaches(OrderStatus::Completed) {
            self.now = random.after(self.now, 24);
            self.set_store_order_status(
                index,
                OrderStatus::Completed,
                EventType::StoreOrderCompleted,
                "The store order is completed.",
                SYSTEM,
            );
        }
    }

    /// Moves the order and all store orders to a status.
    fn set_status(
        &mut self,
        to: OrderStatus,
        kind: EventType,
        store_order_kind: EventType,
        said: &str,
        by: (ActorKind, Option<UserId>),
    ) {
        for store_order in &mut self.store_orders {
            store_order.status = to;
        }
        self.note(kind, said, by);
        for index in 0..self.store_orders.len() {
            self.set_store_order_status(index, to, store_order_kind, said, by);
        }
    }

    fn note(&mut self, kind: EventType, message: impl Into<String>, actor: (ActorKind, Option<UserId>)) {
        let order_status = self.order_status();
        let message = message.into();
        self.events.push(TimelineEvent { kind, message, actor, store_order: None, order_status, at: self.now });
    }

    fn set_store_order_status(
        &mut self,
        index: usize,
        to: OrderStatus,
        kind: EventType,
        message: impl Into<String>,
        actor: (ActorKind, Option<UserId>),
    ) {
        let Some(store_order) = self.store_orders.get_mut(index) else { return };
        store_order.status = to;
        let of = Some((store_order.id, store_order.store, to));
        let (message, order_status) = (message.into(), self.order_status());
        self.events.push(TimelineEvent { kind, message, actor, store_order: of, order_status, at: self.now });
    }

    /// The events as rows. Like all events, they get their positions from the sequencer.
    pub(super) fn into_rows(self, random: &mut Random) -> Vec<event::ActiveModel> {
        let (order, buyer) = (self.order, self.buyer);
        let row = |(sequence, event): (i32, TimelineEvent)| event::ActiveModel {
            id: Set(random.id(event.at)),
            position: Set(None),
            kind: Set(Some(event.kind.as_str().to_owned())),
            subject_type: Set(Some(entity::event::ORDER.to_owned())),
            subject_id: Set(Some(order.0)),
            sequence: Set(Some(sequence)),
            payload: Set(serde_json::to_value(statuses(&event)).ok()),
            order_id: Set(Some(order)),
            order_sequence: Set(Some(sequence)),
            store_order_id: Set(event.store_order.map(|(id, ..)| id.0)),
            store_id: Set(event.store_order.map(|(_, id, _)| id.0)),
            user_id: Set(buyer.map(|id| id.0)),
            event_type: Set(Some(event.kind)),
            message: Set(Some(event.message)),
            actor_user_id: Set(event.actor.1.map(|id| id.0)),
            actor_kind: Set(event.actor.0),
            order_status: Set(Some(event.order_status)),
            store_order_status: Set(event.store_order.map(|(.., status)| status)),
            // Microseconds apart, so that sorting by time keeps their order.
            created_at: Set(event.at + std::time::Duration::from_micros(u64::from(sequence.unsigned_abs()))),
        };
        (1..).zip(self.events).map(row).collect()
    }
}
