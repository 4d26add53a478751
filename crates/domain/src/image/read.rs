//! Uploaded pictures: checked by their content, rotated upright, and encoded again without metadata.
//!
//! The memory for decoding is known from the header, before anything is decoded; all pictures of a process share one memory
//! budget. The permits move to the thread that decodes, as the future that requested them is dropped when the client disconnects.

use super::decode::decode;
use super::encode::encode;
use super::header::{Header, inspect};
use super::picture::{MEMORY, Picture, PictureError};
use super::render::{self, Rendered};
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

/// Maximum size of a stored picture in bytes.
pub(super) fn max_stored(app: &App) -> usize {
    app.config.limits.upload_bytes.saturating_mul(MAX_STORED)
}

/// Checks a picture by its content and encodes it again: upright, in sRGB, without EXIF and other metadata. Problems have the
/// path `path`: INVALID_FILE for anything but complete JPEG, PNG and WebP files, FILE_TOO_LARGE for files that exceed a limit.
/// `permit` is released when the work ends, even if the caller was dropped.
pub(super) async fn read_picture(app: &App, path: &str, bytes: Bytes, permit: Permit) -> Result<Picture> {
    let most = max_stored(app);
    let refused = |error: PictureError| -> Error { error.problem(path).into() };
    let header = inspect(&bytes).map_err(refused)?;
    let work = move |bytes: Bytes, header: Header| {
        let pixels = decode(&bytes, &header)?;
        drop(bytes);
        encode(&pixels, header.format, most)
    };
    on_a_thread(bytes, header, header.memory, permit, work).await?.map_err(refused)
}

/// Renders a stored picture. `permit` is released when the work ends, even if the caller was dropped.
pub(super) async fn render_picture(bytes: Bytes, permit: Permit) -> Result<Result<Rendered, PictureError>> {
    let header = match inspect(&bytes) {
        Ok(header) => header,
        Err(error) => return Ok(Err(error)),
    };
    let work = |bytes: Bytes, header: Header| {
        let pixels = decode(&bytes, &header)?;
        drop(bytes);
        render::render(pixels)
    };
    on_a_thread(bytes, header, render::memory(&header), permit, work).await
}

/// Works on a picture when enough memory is free.
async fn on_a_thread<T: Send + 'static>(
    bytes: Bytes,
    header: Header,
    memory: u64,
    permit: Permit,
    work: impl FnOnce(Bytes, Header) -> Result<T, PictureError> + Send + 'static,
) -> Result<Result<T, PictureError>> {
    let memory = Arc::clone(&BUDGET).acquire_many_owned(kibibytes(memory)).await.map_err(internal)?;
    let work = move || {
        let done = work(bytes, header);
        drop((memory, permit));
        done
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done),
        // A panic of the decoder means a damaged file.
        Err(error) if error.is_panic() => {
            tracing::warn!(%error, "an image decoder panicked");
            Ok(Err(PictureError::Broken))
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
