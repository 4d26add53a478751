//! The rows of pictures and of their renditions.

use crate::image::received::delete_files;
use entity::id::PictureId;
use entity::value::ImageSize;
use entity::{image_rendition, picture};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, FromQueryResult, IntoActiveModel, JoinType, QueryFilter, QueryOrder, QuerySelect,
};
use serde::{Deserialize, Serialize};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::db::{InPadded, Subject, Tx};
use souk_core::error::Result;
use souk_core::job::{Enqueue, enqueue};
use std::collections::HashMap;

/// What is known of a picture once it is rendered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renditions {
    /// A compact description of the picture's colors (<https://blurha.sh>).
    pub blurhash: Option<String>,
    /// From the smallest.
    pub all: Vec<Rendition>,
}

/// A smaller copy of a picture, as WebP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendition {
    pub size: ImageSize,
    pub storage_key: String,
    /// In pixels.
    pub width: i32,
    /// In pixels.
    pub height: i32,
    /// Size of the file in bytes.
    pub byte_size: i64,
}

impl Renditions {
    /// The smallest file that has the size, or all pixels of the picture, whose width and height are `original`. Absent if that is the
    /// original.
    pub fn at_least(&self, size: ImageSize, original: Option<(i32, i32)>) -> Option<&Rendition> {
        let whole = |rendition: &&Rendition| Some((rendition.width, rendition.height)) == original;
        let found = self.all.iter().find(|rendition| rendition.size >= size);
        found.or_else(|| self.all.last().filter(|_| size != ImageSize::Original).filter(whole))
    }
}

#[derive(FromQueryResult)]
struct Row {
    source: String,
    blurhash: Option<String>,
    size: Option<ImageSize>,
    storage_key: Option<String>,
    width: Option<i32>,
    height: Option<i32>,
    byte_size: Option<i64>,
}

/// Renditions of pictures by their storage keys, in one statement.
pub async fn renditions_of(app: &App, _viewer: &Viewer, keys: &[String]) -> Result<HashMap<String, Renditions>> {
    let join = picture::Entity::belongs_to(image_rendition::Entity).from(picture::Column::Id);
    let query = picture::Entity::find()
        .select_only()
        .column_as(picture::Column::StorageKey, "source")
        .column(picture::Column::Blurhash)
        .column(image_rendition::Column::Size)
        .column(image_rendition::Column::StorageKey)
        .column(image_rendition::Column::Width)
        .column(image_rendition::Column::Height)
        .column(image_rendition::Column::ByteSize)
        .join(JoinType::LeftJoin, join.to(image_rendition::Column::PictureId).into())
        .filter(picture::Column::StorageKey.in_padded(keys));
    let mut found: HashMap<String, Renditions> = HashMap::new();
    for row in query.into_model::<Row>().all(app.db.read()).await? {
        let renditions = found.entry(row.source).or_default();
        renditions.blurhash = row.blurhash;
        if let (Some(size), Some(storage_key), Some(width), Some(height), Some(byte_size)) =
            (row.size, row.storage_key, row.width, row.height, row.byte_size)
        {
            renditions.all.push(Rendition { size, storage_key, width, height, byte_size });
        }
    }
    for renditions in found.values_mut() {
        renditions.all.sort_by_key(|rendition| rendition.size);
    }
    Ok(found)
}

/// Payload of the job that renders a picture.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RenderImage {
    pub picture_id: PictureId,
}

/// Renders pictures after the commit of the transaction that writes rows with their storage keys.
pub(crate) async fn render_later<K: AsRef<str>>(tx: &Tx, app: &App, subject: Subject, keys: &[K]) -> Result<()> {
    let rows: Vec<_> = keys.iter().map(|key| row(app, subject, key.as_ref())).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let active: Vec<picture::ActiveModel> = rows.iter().map(|row| row.clone().into_active_model().reset_all()).collect();
    picture::Entity::insert_many(active).exec_without_returning(tx).await?;
    for row in rows {
        request(tx, app, row.id).await?;
    }
    Ok(())
}

