//! Renditions: smaller copies of a picture as lossy WebP, and its BlurHash (<https://blurha.sh>).

use super::header::Header;
use super::picture::{Picture, PictureError};
use super::pixels::Pixels;
use bytes::Bytes;
use entity::value::ImageSize;
use fast_image_resize::images::Image;
use fast_image_resize::{FilterType, MulDiv, PixelType, ResizeAlg, ResizeOptions, Resizer};
use object_store::PutPayload;

/// The longer side of each rendition in pixels, from the smallest.
const SIDES: [(ImageSize, u32); 3] = [(ImageSize::Small, 240), (ImageSize::Medium, 800), (ImageSize::Large, 1600)];
/// The longest of [`SIDES`].
const LONGEST: u32 = 1600;
/// WebP quality, from 1 to 100.
const QUALITY: f32 = 80.0;
/// The BlurHash is computed from a copy of this size: it describes a gradient of a few colors.
const BLURHASH_SIDE: u32 = 32;
/// Horizontal and vertical components of a BlurHash.
const BLURHASH_COMPONENTS: (u32, u32) = (4, 3);
/// Memory for the encoder and everything else that does not depend on the picture.
const OVERHEAD: u64 = 8 * 1024 * 1024;

/// What was made of a picture.
pub(super) struct Rendered {
    /// From the smallest; each has its size and is at most as large as the picture.
    pub(super) renditions: Vec<(ImageSize, Picture)>,
    pub(super) blurhash: String,
}

/// Maximum number of bytes for decoding a picture and rendering it, without the file and the results.
pub(super) fn memory(header: &Header) -> u64 {
    let factor = factor(header.width, header.height);
    let (width, height) = (u64::from(header.width.div_ceil(factor)), u64::from(header.height.div_ceil(factor)));
    // Pixels of four bytes: the shrunk picture, the rows between the two passes of a resize, and up to five times the largest
    // rendition: resized, upright, with three or four channels, as planes and as macroblocks of the encoder.
    let longest = u64::from(LONGEST);
    let rendering = 4 * (width * height + width.min(longest) * height + 5 * width.min(longest) * height.min(longest)) + OVERHEAD;
    header.memory.max(rendering)
}

/// By how much a picture is shrunk before it is resized.
fn factor(width: u32, height: u32) -> u32 {
    (width.max(height) / LONGEST).max(1)
}

/// Renders a decoded picture: each size up to the first that contains the whole picture, so that nothing is enlarged or stored twice.
pub(super) fn render(mut pixels: Pixels) -> Result<Rendered, PictureError> {
    let (width, height) = (pixels.width, pixels.height);
    let longest = width.max(height);
    let transparent = matches!(pixels.channels, 2 | 4);
    if transparent {
        // The colors of transparent pixels must not bleed into their neighbours.
        MulDiv::new().multiply_alpha_inplace(&mut borrowed(&mut pixels)?).map_err(|_| PictureError::Broken)?;
    }
    shrink(&mut pixels, factor(width, height));
    let mut renditions = Vec::new();
    let mut resizer = Resizer::new();
    let mut smallest = None;
    for (size, side) in SIDES {
        let (to_width, to_height) = fitted(width, height, side);
        let mut resized = resize(&mut resizer, &mut pixels, to_width, to_height)?;
        if smallest.is_none() {
            smallest = Some(blurhash_of(&mut resizer, &mut resized)?);
        }
        if transparent {
            MulDiv::new().divide_alpha_inplace(&mut borrowed(&mut resized)?).map_err(|_| PictureError::Broken)?;
        }
        renditions.push((size, encode(&resized)?));
        if longest <= side {
            break;
        }
    }
    Ok(Rendered { renditions, blurhash: smallest.unwrap_or_default() })
}

/// The size of a picture whose longer side is at most `side` pixels.
fn fitted(width: u32, height: u32, side: u32) -> (u32, u32) {
    let longest = width.max(height);
    if longest <= side {
        return (width, height);
    }
    // Rounded; a side of at most 8,000 pixels is multiplied by at most 1,600.
    let scaled = |length: u32| ((length * side + longest / 2) / longest).max(1);
    (scaled(width), scaled(height))
}

fn borrowed(pixels: &mut Pixels) -> Result<Image<'_>, PictureError> {
    let kind = match pixels.channels {
        1 => PixelType::U8,
        2 => PixelType::U8x2,
        3 => PixelType::U8x3,
        _ => PixelType::U8x4,
    };
    Image::from_slice_u8(pixels.width, pixels.height, &mut pixels.data, kind).map_err(|_| PictureError::Broken)
}

