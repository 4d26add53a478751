//! From the bytes of a file to UTF-8 with line feeds.

use super::entry::LineProblem;
use encoding_rs::{DecoderResult, Encoding, UTF_8};
use souk_core::error::Code;
use std::io::{self, BufWriter, Write};

/// Bytes that are decoded at once.
const CHUNK: usize = 16 * 1024;

/// Why a file could not be decoded.
#[derive(Debug)]
pub(super) enum DecodeError {
    Malformed(LineProblem),
    Io(io::Error),
}

impl From<io::Error> for DecodeError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Decodes UTF-8 with or without a byte order mark, and UTF-16 with one. CR and CRLF become LF, and the last line has one, too.
pub(super) struct Decoder<W: Write> {
    to: BufWriter<W>,
    /// Absent until the first three bytes are known.
    decoder: Option<encoding_rs::Decoder>,
    first: Vec<u8>,
    after_cr: bool,
    /// Whether the last line has no end yet.
    is_open: bool,
    line: u32,
}

impl<W: Write> Decoder<W> {
    pub(super) fn new(to: W) -> Self {
        Self { to: BufWriter::new(to), decoder: None, first: Vec::new(), after_cr: false, is_open: false, line: 1 }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), DecodeError> {
        if self.decoder.is_some() {
            return self.decode(bytes, false);
        }
        self.first.extend_from_slice(bytes);
        if self.first.len() < 3 {
            return Ok(());
        }
        self.begin(false)
    }

    pub(super) fn finish(mut self) -> Result<W, DecodeError> {
        if self.decoder.is_none() {
            self.begin(true)?;
        } else {
            self.decode(&[], true)?;
        }
        if self.is_open {
            self.to.write_all(b"\n")?;
        }
        self.to.into_inner().map_err(|error| DecodeError::Io(error.into_error()))
    }

    fn begin(&mut self, last: bool) -> Result<(), DecodeError> {
        let first = std::mem::take(&mut self.first);
        let (encoding, mark) = Encoding::for_bom(&first).unwrap_or((UTF_8, 0));
        self.decoder = Some(encoding.new_decoder_without_bom_handling());
        self.decode(first.get(mark..).unwrap_or_default(), last)
    }

    fn decode(&mut self, mut bytes: &[u8], last: bool) -> Result<(), DecodeError> {
        let mut text = vec![0; CHUNK];
        loop {
            let Some(decoder) = &mut self.decoder else { return Ok(()) };
            let (result, read, written) = decoder.decode_to_utf8_without_replacement(bytes, &mut text, last);
            bytes = bytes.get(read..).unwrap_or_default();
            let decoded = text.get(..written).unwrap_or_default().to_vec();
            self.write(&decoded)?;
            match result {
                DecoderResult::InputEmpty => return Ok(()),
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => {
                    let message = "The line is not UTF-8; save the file as \"CSV UTF-8\".";
                    return Err(DecodeError::Malformed(LineProblem::of_line(self.line, Code::InvalidFile, message)));
                }
            }
        }
    }

    fn write(&mut self, text: &[u8]) -> io::Result<()> {
        for part in text.split_inclusive(|byte| matches!(byte, b'\r' | b'\n')) {
            let (body, end) = match part.split_last() {
                Some((end @ (b'\r' | b'\n'), body)) => (body, Some(*end)),
                _ => (part, None),
            };
            let completes_crlf = self.after_cr && body.is_empty() && end == Some(b'\n');
            self.after_cr = false;
            if completes_crlf {
                continue;
            }
            self.to.write_all(body)?;
            self.is_open = end.is_none();
            if let Some(end) = end {
                self.to.write_all(b"\n")?;
                self.line = self.line.saturating_add(1);
                self.after_cr = end == b'\r';
            }
        }
        Ok(())
    }
}

/// As UTF-16 with a byte order mark, for tests.
#[cfg(test)]
pub(super) fn utf_16(text: &str, little: bool) -> Vec<u8> {
    let mark = std::iter::once(0xFEFF_u16);
    let bytes = |unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() };
    mark.chain(text.encode_utf16()).flat_map(bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], chunk: usize) -> Result<String, u32> {
        let mut decoder = Decoder::new(Vec::new());
        let told = |error| match error {
            DecodeError::Malformed(problem) => problem.line,
            DecodeError::Io(error) => panic!("{error}"),
        };
        for chunk in bytes.chunks(chunk) {
            decoder.push(chunk).map_err(told)?;
        }
        Ok(String::from_utf8(decoder.finish().map_err(told)?).expect("UTF-8"))
    }

    #[test]
    fn encodings_and_line_ends_become_the_same_text() {
        let text = "a;é\nb;चिया\n\nc;\u{1F375}\n";
        for ends in ["\n", "\r\n", "\r"] {
            let text_with_ends = text.replace('\n', ends);
            let marked = [b"\xEF\xBB\xBF", text_with_ends.as_bytes()].concat();
            let files =
                [text_with_ends.clone().into_bytes(), marked, utf_16(&text_with_ends, true), utf_16(&text_with_ends, false)];
            for file in &files {
                for chunk in [1, 2, 3, 7, 1000] {
                    assert_eq!(decoded(file, chunk).as_deref(), Ok(text), "{ends:?} {chunk}");
                }
            }
        }
        assert_eq!(decoded(b"", 1).as_deref(), Ok(""));
        assert_eq!(decoded(b"a", 1).as_deref(), Ok("a\n"));
        assert_eq!(decoded(b"\xEF\xBB\xBF", 1).as_deref(), Ok(""));
    }

    #[test]
    fn what_is_no_text_is_told_with_its_line() {
        // Windows-1252.
        assert_eq!(decoded(b"name\r\nTea\r\nCaf\xE9\r\n", 4), Err(3));
        // Cut within a character.
        assert_eq!(decoded(b"name\nCaf\xC3", 4), Err(2));
        // Half of a pair, and an odd number of bytes.
        assert_eq!(decoded(b"\xFF\xFEa\0\n\0\x00\xD8b\0", 3), Err(2));
        assert_eq!(decoded(b"\xFF\xFEa\0\n\0b", 3), Err(2));
    }
}
