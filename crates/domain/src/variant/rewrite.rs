//! The job that writes the options of variants again after an attribute or a choice was renamed or merged.

use crate::attribute::{RewriteOptions, Values, values_of_variants};
use crate::variant::fields::name_of;
use crate::variant::option;
use entity::id::{ProductId, ProductVariantId};
use entity::product_variant::{Column, Entity, Model};
use entity::{product, variant_attribute_value};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::db::{Subject, Tx, lock_for_change, lock_in_order};
use souk_core::error::Result;
use souk_core::job::{Enqueue, Job, JobError, Registry, enqueue};
use souk_core::transact;

/// Products of one run.
const PRODUCTS: u64 = 100;

/// Adds the job of the feature.
pub(crate) fn register(registry: Registry) -> Registry {
    registry.with::<RewriteOptions>()
}

impl Job for RewriteOptions {
    const KIND: &'static str = "variant.rewrite_options";

    async fn run(&self, app: &App, _system: &System, _attempt: i32) -> Result<(), JobError> {
        use variant_attribute_value::{Column, Entity};
        let mut query = Entity::find().filter(Column::AttributeId.eq(self.attribute_id));
        if let Some(after) = self.after {
            query = query.filter(Column::ProductId.gt(after));
        }
        let query = query.select_only().column(Column::ProductId).distinct().order_by_asc(Column::ProductId).limit(PRODUCTS);
        let products: Vec<ProductId> = query.into_tuple().all(app.db.read()).await.map_err(souk_core::error::Error::from)?;
        for id in &products {
            transact!(app.db, tx, { rewrite(tx, app, *id).await })?;
        }
        let Some(last) = products.last().filter(|_| products.len() as u64 == PRODUCTS) else { return Ok(()) };
        let next = Self { attribute_id: self.attribute_id, after: Some(*last) };
        transact!(app.db, tx, { enqueue(tx, &app.clock, &next, Enqueue::default()).await })?;
        Ok(())
    }
}

/// Writes options, names that were made from them, and combinations of the variants of a product that have values.
async fn rewrite(tx: &Tx, app: &App, id: ProductId) -> Result<()> {
    let variants: Vec<ProductVariantId> = lock_in_order(tx, Entity::find().filter(Column::ProductId.eq(id)), Column::Id).await?;
    if !lock_for_change::<product::Entity>(tx, id).await? {
        return Ok(());
    }
    let mut values = values_of_variants(tx, &variants).await?;
    let rows = Entity::find().filter(Column::ProductId.eq(id)).order_by_asc(Column::Id).all(tx).await?;
    for row in rows {
        let Some(values) = values.remove(&row.id) else { continue };
        rewrite_one(tx, app, row, &values).await?;
    }
    Ok(())
}

async fn rewrite_one(tx: &Tx, app: &App, row: Model, values: &Values) -> Result<()> {
    let (options, combination) = (values.options(), values.combination());
    if row.options == options && row.combination == combination {
        return Ok(());
    }
    tx.changed(Subject::Product(row.product_id));
    let has_default_name = row.name == name_of(&row.options);
    let mut active = row.into_active_model();
    if has_default_name {
        active.name = Set(name_of(&options));
    }
    active.options = Set(options);
    active.combination = Set(combination);
    active.updated_at = Set(app.clock.now());
    let row = Entity::update(active).exec(tx).await?;
    option::save(tx, &row).await
}
