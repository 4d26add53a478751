//! Creating, changing and deleting variants.

use crate::attribute::{self, NewValue, Rules, Values, is_outdated};
use crate::digital_file;
use crate::low_stock::is_low;
use crate::product_aggregates;
use crate::variant::fields::{self, Fields, MAX_VARIANTS, NewVariant, Terms, made_sku, name_of};
use crate::variant::{option, values};
use entity::id::{ProductId, ProductTypeId, ProductVariantId};
use entity::money::{CurrencyCode, Minor};
use entity::product_variant::{ActiveModel, Column, Entity, Model};
use entity::value::{AttributeLevel, Options, ProductKind, VariantOption};
use entity::versioned::{Versioned, put};
use entity::{order_line, product, store};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::auth::StoreStaff;
use souk_core::check::{Amount, Check, MAX_QUANTITY, check_version};
use souk_core::db::{Tx, is_taken, keep, lock_for_change};
use souk_core::error::{Code, Error, Fault, Problem, Result, refuse};
use souk_core::length;
use souk_core::text::random_suffix;
use souk_core::transact;

/// Attempts with another generated SKU if one is taken.
pub(super) const ATTEMPTS: u32 = 5;

/// Changes; a `None` field is left as it is, `Some(None)` clears it.
#[derive(Clone, Debug, Default)]
pub struct VariantPatch {
    pub name: Option<String>,
    /// Unique within the store.
    pub sku: Option<String>,
    /// Option values that identify the variant; replaces all.
    pub options: Option<Vec<VariantOption>>,
    /// Values of the attributes that distinguish the variants of the product's type; replaces all.
    pub attributes: Option<Vec<NewValue>>,
    /// It may be nothing.
    pub price: Option<Amount>,
    /// Above the price.
    pub compare_at_price: Option<Option<Amount>>,
    /// At or below this stock the vendor is warned.
    pub low_stock_threshold: Option<Option<i32>>,
    /// Weight of one item.
    pub weight_grams: Option<Option<i32>>,
    /// Such as an EAN.
    pub barcode: Option<Option<String>>,
    /// Whether it can be bought.
    pub active: Option<bool>,
    /// Sort position among the product's variants, ascending.
    pub position: Option<i32>,
    /// Version the caller read; refused as STALE if it is not the current one.
    pub expected_version: Option<i32>,
}

/// Result of [`delete`].
#[derive(Clone, Debug)]
pub enum Removed {
    Deleted(ProductVariantId),
    /// Orders refer to it, so it was deactivated.
    Deactivated,
}

/// Inserts the variants of a new product.
pub(crate) async fn insert(tx: &Tx, app: &App, product: &product::Model, all: &[Fields], base: &str) -> Result<()> {
    let mut taken: Vec<String> = all.iter().filter_map(|variant| variant.sku.clone()).collect();
    for (position, variant) in (0..).zip(all) {
        let sku = match &variant.sku {
            Some(sku) => sku.clone(),
            None => made_sku(base, &variant.options, &taken),
        };
        taken.push(sku.clone());
        // One by one, so that the problem can name the SKU that is taken.
        insert_one(tx, app, product, variant, sku, position).await?;
    }
    Ok(())
}

