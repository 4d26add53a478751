//! A common interface to file storage: a folder, or a bucket of an S3 server.

use crate::config::{ConfigError, Media, S3};
use crate::crypto::keys::{Capability, Keys};
use entity::id::StagedUploadId;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::signer::Signer;
use object_store::{
    Attribute, Attributes, GetOptions, GetResult, ObjectMeta, ObjectStore, ObjectStoreExt, PutMultipartOptions, PutOptions,
    PutPayload, WriteMultipart,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::ExposeSecret;
use std::time::Duration;
use url::Url;

/// A file could not be read or written.
pub type StorageError = object_store::Error;

/// Size of the parts in which files are written to a folder, in bytes.
const FOLDER_PART: usize = 128 * 1024;
/// Size of the parts in which files are written to S3, in bytes: the minimum that S3 accepts.
const BUCKET_PART: usize = 5 * 1024 * 1024;

enum Backend {
    Folder(LocalFileSystem),
    Bucket {
        bucket: Box<AmazonS3>,
        /// The same bucket by the URL that browsers use; signs upload URLs.
        public: Box<AmazonS3>,
    },
}

/// The file storage. Keys are ASCII; files whose key begins with `public/` are public.
pub struct Storage {
    backend: Backend,
    /// Base URL of public files.
    public_url: Url,
    upload_url: Url,
    keys: Keys,
}

/// A signed URL for uploading one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedUpload {
    pub url: String,
    /// Headers that the upload must send.
    pub headers: Vec<(String, String)>,
}

impl Storage {
    /// Creates the folder, or a client for the bucket.
    ///
    /// # Errors
    ///
    /// If the folder cannot be created or the configuration of the bucket is invalid.
    pub fn new(media: &Media, public_url: &Url, keys: Keys) -> Result<Self, ConfigError> {
        let at = |path: &str| {
            let base = public_url.as_str().trim_end_matches('/');
            Url::parse(&format!("{base}{path}")).map_err(|error| ConfigError(format!("SOUK_PUBLIC_URL must be a URL: {error}.")))
        };
        let (backend, own_url) = match media {
            Media::Folder(folder) => {
                let failed =
                    |error: String| ConfigError(format!("SOUK_MEDIA: the folder {} cannot be used: {error}.", folder.display()));
                std::fs::create_dir_all(folder).map_err(|error| failed(error.to_string()))?;
                let store = LocalFileSystem::new_with_prefix(folder).map_err(|error| failed(error.to_string()))?;
                (Backend::Folder(store), None)
            }
            Media::S3(s3) => {
                let bucket = s3_client(s3, s3.endpoint.as_ref())?;
                let public = s3_client(s3, s3.public_endpoint.as_ref().or(s3.endpoint.as_ref()))?;
                (Backend::Bucket { bucket: Box::new(bucket), public: Box::new(public) }, s3.public_url.clone())
            }
        };
        let public_url = match own_url {
            Some(url) => url,
            None => at("/media")?,
        };
        Ok(Self { backend, public_url, upload_url: at("/media/uploads")?, keys })
    }

    fn store(&self) -> &dyn ObjectStore {
        match &self.backend {
            Backend::Folder(store) => store,
            Backend::Bucket { bucket, .. } => bucket.as_ref(),
        }
    }

    /// Writes a whole file.
    pub async fn put(&self, key: &str, file: PutPayload, content_type: &str) -> Result<(), StorageError> {
        let mut options = PutOptions::default();
        // A folder stores no attributes: there the type follows from the extension of the key.
        if matches!(self.backend, Backend::Bucket { .. }) {
            let mut attributes = Attributes::new();
            attributes.insert(Attribute::ContentType, content_type.to_owned().into());
            attributes.insert(Attribute::CacheControl, "public, max-age=31536000, immutable".into());
            options.attributes = attributes;
        }
        self.store().put_opts(&Path::parse(key)?, file, options).await.map(|_| ())
    }

    /// Writes a file in parts. It exists only when the last part is written.
    pub async fn write(&self, key: &str) -> Result<WriteMultipart, StorageError> {
        let upload = self.store().put_multipart(&Path::parse(key)?).await?;
        let part = match self.backend {
            Backend::Folder(_) => FOLDER_PART,
            Backend::Bucket { .. } => BUCKET_PART,
        };
        Ok(WriteMultipart::new_with_chunk_size(upload, part))
    }

