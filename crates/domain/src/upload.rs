//! Staged uploads: a client puts a file directly into the storage, and refers to it in a later mutation.

use bytes::Bytes;
use entity::id::{StagedUploadId, StoreId, UserId};
use entity::staged_upload::{self, Column, Entity, Model};
use entity::store;
use entity::value::UploadPurpose;
use object_store::GetOptions;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::auth::{Authenticated, Customer, StoreTask, System, Viewer, of_stores_with_task};
use souk_core::check::Check;
use souk_core::crypto::keys::Capability;
use souk_core::db::{InPadded, Tx};
use souk_core::error::{Code, Error, Fault, Problem, Result, internal, refuse};
use souk_core::job::Registry;
use souk_core::length;
use souk_core::limit::Attempt;
use souk_core::provider::storage::SignedUpload;
use souk_core::transact;
use std::time::Duration;

/// Adds the periodic task of the feature.
pub(crate) fn register(registry: Registry) -> Registry {
    registry.with_periodic_task("expired staged uploads", |app, system| Box::pin(delete_expired(app, system)))
}

/// Time in which a client must put the file and use it.
pub const LIFETIME: Duration = Duration::from_secs(60 * 60);
/// Maximum number of uploads of a user that are neither used nor expired.
pub const MAX_OPEN: u64 = 100;
/// As [`MAX_OPEN`], for files of digital products and imports, which can be large.
pub const MAX_OPEN_FILES: u64 = 10;
/// Maximum size of a file of products to import, in bytes.
pub const MAX_IMPORT_BYTES: usize = 50 * 1024 * 1024;

/// A staged upload to be created.
#[derive(Clone, Debug)]
pub struct NewUpload {
    pub filename: String,
    /// MIME type.
    pub content_type: String,
    /// In bytes.
    pub size: i32,
    pub purpose: UploadPurpose,
}

/// A permission to put one file.
#[derive(Clone, Debug)]
pub struct StagedUpload {
    /// Refers to the file in the mutation that uses it.
    pub token: String,
    /// The URL to put the file at, and the headers to send.
    pub signed: SignedUpload,
    pub row: Model,
}

/// Number of uploads deleted by one call.
const BATCH: u64 = 200;

/// Deletes expired uploads with their files; returns their number. If a file can't be deleted, its row is kept.
pub async fn delete_expired(app: &App, _system: &System) -> Result<u64> {
    // A client that started in time may still be putting its file.
    let before = app.clock.now() - LIFETIME;
    let expired = Entity::find().filter(Column::ExpiresAt.lt(before)).order_by_asc(Column::ExpiresAt).limit(BATCH);
    let rows = expired.all(app.db.read()).await?;
    let mut deleted = Vec::new();
    for row in rows {
        match app.storage.delete(&row.storage_key).await {
            Ok(()) => deleted.push(row.id),
            Err(error) => tracing::warn!(upload = %row.id, %error, "the file of an expired upload could not be deleted"),
        }
    }
    if deleted.is_empty() {
        return Ok(0);
    }
    transact!(app.db, tx, {
        let removed = Entity::delete_many().filter(Column::Id.in_padded(&deleted)).exec(tx).await?;
        Ok(removed.rows_affected)
    })
}

/// Maximum size of a file in bytes.
pub fn most_bytes(app: &App, purpose: UploadPurpose) -> usize {
    match purpose {
        UploadPurpose::Image => app.config.limits.upload_bytes,
        UploadPurpose::DigitalFile => app.config.limits.digital_file_bytes,
        UploadPurpose::ProductImport => MAX_IMPORT_BYTES,
    }
}

