//! From an uploaded file of every kind to the renditions of what is stored of it.

use super::{file, is_near, jpeg, store};
use crate::image::decode::decode;
use crate::image::header::inspect;
use crate::image::render::{Rendered, render};
use image::{DynamicImage, ImageBuffer, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use moxcms::ColorProfile;

const RED: [u8; 3] = [255, 0, 0];
const BLUE: [u8; 3] = [0, 0, 255];
const WIDTH: u32 = 900;
const HEIGHT: u32 = 600;

/// What is stored of an uploaded file, rendered.
fn rendered(upload: &[u8]) -> Rendered {
    let (stored, _) = store(upload).expect("it is accepted");
    let header = inspect(&stored).expect("a header");
    render(decode(&stored, &header).expect("pixels")).expect("it is rendered")
}

/// Red on the left, blue on the right.
fn two_colors<P: image::Pixel>(left: P, right: P) -> ImageBuffer<P, Vec<P::Subpixel>> {
    ImageBuffer::from_fn(WIDTH, HEIGHT, |x, _| if x < WIDTH / 2 { left } else { right })
}

fn rgb() -> RgbImage {
    two_colors(Rgb(RED), Rgb(BLUE))
}

/// All renditions have their sizes, and the colors near the left and right edges. Returns the alpha of these two places.
fn check(name: &str, rendered: &Rendered, (left, right): ([u8; 3], [u8; 3])) -> (u8, u8) {
    let sizes: Vec<_> = rendered.renditions.iter().map(|(size, made)| (size.as_str(), made.width, made.height)).collect();
    assert_eq!(sizes, [("SMALL", 240, 160), ("MEDIUM", 800, 533), ("LARGE", 900, 600)], "{name}");
    let mut alpha = (0, 0);
    for (_, made) in &rendered.renditions {
        assert_eq!((made.content_type, made.extension), ("image/webp", "webp"));
        let bytes: Vec<u8> = made.file.iter().flat_map(|part| part.to_vec()).collect();
        // Lossy, without metadata.
        let has = |mark: &[u8]| bytes.windows(mark.len()).any(|window| window == mark);
        assert!(has(b"VP8 ") && ![&b"VP8L"[..], b"EXIF", b"ICCP", b"XMP ", b"ANIM"].into_iter().any(has), "{name}");
        let found = image::load_from_memory(&bytes).expect("a WebP").to_rgba8();
        assert_eq!(found.dimensions(), (made.width, made.height));
        let (x, y) = (made.width / 8, made.height / 2);
        let (near_left, near_right) = (found.get_pixel(x, y).0, found.get_pixel(made.width - x, y).0);
        for (pixel, expected) in [(near_left, left), (near_right, right)] {
            assert!(pixel[3] == 0 || is_near(&pixel[..3], expected), "{name}: {pixel:?}, not {expected:?}");
        }
        alpha = (near_left[3], near_right[3]);
    }
    assert_eq!(rendered.blurhash.len(), 28, "{name}");
    alpha
}

/// The colors of a BlurHash near its left and right edges.
fn blurred(rendered: &Rendered) -> ([u8; 4], [u8; 4]) {
    let pixels = blurhash::decode(&rendered.blurhash, 16, 12, 1.0).expect("a BlurHash");
    let at = |x: usize| pixels[(6 * 16 + x) * 4..][..4].try_into().expect("four samples");
    (at(1), at(14))
}

#[test]
fn jpeg_and_png_and_webp_are_rendered() {
    let all = [
        ("JPEG", jpeg(&rgb(), None)),
        ("PNG", file(&DynamicImage::ImageRgb8(rgb()), ImageFormat::Png)),
        ("lossless WebP", file(&DynamicImage::ImageRgb8(rgb()), ImageFormat::WebP)),
        ("lossy WebP", webp::Encoder::from_rgb(rgb().as_raw(), WIDTH, HEIGHT).encode(90.0).to_vec()),
    ];
    for (name, upload) in all {
        let rendered = rendered(&upload);
        assert_eq!(check(name, &rendered, (RED, BLUE)), (255, 255));
        let (left, right) = blurred(&rendered);
        assert!(left[0] > 180 && left[2] < 130 && right[2] > 180 && right[0] < 130, "{name}: {left:?} {right:?}");
    }
}

#[test]
fn gray_is_rendered_without_colors() {
    let gray = ImageBuffer::from_fn(WIDTH, HEIGHT, |x, _| image::Luma([if x < WIDTH / 2 { 230u8 } else { 30 }]));
    for image in
        [DynamicImage::ImageLuma8(gray.clone()), DynamicImage::ImageLumaA8(DynamicImage::ImageLuma8(gray).to_luma_alpha8())]
    {
        let rendered = rendered(&file(&image, ImageFormat::Png));
        assert_eq!(check("gray PNG", &rendered, ([230; 3], [30; 3])), (255, 255));
    }
}

#[test]
fn transparency_is_kept_and_white_in_the_blurhash() {
    let clear: RgbaImage = two_colors(Rgba([255, 0, 0, 255]), Rgba([0, 0, 0, 0]));
    for (name, upload) in [
        ("PNG with alpha", file(&DynamicImage::ImageRgba8(clear.clone()), ImageFormat::Png)),
        ("WebP with alpha", webp::Encoder::from_rgba(clear.as_raw(), WIDTH, HEIGHT).encode(90.0).to_vec()),
    ] {
        let rendered = rendered(&upload);
        assert_eq!(check(name, &rendered, (RED, [0; 3])), (255, 0));
        let (_, right) = blurred(&rendered);
        assert!(right[..3].iter().all(|sample| *sample > 180), "{name}: {right:?}");
    }
}

#[test]
fn sixteen_bits_become_eight() {
    let deep: ImageBuffer<Rgb<u16>, Vec<u16>> = two_colors(Rgb([u16::MAX, 0, 0]), Rgb([0, 0, 0x80_00]));
    let rendered = rendered(&file(&DynamicImage::ImageRgb16(deep), ImageFormat::Png));
    check("16-bit PNG", &rendered, (RED, [0, 0, 128]));
}

#[test]
fn display_p3_is_converted_to_srgb() {
    // The red of sRGB in Display P3; a gray is the same in both.
    let picture = two_colors(Rgb([234, 51, 35]), Rgb([120, 120, 120]));
    let profile = ColorProfile::new_display_p3().encode().expect("a profile");
    check("Display P3", &rendered(&jpeg(&picture, Some(profile))), (RED, [120; 3]));
    check("without a profile", &rendered(&jpeg(&picture, None)), ([234, 51, 35], [120; 3]));
}

#[test]
fn the_first_frame_of_an_animation_is_rendered() {
    // The frames of an animated WebP (RFC 9649) are chunks of still pictures.
    let frame = |picture: RgbImage| {
        let still = webp::Encoder::from_rgb(picture.as_raw(), WIDTH, HEIGHT).encode(90.0).to_vec();
        let mut body = [[0; 3], [0; 3], small_endian(WIDTH - 1), small_endian(HEIGHT - 1), small_endian(100)].concat();
        body.push(0);
        body.extend_from_slice(&still[12..]);
        chunk(b"ANMF", &body)
    };
    let canvas = [&[0x02, 0, 0, 0][..], &small_endian(WIDTH - 1), &small_endian(HEIGHT - 1)].concat();
    let second = RgbImage::from_pixel(WIDTH, HEIGHT, Rgb([0, 255, 0]));
    let body = [b"WEBP".to_vec(), chunk(b"VP8X", &canvas), chunk(b"ANIM", &[0; 6]), frame(rgb()), frame(second)].concat();
    assert_eq!(check("animated WebP", &rendered(&chunk(b"RIFF", &body)), (RED, BLUE)), (255, 255));
}

fn small_endian(number: u32) -> [u8; 3] {
    let [first, second, third, _] = number.to_le_bytes();
    [first, second, third]
}

fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("a small file").to_le_bytes();
    let mut chunk = [&kind[..], &length, body].concat();
    chunk.resize(chunk.len().next_multiple_of(2), 0);
    chunk
}

