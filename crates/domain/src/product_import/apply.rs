//! Writes the product of an entry by the functions of `productCreate`, `productUpdate` and those of variants, so that the rules are the same.

use super::convert::{self, Given, Problems};
use super::entry::{Cell, Entry, Field, LineProblem, VariantEntry, VariantField};
use super::images::{self, Wanted};
use super::locate::{Places, locate};
use super::number;
use super::world::{Found, Present, World};
use crate::attribute::{Rules, Values, written};
use crate::digital_file;
use crate::product::{self, NewProduct, ProductPatch, TypeChange};
use crate::product_aggregates;
use crate::variant::{self, Fields, NewVariant, Terms, VariantPatch};
use entity::id::{CategoryId, ProductId, ProductTypeId};
use entity::product_variant;
use entity::value::{AttributeLevel, ProductImportMode, ProductKind, ProductStatus, StoreStatus};
use souk_core::check::Check;
use souk_core::db::Tx;
use souk_core::error::{Code, Error, Problem, Refusal, Result};
use souk_core::text::random_suffix;
use std::sync::Arc;

/// Result of an entry.
pub(super) enum Outcome {
    Created(Vec<Wanted>),
    Updated(Vec<Wanted>),
    Unchanged,
    /// Nothing was written.
    Failed(Problems),
}

/// Writes the product of an entry, or nothing.
pub(super) async fn apply(tx: &Tx, world: &World<'_>, mode: ProductImportMode, entry: &Entry) -> Result<Outcome> {
    if !entry.problems.is_empty() {
        return Ok(Outcome::Failed(entry.problems.clone()));
    }
    let failed = |code, message: &str| Ok(Outcome::Failed(vec![whole(entry, code, message)]));
    match world.product_of(entry) {
        Found::Several => failed(Code::Invalid, "The SKUs of the lines belong to several products of the store."),
        Found::One(_) if mode == ProductImportMode::CreateOnly => {
            failed(Code::Taken, "The store has the product, and the mode of the import is CREATE_ONLY.")
        }
        Found::None if mode == ProductImportMode::UpdateOnly => {
            failed(Code::NotFound, "The store has no product with this SKU or handle, and the mode of the import is UPDATE_ONLY.")
        }
        Found::One(id) => match world.products.get(&id) {
            Some(present) => Box::pin(update(tx, world, entry, present)).await,
            None => failed(Code::Stale, "The product was deleted in the meantime."),
        },
        Found::None => Box::pin(create(tx, world, entry)).await,
    }
}

/// A problem of the product, in the cell that identifies it.
fn whole(entry: &Entry, code: Code, message: &str) -> LineProblem {
    let sku = entry.variants.first().and_then(|variant| variant.fields.get(&VariantField::Sku));
    match sku.or(entry.fields.get(&Field::Handle)) {
        Some(cell) => cell.problem(code, message),
        None => LineProblem::of_line(entry.line, code, message),
    }
}

/// What an entry refers to by slugs.
struct References {
    category: Option<Option<CategoryId>>,
    product_type: Option<Option<ProductTypeId>>,
}

fn references(world: &World<'_>, entry: &Entry, problems: &mut Problems) -> References {
    let category = convert::clearable(entry.fields.get(&Field::Category), problems, |cell, slug| {
        let missing = || cell.problem(Code::NotFound, format!("The marketplace has no category {slug:?}; give its slug."));
        world.category(slug).ok_or_else(missing)
    });
    let product_type = convert::clearable(entry.fields.get(&Field::Type), problems, |cell, slug| {
        let missing = || cell.problem(Code::NotFound, format!("The marketplace has no product type {slug:?}; give its slug."));
        world.product_type(slug).ok_or_else(missing)
    });
    References { category, product_type }
}

/// Adds the refused problems with their places. A value that could not be read is not missing, too.
fn add(problems: &mut Problems, refused: Vec<Problem>, entry: &Entry, places: &Places<'_>) {
    for problem in refused {
        let problem = locate(&problem, entry, places);
        let is_told =
            |other: &LineProblem| other.column.is_some() && (other.line, &other.column) == (problem.line, &problem.column);
        if problem.code != Code::Required || !problems.iter().any(is_told) {
            problems.push(problem);
        }
    }
}

