//! Creating, changing and deleting product types.

use crate::attribute::{lock_all, retire_slug, retired, retired_problem};
use crate::product_type::MAX_TYPES;
use crate::product_type::assign::{self, NewAssignment};
use entity::id::ProductTypeId;
use entity::product_type::{ActiveModel, Entity, Model};
use entity::versioned::{Versioned, put};
use entity::{product, retired_slug};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::auth::Staff;
use souk_core::auth::permissions::ManageProducts;
use souk_core::check::{Check, check_version};
use souk_core::db::{Subject, Tx, is_taken};
use souk_core::error::{Code, Fault, Problem, Result, refuse};
use souk_core::length;
use souk_core::text::slugify;
use souk_core::transact;

/// A product type to be created.
#[derive(Clone, Debug)]
pub struct NewProductType {
    pub name: String,
    /// Default: made from the name.
    pub slug: Option<String>,
    /// In their order.
    pub attributes: Vec<NewAssignment>,
}

/// Changes; a `None` field is left as it is.
#[derive(Clone, Debug, Default)]
pub struct ProductTypePatch {
    pub name: Option<String>,
    /// Replaces all; an attribute with values can't be removed or moved to the other level.
    pub attributes: Option<Vec<NewAssignment>>,
    /// Version the caller read; refused as STALE if it is not the current one.
    pub expected_version: Option<i32>,
}

pub async fn create(app: &App, _staff: &Staff<ManageProducts>, new: NewProductType) -> Result<Model> {
    let mut check = Check::new();
    let name = check.line("name", &new.name, 1..=length::NAME);
    let slug = match &new.slug {
        Some(slug) => check.slug("slug", slug),
        None => slugify(&name),
    };
    if slug.is_empty() && check.is_clean() {
        check.problem("slug", Code::Required, "slug is required, as it can't be made from this name.");
    }
    assign::check(&mut check, &new.attributes);
    check.finish()?;
    let (id, now): (ProductTypeId, _) = (app.clock.new_id(), app.clock.now());
    let row = ActiveModel {
        id: Set(id),
        name: Set(name),
        slug: Set(slug.clone()),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    transact!(app.db, tx, {
        lock_all(tx).await?;
        if Entity::find().count(tx).await? >= MAX_TYPES {
            let message = format!("There can be at most {MAX_TYPES} product types; delete one first.");
            return refuse("", Code::LimitReached, message);
        }
        if !retired(tx, retired_slug::PRODUCT_TYPES, std::slice::from_ref(&slug)).await?.is_empty() {
            return Err(retired_problem("slug", &slug).into());
        }
        assign::lock(tx, &new.attributes).await?;
        tx.changed(Subject::Settings);
        let inserted = Entity::insert(row.clone()).exec_with_returning(tx).await;
        let inserted = inserted.map_err(|error| {
            if is_taken(&error, "product_types_slug", "product_types", &["slug"]) {
                return Problem::new("slug", Code::Taken, format!("The slug {slug:?} is taken; choose another.")).into();
            }
            souk_core::error::Error::from(error)
        })?;
        assign::save(tx, id, &new.attributes).await?;
        Ok(inserted)
    })
}

pub async fn update(app: &App, _staff: &Staff<ManageProducts>, id: ProductTypeId, patch: ProductTypePatch) -> Result<Model> {
    let mut check = Check::new();
    let name = patch.name.as_ref().map(|name| check.line("name", name, 1..=length::NAME));
    if let Some(attributes) = &patch.attributes {
        assign::check(&mut check, attributes);
    }
    check.finish()?;
    transact!(app.db, tx, {
        let row = lock(tx, id).await?;
        check_version(patch.expected_version, row.version)?;
        tx.changed(Subject::Settings);
        if let Some(attributes) = &patch.attributes {
            let present = assign::of_type(tx, id).await?;
            assign::lock(tx, attributes).await?;
            assign::check_use(tx, id, &present, attributes).await?;
            assign::save(tx, id, attributes).await?;
        }
        let mut active = row.into_active_model();
        put(&mut active.name, &name);
        active.touch(app.clock.now());
        Ok(Entity::update(active).exec(tx).await?)
    })
}

/// Deletes a product type that no product has.
pub async fn delete(app: &App, _staff: &Staff<ManageProducts>, id: ProductTypeId) -> Result<ProductTypeId> {
    transact!(app.db, tx, {
        lock_all(tx).await?;
        let row = lock(tx, id).await?;
        let used = product::Entity::find().filter(product::Column::ProductTypeId.eq(id)).count(tx).await?;
        if used > 0 {
            let have = if used == 1 { "1 product is".to_owned() } else { format!("{used} products are") };
            return refuse("id", Code::InUse, format!("{have} of the type {}; give them another type first.", row.slug));
        }
        retire_slug(tx, app, retired_slug::PRODUCT_TYPES, &row.slug).await?;
        tx.changed(Subject::Settings);
        Entity::delete_by_id(id).exec(tx).await?;
        Ok(id)
    })
}

/// Locks a type: its rules can neither be applied nor changed until the transaction ends.
async fn lock(tx: &Tx, id: ProductTypeId) -> Result<Model> {
    Ok(Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?)
}
