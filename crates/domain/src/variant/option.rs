//! Options of variants, and the rows by which filters find active variants, ignoring case.

use entity::id::{ProductId, ProductVariantId};
use entity::product_variant::Model;
use entity::value::{Options, VariantOption};
use entity::variant_option::{ActiveModel, Column, Entity};
use sea_orm::ActiveValue::Set;
use sea_orm::JoinType;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use souk_core::db::Tx;
use souk_core::error::Result;
use std::collections::BTreeSet;

/// Rows by which filters find an active variant with these options.
pub fn option_rows(product: ProductId, variant: ProductVariantId, options: &Options) -> Vec<ActiveModel> {
    let all: BTreeSet<_> = options.0.iter().map(|option| (option.name.to_lowercase(), option.value.to_lowercase())).collect();
    let row =
        |(name, value)| ActiveModel { variant_id: Set(variant), name: Set(name), value: Set(value), product_id: Set(product) };
    all.into_iter().map(row).collect()
}

/// IDs of products with an active variant that has one of the values of each option, all in lower case; `None` without options.
pub fn products_with_options(options: &[OptionFilter]) -> Option<SelectStatement> {
    let (first, more) = options.split_first()?;
    let part = |number: usize| Alias::new(format!("option_{number}"));
    let column = |number: usize, column: Column| Expr::col((part(number), column));
    let has = |number: usize, option: &OptionFilter| {
        let name = column(number, Column::Name).eq(option.name.as_str());
        name.and(column(number, Column::Value).is_in(option.values.iter().map(String::as_str)))
    };
    let mut query = Query::select();
    query.column((part(0), Column::ProductId)).from_as(Entity, part(0)).and_where(has(0, first));
    for (number, option) in (1..).zip(more) {
        let same_variant = column(number, Column::VariantId).equals((part(0), Column::VariantId));
        query.join_as(JoinType::InnerJoin, Entity, part(number), same_variant.and(has(number, option)));
    }
    Some(query.to_owned())
}

/// Inserts the rows of a new variant.
pub(super) async fn insert(tx: &Tx, product: ProductId, variant: ProductVariantId, options: &Options) -> Result<()> {
    let rows = option_rows(product, variant, options);
    if !rows.is_empty() {
        Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Replaces the rows of a changed variant, which must be locked.
pub(super) async fn save(tx: &Tx, row: &entity::product_variant::Model) -> Result<()> {
    Entity::delete_many().filter(Column::VariantId.eq(row.id)).exec(tx).await?;
    if row.active { insert(tx, row.product_id, row.id, &row.options).await } else { Ok(()) }
}

/// A condition on an option of a variant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OptionFilter {
    pub name: String,
    /// Allowed values; an empty list matches nothing.
    pub values: Vec<String>,
}

/// An option of a product, such as Size, with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub name: String,
    /// Distinct values.
    pub values: Vec<String>,
}

/// The options of variants, in the order of their first occurrence.
pub fn choices(rows: &[Model]) -> Vec<Choice> {
    let mut found: Vec<Choice> = Vec::new();
    for VariantOption { name, value } in rows.iter().flat_map(|row| &row.options.0) {
        match found.iter_mut().find(|choice| choice.name == *name) {
            Some(choice) if choice.values.contains(value) => {}
            Some(choice) => choice.values.push(value.clone()),
            None => found.push(Choice { name: name.clone(), values: vec![value.clone()] }),
        }
    }
    found
}

/// The first variant that has all of these options, ignoring case.
pub fn with_options<'a>(rows: &'a [Model], required: &[VariantOption]) -> Option<&'a Model> {
    let same = |one: &str, other: &str| one.to_lowercase() == other.to_lowercase();
    let has = |row: &Model, required: &VariantOption| {
        row.options.0.iter().any(|option| same(&option.name, &required.name) && same(&option.value, &required.value))
    };
    rows.iter().find(|row| required.iter().all(|required| has(row, required)))
}
