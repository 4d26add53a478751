//! What the products of a turn refer to, read by few statements for all of them, and locked in the order of `docs/LOCKS.md`.

use super::entry::{Entry, Field, VariantField};
use super::jsonl;
use crate::attribute::{self, NewValue, Rules, Shown};
use entity::id::{AttributeId, CategoryId, ProductId, ProductTypeId, ProductVariantId};
use entity::value::{AttributeInputType, AttributeLevel};
use entity::{
    attribute as attribute_row, category, imported_image, product, product_image, product_type, product_variant, store,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::auth::StoreStaff;
use souk_core::db::{InPadded, Tx, keep_all, lock_in_order};
use souk_core::error::Result;
use souk_core::group::grouped;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// A product of the store, with its locked rows.
pub(super) struct Present {
    pub(super) row: product::Model,
    /// By position.
    pub(super) variants: Vec<product_variant::Model>,
    pub(super) values: Vec<Shown>,
    pub(super) values_of_variants: HashMap<ProductVariantId, Vec<Shown>>,
    pub(super) images: Vec<product_image::Model>,
    pub(super) imported: Vec<imported_image::Model>,
}

/// What the entries of a turn refer to.
pub(super) struct World<'a> {
    pub(super) app: &'a App,
    pub(super) staff: &'a StoreStaff,
    pub(super) store: store::Model,
    by_sku: HashMap<String, ProductId>,
    by_slug: HashMap<String, ProductId>,
    types: HashMap<String, ProductTypeId>,
    categories: HashMap<String, CategoryId>,
    pub(super) products: HashMap<ProductId, Present>,
    rules: HashMap<Option<ProductTypeId>, Arc<Rules>>,
}

/// Which product an entry is, or which several.
pub(super) enum Found {
    None,
    One(ProductId),
    Several,
}

