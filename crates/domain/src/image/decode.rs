//! Decoding: from a file to pixels in sRGB.

use super::color::{Profile, to_srgb};
use super::header::{Format, Header};
use super::picture::PictureError;
use super::pixels::Pixels;
use image::metadata::Orientation;
use image_webp::WebPDecoder;
use std::io::Cursor;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

/// Bytes that the PNG decoder may use for rows, and for a compressed color profile.
const PNG_MEMORY: usize = 4 * 1024 * 1024;

/// Decodes a file that [`inspect`](super::header::inspect) accepted.
pub(super) fn decode(bytes: &[u8], header: &Header) -> Result<Pixels, PictureError> {
    let bytes = bytes.get(..header.length).ok_or(PictureError::Broken)?;
    let (mut pixels, profile) = match header.format {
        Format::Jpeg => jpeg(bytes, header),
        Format::Png => png(bytes, header),
        Format::WebP => webp(bytes, header),
    }?;
    if let Some(profile) = profile {
        to_srgb(&mut pixels, &profile);
    }
    Ok(pixels)
}

fn empty(header: &Header, channels: usize, exif: Option<&[u8]>) -> Pixels {
    let orientation = exif.and_then(Orientation::from_exif_chunk).unwrap_or(Orientation::NoTransforms);
    // At most 40 million pixels of four bytes.
    let size = header.width as usize * header.height as usize * channels;
    Pixels { width: header.width, height: header.height, channels, data: vec![0; size], orientation }
}

fn jpeg(bytes: &[u8], header: &Header) -> Result<(Pixels, Option<Profile>), PictureError> {
    // Strict: otherwise the decoder fills missing data with gray.
    let options = DecoderOptions::default().set_strict_mode(true).set_max_width(usize::MAX).set_max_height(usize::MAX);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|_| PictureError::Broken)?;
    let gray = decoder.input_colorspace() == Some(ColorSpace::Luma);
    let (color, channels) = if gray { (ColorSpace::Luma, 1) } else { (ColorSpace::RGB, 3) };
    decoder.set_options(options.jpeg_set_out_colorspace(color));
    let mut pixels = empty(header, channels, decoder.exif().map(Vec::as_slice));
    if decoder.output_buffer_size() != Some(pixels.data.len()) {
        return Err(PictureError::Broken);
    }
    decoder.decode_into(&mut pixels.data).map_err(|_| PictureError::Broken)?;
    Ok((pixels, decoder.icc_profile().map(Profile::Icc)))
}

fn png(bytes: &[u8], header: &Header) -> Result<(Pixels, Option<Profile>), PictureError> {
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: PNG_MEMORY });
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    decoder.set_ignore_text_chunk(true);
    let mut reader = decoder.read_info().map_err(|_| PictureError::Broken)?;
    let channels = match reader.output_color_type() {
        (png::ColorType::Grayscale, png::BitDepth::Eight) => 1,
        (png::ColorType::GrayscaleAlpha, png::BitDepth::Eight) => 2,
        (png::ColorType::Rgb, png::BitDepth::Eight) => 3,
        (png::ColorType::Rgba, png::BitDepth::Eight) => 4,
        _ => return Err(PictureError::Broken),
    };
    let info = reader.info();
    let mut pixels = empty(header, channels, info.exif_metadata.as_deref());
    let profile = match (info.coding_independent_code_points, &info.icc_profile) {
        (Some(points), _) => Profile::from_code_points(points.color_primaries, points.transfer_function),
        (None, Some(profile)) => Some(Profile::Icc(profile.to_vec())),
        (None, None) => None,
    };
    if reader.output_buffer_size() != Some(pixels.data.len()) {
        return Err(PictureError::Broken);
    }
    reader.next_frame(&mut pixels.data).map_err(|_| PictureError::Broken)?;
    Ok((pixels, profile))
}

fn webp(bytes: &[u8], header: &Header) -> Result<(Pixels, Option<Profile>), PictureError> {
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(|_| PictureError::Broken)?;
    let exif = decoder.exif_metadata().map_err(|_| PictureError::Broken)?;
    let profile = decoder.icc_profile().map_err(|_| PictureError::Broken)?;
    let mut pixels = empty(header, if decoder.has_alpha() { 4 } else { 3 }, exif.as_deref());
    decoder.read_image(&mut pixels.data).map_err(|_| PictureError::Broken)?;
    Ok((pixels, profile.map(Profile::Icc)))
}
