//! Draws product images: a few shapes, drawn small, then enlarged, blurred and encoded as JPEG.

use crate::demo::random::Random;
use crate::demo::words::Motif;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, Rgb, RgbImage};

/// Width and height, in pixels.
pub(super) const SIDE: u32 = 800;
/// Width and height of the drawing before it is enlarged, in pixels.
const DRAWN: u32 = 256;
const QUALITY: u8 = 82;

/// Position and size of a shape, in percent of the image.
#[derive(Clone, Copy)]
enum Shape {
    Ellipse { x: f32, y: f32, rx: f32, ry: f32 },
    Rect { x: f32, y: f32, w: f32, h: f32, round: f32 },
    Ring { x: f32, y: f32, rx: f32, ry: f32, width: f32 },
}

use Shape::{Ellipse, Rect, Ring};

/// Draws an image and returns it as JPEG. The same seed draws the same image.
pub(super) fn draw(motif: Motif, colours: [[u8; 3]; 3], seed: u64) -> Result<Vec<u8>, image::ImageError> {
    let mut random = Random::new(seed);
    let [back, object, detail] = colours.map(|colour| vary(colour, &mut random));
    let mut canvas = background(back, &mut random);
    paint(&mut canvas, &Ellipse { x: 50.0, y: 84.0, rx: 30.0, ry: 4.0 }, [0, 0, 0], 0.18);
    let scale = 0.9 + to_float(random.between(0, 20)) / 100.0;
    for (shape, colour, alpha) in shapes(motif, object, detail) {
        paint(&mut canvas, &scaled(shape, scale), colour, alpha);
    }
    let large = DynamicImage::from(canvas).resize_exact(SIDE, SIDE, FilterType::CatmullRom);
    let mut bytes = Vec::new();
    large.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, QUALITY))?;
    Ok(bytes)
}