async fn create(tx: &Tx, world: &World<'_>, entry: &Entry) -> Result<Outcome> {
    let (app, mut problems) = (world.app, Problems::new());
    if world.store.status == StoreStatus::Closed {
        let message = "The store is CLOSED, so no products can be added.";
        return Ok(Outcome::Failed(vec![LineProblem::of_line(entry.line, Code::InvalidState, message)]));
    }
    let References { category, product_type } = references(world, entry, &mut problems);
    let product_type = product_type.flatten();
    let rules = world.rules(product_type).unwrap_or_default();
    let mut places = Places::default();
    let attributes = convert::values_of_product(entry, &rules, &[], &mut problems);
    let attributes = places.of_product(attributes);
    let mut variants = Vec::new();
    for variant in &entry.variants {
        variants.push(new_variant(world, entry, variant, &rules, &mut places, &mut problems));
    }
    let text = |field| entry.text(field).map(str::to_owned);
    let new = NewProduct {
        category_id: category.flatten(),
        product_type_id: product_type,
        attributes,
        name: convert::required(entry.fields.get(&Field::Name), &mut problems, convert::text).unwrap_or_default(),
        slug: convert::required(entry.fields.get(&Field::Handle), &mut problems, convert::text),
        short_description: text(Field::ShortDescription),
        description: text(Field::Description),
        details: Vec::new(),
        tags: convert::tags(entry).unwrap_or_default(),
        kind: convert::required(entry.fields.get(&Field::Kind), &mut problems, convert::kind).unwrap_or(ProductKind::Physical),
        status: convert::required(entry.fields.get(&Field::Status), &mut problems, convert::status)
            .unwrap_or(ProductStatus::Draft),
        seo_title: text(Field::SeoTitle),
        seo_description: text(Field::SeoDescription),
        images: Vec::new(),
        single: None,
        variants: Some(variants),
    };
    let images = images::wanted(app, entry, None, &mut problems);
    let checked = match product::check_new(app, &new, &rules, true) {
        Ok(checked) => checked,
        Err(Error::Refused(Refusal(refused))) => {
            add(&mut problems, refused, entry, &places);
            return Ok(Outcome::Failed(problems));
        }
        Err(fault) => return Err(fault),
    };
    if !problems.is_empty() {
        return Ok(Outcome::Failed(problems));
    }
    let id: ProductId = app.clock.new_id();
    let mut attempt = 0;
    loop {
        match tx.part(product::write_new(tx, app, (&world.store, id), &new, &checked, attempt)).await {
            Ok(product) => return Ok(Outcome::Created(images.of(product.id))),
            Err(error) if attempt < product::ATTEMPTS && product::is_generated_taken(&error, &checked) => attempt += 1,
            Err(Error::Refused(Refusal(refused))) => {
                add(&mut problems, refused, entry, &places);
                return Ok(Outcome::Failed(problems));
            }
            Err(fault) => return Err(fault),
        }
    }
}

/// A variant that the store does not have yet.
fn new_variant<'a>(
    world: &World<'_>,
    entry: &'a Entry,
    variant: &'a VariantEntry,
    rules: &Rules,
    places: &mut Places<'a>,
    problems: &mut Problems,
) -> NewVariant {
    let currency = world.app.config.currency;
    let cell = |field: VariantField| variant.fields.get(&field);
    let attributes = convert::values_of_variant(entry, variant, rules, &[], problems);
    let (options, option_cells) = convert::options(variant, rules, &[]).unwrap_or_default();
    let attributes = places.of_variant(attributes, option_cells);
    NewVariant {
        name: None,
        sku: convert::required(cell(VariantField::Sku), problems, convert::text),
        options,
        attributes,
        price: convert::required(cell(VariantField::Price), problems, convert::amount("price", currency)),
        compare_at_price: convert::clearable(
            cell(VariantField::CompareAtPrice),
            problems,
            convert::amount("compareAtPrice", currency),
        )
        .flatten(),
        stock_quantity: convert::required(cell(VariantField::Stock), problems, number::integer),
        low_stock_threshold: convert::clearable(cell(VariantField::LowStockThreshold), problems, number::integer).flatten(),
        weight_grams: convert::clearable(cell(VariantField::WeightGrams), problems, number::integer).flatten(),
        barcode: convert::clearable(cell(VariantField::Barcode), problems, convert::text).flatten(),
        active: convert::required(cell(VariantField::Active), problems, number::boolean),
    }
}

/// A variant of the product that an entry changes.
struct VariantChange<'a> {
    row: &'a product_variant::Model,
    patch: VariantPatch,
    checked: variant::CheckedPatch,
    is_changed: bool,
    stock: Option<i32>,
}

