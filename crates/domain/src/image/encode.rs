//! Encoding: from pixels to the file that is stored.

use super::header::Format;
use super::picture::{MAX_WEBP_PIXELS, Picture, PictureError};
use super::pixels::Pixels;
use bytes::{Bytes, BytesMut};
use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{ImageError, Luma, Rgb};
use object_store::PutPayload;
use std::io::{self, Write};

/// JPEG quality, from 1 to 100.
const QUALITY: u8 = 88;

/// Encodes a picture upright, without metadata, into at most `most` bytes.
pub(super) fn encode(pixels: &Pixels, format: Format, most: usize) -> Result<Picture, PictureError> {
    let mut file = Bounded { chunks: Vec::new(), last: BytesMut::new(), left: Some(most) };
    let (width, height) = pixels.upright_size();
    let small = u64::from(width) * u64::from(height) <= MAX_WEBP_PIXELS;
    // There is no lossy WebP encoder here: without transparency a JPEG is many times smaller than a lossless WebP.
    let opaque = matches!(pixels.channels, 1 | 3);
    let (written, content_type, extension) = match format {
        Format::WebP if small && !opaque => (webp(pixels, &mut file), "image/webp", "webp"),
        Format::Jpeg | Format::WebP if opaque => (jpeg(pixels, &mut file), "image/jpeg", "jpg"),
        _ => (png(pixels, &mut file), "image/png", "png"),
    };
    if file.left.is_none() {
        return Err(PictureError::TooDetailed { most });
    }
    written?;
    file.chunks.push(file.last.freeze());
    Ok(Picture { file: PutPayload::from_iter(file.chunks), content_type, extension, width, height })
}

fn jpeg(pixels: &Pixels, file: &mut Bounded) -> Result<(), PictureError> {
    let mut encoder = JpegEncoder::new_with_quality(file, QUALITY);
    let written = match pixels.channels {
        1 | 2 => encoder.encode_image(&pixels.view::<Luma<u8>>()),
        _ => encoder.encode_image(&pixels.view::<Rgb<u8>>()),
    };
    written.map_err(|_: ImageError| PictureError::Broken)
}

fn png(pixels: &Pixels, file: &mut Bounded) -> Result<(), PictureError> {
    let (width, height) = pixels.upright_size();
    let mut encoder = png::Encoder::new(file, width, height);
    encoder.set_color(match pixels.channels {
        1 => png::ColorType::Grayscale,
        2 => png::ColorType::GrayscaleAlpha,
        3 => png::ColorType::Rgb,
        _ => png::ColorType::Rgba,
    });
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let wrong = |_: png::EncodingError| PictureError::Broken;
    let mut writer = encoder.write_header().map_err(wrong)?;
    // Row by row: otherwise the whole compressed picture would be in memory as well.
    let mut stream = writer.stream_writer().map_err(wrong)?;
    let mut row = Vec::new();
    for y in 0..height {
        pixels.upright_row(y, &mut row);
        stream.write_all(&row).map_err(|_| PictureError::Broken)?;
    }
    stream.finish().map_err(wrong)?;
    writer.finish().map_err(wrong)
}

fn webp(pixels: &Pixels, file: &mut Bounded) -> Result<(), PictureError> {
    let (width, height) = pixels.upright_size();
    let upright;
    let data = if pixels.orientation == Orientation::NoTransforms {
        &pixels.data
    } else {
        let mut turned = Vec::with_capacity(pixels.data.len());
        let mut row = Vec::new();
        for y in 0..height {
            pixels.upright_row(y, &mut row);
            turned.extend_from_slice(&row);
        }
        upright = turned;
        &upright
    };
    let encoder = image_webp::WebPEncoder::new(file);
    encoder.encode(data, width, height, image_webp::ColorType::Rgba8).map_err(|_| PictureError::Broken)
}

/// A writer with a size limit. Collects chunks, so that the file is never copied to grow.
struct Bounded {
    chunks: Vec<Bytes>,
    last: BytesMut,
    /// Bytes that still fit; `None` once the limit was exceeded.
    left: Option<usize>,
}

/// Bytes of a chunk.
const CHUNK: usize = 256 * 1024;

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.left = self.left.and_then(|left| left.checked_sub(bytes.len()));
        if self.left.is_none() {
            return Err(io::Error::other("the file exceeds the size limit"));
        }
        if self.last.capacity() - self.last.len() < bytes.len() {
            let full = std::mem::replace(&mut self.last, BytesMut::with_capacity(CHUNK.max(bytes.len())));
            self.chunks.push(full.freeze());
        }
        self.last.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
