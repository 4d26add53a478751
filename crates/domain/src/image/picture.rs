//! Uploaded pictures: checked by their content, rotated upright, and encoded again without metadata.
//!
//! The memory for decoding is known from the header, before anything is decoded; all pictures of a process share one memory
//! budget. The permits move to the thread that decodes, as the future that requested them is dropped when the client disconnects.

use super::decode::decode;
use super::encode::encode;
use super::header::inspect;
use bytes::Bytes;
use object_store::PutPayload;
use souk_core::app::App;
use souk_core::error::{Code, Error, Problem, Result, internal};
use souk_core::queue::Permit;
use std::sync::{Arc, LazyLock};
use tokio::sync::Semaphore;

/// Maximum width and height of a picture, in pixels.
pub const MAX_SIDE: u32 = 8000;
/// Maximum number of pixels of a picture.
pub const MAX_PIXELS: u64 = 40_000_000;
/// Maximum number of bytes for decoding and encoding all pictures of the process at once, without the files themselves. A picture
/// that needs more is refused.
pub const MEMORY: u64 = 128 * 1024 * 1024;
/// Maximum size of a lossless WebP in bytes: its decoder can be made to build tables of many times its size.
pub const MAX_LOSSLESS_WEBP: u64 = 256 * 1024;
/// Maximum size of a stored picture, as a multiple of the maximum upload size.
const MAX_STORED: usize = 2;

/// [`MEMORY`], in kibibytes.
static BUDGET: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(kibibytes(MEMORY) as usize)));

/// A checked and encoded picture.
#[derive(Clone, Debug)]
pub struct Picture {
    pub file: PutPayload,
    /// MIME type, such as `image/jpeg`.
    pub content_type: &'static str,
    /// File extension, such as `jpg`.
    pub extension: &'static str,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

/// Checks a picture by its content and encodes it again: upright, in sRGB, without EXIF and other metadata. Problems have the
/// path `path`: INVALID_FILE for anything but complete JPEG, PNG and WebP files, FILE_TOO_LARGE for files that exceed a limit.
/// `permit` is released when the work ends, even if the caller was dropped.
pub async fn read_picture(app: &App, path: &str, bytes: Bytes, permit: Permit) -> Result<Picture> {
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
pub async fn store_picture(app: &App, picture: &Picture, folder: &str) -> Result<String> {
    let key = super::key::new_key(folder, picture);
    app.storage.put(&key, picture.file.clone(), picture.content_type).await.map_err(internal)?;
    Ok(key)
}

fn kibibytes(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX)
}

/// Why a picture is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PictureError {
    NotAPicture,
    Broken,
    TooLarge { width: u32, height: u32 },
    TooCostly { memory: u64 },
    TooLossless { bytes: u64 },
    TooDetailed { most: usize },
}

impl PictureError {
    fn problem(self, path: &str) -> Problem {
        let (code, message) = match self {
            Self::NotAPicture => (Code::InvalidFile, "The file must be a JPEG, PNG or WebP picture.".to_owned()),
            Self::Broken => (Code::InvalidFile, "The picture is damaged or incomplete.".to_owned()),
            Self::TooLarge { width, height } => (
                Code::FileTooLarge,
                format!(
                    "A picture can have at most {MAX_SIDE} x {MAX_SIDE} pixels, and {} million pixels in all; got \
                     {width} x {height}.",
                    MAX_PIXELS / 1_000_000
                ),
            ),
            Self::TooCostly { memory } => {
                const MEBIBYTE: u64 = 1024 * 1024;
                let (needed, most) = (memory.div_ceil(MEBIBYTE), MEMORY / MEBIBYTE);
                let message = format!(
                    "Reading a picture can take at most {most} MiB of memory; this one needs {needed} MiB; reduce the number of \
                     pixels, or send a JPEG that is not progressive."
                );
                (Code::FileTooLarge, message)
            }
            Self::TooLossless { bytes } => (
                Code::FileTooLarge,
                format!(
                    "A lossless WebP can have at most {MAX_LOSSLESS_WEBP} bytes; got {bytes}, so send a PNG or a lossy WebP."
                ),
            ),
            Self::TooDetailed { most } => {
                (Code::FileTooLarge, format!("The encoded picture must have at most {most} bytes; reduce the number of pixels."))
            }
        };
        Problem::new(path, code, message)
    }
}
