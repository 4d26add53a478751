//! Values of staged uploads.

use super::stored_enums;

stored_enums! {
    $
    /// Purpose of an uploaded file.
    UploadPurpose in upload_purpose {
        /// Image of a product, store, category or user.
        Image = "IMAGE",
        /// File of a digital product.
        DigitalFile = "DIGITAL_FILE",
        /// File of products to import.
        ProductImport = "PRODUCT_IMPORT",
    }
}
