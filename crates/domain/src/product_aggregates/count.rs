//! Views and downloads of products.

use entity::id::ProductId;
use entity::product::{Column, Entity};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::db::{InPadded, Subject, Tx};
use souk_core::error::Result;
use souk_core::transact;

/// Products whose views are written in one transaction.
const BATCH: usize = 200;
/// Views by which the search index may be behind at any time.
const MIN_STEP: i64 = 10;
/// The same as a part of all views of a product: a twentieth.
const STEP_PART: i64 = 20;

/// Whether the search index is told of the views of a product now, before it is at night.
fn is_step(views: i64, indexed: i64) -> bool {
    views - indexed >= std::cmp::max(MIN_STEP, indexed / STEP_PART)
}

/// Writes the views that this process counted, and announces products with many new ones. Views that could not be written are kept for
/// the next time.
pub async fn write_views(app: &App) -> Result<()> {
    let _writing = app.views.begin_writing().await;
    let views = app.views.take();
    let mut rest = views.as_slice();
    while !rest.is_empty() {
        let (batch, after) = rest.split_at(BATCH.min(rest.len()));
        if let Err(error) = transact!(app.db, tx, { write(tx, batch).await }) {
            app.views.put_back(rest);
            return Err(error);
        }
        rest = after;
    }
    Ok(())
}

/// Adds views to products, in the order of their IDs.
async fn write(tx: &Tx, views: &[(ProductId, i64)]) -> Result<()> {
    for (id, count) in views {
        let added = Expr::col(Column::ViewCount).add(*count);
        Entity::update_many().col_expr(Column::ViewCount, added).filter(Column::Id.eq(*id)).exec(tx).await?;
    }
    let ids: Vec<_> = views.iter().map(|(id, _)| *id).collect();
    let query = Entity::find().select_only().columns([Column::Id, Column::ViewCount, Column::IndexedViewCount]);
    let counts: Vec<(ProductId, i64, i64)> = query.filter(Column::Id.in_padded(&ids)).into_tuple().all(tx).await?;
    let steps = counts.into_iter().filter(|(_, views, indexed)| is_step(*views, *indexed));
    index_views(tx, &steps.map(|(id, ..)| id).collect::<Vec<_>>()).await
}

/// Tells the search index of the views of locked products.
pub(super) async fn index_views(tx: &Tx, ids: &[ProductId]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    ids.iter().for_each(|id| tx.changed(Subject::Product(*id)));
    let views = Expr::col(Column::ViewCount);
    Entity::update_many().col_expr(Column::IndexedViewCount, views).filter(Column::Id.in_padded(ids)).exec(tx).await?;
    Ok(())
}

/// Counts a download of a product, which may have been deleted since it was bought.
pub(crate) async fn count_download(tx: &Tx, id: ProductId) -> Result<()> {
    let more = Expr::col(Column::DownloadCount).add(1);
    Entity::update_many().col_expr(Column::DownloadCount, more).filter(Column::Id.eq(id)).exec(tx).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::is_step;

    #[test]
    fn the_index_is_told_of_ten_views_or_a_twentieth() {
        assert!(!is_step(9, 0));
        assert!(is_step(10, 0));
        assert!(!is_step(209, 200));
        assert!(is_step(210, 200));
        assert!(!is_step(1_049, 1_000));
        assert!(is_step(1_050, 1_000));
    }
}
