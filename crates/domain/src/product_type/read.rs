//! Reading product types. All of them are public.

use crate::page::{self, Cursor, Keyset, Page, PageRequest};
use entity::id::ProductTypeId;
use entity::product_type::{Column, Entity, Model};
use entity::value::AttributeLevel;
use entity::{attribute, product_type_attribute};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::db::InPadded;
use souk_core::error::Result;
use souk_core::group::grouped;
use std::collections::HashMap;

/// An attribute that the products of a type have.
#[derive(Clone, Debug)]
pub struct Assignment {
    pub attribute: attribute::Model,
    pub level: AttributeLevel,
    pub required: bool,
}

/// Product types, newest first.
pub async fn list(app: &App, _viewer: &Viewer, request: &PageRequest) -> Result<Page<Model>> {
    let keyset = Keyset::newest(Column::CreatedAt, Column::Id);
    page::fetch(app.db.read(), Entity::find(), &keyset, request, |row: &Model| Cursor::at(row.created_at, row.id.0)).await
}

/// Number of product types, counted up to `cap`, and whether that is exact.
pub async fn count(app: &App, _viewer: &Viewer, cap: u64) -> Result<(u64, bool)> {
    page::count(app.db.read(), Entity::find(), cap).await
}

pub async fn by_ids(app: &App, _viewer: &Viewer, ids: &[ProductTypeId]) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(Column::Id.in_padded(ids)).all(app.db.read()).await?)
}

pub async fn by_slug(app: &App, _viewer: &Viewer, slug: &str) -> Result<Option<Model>> {
    Ok(Entity::find().filter(Column::Slug.eq(slug)).one(app.db.read()).await?)
}

/// Attributes by product type, in their order.
pub async fn attributes_of(
    app: &App,
    _viewer: &Viewer,
    ids: &[ProductTypeId],
) -> Result<HashMap<ProductTypeId, Vec<Assignment>>> {
    use product_type_attribute::{Column, Entity};
    let query = Entity::find().filter(Column::ProductTypeId.in_padded(ids));
    let rows = query.order_by_asc(Column::Position).order_by_asc(Column::AttributeId).all(app.db.read()).await?;
    let mut ids: Vec<_> = rows.iter().map(|row| row.attribute_id).collect();
    ids.sort();
    ids.dedup();
    let query = attribute::Entity::find().filter(attribute::Column::Id.in_padded(&ids));
    let attributes: HashMap<_, _> = query.all(app.db.read()).await?.into_iter().map(|row| (row.id, row)).collect();
    let assignment = |row: product_type_attribute::Model| {
        let attribute = attributes.get(&row.attribute_id)?.clone();
        Some(Assignment { attribute, level: row.level, required: row.required })
    };
    let by_type = grouped(rows, |row| row.product_type_id).into_iter();
    Ok(by_type.map(|(id, rows)| (id, rows.into_iter().filter_map(assignment).collect())).collect())
}
