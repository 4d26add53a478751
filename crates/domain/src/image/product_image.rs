//! The pictures of products.

use crate::image::{Received, Source, delete_later, receive};
use entity::id::{ProductId, ProductImageId, StoreId};
use entity::product_image::{self, Column, Entity, Model};
use entity::{product, product_image::ActiveModel};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::auth::{StoreStaff, StoreTask, Viewer};
use souk_core::check::Check;
use souk_core::db::InPadded;
use souk_core::db::{Subject, Tx};
use souk_core::error::{Code, Error, Fault, Refusal, Result, refuse};
use souk_core::transact;
use std::collections::HashMap;

/// The most pictures of a product.
pub const MOST_IMAGES: usize = 20;
/// Where the pictures of products lie in the storage.
const FOLDER: &str = "public/products";
/// The longest text that stands for a picture.
const LONGEST_ALT_TEXT: usize = 500;

/// A picture to be added.
#[derive(Clone, Debug)]
pub struct NewImage {
    /// What it shows, in words.
    pub alt_text: Option<String>,
    /// Whether it is the one that lists show; the first one always is.
    pub is_primary: bool,
    /// The file.
    pub source: Source,
}

/// What is to change; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct ImagePatch {
    /// What it shows, in words.
    pub alt_text: Option<String>,
    /// Makes it the one that lists show.
    pub is_primary: Option<bool>,
    /// Its place among the product's pictures, from 0.
    pub position: Option<i32>,
}

/// The pictures of several products, in their order.
pub async fn of_products(app: &App, _viewer: &Viewer, ids: &[ProductId]) -> Result<HashMap<ProductId, Vec<Model>>> {
    let query = Entity::find().filter(Column::ProductId.in_padded(ids));
    let rows = query.order_by_asc(Column::Position).order_by_asc(Column::Id).all(app.db.read()).await?;
    let mut found: HashMap<ProductId, Vec<Model>> = HashMap::new();
    for row in rows {
        found.entry(row.product_id).or_default().push(row);
    }
    Ok(found)
}

/// Several by their IDs; whether the viewer may see them is for their products to say.
pub async fn by_ids(app: &App, _viewer: &Viewer, ids: &[ProductImageId]) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(Column::Id.in_padded(ids)).all(app.db.read()).await?)
}

/// The picture that lists show, of several products.
pub async fn primary_of_products(app: &App, _viewer: &Viewer, ids: &[ProductId]) -> Result<HashMap<ProductId, Model>> {
    let query = Entity::find().filter(Column::ProductId.in_padded(ids)).filter(Column::IsPrimary.eq(true));
    Ok(query.all(app.db.read()).await?.into_iter().map(|row| (row.product_id, row)).collect())
}

/// A checked picture of a product, before its row is written.
struct Checked {
    alt_text: String,
    received: Received,
}

impl Checked {
    fn row(&self, app: &App, product_id: ProductId, position: i32, is_primary: bool) -> ActiveModel {
        let picture = &self.received.picture;
        ActiveModel {
            id: Set(app.clock.new_id()),
            product_id: Set(product_id),
            storage_key: Set(self.received.key.clone()),
            alt_text: Set(self.alt_text.clone()),
            is_primary: Set(is_primary),
            position: Set(position),
            content_type: Set(picture.content_type.to_owned()),
            width: Set(i32::try_from(picture.width).unwrap_or(i32::MAX)),
            height: Set(i32::try_from(picture.height).unwrap_or(i32::MAX)),
            byte_size: Set(i64::try_from(picture.file.content_length()).unwrap_or(i64::MAX)),
            created_at: Set(app.clock.now()),
        }
    }
}

/// The pictures of a product that is being made, checked and stored; no row points to them yet.
///
/// Call [`ReceivedImages::insert`] in the transaction that makes the product, and [`ReceivedImages::settle`] after it, whatever came
/// of it.
pub struct ReceivedImages(Vec<Checked>);

