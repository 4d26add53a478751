//! Generating the variants of all combinations of values. What exists is neither changed nor deleted.

use crate::attribute::{Alternatives, Rules, Shown, Values, combinations, is_outdated, values_of_variants, variant_values};
use crate::digital_file;
use crate::product_aggregates;
use crate::variant::fields::{Fields, MAX_VARIANTS, made_sku, name_of, sku_base};
use crate::variant::{values, write};
use entity::id::{ProductId, ProductVariantId};
use entity::product_variant::{Column, Entity, Model};
use entity::value::{Options, ProductKind};
use entity::{order_line, product, store};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::auth::StoreStaff;
use souk_core::check::{Amount, Check, MAX_QUANTITY, check_version};
use souk_core::db::{InPadded, Tx, keep, lock_in_order};
use souk_core::error::{Code, Error, Fault, Problem, Refusal, Result, refuse};
use souk_core::transact;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// What is generated.
#[derive(Clone, Debug)]
pub struct NewVariants {
    pub choices: Vec<Alternatives>,
    pub price: Amount,
    /// Items in stock of each new variant.
    pub stock_quantity: i32,
    /// Whether the new variants can be bought.
    pub active: bool,
    /// Version of the product that the caller read; refused as STALE if it is not the current one.
    pub expected_version: Option<i32>,
    /// Whether everything is undone at the end.
    pub dry_run: bool,
}

/// Result of [`generate`].
#[derive(Clone, Debug)]
pub struct Generated {
    pub product: product::Model,
    /// New variants with their values.
    pub created: Vec<(Model, Vec<Shown>)>,
    /// Variants that had one of the combinations before.
    pub existing: Vec<Model>,
}

/// The checked input: a variant for each combination.
struct Checked {
    all: Vec<Fields>,
    /// The number of values of each attribute.
    sizes: Vec<usize>,
}

/// Adds a variant for each combination that no variant of the product has. A lone variant without options that was never ordered is
/// replaced.
pub async fn generate(app: &App, staff: &StoreStaff, id: ProductId, new: NewVariants) -> Result<Generated> {
    let mut attempt = 0;
    loop {
        let result = try_generate(app, staff, id, &new).await;
        let again = |error: &Error| is_outdated(error) || is_sku_problem(error) || values::is_double(error);
        match result {
            Err(error) if attempt < write::ATTEMPTS && again(&error) => attempt += 1,
            other => return other,
        }
    }
}

/// Whether a generated SKU was taken by another request.
fn is_sku_problem(error: &Error) -> bool {
    let is_sku = |problem: &Problem| problem.code == Code::Taken && problem.field == ["sku"];
    matches!(error, Error::Refused(Refusal(problems)) if problems.iter().any(is_sku))
}

async fn try_generate(app: &App, staff: &StoreStaff, id: ProductId, new: &NewVariants) -> Result<Generated> {
    let query = product::Entity::find_by_id(id).filter(product::Column::StoreId.eq(staff.store_id()));
    let product = query.one(app.db.read()).await?.ok_or(Fault::NotFound)?;
    let named: Vec<_> = new.choices.iter().map(Alternatives::named).collect();
    let named: Vec<_> = named.iter().collect();
    let rules = Rules::load(app.db.read(), product.product_type_id, &named).await?.unwrap_or_default();
    let checked = check(new, &product, &rules)?;
    // What the dry run found, which the end of its transaction undoes.
    let found: Mutex<Option<Generated>> = Mutex::new(None);
    let result = transact!(app.db, tx, {
        // Before the variants and the product, as in `docs/LOCKS.md`: the foreign key locks the store, too.
        if !keep::<store::Entity>(tx, product.store_id).await? {
            return Err(Fault::NotFound.into());
        }
        rules.confirm(tx).await?;
        let variants = Entity::find().filter(Column::ProductId.eq(id));
        let _: Vec<ProductVariantId> = lock_in_order(tx, variants, Column::Id).await?;
        let locked = values::lock_product(tx, id, &rules).await?;
        check_version(new.expected_version, locked.version)?;
        let generated = add_missing(tx, app, &locked, &checked).await?;
        digital_file::check_complete(tx, &locked, "isActive").await?;
        if new.dry_run {
            *found.lock().unwrap_or_else(PoisonError::into_inner) = Some(generated);
            return refuse("dryRun", Code::NotAllowed, "Nothing is written by a dry run.");
        }
        Ok(generated)
    });
    match found.into_inner().unwrap_or_else(PoisonError::into_inner) {
        // As it is without the new variants.
        Some(generated) => Ok(Generated { product, ..generated }),
        None => result,
    }
}

fn check(new: &NewVariants, product: &product::Model, rules: &Rules) -> Result<Checked> {
    let mut check = Check::new();
    let lists = rules.alternatives(&mut check, "choices", &new.choices, MAX_VARIANTS);
    let price = check.price("price", &new.price, product.currency, true);
    match product.kind {
        ProductKind::Digital if new.stock_quantity != 0 => {
            let message = format!("stockQuantity must be 0 for digital products; got {}.", new.stock_quantity);
            check.problem("stockQuantity", Code::Invalid, message);
        }
        _ => {
            check.integer("stockQuantity", new.stock_quantity, 0..=MAX_QUANTITY);
        }
    }
    let sizes: Vec<_> = lists.iter().map(Vec::len).collect();
    refuse_many(&mut check, &sizes);
    check.finish()?;
    let fields = |values: Values| {
        let options = values.options();
        Fields {
            path: String::new(),
            name: name_of(&options),
            sku: None,
            options,
            values,
            price,
            compare_at_price: None,
            stock_quantity: new.stock_quantity,
            low_stock_threshold: None,
            weight_grams: None,
            barcode: None,
            active: new.active,
        }
    };
    Ok(Checked { all: combinations(&lists).into_iter().map(fields).collect(), sizes })
}