pub(super) async fn insert_one(
    tx: &Tx,
    app: &App,
    product: &product::Model,
    new: &Fields,
    sku: String,
    position: i32,
) -> Result<ProductVariantId> {
    let id: ProductVariantId = app.clock.new_id();
    let now = app.clock.now();
    let row = ActiveModel {
        id: Set(id),
        product_id: Set(product.id),
        store_id: Set(product.store_id),
        name: Set(new.name.clone()),
        sku: Set(sku.clone()),
        options: Set(new.options.clone()),
        combination: Set(new.values.combination()),
        price: Set(new.price),
        compare_at_price: Set(new.compare_at_price),
        stock_quantity: Set(new.stock_quantity),
        low_stock_threshold: Set(new.low_stock_threshold),
        low_stock: Set(is_low(product.kind, new.stock_quantity, new.low_stock_threshold)),
        sold_count: Set(0),
        weight_grams: Set(new.weight_grams),
        barcode: Set(new.barcode.clone()),
        active: Set(new.active),
        position: Set(position),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let done = Entity::insert(row).exec_without_returning(tx).await;
    done.map_err(|error| write_failed(error, &new.path, &sku))?;
    attribute::insert_of_variant(tx, product.id, id, &new.values).await?;
    if new.active {
        option::insert(tx, product.id, id, &new.options).await?;
    }
    Ok(id)
}

/// Adds a variant to a product.
pub async fn create(app: &App, staff: &StoreStaff, product_id: ProductId, new: NewVariant) -> Result<Model> {
    let mut attempt = 0;
    loop {
        let result = try_create(app, staff, product_id, &new).await;
        match result {
            Err(error) if attempt < attribute::ATTEMPTS && is_outdated(&error) => attempt += 1,
            other => return other,
        }
    }
}

async fn try_create(app: &App, staff: &StoreStaff, product_id: ProductId, new: &NewVariant) -> Result<Model> {
    let query = product::Entity::find_by_id(product_id).filter(product::Column::StoreId.eq(staff.store_id()));
    let product = query.one(app.db.read()).await?.ok_or(Fault::NotFound)?;
    let given: Vec<_> = new.attributes.iter().collect();
    let rules = Rules::load(app.db.read(), product.product_type_id, &given).await?.unwrap_or_default();
    let mut check = Check::new();
    let terms = Terms { kind: product.kind, currency: product.currency, rules: &rules };
    let fields = fields::check(&mut check, "", new, terms);
    check.finish()?;
    let mut attempt = 0;
    loop {
        let base = fields::sku_base(&product.name);
        let base = if attempt == 0 { base } else { format!("{base}{}", random_suffix(&app.random)) };
        let result = transact!(app.db, tx, {
            // Before the product, as in `docs/LOCKS.md`: the foreign key locks the store, too.
            if !keep::<store::Entity>(tx, product.store_id).await? {
                return Err(Fault::NotFound.into());
            }
            rules.confirm(tx).await?;
            // Locked, so that concurrent requests can't exceed the limit.
            let locked = values::lock_product(tx, product_id, &rules).await?;
            values::refuse_double(tx, product_id, None, &fields.values).await?;
            let existing = Entity::find().filter(Column::ProductId.eq(product_id)).all(tx).await?;
            let id = append(tx, app, &product, &existing, &fields, &base).await?;
            digital_file::check_complete(tx, &locked, "isActive").await?;
            product_aggregates::refresh(tx, product_id).await?;
            Ok(Entity::find_by_id(id).one(tx).await?.ok_or(Fault::NotFound)?)
        });
        match result {
            Err(error) if attempt < ATTEMPTS && fields::is_sku_taken(&error, std::slice::from_ref(&fields)) => attempt += 1,
            other => return other,
        }
    }
}

/// Appends a variant to the existing ones of a locked product, without its aggregates.
pub(crate) async fn append(
    tx: &Tx,
    app: &App,
    product: &product::Model,
    existing: &[Model],
    fields: &Fields,
    base: &str,
) -> Result<ProductVariantId> {
    if existing.len() >= MAX_VARIANTS {
        let message = format!("A product can have at most {MAX_VARIANTS} variants; delete one first.");
        return refuse("productId", Code::LimitReached, message);
    }
    let taken: Vec<_> = existing.iter().map(|variant| variant.sku.clone()).collect();
    let sku = fields.sku.clone().unwrap_or_else(|| made_sku(base, &fields.options, &taken));
    let position = existing.iter().map(|variant| variant.position).max().map_or(0, |last| last.saturating_add(1));
    insert_one(tx, app, product, fields, sku, position).await
}

/// Checked fields of a change.
pub(crate) struct CheckedPatch {
    /// Prefix of the paths of the fields.
    path: String,
    name: Option<String>,
    sku: Option<String>,
    options: Option<Options>,
    values: Option<Values>,
    barcode: Option<Option<String>>,
    price: Option<Minor>,
    compare_at_price: Option<Option<Minor>>,
}

pub async fn update(app: &App, staff: &StoreStaff, id: ProductVariantId, patch: VariantPatch) -> Result<Model> {
    let mut attempt = 0;
    loop {
        let result = try_update(app, staff, id, &patch).await;
        match result {
            Err(error) if attempt < attribute::ATTEMPTS && is_outdated(&error) => attempt += 1,
            other => return other,
        }
    }
}

/// The rules of the type of a variant's product; those of no type if the patch has neither options nor values.
async fn rules_for(app: &App, id: ProductVariantId, patch: &VariantPatch) -> Result<Rules> {
    if patch.options.is_none() && patch.attributes.is_none() {
        return Ok(Rules::default());
    }
    let query = Entity::find_by_id(id).inner_join(product::Entity).select_only().column(product::Column::ProductTypeId);
    let product_type: Option<Option<ProductTypeId>> = query.into_tuple().one(app.db.read()).await?;
    let given: Vec<_> = patch.attributes.iter().flatten().collect();
    Ok(Rules::load(app.db.read(), product_type.flatten(), &given).await?.unwrap_or_default())
}

async fn try_update(app: &App, staff: &StoreStaff, id: ProductVariantId, patch: &VariantPatch) -> Result<Model> {
    let rules = rules_for(app, id, patch).await?;
    let mut check = Check::new();
    let checked = check_patch(&mut check, "", patch, &rules, app.config.currency);
    check.finish()?;
    transact!(app.db, tx, {
        // MariaDB checks the store again if the SKU changes, and the product if the position changes: each pair is in one index.
        if checked.sku.is_some() && !keep::<store::Entity>(tx, staff.store_id()).await? {
            return Err(Fault::NotFound.into());
        }
        rules.confirm(tx).await?;
        let row = lock(tx, staff, id).await?;
        // MariaDB checks the product again if the combination changes.
        if checked.values.is_some() || checked.options.is_some() {
            values::lock_product(tx, row.product_id, &rules).await?;
        }
        if patch.position.is_some() && !lock_for_change::<product::Entity>(tx, row.product_id).await? {
            return Err(Fault::NotFound.into());
        }
        check_version(patch.expected_version, row.version)?;
        let product_id = row.product_id;
        let row = write_changes(tx, app, row, patch, &checked).await?;
        product_aggregates::refresh(tx, product_id).await?;
        if patch.active == Some(true) {
            let product = product::Entity::find_by_id(product_id).one(tx).await?.ok_or(Fault::NotFound)?;
            digital_file::check_complete(tx, &product, "isActive").await?;
        }
        Ok(row)
    })
}

/// Checks the fields of a change; `path` is their prefix.
pub(crate) fn check_patch(
    check: &mut Check,
    path: &str,
    patch: &VariantPatch,
    rules: &Rules,
    currency: CurrencyCode,
) -> CheckedPatch {
    let at = |field: &str| format!("{path}{field}");
    let values = patch.attributes.as_ref().map(|all| rules.check(check, &at("attributes"), AttributeLevel::Variant, all));
    let options = match (&patch.options, &values) {
        (Some(options), _) if rules.make_options() => {
            fields::refuse_options(check, &at("options"), options);
            values.as_ref().map(Values::options)
        }
        (Some(options), _) => Some(fields::options(check, &at("options"), options)),
        (None, Some(values)) if rules.make_options() => Some(values.options()),
        (None, _) => None,
    };
    let compare = patch.compare_at_price.as_ref();
    let checked = CheckedPatch {
        path: path.to_owned(),
        name: patch.name.as_ref().map(|name| check.line(&at("name"), name, 1..=length::PRODUCT_NAME)),
        sku: patch.sku.as_ref().map(|sku| check.line(&at("sku"), sku, 1..=length::SKU)),
        options,
        values,
        barcode: patch.barcode.as_ref().map(|barcode| check.optional_line(&at("barcode"), barcode.as_deref(), length::SKU)),
        price: patch.price.as_ref().map(|price| check.price(&at("price"), price, currency, true)),
        compare_at_price: compare
            .map(|value| value.as_ref().map(|value| check.price(&at("compareAtPrice"), value, currency, false))),
    };
    if let Some(Some(least)) = patch.low_stock_threshold {
        check.integer(&at("lowStockThreshold"), least, 0..=MAX_QUANTITY);
    }
    if let Some(Some(grams)) = patch.weight_grams {
        check.integer(&at("weightGrams"), grams, 0..=10_000_000);
    }
    if let Some(position) = patch.position {
        check.integer(&at("position"), position, 0..=1_000_000);
    }
    checked
}

/// Removes from a change what the variant has already; returns whether anything is left. `present` are the values of the variant.
pub(crate) fn drop_unchanged(patch: &mut VariantPatch, checked: &mut CheckedPatch, row: &Model, present: &Values) -> bool {
    fn keep<T: PartialEq, P>(checked: &mut Option<T>, patch: &mut Option<P>, present: &T) -> bool {
        if checked.as_ref().is_some_and(|new| new == present) {
            (*checked, *patch) = (None, None);
        }
        checked.is_some()
    }
    fn differs<T: PartialEq>(patch: &mut Option<T>, present: &T) -> bool {
        patch.take_if(|new| new == present);
        patch.is_some()
    }
    if checked.values.as_ref().is_some_and(|values| values.has_same_cells(present)) {
        (checked.values, patch.attributes, checked.options, patch.options) = (None, None, None, None);
    }
    let all = [
        checked.values.is_some(),
        keep(&mut checked.name, &mut patch.name, &row.name),
        keep(&mut checked.sku, &mut patch.sku, &row.sku),
        keep(&mut checked.options, &mut patch.options, &row.options),
        keep(&mut checked.barcode, &mut patch.barcode, &row.barcode),
        keep(&mut checked.price, &mut patch.price, &row.price),
        keep(&mut checked.compare_at_price, &mut patch.compare_at_price, &row.compare_at_price),
        differs(&mut patch.low_stock_threshold, &row.low_stock_threshold),
        differs(&mut patch.weight_grams, &row.weight_grams),
        differs(&mut patch.active, &row.active),
        differs(&mut patch.position, &row.position),
    ];
    all.contains(&true)
}

/// Writes the changes of a locked variant without the aggregates of its product, which must be locked if options, values or the position
/// change.
pub(crate) async fn write_changes(tx: &Tx, app: &App, row: Model, patch: &VariantPatch, checked: &CheckedPatch) -> Result<Model> {
    let (id, product_id, currency) = (row.id, row.product_id, app.config.currency);
    let now_price = checked.price.unwrap_or(row.price);
    let now_compare = checked.compare_at_price.unwrap_or(row.compare_at_price);
    let is_priced = checked.price.is_some() || checked.compare_at_price.is_some();
    if let (true, Some(amount)) = (is_priced, now_compare) {
        let mut check = Check::new();
        fields::compare(&mut check, &format!("{}compareAtPrice", checked.path), now_price, amount, currency);
        check.finish()?;
    }
    if let Some(values) = &checked.values {
        values::refuse_double(tx, product_id, Some(id), values).await.map_err(|error| error.below(&checked.path))?;
        attribute::save_of_variant(tx, product_id, id, values).await?;
    }
    let (default_name, stock) = (row.name == name_of(&row.options), row.stock_quantity);
    let mut active = row.into_active_model();
    apply(&mut active, checked, default_name);
    active.price = Set(now_price);
    active.compare_at_price = Set(now_compare);
    put(&mut active.low_stock_threshold, &patch.low_stock_threshold);
    if let Some(threshold) = patch.low_stock_threshold {
        let kind = product::Entity::find_by_id(product_id).select_only().column(product::Column::Kind);
        let kind = kind.into_tuple::<ProductKind>().one(tx).await?.ok_or(Fault::NotFound)?;
        active.low_stock = Set(is_low(kind, stock, threshold));
    }
    put(&mut active.weight_grams, &patch.weight_grams);
    put(&mut active.active, &patch.active);
    put(&mut active.position, &patch.position);
    active.touch(app.clock.now());
    let sku = checked.sku.as_deref().unwrap_or_default();
    let row = Entity::update(active).exec(tx).await.map_err(|error| write_failed(error, &checked.path, sku))?;
    if checked.options.is_some() || patch.active.is_some() {
        option::save(tx, &row).await?;
    }
    Ok(row)
}

/// A name that was made from the options is updated with them.
fn apply(active: &mut ActiveModel, checked: &CheckedPatch, default_name: bool) {
    put(&mut active.name, &checked.name);
    put(&mut active.sku, &checked.sku);
    put(&mut active.barcode, &checked.barcode);
    if let Some(values) = &checked.values {
        active.combination = Set(values.combination());
    }
    if let Some(options) = &checked.options {
        active.options = Set(options.clone());
        if checked.name.is_none() && default_name {
            active.name = Set(name_of(options));
        }
    }
}

/// Deletes a variant, unless it is the last one of its product; a variant that was ever ordered is deactivated. Returns the
/// product, too.
pub async fn delete(app: &App, staff: &StoreStaff, id: ProductVariantId) -> Result<(Removed, product::Model)> {
    transact!(app.db, tx, {
        let row = lock(tx, staff, id).await?;
        let product_id = row.product_id;
        // Locked: the second of two concurrent requests sees that its variant is the last one.
        product::Entity::find_by_id(product_id).lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
        let ordered = order_line::Entity::find()
            .filter(order_line::Column::ProductId.eq(product_id))
            .filter(order_line::Column::VariantId.eq(id))
            .limit(1)
            .one(tx)
            .await?;
        let removed = if ordered.is_some() {
            let mut active = row.into_active_model();
            active.active = Set(false);
            active.touch(app.clock.now());
            option::save(tx, &Entity::update(active).exec(tx).await?).await?;
            Removed::Deactivated
        } else if Entity::find().filter(Column::ProductId.eq(product_id)).count(tx).await? <= 1 {
            return refuse("id", Code::InUse, "A product must have at least one variant; delete the product instead.");
        } else {
            Entity::delete_by_id(id).exec(tx).await?;
            Removed::Deleted(id)
        };
        product_aggregates::refresh(tx, product_id).await?;
        let product = product::Entity::find_by_id(product_id).one(tx).await?.ok_or(Fault::NotFound)?;
        Ok((removed, product))
    })
}

pub(super) async fn lock(tx: &Tx, staff: &StoreStaff, id: ProductVariantId) -> Result<Model> {
    let query = Entity::find_by_id(id).filter(Column::StoreId.eq(staff.store_id()));
    Ok(query.lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?)
}

/// Maps a failed insert or update of a variant, whose fields have the prefix `path`.
fn write_failed(error: DbErr, path: &str, sku: &str) -> Error {
    if is_taken(&error, "product_variants_combination", "product_variants", &["product_id", "combination"]) {
        return values::double(path).into();
    }
    if is_taken(&error, "product_variants_sku", "product_variants", &["store_id", "sku"]) {
        let message = format!("The SKU {sku:?} is taken by another variant of the store; choose another.");
        return Problem::new(&format!("{path}sku"), Code::Taken, message).into();
    }
    error.into()
}
