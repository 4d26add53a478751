//! Images by URL: which ones of an entry are to be loaded, and the jobs that load them after the lines.

use super::convert::Problems;
use super::entry::{Cell, Entry, LineProblem, shown};
use super::record;
use super::world::Present;
use crate::image::{self, NewPicture, Source};
use bytes::Bytes;
use entity::id::{ProductId, ProductImportId};
use entity::{import, imported_image};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use souk_core::app::App;
use souk_core::auth::{StoreStaff, StoreTask, System};
use souk_core::check::Check;
use souk_core::db::Tx;
use souk_core::error::{Code, Error, Fault, Refusal, Result};
use souk_core::job::{Enqueue, Job, JobError, enqueue};
use souk_core::provider::guarded::RequestLimits;
use souk_core::transact;
use std::time::Duration;

/// Maximum number of image URLs of a product.
pub const MAX_URLS: usize = 10;

/// An image to be loaded, and the place of its URL in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ImageUrl {
    line: u32,
    column: String,
    url: String,
}

/// The images of a product to be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) product_id: ProductId,
    pub(super) urls: Vec<ImageUrl>,
}

/// URLs of an entry that are to be loaded.
pub(super) struct WantedUrls(Vec<ImageUrl>);

impl WantedUrls {
    /// For a product: none without URLs.
    pub(super) fn of(self, product_id: ProductId) -> Vec<Wanted> {
        if self.0.is_empty() { Vec::new() } else { vec![Wanted { product_id, urls: self.0 }] }
    }
}

/// The URLs of an entry without those of images that the product has.
pub(super) fn wanted(app: &App, entry: &Entry, present: Option<&Present>, problems: &mut Problems) -> WantedUrls {
    let mut urls = Vec::new();
    for cell in &entry.image_urls {
        let Some(url) = cell.value.as_deref().map(str::trim) else { continue };
        if present.is_some_and(|present| has(app, present, url)) {
            continue;
        }
        let mut check = Check::new();
        check.url(&cell.column, Some(url));
        problems.extend(check.into_problems().into_iter().map(|problem| cell.problem(problem.code, problem.message)));
        if urls.len() == MAX_URLS {
            let message = format!("A product can have at most {MAX_URLS} image URLs that it does not have yet.");
            problems.push(cell.problem(Code::TooLong, message));
            break;
        }
        urls.push(ImageUrl { line: cell.line, column: cell.column.to_string(), url: url.to_owned() });
    }
    WantedUrls(urls)
}

/// Whether a product has the image of a URL: one that Souk serves, or one that was loaded from it.
fn has(app: &App, present: &Present, url: &str) -> bool {
    let hash = hash(url);
    let is_loaded =
        |image: &imported_image::Model| image.url_hash == hash && present.images.iter().any(|known| known.id == image.image_id);
    present.images.iter().any(|image| app.storage.url(&image.storage_key) == url) || present.imported.iter().any(is_loaded)
}

