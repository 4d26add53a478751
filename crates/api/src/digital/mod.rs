//! Files of digital products, and their downloads.

pub mod download;
pub mod file;

pub use download::{DownloadGrant, DownloadGrantConnection, DownloadMutation};
pub use file::{DigitalFile, DigitalFileMutation};
