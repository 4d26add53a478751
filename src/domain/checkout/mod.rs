//! Checkouts: a cart on its way to an order.

mod another_method;
mod basket;
mod complete;
mod edit;
mod place;
mod quote;
mod ready;
mod rows;
mod unpaid;

pub use complete::{Complete, Completed, LONGEST_KEY, complete};
pub use edit::{CheckoutPatch, Choice, NewCheckout, Quoted, create, update};
pub use quote::{Quote, QuotedLine, QuotedPart, of as quote};
pub use unpaid::forget_locks as forget_buyer_locks;

use crate::app::App;
use crate::auth::Viewer;
use crate::crypto::keys::Capability;
use crate::error::Result;
use entity::checkout::{Column, Entity, Model};
use entity::id::CheckoutId;
use entity::order;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, Select};

/// The viewer's own checkout; or, with its token, a guest's.
pub async fn find(app: &App, viewer: &Viewer, id: CheckoutId, token: Option<&str>) -> Result<Option<Model>> {
    match scope(app, viewer, id, token) {
        Some(query) => Ok(query.one(app.db.read()).await?),
        None => Ok(None),
    }
}

/// The token that opens a guest's checkout; a user's needs none.
pub fn token(app: &App, row: &Model) -> Option<String> {
    row.user_id.is_none().then(|| app.keys.capability(Capability::Checkout, row.id))
}

/// The order a checkout has become, if it has.
pub async fn order(app: &App, _viewer: &Viewer, row: &Model) -> Result<Option<order::Model>> {
    order_of(app.db.read(), row.id).await
}

/// Finds a checkout where the viewer may see it; `None` where they may see none of that ID.
fn scope(app: &App, viewer: &Viewer, id: CheckoutId, token: Option<&str>) -> Option<Select<Entity>> {
    let opened = token.is_some_and(|token| app.keys.check(Capability::Checkout, token) == Some(id));
    let mut whose = Condition::any();
    if let Some(user) = viewer.user_id() {
        whose = whose.add(Column::UserId.eq(user));
    }
    if opened {
        whose = whose.add(Column::UserId.is_null());
    }
    (!whose.is_empty()).then(|| Entity::find_by_id(id).filter(whose))
}

async fn order_of(db: &impl ConnectionTrait, id: CheckoutId) -> Result<Option<order::Model>> {
    Ok(order::Entity::find().filter(order::Column::CheckoutId.eq(id.0)).one(db).await?)
}