async fn update(tx: &Tx, world: &World<'_>, entry: &Entry, present: &Present) -> Result<Outcome> {
    let (app, mut problems, mut places) = (world.app, Problems::new(), Places::default());
    let References { category, product_type } = references(world, entry, &mut problems);
    let former = present.row.product_type_id;
    let type_id = product_type.unwrap_or(former);
    let Some(rules) = world.rules(type_id) else {
        let message = "The type of the product was changed in the meantime; import the line again.";
        return Ok(Outcome::Failed(vec![whole(entry, Code::Stale, message)]));
    };
    let attributes = convert::values_of_product(entry, &rules, &present.values, &mut problems);
    let gives_attributes = attributes.is_some();
    let attributes = places.of_product(attributes);
    let mut patch = ProductPatch {
        category_id: category,
        product_type_id: product_type,
        attributes: gives_attributes.then_some(attributes),
        name: convert::required(entry.fields.get(&Field::Name), &mut problems, convert::text),
        slug: convert::required(entry.fields.get(&Field::Handle), &mut problems, convert::text),
        short_description: convert::clearable_text(entry, Field::ShortDescription),
        description: convert::clearable_text(entry, Field::Description),
        details: None,
        tags: convert::tags(entry),
        status: convert::required(entry.fields.get(&Field::Status), &mut problems, convert::status),
        featured: None,
        seo_title: entry.fields.get(&Field::SeoTitle).map(|cell| cell.value.clone()),
        seo_description: entry.fields.get(&Field::SeoDescription).map(|cell| cell.value.clone()),
        expected_version: None,
    };
    check_kind(entry, present, &mut problems);
    let mut check = Check::new();
    let mut checked = product::check_patch(world.staff, &patch, &mut check);
    let mut values = patch.attributes.as_ref().map(|given| rules.check(&mut check, "attributes", AttributeLevel::Product, given));
    if values.as_ref().is_some_and(|values| values.has_same_cells(&written(present.values.clone()))) {
        (values, patch.attributes) = (None, None);
    }
    let is_product_changed = product::drop_unchanged(&mut patch, &mut checked, &present.row);
    if is_product_changed && patch.needs_rules() && values.is_none() {
        let named: Vec<_> = present.values.iter().map(|shown| shown.attribute.id).collect();
        rules.check_required(&mut check, "attributes", AttributeLevel::Product, &named);
    }
    let (changes, new) = variants(world, entry, present, &rules, (&mut check, &mut places, &mut problems));
    let wanted = images::wanted(app, entry, Some(present), &mut problems);
    add(&mut problems, check.into_problems(), entry, &places);
    if !problems.is_empty() {
        return Ok(Outcome::Failed(problems));
    }
    let is_changed = is_product_changed || !new.is_empty() || changes.iter().any(|one| one.is_changed || one.stock.is_some());
    let wanted = wanted.of(present.row.id);
    if !is_changed {
        return Ok(if wanted.is_empty() { Outcome::Unchanged } else { Outcome::Updated(wanted) });
    }
    let change = patch.needs_rules().then(|| TypeChange::new(Arc::clone(&rules), former, values));
    let mut attempt = 0;
    loop {
        let work = Work {
            present,
            patch: &patch,
            checked: &checked,
            change: change.as_ref(),
            is_product_changed,
            changes: &changes,
            new: &new,
        };
        match tx.part(write(tx, world, work, attempt)).await {
            Ok(()) => return Ok(Outcome::Updated(wanted)),
            Err(error) if attempt < product::ATTEMPTS && variant::is_sku_taken(&error, &new) => attempt += 1,
            Err(Error::Refused(Refusal(refused))) => {
                add(&mut problems, refused, entry, &places);
                return Ok(Outcome::Failed(problems));
            }
            Err(fault) => return Err(fault),
        }
    }
}

fn check_kind(entry: &Entry, present: &Present, problems: &mut Problems) {
    let cell = entry.fields.get(&Field::Kind);
    if let (Some(kind), Some(cell)) = (convert::required(cell, problems, convert::kind), cell)
        && kind != present.row.kind
    {
        let message = format!("{} can't be changed: the product is {}.", cell.column, present.row.kind);
        problems.push(cell.problem(Code::NotAllowed, message));
    }
}

