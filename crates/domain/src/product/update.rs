//! Changing products.

use crate::attribute::{self, NewValue};
use crate::category;
use crate::digital_file;
use crate::product::typed::{NewType, TypeChange};
use crate::product::{fields, tag};
use crate::social;
use entity::id::{CategoryId, ProductId, ProductTypeId};
use entity::product::{ActiveModel, Column, Entity, Model};
use entity::value::{ActorKind, ProductStatus, Section, Sections, StoreStatus, Tags};
use entity::versioned::{Versioned, put};
use entity::{store, value::Role};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::auth::StoreStaff;
use souk_core::check::{Check, check_version};
use souk_core::db::{Subject, Tx};
use souk_core::error::{Code, Fault, Problem, Result};
use souk_core::transact;

/// Changes; a `None` field is left as it is, `Some(None)` clears it.
#[derive(Clone, Debug, Default)]
pub struct ProductPatch {
    pub category_id: Option<Option<CategoryId>>,
    /// Values of the attributes of the new type are kept, others are deleted.
    pub product_type_id: Option<Option<ProductTypeId>>,
    /// Values of the attributes of the product; replaces all.
    pub attributes: Option<Vec<NewValue>>,
    pub name: Option<String>,
    pub slug: Option<String>,
    /// Plain text.
    pub short_description: Option<String>,
    /// HTML.
    pub description: Option<String>,
    /// Titled sections; replaces all.
    pub details: Option<Vec<Section>>,
    /// Replaces all tags.
    pub tags: Option<Vec<String>>,
    pub status: Option<ProductStatus>,
    /// Whether the marketplace recommends it; only for staff of the marketplace.
    pub featured: Option<bool>,
    pub seo_title: Option<Option<String>>,
    pub seo_description: Option<Option<String>>,
    /// Version the caller read; refused as STALE if it is not the current one.
    pub expected_version: Option<i32>,
}

/// Checked texts of a change.
pub(crate) struct CheckedPatch {
    name: Option<String>,
    slug: Option<String>,
    short_description: Option<String>,
    description: Option<String>,
    details: Option<Sections>,
    tags: Option<Tags>,
    seo_title: Option<Option<String>>,
    seo_description: Option<Option<String>>,
}

pub async fn update(app: &App, staff: &StoreStaff, id: ProductId, patch: ProductPatch) -> Result<Model> {
    let mut attempt = 0;
    loop {
        match try_update(app, staff, id, &patch).await {
            Err(error) if attempt < attribute::ATTEMPTS && attribute::is_outdated(&error) => attempt += 1,
            other => return other,
        }
    }
}

async fn try_update(app: &App, staff: &StoreStaff, id: ProductId, patch: &ProductPatch) -> Result<Model> {
    let mut check = Check::new();
    let checked = check_patch(staff, patch, &mut check);
    let change = match patch.needs_rules() {
        true => Some(TypeChange::check(app, staff, id, &patch.new_type(), &mut check).await?),
        false => None,
    };
    check.finish()?;
    transact!(app.db, tx, {
        // Locked before the product, as when the store is closed; needed only if the product's status changes.
        let store = match patch.status {
            Some(_) => store::Entity::find_by_id(staff.store_id()).lock_exclusive().one(tx).await?,
            None => None,
        };
        let query = Entity::find_by_id(id).filter(Column::StoreId.eq(staff.store_id()));
        if patch.status.is_some() || patch.category_id.is_some() {
            category::lock_for_products(tx, query.clone(), patch.category_id.flatten()).await?;
        }
        if let Some(change) = &change {
            change.lock(tx, id).await?;
        }
        let row = query.lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
        check_version(patch.expected_version, row.version)?;
        write_changes(tx, app, store.as_ref(), row, (patch, &checked, change.as_ref())).await
    })
}

