//! Rendering pictures: after they were added, and once for those of earlier versions.

use super::picture::Picture;
use super::read::{max_stored, render_picture};
use super::received::{delete_files, delete_unless_kept, keep_file};
use super::rendition::{RenderImage, delete_later, render_old, replace};
use entity::id::{CategoryId, PictureId, ProductImageId, StoreId};
use entity::value::ImageSize;
use entity::{category, image_rendition, picture, product_image, store};
use object_store::GetOptions;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::db::{InPadded, Subject, lock_in_order};
use souk_core::error::{Error, Result, internal};
use souk_core::job::{Job, JobError};
use souk_core::transact;
use std::time::Duration;

/// The client in the queue of decoders that renders: one picture at a time, so that uploads do not wait for many.
const CLIENT: &str = "renditions";
/// Pictures of earlier versions that are requested at once.
const BATCH: u64 = 100;

impl Job for RenderImage {
    const KIND: &'static str = "image.render";
    // It may wait for other pictures.
    const LEASE: Duration = Duration::from_secs(120);

    async fn run(&self, app: &App, _system: &System, _attempt: i32) -> Result<(), JobError> {
        let Some(row) = picture::Entity::find_by_id(self.picture_id).one(app.db.read()).await? else { return Ok(()) };
        let permit = app.queues.images.acquire(CLIENT).await.map_err(Error::Fault)?;
        let most = u64::try_from(max_stored(app)).unwrap_or(u64::MAX);
        let later = |error: object_store::Error| JobError::later(error.to_string());
        let found = match app.storage.get(&row.storage_key, GetOptions::default()).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return forget(app, &row).await,
            Err(error) => return Err(later(error)),
        };
        if found.meta.size > most {
            return Err(JobError::never(format!("the file has {} bytes; at most {most} are read", found.meta.size)));
        }
        let bytes = found.bytes().await.map_err(later)?;
        let rendered = render_picture(bytes, permit).await?.map_err(|error| JobError::never(error.problem("").message))?;
        store(app, &row, &rendered.renditions, &rendered.blurhash).await?;
        Ok(())
    }
}

/// Deletes the row of a picture without a file, such as one that was replaced while its renditions were requested.
async fn forget(app: &App, picture: &picture::Model) -> Result<(), JobError> {
    tracing::warn!(key = picture.storage_key, "a picture is not rendered, as it has no file");
    Ok(transact!(app.db, tx, { delete_later(tx, app, &[&picture.storage_key]).await })?)
}

/// Writes the files, and then their rows. The files are deleted if that does not happen.
async fn store(app: &App, picture: &picture::Model, renditions: &[(ImageSize, Picture)], blurhash: &str) -> Result<()> {
    let folder = picture.storage_key.rsplit_once('/').map_or("public", |(folder, _)| folder);
    let rows: Vec<_> = renditions.iter().map(|(size, made)| row(app, picture.id, folder, *size, made)).collect();
    let keys: Vec<_> = rows.iter().map(|row| row.storage_key.clone()).collect();
    transact!(app.db, tx, {
        for key in &keys {
            delete_unless_kept(tx, app, key).await?;
        }
        Ok(())
    })?;
    for ((_, made), key) in renditions.iter().zip(&keys) {
        app.storage.put(key, made.file.clone(), made.content_type).await.map_err(internal)?;
    }
    transact!(app.db, tx, {
        let unused = match replace(tx, app, picture.id, blurhash, &rows).await? {
            Some(old) => old,
            None => keys.clone(),
        };
        for key in &keys {
            keep_file(tx, key).await?;
        }
        delete_files(tx, app, &unused).await
    })
}

fn row(app: &App, picture_id: PictureId, folder: &str, size: ImageSize, made: &Picture) -> image_rendition::Model {
    image_rendition::Model {
        picture_id,
        size,
        storage_key: super::key::new_key(&app.random, folder, made),
        width: i32::try_from(made.width).unwrap_or(i32::MAX),
        height: i32::try_from(made.height).unwrap_or(i32::MAX),
        byte_size: i64::try_from(made.file.content_length()).unwrap_or(i64::MAX),
    }
}

/// Requests the renditions of pictures of earlier versions; returns their number.
pub async fn request_missing(app: &App, _system: &System) -> Result<u64> {
    Ok(request_of_products(app).await? + request_of_stores(app).await? + request_of_categories(app).await?)
}

async fn request_of_products(app: &App) -> Result<u64> {
    use product_image::{Column, Entity};
    let unrequested = || Entity::find().filter(Column::RenderRequestedAt.is_null());
    if unrequested().limit(1).one(app.db.read()).await?.is_none() {
        return Ok(0);
    }
    transact!(app.db, tx, {
        let some = unrequested().order_by_asc(Column::Id).limit(BATCH);
        let ids: Vec<ProductImageId> = lock_in_order(tx, some, Column::Id).await?;
        // Another process may have requested them meanwhile.
        let rows = unrequested().filter(Column::Id.in_padded(&ids)).order_by_asc(Column::Id).all(tx).await?;
        let pictures: Vec<_> = rows.into_iter().map(|row| (Subject::Product(row.product_id), row.storage_key)).collect();
        Entity::update_many()
            .col_expr(Column::RenderRequestedAt, Expr::value(app.clock.now()))
            .filter(Column::Id.in_padded(&ids))
            .exec(tx)
            .await?;
        render_old(tx, app, &pictures).await?;
        Ok(pictures.len() as u64)
    })
}

async fn request_of_stores(app: &App) -> Result<u64> {
    use store::{Column, Entity};
    let mut pictures = Vec::new();
    for column in [Column::LogoKey, Column::BannerKey] {
        let query = Entity::find().select_only().column(Column::Id).column(column);
        let query = query.filter(column.is_not_null()).filter(unknown(column)).order_by_asc(Column::Id).limit(BATCH);
        let rows: Vec<(StoreId, String)> = query.into_tuple().all(app.db.read()).await?;
        pictures.extend(rows.into_iter().map(|(id, key)| (Subject::Store(id), key)));
    }
    request(app, pictures).await
}

async fn request_of_categories(app: &App) -> Result<u64> {
    use category::{Column, Entity};
    let query = Entity::find().select_only().column(Column::Id).column(Column::ImageKey);
    let query = query.filter(Column::ImageKey.is_not_null()).filter(unknown(Column::ImageKey));
    let query = query.order_by_asc(Column::Id).limit(BATCH);
    let rows: Vec<(CategoryId, String)> = query.into_tuple().all(app.db.read()).await?;
    request(app, rows.into_iter().map(|(id, key)| (Subject::Category(id), key)).collect()).await
}

/// Whether no picture has the key of a column.
fn unknown<C: ColumnTrait>(column: C) -> Condition {
    let known = Query::select()
        .expr(Expr::val(1))
        .from(picture::Entity)
        .and_where(Expr::col((picture::Entity, picture::Column::StorageKey)).equals((column.entity_name(), column)))
        .to_owned();
    Condition::all().add(Expr::exists(known).not())
}

/// A picture that is replaced meanwhile gets a row that nothing uses; the job deletes it, as it finds no file.
async fn request(app: &App, pictures: Vec<(Subject, String)>) -> Result<u64> {
    if pictures.is_empty() {
        return Ok(0);
    }
    transact!(app.db, tx, {
        render_old(tx, app, &pictures).await?;
        Ok(pictures.len() as u64)
    })
}
