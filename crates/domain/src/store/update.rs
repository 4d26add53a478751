//! Changing stores.

use crate::image::{Source, delete_later, receive, render_later};
use crate::store::slug_taken;
use entity::store::{ActiveModel, Entity, Model};
use entity::value::PostalAddress;
use entity::versioned::{Versioned, put};
use sea_orm::ActiveValue::Set;
use sea_orm::{EntityTrait, IntoActiveModel, QuerySelect};
use souk_core::app::App;
use souk_core::auth::StoreStaff;
use souk_core::check::{Check, check_version};
use souk_core::db::{Subject, Tx};
use souk_core::error::{Fault, Result};
use souk_core::length;
use souk_core::transact;

/// Changes; a `None` field is left as it is, `Some(None)` clears it.
#[derive(Clone, Debug, Default)]
pub struct StorePatch {
    pub name: Option<String>,
    pub slug: Option<String>,
    /// HTML.
    pub description: Option<String>,
    pub contact_email: Option<String>,
    pub phone: Option<Option<String>>,
    /// Business address.
    pub address: Option<Option<PostalAddress>>,
    /// HTML.
    pub return_policy: Option<String>,
    /// HTML.
    pub shipping_policy: Option<String>,
    pub seo_title: Option<Option<String>>,
    pub seo_description: Option<Option<String>>,
    /// Version the caller read; refused as STALE if it is not the current one.
    pub expected_version: Option<i32>,
}

/// The pictures of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// Beside the name.
    Logo,
    /// At the top of the store's page.
    Banner,
}

pub async fn update(app: &App, staff: &StoreStaff, patch: StorePatch) -> Result<Model> {
    let mut check = Check::new();
    let name = patch.name.as_ref().map(|name| check.line("name", name, 1..=length::NAME));
    let slug = patch.slug.as_ref().map(|slug| check.slug("slug", slug));
    let description = patch.description.as_ref().map(|text| check.html("description", text, length::HTML));
    let contact_email = patch.contact_email.as_ref().map(|email| check.email("contactEmail", email));
    let phone = patch.phone.as_ref().map(|phone| check.phone("phone", phone.as_deref()));
    let address = patch.address.as_ref().map(|address| address.as_ref().map(|address| check.address("address", address)));
    let return_policy = patch.return_policy.as_ref().map(|text| check.html("returnPolicy", text, length::HTML));
    let shipping_policy = patch.shipping_policy.as_ref().map(|text| check.html("shippingPolicy", text, length::HTML));
    let seo_title = patch.seo_title.as_ref().map(|text| check.seo_title("seoTitle", text.as_deref()));
    let seo_description = patch.seo_description.as_ref().map(|text| check.seo_description("seoDescription", text.as_deref()));
    check.finish()?;
    let apply = |active: &mut ActiveModel| {
        put(&mut active.name, &name);
        put(&mut active.slug, &slug);
        put(&mut active.description, &description);
        put(&mut active.contact_email, &contact_email);
        put(&mut active.phone, &phone);
        put(&mut active.address, &address);
        put(&mut active.return_policy, &return_policy);
        put(&mut active.shipping_policy, &shipping_policy);
        put(&mut active.seo_title, &seo_title);
        put(&mut active.seo_description, &seo_description);
    };
    transact!(app.db, tx, {
        let row = lock(tx, staff).await?;
        check_version(patch.expected_version, row.version)?;
        let mut active = row.into_active_model();
        apply(&mut active);
        save(tx, app, active).await.map_err(|error| slug_taken(error, slug.as_deref().unwrap_or_default()))
    })
}

/// Sets the logo or the banner; deletes the previous one.
pub async fn set_picture(app: &App, staff: &StoreStaff, placement: Placement, source: &Source) -> Result<Model> {
    let received = Box::pin(receive(app, staff, source, "public/stores")).await?;
    let result = transact!(app.db, tx, {
        let row = lock(tx, staff).await?;
        received.claim(tx, app).await?;
        replace(tx, app, row, placement, Some(received.key.clone())).await
    });
    received.clean_up(app, result.is_ok()).await;
    result
}

/// Removes the logo or the banner.
pub async fn remove_picture(app: &App, staff: &StoreStaff, placement: Placement) -> Result<Model> {
    transact!(app.db, tx, {
        let row = lock(tx, staff).await?;
        replace(tx, app, row, placement, None).await
    })
}

async fn replace(tx: &Tx, app: &App, row: Model, placement: Placement, key: Option<String>) -> Result<Model> {
    let old = match placement {
        Placement::Logo => row.logo_key.clone(),
        Placement::Banner => row.banner_key.clone(),
    };
    delete_later(tx, app, old.as_slice()).await?;
    render_later(tx, app, Subject::Store(row.id), key.as_slice()).await?;
    let mut active = row.into_active_model();
    match placement {
        Placement::Logo => active.logo_key = Set(key),
        Placement::Banner => active.banner_key = Set(key),
    }
    Ok(save(tx, app, active).await?)
}

/// Locks the store for a change: the second of two concurrent changes waits, and then sees the new version.
pub(super) async fn lock(tx: &Tx, staff: &StoreStaff) -> Result<Model> {
    Ok(Entity::find_by_id(staff.store_id()).lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?)
}

/// Writes a changed store; increments its version.
pub(super) async fn save(tx: &Tx, app: &App, mut active: ActiveModel) -> Result<Model, sea_orm::DbErr> {
    if let Some(id) = active.id.try_as_ref() {
        tx.changed(Subject::Store(*id));
    }
    active.touch(app.clock.now());
    Entity::update(active).exec(tx).await
}
