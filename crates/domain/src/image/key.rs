//! Storage keys of pictures. A key contains the size and the type of its picture, so that a row with a key needs no columns for
//! them.

use crate::image::Picture;
use souk_core::random::Random;

/// A new key in a folder, such as `public/stores/5f0c...-640x480.jpg`. It is random: pictures can't be found by guessing, and a
/// changed picture has another URL, so that all can be cached without expiry.
pub(super) fn new_key(random: &Random, folder: &str, picture: &Picture) -> String {
    let Picture { width, height, extension, .. } = picture;
    format!("{folder}/{}-{width}x{height}.{extension}", random.hex())
}

/// The type and size that a key contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredPicture {
    /// MIME type.
    pub content_type: Option<&'static str>,
    /// Width and height in pixels; absent for keys of earlier versions.
    pub size: Option<(i32, i32)>,
}

impl StoredPicture {
    pub fn of_key(key: &str) -> Self {
        let (name, extension) = key.rsplit_once('.').unwrap_or((key, ""));
        let content_type = match extension {
            "jpg" => Some("image/jpeg"),
            "png" => Some("image/png"),
            "webp" => Some("image/webp"),
            _ => None,
        };
        let size = name.rsplit_once('-').and_then(|(_, size)| {
            let (width, height) = size.split_once('x')?;
            Some((width.parse().ok()?, height.parse().ok()?))
        });
        Self { content_type, size }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use object_store::PutPayload;

    #[test]
    fn a_key_tells_the_size_and_type_of_its_picture() {
        let picture =
            Picture { file: PutPayload::default(), content_type: "image/png", extension: "png", width: 640, height: 480 };
        let key = new_key(&Random::system(), "public/stores", &picture);
        assert_eq!(StoredPicture::of_key(&key), StoredPicture { content_type: Some("image/png"), size: Some((640, 480)) });
        for (key, content_type) in [
            ("public/stores/0f.jpg", Some("image/jpeg")),
            ("public/products/bulk-tea.jpg", Some("image/jpeg")),
            ("public/products/bulk-axb.webp", Some("image/webp")),
            ("nothing", None),
        ] {
            assert_eq!(StoredPicture::of_key(key), StoredPicture { content_type, size: None }, "{key}");
        }
    }
}
