//! An order that is being changed, with all of its rows locked, so that the second of two concurrent changes sees the first.

use crate::order::line::due;
use crate::order::status::{self, StoreOrderState};
use entity::id::{OrderId, ProductVariantId, StoreOrderId, UserId};
use entity::money::Minor;
use entity::value::{ActorKind, EventType, OrderStatus};
use entity::versioned::{Versioned, VersionedTable};
use entity::{order, order_line, store_order};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use souk_core::app::App;
use souk_core::db::Tx;
use souk_core::error::{Fault, Result};
use souk_core::live::NewOrderEvent;
use souk_core::text::truncate;

/// Maximum length of an event's message, in characters.
const MAX_MESSAGE_LENGTH: usize = 500;

/// The actor of a change, for the timeline.
pub(crate) type By = (ActorKind, Option<UserId>);

/// The system itself.
pub(crate) const SYSTEM: By = (ActorKind::System, None);

/// An order with its store orders and lines, by ID. The order is locked before its store orders; see `docs/LOCKS.md`.
pub(crate) struct LockedOrder {
    pub order: order::Model,
    pub store_orders: Vec<store_order::Model>,
    pub lines: Vec<order_line::Model>,
    original: order::Model,
    changed: Vec<StoreOrderId>,
}

impl LockedOrder {
    /// Locks and reads an order; [`Fault::NotFound`] if it does not exist.
    pub(crate) async fn lock(tx: &Tx, id: OrderId) -> Result<Self> {
        Self::lock_by(tx, order::Entity::find_by_id(id)).await
    }

    /// As [`LockedOrder::lock`], for the order that `query` finds.
    pub(crate) async fn lock_by(tx: &Tx, query: Select<order::Entity>) -> Result<Self> {
        let order = query.lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
        let id = order.id;
        let store_orders = store_order::Entity::find().filter(store_order::Column::OrderId.eq(id));
        let store_orders = store_orders.order_by_asc(store_order::Column::Id).lock_exclusive().all(tx).await?;
        let lines = order_line::Entity::find().filter(order_line::Column::OrderId.eq(id));
        let lines = lines.order_by_asc(order_line::Column::Id).all(tx).await?;
        Ok(Self::of(order, store_orders, lines))
    }

    /// For rows that are locked already or were written in this transaction. All rows of the order must be given.
    pub(crate) fn of(order: order::Model, store_orders: Vec<store_order::Model>, lines: Vec<order_line::Model>) -> Self {
        Self { original: order.clone(), order, store_orders, lines, changed: Vec::new() }
    }

    pub(crate) fn store_order(&self, id: StoreOrderId) -> Result<&store_order::Model> {
        Ok(self.store_orders.iter().find(|store_order| store_order.id == id).ok_or(Fault::NotFound)?)
    }

    /// A store order that is going to be changed; written by [`LockedOrder::save`].
    pub(crate) fn store_order_mut(&mut self, id: StoreOrderId) -> Result<&mut store_order::Model> {
        self.changed.push(id);
        Ok(self.store_orders.iter_mut().find(|store_order| store_order.id == id).ok_or(Fault::NotFound)?)
    }

    /// IDs of the store orders with a status.
    pub(crate) fn store_orders_in(&self, status: OrderStatus) -> Vec<StoreOrderId> {
        self.store_orders.iter().filter(|store_order| store_order.status == status).map(|store_order| store_order.id).collect()
    }

    /// The lines of a store order.
    pub(crate) fn lines_of(&self, store_order: StoreOrderId) -> impl Iterator<Item = &order_line::Model> {
        self.lines.iter().filter(move |line| line.store_order_id == store_order)
    }

    /// Quantities that store orders took from the stock, without those that were restored.
    pub(crate) fn stock_of(&self, store_orders: &[StoreOrderId]) -> Vec<(ProductVariantId, i32)> {
        let lines = self.lines.iter().filter(|line| store_orders.contains(&line.store_order_id));
        lines.map(|line| (ProductVariantId(line.variant_id), line.quantity - line.cancelled_quantity)).collect()
    }

    /// What a store order costs without what was cancelled.
    pub(crate) fn due_of(&self, id: StoreOrderId) -> Result<Minor> {
        Ok(due(self.store_order(id)?, &self.lines_of(id).collect::<Vec<_>>())?)
    }

    /// The state that determines the allowed next statuses.
    pub(crate) fn state(&self, store_order: &store_order::Model) -> StoreOrderState {
        StoreOrderState::of(store_order.status, self.lines_of(store_order.id))
    }