/// As [`render_later`] for pictures that are stored already, each with its subject; several rows can have the same picture.
pub(super) async fn render_old(tx: &Tx, app: &App, pictures: &[(Subject, String)]) -> Result<()> {
    if pictures.is_empty() {
        return Ok(());
    }
    let rows = pictures.iter().map(|(subject, key)| row(app, *subject, key).into_active_model().reset_all());
    let unless_known = OnConflict::column(picture::Column::StorageKey).do_nothing_on([picture::Column::Id]).to_owned();
    picture::Entity::insert_many(rows).on_conflict(unless_known).exec_without_returning(tx).await?;
    let keys: Vec<_> = pictures.iter().map(|(_, key)| key.clone()).collect();
    let query = picture::Entity::find().filter(picture::Column::StorageKey.in_padded(&keys));
    for row in query.filter(picture::Column::RenderedAt.is_null()).order_by_asc(picture::Column::Id).all(tx).await? {
        request(tx, app, row.id).await?;
    }
    Ok(())
}

fn row(app: &App, subject: Subject, key: &str) -> picture::Model {
    picture::Model {
        id: app.clock.new_id(),
        storage_key: key.to_owned(),
        subject_kind: subject.kind().as_str().to_owned(),
        subject_id: subject.id(),
        blurhash: None,
        rendered_at: None,
        created_at: app.clock.now(),
    }
}

async fn request(tx: &Tx, app: &App, picture_id: PictureId) -> Result<()> {
    let options = Enqueue { dedup_key: Some(picture_id.to_string()), ..Enqueue::default() };
    enqueue(tx, &app.clock, &RenderImage { picture_id }, options).await
}

/// Replaces the renditions of a picture; returns the storage keys of the earlier ones, or `None` if the picture was deleted.
pub(super) async fn replace(
    tx: &Tx,
    app: &App,
    id: PictureId,
    blurhash: &str,
    rows: &[image_rendition::Model],
) -> Result<Option<Vec<String>>> {
    let Some(row) = picture::Entity::find_by_id(id).lock_exclusive().one(tx).await? else { return Ok(None) };
    let old = keys_of(tx, &[id]).await?;
    let of_picture = image_rendition::Column::PictureId.eq(id);
    image_rendition::Entity::delete_many().filter(of_picture).exec(tx).await?;
    let new = rows.iter().map(|row| row.clone().into_active_model().reset_all());
    image_rendition::Entity::insert_many(new).exec_without_returning(tx).await?;
    // What shows the picture shows other files now.
    if let Some(subject) = Subject::stored(&row.subject_kind, row.subject_id) {
        tx.changed(subject);
    }
    let mut active = row.into_active_model();
    active.blurhash = Set(Some(blurhash.to_owned()));
    active.rendered_at = Set(Some(app.clock.now()));
    picture::Entity::update(active).exec(tx).await?;
    Ok(Some(old))
}

async fn keys_of(tx: &Tx, ids: &[PictureId]) -> Result<Vec<String>> {
    let query = image_rendition::Entity::find().select_only().column(image_rendition::Column::StorageKey);
    Ok(query.filter(image_rendition::Column::PictureId.in_padded(ids)).into_tuple().all(tx).await?)
}

/// Deletes files after the commit, with the renditions of those that are pictures.
pub(crate) async fn delete_later<K: AsRef<str>>(tx: &Tx, app: &App, keys: &[K]) -> Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    let mut keys: Vec<String> = keys.iter().map(|key| key.as_ref().to_owned()).collect();
    let query = picture::Entity::find().filter(picture::Column::StorageKey.in_padded(&keys));
    // Locked, so that a picture that is being rendered gets no rendition that would be left behind.
    let query = query.select_only().column(picture::Column::Id).order_by_asc(picture::Column::Id).lock_exclusive();
    let ids: Vec<PictureId> = query.into_tuple().all(tx).await?;
    if !ids.is_empty() {
        keys.extend(keys_of(tx, &ids).await?);
        picture::Entity::delete_many().filter(picture::Column::Id.in_padded(&ids)).exec(tx).await?;
    }
    delete_files(tx, app, &keys).await
}
