//! Tax rates, one per country. A country without a rate has no tax.

use entity::id::TaxRateId;
use entity::tax_rate::{self, Column, Entity, Model};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::auth::{Owner, Viewer};
use souk_core::check::Check;
use souk_core::db::{InPadded, Subject};
use souk_core::error::{Fault, Result};
use souk_core::length;
use souk_core::transact;

/// A tax rate to be set.
#[derive(Clone, Debug)]
pub struct NewRate {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Such as VAT.
    pub name: String,
    /// Hundredths of a percent.
    pub basis_points: i32,
}

/// All rates, sorted by country; at most one per country.
pub async fn list(app: &App, _viewer: &Viewer) -> Result<Vec<Model>> {
    Ok(Entity::find().order_by_asc(Column::Country).all(app.db.read()).await?)
}

pub async fn by_ids(app: &App, _viewer: &Viewer, ids: &[TaxRateId]) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(Column::Id.in_padded(ids)).all(app.db.read()).await?)
}

/// Tax rate of a country in hundredths of a percent; 0 without a rate.
pub(super) async fn basis_points(db: &impl ConnectionTrait, country: &str) -> Result<i32> {
    let row = Entity::find().filter(Column::Country.eq(country)).one(db).await?;
    Ok(row.map_or(0, |row| row.basis_points))
}

/// Whether any country has a tax rate above 0.
pub(super) async fn is_asked_anywhere(db: &impl ConnectionTrait) -> Result<bool> {
    let rate = Entity::find().filter(Column::BasisPoints.gt(0)).limit(1).one(db).await?;
    Ok(rate.is_some())
}

/// Sets the rate of a country; replaces an existing one. Placed orders are not affected.
pub async fn set(app: &App, _owner: &Owner, new: NewRate) -> Result<Model> {
    let mut check = Check::new();
    let country = check.country("country", &new.country);
    let name = check.line("name", &new.name, 1..=length::TAX_NAME);
    let basis_points = check.integer("basisPoints", new.basis_points, 0..=10_000);
    check.finish()?;
    let now = app.clock.now();
    let row = tax_rate::ActiveModel {
        id: Set(app.clock.new_id()),
        country: Set(country.clone()),
        name: Set(name),
        basis_points: Set(basis_points),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let mut overwrite = OnConflict::column(Column::Country);
    overwrite
        .update_columns([Column::Name, Column::BasisPoints, Column::UpdatedAt])
        .value(Column::Version, Expr::col((Entity, Column::Version)).add(1));
    transact!(app.db, tx, {
        tx.changed(Subject::Settings);
        Entity::insert(row.clone()).on_conflict(overwrite.clone()).exec_without_returning(tx).await?;
        let row = Entity::find().filter(Column::Country.eq(country.as_str())).one(tx).await?;
        Ok(row.ok_or_else(|| Fault::internal("the tax rate that was just written does not exist"))?)
    })
}

/// Deletes the rate of a country.
pub async fn delete(app: &App, _owner: &Owner, id: TaxRateId) -> Result<TaxRateId> {
    transact!(app.db, tx, {
        tx.changed(Subject::Settings);
        let done = Entity::delete_by_id(id).exec(tx).await?;
        if done.rows_affected == 0 { Err(Fault::NotFound.into()) } else { Ok(id) }
    })
}
