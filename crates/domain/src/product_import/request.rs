//! Requesting, applying and cancelling imports.

use super::entry::LineProblem;
use super::job::{self, ImportProducts};
use super::record;
use crate::digital_file::{copy, safe_name};
use crate::idempotency::Key;
use crate::image::{delete_later, delete_unless_kept, keep_file};
use crate::upload::{self, MAX_IMPORT_BYTES};
use bytes::Bytes;
use entity::id::{ProductImportId, StoreId};
use entity::import::{Column, Entity, Model};
use entity::value::{ProductFileFormat, ProductImportMode, ProductTransferStatus, UploadPurpose};
use entity::{import_problem, import_report, staged_upload, store};
use object_store::PutPayload;
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use sha2::{Digest, Sha256};
use souk_core::app::App;
use souk_core::auth::{StoreStaff, StoreTask, System};
use souk_core::check::Check;
use souk_core::db::{Tx, is_taken};
use souk_core::error::{Code, Error, Fault, Problem, Result, internal, refuse};
use souk_core::job::{Enqueue, enqueue};
use souk_core::length;
use souk_core::transact;

/// An import to be created.
#[derive(Clone, Debug)]
pub struct NewImport {
    /// Token of a staged upload for this purpose.
    pub token: String,
    pub format: ProductFileFormat,
    pub mode: ProductImportMode,
    /// Whether nothing is to be written.
    pub dry_run: bool,
}

/// The file of an import, copied to where it is kept.
struct Kept {
    key: String,
    filename: String,
    sha256: String,
}

/// Creates an import. A store has one at a time.
pub async fn create(app: &App, staff: &StoreStaff, new: NewImport) -> Result<Model> {
    let staged = upload::find(app, staff, &new.token, UploadPurpose::ProductImport).await?;
    let _permit = app.queues.uploads.acquire(&staff.user_id().to_string()).await?;
    let key = new_key(app).await?;
    let filename = safe_name(&staged.filename);
    let copied = copy(app, &staged.storage_key, &key, &filename).await?;
    let kept = Kept { key, filename, sha256: copied.sha256 };
    insert(app, staff, &new, &kept, Some(&staged)).await
}

/// Where the file of a new import is kept; it is deleted after a while unless a row refers to it by then.
async fn new_key(app: &App) -> Result<String> {
    let key = format!("private/imports/{}", app.random.hex());
    transact!(app.db, tx, { delete_unless_kept(tx, app, &key).await })?;
    Ok(key)
}

async fn insert(
    app: &App,
    staff: &StoreStaff,
    new: &NewImport,
    kept: &Kept,
    staged: Option<&staged_upload::Model>,
) -> Result<Model> {
    let result = transact!(app.db, tx, {
        staff.lock_store(tx, StoreTask::Products).await?;
        if let Some(staged) = staged {
            upload::claim(tx, app, staged).await?;
            delete_later(tx, app, &[&staged.storage_key]).await?;
        }
        let row = Model {
            id: app.clock.new_id::<ProductImportId>(),
            store_id: staff.store_id(),
            active_store_id: Some(staff.store_id()),
            user_id: staff.user_id(),
            format: new.format,
            mode: new.mode,
            dry_run: new.dry_run,
            status: ProductTransferStatus::Queued,
            storage_key: kept.key.clone(),
            filename: kept.filename.clone(),
            sha256: kept.sha256.clone(),
            total_lines: None,
            done_lines: 0,
            next_line: 0,
            created_count: 0,
            updated_count: 0,
            unchanged_count: 0,
            failed_count: 0,
            problem_count: 0,
            pending_images: 0,
            created_at: app.clock.now(),
            finished_at: None,
        };
        Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx).await.map_err(one_at_a_time)?;
        keep_file(tx, &kept.key).await?;
        start(tx, app, row.id).await?;
        Ok(row)
    });
    if result.is_err()
        && let Err(error) = app.storage.delete(&kept.key).await
    {
        tracing::warn!(key = kept.key, %error, "an unreferenced file could not be deleted yet");
    }
    result
}

async fn start(tx: &Tx, app: &App, id: ProductImportId) -> Result<()> {
    enqueue(tx, &app.clock, &ImportProducts { import_id: id }, Enqueue::default()).await
}

fn one_at_a_time(error: sea_orm::DbErr) -> Error {
    if is_taken(&error, "imports_active", "imports", &["active_store_id"]) {
        let message = "Another import of the store is running; wait for it or cancel it.";
        return Problem::new("storeId", Code::LimitReached, message).into();
    }
    error.into()
}

