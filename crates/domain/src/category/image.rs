//! The image of a category.

use crate::image::{Source, delete_later, receive, render_later};
use entity::category::{Entity, Model};
use entity::id::CategoryId;
use entity::versioned::Versioned;
use sea_orm::ActiveValue::Set;
use sea_orm::{EntityTrait, IntoActiveModel, QuerySelect};
use souk_core::app::App;
use souk_core::auth::Staff;
use souk_core::auth::permissions::ManageProducts;
use souk_core::db::{Subject, Tx};
use souk_core::error::{Fault, Result};
use souk_core::transact;

/// Sets the image of a category; deletes the previous one.
pub async fn set_image(app: &App, staff: &Staff<ManageProducts>, id: CategoryId, source: &Source) -> Result<Model> {
    let received = Box::pin(receive(app, staff, source, "public/categories")).await?;
    let result = transact!(app.db, tx, {
        let row = lock(tx, id).await?;
        received.claim(tx, app).await?;
        replace(tx, app, row, Some(received.key.clone())).await
    });
    received.clean_up(app, result.is_ok()).await;
    result
}

/// Removes the image of a category.
pub async fn remove_image(app: &App, _staff: &Staff<ManageProducts>, id: CategoryId) -> Result<Model> {
    transact!(app.db, tx, {
        let row = lock(tx, id).await?;
        replace(tx, app, row, None).await
    })
}

async fn lock(tx: &Tx, id: CategoryId) -> Result<Model> {
    Ok(Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?)
}

async fn replace(tx: &Tx, app: &App, row: Model, key: Option<String>) -> Result<Model> {
    delete_later(tx, app, row.image_key.as_slice()).await?;
    render_later(tx, app, Subject::Category(row.id), key.as_slice()).await?;
    tx.changed(Subject::Category(row.id));
    let mut active = row.into_active_model();
    active.image_key = Set(key);
    active.touch(app.clock.now());
    Ok(Entity::update(active).exec(tx).await?)
}