impl<'a> World<'a> {
    /// Reads and locks what the entries refer to. The store must be locked.
    pub(super) async fn load(
        tx: &Tx,
        app: &'a App,
        (staff, store): (&'a StoreStaff, store::Model),
        entries: &[Entry],
    ) -> Result<Self> {
        let mut world = Self {
            app,
            staff,
            store,
            by_sku: HashMap::new(),
            by_slug: HashMap::new(),
            types: HashMap::new(),
            categories: HashMap::new(),
            products: HashMap::new(),
            rules: HashMap::from([(None, Arc::default())]),
        };
        world.find(tx, entries).await?;
        let ids: BTreeSet<ProductId> = world.by_sku.values().chain(world.by_slug.values()).copied().collect();
        let ids: Vec<_> = ids.into_iter().collect();
        world.lock_categories_and_types(tx, &ids).await?;
        world.lock_products(tx, &ids).await?;
        world.load_choices(tx, entries).await?;
        Ok(world)
    }

    /// The product of an entry: by the SKUs of its variants, and then by its handle.
    pub(super) fn product_of(&self, entry: &Entry) -> Found {
        let skus = entry.variants.iter().filter_map(|variant| variant.text(VariantField::Sku));
        let ids: HashSet<ProductId> = skus.filter_map(|sku| self.by_sku.get(sku.trim()).copied()).collect();
        let mut ids = ids.into_iter();
        match (ids.next(), ids.next()) {
            (Some(id), None) => Found::One(id),
            (Some(_), Some(_)) => Found::Several,
            (None, _) => match entry.text(Field::Handle).and_then(|handle| self.by_slug.get(handle.trim())) {
                Some(id) => Found::One(*id),
                None => Found::None,
            },
        }
    }

    pub(super) fn category(&self, slug: &str) -> Option<CategoryId> {
        self.categories.get(slug.trim()).copied()
    }

    pub(super) fn product_type(&self, slug: &str) -> Option<ProductTypeId> {
        self.types.get(slug.trim()).copied()
    }

    /// The rules of a type; `None` if it was not loaded, because a product got it in the meantime.
    pub(super) fn rules(&self, id: Option<ProductTypeId>) -> Option<Arc<Rules>> {
        self.rules.get(&id).cloned()
    }

    /// The type that the product of an entry is to have.
    fn type_of(&self, entry: &Entry) -> Option<ProductTypeId> {
        if let Some(cell) = entry.fields.get(&Field::Type) {
            return cell.value.as_deref().and_then(|slug| self.product_type(slug));
        }
        match self.product_of(entry) {
            Found::One(id) => self.products.get(&id).and_then(|present| present.row.product_type_id),
            Found::None | Found::Several => None,
        }
    }

    async fn find(&mut self, tx: &Tx, entries: &[Entry]) -> Result<()> {
        let valid = || entries.iter().filter(|entry| entry.problems.is_empty());
        let texts = |field: Field| -> Vec<String> {
            let all: BTreeSet<_> = valid().filter_map(|entry| entry.text(field)).map(|text| text.trim().to_owned()).collect();
            all.into_iter().collect()
        };
        let skus: BTreeSet<String> = valid()
            .flat_map(|entry| &entry.variants)
            .filter_map(|variant| variant.text(VariantField::Sku))
            .map(|sku| sku.trim().to_owned())
            .collect();
        let skus: Vec<_> = skus.into_iter().collect();
        for skus in skus.chunks(AT_ONCE) {
            use product_variant::{Column, Entity};
            let query = Entity::find().filter(Column::StoreId.eq(self.store.id)).filter(Column::Sku.in_padded(skus));
            let found: Vec<(String, ProductId)> =
                query.select_only().column(Column::Sku).column(Column::ProductId).into_tuple().all(tx).await?;
            self.by_sku.extend(found);
        }
        let handles = texts(Field::Handle);
        if !handles.is_empty() {
            use product::{Column, Entity};
            let query = Entity::find().filter(Column::StoreId.eq(self.store.id)).filter(Column::Slug.in_padded(&handles));
            let found: Vec<(String, ProductId)> =
                query.select_only().column(Column::Slug).column(Column::Id).into_tuple().all(tx).await?;
            self.by_slug.extend(found);
        }
        let types = texts(Field::Type);
        if !types.is_empty() {
            use product_type::{Column, Entity};
            let query = Entity::find().filter(Column::Slug.in_padded(&types));
            let found: Vec<(String, ProductTypeId)> =
                query.select_only().column(Column::Slug).column(Column::Id).into_tuple().all(tx).await?;
            self.types.extend(found);
        }
        let categories = texts(Field::Category);
        if !categories.is_empty() {
            use category::{Column, Entity};
            let query = Entity::find().filter(Column::Slug.in_padded(&categories));
            let found: Vec<(String, CategoryId)> =
                query.select_only().column(Column::Slug).column(Column::Id).into_tuple().all(tx).await?;
            self.categories.extend(found);
        }
        Ok(())
    }

    /// Locks the categories, types and attributes that the products have or are to have, and loads the rules of the types.
    async fn lock_categories_and_types(&mut self, tx: &Tx, ids: &[ProductId]) -> Result<()> {
        use product::{Column, Entity};
        let mut present: Vec<(Option<CategoryId>, Option<ProductTypeId>)> = Vec::new();
        if !ids.is_empty() {
            let query = Entity::find().filter(Column::Id.in_padded(ids)).select_only();
            present = query.column(Column::CategoryId).column(Column::ProductTypeId).into_tuple().all(tx).await?;
        }
        let categories: BTreeSet<_> =
            present.iter().filter_map(|(category, _)| *category).chain(self.categories.values().copied()).collect();
        let categories: Vec<_> = categories.into_iter().collect();
        let kept = keep_all::<category::Entity, CategoryId>(tx, &categories, category::Column::Id).await?;
        self.categories.retain(|_, id| kept.contains(id));
        let types: BTreeSet<_> = present.iter().filter_map(|(_, id)| *id).chain(self.types.values().copied()).collect();
        let types: Vec<_> = types.into_iter().collect();
        let kept = keep_all::<product_type::Entity, ProductTypeId>(tx, &types, product_type::Column::Id).await?;
        self.types.retain(|_, id| kept.contains(id));
        let mut attributes: BTreeSet<AttributeId> = BTreeSet::new();
        for id in &kept {
            if let Some(rules) = Rules::load(tx, Some(*id), &[]).await? {
                attributes.extend(
                    [AttributeLevel::Product, AttributeLevel::Variant].iter().flat_map(|level| rules.ids_of_level(*level)),
                );
            }
        }
        let attributes: Vec<_> = attributes.into_iter().collect();
        keep_all::<attribute_row::Entity, AttributeId>(tx, &attributes, attribute_row::Column::Id).await?;
        for id in kept {
            // Again, as they are now that nothing changes them.
            if let Some(rules) = Rules::load(tx, Some(id), &[]).await? {
                self.rules.insert(Some(id), Arc::new(rules));
            }
        }
        Ok(())
    }

    /// Locks the variants, then the products, and reads them.
    async fn lock_products(&mut self, tx: &Tx, ids: &[ProductId]) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let variants = || product_variant::Entity::find().filter(product_variant::Column::ProductId.in_padded(ids));
        let _: Vec<ProductVariantId> = lock_in_order(tx, variants(), product_variant::Column::Id).await?;
        let products = || product::Entity::find().filter(product::Column::Id.in_padded(ids));
        let _: Vec<ProductId> = lock_in_order(tx, products(), product::Column::Id).await?;
        let rows = products().all(tx).await?;
        let query = variants().order_by_asc(product_variant::Column::Position).order_by_asc(product_variant::Column::Id);
        let variants = query.all(tx).await?;
        let of_variants: Vec<_> = variants.iter().map(|variant| variant.id).collect();
        let mut values = attribute::product_values(tx, ids).await?;
        let mut values_of_variants: HashMap<ProductVariantId, Vec<Shown>> = HashMap::new();
        for ids in of_variants.chunks(AT_ONCE) {
            values_of_variants.extend(attribute::variant_values(tx, ids).await?);
        }
        let images = product_image::Entity::find().filter(product_image::Column::ProductId.in_padded(ids));
        let images = images.order_by_asc(product_image::Column::Position).all(tx).await?;
        let imported = imported_image::Entity::find().filter(imported_image::Column::ProductId.in_padded(ids)).all(tx).await?;
        let mut variants = grouped(variants, |row| row.product_id);
        let mut images = grouped(images, |row| row.product_id);
        let mut imported = grouped(imported, |row| row.product_id);
        for row in rows {
            let id = row.id;
            let variants = variants.remove(&id).unwrap_or_default();
            let values_of_variants =
                variants.iter().filter_map(|variant| Some((variant.id, values_of_variants.remove(&variant.id)?))).collect();
            let present = Present {
                row,
                variants,
                values: values.remove(&id).unwrap_or_default(),
                values_of_variants,
                images: images.remove(&id).unwrap_or_default(),
                imported: imported.remove(&id).unwrap_or_default(),
            };
            self.products.insert(id, present);
        }
        Ok(())
    }