/// Averages squares of `factor` pixels, in place: a resize of the whole picture would need much more memory and time. The last square
/// of a row or column may be smaller.
fn shrink(pixels: &mut Pixels, factor: u32) {
    if factor < 2 {
        return;
    }
    let (width, height, channels) = (pixels.width as usize, pixels.height as usize, pixels.channels);
    let factor = factor as usize;
    let (to_width, to_height) = (width.div_ceil(factor), height.div_ceil(factor));
    for y in 0..to_height {
        let rows = y * factor..height.min((y + 1) * factor);
        for x in 0..to_width {
            let columns = x * factor..width.min((x + 1) * factor);
            let count = (rows.len() * columns.len()) as u32;
            let mut sums = [count / 2; 4];
            for row in rows.clone() {
                let start = row * width;
                let samples = &pixels.data[(start + columns.start) * channels..(start + columns.end) * channels];
                for pixel in samples.chunks_exact(channels) {
                    for (sum, sample) in sums.iter_mut().zip(pixel) {
                        *sum += u32::from(*sample);
                    }
                }
            }
            // Never behind what is still to be read.
            let at = (y * to_width + x) * channels;
            for (sample, sum) in pixels.data[at..at + channels].iter_mut().zip(sums) {
                *sample = u8::try_from(sum / count).unwrap_or(u8::MAX);
            }
        }
    }
    pixels.data.truncate(to_width * to_height * channels);
    pixels.data.shrink_to_fit();
    pixels.width = to_width as u32;
    pixels.height = to_height as u32;
}

fn resize(resizer: &mut Resizer, pixels: &mut Pixels, width: u32, height: u32) -> Result<Pixels, PictureError> {
    let (channels, orientation) = (pixels.channels, pixels.orientation);
    let data = if (width, height) == (pixels.width, pixels.height) {
        pixels.data.clone()
    } else {
        let from = borrowed(pixels)?;
        let mut to = Image::new(width, height, from.pixel_type());
        // Alpha is multiplied before and divided after, in place.
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3)).use_alpha(false);
        resizer.resize(&from, &mut to, &options).map_err(|_| PictureError::Broken)?;
        to.into_vec()
    };
    Ok(Pixels { width, height, channels, data, orientation })
}

/// The samples of the upright picture with the given channels: 3 or 4.
fn upright(pixels: &Pixels, channels: usize) -> Vec<u8> {
    let (width, height) = pixels.upright_size();
    let mut upright = Vec::with_capacity(width as usize * height as usize * channels);
    let mut row = Vec::new();
    for y in 0..height {
        pixels.upright_row(y, &mut row);
        for pixel in row.chunks_exact(pixels.channels) {
            let (red, green, blue, alpha) = match *pixel {
                [gray] => (gray, gray, gray, u8::MAX),
                [gray, alpha] => (gray, gray, gray, alpha),
                [red, green, blue] => (red, green, blue, u8::MAX),
                [red, green, blue, alpha, ..] => (red, green, blue, alpha),
                [] => continue,
            };
            upright.extend_from_slice(&[red, green, blue, alpha][..channels]);
        }
    }
    upright
}

fn encode(pixels: &Pixels) -> Result<Picture, PictureError> {
    let (width, height) = pixels.upright_size();
    let upright;
    let encoded = if matches!(pixels.channels, 2 | 4) {
        upright = self::upright(pixels, 4);
        webp::Encoder::from_rgba(&upright, width, height).encode_simple(false, QUALITY)
    } else {
        upright = self::upright(pixels, 3);
        webp::Encoder::from_rgb(&upright, width, height).encode_simple(false, QUALITY)
    };
    let file = encoded.map_err(|_| PictureError::Broken)?;
    let file = PutPayload::from(Bytes::copy_from_slice(&file));
    Ok(Picture { file, content_type: "image/webp", extension: "webp", width, height })
}

/// The BlurHash of a picture whose colors are multiplied by alpha, on white.
fn blurhash_of(resizer: &mut Resizer, pixels: &mut Pixels) -> Result<String, PictureError> {
    let (width, height) = fitted(pixels.width, pixels.height, BLURHASH_SIDE);
    let small = resize(resizer, pixels, width, height)?;
    let (width, height) = small.upright_size();
    let mut upright = upright(&small, 4);
    for pixel in upright.chunks_exact_mut(4) {
        let white = u8::MAX - pixel[3];
        for sample in &mut pixel[..3] {
            *sample = sample.saturating_add(white);
        }
        pixel[3] = u8::MAX;
    }
    let (across, down) = BLURHASH_COMPONENTS;
    blurhash::encode(across, down, width, height, &upright).map_err(|_| PictureError::Broken)
}

#[cfg(test)]
mod tests {
    use super::super::header::Format;
    use super::super::picture::{MAX_PIXELS, MAX_SIDE, MEMORY};
    use super::*;
    use image::metadata::Orientation;

    fn pixels(width: u32, height: u32, channels: usize, at: impl Fn(u32, u32) -> [u8; 4]) -> Pixels {
        let all = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let data = all.flat_map(|(x, y)| at(x, y)[..channels].to_vec()).collect();
        Pixels { width, height, channels, data, orientation: Orientation::NoTransforms }
    }

    fn bytes(picture: &Picture) -> Vec<u8> {
        picture.file.iter().flat_map(|part| part.to_vec()).collect()
    }

