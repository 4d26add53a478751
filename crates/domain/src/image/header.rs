//! File headers: whether a picture is complete, and how much memory decoding needs, before anything is decoded.

use super::picture::{MAX_LOSSLESS_WEBP, MAX_PIXELS, MAX_SIDE, MAX_WEBP_PIXELS, MEMORY, PictureError};
use image_webp::WebPDecoder;
use std::io::Cursor;

/// Memory for row buffers, encoder tables and color profile tables.
const OVERHEAD: u64 = 4 * 1024 * 1024;
/// Bytes of decoding tables per byte of a lossless WebP: eleven bytes can ask for a table of 4 KiB.
const LOSSLESS_TABLES: u64 = 400;

/// File formats that are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Jpeg,
    Png,
    WebP,
}

/// The header of an accepted picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) format: Format,
    pub(super) width: u32,
    pub(super) height: u32,
    /// Length of the picture in the file; a WebP states its length, and bytes after it are ignored.
    pub(super) length: usize,
    /// Maximum number of bytes for decoding, rotating, converting and encoding at once, without the file and the result.
    pub(super) memory: u64,
}

/// Reads the header, and follows the structure of the file to its end. Refuses truncated files, and those that exceed a limit.
pub(super) fn inspect(bytes: &[u8]) -> Result<Header, PictureError> {
    let header = match bytes {
        [0xFF, 0xD8, ..] => jpeg(bytes),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => png(bytes),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => webp(bytes),
        _ => Err(PictureError::NotAPicture),
    }?;
    let (width, height) = (header.width, header.height);
    if width > MAX_SIDE || height > MAX_SIDE || pixels(width, height) > MAX_PIXELS {
        return Err(PictureError::TooLarge { width, height });
    }
    if header.memory > MEMORY {
        return Err(PictureError::TooCostly { memory: header.memory });
    }
    Ok(header)
}

fn pixels(width: u32, height: u32) -> u64 {
    u64::from(width) * u64::from(height)
}

/// The segments of a JPEG (ITU-T T.81, annex B): the frame header gives the size, and the file must continue to its end marker.
fn jpeg(bytes: &[u8]) -> Result<Header, PictureError> {
    let mut frame: Option<Frame> = None;
    let mut single_scan = None;
    let mut rest = bytes.get(2..).ok_or(PictureError::Broken)?;
    loop {
        // Up to the next marker: past fill bytes, and past the coded data of a scan, in which 0xFF 0x00 is a byte and not a
        // marker.
        let start =
            rest.windows(2).position(|pair| pair[0] == 0xFF && !matches!(pair[1], 0x00 | 0xFF)).ok_or(PictureError::Broken)?;
        let marker = rest[start + 1];
        rest = &rest[start + 2..];
        let body = match marker {
            0xD9 => break,
            // Markers without a body: SOI, RSTn, TEM.
            0xD8 | 0xD0..=0xD7 | 0x01 => continue,
            _ => {
                let length = usize::from(number_16(rest, 0)?);
                let body = rest.get(2..length).ok_or(PictureError::Broken)?;
                rest = &rest[length..];
                body
            }
        };
        match marker {
            0xC4 | 0xC8 | 0xCC => {}
            // A second frame would invalidate the size of the first one.
            0xC0..=0xCF if frame.is_some() => return Err(PictureError::Broken),
            0xC0..=0xCF => frame = Some(Frame::read(marker, body)?),
            0xDA if single_scan.is_none() => {
                let frame = frame.as_ref().ok_or(PictureError::Broken)?;
                single_scan = Some(body.first().map(|count| usize::from(*count)) == Some(frame.components.len()));
            }
            _ => {}
        }
    }
    let (Some(frame), Some(single_scan)) = (frame, single_scan) else { return Err(PictureError::Broken) };
    let channels = if frame.components.len() == 1 { 1 } else { 3 };
    let mut memory = pixels(frame.width, frame.height) * channels + OVERHEAD;
    // Several scans are assembled from coefficients of 16 bits; a single scan is decoded strip by strip.
    if frame.progressive || !single_scan {
        memory += 2 * frame.coefficients();
    }
    Ok(Header { format: Format::Jpeg, width: frame.width, height: frame.height, length: bytes.len(), memory })
}

struct Frame {
    width: u32,
    height: u32,
    progressive: bool,
    /// Horizontal and vertical sampling factors.
    components: Vec<(u64, u64)>,
}

impl Frame {
    fn read(marker: u8, body: &[u8]) -> Result<Self, PictureError> {
        // Baseline, extended and progressive DCT, Huffman coded, 8 bits: what the decoder supports.
        if !(0xC0..=0xC2).contains(&marker) || body.first() != Some(&8) {
            return Err(PictureError::Broken);
        }
        let (height, width) = (number_16(body, 1)?, number_16(body, 3)?);
        let count = usize::from(*body.get(5).ok_or(PictureError::Broken)?);
        let components: Vec<_> =
            body[6..].chunks_exact(3).take(count).map(|c| (u64::from(c[1] >> 4), u64::from(c[1] & 15))).collect();
        let sampled = components.iter().all(|(h, v)| (1..=4).contains(h) && (1..=4).contains(v));
        if width == 0 || height == 0 || components.len() != count || !(1..=4).contains(&count) || !sampled {
            return Err(PictureError::Broken);
        }
        Ok(Self { width: width.into(), height: height.into(), progressive: marker == 0xC2, components })
    }