/// Creates a staged upload. Only vendors and those who work for stores can upload files of digital products.
pub async fn create(app: &App, customer: &Customer, new: NewUpload) -> Result<StagedUpload> {
    let mut check = Check::new();
    let filename = check.line("filename", &new.filename, 1..=length::FILENAME);
    let content_type = check.line("contentType", &new.content_type, 1..=64).to_lowercase();
    let is_picture = ["image/jpeg", "image/png", "image/webp"].contains(&content_type.as_str());
    match new.purpose {
        UploadPurpose::Image if !is_picture => {
            check.problem("contentType", Code::Invalid, "contentType must be image/jpeg, image/png or image/webp.");
        }
        UploadPurpose::DigitalFile | UploadPurpose::ProductImport if !is_media_type(&content_type) => {
            check.problem("contentType", Code::Invalid, "contentType must be a MIME type such as application/pdf.");
        }
        _ => {}
    }
    let most = most_bytes(app, new.purpose);
    if new.size < 1 {
        check.problem("size", Code::OutOfRange, format!("size must be from 1 to {most} bytes; got {}.", new.size));
    } else if usize::try_from(new.size).unwrap_or(usize::MAX) > most {
        check.problem("size", Code::FileTooLarge, format!("The file must have at most {most} bytes; got {}.", new.size));
    }
    check.finish()?;
    if new.purpose != UploadPurpose::Image && !works_for_a_store(app, customer).await? {
        return refuse(
            "purpose",
            Code::NotAllowed,
            "Only those who manage the products of a store can upload files of products.",
        );
    }
    app.limits.count(Attempt::ImageUpload, &customer.user_id().to_string())?;
    let id: StagedUploadId = app.clock.new_id();
    let now = app.clock.now();
    // Not in `public/`: the file must not be readable before it is checked.
    let storage_key = format!("staged/{}", app.random.hex());
    let signed = app.storage.sign_upload(id, &storage_key, &content_type, LIFETIME).await.map_err(internal)?;
    let row = Model {
        id,
        user_id: customer.user_id(),
        storage_key,
        filename,
        content_type,
        byte_size: i64::from(new.size),
        created_at: now,
        expires_at: now + LIFETIME,
        used_at: None,
        purpose: new.purpose,
    };
    let active: staged_upload::ActiveModel = row.clone().into();
    transact!(app.db, tx, {
        // The user's row is locked, so that concurrent requests can't exceed the limit.
        customer.lock(tx).await?;
        let open = Entity::find().filter(Column::UserId.eq(row.user_id)).filter(Column::UsedAt.is_null());
        if open.filter(Column::ExpiresAt.gt(now)).count(tx).await? >= MAX_OPEN {
            let message = format!("A user can have at most {MAX_OPEN} uploads that are neither used nor expired; use one first.");
            return refuse("", Code::LimitReached, message);
        }
        let files = Entity::find().filter(Column::UserId.eq(row.user_id)).filter(Column::UsedAt.is_null());
        let files = files.filter(Column::ExpiresAt.gt(now)).filter(Column::Purpose.ne(UploadPurpose::Image));
        if row.purpose != UploadPurpose::Image && files.count(tx).await? >= MAX_OPEN_FILES {
            let message = format!(
                "A user can have at most {MAX_OPEN_FILES} uploads of files that are neither used nor expired; use one first."
            );
            return refuse("", Code::LimitReached, message);
        }
        Entity::insert(active.clone().reset_all()).exec_without_returning(tx).await?;
        Ok(())
    })?;
    Ok(StagedUpload { token: app.keys.capability(Capability::Upload, id), signed, row })
}

/// Whether a text has the form of a MIME type (RFC 6838): it becomes a header of the upload.
fn is_media_type(text: &str) -> bool {
    let is_name = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "!#$&-^_.+".contains(c));
    text.split_once('/').is_some_and(|(kind, name)| is_name(kind) && is_name(name))
}

async fn works_for_a_store(app: &App, customer: &Customer) -> Result<bool> {
    let stores = of_stores_with_task(customer.viewer(), StoreTask::Products, store::Column::Id);
    let Some(stores) = stores else { return Ok(false) };
    let found = store::Entity::find().filter(stores).select_only().column(store::Column::Id).limit(1);
    Ok(found.into_tuple::<StoreId>().one(app.db.read()).await?.is_some())
}

