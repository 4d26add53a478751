//! Creating, changing and deleting attributes.

use crate::attribute::usage::{self, Of, products_have, products_with, slug_taken};
use crate::attribute::{MAX_ATTRIBUTES, RewriteOptions, fits_variants, rules};
use entity::attribute::{ActiveModel, Entity, Model};
use entity::id::{AttributeId, ProductTypeId};
use entity::value::{AttributeInputType, AttributeLevel};
use entity::versioned::{Versioned, put};
use entity::{attribute_choice, lock, product_type_attribute, retired_slug};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::auth::Staff;
use souk_core::auth::permissions::ManageProducts;
use souk_core::check::{Check, check_version};
use souk_core::db::{Subject, Tx};
use souk_core::error::{Code, Fault, Result, refuse};
use souk_core::job::{Enqueue, enqueue};
use souk_core::length;
use souk_core::provider::search::facet_slug;
use souk_core::text::{slugify, truncate};
use souk_core::transact;

/// An attribute to be created.
#[derive(Clone, Debug)]
pub struct NewAttribute {
    pub name: String,
    /// Default: made from the name.
    pub slug: Option<String>,
    pub input_type: AttributeInputType,
    /// Only for numbers.
    pub unit: Option<String>,
    /// Default: true, except for texts.
    pub filterable: Option<bool>,
}

/// Changes; a `None` field is left as it is.
#[derive(Clone, Debug, Default)]
pub struct AttributePatch {
    pub name: Option<String>,
    /// Refused if the attribute has values or choices that do not fit.
    pub input_type: Option<AttributeInputType>,
    /// `Some(None)` removes it.
    pub unit: Option<Option<String>>,
    pub filterable: Option<bool>,
    /// Version the caller read; refused as STALE if it is not the current one.
    pub expected_version: Option<i32>,
}