    /// Number of coefficients of all components, each padded to whole blocks of the picture.
    fn coefficients(&self) -> u64 {
        let most = |of: fn(&(u64, u64)) -> u64| self.components.iter().map(of).max().unwrap_or(1);
        let (across, down) = (most(|c| c.0), most(|c| c.1));
        let blocks = u64::from(self.width).div_ceil(8 * across) * u64::from(self.height).div_ceil(8 * down);
        self.components.iter().map(|(h, v)| blocks * h * v * 64).sum()
    }
}

/// The chunks of a PNG (<https://www.w3.org/TR/png-3/>), up to IEND. The decoder makes 8 bits of every sample, row by row.
fn png(bytes: &[u8]) -> Result<Header, PictureError> {
    let (mut size, mut transparent) = (None, false);
    let mut rest = &bytes[8..];
    loop {
        let length = usize::try_from(number_32(rest, 0)?).map_err(|_| PictureError::Broken)?;
        let kind = rest.get(4..8).ok_or(PictureError::Broken)?;
        let end = length.checked_add(12).ok_or(PictureError::Broken)?;
        let data = rest.get(8..end - 4).ok_or(PictureError::Broken)?;
        // The slice includes the checksum of the chunk.
        let next = rest.get(end..).ok_or(PictureError::Broken)?;
        match kind {
            b"IHDR" => size = Some((number_32(data, 0)?, number_32(data, 4)?, *data.get(9).ok_or(PictureError::Broken)?)),
            b"tRNS" => transparent = true,
            b"IEND" => break,
            _ => {}
        }
        rest = next;
    }
    let (width, height, color) = size.ok_or(PictureError::Broken)?;
    if width == 0 || height == 0 {
        return Err(PictureError::Broken);
    }
    let channels = match color {
        0 => 1 + u64::from(transparent),
        2 | 3 => 3 + u64::from(transparent),
        4 => 2,
        6 => 4,
        _ => return Err(PictureError::Broken),
    };
    let memory = pixels(width, height).saturating_mul(channels).saturating_add(OVERHEAD);
    Ok(Header { format: Format::Png, width, height, length: bytes.len(), memory })
}

/// The chunks of a WebP (RFC 9649), and the memory that `image-webp` needs for each kind.
fn webp(bytes: &[u8]) -> Result<Header, PictureError> {
    let end = little_endian(bytes, 4)? + 8;
    let bytes = usize::try_from(end).ok().and_then(|end| bytes.get(..end)).ok_or(PictureError::Broken)?;
    let (mut at, mut lossless) = (12u64, 0u64);
    while at + 8 <= end {
        let start = usize::try_from(at).map_err(|_| PictureError::Broken)?;
        let (kind, length) = (bytes.get(start..start + 4).ok_or(PictureError::Broken)?, little_endian(bytes, start + 4)?);
        // The frames of an animation have chunks of their own; only the first frame is decoded, but any could be lossless.
        match kind {
            b"ANMF" if bytes.get(start + 24..start + 28) == Some(b"VP8 ") => {}
            b"VP8L" | b"ALPH" | b"ANMF" => lossless = lossless.max(length),
            _ => {}
        }
        at += 8 + length + length % 2;
    }
    if at > end + 1 {
        return Err(PictureError::Broken);
    }
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(|_| PictureError::Broken)?;
    let (width, height) = decoder.dimensions();
    let pixels = pixels(width, height);
    let channels = if decoder.has_alpha() { 4 } else { 3 };
    let decoding = match (decoder.is_animated(), decoder.is_lossy(), decoder.has_alpha()) {
        // Color planes, the frame, its transparency, the canvas.
        (true, ..) => 14,
        // Color planes of 12 bits for each pixel, padded to whole blocks, and the transparency as a picture of its own.
        (false, true, true) => 2 + 5,
        (false, true, false) => 2,
        // Transformed in place with transparency, else in four channels that become three.
        (false, false, true) => 1,
        (false, false, false) => 1 + 4,
    };
    // If it stays a WebP, rotating and encoding make a copy each, and the file grows by doubling. Otherwise it is encoded in
    // place.
    let encoding = if decoder.has_alpha() && pixels <= MAX_WEBP_PIXELS { 4 + 4 + 12 } else { 0 };
    if lossless > MAX_LOSSLESS_WEBP {
        return Err(PictureError::TooLossless { bytes: lossless });
    }
    let memory = pixels.saturating_mul(channels + std::cmp::max(decoding, encoding)) + lossless * LOSSLESS_TABLES + OVERHEAD;
    Ok(Header { format: Format::WebP, width, height, length: bytes.len(), memory })
}

fn little_endian(bytes: &[u8], at: usize) -> Result<u64, PictureError> {
    number_32(bytes, at).map(u32::swap_bytes).map(u64::from)
}

fn number_16(bytes: &[u8], at: usize) -> Result<u16, PictureError> {
    let bytes = bytes.get(at..at + 2).and_then(|bytes| bytes.try_into().ok()).ok_or(PictureError::Broken)?;
    Ok(u16::from_be_bytes(bytes))
}

fn number_32(bytes: &[u8], at: usize) -> Result<u32, PictureError> {
    let bytes = bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).ok_or(PictureError::Broken)?;
    Ok(u32::from_be_bytes(bytes))
}