#[test]
fn cmyk_is_converted_to_srgb() {
    // Inverted, as Adobe's programs write it: 255 is no ink.
    check("CMYK JPEG", &rendered(&cmyk_jpeg([255, 0, 0, 255], [0, 0, 255, 255])), (RED, BLUE));
}

/// A baseline JPEG of four components (ITU-T T.81) with two colors, each block of which has one of them.
fn cmyk_jpeg(left: [u8; 4], right: [u8; 4]) -> Vec<u8> {
    let size = |number: u32| u16::try_from(number).expect("a small picture").to_be_bytes();
    let mut bytes = vec![0xFF, 0xD8];
    let mut segment = |marker: u8, body: &[u8]| {
        bytes.extend([0xFF, marker]);
        bytes.extend(size(u32::try_from(body.len() + 2).expect("a short segment")));
        bytes.extend_from_slice(body);
    };
    segment(0xEE, b"Adobe\0\x64\0\0\0\0\0");
    segment(0xDB, &[&[0][..], &[1; 64]].concat());
    let components = [1, 2, 3, 4].map(|id| [id, 0x11, 0]).concat();
    segment(0xC0, &[&[8][..], &size(HEIGHT), &size(WIDTH), &[4], &components].concat());
    // DC: twelve codes of four bits, for differences of 0 to 11 bits. AC: one code of one bit, the end of the block.
    segment(0xC4, &[&[0x00, 0, 0, 0, 12][..], &[0; 12], &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]].concat());
    segment(0xC4, &[&[0x10, 1][..], &[0; 15], &[0]].concat());
    segment(0xDA, &[&[4][..], &[1, 2, 3, 4].map(|id| [id, 0]).concat(), &[0, 63, 0]].concat());
    let mut bits = Vec::new();
    let mut last = [0i32; 4];
    for _ in 0..HEIGHT.div_ceil(8) {
        for x in 0..WIDTH.div_ceil(8) {
            let color = if x * 8 < WIDTH / 2 { left } else { right };
            for (last, sample) in last.iter_mut().zip(color) {
                let value = (i32::from(sample) - 128) * 8;
                let difference = value - *last;
                *last = value;
                let length = 32 - difference.unsigned_abs().leading_zeros();
                // Negative numbers are stored as one less.
                let stored = if difference < 0 { difference + (1 << length) - 1 } else { difference };
                bits.extend((0..4).rev().map(|bit| length >> bit & 1 == 1));
                bits.extend((0..length).rev().map(|bit| stored >> bit & 1 == 1));
                bits.push(false);
            }
        }
    }
    bits.resize(bits.len().next_multiple_of(8), true);
    for byte in bits.chunks(8).map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit))) {
        bytes.push(byte);
        if byte == 0xFF {
            bytes.push(0);
        }
    }
    bytes.extend([0xFF, 0xD9]);
    bytes
}
