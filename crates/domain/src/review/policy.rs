//! The rules who may review a product.

use crate::setting::{self, ReviewPolicy, Settings};
use entity::id::{ProductId, StoreId, UserId};
use entity::value::{OrderStatus, ReviewStatus, Role};
use entity::{former_store_member, order, order_line, product, review, store, store_member, store_order};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, JoinType, QueryFilter, QuerySelect, Select};
use souk_core::app::App;
use souk_core::auth::{Customer, Viewer};
use souk_core::db::InPadded;
use souk_core::error::{Code, Problem, Result};
use std::collections::{HashMap, HashSet};

/// The result of the check for one product.
pub(super) struct Allowed {
    pub product: product::Model,
    /// Whether the author received the product.
    pub verified: bool,
    /// Initial status of the review.
    pub status: ReviewStatus,
}

/// Checks that a user may review a product.
pub(super) async fn check(app: &App, customer: &Customer, settings: &Settings, id: ProductId) -> Result<Allowed> {
    let evaluated = evaluate(app, customer, settings, &[id]).await?.remove(&id);
    Ok(evaluated.unwrap_or_else(|| Err(Problem::new("productId", Code::NotFound, "The product does not exist.")))?)
}

/// The products that the viewer could review now, so that [`create`](super::create) would not refuse them.
pub async fn reviewable(app: &App, viewer: &Viewer, ids: &[ProductId]) -> Result<HashSet<ProductId>> {
    let Ok(customer) = viewer.customer() else { return Ok(HashSet::new()) };
    let db = app.db.read();
    let settings = setting::load(db).await?;
    let evaluated = evaluate(app, &customer, &settings, ids).await?;
    let mut allowed: HashSet<_> = evaluated.into_iter().filter(|(_, evaluated)| evaluated.is_ok()).map(|(id, _)| id).collect();
    if !allowed.is_empty() {
        let written = review::Entity::find()
            .select_only()
            .column(review::Column::ProductId)
            .filter(review::Column::UserId.eq(customer.user_id()))
            .filter(review::Column::ProductId.in_padded(ids));
        for id in written.into_tuple::<ProductId>().all(db).await? {
            allowed.remove(&id);
        }
    }
    Ok(allowed)
}

/// Checks whether a user may review products; products that do not exist are left out.
async fn evaluate(
    app: &App,
    customer: &Customer,
    settings: &Settings,
    ids: &[ProductId],
) -> Result<HashMap<ProductId, Result<Allowed, Problem>>> {
    let db = app.db.read();
    let user = customer.user_id();
    let products = product::Entity::find().filter(product::Column::Id.in_padded(ids)).all(db).await?;
    let received = purchased(received(user, ids), db).await?;
    let independent = match received.is_empty() {
        true => HashSet::new(),
        false => purchased(self::received(user, ids).filter(bought_as_member(user).not()), db).await?,
    };
    let stores: Vec<StoreId> = products.iter().map(|product| product.store_id).collect();
    let roles = Roles::of(db, user, &stores).await?;
    let evaluated = products.into_iter().map(|product| {
        let purchase = match product.id {
            id if independent.contains(&id) => Purchase::Independent,
            id if received.contains(&id) => Purchase::AsMember,
            _ => Purchase::None,
        };
        (product.id, evaluate_one(customer, settings, product, purchase, &roles))
    });
    Ok(evaluated.collect())
}

fn evaluate_one(
    customer: &Customer,
    settings: &Settings,
    product: product::Model,
    purchase: Purchase,
    roles: &Roles,
) -> Result<Allowed, Problem> {
    // Buyers can still review a product that is no longer shown.
    if !product.listed && purchase == Purchase::None {
        return Err(Problem::new("productId", Code::NotFound, "The product does not exist."));
    }
    check_independent(roles, product.store_id, purchase)?;
    let verified = purchase == Purchase::Independent;
    if let Some(reason) = refusal(settings.review_policy, customer, verified) {
        return Err(Problem::new("productId", Code::NotAllowed, reason));
    }
    Ok(Allowed { product, verified, status: first_status(settings) })
}

