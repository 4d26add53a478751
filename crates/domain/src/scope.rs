//! Conditions that limit a query to the rows that a viewer may see.

use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, Condition, EntityTrait};

/// Condition for rows that belong to visible rows of another table: `reference` is their column with its `id`, and `visible` the
/// condition for the rows of `owner`. Empty if `visible` is, so that staff who see all rows need no subquery.
pub(crate) fn rows_of<E: EntityTrait>(reference: impl ColumnTrait, owner: E, id: E::Column, visible: Condition) -> Condition {
    if visible.is_empty() {
        return visible;
    }
    let ids = Query::select().column(id).from(owner).cond_where(visible).to_owned();
    Condition::all().add(reference.in_subquery(ids))
}
