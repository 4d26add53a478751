//! What a product type demands of the values of a product and its variants.

use crate::attribute::NewValue;
use entity::id::{AttributeId, ProductTypeId};
use entity::value::{AttributeInputType, AttributeLevel};
use entity::{attribute, attribute_choice, product_type, product_type_attribute};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use souk_core::db::{InPadded, Tx, keep, keep_all};
use souk_core::error::{Code, Error, Refusal, Result, refuse};
use std::collections::{BTreeSet, HashMap};

/// Attempts with rules that were changed while they were applied.
pub(crate) const ATTEMPTS: u32 = 5;

const OUTDATED: &str = "The product type was changed in the meantime; try again.";

/// An attribute of a product type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assigned {
    pub(crate) attribute: attribute::Model,
    pub(crate) level: AttributeLevel,
    pub(crate) required: bool,
}

/// The type of a product with its attributes, in their order, and the choices that are needed to check given values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules {
    pub(super) product_type: Option<product_type::Model>,
    pub(super) attributes: Vec<Assigned>,
    /// The choices that are named by given values; all of an attribute if a value is none of its choices.
    pub(super) choices: HashMap<AttributeId, Vec<attribute_choice::Model>>,
    /// Whether the type does not exist: then nothing is said of values.
    pub(super) is_unknown: bool,
}

/// Whether values with these slugs belong to choices of the attribute.
pub(super) fn has_choices(kind: AttributeInputType) -> bool {
    matches!(kind, AttributeInputType::Choice | AttributeInputType::MultiChoice)
}

/// The slug of a choice that a client means.
pub(super) fn slug_of(value: &str) -> String {
    value.trim().to_lowercase()
}

impl Rules {
    /// The rules of a type; those of no type if there is none. `None` if the type does not exist.
    pub(crate) async fn load(db: &impl ConnectionTrait, id: Option<ProductTypeId>, given: &[&NewValue]) -> Result<Option<Self>> {
        let Some(id) = id else { return Ok(Some(Self::default())) };
        let Some((product_type, attributes)) = of_type(db, id).await? else { return Ok(None) };
        let choices = choices(db, &attributes, given).await?;
        Ok(Some(Self { product_type: Some(product_type), attributes, choices, is_unknown: false }))
    }

    /// Loads the choices that are needed to check given values, of a type that was loaded without.
    pub(crate) async fn load_choices(&mut self, db: &impl ConnectionTrait, given: &[&NewValue]) -> Result<()> {
        self.choices = choices(db, &self.attributes, given).await?;
        Ok(())
    }

    /// The kind and the level of an attribute with a slug.
    pub(crate) fn kind(&self, slug: &str) -> Option<(AttributeInputType, AttributeLevel)> {
        let found = self.attributes.iter().find(|assigned| assigned.attribute.slug == slug)?;
        Some((found.attribute.input_type, found.level))
    }

    /// In place of the rules of a type that does not exist, which is a problem of its own.
    pub(crate) fn unknown() -> Self {
        Self { is_unknown: true, ..Self::default() }
    }

    /// Locks the type and its attributes against changes until the transaction ends. Refuses if they are no longer what was loaded;
    /// [`is_outdated`] knows this refusal. Call it before variants and products are locked.
    pub(crate) async fn confirm(&self, tx: &Tx) -> Result<()> {
        let Some(product_type) = &self.product_type else { return Ok(()) };
        if !keep::<product_type::Entity>(tx, product_type.id).await? {
            return refuse("productTypeId", Code::Stale, OUTDATED);
        }
        let ids: Vec<_> = self.attributes.iter().map(|assigned| assigned.attribute.id).collect();
        keep_all::<attribute::Entity, AttributeId>(tx, &ids, attribute::Column::Id).await?;
        // Each change of the choices of an attribute changes its version.
        match of_type(tx, product_type.id).await? {
            Some((now, attributes)) if now == *product_type && attributes == self.attributes => Ok(()),
            _ => refuse("productTypeId", Code::Stale, OUTDATED),
        }
    }

    /// Refuses, as [`Rules::confirm`] does, if a locked product has another type.
    pub(crate) fn check_type(&self, product_type: Option<ProductTypeId>) -> Result<()> {
        check_same(self.type_id(), product_type)
    }

    /// ID of the type.
    pub(crate) fn type_id(&self) -> Option<ProductTypeId> {
        self.product_type.as_ref().map(|found| found.id)
    }

