//! Who may access a checkout.

use entity::checkout::{Column, Entity};
use entity::id::CheckoutId;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, Select};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::crypto::keys::Capability;

/// The query for a checkout, restricted to what the viewer or the token may access; `None` if they can access none.
pub(crate) fn scope(app: &App, viewer: &Viewer, id: CheckoutId, token: Option<&str>) -> Option<Select<Entity>> {
    let mut whose = Condition::any();
    if let Some(user) = viewer.user_id() {
        whose = whose.add(Column::UserId.eq(user));
    }
    if app.keys.opens(Capability::Checkout, token, id) {
        whose = whose.add(Column::UserId.is_null());
    }
    (!whose.is_empty()).then(|| Entity::find_by_id(id).filter(whose))
}
