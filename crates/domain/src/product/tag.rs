//! The tags of products in rows, by which they are filtered.

use entity::id::ProductId;
use entity::product_tag::{ActiveModel, Column, Entity};
use entity::value::Tags;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use souk_core::db::{InPadded, Tx};
use souk_core::error::Result;
use std::collections::BTreeSet;

/// Replaces the rows of a product.
pub(super) async fn save(tx: &Tx, id: ProductId, tags: &Tags) -> Result<()> {
    Entity::delete_many().filter(Column::ProductId.eq(id)).exec(tx).await?;
    insert(tx, id, tags).await
}

/// As [`save`], for a new product.
pub(super) async fn insert(tx: &Tx, id: ProductId, tags: &Tags) -> Result<()> {
    let rows = tag_rows(id, tags);
    if !rows.is_empty() {
        Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Rows by which filters find a product with these tags, ignoring case.
pub fn tag_rows(id: ProductId, tags: &Tags) -> Vec<ActiveModel> {
    let all: BTreeSet<String> = tags.0.iter().map(|tag| tag.to_lowercase()).collect();
    all.into_iter().map(|tag| ActiveModel { tag: Set(tag), product_id: Set(id) }).collect()
}

/// IDs of products that have any of these tags, in lower case; none without tags.
pub(super) fn with_tag(tags: &[String]) -> SelectStatement {
    Query::select().column(Column::ProductId).from(Entity).and_where(Column::Tag.in_padded(tags)).to_owned()
}