/// The upload of a signed URL, while a file can be put. The holder of the URL needs no other authentication.
pub async fn open(app: &App, _viewer: &Viewer, token: &str) -> Result<Model> {
    let id = app.keys.check::<StagedUploadId>(Capability::Upload, token).ok_or(Fault::NotFound)?;
    let query = Entity::find_by_id(id).filter(Column::UsedAt.is_null()).filter(Column::ExpiresAt.gt(app.clock.now()));
    Ok(query.one(app.db.read()).await?.ok_or(Fault::NotFound)?)
}

/// The user's own upload for a purpose, whose file has the announced size. Refuses tokens of other users, used and expired tokens, and
/// uploads without a file.
pub async fn find(app: &App, actor: &dyn Authenticated, token: &str, purpose: UploadPurpose) -> Result<Model> {
    let Some(id) = app.keys.check::<StagedUploadId>(Capability::Upload, token) else { return Err(bad_token()) };
    let query = Entity::find_by_id(id)
        .filter(Column::UserId.eq(actor.user_id()))
        .filter(Column::UsedAt.is_null())
        .filter(Column::ExpiresAt.gt(app.clock.now()));
    let Some(row) = query.one(app.db.read()).await? else { return Err(bad_token()) };
    if row.purpose != purpose {
        let message = format!("The upload must have the purpose {purpose}; got {}.", row.purpose);
        return refuse("stagedUploadToken", Code::Invalid, message);
    }
    // The signed URL limits neither size nor type, so the size is checked before reading.
    let meta = match app.storage.head(&row.storage_key).await {
        Ok(meta) => meta,
        Err(object_store::Error::NotFound { .. }) => return Err(no_file()),
        Err(error) => return Err(internal(error)),
    };
    let most = most_bytes(app, purpose);
    if usize::try_from(meta.size).unwrap_or(usize::MAX) > most {
        let message = format!("The file must have at most {most} bytes; got {}.", meta.size);
        return refuse("stagedUploadToken", Code::FileTooLarge, message);
    }
    if i64::try_from(meta.size) != Ok(row.byte_size) {
        let message = format!("The file must have the announced size of {} bytes; got {}.", row.byte_size, meta.size);
        return refuse("stagedUploadToken", Code::InvalidFile, message);
    }
    Ok(row)
}

/// The problem of an upload whose file is missing.
pub(crate) fn no_file() -> Error {
    let message = "The upload has no file; put the file at its URL first.";
    Problem::new("stagedUploadToken", Code::Incomplete, message).into()
}

/// The picture of the user's own upload, as [`find`] finds it.
pub async fn read(app: &App, actor: &dyn Authenticated, token: &str) -> Result<(Model, Bytes)> {
    let row = find(app, actor, token, UploadPurpose::Image).await?;
    // A concurrent request that used the same token has deleted the file.
    let gone = |error| match error {
        object_store::Error::NotFound { .. } => bad_token(),
        other => internal(other),
    };
    let found = app.storage.get(&row.storage_key, GetOptions::default()).await.map_err(gone)?;
    let bytes = found.bytes().await.map_err(gone)?;
    Ok((row, bytes))
}

/// Marks an upload as used, in the transaction that uses its file.
pub(crate) async fn claim(tx: &Tx, app: &App, row: &Model) -> Result<()> {
    let done = Entity::update_many()
        .col_expr(Column::UsedAt, Expr::value(app.clock.now()))
        .filter(Column::Id.eq(row.id))
        .filter(Column::UsedAt.is_null())
        .exec(tx)
        .await?;
    if done.rows_affected == 1 { Ok(()) } else { Err(bad_token()) }
}

fn bad_token() -> Error {
    let message = "stagedUploadToken must be the token of one of your uploads that is neither used nor expired.";
    Problem::new("stagedUploadToken", Code::InvalidToken, message).into()
}

/// Deletes the uploads of a user whose account is closed; returns the storage keys of those that were not used, whose files nothing
/// else needs.
pub(crate) async fn erase(tx: &Tx, user: UserId) -> Result<Vec<String>> {
    let rows = Entity::find().filter(Column::UserId.eq(user)).all(tx).await?;
    Entity::delete_many().filter(Column::UserId.eq(user)).exec(tx).await?;
    Ok(rows.into_iter().filter(|row| row.used_at.is_none()).map(|row| row.storage_key).collect())
}
