//! Reading attributes and their choices. All of them are public.

use crate::page::{self, Cursor, Keyset, Page, PageRequest};
use entity::attribute::{Column, Entity, Model};
use entity::attribute_choice;
use entity::id::{AttributeChoiceId, AttributeId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::db::InPadded;
use souk_core::error::Result;
use std::collections::HashMap;

/// Attributes, newest first.
pub async fn list(app: &App, _viewer: &Viewer, request: &PageRequest) -> Result<Page<Model>> {
    let keyset = Keyset::newest(Column::CreatedAt, Column::Id);
    page::fetch(app.db.read(), Entity::find(), &keyset, request, |row: &Model| Cursor::at(row.created_at, row.id.0)).await
}

/// Number of attributes, counted up to `cap`, and whether that is exact.
pub async fn count(app: &App, _viewer: &Viewer, cap: u64) -> Result<(u64, bool)> {
    page::count(app.db.read(), Entity::find(), cap).await
}

pub async fn by_ids(app: &App, _viewer: &Viewer, ids: &[AttributeId]) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(Column::Id.in_padded(ids)).all(app.db.read()).await?)
}

pub async fn by_slug(app: &App, _viewer: &Viewer, slug: &str) -> Result<Option<Model>> {
    Ok(Entity::find().filter(Column::Slug.eq(slug)).one(app.db.read()).await?)
}

pub async fn choices_by_ids(app: &App, _viewer: &Viewer, ids: &[AttributeChoiceId]) -> Result<Vec<attribute_choice::Model>> {
    Ok(attribute_choice::Entity::find().filter(attribute_choice::Column::Id.in_padded(ids)).all(app.db.read()).await?)
}

/// The choices of attributes, in their order.
pub async fn choices_of(
    app: &App,
    _viewer: &Viewer,
    attributes: &[AttributeId],
    page: &PageRequest,
) -> Result<HashMap<AttributeId, Page<attribute_choice::Model>>> {
    use attribute_choice::{Column, Entity};
    let keyset = Keyset::number(Column::Position, Column::Id, false);
    let of = |id: AttributeId| Entity::find().filter(Column::AttributeId.eq(id));
    let cursor = |row: &attribute_choice::Model| Cursor::of(row.position, row.id.0);
    page::fetch_for_each(app.db.read(), attributes, of, &keyset, page, cursor).await
}

/// Number of choices of an attribute, counted up to `cap`, and whether that is exact.
pub async fn count_choices(app: &App, _viewer: &Viewer, id: AttributeId, cap: u64) -> Result<(u64, bool)> {
    use attribute_choice::{Column, Entity};
    page::count(app.db.read(), Entity::find().filter(Column::AttributeId.eq(id)), cap).await
}
