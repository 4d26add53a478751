//! Pictures people send: checked by their content, turned upright, and written again without anything but the pixels.

use crate::app::App;
use crate::error::{Code, Error, Problem, Result, internal};
use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use std::io::Cursor;
use tokio::sync::Semaphore;

/// The longest side of a picture, in pixels.
pub const LONGEST_SIDE: u32 = 8000;
/// The most pixels of a picture.
pub const MOST_PIXELS: u64 = 40_000_000;
/// Of JPEG, from 1 to 100.
const QUALITY: u8 = 88;
/// Bytes a decoder may take: the pixels in 16 bits for each of four channels would be 320 MB, and nobody needs those.
const DECODER_MEMORY: u64 = 200 * 1024 * 1024;
/// How many pictures are decoded at once in this process: each can take [`DECODER_MEMORY`].
static DECODERS: Semaphore = Semaphore::const_new(2);

/// A checked picture, as it is stored.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The file.
    pub bytes: Bytes,
    /// Such as `image/jpeg`.
    pub content_type: &'static str,
    /// Such as `jpg`.
    pub extension: &'static str,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// Checks a picture by its content and writes it again: upright, without EXIF or anything else but the pixels. `path` names the
/// field in a refusal: `INVALID_FILE` for anything but JPEG, PNG and WebP, `FILE_TOO_LARGE` for too many pixels.
pub async fn read_picture(path: &str, bytes: Bytes) -> Result<Picture> {
    let _permit = DECODERS.acquire().await.map_err(internal)?;
    let read = tokio::task::spawn_blocking(move || rewrite(&bytes)).await.map_err(internal)?;
    read.map_err(|wrong| match wrong {
        Wrong::NotAPicture => Problem::new(path, Code::InvalidFile, "the file must be a JPEG, PNG or WebP picture").into(),
        Wrong::Broken => Problem::new(path, Code::InvalidFile, "the picture is damaged or incomplete").into(),
        Wrong::TooLarge => {
            let most = MOST_PIXELS / 1_000_000;
            let message = format!("a picture must be at most {LONGEST_SIDE} x {LONGEST_SIDE} and {most} million pixels large");
            Error::from(Problem::new(path, Code::FileTooLarge, message))
        }
    })
}

/// Writes a picture to the storage under a new name below `folder` (such as `public/products`); answers with its key.
pub async fn store_picture(app: &App, picture: &Picture, folder: &str) -> Result<String> {
    // Random: nobody finds a picture by guessing, and a changed picture has another address, so that all can be cached for ever.
    let key = format!("{folder}/{:032x}.{}", rand::random::<u128>(), picture.extension);
    app.storage.put(&key, picture.bytes.clone(), picture.content_type).await.map_err(internal)?;
    Ok(key)
}

enum Wrong {
    NotAPicture,
    Broken,
    TooLarge,
}

impl From<ImageError> for Wrong {
    fn from(error: ImageError) -> Self {
        if matches!(error, ImageError::Limits(_)) { Self::TooLarge } else { Self::Broken }
    }
}

fn rewrite(bytes: &[u8]) -> Result<Picture, Wrong> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| Wrong::NotAPicture)?;
    let format = match reader.format() {
        Some(format @ (ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)) => format,
        _ => return Err(Wrong::NotAPicture),
    };
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(DECODER_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    if width > LONGEST_SIDE || height > LONGEST_SIDE || u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(Wrong::TooLarge);
    }
    let orientation = decoder.orientation()?;
    let mut pixels = DynamicImage::from_decoder(decoder)?;
    pixels.apply_orientation(orientation);
    write(&pixels, format)
}

fn write(pixels: &DynamicImage, format: ImageFormat) -> Result<Picture, Wrong> {
    let mut file = Vec::new();
    // There is no lossy writer for WebP here: without transparency a JPEG is many times smaller than a lossless WebP.
    let lossy = format == ImageFormat::Jpeg || (format == ImageFormat::WebP && !pixels.color().has_alpha());
    let (content_type, extension) = if lossy {
        let encoder = JpegEncoder::new_with_quality(&mut file, QUALITY);
        if pixels.color().has_color() {
            pixels.to_rgb8().write_with_encoder(encoder)?
        } else {
            pixels.to_luma8().write_with_encoder(encoder)?
        }
        ("image/jpeg", "jpg")
    } else {
        pixels.write_to(&mut Cursor::new(&mut file), format)?;
        if format == ImageFormat::Png { ("image/png", "png") } else { ("image/webp", "webp") }
    };
    Ok(Picture { bytes: file.into(), content_type, extension, width: pixels.width(), height: pixels.height() })
}
