//! A store without its texts and contacts, for references, and those texts and contacts, which are read only if they are
//! requested.

use entity::id::{StoreId, UserId};
use entity::store::{Column, Entity, Model};
use entity::value::{PostalAddress, StoreStatus};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::{DerivePartialModel, EntityTrait, QueryFilter};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::db::InPadded;
use souk_core::error::Result;

/// A store without its texts.
#[derive(Clone, Debug, PartialEq, Eq, DerivePartialModel)]
#[sea_orm(entity = "Entity")]
pub struct Summary {
    pub id: StoreId,
    pub owner_id: UserId,
    pub name: String,
    /// URL identifier, unique.
    pub slug: String,
    /// Storage key of the logo.
    pub logo_key: Option<String>,
    /// Storage key of the banner.
    pub banner_key: Option<String>,
    pub status: StoreStatus,
    /// Number of published reviews.
    pub rating_count: i64,
    /// Average rating in hundredths of a star: 100 to 500; 0 without reviews.
    pub rating_average: i32,
    /// Reviews with one star.
    pub rating_1: i64,
    /// Reviews with two stars.
    pub rating_2: i64,
    /// Reviews with three stars.
    pub rating_3: i64,
    /// Reviews with four stars.
    pub rating_4: i64,
    /// Reviews with five stars.
    pub rating_5: i64,
    /// Incremented at every change.
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

/// Texts and contacts of a store.
#[derive(Clone, Debug, PartialEq, Eq, DerivePartialModel)]
#[sea_orm(entity = "Entity")]
pub struct Texts {
    pub id: StoreId,
    /// Sanitised HTML.
    pub description: String,
    pub contact_email: String,
    pub phone: Option<String>,
    /// Business address.
    pub address: Option<PostalAddress>,
    /// Sanitised HTML.
    pub return_policy: String,
    /// Sanitised HTML.
    pub shipping_policy: String,
    pub seo_title: Option<String>,
    pub seo_description: Option<String>,
}

/// Splits a whole row into summary and texts.
pub fn split_texts(row: Model) -> (Summary, Texts) {
    let texts = Texts {
        id: row.id,
        description: row.description,
        contact_email: row.contact_email,
        phone: row.phone,
        address: row.address,
        return_policy: row.return_policy,
        shipping_policy: row.shipping_policy,
        seo_title: row.seo_title,
        seo_description: row.seo_description,
    };
    let summary = Summary {
        id: row.id,
        owner_id: row.owner_id,
        name: row.name,
        slug: row.slug,
        logo_key: row.logo_key,
        banner_key: row.banner_key,
        status: row.status,
        rating_count: row.rating_count,
        rating_average: row.rating_average,
        rating_1: row.rating_1,
        rating_2: row.rating_2,
        rating_3: row.rating_3,
        rating_4: row.rating_4,
        rating_5: row.rating_5,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    };
    (summary, texts)
}

/// Texts by store ID. The caller must have checked access to the stores.
pub async fn texts(app: &App, _viewer: &Viewer, ids: &[StoreId]) -> Result<Vec<Texts>> {
    let query = Entity::find().filter(Column::Id.in_padded(ids));
    Ok(query.into_partial_model().all(app.db.read()).await?)
}
