//! A store in two split_texts: what references need, and its texts and contacts, which are read where they are asked for.

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
    /// Its ID.
    pub id: StoreId,
    /// Whose it is.
    pub owner_id: UserId,
    /// Its name.
    pub name: String,
    /// Its name in addresses.
    pub slug: String,
    /// Where the logo lies in the storage.
    pub logo_key: Option<String>,
    /// Where the banner lies in the storage.
    pub banner_key: Option<String>,
    /// Whether it trades.
    pub status: StoreStatus,
    /// How many published reviews there are.
    pub rating_count: i64,
    /// Hundredths of a star: 100 to 500, 0 where there is no review.
    pub rating_average: i32,
    /// Reviews of one star.
    pub rating_1: i64,
    /// Reviews of two stars.
    pub rating_2: i64,
    /// Reviews of three stars.
    pub rating_3: i64,
    /// Reviews of four stars.
    pub rating_4: i64,
    /// Reviews of five stars.
    pub rating_5: i64,
    /// Raised by one at every change.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// The texts and contacts of a store.
#[derive(Clone, Debug, PartialEq, Eq, DerivePartialModel)]
#[sea_orm(entity = "Entity")]
pub struct Texts {
    /// Whose.
    pub id: StoreId,
    /// Sanitised HTML.
    pub description: String,
    /// Where customers can write to.
    pub contact_email: String,
    /// Where customers can call.
    pub phone: Option<String>,
    /// Where it trades from.
    pub address: Option<PostalAddress>,
    /// Sanitised HTML.
    pub return_policy: String,
    /// Sanitised HTML.
    pub shipping_policy: String,
    /// For search engines.
    pub seo_title: Option<String>,
    /// For search engines.
    pub seo_description: Option<String>,
}

/// Both split_texts of a whole row.
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

/// The texts of several stores, for whoever was shown the stores.
pub async fn texts(app: &App, _viewer: &Viewer, ids: &[StoreId]) -> Result<Vec<Texts>> {
    let query = Entity::find().filter(Column::Id.in_padded(ids));
    Ok(query.into_partial_model().all(app.db.read()).await?)
}