/// Before the combinations are made, of which there could be millions.
fn refuse_many(check: &mut Check, sizes: &[usize]) {
    let total = sizes.iter().fold(1, |all: usize, size| all.saturating_mul(*size));
    if total > MAX_VARIANTS {
        check.problem("choices", Code::LimitReached, format!("{}; a product may have {MAX_VARIANTS}.", multiplied(sizes)));
    }
}

/// "4 x 6 x 5 = 120 combinations"
fn multiplied(sizes: &[usize]) -> String {
    let total = sizes.iter().fold(1, |all: usize, size| all.saturating_mul(*size));
    let factors: Vec<_> = sizes.iter().map(ToString::to_string).collect();
    let factors = if factors.len() > 1 { format!("{} = ", factors.join(" x ")) } else { String::new() };
    format!("{factors}{total} combinations")
}

async fn add_missing(tx: &Tx, app: &App, product: &product::Model, checked: &Checked) -> Result<Generated> {
    let query = Entity::find().filter(Column::ProductId.eq(product.id));
    let mut present = query.order_by_asc(Column::Position).order_by_asc(Column::Id).all(tx).await?;
    let ids: Vec<_> = present.iter().map(|row| row.id).collect();
    let values = values_of_variants(tx, &ids).await?;
    let combination = |row: &Model| values.get(&row.id).and_then(Values::combination);
    let by_combination: HashMap<String, Model> =
        present.iter().filter_map(|row| Some((combination(row)?, row.clone()))).collect();
    let key = |fields: &Fields| fields.values.combination().unwrap_or_default();
    let existing: Vec<Model> = checked.all.iter().filter_map(|fields| by_combination.get(&key(fields)).cloned()).collect();
    let missing: Vec<&Fields> = checked.all.iter().filter(|fields| !by_combination.contains_key(&key(fields))).collect();
    if !missing.is_empty() && remove_default(tx, &present).await? {
        present.clear();
    }
    if present.len() + missing.len() > MAX_VARIANTS {
        let message = format!(
            "{}; the product has {} variants, and {} would be added; a product may have {MAX_VARIANTS}.",
            multiplied(&checked.sizes),
            present.len(),
            missing.len()
        );
        return refuse("choices", Code::LimitReached, message);
    }
    let base = sku_base(&product.name);
    let mut taken = skus_with(tx, product, &base).await?;
    let first = present.iter().map(|row| row.position).max().map_or(0, |last| last.saturating_add(1));
    let mut new = Vec::new();
    for (position, fields) in (first..).zip(missing) {
        let sku = made_sku(&base, &fields.options, &taken);
        taken.push(sku.clone());
        new.push((sku, position, fields));
    }
    // MariaDB locks the space before a SKU for those who wait to insert the same one. Two generators would block each other if one went on
    // with a SKU before it.
    new.sort_unstable_by(|(one, ..), (other, ..)| one.cmp(other));
    let mut ids = Vec::new();
    for (sku, position, fields) in new {
        ids.push(write::insert_one(tx, app, product, fields, sku, position).await?);
    }
    product_aggregates::refresh(tx, product.id).await?;
    let rows = Entity::find().filter(Column::Id.in_padded(&ids)).order_by_asc(Column::Position).all(tx).await?;
    let mut shown = variant_values(tx, &ids).await?;
    let created = rows.into_iter().map(|row| (shown.remove(&row.id).unwrap_or_default(), row)).map(|(shown, row)| (row, shown));
    let created = created.collect();
    let product = product::Entity::find_by_id(product.id).one(tx).await?.ok_or(Fault::NotFound)?;
    Ok(Generated { product, created, existing })
}

/// Deletes the only variant of a product if it has neither options nor values and was never ordered; returns whether it did.
async fn remove_default(tx: &Tx, present: &[Model]) -> Result<bool> {
    let [lone] = present else { return Ok(false) };
    if lone.options != Options::default() || lone.combination.is_some() || lone.name != name_of(&lone.options) {
        return Ok(false);
    }
    let ordered = order_line::Entity::find()
        .filter(order_line::Column::ProductId.eq(lone.product_id))
        .filter(order_line::Column::VariantId.eq(lone.id))
        .limit(1)
        .one(tx)
        .await?;
    if ordered.is_some() {
        return Ok(false);
    }
    Entity::delete_by_id(lone.id).exec(tx).await?;
    Ok(true)
}

/// SKUs of the store that begin like generated ones. Another one can be added meanwhile: then the unique index refuses it, and everything
/// is tried again.
async fn skus_with(tx: &Tx, product: &product::Model, base: &str) -> Result<Vec<String>> {
    let query = Entity::find().filter(Column::StoreId.eq(product.store_id)).filter(Column::Sku.starts_with(base));
    Ok(query.select_only().column(Column::Sku).into_tuple().all(tx).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_combinations_is_told_with_its_factors() {
        assert_eq!(multiplied(&[4, 6, 5]), "4 x 6 x 5 = 120 combinations");
        assert_eq!(multiplied(&[101]), "101 combinations");
        let mut check = Check::new();
        refuse_many(&mut check, &[usize::MAX, usize::MAX]);
        refuse_many(&mut check, &[10, 10]);
        assert_eq!(check.into_problems().len(), 1);
    }
}
