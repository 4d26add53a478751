//! From an uploaded file to a stored picture, without a server.

mod kinds;

use super::decode::decode;
use super::encode::encode;
use super::header::{Format, inspect};
use super::picture::{MEMORY, PictureError};
use super::pixels::Pixels;
use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageFormat, RgbImage, RgbaImage};
use moxcms::ColorProfile;
use std::io::Cursor;

const MOST: usize = 20 * 1024 * 1024;

/// The stored file and its type.
fn store(bytes: &[u8]) -> Result<(Vec<u8>, &'static str), PictureError> {
    let header = inspect(bytes)?;
    let picture = encode(&decode(bytes, &header)?, header.format, MOST)?;
    Ok((picture.file.iter().flat_map(|part| part.to_vec()).collect(), picture.content_type))
}

fn photo(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| image::Rgb([(x * 7) as u8, (y * 5) as u8, (x * y) as u8]))
}

fn jpeg(picture: &RgbImage, profile: Option<Vec<u8>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
    if let Some(profile) = profile {
        image::ImageEncoder::set_icc_profile(&mut encoder, profile).expect("a profile");
    }
    encoder.encode_image(picture).expect("a picture");
    bytes
}

fn file(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.write_to(&mut Cursor::new(&mut bytes), format).expect("a picture");
    bytes
}

