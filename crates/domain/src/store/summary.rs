//! A store without its texts and contacts, for references, and those texts and contacts, which are read only if they are
//! requested.

use crate::summary::summary_and_texts;
use entity::id::{StoreId, UserId};
use entity::store::{Column, Entity, Model};
use entity::value::{PostalAddress, StoreStatus};
use sea_orm::{EntityTrait, QueryFilter};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::db::InPadded;
use souk_core::error::Result;

summary_and_texts! {
    /// A store without its texts.
    Summary {
        id: StoreId,
        owner_id: UserId,
        name: String,
        /// URL identifier, unique.
        slug: String,
        /// Storage key of the logo.
        logo_key: Option<String>,
        /// Storage key of the banner.
        banner_key: Option<String>,
        status: StoreStatus,
    }
    /// Texts and contacts of a store.
    Texts {
        id: StoreId,
        /// Sanitised HTML.
        description: String,
        contact_email: String,
        phone: Option<String>,
        /// Business address.
        address: Option<PostalAddress>,
        /// Sanitised HTML.
        return_policy: String,
        /// Sanitised HTML.
        shipping_policy: String,
        seo_title: Option<String>,
        seo_description: Option<String>,
    }
}

/// Texts by store ID. The caller must have checked access to the stores.
pub async fn texts(app: &App, _viewer: &Viewer, ids: &[StoreId]) -> Result<Vec<Texts>> {
    let query = Entity::find().filter(Column::Id.in_padded(ids));
    Ok(query.into_partial_model().all(app.db.read()).await?)
}
