//! Images of products.

use crate::image::{Received, Source, delete_later, receive, render_later};
use entity::id::{ProductId, ProductImageId, StoreId};
use entity::product_image::{self, Column, Entity, Model};
use entity::versioned::{Versioned, put};
use entity::{product, product_image::ActiveModel};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::auth::{Customer, StoreStaff, StoreTask, Viewer};
use souk_core::check::Check;
use souk_core::db::InPadded;
use souk_core::db::{Subject, Tx};
use souk_core::error::{Code, Error, Fault, Refusal, Result, refuse};
use souk_core::group::grouped;
use souk_core::length;
use souk_core::transact;
use std::collections::HashMap;

pub const MAX_IMAGES: usize = 20;
const FOLDER: &str = "public/products";

/// An image to be added.
#[derive(Clone, Debug)]
pub struct NewImage {
    /// Alternative text.
    pub alt_text: Option<String>,
    /// Whether lists show this image; the first image of a product always is the primary one.
    pub is_primary: bool,
    pub source: Source,
}

/// Changes; a `None` field is left as it is.
#[derive(Clone, Debug, Default)]
pub struct ImagePatch {
    /// Alternative text.
    pub alt_text: Option<String>,
    /// `Some(true)` makes it the image that lists show.
    pub is_primary: Option<bool>,
    /// New index among the product's images, from 0.
    pub position: Option<i32>,
}

/// Images by product, by position.
pub async fn of_products(app: &App, _viewer: &Viewer, ids: &[ProductId]) -> Result<HashMap<ProductId, Vec<Model>>> {
    let query = Entity::find().filter(Column::ProductId.in_padded(ids));
    let rows = query.order_by_asc(Column::Position).order_by_asc(Column::Id).all(app.db.read()).await?;
    Ok(grouped(rows, |row| row.product_id))
}

/// Primary images by product.
pub async fn primary_of_products(app: &App, _viewer: &Viewer, ids: &[ProductId]) -> Result<HashMap<ProductId, Model>> {
    let query = Entity::find().filter(Column::ProductId.in_padded(ids)).filter(Column::IsPrimary.eq(true));
    Ok(query.all(app.db.read()).await?.into_iter().map(|row| (row.product_id, row)).collect())
}

/// A checked image of a product, before its row is written.
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
            render_requested_at: Set(Some(app.clock.now())),
        }
    }
}

/// The images of a product that is being created: checked and stored, but without rows.
///
/// Call [`ReceivedImages::insert`] in the transaction that creates the product, and [`ReceivedImages::clean_up`] after it,
/// whether it succeeded or not.
pub struct ReceivedImages(Vec<Checked>);

impl ReceivedImages {
    /// Checks and stores all images, or none of them. Problems of all images are reported together, with paths such as
    /// `images.2.source.file`.
    pub async fn receive(app: &App, staff: &StoreStaff, images: &[NewImage]) -> Result<Self> {
        let mut check = Check::new();
        check.count("images", images, MAX_IMAGES);
        let texts = images.iter().enumerate().map(|(at, new)| {
            let text = new.alt_text.as_deref().unwrap_or_default();
            check.line(&format!("images.{at}.altText"), text, 0..=length::ALT_TEXT)
        });
        let texts: Vec<_> = texts.collect();
        check.finish()?;
        let (mut received, mut wrong) = (Self(Vec::new()), Check::new());
        for (at, (new, alt_text)) in images.iter().zip(texts).enumerate() {
            match Box::pin(receive(app, staff, &new.source, FOLDER)).await {
                Ok(one) => received.0.push(Checked { alt_text, received: one }),
                Err(Error::Refused(Refusal(problems))) => {
                    problems.into_iter().for_each(|problem| wrong.push(problem.below(&source_path(at))));
                }
                Err(fault) => {
                    received.clean_up(app, false).await;
                    return Err(fault);
                }
            }
        }
        if let Err(refused) = wrong.finish() {
            received.clean_up(app, false).await;
            return Err(refused);
        }
        Ok(received)
    }

    /// Writes the rows of a new product; the first image is the primary one.
    pub async fn insert(&self, tx: &Tx, app: &App, id: ProductId) -> Result<()> {
        for (at, image) in self.0.iter().enumerate() {
            image.received.claim(tx, app).await.map_err(|error| error.below(&source_path(at)))?;
        }
        let rows: Vec<_> = (0..).zip(&self.0).map(|(position, image)| image.row(app, id, position, position == 0)).collect();
        if !rows.is_empty() {
            Entity::insert_many(rows).exec_without_returning(tx).await?;
        }
        let keys: Vec<_> = self.0.iter().map(|image| &image.received.key).collect();
        render_later(tx, app, Subject::Product(id), &keys).await
    }

    /// Deletes the files that are not referred to.
    pub async fn clean_up(&self, app: &App, committed: bool) {
        for image in &self.0 {
            image.received.clean_up(app, committed).await;
        }
    }
}

fn source_path(at: usize) -> String {
    format!("images.{at}.source")
}

/// Appends an image. The file is stored before the transaction, and deleted if the transaction fails.
pub async fn add(app: &App, staff: &StoreStaff, id: ProductId, new: NewImage) -> Result<(product::Model, Model)> {
    let mut check = Check::new();
    let alt_text = check.line("altText", new.alt_text.as_deref().unwrap_or_default(), 0..=length::ALT_TEXT);
    check.finish()?;
    let picture = NewPicture { alt_text, is_primary: new.is_primary, ..NewPicture::receive(app, staff, &new.source).await? };
    let result = transact!(app.db, tx, {
        let locked = lock(tx, staff, id).await?;
        picture.append(tx, app, locked).await
    });
    picture.clean_up(app, result.is_ok()).await;
    result
}