/// A PNG with a valid header only.
fn png_of(width: u32, height: u32, depth: u8, color: u8) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend([depth, color, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend(b"\0\0\0\0IEND\xAE\x42\x60\x82");
    bytes
}

/// A JPEG with valid headers only.
fn jpeg_of(width: u16, height: u16, frame: u8, sampling: u8, scanned: u8) -> Vec<u8> {
    let mut bytes = vec![0xFF, 0xD8, 0xFF, frame, 0, 17, 8];
    bytes.extend(height.to_be_bytes());
    bytes.extend(width.to_be_bytes());
    bytes.extend([3, 1, sampling, 0, 2, 0x11, 1, 3, 0x11, 1]);
    bytes.extend([0xFF, 0xDA, 0, 3, scanned, 1, 2, 3, 0xFF, 0xD9]);
    bytes
}

#[test]
fn memory_is_estimated_before_decoding() {
    const MEGABYTE: u64 = 1_000_000;
    let near = |bytes: &[u8], megabytes: u64| {
        let found = inspect(bytes).map(|header| header.memory / MEGABYTE);
        assert!(found.is_ok_and(|found| (megabytes..=megabytes + 5).contains(&found)), "{found:?}, not {megabytes}");
    };
    let refused = |bytes: &[u8], megabytes: u64| match inspect(bytes) {
        Err(PictureError::TooCostly { memory }) => {
            assert!((megabytes..=megabytes + 5).contains(&(memory / MEGABYTE)), "{memory}")
        }
        other => panic!("{other:?}"),
    };
    // RGB of 16 bits becomes 8 bits row by row; four channels of 40 million pixels exceed the limit.
    near(&png_of(8000, 5000, 16, 2), 120);
    refused(&png_of(8000, 5000, 16, 6), 160);
    refused(&png_of(8000, 5000, 8, 6), 160);
    near(&png_of(6000, 5000, 16, 6), 120);
    near(&png_of(8000, 5000, 8, 0), 40);
    // Baseline JPEG with one scan is decoded strip by strip; every other JPEG needs all coefficients in memory.
    near(&jpeg_of(8000, 5000, 0xC0, 0x11, 3), 120);
    refused(&jpeg_of(8000, 5000, 0xC2, 0x11, 3), 360);
    refused(&jpeg_of(8000, 5000, 0xC0, 0x11, 1), 360);
    refused(&jpeg_of(8000, 5000, 0xC2, 0x22, 3), 240);
    near(&jpeg_of(4000, 3000, 0xC2, 0x11, 3), 108);
    assert_eq!(inspect(&png_of(8001, 1, 8, 0)), Err(PictureError::TooLarge { width: 8001, height: 1 }));
    assert_eq!(inspect(&png_of(8000, 5001, 8, 0)), Err(PictureError::TooLarge { width: 8000, height: 5001 }));
    assert_eq!(inspect(&png_of(u32::MAX, u32::MAX, 16, 6)), Err(PictureError::TooLarge { width: u32::MAX, height: u32::MAX }));
    assert!(inspect(&png_of(0, 5, 8, 0)).is_err());
    assert!(inspect(&jpeg_of(0, 5, 0xC0, 0x11, 3)).is_err());
    assert!(inspect(&jpeg_of(5, 5, 0xC0, 0x01, 3)).is_err());
    // One budget for the whole process.
    const { assert!(MEMORY <= 128 * 1024 * 1024) };
}

#[test]
fn a_large_lossless_webp_is_refused() {
    let noise = RgbaImage::from_fn(700, 700, |x, y| {
        let hash = (x * 7919 + y * 104_729).wrapping_mul(2_654_435_761).rotate_left(x ^ y);
        image::Rgba(hash.to_be_bytes())
    });
    let bytes = file(&DynamicImage::ImageRgba8(noise), ImageFormat::WebP);
    assert!(matches!(inspect(&bytes), Err(PictureError::TooLossless { .. })), "{} bytes", bytes.len());
    let small = file(&DynamicImage::ImageRgb8(photo(40, 30)).into_rgba8().into(), ImageFormat::WebP);
    assert!(inspect(&small).is_ok());
}

#[test]
fn a_truncated_picture_is_refused() {
    let picture = DynamicImage::ImageRgb8(photo(61, 47));
    let files = [
        jpeg(&photo(61, 47), None),
        file(&picture, ImageFormat::Png),
        file(&picture, ImageFormat::WebP),
        file(&DynamicImage::ImageRgba8(picture.to_rgba8()), ImageFormat::WebP),
    ];
    for whole in files {
        assert!(store(&whole).is_ok());
        for length in (0..whole.len()).step_by(3).chain(whole.len().saturating_sub(40)..whole.len()) {
            let wrong = store(&whole[..length]).err();
            assert!(
                matches!(wrong, Some(PictureError::Broken | PictureError::NotAPicture)),
                "{length} of {}: {wrong:?}",
                whole.len()
            );
        }
        // Bytes after the end are ignored; only a WebP states its length.
        let longer: Vec<u8> = whole.iter().copied().chain(*b"and more").collect();
        assert!(store(&longer).is_ok());
    }
}

#[test]
fn every_orientation_comes_out_upright() {
    let all = [1, 2, 3, 4, 5, 6, 7, 8].map(|code| Orientation::from_exif(code).expect("an orientation"));
    let picture = photo(5, 3);
    for orientation in all {
        let mut expected = DynamicImage::ImageRgb8(picture.clone());
        expected.apply_orientation(orientation);
        let pixels = Pixels { width: 5, height: 3, channels: 3, data: picture.as_raw().clone(), orientation };
        assert_eq!(pixels.upright_size(), (expected.width(), expected.height()));
        let stored = encode(&pixels, Format::Png, MOST).expect("a picture");
        let bytes: Vec<u8> = stored.file.iter().flat_map(|part| part.to_vec()).collect();
        let found = image::load_from_memory(&bytes).expect("a PNG");
        assert_eq!(found.to_rgb8(), expected.to_rgb8(), "{orientation:?}");
        let stored = encode(&pixels, Format::Jpeg, MOST).expect("a picture");
        assert_eq!((stored.width, stored.height), pixels.upright_size());
    }
}

/// The red of sRGB in Display P3.
const RED_IN_P3: [u8; 3] = [234, 51, 35];

fn is_near(found: &[u8], expected: [u8; 3]) -> bool {
    found.iter().zip(expected).all(|(found, expected)| found.abs_diff(expected) <= 6)
}

#[test]
fn other_color_spaces_become_srgb_without_a_profile() {
    let p3 = ColorProfile::new_display_p3().encode().expect("a profile");
    let red = RgbImage::from_pixel(24, 16, image::Rgb(RED_IN_P3));
    let tagged = {
        let mut bytes = Vec::new();
        let mut encoder = image::codecs::png::PngEncoder::new(&mut bytes);
        image::ImageEncoder::set_icc_profile(&mut encoder, p3.clone()).expect("a profile");
        red.write_with_encoder(encoder).expect("a picture");
        bytes
    };
    let code_points = {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 24, 16);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().expect("a header");
        writer.write_chunk(png::chunk::ChunkType(*b"cICP"), &[12, 13, 0, 1]).expect("a chunk");
        writer.write_image_data(red.as_raw()).expect("a picture");
        writer.finish().expect("a picture");
        bytes
    };
    let webp = {
        let mut bytes = Vec::new();
        let mut encoder = image_webp::WebPEncoder::new(&mut bytes);
        encoder.set_icc_profile(p3.clone());
        let clear: Vec<u8> = red.pixels().flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 99]).collect();
        encoder.encode(&clear, 24, 16, image_webp::ColorType::Rgba8).expect("a picture");
        bytes
    };
    for (bytes, expected) in [
        (jpeg(&red, Some(p3.clone())), [255, 0, 0]),
        (tagged, [255, 0, 0]),
        (code_points, [255, 0, 0]),
        (webp, [255, 0, 0]),
        (jpeg(&red, None), RED_IN_P3),
        (jpeg(&red, Some(b"no profile at all".to_vec())), RED_IN_P3),
        (jpeg(&red, Some(p3[..p3.len() / 2].to_vec())), RED_IN_P3),
        (jpeg(&red, Some(ColorProfile::new_gray_with_gamma(1.8).encode().expect("a profile"))), RED_IN_P3),
    ] {
        let (stored, content_type) = store(&bytes).expect("a picture");
        let found = image::load_from_memory(&stored).expect("a picture");
        let pixel = found.to_rgba8().get_pixel(11, 9).0;
        assert!(is_near(&pixel[..3], expected), "{content_type}: {pixel:?}, not {expected:?}");
        assert!([255, 99].contains(&pixel[3]));
        for mark in [&b"ICC_PROFILE"[..], b"iCCP", b"cICP", b"ICCP"] {
            assert!(!stored.windows(mark.len()).any(|window| window == mark), "{content_type} keeps its profile");
        }
    }
}

#[test]
fn gray_stays_gray_and_its_profile_is_applied() {
    let linear = ColorProfile::new_gray_with_gamma(1.0).encode().expect("a profile");
    let gray = image::GrayImage::from_pixel(16, 16, image::Luma([128]));
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
    image::ImageEncoder::set_icc_profile(&mut encoder, linear).expect("a profile");
    encoder.encode_image(&gray).expect("a picture");
    let (stored, _) = store(&bytes).expect("a picture");
    let found = image::load_from_memory(&stored).expect("a picture");
    assert_eq!(found.color(), image::ColorType::L8);
    // Half of the light is 188 of 255 in sRGB.
    assert!(found.to_luma8().get_pixel(5, 5)[0].abs_diff(188) <= 3);
}

#[test]
fn a_file_that_would_become_too_large_is_refused() {
    let whole = jpeg(&photo(200, 200), None);
    let header = inspect(&whole).expect("a header");
    let pixels = decode(&whole, &header).expect("pixels");
    for format in [Format::Jpeg, Format::Png] {
        assert_eq!(encode(&pixels, format, 4000).err(), Some(PictureError::TooDetailed { most: 4000 }));
    }
}
