//! Where pictures and other files are stored.

use super::Secret;
use super::read::Reader;
use std::path::{Path, PathBuf};
use url::Url;

/// Where pictures and other files lie.
#[derive(Clone, Debug)]
pub enum Media {
    /// In a folder.
    Folder(PathBuf),
    /// In a bucket of an S3 server.
    S3(Box<S3>),
}

/// An S3 server's bucket.
#[derive(Clone, Debug)]
pub struct S3 {
    /// Its name.
    pub bucket: String,
    /// The server, where it is not Amazon's.
    pub endpoint: Option<Url>,
    /// The same server as browsers reach it, if that differs.
    pub public_endpoint: Option<Url>,
    /// Its region.
    pub region: String,
    /// The key's name.
    pub access_key_id: Secret,
    /// The key.
    pub secret_access_key: Secret,
    /// Whether the bucket stands in the path.
    pub path_style: bool,
    /// Where browsers get files from.
    pub public_url: Option<Url>,
}

pub(super) fn media(reader: &Reader<'_>, data_dir: &Path) -> Media {
    let value = reader.text("SOUK_MEDIA");
    if let Some(path) = value.strip_prefix("file:") {
        let folder = if path.is_empty() { data_dir.join("media") } else { PathBuf::from(path.trim_start_matches("//")) };
        return Media::Folder(folder);
    }
    let bucket = value.strip_prefix("s3://").map_or("", |rest| rest.trim_end_matches('/'));
    if bucket.is_empty() {
        reader.problem(format!("SOUK_MEDIA must be file:PATH or s3://BUCKET; found {value:?}"));
        return Media::Folder(data_dir.join("media"));
    }
    let needed = |name: &str| {
        reader.secret(name).unwrap_or_else(|| {
            reader.problem(format!("{name} must be set if SOUK_MEDIA is s3://..."));
            Secret(String::new())
        })
    };
    Media::S3(Box::new(S3 {
        bucket: bucket.to_owned(),
        endpoint: reader.url("SOUK_S3_ENDPOINT"),
        public_endpoint: reader.url("SOUK_S3_PUBLIC_ENDPOINT"),
        region: reader.text("SOUK_S3_REGION").to_owned(),
        access_key_id: needed("SOUK_S3_ACCESS_KEY_ID"),
        secret_access_key: needed("SOUK_S3_SECRET_ACCESS_KEY"),
        path_style: reader.truth("SOUK_S3_PATH_STYLE"),
        public_url: reader.url("SOUK_S3_PUBLIC_URL"),
    }))
}
