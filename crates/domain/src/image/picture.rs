//! Pictures, their limits, and why a picture is refused.

use object_store::PutPayload;
use souk_core::error::{Code, Problem};

/// Maximum width and height of a picture, in pixels.
pub const MAX_SIDE: u32 = 8000;
/// Maximum number of pixels of a picture.
pub const MAX_PIXELS: u64 = 40_000_000;
/// Maximum number of bytes for decoding and encoding all pictures of the process at once, without the files themselves. A picture
/// that needs more is refused.
pub const MEMORY: u64 = 128 * 1024 * 1024;
/// Maximum size of a lossless WebP in bytes: its decoder can be made to build tables of many times its size.
pub const MAX_LOSSLESS_WEBP: u64 = 256 * 1024;
/// Pictures with transparency and more pixels become PNG, which is written row by row; the WebP encoder copies the whole picture.
pub(super) const MAX_WEBP_PIXELS: u64 = 4_000_000;

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
    pub(super) fn problem(self, path: &str) -> Problem {
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
