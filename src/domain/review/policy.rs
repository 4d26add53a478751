//! Who may review a product.

use crate::app::App;
use crate::auth::{Customer, Person};
use crate::domain::setting::{ReviewPolicy, Settings};
use crate::error::{Code, Fault, Result, refuse};
use entity::id::{ProductId, UserId};
use entity::value::{OrderStatus, ReviewStatus, Role};
use entity::{order, order_line, product, store, store_member, store_order};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, JoinType, QueryFilter, QuerySelect};

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
    let verified = has_received(db, customer.user_id(), id).await?;
    // What is no longer shown can still be reviewed by who has it.
    let Some(product) = product.filter(|product| product.listed || verified) else {
        return refuse("productId", Code::NotFound, "there is no such product");
    };
    if is_of_store(db, customer.user_id(), &product).await? {
        return refuse("productId", Code::NotAllowed, "nobody reviews a product of their own store");
    }
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

/// Whether an order of theirs with the product arrived.
async fn has_received(db: &impl ConnectionTrait, user: UserId, id: ProductId) -> Result<bool> {
    let part = order_line::Entity::belongs_to(store_order::Entity)
        .from(order_line::Column::StoreOrderId)
        .to(store_order::Column::Id)
        .into();
    let whole = order_line::Entity::belongs_to(order::Entity).from(order_line::Column::OrderId).to(order::Column::Id).into();
    let query = order_line::Entity::find()
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
        .filter(store_order::Column::Status.is_in([OrderStatus::Delivered, OrderStatus::Completed]));
    Ok(query.into_tuple::<i32>().one(db).await?.is_some())
}

/// Whether they own or work for the product's store.
async fn is_of_store(db: &impl ConnectionTrait, user: UserId, product: &product::Model) -> Result<bool> {
    let store = store::Entity::find_by_id(product.store_id).select_only().column(store::Column::OwnerId);
    let owner: UserId = store.into_tuple().one(db).await?.ok_or(Fault::NotFound)?;
    if owner == user {
        return Ok(true);
    }
    let member = store_member::Entity::find()
        .filter(store_member::Column::StoreId.eq(product.store_id))
        .filter(store_member::Column::UserId.eq(user));
    Ok(member.one(db).await?.is_some())
}