    /// As [`Storage::write`], for a private file that a bucket serves by a signed URL: always as a download of this name.
    pub async fn write_private(&self, key: &str, filename: &str) -> Result<WriteMultipart, StorageError> {
        let mut options = PutMultipartOptions::default();
        let part = match self.backend {
            Backend::Folder(_) => FOLDER_PART,
            Backend::Bucket { .. } => {
                options.attributes.insert(Attribute::ContentType, "application/octet-stream".into());
                options.attributes.insert(Attribute::ContentDisposition, attachment(filename).into());
                options.attributes.insert(Attribute::CacheControl, "private, no-store".into());
                BUCKET_PART
            }
        };
        let upload = self.store().put_multipart_opts(&Path::parse(key)?, options).await?;
        Ok(WriteMultipart::new_with_chunk_size(upload, part))
    }

    /// Creates a signed URL for downloading a file; `None` for a folder, whose files the server serves itself.
    pub async fn sign_download(&self, key: &str, lifetime: Duration) -> Result<Option<String>, StorageError> {
        match &self.backend {
            Backend::Bucket { public, .. } => {
                let url = public.signed_url(http::Method::GET, &Path::parse(key)?, lifetime).await?;
                Ok(Some(url.to_string()))
            }
            Backend::Folder(_) => Ok(None),
        }
    }

    /// Reads a file or a range of it.
    pub async fn get(&self, key: &str, options: GetOptions) -> Result<GetResult, StorageError> {
        self.store().get_opts(&Path::parse(key)?, options).await
    }

    /// Reads size and modification time of a file.
    pub async fn head(&self, key: &str) -> Result<ObjectMeta, StorageError> {
        self.store().head(&Path::parse(key)?).await
    }

    /// Deletes a file. It is not an error if it does not exist.
    pub async fn delete(&self, key: &str) -> Result<(), StorageError> {
        match self.store().delete(&Path::parse(key)?).await {
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            other => other,
        }
    }

    /// URL of a public file.
    pub fn url(&self, key: &str) -> String {
        format!("{}/{key}", self.public_url.as_str().trim_end_matches('/'))
    }

    /// Creates a signed URL for uploading one file. For a bucket the URL limits neither size nor type, so the file must be validated
    /// afterwards; for a folder `lifetime` is not part of the URL and the server must check the expiry.
    pub async fn sign_upload(
        &self,
        id: StagedUploadId,
        key: &str,
        content_type: &str,
        lifetime: Duration,
    ) -> Result<SignedUpload, StorageError> {
        match &self.backend {
            Backend::Bucket { public, .. } => {
                let url = public.signed_url(http::Method::PUT, &Path::parse(key)?, lifetime).await?;
                Ok(SignedUpload { url: url.to_string(), headers: vec![("Content-Type".into(), content_type.to_owned())] })
            }
            Backend::Folder(_) => {
                let token = self.keys.capability(Capability::Upload, id);
                let url = format!("{}/{token}", self.upload_url.as_str().trim_end_matches('/'));
                Ok(SignedUpload { url, headers: vec![("Content-Type".into(), content_type.to_owned())] })
            }
        }
    }
}

/// Characters of names that need no encoding in a header (RFC 8187).
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The header `Content-Disposition` of a file that is downloaded under a name (RFC 6266).
pub fn attachment(filename: &str) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || " -._()".contains(*c);
    let ascii: String = filename.chars().map(|c| if is_plain(&c) { c } else { '_' }).collect();
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{}", utf8_percent_encode(filename, PLAIN))
}

fn s3_client(s3: &S3, endpoint: Option<&Url>) -> Result<AmazonS3, ConfigError> {
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&s3.bucket)
        .with_region(&s3.region)
        .with_access_key_id(s3.access_key_id.expose_secret())
        .with_secret_access_key(s3.secret_access_key.expose_secret())
        .with_virtual_hosted_style_request(!s3.path_style);
    if let Some(endpoint) = endpoint {
        builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/')).with_allow_http(endpoint.scheme() == "http");
    }
    builder.build().map_err(|error| ConfigError(format!("SOUK_MEDIA: the bucket cannot be used: {error}.")))
}