pub async fn create(app: &App, _staff: &Staff<ManageProducts>, new: NewAttribute) -> Result<Model> {
    let mut check = Check::new();
    let name = check.line("name", &new.name, 1..=length::NAME);
    let slug = made_slug(&mut check, "slug", new.slug.as_deref(), &name);
    let unit = check.optional_line("unit", new.unit.as_deref(), length::UNIT);
    let filterable = new.filterable.unwrap_or(new.input_type != AttributeInputType::Text);
    check_combination(&mut check, new.input_type, unit.as_deref(), filterable);
    if facet_slug::ALL.contains(&slug.as_str()) {
        let all = facet_slug::ALL.join(", ");
        check.problem("slug", Code::Invalid, format!("slug must not be one of {all}, which are facets of a search; got {slug}."));
    }
    check.finish()?;
    let now = app.clock.now();
    let row = ActiveModel {
        id: Set(app.clock.new_id()),
        name: Set(name),
        slug: Set(slug.clone()),
        input_type: Set(new.input_type),
        unit: Set(unit),
        filterable: Set(filterable),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    transact!(app.db, tx, {
        lock_all(tx).await?;
        if Entity::find().count(tx).await? >= MAX_ATTRIBUTES {
            let message = format!("There can be at most {MAX_ATTRIBUTES} attributes; delete one first.");
            return refuse("", Code::LimitReached, message);
        }
        if !usage::retired(tx, retired_slug::ATTRIBUTES, std::slice::from_ref(&slug)).await?.is_empty() {
            return Err(usage::retired_problem("slug", &slug).into());
        }
        tx.changed(Subject::Settings);
        Entity::insert(row.clone()).exec_with_returning(tx).await.map_err(|error| slug_taken(error, "slug", &slug))
    })
}

pub async fn update(app: &App, _staff: &Staff<ManageProducts>, id: AttributeId, patch: AttributePatch) -> Result<Model> {
    let mut check = Check::new();
    let name = patch.name.as_ref().map(|name| check.line("name", name, 1..=length::NAME));
    let unit = patch.unit.as_ref().map(|unit| check.optional_line("unit", unit.as_deref(), length::UNIT));
    check.finish()?;
    transact!(app.db, tx, {
        let row = lock(tx, id).await?;
        check_version(patch.expected_version, row.version)?;
        let mut check = Check::new();
        let input_type = patch.input_type.unwrap_or(row.input_type);
        let now_unit = unit.clone().unwrap_or_else(|| row.unit.clone());
        check_combination(&mut check, input_type, now_unit.as_deref(), patch.filterable.unwrap_or(row.filterable));
        if input_type != row.input_type {
            check_new_type(tx, &mut check, &row, input_type).await?;
        }
        check.finish()?;
        let is_renamed = name.as_ref().is_some_and(|name| *name != row.name) || now_unit != row.unit;
        let mut active = row.into_active_model();
        put(&mut active.name, &name);
        put(&mut active.unit, &unit);
        put(&mut active.input_type, &patch.input_type);
        put(&mut active.filterable, &patch.filterable);
        if is_renamed {
            rewrite_options(tx, app, id).await?;
        }
        touch(tx, app, active).await
    })
}

/// Deletes an attribute with its choices. An attribute of a product type can't be deleted.
pub async fn delete(app: &App, _staff: &Staff<ManageProducts>, id: AttributeId) -> Result<AttributeId> {
    transact!(app.db, tx, {
        lock_all(tx).await?;
        let row = lock(tx, id).await?;
        let used = products_with(tx, Of::Attribute(id)).await?;
        if used > 0 {
            let message = format!("{} a value of {}.", products_have(used), row.slug);
            return refuse("id", Code::InUse, message);
        }
        let of_types = product_type_attribute::Entity::find().filter(product_type_attribute::Column::AttributeId.eq(id));
        let types = of_types.count(tx).await?;
        if types > 0 {
            let have = if types == 1 { "1 product type has".to_owned() } else { format!("{types} product types have") };
            return refuse("id", Code::InUse, format!("{have} the attribute {}; remove it from them first.", row.slug));
        }
        usage::retire_slug(tx, app, retired_slug::ATTRIBUTES, &row.slug).await?;
        tx.changed(Subject::Settings);
        Entity::delete_by_id(id).exec(tx).await?;
        Ok(id)
    })
}

/// The slug that a client gave, or one made from the name.
pub(super) fn made_slug(check: &mut Check, path: &str, given: Option<&str>, name: &str) -> String {
    let slug = match given {
        Some(slug) => return check.slug_within(path, slug, length::ATTRIBUTE_SLUG),
        None => slugify(name),
    };
    if slug.is_empty() && !name.is_empty() {
        check.problem(path, Code::Required, "slug is required, as it can't be made from this name.");
    }
    truncate(&slug, length::ATTRIBUTE_SLUG).trim_end_matches('-').to_owned()
}

fn check_combination(check: &mut Check, input_type: AttributeInputType, unit: Option<&str>, filterable: bool) {
    if let (Some(unit), true) = (unit, input_type != AttributeInputType::Number) {
        let message = format!("unit is only for attributes of the type NUMBER, not {input_type}; got {unit:?}.");
        check.problem("unit", Code::Invalid, message);
    }
    if filterable && input_type == AttributeInputType::Text {
        check.problem("isFilterable", Code::Invalid, "isFilterable must be false for attributes of the type TEXT.");
    }
}

/// The type of an attribute can change only while it has no values, and no choices that the new type does not have.
async fn check_new_type(tx: &Tx, check: &mut Check, row: &Model, new: AttributeInputType) -> Result<()> {
    let used = products_with(tx, Of::Attribute(row.id)).await?;
    if used > 0 {
        let message = format!("inputType can't be changed: {} a value of {}.", products_have(used), row.slug);
        check.problem("inputType", Code::InUse, message);
    }
    let choices = attribute_choice::Entity::find().filter(attribute_choice::Column::AttributeId.eq(row.id)).count(tx).await?;
    if choices > 0 && !rules::has_choices(new) {
        let message = format!("{new} has no choices, and {} has {choices}; delete them first.", row.slug);
        check.problem("inputType", Code::InUse, message);
    }
    if !fits_variants(new) {
        use product_type_attribute::Column;
        let of_variants = product_type_attribute::Entity::find().filter(Column::AttributeId.eq(row.id));
        let of_variants = of_variants.filter(Column::Level.eq(AttributeLevel::Variant));
        let types: Vec<ProductTypeId> = of_variants.select_only().column(Column::ProductTypeId).into_tuple().all(tx).await?;
        if !types.is_empty() {
            let message =
                format!("{} distinguishes variants in {} product types, so inputType can't be {new}.", row.slug, types.len());
            check.problem("inputType", Code::InUse, message);
        }
    }
    Ok(())
}

/// Locks an attribute: values of it can neither be checked nor written until the transaction ends.
pub(super) async fn lock(tx: &Tx, id: AttributeId) -> Result<Model> {
    Ok(Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?)
}

/// Locks the number of product types and attributes, and their slugs.
pub(crate) async fn lock_all(tx: &Tx) -> Result<()> {
    match lock::Entity::find_by_id(lock::PRODUCT_TYPES).lock_exclusive().one(tx).await? {
        Some(_) => Ok(()),
        None => Err(Fault::internal("locks has no row for the product types: the migrations have not been applied").into()),
    }
}

/// Saves an attribute whose row or choices changed. Its version tells those who check values that the choices changed.
pub(super) async fn touch(tx: &Tx, app: &App, mut active: ActiveModel) -> Result<Model> {
    tx.changed(Subject::Settings);
    active.touch(app.clock.now());
    Ok(Entity::update(active).exec(tx).await?)
}

/// Enqueues the job that writes the options of variants again, if any variant has a value of the attribute.
pub(super) async fn rewrite_options(tx: &Tx, app: &App, id: AttributeId) -> Result<()> {
    if usage::is_used_by_variants(tx, id).await? {
        enqueue(tx, &app.clock, &RewriteOptions { attribute_id: id, after: None }, Enqueue::default()).await?;
    }
    Ok(())
}
