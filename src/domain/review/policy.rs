//! Who may review a product.

use crate::app::App;
use crate::auth::{Customer, Person};
use crate::domain::setting::{ReviewPolicy, Settings};
use crate::error::{Code, Fault, Result, refuse};
use entity::id::{ProductId, UserId};
use entity::value::{OrderStatus, ReviewStatus, Role};
use entity::{former_store_member, order, order_line, product, store, store_member, store_order};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, JoinType, QueryFilter, QuerySelect, Select};

/// What was found out about a review to be.
pub(super) struct Allowed {
    /// What it is about.
    pub product: product::Model,
    /// Whether the author received it.
    pub verified: bool,
    /// Whether it is shown at once.
    pub status: ReviewStatus,
}

/// Checks that a person may review a product.
pub(super) async fn check(app: &App, customer: &Customer, settings: &Settings, id: ProductId) -> Result<Allowed> {
    let db = app.db.read();
    let product = product::Entity::find_by_id(id).one(db).await?;
    let purchase = purchase(db, customer.user_id(), id).await?;
    // What is no longer shown can still be reviewed by who has it.
    let Some(product) = product.filter(|product| product.listed || purchase != Purchase::None) else {
        return refuse("productId", Code::NotFound, "there is no such product");
    };
    check_independent(db, customer.user_id(), &product, purchase).await?;
    let verified = purchase == Purchase::Independent;
    if let Some(reason) = refusal(settings.review_policy, customer.person(), verified) {
        return refuse("productId", Code::NotAllowed, reason);
    }
    Ok(Allowed { product, verified, status: first_status(settings) })
}

/// What a review is when it was just written.
pub(super) fn first_status(settings: &Settings) -> ReviewStatus {
    if settings.review_moderation { ReviewStatus::Pending } else { ReviewStatus::Published }
}

fn refusal(policy: ReviewPolicy, person: &Person, verified: bool) -> Option<&'static str> {
    match (policy, person.role) {
        (_, Role::Admin | Role::Owner) | (ReviewPolicy::AnyUser, _) | (ReviewPolicy::Vendors, Role::Vendor) => None,
        (ReviewPolicy::VerifiedBuyers, _) if verified => None,
        (ReviewPolicy::VerifiedBuyers, _) => Some("only who bought and received the product can review it"),
        (ReviewPolicy::Vendors, _) => Some("only vendors can review products"),
    }
}

/// Purchases of a product by a user who may review it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purchase {
    /// Nothing that arrived.
    None,
    /// Only while they worked for the store.
    AsMember,
    /// At least once while they did not.
    Independent,
}

async fn purchase(db: &impl ConnectionTrait, user: UserId, id: ProductId) -> Result<Purchase> {
    let received = received(user, id);
    if received.clone().filter(bought_as_member(user).not()).into_tuple::<i32>().one(db).await?.is_some() {
        return Ok(Purchase::Independent);
    }
    let any = received.into_tuple::<i32>().one(db).await?.is_some();
    Ok(if any { Purchase::AsMember } else { Purchase::None })
}

/// Whether the buyer worked for the store when the order was placed; correlated with the tables of [`received`].
fn bought_as_member(user: UserId) -> Expr {
    let placed_at = || Expr::col((order::Entity, order::Column::CreatedAt));
    let store = || Expr::col((store_order::Entity, store_order::Column::StoreId));
    let current = Query::select()
        .expr(Expr::val(1))
        .from(store_member::Entity)
        .and_where(store_member::Column::UserId.eq(user))
        .and_where(Expr::col((store_member::Entity, store_member::Column::StoreId)).eq(store()))
        .and_where(Expr::col((store_member::Entity, store_member::Column::CreatedAt)).lte(placed_at()))
        .to_owned();
    let former = Query::select()
        .expr(Expr::val(1))
        .from(former_store_member::Entity)
        .and_where(former_store_member::Column::UserId.eq(user))
        .and_where(Expr::col((former_store_member::Entity, former_store_member::Column::StoreId)).eq(store()))
        .and_where(Expr::col((former_store_member::Entity, former_store_member::Column::JoinedAt)).lte(placed_at()))
        .and_where(Expr::col((former_store_member::Entity, former_store_member::Column::LeftAt)).gt(placed_at()))
        .to_owned();
    Expr::exists(current).or(Expr::exists(former))
}

/// Lines of orders of theirs with the product that arrived.
fn received(user: UserId, id: ProductId) -> Select<order_line::Entity> {
    let part = order_line::Entity::belongs_to(store_order::Entity)
        .from(order_line::Column::StoreOrderId)
        .to(store_order::Column::Id)
        .into();
    let whole = order_line::Entity::belongs_to(order::Entity).from(order_line::Column::OrderId).to(order::Column::Id).into();
    order_line::Entity::find()
        .select_only()
        .expr_as(Expr::val(1), "found")
        .join(JoinType::InnerJoin, part)
        .join(JoinType::InnerJoin, whole)
        .filter(order_line::Column::ProductId.eq(id.0))
        .filter(
            Expr::col((order_line::Entity, order_line::Column::Quantity))
                .gt(Expr::col((order_line::Entity, order_line::Column::CancelledQuantity))),
        )
        .filter(order::Column::UserId.eq(user))
        .filter(store_order::Column::Status.is_in([OrderStatus::Delivered, OrderStatus::Completed]))
}

/// Nobody reviews a product of their own store. Of a buyer it matters who they were when they bought: a store can't silence a buyer
/// by making them a member, and a member can't review what they bought as one by leaving. Of anybody else it matters who they are.
async fn check_independent(db: &impl ConnectionTrait, user: UserId, product: &product::Model, purchase: Purchase) -> Result<()> {
    let store = store::Entity::find_by_id(product.store_id).select_only().column(store::Column::OwnerId);
    let owner: UserId = store.into_tuple().one(db).await?.ok_or(Fault::NotFound)?;
    let member = store_member::Entity::find()
        .filter(store_member::Column::StoreId.eq(product.store_id))
        .filter(store_member::Column::UserId.eq(user));
    match purchase {
        _ if owner == user => {}
        Purchase::Independent => return Ok(()),
        Purchase::AsMember => {
            let message = "You can't review a product that you bought while you worked for its store.";
            return refuse("productId", Code::NotAllowed, message);
        }
        Purchase::None if member.one(db).await?.is_none() => return Ok(()),
        Purchase::None => {}
    }
    refuse("productId", Code::NotAllowed, "nobody reviews a product of their own store")
}
