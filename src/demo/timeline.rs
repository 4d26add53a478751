//! What happens to an invented order on its way to its status, as it would be written down.

use crate::demo::random::Random;
use entity::event;
use entity::id::{OrderId, StoreId, StoreOrderId, UserId};
use entity::money::{CurrencyCode, Minor};
use entity::value::{ActorKind, EventType, OrderStatus};
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::DateTimeUtc;
use souk_core::live::OrderStatuses;
use souk_domain::order::status::of_order;

/// A store's part.
pub struct Part {
    pub id: StoreOrderId,
    pub store: StoreId,
    pub owner: UserId,
    /// Whether anything of it is sent.
    pub ships: bool,
    pub total: Minor,
    pub status: OrderStatus,
    pub shipped_at: Option<DateTimeUtc>,
}

struct Happening {
    kind: EventType,
    message: String,
    actor: (ActorKind, Option<UserId>),
    part: Option<(StoreOrderId, StoreId, OrderStatus)>,
    order_status: OrderStatus,
    at: DateTimeUtc,
}

/// An order as time passes.
pub struct Timeline {
    pub order: OrderId,
    buyer: Option<UserId>,
    pub placed_at: DateTimeUtc,
    pub parts: Vec<Part>,
    pub now: DateTimeUtc,
    pub paid_at: Option<DateTimeUtc>,
    happenings: Vec<Happening>,
}

const SYSTEM: (ActorKind, Option<UserId>) = (ActorKind::System, None);

fn statuses(happening: &Happening) -> OrderStatuses {
    OrderStatuses { order_status: happening.order_status, store_order_status: happening.part.map(|(.., status)| status) }
}

impl Timeline {
    pub fn new(order: OrderId, buyer: Option<UserId>, at: DateTimeUtc) -> Self {
        Self { order, buyer, placed_at: at, parts: Vec::new(), now: at, paid_at: None, happenings: Vec::new() }
    }

    pub fn add_part(&mut self, id: StoreOrderId, store: StoreId, owner: UserId, ships: bool, total: Minor) {
        self.parts.push(Part { id, store, owner, ships, total, status: OrderStatus::Pending, shipped_at: None });
    }

    pub fn order_status(&self) -> OrderStatus {
        of_order(&self.parts.iter().map(|part| part.status).collect::<Vec<_>>())
    }

    /// Leads the order to its status. `manual` says that it is paid when it arrives.
    pub fn run(&mut self, random: &mut Random, to: OrderStatus, manual: bool, words: (&str, &str, CurrencyCode)) {
        self.place(words);
        if to == OrderStatus::Pending {
            return;
        }
        self.now = random.after(self.now, 1);
        if to == OrderStatus::Failed {
            let reason = "The card was declined.";
            self.note(EventType::PaymentFailed, reason, SYSTEM);
            self.whole(to, EventType::OrderFailed, EventType::StoreOrderFailed, reason, SYSTEM);
            return;
        }
        if !manual {
            self.paid_at = Some(self.now);
            self.note(EventType::PaymentCaptured, "The payment was received.", SYSTEM);
        }
        let confirmed =
            if manual { "The order is confirmed; the payment is due on delivery." } else { "The order is confirmed." };
        self.whole(OrderStatus::Confirmed, EventType::OrderConfirmed, EventType::StoreOrderConfirmed, confirmed, SYSTEM);
        if matches!(to, OrderStatus::Cancelled | OrderStatus::Refunded) {
            self.now = random.after(self.now, 20);
            let said = "The order was cancelled: ordered by mistake.";
            self.whole(to, EventType::OrderCancelled, EventType::StoreOrderCancelled, said, self.by_buyer());
            return;
        }
        for index in 0..self.parts.len() {
            self.lead_part(random, index, to);
        }
        if manual && matches!(to, OrderStatus::Delivered | OrderStatus::Completed) {
            self.paid_at = Some(self.now);
        }
    }

    fn place(&mut self, (number, total, currency): (&str, &str, CurrencyCode)) {
        let buyer = self.by_buyer();
        self.note(EventType::OrderPlaced, format!("The order {number} over {total} was placed."), buyer);
        for index in 0..self.parts.len() {
            let Some(part) = self.parts.get(index) else { return };
            let amount = format!("{} {currency}", currency.format(part.total));
            let message = format!("The store got its part of the order {number}, over {amount}.");
            self.move_part(index, OrderStatus::Pending, EventType::StoreOrderPlaced, message, buyer);
        }
    }