fn hash(url: &str) -> String {
    Sha256::digest(url).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Loads the first image of a list, and enqueues itself for the others, so that they keep their order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LoadImages {
    import_id: ProductImportId,
    product_id: ProductId,
    urls: Vec<ImageUrl>,
}

/// Enqueues the loading of images, in the transaction of the products.
pub(super) async fn load_later(tx: &Tx, app: &App, import_id: ProductImportId, wanted: Wanted) -> Result<()> {
    let job = LoadImages { import_id, product_id: wanted.product_id, urls: wanted.urls };
    enqueue(tx, &app.clock, &job, Enqueue::default()).await
}

/// Time for an image; less than the lease of the job.
const TIME: Duration = Duration::from_secs(30);
const REDIRECTS: usize = 3;

impl Job for LoadImages {
    const KIND: &'static str = "product_import.load_images";
    // A user can add a thousand images an hour: the others wait.
    const ATTEMPTS: i32 = 30;

    async fn run(&self, app: &App, system: &System, _attempt: i32) -> Result<(), JobError> {
        let Some(image) = self.urls.first() else { return Ok(()) };
        let query = import::Entity::find_by_id(self.import_id);
        let Some(row) = query.one(app.db.read()).await? else { return Ok(()) };
        let staff = match system.store_staff(app, row.user_id, row.store_id, StoreTask::Products).await {
            Ok(staff) => staff,
            Err(Error::Fault(Fault::Internal(inside))) => return Err(JobError::later(inside.to_string())),
            Err(_) => {
                return self
                    .end(app, Some("The user who requested the import may no longer change the products of the store."))
                    .await;
            }
        };
        let limits = RequestLimits { bytes: app.config.limits.upload_bytes, time: TIME, redirects: REDIRECTS };
        let bytes: Bytes = match app.guarded.get(&image.url, limits).await {
            Ok(bytes) => bytes,
            Err(error) if error.is_transient() => return Err(JobError::later(error.to_string())),
            Err(error) => return self.end(app, Some(&error.to_string())).await,
        };
        match self.add(app, &staff, (image, bytes)).await {
            Ok(()) => Ok(()),
            Err(Error::Refused(Refusal(problems))) => {
                let messages: Vec<_> = problems.into_iter().map(|problem| problem.message).collect();
                self.end(app, Some(&messages.join(" "))).await
            }
            Err(Error::Fault(Fault::RateLimited { retry_after })) => {
                Err(JobError::Later { reason: "The user added too many images.".to_owned(), after: Some(retry_after) })
            }
            Err(Error::Fault(Fault::NotFound)) => self.end(app, Some("The product was deleted.")).await,
            Err(error) => Err(error.into()),
        }
    }

    async fn on_failure(&self, app: &App, _system: &System, reason: &str) -> Result<(), JobError> {
        self.end(app, Some(reason)).await
    }
}

impl LoadImages {
    /// Adds the image to the product, unless another run of the job did.
    async fn add(&self, app: &App, staff: &StoreStaff, (image, bytes): (&ImageUrl, Bytes)) -> Result<()> {
        use imported_image::{Column, Entity};
        let received = NewPicture::receive(app, staff, &Source::Fetched(bytes)).await?;
        let (product_id, url_hash) = (self.product_id, hash(&image.url));
        let result = transact!(app.db, tx, {
            record::lock(tx, self.import_id).await?;
            let (product, images) = image::lock(tx, staff, product_id).await?;
            let of_url = || Entity::find_by_id((product_id, url_hash.clone()));
            let earlier = of_url().one(tx).await?;
            let is_there = earlier.is_some_and(|row| images.iter().any(|image| image.id == row.image_id));
            if !is_there {
                let (_, added) = received.append(tx, app, (product, images)).await?;
                // An image that was deleted since is replaced.
                Entity::delete_many()
                    .filter(Column::ProductId.eq(product_id))
                    .filter(Column::UrlHash.eq(&url_hash))
                    .exec(tx)
                    .await?;
                let (product_id, url_hash) = (Set(product_id), Set(url_hash.clone()));
                let row = imported_image::ActiveModel { product_id, url_hash, image_id: Set(added.id) };
                Entity::insert(row).exec_without_returning(tx).await?;
            }
            self.go_on(tx, app, None).await?;
            Ok(!is_there)
        });
        received.clean_up(app, matches!(result, Ok(true))).await;
        result.map(drop)
    }

    /// Notes that the first image is done, or why it could not be loaded, and enqueues the others.
    async fn end(&self, app: &App, reason: Option<&str>) -> Result<(), JobError> {
        Ok(transact!(app.db, tx, {
            record::lock(tx, self.import_id).await?;
            self.go_on(tx, app, reason).await
        })?)
    }

    async fn go_on(&self, tx: &Tx, app: &App, reason: Option<&str>) -> Result<()> {
        let Some((first, rest)) = self.urls.split_first() else { return Ok(()) };
        let problem = reason.map(|reason| {
            let cell = Cell { line: first.line, column: first.column.as_str().into(), value: Some(first.url.clone()) };
            LineProblem {
                message: shown(&format!("The image was not loaded: {reason}"), 500),
                ..cell.problem(Code::InvalidFile, "")
            }
        });
        record::image_done(tx, self.import_id, problem).await?;
        if !rest.is_empty() {
            let job = Self { urls: rest.to_vec(), ..self.clone() };
            // Another run of this job would enqueue the same.
            let key = format!("{}:{}:{}", self.import_id, self.product_id, rest.len());
            enqueue(tx, &app.clock, &job, Enqueue { dedup_key: Some(key), ..Enqueue::default() }).await?;
        }
        Ok(())
    }
}