impl ReceivedImages {
    /// Checks and stores several pictures, or none of them: what is wrong with any is told for all, with paths such as
    /// `images.2.source.file`.
    pub async fn receive(app: &App, staff: &StoreStaff, images: &[NewImage]) -> Result<Self> {
        let mut check = Check::new();
        check.count("images", images, MOST_IMAGES);
        let texts = images.iter().enumerate().map(|(at, new)| {
            let text = new.alt_text.as_deref().unwrap_or_default();
            check.line(&format!("images.{at}.altText"), text, 0..=LONGEST_ALT_TEXT)
        });
        let texts: Vec<_> = texts.collect();
        check.finish()?;
        let (mut received, mut wrong) = (Self(Vec::new()), Check::new());
        for (at, (new, alt_text)) in images.iter().zip(texts).enumerate() {
            match Box::pin(receive(app, staff.person(), &new.source, FOLDER)).await {
                Ok(one) => received.0.push(Checked { alt_text, received: one }),
                Err(Error::Refused(Refusal(problems))) => {
                    problems.into_iter().for_each(|problem| wrong.push(problem.below(&source_path(at))));
                }
                Err(fault) => {
                    received.settle(app, false).await;
                    return Err(fault);
                }
            }
        }
        if let Err(refused) = wrong.finish() {
            received.settle(app, false).await;
            return Err(refused);
        }
        Ok(received)
    }

    /// Writes their rows for a new product; lists show the first one.
    pub async fn insert(&self, tx: &Tx, app: &App, id: ProductId) -> Result<()> {
        for (at, image) in self.0.iter().enumerate() {
            image.received.claim(tx, app).await.map_err(|error| error.below(&source_path(at)))?;
        }
        let rows: Vec<_> = (0..).zip(&self.0).map(|(position, image)| image.row(app, id, position, position == 0)).collect();
        if !rows.is_empty() {
            Entity::insert_many(rows).exec_without_returning(tx).await?;
        }
        Ok(())
    }

    /// Removes the files that nobody needs any more.
    pub async fn settle(&self, app: &App, committed: bool) {
        for image in &self.0 {
            image.received.settle(app, committed).await;
        }
    }
}

fn source_path(at: usize) -> String {
    format!("images.{at}.source")
}

/// Adds a picture at the end. The file is stored before the transaction, and removed again when that fails.
pub async fn add(app: &App, staff: &StoreStaff, id: ProductId, new: NewImage) -> Result<(product::Model, Model)> {
    let mut check = Check::new();
    let alt_text = check.line("altText", new.alt_text.as_deref().unwrap_or_default(), 0..=LONGEST_ALT_TEXT);
    check.finish()?;
    let image = Checked { alt_text, received: Box::pin(receive(app, staff.person(), &new.source, FOLDER)).await? };
    let received = &image.received;
    let result: Result<(product::Model, Model)> = async {
        transact!(app.db, tx, {
            let (product, images) = lock(tx, staff, id).await?;
            if images.len() >= MOST_IMAGES {
                let message = format!("a product may have at most {MOST_IMAGES} pictures: delete one first");
                return refuse("productId", Code::LimitReached, message);
            }
            received.claim(tx, app).await?;
            let is_primary = new.is_primary || images.is_empty();
            if is_primary {
                clear_primary(tx, id).await?;
            }
            let position = images.last().map_or(0, |last| last.position.saturating_add(1));
            let row = image.row(app, id, position, is_primary);
            let added = Entity::insert(row).exec_with_returning(tx).await?;
            Ok((touch(tx, app, product).await?, added))
        })
    }
    .await;
    received.settle(app, result.is_ok()).await;
    result
}

/// Changes a picture's text, place or rank.
pub async fn update(app: &App, staff: &StoreStaff, id: ProductImageId, patch: ImagePatch) -> Result<product::Model> {
    let mut check = Check::new();
    let alt_text = patch.alt_text.as_ref().map(|text| check.line("altText", text, 0..=LONGEST_ALT_TEXT));
    if let Some(position) = patch.position {
        check.integer("position", position, 0..=i32::try_from(MOST_IMAGES).unwrap_or(i32::MAX) - 1);
    }
    if patch.is_primary == Some(false) {
        check.problem("isPrimary", Code::Invalid, "one picture is always the primary one: make another one primary instead");
    }
    check.finish()?;
    transact!(app.db, tx, {
        let product_id = product_of(tx, id).await?;
        let (product, images) = lock(tx, staff, product_id).await?;
        let Some(row) = images.iter().find(|image| image.id == id).cloned() else { return Err(Fault::NotFound.into()) };
        if patch.is_primary == Some(true) && !row.is_primary {
            clear_primary(tx, product_id).await?;
        }
        let mut active = row.into_active_model();
        if let Some(text) = &alt_text {
            active.alt_text = Set(text.clone());
        }
        if patch.is_primary == Some(true) {
            active.is_primary = Set(true);
        }
        if alt_text.is_some() || patch.is_primary.is_some() {
            Entity::update(active).exec(tx).await?;
        }
        if let Some(position) = patch.position {
            let mut order: Vec<_> = images.iter().map(|image| image.id).filter(|other| *other != id).collect();
            order.insert(usize::try_from(position).unwrap_or(0).min(order.len()), id);
            place(tx, &order).await?;
        }
        touch(tx, app, product).await
    })
}

