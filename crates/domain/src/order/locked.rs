//! An order that is being changed: all of its rows are held, so that of two changes at once the second sees the first.

use crate::order::status::{self, Standing};
use entity::id::{OrderId, ProductVariantId, StoreOrderId, UserId};
use entity::value::{ActorKind, EventType, OrderStatus};
use entity::{order, order_line, store_order};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use souk_core::app::App;
use souk_core::db::Tx;
use souk_core::error::{Fault, Result};
use souk_core::live::NewOrderEvent;
use souk_core::text::truncate;

/// The longest message of an event.
const MESSAGE: usize = 500;

/// Who changes an order, as its timeline says it.
pub(crate) type By = (ActorKind, Option<UserId>);

/// Souk itself.
pub(crate) const SYSTEM: By = (ActorKind::System, None);

/// An order, its parts and its lines, by ID. Locked in the one order that can't deadlock: the order first, then its parts.
pub(crate) struct LockedOrder {
    pub order: order::Model,
    pub parts: Vec<store_order::Model>,
    pub lines: Vec<order_line::Model>,
    found: order::Model,
    moved: Vec<StoreOrderId>,
}

impl LockedOrder {
    /// Locks and reads it; [`Fault::NotFound`] where there is none.
    pub async fn lock(tx: &Tx, id: OrderId) -> Result<Self> {
        Self::with_parts(tx, order::Entity::find_by_id(id)).await
    }

    /// As [`LockedOrder::lock`], by another query that finds one order.
    pub async fn with_parts(tx: &Tx, query: Select<order::Entity>) -> Result<Self> {
        let order = query.lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
        let id = order.id;
        let parts = store_order::Entity::find().filter(store_order::Column::OrderId.eq(id));
        let parts = parts.order_by_asc(store_order::Column::Id).lock_exclusive().all(tx).await?;
        let lines = order_line::Entity::find().filter(order_line::Column::OrderId.eq(id));
        let lines = lines.order_by_asc(order_line::Column::Id).all(tx).await?;
        Ok(Self::of(order, parts, lines))
    }

    /// One whose rows were written in this transaction, so that nobody else can hold them; all of them must be given.
    pub fn of(order: order::Model, parts: Vec<store_order::Model>, lines: Vec<order_line::Model>) -> Self {
        Self { found: order.clone(), order, parts, lines, moved: Vec::new() }
    }

    /// One of its parts.
    pub fn part(&self, id: StoreOrderId) -> Result<&store_order::Model> {
        Ok(self.parts.iter().find(|part| part.id == id).ok_or(Fault::NotFound)?)
    }

    /// The parts in a status.
    pub fn parts_in(&self, status: OrderStatus) -> Vec<StoreOrderId> {
        self.parts.iter().filter(|part| part.status == status).map(|part| part.id).collect()
    }

    /// The lines of a part.
    pub fn lines_of(&self, part: StoreOrderId) -> impl Iterator<Item = &order_line::Model> {
        self.lines.iter().filter(move |line| line.store_order_id == part)
    }

    /// What was taken from the stock for some parts, and not given back yet.
    pub fn stock_of(&self, parts: &[StoreOrderId]) -> Vec<(ProductVariantId, i32)> {
        let lines = self.lines.iter().filter(|line| parts.contains(&line.store_order_id));
        lines.map(|line| (ProductVariantId(line.variant_id), line.quantity - line.cancelled_quantity)).collect()
    }

    /// What decides where a part can go.
    pub fn standing(&self, part: &store_order::Model) -> Standing {
        Standing::of(part.status, self.lines_of(part.id))
    }

    /// Moves a part, by the table of moves; `path` is the field that named it. Written by [`LockedOrder::save`].
    pub fn move_part(&mut self, path: &str, id: StoreOrderId, to: OrderStatus) -> Result<()> {
        status::check_move(path, self.standing(self.part(id)?), to)?;
        if let Some(part) = self.parts.iter_mut().find(|part| part.id == id) {
            part.status = to;
            self.moved.push(id);
        }
        Ok(())
    }

    /// Notes that something of a part changed other than its status, so that [`LockedOrder::save`] raises its version.
    pub fn touch_part(&mut self, id: StoreOrderId) {
        self.moved.push(id);
    }

    /// Writes what changed; the order's status follows from its parts.
    pub async fn save(&mut self, tx: &Tx, app: &App) -> Result<()> {
        let now = app.clock.now();
        for part in self.parts.iter_mut().filter(|part| self.moved.contains(&part.id)) {
            part.version += 1;
            part.updated_at = now;
            store_order::Entity::update_many()
                .col_expr(store_order::Column::Status, Expr::value(part.status.as_str()))
                .col_expr(store_order::Column::Version, Expr::value(part.version))
                .col_expr(store_order::Column::UpdatedAt, Expr::value(now))
                .filter(store_order::Column::Id.eq(part.id))
                .exec(tx)
                .await?;
        }
        let statuses: Vec<_> = self.parts.iter().map(|part| part.status).collect();
        self.order.status = status::of_order(&statuses);
        if !status::counts_as_unpaid(&self.order) {
            self.order.client_network = None;
        }
        if self.order == self.found && self.moved.is_empty() {
            return Ok(());
        }
        self.order.version += 1;
        self.order.updated_at = now;
        order::Entity::update_many()
            .col_expr(order::Column::Status, Expr::value(self.order.status.as_str()))
            .col_expr(order::Column::PaidAt, Expr::value(self.order.paid_at))
            .col_expr(order::Column::HoldExpiresAt, Expr::value(self.order.hold_expires_at))
            .col_expr(order::Column::ClientNetwork, Expr::value(self.order.client_network.clone()))
            .col_expr(order::Column::RefundDue, Expr::value(self.order.refund_due))
            .col_expr(order::Column::Version, Expr::value(self.order.version))
            .col_expr(order::Column::UpdatedAt, Expr::value(now))
            .filter(order::Column::Id.eq(self.order.id))
            .exec(tx)
            .await?;
        self.moved.clear();
        Ok(())
    }

    /// An event of the whole order, with its status as it is now.
    pub fn event(&self, event_type: EventType, message: impl AsRef<str>, actor: By) -> NewOrderEvent {
        NewOrderEvent {
            order_id: self.order.id,
            part: None,
            buyer: self.order.user_id,
            event_type,
            message: truncate(message.as_ref(), MESSAGE).to_owned(),
            actor,
            order_status: self.order.status,
        }
    }

    /// An event of one part, with its status as it is now.
    pub fn part_event(
        &self,
        id: StoreOrderId,
        event_type: EventType,
        message: impl AsRef<str>,
        actor: By,
    ) -> Result<NewOrderEvent> {
        let part = self.part(id)?;
        Ok(NewOrderEvent { part: Some((part.id, part.store_id, part.status)), ..self.event(event_type, message, actor) })
    }
}