/// Status of a new review.
pub(super) fn first_status(settings: &Settings) -> ReviewStatus {
    if settings.review_moderation { ReviewStatus::Pending } else { ReviewStatus::Published }
}

fn refusal(policy: ReviewPolicy, customer: &Customer, verified: bool) -> Option<&'static str> {
    match (policy, customer.role()) {
        (_, Role::Admin | Role::Owner) | (ReviewPolicy::AnyUser, _) | (ReviewPolicy::Vendors, Role::Vendor) => None,
        (ReviewPolicy::VerifiedBuyers, _) if verified => None,
        (ReviewPolicy::VerifiedBuyers, _) => Some("Only buyers who received the product can review it."),
        (ReviewPolicy::Vendors, _) => Some("Only vendors can review products."),
    }
}

/// The reviewer's purchases of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purchase {
    /// None that was delivered.
    None,
    /// Only while the user worked for the store.
    AsMember,
    /// At least one while the user did not work for the store.
    Independent,
}

async fn purchased(lines: Select<order_line::Entity>, db: &impl ConnectionTrait) -> Result<HashSet<ProductId>> {
    Ok(lines.into_tuple::<ProductId>().all(db).await?.into_iter().collect())
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

/// The given products that were delivered to the user.
fn received(user: UserId, ids: &[ProductId]) -> Select<order_line::Entity> {
    let part = order_line::Entity::belongs_to(store_order::Entity)
        .from(order_line::Column::StoreOrderId)
        .to(store_order::Column::Id)
        .into();
    let whole = order_line::Entity::belongs_to(order::Entity).from(order_line::Column::OrderId).to(order::Column::Id).into();
    order_line::Entity::find()
        .select_only()
        .distinct()
        .column(order_line::Column::ProductId)
        .join(JoinType::InnerJoin, part)
        .join(JoinType::InnerJoin, whole)
        .filter(order_line::Column::ProductId.in_padded(ids))
        .filter(
            Expr::col((order_line::Entity, order_line::Column::Quantity))
                .gt(Expr::col((order_line::Entity, order_line::Column::CancelledQuantity))),
        )
        .filter(order::Column::UserId.eq(user))
        .filter(store_order::Column::Status.in_padded(&[OrderStatus::Delivered, OrderStatus::Completed]))
}

/// The stores that a user owns or works for.
struct Roles {
    owned: HashSet<StoreId>,
    worked_for: HashSet<StoreId>,
}

impl Roles {
    async fn of(db: &impl ConnectionTrait, user: UserId, stores: &[StoreId]) -> Result<Self> {
        let owned = store::Entity::find()
            .select_only()
            .column(store::Column::Id)
            .filter(store::Column::Id.in_padded(stores))
            .filter(store::Column::OwnerId.eq(user));
        let worked_for = store_member::Entity::find()
            .select_only()
            .column(store_member::Column::StoreId)
            .filter(store_member::Column::StoreId.in_padded(stores))
            .filter(store_member::Column::UserId.eq(user));
        Ok(Self {
            owned: owned.into_tuple().all(db).await?.into_iter().collect(),
            worked_for: worked_for.into_tuple().all(db).await?.into_iter().collect(),
        })
    }
}

/// Refuses reviews of the user's own store. For buyers, the membership at the time of the order counts: a store can't exclude a
/// buyer's review by making the buyer a member, and a member can't review a purchase after leaving. For all others, the current
/// membership counts.
fn check_independent(roles: &Roles, store: StoreId, purchase: Purchase) -> Result<(), Problem> {
    let refused = |message| Err(Problem::new("productId", Code::NotAllowed, message));
    let own = "You can't review a product of your own store.";
    match purchase {
        _ if roles.owned.contains(&store) => refused(own),
        Purchase::Independent => Ok(()),
        Purchase::AsMember => refused("You can't review a product that you bought while you worked for its store."),
        Purchase::None if roles.worked_for.contains(&store) => refused(own),
        Purchase::None => Ok(()),
    }
}