    /// Loads the choices that the entries and the present values name, by one or two statements for each type.
    async fn load_choices(&mut self, tx: &Tx, entries: &[Entry]) -> Result<()> {
        let mut given: HashMap<ProductTypeId, Vec<NewValue>> = HashMap::new();
        for entry in entries {
            let Some(id) = self.type_of(entry) else { continue };
            let Some(rules) = self.rules.get(&Some(id)) else { continue };
            let of_variants = entry.variants.iter().flat_map(|variant| variant.attributes.iter().chain(&variant.options));
            let cells = entry.attributes.iter().chain(of_variants);
            let values = cells.filter_map(|(slug, cell)| choices_in(rules, slug, cell.value.as_deref()?));
            given.entry(id).or_default().extend(values);
        }
        for present in self.products.values() {
            let shown = present.values.iter().chain(present.values_of_variants.values().flatten());
            for shown in shown {
                // For every type: the product can get another one that has the attribute, too.
                for id in self.rules.keys().flatten() {
                    given.entry(*id).or_default().push(value_of(shown));
                }
            }
        }
        for (id, values) in given {
            let mut values: Vec<&NewValue> = values.iter().collect();
            values.sort_by(|one, other| (&one.slug, &one.values).cmp(&(&other.slug, &other.values)));
            values.dedup();
            if let Some(rules) = self.rules.get_mut(&Some(id)) {
                Arc::make_mut(rules).load_choices(tx, &values).await?;
            }
        }
        Ok(())
    }
}

/// Values in one statement.
const AT_ONCE: usize = 1000;

/// The value of a cell as far as it names choices.
fn choices_in(rules: &Rules, slug: &str, text: &str) -> Option<NewValue> {
    let (kind, _) = rules.kind(slug.trim())?;
    matches!(kind, AttributeInputType::Choice | AttributeInputType::MultiChoice).then(|| NewValue {
        slug: slug.trim().to_owned(),
        values: Some(jsonl::split(text)),
        ..NewValue::default()
    })
}

/// A present value as a client would give it.
pub(super) fn value_of(shown: &Shown) -> NewValue {
    let slug = shown.attribute.slug.clone();
    let number = || shown.number.unwrap_or_default();
    match shown.attribute.input_type {
        AttributeInputType::Text => NewValue { slug, text: shown.text.clone(), ..NewValue::default() },
        AttributeInputType::Number => NewValue { slug, number: Some(attribute::format_number(number())), ..NewValue::default() },
        AttributeInputType::Boolean => NewValue { slug, boolean: Some(number() == 1), ..NewValue::default() },
        AttributeInputType::Date => NewValue { slug, date: Some(attribute::format_date(number())), ..NewValue::default() },
        AttributeInputType::Choice | AttributeInputType::MultiChoice => {
            let values = shown.choices.iter().map(|choice| choice.slug.clone()).collect();
            NewValue { slug, values: Some(values), ..NewValue::default() }
        }
    }
}
