//! Changing products.

use crate::category;
use crate::digital_file;
use crate::product::{fields, search};
use crate::social;
use entity::id::{CategoryId, ProductId};
use entity::product::{ActiveModel, Column, Entity, Model};
use entity::value::{ActorKind, ProductStatus, Section, Sections, StoreStatus, Tags};
use entity::versioned::{Versioned, put};
use entity::{store, value::Role};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::auth::StoreStaff;
use souk_core::check::{Check, check_version};
use souk_core::db::Subject;
use souk_core::error::{Code, Fault, Problem, Result};
use souk_core::transact;

/// Changes; a `None` field is left as it is, `Some(None)` clears it.
#[derive(Clone, Debug, Default)]
pub struct ProductPatch {
    pub category_id: Option<Option<CategoryId>>,
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

struct Checked {
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
    let checked = check(staff, &patch)?;
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
        let row = query.lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
        check_version(patch.expected_version, row.version)?;
        let words_change = checked.name.is_some() || checked.tags.is_some();
        let was_published = row.published_at.is_some();
        let was_active = row.status == ProductStatus::Active;
        let mut active = row.into_active_model();
        apply(&mut active, &checked);
        put(&mut active.category_id, &patch.category_id);
        put(&mut active.featured, &patch.featured);
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
        }
        active.touch(now);
        let slug = checked.slug.as_deref().unwrap_or_default();
        tx.changed(Subject::Product(id));
        let product = Entity::update(active).exec(tx).await.map_err(|error| fields::write_failed(error, slug))?;
        if !was_active {
            digital_file::check_complete(tx, &product, "status").await?;
        }
        if words_change {
            search::save(tx, id, &product.name, &product.tags).await?;
        }
        if goes_live {
            social::announce_product(tx, app, &product).await?;
        }
        Ok(product)
    })
}

fn check(staff: &StoreStaff, patch: &ProductPatch) -> Result<Checked> {
    let mut check = Check::new();
    let checked = Checked {
        name: patch.name.as_ref().map(|name| fields::name(&mut check, name)),
        slug: patch.slug.as_ref().map(|slug| check.slug("slug", slug)),
        short_description: patch.short_description.as_ref().map(|text| fields::short_description(&mut check, text)),
        description: patch.description.as_ref().map(|text| fields::description(&mut check, text)),
        details: patch.details.as_ref().map(|sections| fields::details(&mut check, sections)),
        tags: patch.tags.as_ref().map(|tags| fields::tags(&mut check, tags)),
        seo_title: patch.seo_title.as_ref().map(|text| fields::seo_title(&mut check, text.as_deref())),
        seo_description: patch.seo_description.as_ref().map(|text| fields::seo_description(&mut check, text.as_deref())),
    };
    let of_marketplace = staff.kind() == ActorKind::Staff || matches!(staff.role(), Role::Admin | Role::Owner);
    if patch.featured.is_some() && !of_marketplace {
        check.push(Problem::new("featured", Code::NotAllowed, "featured can only be set by staff of the marketplace."));
    }
    check.finish()?;
    Ok(checked)
}

fn apply(active: &mut ActiveModel, checked: &Checked) {
    put(&mut active.name, &checked.name);
    put(&mut active.slug, &checked.slug);
    put(&mut active.short_description, &checked.short_description);
    put(&mut active.description, &checked.description);
    put(&mut active.details, &checked.details);
    put(&mut active.tags, &checked.tags);
    put(&mut active.seo_title, &checked.seo_title);
    put(&mut active.seo_description, &checked.seo_description);
}