    #[test]
    fn sizes_are_fitted_and_never_enlarged() {
        let sizes = |width, height| {
            let rendered = render(pixels(width, height, 3, |x, y| [x as u8, y as u8, 90, 0])).expect("it is rendered");
            let size = |(size, picture): &(ImageSize, Picture)| (size.as_str(), picture.width, picture.height);
            rendered.renditions.iter().map(size).collect::<Vec<_>>()
        };
        assert_eq!(sizes(2000, 1000), [("SMALL", 240, 120), ("MEDIUM", 800, 400), ("LARGE", 1600, 800)]);
        assert_eq!(sizes(1, 3300), [("SMALL", 1, 240), ("MEDIUM", 1, 800), ("LARGE", 1, 1600)]);
        assert_eq!(sizes(900, 899), [("SMALL", 240, 240), ("MEDIUM", 800, 799), ("LARGE", 900, 899)]);
        assert_eq!(sizes(800, 10), [("SMALL", 240, 3), ("MEDIUM", 800, 10)]);
        assert_eq!(sizes(240, 240), [("SMALL", 240, 240)]);
        assert_eq!(sizes(1, 1), [("SMALL", 1, 1)]);
    }

    #[test]
    fn every_number_of_channels_and_orientation_is_rendered_upright() {
        for channels in 1..=4 {
            // Bright on the left, dark on the right; the right half is transparent if there is alpha.
            let bright = |x: u32| if x < 200 { 250 } else { 10 };
            let alpha = |x: u32| if x < 200 { 255 } else { 0 };
            let mut picture = pixels(400, 200, channels, |x, _| match channels {
                2 => [bright(x), alpha(x), 0, 0],
                _ => [bright(x), bright(x), bright(x), alpha(x)],
            });
            picture.orientation = Orientation::Rotate90;
            let rendered = render(picture).expect("it is rendered");
            let (_, small) = &rendered.renditions[0];
            assert_eq!((small.width, small.height), (120, 240), "{channels}");
            let found = image::load_from_memory(&bytes(small)).expect("a WebP").to_rgba8();
            // Turned clockwise, the left is at the top.
            let (top, bottom) = (found.get_pixel(60, 20).0, found.get_pixel(60, 220).0);
            assert!(top[0] > 240 && top[3] == 255, "{channels}: {top:?}");
            if matches!(channels, 2 | 4) {
                assert_eq!(bottom[3], 0, "{channels}");
            } else {
                assert!(bottom[0] < 20 && bottom[3] == 255, "{channels}: {bottom:?}");
            }
            let decoded = blurhash::decode(&rendered.blurhash, 12, 24, 1.0).expect("a BlurHash");
            let row = |y: usize| decoded[(y * 12 + 6) * 4];
            assert_eq!(rendered.blurhash.len(), 28);
            assert!(row(2) > 180, "{channels}: {}", row(2));
            assert!(if matches!(channels, 2 | 4) { row(21) > 180 } else { row(21) < 90 }, "{channels}: {}", row(21));
        }
    }

    #[test]
    fn colors_of_transparent_pixels_do_not_bleed() {
        // Transparent green around a red square: the edge of the rendition must be red, not brown.
        let inside = |at: u32| (200..600).contains(&at);
        let picture = pixels(1000, 1000, 4, |x, y| if inside(x) && inside(y) { [220, 0, 0, 255] } else { [0, 255, 0, 0] });
        let rendered = render(picture).expect("it is rendered");
        let found = image::load_from_memory(&bytes(&rendered.renditions[1].1)).expect("a WebP").to_rgba8();
        for pixel in found.pixels().filter(|pixel| pixel[3] > 40) {
            assert!(pixel[0] > 150 && pixel[1] < 60, "{pixel:?}");
        }
    }

    #[test]
    fn a_picture_is_shrunk_by_averages() {
        let mut picture = pixels(5, 3, 1, |x, y| [(x * 10 + y * 50) as u8, 0, 0, 0]);
        shrink(&mut picture, 2);
        assert_eq!((picture.width, picture.height), (3, 2));
        // The last column and row are averaged alone.
        assert_eq!(picture.data, [30, 50, 65, 105, 125, 140]);
        let large = render(pixels(4801, 3203, 3, |x, _| if x < 2400 { [255, 0, 0, 0] } else { [0, 0, 255, 0] }));
        let large = large.expect("it is rendered");
        let found = image::load_from_memory(&bytes(&large.renditions[2].1)).expect("a WebP").to_rgb8();
        assert_eq!(found.dimensions(), (1600, 1067));
        assert!(found.get_pixel(780, 500)[0] > 230 && found.get_pixel(820, 500)[2] > 230);
    }

    #[test]
    fn every_accepted_picture_can_be_rendered_within_the_budget() {
        for (width, height) in [(MAX_SIDE, 5000), (6324, 6324), (3199, 3199), (1599, 1599), (3200, 3200), (1, 8000), (8000, 1)] {
            assert!(u64::from(width) * u64::from(height) <= MAX_PIXELS);
            let header = Header { format: Format::Jpeg, width, height, length: 0, memory: 0 };
            assert!(memory(&header) <= MEMORY, "{width} x {height}: {}", memory(&header));
        }
    }
}
