//! Files: a folder, or a bucket of an S3 server, behind one interface.

use crate::config::{ConfigError, Media, S3};
use crate::crypto::keys::{Capability, Keys};
use entity::id::StagedUploadId;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::signer::Signer;
use object_store::{
    Attribute, Attributes, GetOptions, GetResult, ObjectMeta, ObjectStore, ObjectStoreExt, PutOptions, PutPayload, WriteMultipart,
};
use std::time::Duration;
use url::Url;

/// Why a file could not be read or written.
pub type StorageError = object_store::Error;

/// Bytes that are held in memory until they are written to a folder.
const FOLDER_PART: usize = 128 * 1024;
/// Smaller parts are refused by S3.
const BUCKET_PART: usize = 5 * 1024 * 1024;

enum Place {
    Folder(LocalFileSystem),
    /// The bucket, and the same by the address that browsers reach it at, which signed addresses are for.
    Bucket(Box<AmazonS3>, Box<AmazonS3>),
}

/// Where files lie. Keys are ASCII; what begins with `public/` anybody may read.
pub struct Storage {
    place: Place,
    /// Browsers get public files from here.
    public_url: Url,
    upload_url: Url,
    keys: Keys,
}

/// A permission to put one file into the storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedUpload {
    /// Where to.
    pub url: String,
    /// Headers that must be sent with it.
    pub headers: Vec<(String, String)>,
}

impl Storage {
    /// Makes the folder, or a client for the bucket.
    pub fn new(media: &Media, public_url: &Url, keys: Keys) -> Result<Self, ConfigError> {
        let at = |path: &str| {
            let base = public_url.as_str().trim_end_matches('/');
            Url::parse(&format!("{base}{path}"))
                .map_err(|error| ConfigError(format!("SOUK_PUBLIC_URL is not an address: {error}")))
        };
        let (place, own_url) = match media {
            Media::Folder(folder) => {
                let failed = |error: String| ConfigError(format!("SOUK_MEDIA: {} can't be used: {error}", folder.display()));
                std::fs::create_dir_all(folder).map_err(|error| failed(error.to_string()))?;
                let store = LocalFileSystem::new_with_prefix(folder).map_err(|error| failed(error.to_string()))?;
                (Place::Folder(store), None)
            }
            Media::S3(s3) => {
                let ours = bucket(s3, s3.endpoint.as_ref())?;
                let for_browsers = bucket(s3, s3.public_endpoint.as_ref().or(s3.endpoint.as_ref()))?;
                (Place::Bucket(Box::new(ours), Box::new(for_browsers)), s3.public_url.clone())
            }
        };
        let public_url = match own_url {
            Some(url) => url,
            None => at("/media")?,
        };
        Ok(Self { place, public_url, upload_url: at("/media/uploads")?, keys })
    }

    fn store(&self) -> &dyn ObjectStore {
        match &self.place {
            Place::Folder(store) => store,
            Place::Bucket(store, _) => store.as_ref(),
        }
    }

    /// Writes a whole file.
    pub async fn put(&self, key: &str, file: PutPayload, content_type: &str) -> Result<(), StorageError> {
        let mut options = PutOptions::default();
        // Folders keep no attributes: there the type follows from the key's ending.
        if matches!(self.place, Place::Bucket(..)) {
            let mut attributes = Attributes::new();
            attributes.insert(Attribute::ContentType, content_type.to_owned().into());
            attributes.insert(Attribute::CacheControl, "public, max-age=31536000, immutable".into());
            options.attributes = attributes;
        }
        self.store().put_opts(&Path::parse(key)?, file, options).await.map(|_| ())
    }

    /// Writes a file part by part; it is there when that is finished.
    pub async fn write(&self, key: &str) -> Result<WriteMultipart, StorageError> {
        let upload = self.store().put_multipart(&Path::parse(key)?).await?;
        let part = match self.place {
            Place::Folder(_) => FOLDER_PART,
            Place::Bucket(..) => BUCKET_PART,
        };
        Ok(WriteMultipart::new_with_chunk_size(upload, part))
    }

    /// Reads a file, or a part of it.
    pub async fn get(&self, key: &str, options: GetOptions) -> Result<GetResult, StorageError> {
        self.store().get_opts(&Path::parse(key)?, options).await
    }

    /// Size and date of a file.
    pub async fn head(&self, key: &str) -> Result<ObjectMeta, StorageError> {
        self.store().head(&Path::parse(key)?).await
    }

    /// Removes a file; one that is not there is no error.
    pub async fn delete(&self, key: &str) -> Result<(), StorageError> {
        match self.store().delete(&Path::parse(key)?).await {
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            other => other,
        }
    }

    /// Where a browser gets a public file.
    pub fn url(&self, key: &str) -> String {
        format!("{}/{key}", self.public_url.as_str().trim_end_matches('/'))
    }

    /// A permission to put one file, good for a while. The address of a bucket binds neither size nor type: look at the file afterwards.
    pub async fn sign_upload(
        &self,
        id: StagedUploadId,
        key: &str,
        content_type: &str,
        lifetime: Duration,
    ) -> Result<SignedUpload, StorageError> {
        match &self.place {
            Place::Bucket(_, for_browsers) => {
                let url = for_browsers.signed_url(http::Method::PUT, &Path::parse(key)?, lifetime).await?;
                Ok(SignedUpload { url: url.to_string(), headers: vec![("Content-Type".into(), content_type.to_owned())] })
            }
            Place::Folder(_) => {
                let token = self.keys.capability(Capability::Upload, id);
                let url = format!("{}/{token}", self.upload_url.as_str().trim_end_matches('/'));
                Ok(SignedUpload { url, headers: vec![("Content-Type".into(), content_type.to_owned())] })
            }
        }
    }
}

fn bucket(s3: &S3, endpoint: Option<&Url>) -> Result<AmazonS3, ConfigError> {
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&s3.bucket)
        .with_region(&s3.region)
        .with_access_key_id(&s3.access_key_id.0)
        .with_secret_access_key(&s3.secret_access_key.0)
        .with_virtual_hosted_style_request(!s3.path_style);
    if let Some(endpoint) = endpoint {
        builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/')).with_allow_http(endpoint.scheme() == "http");
    }
    builder.build().map_err(|error| ConfigError(format!("SOUK_MEDIA: the bucket can't be used: {error}")))
}
