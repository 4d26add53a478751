//! Uploaded pictures: checked by their content, rotated upright, and encoded again without metadata.
//!
//! The memory for decoding is known from the header, before anything is decoded; all pictures of a process share one memory
//! budget. The permits move to the thread that decodes, as the future that requested them is dropped when the client disconnects.

use super::decode::decode;
use super::encode::encode;
use super::header::inspect;
use super::picture::{MEMORY, Picture, PictureError};
use bytes::Bytes;
use souk_core::app::App;
use souk_core::error::{Error, Result, internal};
use souk_core::queue::Permit;
use std::sync::{Arc, LazyLock};
use tokio::sync::Semaphore;

/// Maximum size of a stored picture, as a multiple of the maximum upload size.
const MAX_STORED: usize = 2;

/// [`MEMORY`], in kibibytes.
static BUDGET: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(kibibytes(MEMORY) as usize)));

/// Checks a picture by its content and encodes it again: upright, in sRGB, without EXIF and other metadata. Problems have the
/// path `path`: INVALID_FILE for anything but complete JPEG, PNG and WebP files, FILE_TOO_LARGE for files that exceed a limit.
/// `permit` is released when the work ends, even if the caller was dropped.
pub(super) async fn read_picture(app: &App, path: &str, bytes: Bytes, permit: Permit) -> Result<Picture> {
    let most = app.config.limits.upload_bytes.saturating_mul(MAX_STORED);
    let refused = |error: PictureError| -> Error { error.problem(path).into() };
    let header = inspect(&bytes).map_err(refused)?;
    let memory = Arc::clone(&BUDGET).acquire_many_owned(kibibytes(header.memory)).await.map_err(internal)?;
    let work = move || {
        let picture = decode(&bytes, &header).and_then(|pixels| {
            drop(bytes);
            encode(&pixels, header.format, most)
        });
        drop((memory, permit));
        picture
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(picture) => picture.map_err(refused),
        // A panic of the decoder means a damaged file.
        Err(error) if error.is_panic() => {
            tracing::warn!(%error, "an image decoder panicked");
            Err(refused(PictureError::Broken))
        }
        Err(error) => Err(internal(error)),
    }
}

/// Stores a picture under a new key in `folder` (such as `public/products`); returns the key.
pub(crate) async fn store_picture(app: &App, picture: &Picture, folder: &str) -> Result<String> {
    let key = super::key::new_key(&app.random, folder, picture);
    app.storage.put(&key, picture.file.clone(), picture.content_type).await.map_err(internal)?;
    Ok(key)
}

fn kibibytes(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX)
}
