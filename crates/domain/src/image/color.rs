//! Conversion of other color spaces to sRGB, which browsers assume for pictures without a profile.

use super::pixels::Pixels;
use moxcms::{
    CicpColorPrimaries, CicpProfile, ColorProfile, DataColorSpace, Layout, MatrixCoefficients, ParsingOptions,
    TransferCharacteristics, TransformOptions,
};

/// Larger profiles are ignored, as damaged ones are. Profiles of printers have a few megabytes.
const MAX_PROFILE_SIZE: usize = 4 * 1024 * 1024;

/// The color space of a picture.
pub(super) enum Profile {
    /// An ICC profile.
    Icc(Vec<u8>),
    /// Code points of ITU-T H.273, used by PNG and video.
    CodePoints(Box<CicpProfile>),
}

impl Profile {
    /// `None` for unknown code points.
    pub(super) fn from_code_points(primaries: u8, transfer: u8) -> Option<Self> {
        Some(Self::CodePoints(Box::new(CicpProfile {
            color_primaries: CicpColorPrimaries::try_from(primaries).ok()?,
            transfer_characteristics: TransferCharacteristics::try_from(transfer).ok()?,
            matrix_coefficients: MatrixCoefficients::Identity,
            full_range: true,
        })))
    }

    fn parse(&self) -> Option<ColorProfile> {
        match self {
            Self::Icc(bytes) => {
                let options = ParsingOptions { max_profile_size: MAX_PROFILE_SIZE, ..ParsingOptions::default() };
                ColorProfile::new_from_slice_with_options(bytes, options).ok()
            }
            Self::CodePoints(points) => Some(ColorProfile::new_from_cicp(**points)),
        }
    }
}

/// Converts a picture in place, row by row. A picture with a damaged profile, or one of another color model, is left unchanged.
pub(super) fn to_srgb(pixels: &mut Pixels, profile: &Profile) {
    let Some(from) = profile.parse() else { return };
    let (kind, layout, converted) = match pixels.channels {
        1 => (DataColorSpace::Gray, Layout::Gray, Layout::Rgb),
        2 => (DataColorSpace::Gray, Layout::GrayAlpha, Layout::Rgba),
        3 => (DataColorSpace::Rgb, Layout::Rgb, Layout::Rgb),
        _ => (DataColorSpace::Rgb, Layout::Rgba, Layout::Rgba),
    };
    if from.color_space != kind {
        return;
    }
    let to = ColorProfile::new_srgb();
    let Ok(transform) = from.create_transform_8bit(layout, &to, converted, TransformOptions::default()) else { return };
    let width = pixels.width as usize;
    let mut row = vec![0; width * converted.channels()];
    for line in pixels.data.chunks_exact_mut(width * pixels.channels) {
        if transform.transform(line, &mut row).is_err() {
            return;
        }
        match pixels.channels {
            1 | 2 => {
                // The transform turned gray into three equal samples.
                for (sample, converted) in line.chunks_exact_mut(pixels.channels).zip(row.chunks_exact(converted.channels())) {
                    sample[0] = converted[0];
                }
            }
            _ => {
                for (sample, converted) in line.chunks_exact_mut(pixels.channels).zip(row.chunks_exact(pixels.channels)) {
                    // The alpha sample is left unchanged.
                    sample[..3].copy_from_slice(&converted[..3]);
                }
            }
        }
    }
}