/// Applies the file of a dry run. A repeated request with the same key returns the same.
pub async fn apply(app: &App, staff: &StoreStaff, id: ProductImportId, idempotency_key: &str) -> Result<Model> {
    let mut check = Check::new();
    let key = check.line("idempotencyKey", idempotency_key, 1..=length::KEY);
    check.finish()?;
    let key = Key::new(format!("productImportApply:{}", staff.user_id()), key, &id)?;
    transact!(app.db, tx, {
        staff.lock_store(tx, StoreTask::Products).await?;
        let row = locked(tx, staff, id).await?;
        // The user and the import are locked: a concurrent request with the same key waits, and then finds the key here.
        if key.result(tx).await?.is_some() {
            return Ok(row);
        }
        if row.status != ProductTransferStatus::Completed || !row.dry_run {
            let kind = if row.dry_run { "dry run" } else { "import" };
            let message = format!("Only a dry run that is COMPLETED can be applied; this is a {kind} that is {}.", row.status);
            return refuse("id", Code::InvalidState, message);
        }
        key.record(tx, app, id.0).await?;
        import_problem::Entity::delete_many().filter(import_problem::Column::ImportId.eq(id)).exec(tx).await?;
        import_report::Entity::delete_many().filter(import_report::Column::ImportId.eq(id)).exec(tx).await?;
        let mut active = row.into_active_model();
        active.dry_run = Set(false);
        active.status = Set(ProductTransferStatus::Queued);
        active.active_store_id = Set(Some(staff.store_id()));
        // In the name of the user who applies it.
        active.user_id = Set(staff.user_id());
        active.finished_at = Set(None);
        for count in [
            &mut active.done_lines,
            &mut active.next_line,
            &mut active.created_count,
            &mut active.updated_count,
            &mut active.unchanged_count,
            &mut active.failed_count,
            &mut active.problem_count,
        ] {
            *count = Set(0);
        }
        let row = Entity::update(active).exec(tx).await.map_err(one_at_a_time)?;
        start(tx, app, id).await?;
        Ok(row)
    })
}

/// Cancels an import. What it wrote stays.
pub async fn cancel(app: &App, staff: &StoreStaff, id: ProductImportId) -> Result<Model> {
    transact!(app.db, tx, {
        staff.lock_store(tx, StoreTask::Products).await?;
        let row = locked(tx, staff, id).await?;
        match row.status {
            ProductTransferStatus::Cancelled => Ok(row),
            ProductTransferStatus::Queued | ProductTransferStatus::Running => {
                record::finish(tx, app, row, ProductTransferStatus::Cancelled, &[]).await
            }
            other => refuse("id", Code::InvalidState, format!("An import that is {other} can't be cancelled.")),
        }
    })
}

async fn locked(tx: &Tx, staff: &StoreStaff, id: ProductImportId) -> Result<Model> {
    let row = record::lock(tx, id).await?;
    if row.store_id == staff.store_id() { Ok(row) } else { Err(Fault::NotFound.into()) }
}

/// Imports a file for the command line, in the name of the owner of the store with a slug; returns the import when it ended, with its
/// first problems.
pub async fn import_file(
    app: &App,
    system: &System,
    store_slug: &str,
    (filename, content): (&str, Bytes),
    new: NewImport,
) -> Result<(Model, Vec<LineProblem>)> {
    let staff = owner_of(app, system, store_slug).await?;
    if content.len() > MAX_IMPORT_BYTES {
        let message = format!("The file must have at most {MAX_IMPORT_BYTES} bytes; got {}.", content.len());
        return refuse("file", Code::FileTooLarge, message);
    }
    let sha256 = Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
    let kept = Kept { key: new_key(app).await?, filename: safe_name(filename), sha256 };
    app.storage.put(&kept.key, PutPayload::from_bytes(content), "application/octet-stream").await.map_err(internal)?;
    let row = insert(app, &staff, &new, &kept, None).await?;
    job::run(app, system, row.id, None).await?;
    let row = Entity::find_by_id(row.id).one(app.db.read()).await?.ok_or(Fault::NotFound)?;
    let problems = super::read::first_problems(app, row.id).await?;
    Ok((row, problems))
}

/// The owner of a store, as an actor for the command line.
pub(crate) async fn owner_of(app: &App, system: &System, slug: &str) -> Result<StoreStaff> {
    use store::Column as StoreColumn;
    let found = store::Entity::find().filter(StoreColumn::Slug.eq(slug)).one(app.db.read()).await?;
    let store: StoreId = found.map(|store| store.id).ok_or_else(|| {
        Error::from(Problem::new("store", Code::NotFound, format!("There is no store with the slug {slug:?}.")))
    })?;
    system.staff_of_owner(app, store).await
}

/// Whether an import is queued or runs; for the periodic task that deletes old ones.
pub(super) fn is_active() -> sea_orm::sea_query::Expr {
    Column::ActiveStoreId.is_not_null()
}
