//! Variants of products, with SKU, price and stock.

mod fields;
mod generate;
mod low;
mod option;
mod rewrite;
mod sku;
mod stock;
mod values;
mod write;

pub use fields::{Fields, MAX_OPTIONS, MAX_VARIANTS, NewVariant};
pub use generate::{Generated, NewVariants, generate};
pub use low::{count_low_of_store, low_of_stores};
pub use option::{Choice, OptionFilter, choices, option_rows, products_with_options, with_options};
pub use stock::{Adjustment, adjust};
pub use write::{Removed, VariantPatch, create, delete, update};

pub(crate) use fields::{Terms, aggregates, check as check_new, check_all, check_single, is_sku_taken, sku_base};
pub(crate) use low::products_with_low_stock;
pub(crate) use rewrite::register;
pub(crate) use sku::products_with_sku;
pub(crate) use stock::set as set_stock;
pub(crate) use values::change_type;
pub(crate) use write::{CheckedPatch, append, check_patch, drop_unchanged, insert, write_changes};

use entity::id::{ProductId, ProductVariantId, StoreId};
use entity::product_variant::{Column, Entity, Model};
use entity::value::ProductKind;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::auth::{Customer, StoreStaff, StoreTask, Viewer, of_managed_stores};
use souk_core::check::MAX_QUANTITY;
use souk_core::db::InPadded;
use souk_core::error::{Fault, Result};
use souk_core::group::grouped;
use std::collections::HashMap;

/// Maximum of [`public_quantity`].
pub const MAX_PUBLIC_QUANTITY: i32 = 100;

/// The stock as shown to buyers: higher quantities are not public.
pub fn public_quantity(quantity: i32) -> i32 {
    quantity.min(MAX_PUBLIC_QUANTITY)
}

/// Quantity of a variant that can be bought, if it is for sale.
pub fn available_quantity(row: &Model, kind: ProductKind) -> i32 {
    match kind {
        ProductKind::Physical => row.stock_quantity.clamp(0, MAX_QUANTITY),
        ProductKind::Digital => MAX_QUANTITY,
    }
}

/// Condition for the variants that the viewer may see of a product that they see: active ones; all of stores that the viewer works
/// for.
pub(crate) fn visible_to(viewer: &Viewer) -> Condition {
    match of_managed_stores(viewer, Column::StoreId) {
        Some(managed) if managed.is_empty() => managed,
        Some(managed) => Condition::any().add(Column::Active.eq(true)).add(managed),
        None => Condition::all().add(Column::Active.eq(true)),
    }
}

/// Variants by product, by position: inactive ones only of stores that the viewer works for. The products must be visible.
pub async fn of_products(app: &App, viewer: &Viewer, ids: &[ProductId]) -> Result<HashMap<ProductId, Vec<Model>>> {
    let query = Entity::find().filter(Column::ProductId.in_padded(ids)).filter(visible_to(viewer));
    let rows = query.order_by_asc(Column::Position).order_by_asc(Column::Id).all(app.db.read()).await?;
    Ok(grouped(rows, |row| row.product_id))
}

/// The actor who may change a variant; [`Fault::NotFound`] for all other users.
pub async fn staff(app: &App, customer: &Customer, id: ProductVariantId) -> Result<StoreStaff> {
    let query = Entity::find_by_id(id).select_only().column(Column::StoreId);
    let store: Option<StoreId> = query.into_tuple().one(app.db.read()).await?;
    customer.store_staff(&app.db, store.ok_or(Fault::NotFound)?, StoreTask::Products).await
}
