//! Pictures people send: checked by their content, turned upright, and written again without anything but the pixels.
//!
//! What decoding takes is known from the header, before anything is decoded, and all pictures of a process share one budget of memory.
//! The permits move to the thread that works: the future that asked for them is dropped when the client hangs up.

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

/// The longest side of a picture, in pixels.
pub const LONGEST_SIDE: u32 = 8000;
/// The most pixels of a picture.
pub const MOST_PIXELS: u64 = 40_000_000;
/// The most bytes that all pictures hold while they are decoded and written again, beside the files themselves. A picture that needs
/// more is refused.
pub const MEMORY: u64 = 128 * 1024 * 1024;
/// The most bytes of a lossless WebP: its decoder can be made to build tables of many times its size.
pub const LARGEST_LOSSLESS_WEBP: u64 = 256 * 1024;
/// Of the largest file that may be sent, so many times as much may be stored.
const LARGEST_STORED: usize = 2;

/// [`MEMORY`], in kibibytes.
static BUDGET: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(kibibytes(MEMORY) as usize)));

/// A checked picture, as it is stored.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The file.
    pub file: PutPayload,
    /// Such as `image/jpeg`.
    pub content_type: &'static str,
    /// Such as `jpg`.
    pub extension: &'static str,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// Checks a picture by its content and writes it again: upright, in sRGB, without EXIF or anything else but the pixels. `path` names
/// the field in a refusal: `INVALID_FILE` for anything but whole JPEG, PNG and WebP files, `FILE_TOO_LARGE` for what takes too much.
/// `permit` ends with the work, also if nobody waits for it any more.
pub async fn read_picture(app: &App, path: &str, bytes: Bytes, permit: Permit) -> Result<Picture> {
    let most = app.config.limits.upload_bytes.saturating_mul(LARGEST_STORED);
    let refused = |wrong: Wrong| -> Error { wrong.problem(path).into() };
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
        // A decoder that panics says no more than that the file is none.
        Err(error) if error.is_panic() => {
            tracing::warn!(%error, "a picture made its decoder panic");
            Err(refused(Wrong::Broken))
        }
        Err(error) => Err(internal(error)),
    }
}

/// Writes a picture to the storage under a new name below `folder` (such as `public/products`); answers with its key.
pub async fn store_picture(app: &App, picture: &Picture, folder: &str) -> Result<String> {
    let key = super::key::new_key(folder, picture);
    app.storage.put(&key, picture.file.clone(), picture.content_type).await.map_err(internal)?;
    Ok(key)
}

fn kibibytes(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX)
}

/// Why a picture is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    NotAPicture,
    Broken,
    TooLarge { width: u32, height: u32 },
    TooCostly { memory: u64 },
    TooLossless { bytes: u64 },
    TooDetailed { most: usize },
}

impl Wrong {
    fn problem(self, path: &str) -> Problem {
        let (code, message) = match self {
            Self::NotAPicture => (Code::InvalidFile, "The file must be a JPEG, PNG or WebP picture.".to_owned()),
            Self::Broken => (Code::InvalidFile, "The picture is damaged or incomplete.".to_owned()),
            Self::TooLarge { width, height } => (
                Code::FileTooLarge,
                format!(
                    "A picture can have at most {LONGEST_SIDE} x {LONGEST_SIDE} pixels, and {} million pixels in all; found \
                     {width} x {height}.",
                    MOST_PIXELS / 1_000_000
                ),
            ),
            Self::TooCostly { memory } => {
                const MEBIBYTE: u64 = 1024 * 1024;
                let (needed, most) = (memory.div_ceil(MEBIBYTE), MEMORY / MEBIBYTE);
                let message = format!(
                    "Reading a picture can take at most {most} MiB of memory; this one takes {needed} MiB. Send it with fewer \
                     pixels, or as a JPEG that is not progressive."
                );
                (Code::FileTooLarge, message)
            }
            Self::TooLossless { bytes } => (
                Code::FileTooLarge,
                format!(
                    "A lossless WebP can have at most {LARGEST_LOSSLESS_WEBP} bytes; found {bytes}. Send it as a PNG or a lossy WebP."
                ),
            ),
            Self::TooDetailed { most } => (
                Code::FileTooLarge,
                format!("The picture would take more than {most} bytes to store. Send it with fewer pixels."),
            ),
        };
        Problem::new(path, code, message)
    }
}
