//! Products that users viewed. A view is counted in memory and, for a signed-in user, kept in the user's list.

use crate::page::{self, Cursor, Keyset, Page, PageRequest};
use crate::product::{self, Summary};
use entity::id::{ProductId, UserId};
use entity::product as product_row;
use entity::recently_viewed::{Column, Entity, Model};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Select};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::db::{InPadded, Tx, keep};
use souk_core::error::{Code, Problem, Result};
use souk_core::limit::Attempt;
use souk_core::transact;
use std::collections::HashMap;

/// Products in the list of a user; the oldest ones give way.
pub const MAX_ITEMS: u64 = 50;

/// Records that the caller views a product that is for sale. For each viewer and product one view an hour is counted. A product that only
/// its store can see is returned, and not recorded.
pub async fn record(app: &App, viewer: &Viewer, id: ProductId) -> Result<Summary> {
    let key = viewer.user_id().map_or_else(|| viewer.client().network(), |user| user.to_string());
    app.limits.count(Attempt::ProductView, &key)?;
    let found = product::visible(app, viewer, &[id]).await?.pop();
    let product = found.ok_or_else(|| Problem::new("productId", Code::NotFound, "The product does not exist."))?;
    if product.listed {
        app.views.record(&key, id);
        if let Some(user) = viewer.user_id() {
            remember(app, viewer, user, id).await?;
        }
    }
    Ok(product)
}

/// Puts a product at the top of the list of the caller. The user's row is locked, so that the list never exceeds its limit.
async fn remember(app: &App, viewer: &Viewer, user: UserId, id: ProductId) -> Result<()> {
    let row = Model { user_id: user, product_id: id, viewed_at: app.clock.now() };
    transact!(app.db, tx, {
        viewer.lock(tx).await?;
        // It was deleted meanwhile.
        if !keep::<product_row::Entity>(tx, id).await? {
            return Ok(());
        }
        let again = OnConflict::columns([Column::UserId, Column::ProductId]).update_column(Column::ViewedAt).to_owned();
        Entity::insert(row.clone().into_active_model().reset_all()).on_conflict(again).exec_without_returning(tx).await?;
        trim(tx, user).await
    })
}

/// Deletes what exceeds the limit.
async fn trim(tx: &Tx, user: UserId) -> Result<()> {
    let newest = Entity::find().filter(Column::UserId.eq(user)).order_by_desc(Column::ViewedAt).order_by_desc(Column::ProductId);
    let old: Vec<ProductId> =
        newest.select_only().column(Column::ProductId).offset(MAX_ITEMS).limit(MAX_ITEMS).into_tuple().all(tx).await?;
    if !old.is_empty() {
        Entity::delete_many().filter(Column::UserId.eq(user)).filter(Column::ProductId.in_padded(&old)).exec(tx).await?;
    }
    Ok(())
}

/// The products that a user viewed and that are for sale.
fn of_user(user: UserId) -> Select<Entity> {
    let listed = product_row::Column::Listed.eq(true);
    Entity::find().filter(Column::UserId.eq(user)).inner_join(product_row::Entity).filter(listed)
}

/// A page of the products that each user viewed and that are for sale, newest view first; of the caller alone.
pub async fn of_users(
    app: &App,
    viewer: &Viewer,
    users: &[UserId],
    page: &PageRequest,
) -> Result<HashMap<UserId, Page<Summary>>> {
    let own: Vec<_> = users.iter().copied().filter(|user| viewer.user_id() == Some(*user)).collect();
    let newest = Keyset::newest(Column::ViewedAt, Column::ProductId);
    let cursor = |row: &Model| Cursor::at(row.viewed_at, row.product_id.0);
    let pages: HashMap<UserId, Page<Model>> = page::fetch_for_each(app.db.read(), &own, of_user, &newest, page, cursor).await?;
    let ids: Vec<_> = pages.values().flat_map(|page| page.items.iter().map(|(_, row)| row.product_id)).collect();
    let rows = if ids.is_empty() { Vec::new() } else { product::visible(app, viewer, &ids).await? };
    let rows: HashMap<_, _> = rows.into_iter().filter(|row| row.listed).map(|row| (row.id, row)).collect();
    let with_products = |page: Page<Model>| {
        let items = page.items.into_iter().filter_map(|(cursor, row)| Some((cursor, rows.get(&row.product_id)?.clone())));
        Page { items: items.collect(), has_previous: page.has_previous, has_next: page.has_next }
    };
    Ok(pages.into_iter().map(|(user, page)| (user, with_products(page))).collect())
}

/// Number of products in the list of the caller, counted up to `cap`, and whether that is exact.
pub async fn count_of_user(app: &App, viewer: &Viewer, user: UserId, cap: u64) -> Result<(u64, bool)> {
    if viewer.user_id() != Some(user) {
        return Ok((0, true));
    }
    page::count(app.db.read(), of_user(user), cap).await
}

/// Deletes the list of a user.
pub(crate) async fn erase(tx: &Tx, user: UserId) -> Result<()> {
    Entity::delete_many().filter(Column::UserId.eq(user)).exec(tx).await?;
    Ok(())
}
