//! What a stream can follow, and who may.

use crate::app::App;
use crate::auth::{Customer, StoreStaff, Viewer};
use crate::crypto::keys::Capability;
use crate::error::{Fault, Result};
use entity::event;
use entity::id::{OrderId, StoreId, UserId};
use entity::order;
use entity::value::Permission;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};

/// Which events a stream carries. Made only by a check that the caller may see them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Topic(pub(super) Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Order(OrderId),
    Customer(UserId),
    Store(StoreId),
}

impl Topic {
    /// One order: for its buyer, for a caller with its token, and for staff with MANAGE_ORDERS. For others it does not exist.
    pub async fn order(app: &App, viewer: &Viewer, id: Option<OrderId>, token: Option<&str>) -> Result<Self> {
        let by_token = token.and_then(|token| app.keys.check::<OrderId>(Capability::Order, token));
        let id = match (id, token, by_token) {
            (None, None, _) => {
                let message = "one of orderId and orderToken is required".to_owned();
                return Err(Fault::BadUserInput { argument: "orderId", message }.into());
            }
            (_, Some(_), None) => return Err(Fault::NotFound.into()),
            (Some(id), _, Some(proven)) if id != proven => return Err(Fault::NotFound.into()),
            (_, _, Some(proven)) => proven,
            (Some(id), None, None) => id,
        };
        let mut query = order::Entity::find_by_id(id).select_only().column(order::Column::Id);
        if by_token.is_none() && !viewer.may(Permission::ManageOrders) {
            query = query.filter(order::Column::UserId.eq(viewer.user_id().ok_or(Fault::NotFound)?));
        }
        let found: Option<OrderId> = query.into_tuple().one(app.db.read()).await?;
        Ok(Self(Kind::Order(found.ok_or(Fault::NotFound)?)))
    }

    /// All orders of a customer.
    pub fn own_orders(customer: &Customer) -> Self {
        Self(Kind::Customer(customer.user_id()))
    }

    /// All store orders of a store.
    pub fn store_orders(staff: &StoreStaff) -> Self {
        Self(Kind::Store(staff.store_id()))
    }

    /// The topics an event belongs to: all are about orders, so an event of another subject belongs to none.
    pub(super) fn of(event: &event::Model) -> impl Iterator<Item = Self> {
        let is_of_order = matches!(event.subject(), Some((event::ORDER | event::DISPUTE, ..)));
        let order = event.order_id.map(|id| Self(Kind::Order(id)));
        let customer = event.user_id.map(|id| Self(Kind::Customer(UserId(id))));
        let store = event.store_id.map(|id| Self(Kind::Store(StoreId(id))));
        [order, customer, store].into_iter().flatten().filter(move |_| is_of_order)
    }

    /// Condition for the events of the topic.
    pub(super) fn filter(self) -> Condition {
        use event::Column;
        // A version before migration 0019 writes no subject, and orders only.
        let of_order = Condition::any()
            .add(Column::SubjectType.eq(event::ORDER))
            .add(Column::SubjectType.eq(event::DISPUTE))
            .add(Column::SubjectType.is_null());
        Condition::all().add(of_order).add(match self.0 {
            Kind::Order(id) => Column::OrderId.eq(id),
            Kind::Customer(id) => Column::UserId.eq(id.0),
            Kind::Store(id) => Column::StoreId.eq(id.0),
        })
    }
}
