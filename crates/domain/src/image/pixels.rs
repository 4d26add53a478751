//! A decoded picture, and reading it upright without a copy.

use image::metadata::Orientation;
use image::{GenericImageView, Luma, Pixel, Rgb};
use std::marker::PhantomData;

/// A picture with 8 bits per sample: gray, gray and alpha, RGB, or RGB and alpha.
pub(super) struct Pixels {
    /// Width as stored, before rotation.
    pub(super) width: u32,
    pub(super) height: u32,
    /// 1 to 4.
    pub(super) channels: usize,
    pub(super) data: Vec<u8>,
    pub(super) orientation: Orientation,
}

impl Pixels {
    /// Width and height of the upright picture.
    pub(super) fn upright_size(&self) -> (u32, u32) {
        use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
        match self.orientation {
            Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH => (self.height, self.width),
            _ => (self.width, self.height),
        }
    }

    /// The samples of a pixel of the upright picture.
    pub(super) fn at(&self, x: u32, y: u32) -> &[u8] {
        let (right, bottom) = (self.width - 1, self.height - 1);
        let (x, y) = match self.orientation {
            Orientation::NoTransforms => (x, y),
            Orientation::FlipHorizontal => (right - x, y),
            Orientation::Rotate180 => (right - x, bottom - y),
            Orientation::FlipVertical => (x, bottom - y),
            Orientation::Rotate90 => (y, bottom - x),
            Orientation::Rotate270 => (right - y, x),
            Orientation::Rotate90FlipH => (y, x),
            Orientation::Rotate270FlipH => (right - y, bottom - x),
        };
        // At most 40 million pixels.
        let start = (y as usize * self.width as usize + x as usize) * self.channels;
        &self.data[start..start + self.channels]
    }

    /// Fills `row` with a row of the upright picture.
    pub(super) fn upright_row(&self, y: u32, row: &mut Vec<u8>) {
        row.clear();
        for x in 0..self.upright_size().0 {
            row.extend_from_slice(self.at(x, y));
        }
    }

    /// A view for the JPEG encoder, which reads blocks: upright, without the alpha samples.
    pub(super) fn view<P>(&self) -> View<'_, P> {
        View { pixels: self, pixel: PhantomData }
    }
}

/// See [`Pixels::view`].
pub(super) struct View<'a, P> {
    pixels: &'a Pixels,
    pixel: PhantomData<P>,
}

impl GenericImageView for View<'_, Rgb<u8>> {
    type Pixel = Rgb<u8>;

    fn dimensions(&self) -> (u32, u32) {
        self.pixels.upright_size()
    }

    fn get_pixel(&self, x: u32, y: u32) -> Rgb<u8> {
        *Rgb::from_slice(&self.pixels.at(x, y)[..3])
    }
}

impl GenericImageView for View<'_, Luma<u8>> {
    type Pixel = Luma<u8>;

    fn dimensions(&self) -> (u32, u32) {
        self.pixels.upright_size()
    }

    fn get_pixel(&self, x: u32, y: u32) -> Luma<u8> {
        *Luma::from_slice(&self.pixels.at(x, y)[..1])
    }
}
