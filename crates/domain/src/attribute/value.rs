//! Values of attributes: how they are stored, and what variants are made of them.

use entity::id::{AttributeChoiceId, AttributeId, ProductId, ProductVariantId};
use entity::value::{Options, VariantOption};
use entity::{product_attribute_value, variant_attribute_value};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter};
use sha2::{Digest, Sha256};
use souk_core::db::{InPadded, Tx};
use souk_core::error::Result;
use souk_core::length;
use souk_core::text::truncate;
use std::fmt::Write;

/// A value of an attribute from a client: exactly one of the fields but the slug, which fits the attribute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewValue {
    /// Slug of the attribute.
    pub slug: String,
    /// Slugs of choices.
    pub values: Option<Vec<String>>,
    /// Decimal number.
    pub number: Option<String>,
    pub boolean: Option<bool>,
    /// ISO 8601 date.
    pub date: Option<String>,
    pub text: Option<String>,
}

/// One stored value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) choice_id: Option<AttributeChoiceId>,
    pub(crate) text: Option<String>,
    pub(crate) number: Option<i64>,
}

impl Cell {
    pub(crate) fn number(number: i64) -> Self {
        Self { number: Some(number), ..Self::default() }
    }
}

/// The checked values of one attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) attribute_id: AttributeId,
    /// Name of the attribute.
    pub(crate) name: String,
    /// The value in words, such as "Red" or "12.5 kg".
    pub(crate) shown: String,
    /// Several only if several choices are chosen.
    pub(crate) cells: Vec<Cell>,
}

/// The checked values of a product or a variant, in the order of the type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values(pub(crate) Vec<Value>);

impl Values {
    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The options of a variant with these values.
    pub(crate) fn options(&self) -> Options {
        let option = |value: &Value| VariantOption {
            name: truncate(&value.name, length::TAG).to_owned(),
            value: truncate(&value.shown, length::NAME).to_owned(),
        };
        Options(self.0.iter().map(option).collect())
    }

    /// Whether the stored values are the same, in whatever order of the attributes.
    pub(crate) fn has_same_cells(&self, other: &Self) -> bool {
        let same = |value: &Value| other.0.iter().any(|one| one.attribute_id == value.attribute_id && one.cells == value.cells);
        self.0.len() == other.0.len() && self.0.iter().all(same)
    }

    /// Identifies the values of a variant within its product, whatever their order.
    pub(crate) fn combination(&self) -> Option<String> {
        combination(self.0.iter().flat_map(|value| value.cells.iter().map(|cell| (value.attribute_id, cell))))
    }
}

/// The hash of pairs of an attribute and a value; absent without any.
pub(crate) fn combination<'a>(values: impl Iterator<Item = (AttributeId, &'a Cell)>) -> Option<String> {
    let pair = |(attribute, cell): (AttributeId, &Cell)| match cell.choice_id {
        Some(choice) => format!("{}={}", attribute.0.simple(), choice.0.simple()),
        None => format!("{}={}", attribute.0.simple(), cell.number.unwrap_or_default()),
    };
    let mut pairs: Vec<_> = values.map(pair).collect();
    if pairs.is_empty() {
        return None;
    }
    pairs.sort();
    let mut hash = String::new();
    for byte in Sha256::digest(pairs.join(";")) {
        // Writing to a text can't fail.
        let _ = write!(hash, "{byte:02x}");
    }
    Some(hash)
}

/// The hash of choices that a variant has, for rows that are not written by [`Values`].
pub fn combination_of_choices(pairs: &[(AttributeId, AttributeChoiceId)]) -> Option<String> {
    let cells: Vec<_> = pairs.iter().map(|(id, choice)| (*id, Cell { choice_id: Some(*choice), ..Cell::default() })).collect();
    combination(cells.iter().map(|(id, cell)| (*id, cell)))
}

/// Inserts the values of a new product.
pub(crate) async fn insert_of_product(tx: &Tx, product: ProductId, values: &Values) -> Result<()> {
    let row = |(value, position, cell): (&Value, i32, &Cell)| product_attribute_value::ActiveModel {
        product_id: Set(product),
        attribute_id: Set(value.attribute_id),
        position: Set(position),
        choice_id: Set(cell.choice_id),
        text: Set(cell.text.clone()),
        number: Set(cell.number),
    };
    let rows: Vec<_> = cells(values).map(row).collect();
    if !rows.is_empty() {
        product_attribute_value::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Replaces the values of a product, which must be locked.
pub(crate) async fn save_of_product(tx: &Tx, product: ProductId, values: &Values) -> Result<()> {
    use product_attribute_value::{Column, Entity};
    Entity::delete_many().filter(Column::ProductId.eq(product)).exec(tx).await?;
    insert_of_product(tx, product, values).await
}

/// Inserts the values of a new variant.
pub(crate) async fn insert_of_variant(tx: &Tx, product: ProductId, variant: ProductVariantId, values: &Values) -> Result<()> {
    let row = |(value, position, cell): (&Value, i32, &Cell)| variant_attribute_value::ActiveModel {
        variant_id: Set(variant),
        attribute_id: Set(value.attribute_id),
        position: Set(position),
        product_id: Set(product),
        choice_id: Set(cell.choice_id),
        text: Set(cell.text.clone()),
        number: Set(cell.number),
    };
    let rows: Vec<_> = cells(values).map(row).collect();
    if !rows.is_empty() {
        variant_attribute_value::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Replaces the values of a variant, which must be locked with its product.
pub(crate) async fn save_of_variant(tx: &Tx, product: ProductId, variant: ProductVariantId, values: &Values) -> Result<()> {
    use variant_attribute_value::{Column, Entity};
    Entity::delete_many().filter(Column::VariantId.eq(variant)).exec(tx).await?;
    insert_of_variant(tx, product, variant, values).await
}

/// Deletes the values of a product of other attributes than these; the product must be locked.
pub(crate) async fn keep_of_product(tx: &Tx, product: ProductId, attributes: &[AttributeId]) -> Result<()> {
    use product_attribute_value::{Column, Entity};
    let others = Column::AttributeId.in_padded(attributes).not();
    Entity::delete_many().filter(Column::ProductId.eq(product)).filter(others).exec(tx).await?;
    Ok(())
}

/// Deletes the values of the variants of a product of other attributes than these; returns whether there were any. The product and its
/// variants must be locked.
pub(crate) async fn keep_of_variants(tx: &Tx, product: ProductId, attributes: &[AttributeId]) -> Result<bool> {
    use variant_attribute_value::{Column, Entity};
    let others = Column::AttributeId.in_padded(attributes).not();
    let done = Entity::delete_many().filter(Column::ProductId.eq(product)).filter(others).exec(tx).await?;
    Ok(done.rows_affected > 0)
}

fn cells(values: &Values) -> impl Iterator<Item = (&Value, i32, &Cell)> {
    values.0.iter().flat_map(|value| (0..).zip(&value.cells).map(move |(position, cell)| (value, position, cell)))
}
