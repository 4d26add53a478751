//! Creating stores.

use crate::setting::{self, Approval};
use crate::social;
use crate::store::{is_slug_taken, slug_taken};
use entity::id::StoreId;
use entity::store::{ActiveModel, Entity, Model};
use entity::value::{PostalAddress, StoreStatus};
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;
use souk_core::app::App;
use souk_core::auth::Vendor;
use souk_core::check::Check;
use souk_core::db::Subject;
use souk_core::error::Result;
use souk_core::length;
use souk_core::text::{slug_for, slugify};
use souk_core::transact;

/// Attempts with another generated slug if one is taken.
const ATTEMPTS: u32 = 5;

/// A store to be created.
#[derive(Clone, Debug, Default)]
pub struct NewStore {
    pub name: String,
    /// HTML.
    pub description: Option<String>,
    /// Default: the vendor's own email address.
    pub contact_email: Option<String>,
    pub phone: Option<String>,
    /// Default: made from the name.
    pub slug: Option<String>,
    /// Business address.
    pub address: Option<PostalAddress>,
    /// HTML.
    pub return_policy: Option<String>,
    /// HTML.
    pub shipping_policy: Option<String>,
    pub seo_title: Option<String>,
    pub seo_description: Option<String>,
}

/// Creates a store; it is PENDING if the setting `storeApproval` is `MANUAL`.
pub async fn create(app: &App, vendor: &Vendor, new: NewStore) -> Result<Model> {
    let mut check = Check::new();
    let name = check.line("name", &new.name, 1..=length::NAME);
    let slug = new.slug.as_ref().map(|slug| check.slug("slug", slug));
    let description = check.html("description", new.description.as_deref().unwrap_or_default(), length::HTML);
    let contact_email = check.email("contactEmail", new.contact_email.as_deref().unwrap_or(vendor.email()));
    let phone = check.phone("phone", new.phone.as_deref());
    let address = new.address.as_ref().map(|address| check.address("address", address));
    let return_policy = check.html("returnPolicy", new.return_policy.as_deref().unwrap_or_default(), length::HTML);
    let shipping_policy = check.html("shippingPolicy", new.shipping_policy.as_deref().unwrap_or_default(), length::HTML);
    let seo_title = check.seo_title("seoTitle", new.seo_title.as_deref());
    let seo_description = check.seo_description("seoDescription", new.seo_description.as_deref());
    check.finish()?;
    let id: StoreId = app.clock.new_id();
    let now = app.clock.now();
    let row = |slug: String, status: StoreStatus| ActiveModel {
        id: Set(id),
        owner_id: Set(vendor.user_id()),
        name: Set(name.clone()),
        slug: Set(slug),
        description: Set(description.clone()),
        logo_key: Set(None),
        banner_key: Set(None),
        contact_email: Set(contact_email.clone()),
        phone: Set(phone.clone()),
        address: Set(address.clone()),
        return_policy: Set(return_policy.clone()),
        shipping_policy: Set(shipping_policy.clone()),
        seo_title: Set(seo_title.clone()),
        seo_description: Set(seo_description.clone()),
        status: Set(status),
        commission_basis_points: Set(None),
        rating_sum: Set(0),
        rating_count: Set(0),
        rating_average: Set(0),
        rating_1: Set(0),
        rating_2: Set(0),
        rating_3: Set(0),
        rating_4: Set(0),
        rating_5: Set(0),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let mut attempt = 0;
    loop {
        let slug_now = slug.clone().unwrap_or_else(|| slug_for(&app.random, &slugify(&name), "store", attempt));
        let result = transact!(app.db, tx, {
            vendor.lock(tx).await?;
            let status = match setting::load(tx).await?.store_approval {
                Approval::Auto => StoreStatus::Active,
                Approval::Manual => StoreStatus::Pending,
            };
            let row = row(slug_now.clone(), status);
            tx.changed(Subject::Store(id));
            let insert = Entity::insert(row).exec_with_returning(tx).await;
            let store = insert.map_err(|error| slug_taken(error, &slug_now))?;
            if store.status == StoreStatus::Active {
                social::announce_store(tx, app, &store).await?;
            }
            Ok(store)
        });
        match result {
            Err(error) if slug.is_none() && attempt < ATTEMPTS && is_slug_taken(&error) => attempt += 1,
            other => return other,
        }
    }
}