    /// The attributes of a level.
    pub(crate) fn of_level(&self, level: AttributeLevel) -> impl Iterator<Item = &Assigned> {
        self.attributes.iter().filter(move |assigned| assigned.level == level)
    }

    /// IDs of the attributes of a level.
    pub(crate) fn ids_of_level(&self, level: AttributeLevel) -> Vec<AttributeId> {
        self.of_level(level).map(|assigned| assigned.attribute.id).collect()
    }

    /// Whether the options of variants are made from their values.
    pub(crate) fn make_options(&self) -> bool {
        self.of_level(AttributeLevel::Variant).next().is_some()
    }

    /// Slug of the type.
    pub(super) fn type_slug(&self) -> &str {
        self.product_type.as_ref().map_or("", |found| found.slug.as_str())
    }
}

/// Refuses, as [`Rules::confirm`] does, if the type of a locked product is not the one that was read before.
pub(crate) fn check_same(before: Option<ProductTypeId>, now: Option<ProductTypeId>) -> Result<()> {
    if before == now { Ok(()) } else { refuse("productTypeId", Code::Stale, OUTDATED) }
}

/// Whether an operation was refused because the rules changed between their check and the transaction; it can be tried again.
pub(crate) fn is_outdated(error: &Error) -> bool {
    matches!(error, Error::Refused(Refusal(problems))
        if problems.iter().any(|problem| problem.code == Code::Stale && problem.message == OUTDATED))
}

async fn of_type(db: &impl ConnectionTrait, id: ProductTypeId) -> Result<Option<(product_type::Model, Vec<Assigned>)>> {
    use product_type_attribute::Column;
    let Some(product_type) = product_type::Entity::find_by_id(id).one(db).await? else { return Ok(None) };
    let query = product_type_attribute::Entity::find().filter(Column::ProductTypeId.eq(id));
    let rows = query.order_by_asc(Column::Position).order_by_asc(Column::AttributeId).all(db).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.attribute_id).collect();
    let attributes = attribute::Entity::find().filter(attribute::Column::Id.in_padded(&ids)).all(db).await?;
    let mut by_id: HashMap<_, _> = attributes.into_iter().map(|row| (row.id, row)).collect();
    let assigned = |row: product_type_attribute::Model| {
        let attribute = by_id.remove(&row.attribute_id)?;
        Some(Assigned { attribute, level: row.level, required: row.required })
    };
    Ok(Some((product_type, rows.into_iter().filter_map(assigned).collect())))
}

async fn choices(
    db: &impl ConnectionTrait,
    attributes: &[Assigned],
    given: &[&NewValue],
) -> Result<HashMap<AttributeId, Vec<attribute_choice::Model>>> {
    use attribute_choice::{Column, Entity};
    let mut wanted: BTreeSet<(AttributeId, String)> = BTreeSet::new();
    for new in given {
        let with_choices = |assigned: &&Assigned| has_choices(assigned.attribute.input_type);
        let found = attributes.iter().filter(with_choices).find(|assigned| assigned.attribute.slug == new.slug.trim());
        for value in found.iter().flat_map(|_| new.values.iter().flatten()) {
            wanted.extend(found.map(|assigned| (assigned.attribute.id, slug_of(value))));
        }
    }
    let ids: BTreeSet<_> = wanted.iter().map(|(id, _)| *id).collect();
    let slugs: BTreeSet<_> = wanted.iter().map(|(_, slug)| slug.clone()).collect();
    let (ids, slugs): (Vec<_>, Vec<_>) = (ids.into_iter().collect(), slugs.into_iter().collect());
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let named = Entity::find().filter(Column::AttributeId.in_padded(&ids)).filter(Column::Slug.in_padded(&slugs)).all(db).await?;
    let is_known = |(id, slug): &&(AttributeId, String)| named.iter().any(|row| row.attribute_id == *id && row.slug == *slug);
    // For the message that says what is allowed.
    let doubtful: BTreeSet<_> = wanted.iter().filter(|wanted| !is_known(wanted)).map(|(id, _)| *id).collect();
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in named.into_iter().filter(|row| !doubtful.contains(&row.attribute_id)) {
        found.entry(row.attribute_id).or_default().push(row);
    }
    if !doubtful.is_empty() {
        let ids: Vec<_> = doubtful.into_iter().collect();
        let query = Entity::find().filter(Column::AttributeId.in_padded(&ids));
        for row in query.order_by_asc(Column::Position).order_by_asc(Column::Id).all(db).await? {
            found.entry(row.attribute_id).or_default().push(row);
        }
    }
    Ok(found)
}