    fn by_buyer(&self) -> (ActorKind, Option<UserId>) {
        (if self.buyer.is_some() { ActorKind::Customer } else { ActorKind::Guest }, self.buyer)
    }

    /// A confirmed part on its way; each step takes some hours.
    fn lead_part(&mut self, random: &mut Random, index: usize, to: OrderStatus) {
        let Some((ships, owner)) = self.parts.get(index).map(|part| (part.ships, part.owner)) else { return };
        let store = (ActorKind::Store, Some(owner));
        let reaches = |status: OrderStatus| status <= to;
        if reaches(OrderStatus::Processing) {
            self.now = random.after(self.now, 24);
            self.move_part(index, OrderStatus::Processing, EventType::StoreOrderProcessing, "The store is at work.", store);
        }
        if ships && reaches(OrderStatus::Shipped) {
            self.now = random.after(self.now, 24);
            if let Some(part) = self.parts.get_mut(index) {
                part.shipped_at = Some(self.now);
            }
            self.move_part(index, OrderStatus::Processing, EventType::FulfillmentCreated, "A parcel is on its way.", store);
            self.move_part(index, OrderStatus::Shipped, EventType::StoreOrderShipped, "All of it is on its way.", store);
        }
        // What is not sent arrives when the rest of it is sent.
        if reaches(OrderStatus::Delivered) || (!ships && reaches(OrderStatus::Shipped)) {
            self.now = random.after(self.now, 72);
            self.move_part(index, OrderStatus::Delivered, EventType::StoreOrderDelivered, "It arrived.", store);
        }
        if reaches(OrderStatus::Completed) {
            self.now = random.after(self.now, 24);
            self.move_part(index, OrderStatus::Completed, EventType::StoreOrderCompleted, "The order is done.", SYSTEM);
        }
    }

    /// All parts at once, and the order with them.
    fn whole(&mut self, to: OrderStatus, kind: EventType, part_kind: EventType, said: &str, by: (ActorKind, Option<UserId>)) {
        for part in &mut self.parts {
            part.status = to;
        }
        self.note(kind, said, by);
        for index in 0..self.parts.len() {
            self.move_part(index, to, part_kind, said, by);
        }
    }

    fn note(&mut self, kind: EventType, message: impl Into<String>, actor: (ActorKind, Option<UserId>)) {
        let order_status = self.order_status();
        let message = message.into();
        self.happenings.push(Happening { kind, message, actor, part: None, order_status, at: self.now });
    }

    fn move_part(
        &mut self,
        index: usize,
        to: OrderStatus,
        kind: EventType,
        message: impl Into<String>,
        actor: (ActorKind, Option<UserId>),
    ) {
        let Some(part) = self.parts.get_mut(index) else { return };
        part.status = to;
        let of = Some((part.id, part.store, to));
        let (message, order_status) = (message.into(), self.order_status());
        self.happenings.push(Happening { kind, message, actor, part: of, order_status, at: self.now });
    }

    /// As rows. The sequencer gives them their positions, as to all events.
    pub fn into_rows(self, random: &mut Random) -> Vec<event::ActiveModel> {
        let (order, buyer) = (self.order, self.buyer);
        let row = |(sequence, happening): (i32, Happening)| event::ActiveModel {
            id: Set(random.id(happening.at)),
            position: Set(None),
            kind: Set(Some(happening.kind.as_str().to_owned())),
            subject_type: Set(Some(event::ORDER.to_owned())),
            subject_id: Set(Some(order.0)),
            sequence: Set(Some(sequence)),
            payload: Set(serde_json::to_value(statuses(&happening)).ok()),
            order_id: Set(Some(order)),
            order_sequence: Set(Some(sequence)),
            store_order_id: Set(happening.part.map(|(id, ..)| id.0)),
            store_id: Set(happening.part.map(|(_, id, _)| id.0)),
            user_id: Set(buyer.map(|id| id.0)),
            event_type: Set(Some(happening.kind)),
            message: Set(Some(happening.message)),
            actor_user_id: Set(happening.actor.1.map(|id| id.0)),
            actor_kind: Set(happening.actor.0),
            order_status: Set(Some(happening.order_status)),
            store_order_status: Set(happening.part.map(|(.., status)| status)),
            // Microseconds apart, so that they are read in their order.
            created_at: Set(happening.at + std::time::Duration::from_micros(u64::from(sequence.unsigned_abs()))),
        };
        (1..).zip(self.happenings).map(row).collect()
    }
}