/// What is written of a product that the store has.
struct Work<'a> {
    present: &'a Present,
    patch: &'a ProductPatch,
    checked: &'a product::CheckedPatch,
    change: Option<&'a TypeChange>,
    is_product_changed: bool,
    changes: &'a [VariantChange<'a>],
    new: &'a [Fields],
}

async fn write(tx: &Tx, world: &World<'_>, work: Work<'_>, attempt: u32) -> Result<()> {
    let (app, staff, present) = (world.app, world.staff, work.present);
    let mut row = present.row.clone();
    if work.is_product_changed {
        row = product::write_changes(tx, app, Some(&world.store), row, (work.patch, work.checked, work.change)).await?;
    }
    let mut rows = Vec::new();
    let mut is_summarized = true;
    for change in work.changes {
        let mut variant = change.row.clone();
        if change.is_changed {
            tx.changed(souk_core::db::Subject::Product(row.id));
            variant = variant::write_changes(tx, app, variant, &change.patch, &change.checked).await?;
            is_summarized = false;
        }
        if let Some(next) = change.stock {
            variant = variant::set_stock(tx, app, variant, next, (staff.kind(), Some(staff.user_id()))).await?;
        }
        rows.push(variant);
    }
    rows.extend(present.variants.iter().filter(|row| !work.changes.iter().any(|change| change.row.id == row.id)).cloned());
    let base = variant::sku_base(&row.name);
    let base = if attempt == 0 { base } else { format!("{base}{}", random_suffix(&app.random)) };
    for fields in work.new {
        let id = variant::append(tx, app, &row, &rows, fields, &base).await.map_err(|error| error.below(&fields.path))?;
        // Only what the next one is compared with.
        let last = rows.iter().map(|row| row.position).max().map_or(0, |last| last.saturating_add(1));
        if let Some(first) = present.variants.first() {
            rows.push(product_variant::Model {
                id,
                sku: fields.sku.clone().unwrap_or_default(),
                position: last,
                ..first.clone()
            });
        }
        is_summarized = false;
    }
    if !is_summarized {
        product_aggregates::refresh(tx, row.id).await?;
        digital_file::check_complete(tx, &row, "status").await?;
    }
    Ok(())
}

/// The changes of variants and the new variants of an entry. A line is the variant with its SKU; without one, or with a new one, the variant
/// with the same options or values; and the only line of a product with a single variant is that.
fn variants<'a>(
    world: &World<'_>,
    entry: &'a Entry,
    present: &'a Present,
    rules: &Rules,
    (check, places, problems): (&mut Check, &mut Places<'a>, &mut Problems),
) -> (Vec<VariantChange<'a>>, Vec<Fields>) {
    let by_sku = |variant: &VariantEntry| {
        let sku = variant.text(VariantField::Sku)?.trim();
        present.variants.iter().find(|row| row.sku == sku)
    };
    let mut free: Vec<&product_variant::Model> = present.variants.iter().collect();
    free.retain(|row| !entry.variants.iter().any(|variant| by_sku(variant).is_some_and(|found| found.id == row.id)));
    let (mut changes, mut new) = (Vec::<VariantChange<'a>>::new(), Vec::<Fields>::new());
    for (at, variant) in entry.variants.iter().enumerate() {
        let path = format!("variants.{at}.");
        let found = by_sku(variant).or_else(|| {
            let found = alike(entry, variant, present, rules, &free)?;
            free.retain(|row| row.id != found.id);
            Some(found)
        });
        match found {
            Some(row) => changes.push(change(world, (entry, variant), present, row, rules, (check, &path, places, problems))),
            None if is_empty(variant) => places.skip(),
            None => {
                let given = new_variant(world, entry, variant, rules, places, problems);
                let terms = Terms { kind: present.row.kind, currency: present.row.currency, rules };
                new.push(variant::check_new(check, &path, &given, terms));
            }
        }
    }
    (changes, new)
}

/// Whether a line is about the product only.
fn is_empty(variant: &VariantEntry) -> bool {
    variant.fields.is_empty() && variant.options.is_empty()
}

/// The variant with the options or the values of a line.
fn alike<'a>(
    entry: &Entry,
    variant: &VariantEntry,
    present: &'a Present,
    rules: &Rules,
    free: &[&'a product_variant::Model],
) -> Option<&'a product_variant::Model> {
    let mut ignored = Problems::new();
    if let Some(given) = convert::values_of_variant(entry, variant, rules, &[], &mut ignored) {
        let values = rules.check(&mut Check::new(), "", AttributeLevel::Variant, &given.values);
        let same = |row: &&product_variant::Model| values_of(present, row).has_same_cells(&values);
        return free.iter().copied().filter(|_| !values.is_empty()).find(same);
    }
    if let Some((options, _)) = convert::options(variant, rules, &[]) {
        return free.iter().copied().find(|row| row.options.0 == options);
    }
    match (free, present.variants.len(), entry.variants.len()) {
        ([only], 1, 1) => Some(only),
        _ => None,
    }
}