    /// Changes the status of a store order, if the transition is allowed; `path` is the field that named it. Written by
    /// [`LockedOrder::save`].
    pub(crate) fn transition(&mut self, path: &str, id: StoreOrderId, to: OrderStatus) -> Result<()> {
        status::check_transition(path, self.state(self.store_order(id)?), to)?;
        if let Some(store_order) = self.store_orders.iter_mut().find(|store_order| store_order.id == id) {
            store_order.status = to;
            self.changed.push(id);
        }
        Ok(())
    }

    /// Makes failed store orders pending again, as their money arrived late: the only way out of a final status. The caller has taken
    /// their stock again, and confirms them.
    pub(crate) fn revive(&mut self, ids: &[StoreOrderId]) {
        for store_order in self.store_orders.iter_mut().filter(|row| ids.contains(&row.id) && row.status == OrderStatus::Failed) {
            store_order.status = OrderStatus::Pending;
            self.changed.push(store_order.id);
        }
        self.order.status = self.computed_status();
    }

    fn computed_status(&self) -> OrderStatus {
        status::of_order(&self.store_orders.iter().map(|store_order| store_order.status).collect::<Vec<_>>())
    }

    /// Marks a store order as changed, so that [`LockedOrder::save`] increments its version.
    pub(crate) fn mark_changed(&mut self, id: StoreOrderId) {
        self.changed.push(id);
    }

    /// Writes the changes; computes the order's status from its store orders.
    pub(crate) async fn save(&mut self, tx: &Tx, app: &App) -> Result<()> {
        let now = app.clock.now();
        for store_order in self.store_orders.iter_mut().filter(|store_order| self.changed.contains(&store_order.id)) {
            store_order.touch(now);
            store_order::Entity::touch_many(now)
                .col_expr(store_order::Column::Status, Expr::value(store_order.status.as_str()))
                .col_expr(store_order::Column::PaidTotal, Expr::value(store_order.paid_total))
                .col_expr(store_order::Column::RefundedTotal, Expr::value(store_order.refunded_total))
                .col_expr(store_order::Column::RefundedShippingTotal, Expr::value(store_order.refunded_shipping_total))
                .col_expr(
                    store_order::Column::PostedMarketplaceDiscountTotal,
                    Expr::value(store_order.posted_marketplace_discount_total),
                )
                .col_expr(store_order::Column::PostedCommissionTotal, Expr::value(store_order.posted_commission_total))
                .col_expr(store_order::Column::PostedCommissionTaxTotal, Expr::value(store_order.posted_commission_tax_total))
                .col_expr(store_order::Column::PostedTaxTotal, Expr::value(store_order.posted_tax_total))
                .col_expr(store_order::Column::DisputedTotal, Expr::value(store_order.disputed_total))
                .col_expr(store_order::Column::LostTotal, Expr::value(store_order.lost_total))
                .col_expr(store_order::Column::PostedFeeTotal, Expr::value(store_order.posted_fee_total))
                .col_expr(store_order::Column::PayableAt, Expr::value(store_order.payable_at))
                .filter(store_order::Column::Id.eq(store_order.id))
                .exec(tx)
                .await?;
        }
        self.order.status = self.computed_status();
        if !status::counts_as_unpaid(&self.order) {
            self.order.client_network = None;
        }
        if self.order == self.original && self.changed.is_empty() {
            return Ok(());
        }
        self.order.touch(now);
        order::Entity::touch_many(now)
            .col_expr(order::Column::Status, Expr::value(self.order.status.as_str()))
            .col_expr(order::Column::PaidAt, Expr::value(self.order.paid_at))
            .col_expr(order::Column::HoldExpiresAt, Expr::value(self.order.hold_expires_at))
            .col_expr(order::Column::ClientNetwork, Expr::value(self.order.client_network.clone()))
            .col_expr(order::Column::RefundDue, Expr::value(self.order.refund_due))
            .filter(order::Column::Id.eq(self.order.id))
            .exec(tx)
            .await?;
        self.changed.clear();
        Ok(())
    }

    /// An event of the whole order, with its current status.
    pub(crate) fn event(&self, event_type: EventType, message: impl AsRef<str>, actor: By) -> NewOrderEvent {
        NewOrderEvent {
            order_id: self.order.id,
            part: None,
            buyer: self.order.user_id,
            event_type,
            message: truncate(message.as_ref(), MAX_MESSAGE_LENGTH).to_owned(),
            actor,
            order_status: self.order.status,
        }
    }

    /// An event of a store order, with its current status.
    pub(crate) fn store_order_event(
        &self,
        id: StoreOrderId,
        event_type: EventType,
        message: impl AsRef<str>,
        actor: By,
    ) -> Result<NewOrderEvent> {
        let store_order = self.store_order(id)?;
        Ok(NewOrderEvent {
            part: Some((store_order.id, store_order.store_id, store_order.status)),
            ..self.event(event_type, message, actor)
        })
    }
}
