//! Values of images.

use super::stored_enums;

stored_enums! {
    $
    /// Size of an image file.
    ImageSize in image_size {
        /// At most 240 pixels on the longer side, for thumbnails.
        Small = "SMALL",
        /// At most 800 pixels on the longer side, for lists and cards.
        Medium = "MEDIUM",
        /// At most 1,600 pixels on the longer side, for a whole page.
        Large = "LARGE",
        /// The image as it was uploaded.
        Original = "ORIGINAL",
    }
}
