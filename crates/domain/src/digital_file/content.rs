//! What can be told of a file: its type by its first bytes, and its name without a path.

use souk_core::length;
use souk_core::text::truncate;

/// Bytes that are needed to tell the type of a file.
pub(super) const HEAD: usize = 16;

/// Types by the bytes with which files begin, from an offset.
const TYPES: [(usize, &[u8], &str); 14] = [
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"\x1F\x8B", "application/gzip"),
    (0, b"7z\xBC\xAF\x27\x1C", "application/x-7z-compressed"),
    (0, b"\x89PNG\r\n\x1A\n", "image/png"),
    (0, b"\xFF\xD8\xFF", "image/jpeg"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"OggS", "application/ogg"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1A\x45\xDF\xA3", "video/webm"),
];

/// The MIME type of a file by its first bytes. Never one that a browser runs, such as HTML or SVG.
pub(super) fn type_of(head: &[u8]) -> &'static str {
    let matches = |(at, bytes, _): &&(usize, &[u8], &str)| head.get(*at..).is_some_and(|rest| rest.starts_with(bytes));
    TYPES.iter().find(matches).map_or("application/octet-stream", |(_, _, name)| name)
}

/// The last part of a path, without characters that are not allowed in names of files on a common system.
pub(crate) fn safe_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let allowed = |c: char| !c.is_control() && !r#"<>:"|?*"#.contains(c) && !is_direction(c);
    let name: String = last.chars().map(|c| if allowed(c) { c } else { '_' }).collect();
    let name = truncate(name.trim().trim_end_matches('.'), length::FILENAME).trim();
    if name.trim_matches('.').is_empty() { "file".to_owned() } else { name.to_owned() }
}

/// Characters that reverse the direction of text, by which `exe.pdf` can be shown for `fdp.exe`.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_no_path_and_no_special_characters() {
        for (given, expected) in [
            ("guide.pdf", "guide.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\maya\\guide v2.pdf", "guide v2.pdf"),
            ("..", "file"),
            ("a/..", "file"),
            ("", "file"),
            (" . ", "file"),
            ("a\"b\r\nSet-Cookie: x.pdf", "a_b__Set-Cookie_ x.pdf"),
            ("\u{202E}fdp.exe", "_fdp.exe"),
            ("चिया.pdf", "चिया.pdf"),
            (".env", ".env"),
        ] {
            assert_eq!(safe_name(given), expected, "{given:?}");
        }
        assert_eq!(safe_name(&"x".repeat(400)).chars().count(), length::FILENAME);
    }

    #[test]
    fn a_type_is_told_by_content_and_never_runs() {
        assert_eq!(type_of(b"%PDF-1.7 and more"), "application/pdf");
        assert_eq!(type_of(b"RIFF\0\0\0\0WAVEfmt "), "audio/wav");
        assert_eq!(type_of(b"\0\0\0\x18ftypmp42"), "video/mp4");
        for other in [&b""[..], b"%PD", b"<html><script>", b"<svg xmlns", b"#!/bin/sh"] {
            assert_eq!(type_of(other), "application/octet-stream");
        }
    }
}