/// The shapes of the motif, from back to front.
fn shapes(motif: Motif, object: [u8; 3], detail: [u8; 3]) -> Vec<(Shape, [u8; 3], f32)> {
    let dark = object.map(|part| part / 3 * 2);
    let light = object.map(|part| part.saturating_add(40));
    let solid = |shape, colour| (shape, colour, 1.0);
    let rect = |x, y, w, h, round| Rect { x, y, w, h, round };
    let ellipse = |x, y, rx, ry| Ellipse { x, y, rx, ry };
    match motif {
        Motif::Cup => vec![
            solid(Ring { x: 70.0, y: 58.0, rx: 12.0, ry: 12.0, width: 4.0 }, dark),
            solid(rect(30.0, 42.0, 38.0, 38.0, 12.0), object),
            solid(ellipse(49.0, 43.0, 19.0, 5.0), detail),
            solid(ellipse(49.0, 43.5, 16.0, 3.6), dark),
            (rect(42.0, 20.0, 2.5, 14.0, 1.2), detail, 0.6),
            (rect(50.0, 16.0, 2.5, 18.0, 1.2), detail, 0.6),
            (rect(58.0, 22.0, 2.5, 12.0, 1.2), detail, 0.6),
        ],
        Motif::Jar => vec![
            solid(rect(30.0, 32.0, 40.0, 50.0, 9.0), object),
            (rect(34.0, 36.0, 5.0, 42.0, 2.5), light, 0.7),
            solid(rect(33.0, 22.0, 34.0, 11.0, 3.0), dark),
            solid(rect(36.0, 48.0, 28.0, 20.0, 2.0), detail),
            solid(rect(40.0, 53.0, 20.0, 2.0, 1.0), object),
            solid(rect(43.0, 59.0, 14.0, 2.0, 1.0), object),
        ],
        Motif::Plate => vec![
            solid(ellipse(50.0, 54.0, 36.0, 30.0), object),
            solid(ellipse(50.0, 53.0, 33.0, 27.0), detail),
            solid(Ring { x: 50.0, y: 53.0, rx: 24.0, ry: 19.0, width: 1.2 }, object),
            (ellipse(44.0, 46.0, 9.0, 5.0), [255, 255, 255], 0.35),
        ],
        Motif::Vase => vec![
            solid(rect(48.5, 12.0, 2.0, 36.0, 1.0), [86, 120, 74]),
            solid(ellipse(43.0, 22.0, 6.0, 3.2), [104, 140, 86]),
            solid(ellipse(57.0, 16.0, 6.5, 3.2), [96, 132, 80]),
            solid(ellipse(55.0, 29.0, 5.5, 3.0), [110, 148, 92]),
            solid(rect(44.0, 42.0, 12.0, 20.0, 4.0), object),
            solid(ellipse(50.0, 67.0, 19.0, 16.0), object),
            (ellipse(43.0, 62.0, 5.0, 9.0), light, 0.6),
            solid(rect(31.5, 66.0, 37.0, 2.4, 1.0), detail),
        ],
        Motif::Candle => vec![
            (ellipse(50.0, 26.0, 22.0, 22.0), object, 0.18),
            (ellipse(50.0, 26.0, 13.0, 14.0), object, 0.3),
            solid(rect(39.0, 44.0, 22.0, 40.0, 4.0), detail),
            solid(ellipse(50.0, 45.0, 11.0, 3.0), light),
            solid(rect(49.2, 36.0, 1.6, 9.0, 0.5), [40, 34, 30]),
            solid(ellipse(50.0, 29.0, 4.2, 9.0), [255, 190, 84]),
            solid(ellipse(50.0, 32.0, 2.2, 5.0), [255, 246, 214]),
        ],
        Motif::Shirt => vec![
            solid(rect(14.0, 28.0, 24.0, 18.0, 6.0), dark),
            solid(rect(62.0, 28.0, 24.0, 18.0, 6.0), dark),
            solid(rect(28.0, 24.0, 44.0, 58.0, 6.0), object),
            solid(ellipse(50.0, 25.0, 10.0, 7.0), dark),
            solid(ellipse(50.0, 23.5, 8.5, 5.5), detail),
            (rect(34.0, 34.0, 4.0, 44.0, 2.0), light, 0.3),
            (rect(57.0, 40.0, 9.0, 10.0, 1.5), dark, 0.6),
        ],
        Motif::Bag => vec![
            solid(Ring { x: 50.0, y: 38.0, rx: 17.0, ry: 22.0, width: 3.6 }, dark),
            solid(rect(24.0, 38.0, 52.0, 45.0, 7.0), object),
            solid(rect(24.0, 38.0, 52.0, 20.0, 7.0), dark),
            solid(rect(46.0, 53.0, 8.0, 9.0, 2.0), detail),
            (rect(28.0, 62.0, 44.0, 1.0, 0.5), detail, 0.7),
            (rect(28.0, 78.0, 44.0, 1.0, 0.5), detail, 0.7),
        ],
        Motif::Ring => vec![
            solid(Ring { x: 50.0, y: 60.0, rx: 24.0, ry: 24.0, width: 5.0 }, object),
            (Ring { x: 50.0, y: 60.0, rx: 22.5, ry: 22.5, width: 1.2 }, [255, 255, 255], 0.6),
            solid(ellipse(50.0, 34.0, 11.0, 9.5), light),
            solid(ellipse(50.0, 33.0, 9.0, 7.8), detail),
            (ellipse(47.0, 30.5, 3.0, 2.0), [255, 255, 255], 0.8),
        ],
        Motif::Notebook => vec![
            solid(rect(29.0, 19.0, 46.0, 64.0, 3.0), detail),
            solid(rect(26.0, 17.0, 46.0, 64.0, 3.0), object),
            solid(rect(26.0, 17.0, 8.0, 64.0, 3.0), dark),
            solid(rect(41.0, 30.0, 24.0, 14.0, 1.5), detail),
            solid(rect(45.0, 34.5, 16.0, 1.6, 0.8), object),
            solid(rect(48.0, 38.5, 10.0, 1.6, 0.8), object),
        ],
        Motif::Screen => vec![
            solid(rect(15.0, 22.0, 70.0, 56.0, 5.0), detail),
            solid(rect(15.0, 22.0, 70.0, 10.0, 5.0), object),
            solid(ellipse(21.0, 27.0, 1.8, 1.8), [255, 120, 110]),
            solid(ellipse(27.0, 27.0, 1.8, 1.8), [255, 206, 100]),
            solid(ellipse(33.0, 27.0, 1.8, 1.8), [120, 214, 140]),
            solid(rect(21.0, 38.0, 34.0, 9.0, 4.0), [206, 212, 226]),
            solid(rect(43.0, 51.0, 36.0, 9.0, 4.0), object),
            solid(rect(21.0, 64.0, 28.0, 9.0, 4.0), [206, 212, 226]),
        ],
    }
}

/// Scales a shape around the centre of the image.
fn scaled(shape: Shape, by: f32) -> Shape {
    let at = |v: f32| 50.0 + (v - 50.0) * by;
    match shape {
        Ellipse { x, y, rx, ry } => Ellipse { x: at(x), y: at(y), rx: rx * by, ry: ry * by },
        Rect { x, y, w, h, round } => Rect { x: at(x), y: at(y), w: w * by, h: h * by, round: round * by },
        Ring { x, y, rx, ry, width } => Ring { x: at(x), y: at(y), rx: rx * by, ry: ry * by, width: width * by },
    }
}