fn values_of(present: &Present, row: &product_variant::Model) -> Values {
    written(present.values_of_variants.get(&row.id).cloned().unwrap_or_default())
}

fn change<'a>(
    world: &World<'_>,
    (entry, variant): (&'a Entry, &'a VariantEntry),
    present: &'a Present,
    row: &'a product_variant::Model,
    rules: &Rules,
    (check, path, places, problems): (&mut Check, &str, &mut Places<'a>, &mut Problems),
) -> VariantChange<'a> {
    let currency = world.app.config.currency;
    let cell = |field: VariantField| variant.fields.get(&field);
    let shown = present.values_of_variants.get(&row.id).map(Vec::as_slice).unwrap_or_default();
    let attributes = convert::values_of_variant(entry, variant, rules, shown, problems);
    let gives_attributes = attributes.is_some();
    let present_options = if rules.make_options() { &[][..] } else { row.options.0.as_slice() };
    let (options, option_cells) =
        convert::options(variant, rules, present_options).map_or((None, Vec::new()), |(all, cells)| (Some(all), cells));
    let attributes: Vec<_> = places.of_variant(attributes, option_cells);
    let mut patch = VariantPatch {
        name: None,
        sku: convert::required(cell(VariantField::Sku), problems, convert::text),
        options,
        attributes: gives_attributes.then_some(attributes),
        price: convert::required(cell(VariantField::Price), problems, convert::amount("price", currency)),
        compare_at_price: convert::clearable(
            cell(VariantField::CompareAtPrice),
            problems,
            convert::amount("compareAtPrice", currency),
        ),
        low_stock_threshold: convert::clearable(cell(VariantField::LowStockThreshold), problems, number::integer),
        weight_grams: convert::clearable(cell(VariantField::WeightGrams), problems, number::integer),
        barcode: convert::clearable(cell(VariantField::Barcode), problems, convert::text),
        active: convert::required(cell(VariantField::Active), problems, number::boolean),
        position: None,
        expected_version: None,
    };
    let stock = stock(entry, variant, present, row, problems);
    let mut checked = variant::check_patch(check, path, &patch, rules, currency);
    if let Some(next) = stock {
        check.integer(&format!("{path}stockQuantity"), next, 0..=souk_core::check::MAX_QUANTITY);
    }
    let is_changed = variant::drop_unchanged(&mut patch, &mut checked, row, &values_of(present, row));
    VariantChange { row, patch, checked, is_changed, stock }
}

fn stock(
    entry: &Entry,
    variant: &VariantEntry,
    present: &Present,
    row: &product_variant::Model,
    problems: &mut Problems,
) -> Option<i32> {
    if present.row.kind == ProductKind::Physical {
        return convert::stock(entry, variant, row.stock_quantity, problems);
    }
    let cell = variant.fields.get(&VariantField::Stock).filter(|_| !entry.has_foreign_stock)?;
    if convert::required(Some(cell), problems, number::integer).is_some_and(|stock| stock != 0) {
        let message =
            format!("{} must be 0 for digital products; got {}.", cell.column, cell.value.as_deref().unwrap_or_default());
        problems.push(cell.problem(Code::Invalid, message));
    }
    None
}

impl<'a> Places<'a> {
    fn of_product(&mut self, given: Option<Given<'a>>) -> Vec<crate::attribute::NewValue> {
        let (values, cells) = given.map(|given| (given.values, given.cells)).unwrap_or_default();
        self.attributes = cells;
        values
    }

    fn of_variant(&mut self, given: Option<Given<'a>>, options: Vec<Option<&'a Cell>>) -> Vec<crate::attribute::NewValue> {
        let (values, cells) = given.map(|given| (given.values, given.cells)).unwrap_or_default();
        self.variants.push((cells, options));
        values
    }

    fn skip(&mut self) {
        self.variants.push((Vec::new(), Vec::new()));
    }
}
