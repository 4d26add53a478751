//! The storage for images and other files.
use super::read::Reader;
use secrecy::SecretString;
use std::path::{Path, PathBuf};
use url::Url;

/// The storage for images and other files.
#[derive(Clone, Debug)]
pub enum Media {
    Folder(PathBuf),
    S3(Box<S3>),
}

/// A bucket of an S3 server.
#[derive(Clone, Debug)]
pub struct S3 {
    pub bucket: String,
    /// URL of the server; Amazon S3 if `None`.
    pub endpoint: Option<Url>,
    /// URL at which browsers reach the server; `endpoint` if `None`.
    pub public_endpoint: Option<Url>,
    pub region: String,
    pub access_key_id: SecretString,
    pub secret_access_key: SecretString,
    /// Whether the bucket is part of the path instead of the host name.
    pub path_style: bool,
    /// Base URL of public files; if `None`, Souk serves them.
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
        reader.problem(format!("SOUK_MEDIA must be file:PATH or s3://BUCKET; got {value:?}."));
        return Media::Folder(data_dir.join("media"));
    }
    let required = |name: &str| {
        reader.secret(name).unwrap_or_else(|| {
            reader.problem(format!("{name} must be set if SOUK_MEDIA is s3://BUCKET."));
            SecretString::default()
        })
    };
    Media::S3(Box::new(S3 {
        bucket: bucket.to_owned(),
        endpoint: reader.url("SOUK_S3_ENDPOINT"),
        public_endpoint: reader.url("SOUK_S3_PUBLIC_ENDPOINT"),
        region: reader.text("SOUK_S3_REGION").to_owned(),
        access_key_id: required("SOUK_S3_ACCESS_KEY_ID"),
        secret_access_key: required("SOUK_S3_SECRET_ACCESS_KEY"),
        path_style: reader.boolean("SOUK_S3_PATH_STYLE"),
        public_url: reader.url("SOUK_S3_PUBLIC_URL"),
    }))
}