/// Varies the brightness, so that products look different.
fn vary(colour: [u8; 3], random: &mut Random) -> [u8; 3] {
    colour.map(|part| to_byte(f32::from(part) + to_float(random.between(-16, 16))))
}

/// Draws the background: a gradient with a light disc behind the motif.
fn background(colour: [u8; 3], random: &mut Random) -> RgbImage {
    let tilt = to_float(random.between(-40, 40)) / 100.0;
    let side = to_float(i32::try_from(DRAWN).unwrap_or(1));
    let mut canvas = RgbImage::from_fn(DRAWN, DRAWN, |x, y| {
        let (x, y) = (to_float(i32::try_from(x).unwrap_or(0)) / side, to_float(i32::try_from(y).unwrap_or(0)) / side);
        let light = 24.0 * (1.0 - y + tilt * x) - 10.0;
        Rgb(colour.map(|part| to_byte(f32::from(part) + light)))
    });
    let x = to_float(random.between(42, 58));
    paint(&mut canvas, &Ellipse { x, y: 48.0, rx: 40.0, ry: 40.0 }, [255, 255, 255], 0.12);
    canvas
}

/// Draws a shape with an antialiased edge of one pixel.
fn paint(canvas: &mut RgbImage, shape: &Shape, colour: [u8; 3], alpha: f32) {
    let unit = to_float(i32::try_from(DRAWN).unwrap_or(1)) / 100.0;
    let (left, top, right, bottom) = bounds(shape);
    let pixel = |v: f32| to_pixel(v * unit);
    for y in pixel(top)..=pixel(bottom + 1.0) {
        for x in pixel(left)..=pixel(right + 1.0) {
            let (px, py) = (to_float(i32::try_from(x).unwrap_or(0)) / unit, to_float(i32::try_from(y).unwrap_or(0)) / unit);
            let cover = (0.5 - distance(shape, px, py) * unit).clamp(0.0, 1.0) * alpha;
            if cover > 0.0
                && let Some(found) = canvas.get_pixel_mut_checked(x, y)
            {
                for (under, over) in found.0.iter_mut().zip(colour) {
                    *under = to_byte(f32::from(*under) * (1.0 - cover) + f32::from(over) * cover);
                }
            }
        }
    }
}

fn bounds(shape: &Shape) -> (f32, f32, f32, f32) {
    match *shape {
        Ellipse { x, y, rx, ry } => (x - rx, y - ry, x + rx, y + ry),
        Rect { x, y, w, h, .. } => (x, y, x + w, y + h),
        Ring { x, y, rx, ry, width } => (x - rx - width, y - ry - width, x + rx + width, y + ry + width),
    }
}

/// Distance of a point from the shape, in percent of the image; negative inside.
fn distance(shape: &Shape, px: f32, py: f32) -> f32 {
    let from_ellipse = |x: f32, y: f32, rx: f32, ry: f32| (((px - x) / rx).hypot((py - y) / ry) - 1.0) * rx.min(ry);
    match *shape {
        Ellipse { x, y, rx, ry } => from_ellipse(x, y, rx, ry),
        Ring { x, y, rx, ry, width } => from_ellipse(x, y, rx, ry).abs() - width / 2.0,
        Rect { x, y, w, h, round } => {
            let (dx, dy) = ((px - x - w / 2.0).abs() - w / 2.0 + round, (py - y - h / 2.0).abs() - h / 2.0 + round);
            dx.max(0.0).hypot(dy.max(0.0)) + dx.max(dy).min(0.0) - round
        }
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range before")]
fn to_byte(value: f32) -> u8 {
    value.clamp(0.0, 255.0) as u8
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range before")]
fn to_pixel(value: f32) -> u32 {
    value.clamp(0.0, 10_000.0) as u32
}

#[allow(clippy::cast_precision_loss, reason = "small numbers")]
fn to_float(value: i32) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_a_jpeg_and_the_same_each_time() {
        let colours = [[200, 210, 220], [90, 60, 40], [250, 250, 250]];
        let first = draw(Motif::Cup, colours, 7).expect("a picture");
        assert!(first.starts_with(&[0xff, 0xd8]));
        assert_eq!(first, draw(Motif::Cup, colours, 7).expect("a picture"));
        assert_ne!(first, draw(Motif::Cup, colours, 8).expect("a picture"));
        let read = image::load_from_memory(&first).expect("it can be read");
        assert_eq!((read.width(), read.height()), (SIDE, SIDE));
    }
}