/// A checked and stored image that is to be appended to a product. Call [`NewPicture::clean_up`] after the transaction, whether it succeeded or
/// not.
pub(crate) struct NewPicture {
    alt_text: String,
    is_primary: bool,
    received: Received,
}

impl NewPicture {
    /// Checks and stores an image without a text.
    pub(crate) async fn receive(app: &App, staff: &StoreStaff, source: &Source) -> Result<Self> {
        let received = Box::pin(receive(app, staff, source, FOLDER)).await?;
        Ok(Self { alt_text: String::new(), is_primary: false, received })
    }

    /// Deletes the file that is not referred to.
    pub(crate) async fn clean_up(&self, app: &App, committed: bool) {
        self.received.clean_up(app, committed).await;
    }

    /// Writes the rows of the image of a locked product with the given images.
    pub(crate) async fn append(
        &self,
        tx: &Tx,
        app: &App,
        (product, images): (product::Model, Vec<Model>),
    ) -> Result<(product::Model, Model)> {
        let (id, received) = (product.id, &self.received);
        let image = Checked { alt_text: self.alt_text.clone(), received: received.clone() };
        if images.len() >= MAX_IMAGES {
            let message = format!("A product can have at most {MAX_IMAGES} images; delete one first.");
            return refuse("productId", Code::LimitReached, message);
        }
        received.claim(tx, app).await?;
        let is_primary = self.is_primary || images.is_empty();
        if is_primary {
            clear_primary(tx, id).await?;
        }
        let position = images.last().map_or(0, |last| last.position.saturating_add(1));
        let row = image.row(app, id, position, is_primary);
        let added = Entity::insert(row).exec_with_returning(tx).await?;
        render_later(tx, app, Subject::Product(id), &[&received.key]).await?;
        Ok((touch(tx, app, product).await?, added))
    }
}

/// Changes an image: its text, its position, and whether it is the primary one.
pub async fn update(app: &App, staff: &StoreStaff, id: ProductImageId, patch: ImagePatch) -> Result<product::Model> {
    let mut check = Check::new();
    let alt_text = patch.alt_text.as_ref().map(|text| check.line("altText", text, 0..=length::ALT_TEXT));
    if let Some(position) = patch.position {
        check.integer("position", position, 0..=i32::try_from(MAX_IMAGES).unwrap_or(i32::MAX) - 1);
    }
    if patch.is_primary == Some(false) {
        check.problem(
            "isPrimary",
            Code::Invalid,
            "A product always has a primary image; make another image the primary one instead.",
        );
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
        put(&mut active.alt_text, &alt_text);
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

/// Deletes an image; if it was the primary one, the first remaining image becomes that.
pub async fn delete(app: &App, staff: &StoreStaff, id: ProductImageId) -> Result<product::Model> {
    transact!(app.db, tx, {
        let product_id = product_of(tx, id).await?;
        let (product, images) = lock(tx, staff, product_id).await?;
        let Some(row) = images.iter().find(|image| image.id == id) else { return Err(Fault::NotFound.into()) };
        Entity::delete_by_id(id).exec(tx).await?;
        delete_later(tx, app, &[&row.storage_key]).await?;
        if let (true, Some(next_primary)) = (row.is_primary, images.iter().find(|image| image.id != id)) {
            let active = ActiveModel { id: Unchanged(next_primary.id), is_primary: Set(true), ..Default::default() };
            Entity::update(active).exec(tx).await?;
        }
        touch(tx, app, product).await
    })
}

/// Sets the order of all images of a product.
pub async fn reorder(app: &App, staff: &StoreStaff, id: ProductId, order: &[ProductImageId]) -> Result<product::Model> {
    transact!(app.db, tx, {
        let (product, images) = lock(tx, staff, id).await?;
        let mut given: Vec<_> = order.to_vec();
        given.sort();
        let mut existing: Vec<_> = images.iter().map(|image| image.id).collect();
        existing.sort();
        if given != existing {
            let message = format!("imageIds must contain each of the {} images of the product once.", existing.len());
            return refuse("imageIds", Code::Invalid, message);
        }
        place(tx, order).await?;
        touch(tx, app, product).await
    })
}

/// The actor who may change an image; [`Fault::NotFound`] for all other users.
pub async fn staff(app: &App, customer: &Customer, id: ProductImageId) -> Result<StoreStaff> {
    let product_id = product_of(app.db.read(), id).await?;
    let query = product::Entity::find_by_id(product_id).select_only().column(product::Column::StoreId);
    let store: Option<StoreId> = query.into_tuple().one(app.db.read()).await?;
    customer.store_staff(&app.db, store.ok_or(Fault::NotFound)?, StoreTask::Products).await
}

async fn product_of(db: &impl sea_orm::ConnectionTrait, id: ProductImageId) -> Result<ProductId> {
    let query = Entity::find_by_id(id).select_only().column(Column::ProductId);
    Ok(query.into_tuple().one(db).await?.ok_or(Fault::NotFound)?)
}

/// Locks a product of the store with its images, so that the second of two concurrent changes sees the first.
pub(crate) async fn lock(tx: &Tx, staff: &StoreStaff, id: ProductId) -> Result<(product::Model, Vec<Model>)> {
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
    let mut active = product.into_active_model();
    active.touch(app.clock.now());
    Ok(product::Entity::update(active).exec(tx).await?)
}