/// Writes the changes of a locked product. Its store must be given and locked if the status changes; its category, its product type and its
/// variants must be locked if they change.
pub(crate) async fn write_changes(
    tx: &Tx,
    app: &App,
    store: Option<&store::Model>,
    row: Model,
    (patch, checked, change): (&ProductPatch, &CheckedPatch, Option<&TypeChange>),
) -> Result<Model> {
    let id = row.id;
    let was_published = row.published_at.is_some();
    let (product_type, pinned_new_arrival) = (row.product_type_id, row.pinned_new_arrival);
    let was_active = row.status == ProductStatus::Active;
    let mut active = row.into_active_model();
    apply(&mut active, checked);
    put(&mut active.category_id, &patch.category_id);
    put(&mut active.featured, &patch.featured);
    if let Some(change) = change {
        change.apply(tx, (id, product_type), &mut active).await?;
    }
    let mut goes_live = false;
    if let (Some(status), Some(store)) = (patch.status, store) {
        let listed = status == ProductStatus::Active && store.status == StoreStatus::Active;
        active.status = Set(status);
        active.listed = Set(listed);
        goes_live = listed && !was_published;
    }
    let now = app.clock.now();
    if goes_live {
        active.published_at = Set(Some(now));
        active.new_arrival = Set(pinned_new_arrival.unwrap_or(true));
    }
    active.touch(now);
    let slug = checked.slug.as_deref().unwrap_or_default();
    tx.changed(Subject::Product(id));
    let product = Entity::update(active).exec(tx).await.map_err(|error| fields::write_failed(error, slug))?;
    if !was_active {
        digital_file::check_complete(tx, &product, "status").await?;
    }
    if checked.tags.is_some() {
        tag::save(tx, id, &product.tags).await?;
    }
    if goes_live {
        social::announce_product(tx, app, &product).await?;
    }
    Ok(product)
}

impl ProductPatch {
    /// Whether the values of attributes are to be checked: they are complete after each edit but those that take the product from sale,
    /// or that staff make.
    pub(crate) fn needs_rules(&self) -> bool {
        let is_edited = self.product_type_id.is_some()
            || self.attributes.is_some()
            || self.category_id.is_some()
            || self.name.is_some()
            || self.slug.is_some()
            || self.short_description.is_some()
            || self.description.is_some()
            || self.details.is_some()
            || self.tags.is_some()
            || self.seo_title.is_some()
            || self.seo_description.is_some();
        is_edited || self.status == Some(ProductStatus::Active)
    }

    fn new_type(&self) -> NewType<'_> {
        NewType { product_type: self.product_type_id, values: self.attributes.as_deref() }
    }
}

/// Checks the texts.
pub(crate) fn check_patch(staff: &StoreStaff, patch: &ProductPatch, check: &mut Check) -> CheckedPatch {
    let checked = CheckedPatch {
        name: patch.name.as_ref().map(|name| fields::name(check, name)),
        slug: patch.slug.as_ref().map(|slug| check.slug("slug", slug)),
        short_description: patch.short_description.as_ref().map(|text| fields::short_description(check, text)),
        description: patch.description.as_ref().map(|text| fields::description(check, text)),
        details: patch.details.as_ref().map(|sections| fields::details(check, sections)),
        tags: patch.tags.as_ref().map(|tags| fields::tags(check, tags)),
        seo_title: patch.seo_title.as_ref().map(|text| fields::seo_title(check, text.as_deref())),
        seo_description: patch.seo_description.as_ref().map(|text| fields::seo_description(check, text.as_deref())),
    };
    let of_marketplace = staff.kind() == ActorKind::Staff || matches!(staff.role(), Role::Admin | Role::Owner);
    if patch.featured.is_some() && !of_marketplace {
        check.push(Problem::new("featured", Code::NotAllowed, "featured can only be set by staff of the marketplace."));
    }
    checked
}

/// Removes from a change what the product has already; returns whether anything is left.
pub(crate) fn drop_unchanged(patch: &mut ProductPatch, checked: &mut CheckedPatch, row: &Model) -> bool {
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
    let texts = [
        keep(&mut checked.name, &mut patch.name, &row.name),
        keep(&mut checked.slug, &mut patch.slug, &row.slug),
        keep(&mut checked.short_description, &mut patch.short_description, &row.short_description),
        keep(&mut checked.description, &mut patch.description, &row.description),
        keep(&mut checked.details, &mut patch.details, &row.details),
        keep(&mut checked.tags, &mut patch.tags, &row.tags),
        keep(&mut checked.seo_title, &mut patch.seo_title, &row.seo_title),
        keep(&mut checked.seo_description, &mut patch.seo_description, &row.seo_description),
    ];
    let others = [
        differs(&mut patch.category_id, &row.category_id),
        differs(&mut patch.product_type_id, &row.product_type_id),
        differs(&mut patch.status, &row.status),
        patch.attributes.is_some(),
    ];
    texts.contains(&true) || others.contains(&true)
}

fn apply(active: &mut ActiveModel, checked: &CheckedPatch) {
    put(&mut active.name, &checked.name);
    put(&mut active.slug, &checked.slug);
    put(&mut active.short_description, &checked.short_description);
    put(&mut active.description, &checked.description);
    put(&mut active.details, &checked.details);
    put(&mut active.tags, &checked.tags);
    put(&mut active.seo_title, &checked.seo_title);
    put(&mut active.seo_description, &checked.seo_description);
}
