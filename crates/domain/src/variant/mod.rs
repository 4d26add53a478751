//! Variants: what is bought, with its SKU, price and stock.

mod fields;
mod option;
mod stock;
mod write;

pub use fields::{Fields, MOST_OPTIONS, MOST_VARIANTS, NewVariant};
pub use option::{Choice, OptionFilter, choices, option_rows, products_with_options, with_options};
pub use stock::{Adjustment, adjust};
pub use write::{Removed, VariantPatch, create, delete, update};

pub(crate) use fields::{aggregates, check, check_all, is_sku_taken, sku_base};
pub(crate) use write::insert;

use entity::id::{ProductId, ProductVariantId, StoreId};
use entity::product_variant::{Column, Entity, Model};
use entity::value::ProductKind;
use sea_orm::{EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::auth::{Customer, StoreStaff, StoreTask, Viewer};
use souk_core::check::MAX_QUANTITY;
use souk_core::db::InPadded;
use souk_core::error::{Fault, Result};
use std::collections::HashMap;

/// The highest quantity that [`tellable`] tells.
pub const MOST_TOLD: i32 = 100;

/// What buyers are told of the pieces that can be bought: beyond this the stock is the store's own business.
pub fn tellable(left: i32) -> i32 {
    left.min(MOST_TOLD)
}

/// Pieces of a variant that can be bought at once, if it is for sale.
pub fn left(row: &Model, kind: ProductKind) -> i32 {
    match kind {
        ProductKind::Physical => row.stock_quantity.clamp(0, MAX_QUANTITY),
        ProductKind::Digital => MAX_QUANTITY,
    }
}

/// Several by their IDs; `product::visible_variants` says which of them the viewer may see.
pub(crate) async fn by_ids(app: &App, _viewer: &Viewer, ids: &[ProductVariantId]) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(Column::Id.in_padded(ids)).all(app.db.read()).await?)
}

/// The variants of several products, in their order, those that are not active too.
pub async fn of_products(app: &App, _viewer: &Viewer, ids: &[ProductId]) -> Result<HashMap<ProductId, Vec<Model>>> {
    let query = Entity::find().filter(Column::ProductId.in_padded(ids));
    let rows = query.order_by_asc(Column::Position).order_by_asc(Column::Id).all(app.db.read()).await?;
    let mut found: HashMap<ProductId, Vec<Model>> = HashMap::new();
    for row in rows {
        found.entry(row.product_id).or_default().push(row);
    }
    Ok(found)
}

/// Somebody who may change a variant; for everybody else it does not exist.
pub async fn staff(app: &App, customer: &Customer, id: ProductVariantId) -> Result<StoreStaff> {
    let query = Entity::find_by_id(id).select_only().column(Column::StoreId);
    let store: Option<StoreId> = query.into_tuple().one(app.db.read()).await?;
    customer.store_staff(&app.db, store.ok_or(Fault::NotFound)?, StoreTask::Products).await
}
