//! Adding a file: what was uploaded is copied below `private/`, and hashed on the way.

use super::content::{HEAD, safe_name, type_of};
use crate::image::{delete_later, delete_unless_kept, keep_file};
use crate::upload;
use entity::digital_file::{Column, Entity, Model};
use entity::id::{DigitalFileId, ProductId, ProductVariantId};
use entity::value::{ProductKind, UploadPurpose};
use entity::{product, product_variant};
use futures::StreamExt;
use object_store::GetOptions;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use sha2::{Digest, Sha256};
use souk_core::app::App;
use souk_core::auth::StoreStaff;
use souk_core::check::Check;
use souk_core::error::{Code, Fault, Problem, Result, internal, refuse};
use souk_core::length;
use souk_core::transact;

/// Maximum number of files of a product.
pub const MAX_FILES: usize = 50;
/// Parts that wait to be written.
const MAX_PENDING_PARTS: usize = 4;

/// A file to be added.
#[derive(Clone, Debug)]
pub struct NewFile {
    /// Token of a staged upload for this purpose.
    pub token: String,
    /// The only variant that it belongs to; absent for all variants.
    pub variant_id: Option<ProductVariantId>,
    /// Such as `2.1`.
    pub version: Option<String>,
}

/// Appends a file to a digital product.
pub async fn add(app: &App, staff: &StoreStaff, product_id: ProductId, new: NewFile) -> Result<Model> {
    let mut check = Check::new();
    let version = check.optional_line("version", new.version.as_deref(), length::FILE_VERSION);
    check.finish()?;
    let own = || product::Entity::find_by_id(product_id).filter(product::Column::StoreId.eq(staff.store_id()));
    let product = own().one(app.db.read()).await?.ok_or(Fault::NotFound)?;
    if product.kind != ProductKind::Digital {
        let message = format!("productId must be a digital product; this one is {}.", product.kind);
        return refuse("productId", Code::Invalid, message);
    }
    let staged = upload::find(app, staff, &new.token, UploadPurpose::DigitalFile).await?;
    let _permit = app.queues.uploads.acquire(&staff.user_id().to_string()).await?;
    let key = format!("private/digital/{}", app.random.hex());
    // Deleted after a while unless the transaction below keeps it, also if this process ends before.
    transact!(app.db, tx, { delete_unless_kept(tx, app, &key).await })?;
    let filename = safe_name(&staged.filename);
    let copied = copy(app, &staged.storage_key, &key, &filename).await?;
    let result = transact!(app.db, tx, {
        own().lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
        if let Some(variant) = new.variant_id {
            let query = product_variant::Entity::find_by_id(variant).filter(product_variant::Column::ProductId.eq(product_id));
            if query.one(tx).await?.is_none() {
                return Err(Problem::new("variantId", Code::NotFound, "The product has no such variant.").into());
            }
        }
        let files = Entity::find().filter(Column::ProductId.eq(product_id)).order_by_asc(Column::Position).all(tx).await?;
        if files.len() >= MAX_FILES {
            let message = format!("A product can have at most {MAX_FILES} files; delete one first.");
            return refuse("productId", Code::LimitReached, message);
        }
        upload::claim(tx, app, &staged).await?;
        let row = Model {
            id: app.clock.new_id::<DigitalFileId>(),
            product_id,
            variant_id: new.variant_id.map(|variant| variant.0),
            storage_key: key.clone(),
            filename: filename.clone(),
            content_type: copied.content_type.to_owned(),
            byte_size: copied.byte_size,
            sha256: copied.sha256.clone(),
            version: version.clone(),
            position: files.last().map_or(0, |last| last.position.saturating_add(1)),
            created_at: app.clock.now(),
        };
        Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
        keep_file(tx, &key).await?;
        delete_later(tx, app, &[&staged.storage_key]).await?;
        Ok(row)
    });
    if result.is_err()
        && let Err(error) = app.storage.delete(&key).await
    {
        tracing::warn!(key, %error, "an unreferenced file could not be deleted yet");
    }
    result
}

/// A file that was copied.
pub(crate) struct Copied {
    pub(crate) content_type: &'static str,
    pub(crate) byte_size: i64,
    /// In hexadecimal.
    pub(crate) sha256: String,
}

/// Copies a file of any size in parts.
pub(crate) async fn copy(app: &App, from: &str, to: &str, filename: &str) -> Result<Copied> {
    let missing = |error| match error {
        object_store::Error::NotFound { .. } => upload::no_file(),
        other => internal(other),
    };
    let found = app.storage.get(from, GetOptions::default()).await.map_err(missing)?;
    let mut chunks = found.into_stream();
    let mut file = app.storage.write_private(to, filename).await.map_err(internal)?;
    let (mut hash, mut head, mut size) = (Sha256::new(), Vec::new(), 0u64);
    while let Some(chunk) = chunks.next().await {
        let chunk = match chunk {
            Ok(chunk) => chunk,
            Err(error) => {
                file.abort().await.map_err(internal)?;
                return Err(internal(error));
            }
        };
        hash.update(&chunk);
        head.extend(chunk.iter().take(HEAD - head.len().min(HEAD)));
        size += chunk.len() as u64;
        file.wait_for_capacity(MAX_PENDING_PARTS).await.map_err(internal)?;
        file.put(chunk);
        // Hashing large chunks takes long.
        tokio::task::yield_now().await;
    }
    file.finish().await.map_err(internal)?;
    let sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Copied { content_type: type_of(&head), byte_size: i64::try_from(size).unwrap_or(i64::MAX), sha256 })
}