/// Removes a picture; where it was the primary one, the first of the others becomes that.
pub async fn delete(app: &App, staff: &StoreStaff, id: ProductImageId) -> Result<product::Model> {
    transact!(app.db, tx, {
        let product_id = product_of(tx, id).await?;
        let (product, images) = lock(tx, staff, product_id).await?;
        let Some(row) = images.iter().find(|image| image.id == id) else { return Err(Fault::NotFound.into()) };
        Entity::delete_by_id(id).exec(tx).await?;
        delete_later(tx, app, &row.storage_key).await?;
        if let (true, Some(heir)) = (row.is_primary, images.iter().find(|image| image.id != id)) {
            let active = ActiveModel { id: Unchanged(heir.id), is_primary: Set(true), ..Default::default() };
            Entity::update(active).exec(tx).await?;
        }
        touch(tx, app, product).await
    })
}

/// Puts all pictures of a product into an order.
pub async fn reorder(app: &App, staff: &StoreStaff, id: ProductId, order: &[ProductImageId]) -> Result<product::Model> {
    transact!(app.db, tx, {
        let (product, images) = lock(tx, staff, id).await?;
        let mut given: Vec<_> = order.to_vec();
        given.sort();
        let mut there: Vec<_> = images.iter().map(|image| image.id).collect();
        there.sort();
        if given != there {
            let message = format!("imageIds must name each of the {} pictures of the product once", there.len());
            return refuse("imageIds", Code::Invalid, message);
        }
        place(tx, order).await?;
        touch(tx, app, product).await
    })
}

/// Somebody who may change a picture; for everybody else it does not exist.
pub async fn staff(app: &App, viewer: &Viewer, id: ProductImageId) -> Result<StoreStaff> {
    let product_id = product_of(app.db.read(), id).await?;
    let query = product::Entity::find_by_id(product_id).select_only().column(product::Column::StoreId);
    let store: Option<StoreId> = query.into_tuple().one(app.db.read()).await?;
    viewer.store_staff(&app.db, store.ok_or(Fault::NotFound)?, StoreTask::Products).await
}

/// The product a picture belongs to.
async fn product_of(db: &impl sea_orm::ConnectionTrait, id: ProductImageId) -> Result<ProductId> {
    let query = Entity::find_by_id(id).select_only().column(Column::ProductId);
    Ok(query.into_tuple().one(db).await?.ok_or(Fault::NotFound)?)
}

/// Locks a product of the store, so that of two changes to its pictures the second sees the first.
async fn lock(tx: &Tx, staff: &StoreStaff, id: ProductId) -> Result<(product::Model, Vec<Model>)> {
    let query = product::Entity::find_by_id(id).filter(product::Column::StoreId.eq(staff.store_id()));
    let product = query.lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
    let images = Entity::find().filter(Column::ProductId.eq(id));
    let images = images.order_by_asc(Column::Position).order_by_asc(Column::Id).all(tx).await?;
    Ok((product, images))
}

async fn clear_primary(tx: &Tx, id: ProductId) -> Result<()> {
    let query = Entity::update_many().col_expr(Column::IsPrimary, Expr::value(false));
    query.filter(Column::ProductId.eq(id)).filter(Column::IsPrimary.eq(true)).exec(tx).await?;
    Ok(())
}

async fn place(tx: &Tx, order: &[ProductImageId]) -> Result<()> {
    for (position, id) in (0..).zip(order) {
        let active = ActiveModel { id: Unchanged(*id), position: Set(position), ..Default::default() };
        product_image::Entity::update(active).exec(tx).await?;
    }
    Ok(())
}

async fn touch(tx: &Tx, app: &App, product: product::Model) -> Result<product::Model> {
    tx.changed(Subject::Product(product.id));
    let version = product.version;
    let mut active = product.into_active_model();
    active.version = Set(version + 1);
    active.updated_at = Set(app.clock.now());
    Ok(product::Entity::update(active).exec(tx).await?)
}
