//! The attributes of a product type.

use crate::attribute::{MAX_OF_TYPE, MAX_OF_VARIANTS, fits_variants};
use crate::attribute::{Of, products_have, products_with};
use entity::attribute;
use entity::id::{AttributeId, ProductTypeId};
use entity::product_type_attribute::{ActiveModel, Column, Entity, Model};
use entity::value::AttributeLevel;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use souk_core::check::Check;
use souk_core::db::{InPadded, Tx, keep_all};
use souk_core::error::{Code, Result};
use std::collections::HashMap;

/// An attribute that a type is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAssignment {
    pub attribute_id: AttributeId,
    pub level: AttributeLevel,
    pub required: bool,
}

/// Checks the list without reading the attributes.
pub(super) fn check(check: &mut Check, new: &[NewAssignment]) {
    check.count("attributes", new, MAX_OF_TYPE);
    for (at, one) in new.iter().enumerate().take(MAX_OF_TYPE) {
        if new.iter().take(at).any(|other| other.attribute_id == one.attribute_id) {
            let message = "attributeId must be unique; the attribute is given twice.";
            check.problem(&format!("attributes.{at}.attributeId"), Code::Taken, message);
        }
    }
    let of_variants = new.iter().filter(|one| one.level == AttributeLevel::Variant).count();
    if of_variants > MAX_OF_VARIANTS {
        let message = format!("At most {MAX_OF_VARIANTS} attributes can be of the level VARIANT; got {of_variants}.");
        check.problem("attributes", Code::TooLong, message);
    }
}

/// Locks the attributes against changes, and checks that they exist and fit their levels.
pub(super) async fn lock(tx: &Tx, new: &[NewAssignment]) -> Result<()> {
    let mut ids: Vec<_> = new.iter().map(|one| one.attribute_id).collect();
    ids.sort();
    keep_all::<attribute::Entity, AttributeId>(tx, &ids, attribute::Column::Id).await?;
    let rows = attribute::Entity::find().filter(attribute::Column::Id.in_padded(&ids)).all(tx).await?;
    let rows: HashMap<_, _> = rows.into_iter().map(|row| (row.id, row)).collect();
    let mut check = Check::new();
    for (at, one) in new.iter().enumerate() {
        match rows.get(&one.attribute_id) {
            None => check.problem(&format!("attributes.{at}.attributeId"), Code::NotFound, "The attribute does not exist."),
            Some(row) if one.level == AttributeLevel::Variant && !fits_variants(row.input_type) => {
                let message = format!(
                    "level can be VARIANT only for attributes of the types CHOICE, NUMBER and BOOLEAN; {} is of the type {}.",
                    row.slug, row.input_type
                );
                check.problem(&format!("attributes.{at}.level"), Code::Invalid, message);
            }
            Some(_) => {}
        }
    }
    check.finish()
}

/// Whether values stand in the way: an attribute of which products of the type have values can be neither removed nor moved to the other
/// level. The type must be locked.
pub(super) async fn check_use(tx: &Tx, id: ProductTypeId, present: &[Model], new: &[NewAssignment]) -> Result<()> {
    let mut check = Check::new();
    for row in present {
        let at = new.iter().position(|one| one.attribute_id == row.attribute_id);
        let level = at.and_then(|at| new.get(at)).map(|one| one.level);
        if level == Some(row.level) {
            continue;
        }
        let used = products_with(tx, Of::AttributeOfType(row.attribute_id, id)).await?;
        if used == 0 {
            continue;
        }
        let slug = attribute::Entity::find_by_id(row.attribute_id).one(tx).await?.map_or_else(String::new, |row| row.slug);
        let have = products_have(used);
        match at {
            Some(at) => {
                let message = format!("level can't be changed: {have} a value of {slug}.");
                check.problem(&format!("attributes.{at}.level"), Code::InUse, message);
            }
            None => check.problem("attributes", Code::InUse, format!("{slug} can't be removed: {have} a value of it.")),
        }
    }
    check.finish()
}

pub(super) async fn of_type(tx: &Tx, id: ProductTypeId) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(Column::ProductTypeId.eq(id)).all(tx).await?)
}

/// Replaces the attributes of a type.
pub(super) async fn save(tx: &Tx, id: ProductTypeId, new: &[NewAssignment]) -> Result<()> {
    Entity::delete_many().filter(Column::ProductTypeId.eq(id)).exec(tx).await?;
    let row = |(position, one): (i32, &NewAssignment)| ActiveModel {
        product_type_id: Set(id),
        attribute_id: Set(one.attribute_id),
        level: Set(one.level),
        required: Set(one.required),
        position: Set(position),
    };
    let rows: Vec<_> = (0..).zip(new).map(row).collect();
    if !rows.is_empty() {
        Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}
