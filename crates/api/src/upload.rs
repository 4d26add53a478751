//! Files of multipart requests, and staged uploads.

use crate::context::ContextExt;
use crate::enums::UploadPurpose;
use crate::error::Result;
use crate::payloads;
use crate::scalar::Url;
use async_graphql::{
    Context, InputObject, InputValueError, InputValueResult, OneofObject, Scalar, ScalarType, SimpleObject, Value,
};
use chrono::{DateTime, Utc};
use souk_core::auth::Customer;
use souk_core::error::{Code, Error, Problem, Refusal, Result as DomainResult, internal, refuse};
use souk_domain::image::Source;
use souk_domain::upload::{self, NewUpload};
use souk_macros::root_object;
use std::fs::File;
use std::sync::Arc;

/// Prefix by which async-graphql marks a file of a multipart request among the variables; the number of the file follows.
const FILE_PREFIX: &str = "#__graphql_file__:";
const NOT_MULTIPART: &str = "A file must be sent in a multipart request.";

/// Number of a file of a multipart request. `async_graphql::Upload` is not used, as it panics if a plain JSON request has a
/// string with `FILE_PREFIX`; this type returns an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upload(usize);

/// File sent by the GraphQL multipart request specification. An image must be a complete JPEG, PNG or WebP file with at most 8000
/// x 8000 pixels and 40 million pixels in all. Decoding it must take at most 128 MiB of memory: a pixel takes 3 bytes of a JPEG
/// (up to 9 if it is progressive), 1 byte per channel of a PNG, 5 to 11 bytes of a lossy WebP. A lossless WebP can have at most
/// 256 KiB. A user can send at most 1000 images and 2 GiB per hour.
#[Scalar(specified_by_url = "https://github.com/jaydenseric/graphql-multipart-request-spec")]
impl ScalarType for Upload {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => text
                .strip_prefix(FILE_PREFIX)
                .and_then(|number| number.parse().ok())
                .map(Self)
                .ok_or_else(|| InputValueError::custom(NOT_MULTIPART)),
            _ => Err(InputValueError::custom(NOT_MULTIPART)),
        }
    }

    fn to_value(&self) -> Value {
        Value::Null
    }
}

impl Upload {
    fn file(self, ctx: &Context<'_>) -> DomainResult<Arc<File>> {
        let limit = u64::try_from(ctx.app()?.config.limits.upload_bytes).unwrap_or(u64::MAX);
        let missing = || Error::from(Problem::new("file", Code::Invalid, NOT_MULTIPART));
        let file = ctx.query_env.uploads.get(self.0).ok_or_else(missing)?.try_clone().map_err(internal)?;
        let size = file.size().map_err(internal)?;
        if size > limit {
            return refuse("file", Code::FileTooLarge, format!("file must have at most {limit} bytes; got {size}."));
        }
        Ok(Arc::new(file.content))
    }
}

/// Source of an image. Exactly one of the fields is required.
#[derive(OneofObject)]
pub enum ImageSourceInput {
    /// Image file; see `Upload` for what is accepted.
    File(Upload),
    /// `StagedUpload.token` of an image that was uploaded before.
    StagedUploadToken(String),
}

impl ImageSourceInput {
    /// The source for the domain. Problems name the field `file`.
    pub fn read(self, ctx: &Context<'_>) -> DomainResult<Source> {
        match self {
            Self::File(file) => Ok(Source::File(file.file(ctx)?)),
            Self::StagedUploadToken(token) => Ok(Source::Staged(token)),
        }
    }
}

/// Prefixes the paths of an image's problems, which name `file` or `stagedUploadToken`, with the path of the image in the input,
/// such as `images.2.source`. An empty path is the input itself.
pub fn within(path: &str) -> impl Fn(Error) -> Error {
    move |error| match error {
        Error::Refused(Refusal(problems)) => {
            let is_of_image =
                |problem: &Problem| problem.field.first().is_some_and(|field| field == "file" || field == "stagedUploadToken");
            let prefixed = problems.into_iter().map(|problem| if is_of_image(&problem) { problem.below(path) } else { problem });
            Error::Refused(Refusal(prefixed.collect()))
        }
        other => other,
    }
}

/// Reads the image of an input that has `source` and the deprecated fields `file` and `stagedUploadToken`. Also returns the
/// prefix for the paths of its problems.
pub fn source_or_earlier(
    ctx: &Context<'_>,
    new: Option<ImageSourceInput>,
    file: Option<Upload>,
    staged: Option<String>,
) -> DomainResult<(Source, &'static str)> {
    match new {
        Some(_) if file.is_some() || staged.is_some() => {
            refuse("source", Code::Invalid, "source cannot be given together with file or stagedUploadToken.")
        }
        Some(new) => Ok((new.read(ctx).map_err(within("source"))?, "source")),
        None if file.is_none() && staged.is_none() => refuse("source", Code::Required, "source is required."),
        None => Ok((source(ctx, file, staged)?, "")),
    }
}

/// Reads the image of an input that has the fields `file` and `stagedUploadToken`, of which exactly one is required.
pub fn source(ctx: &Context<'_>, file: Option<Upload>, staged: Option<String>) -> DomainResult<Source> {
    match (file, staged) {
        (Some(file), None) => Ok(Source::File(file.file(ctx)?)),
        (None, Some(token)) => Ok(Source::Staged(token)),
        (None, None) => refuse("file", Code::Required, "file or stagedUploadToken is required."),
        (Some(_), Some(_)) => refuse("stagedUploadToken", Code::Invalid, "file and stagedUploadToken cannot be given together."),
    }
}

/// File to upload to the storage before it is used in a mutation.
#[derive(InputObject)]
struct StagedUploadCreateInput {
    /// Name of the file, 1 to 255 characters.
    filename: String,
    /// MIME type of the file: image/jpeg, image/png or image/webp for an image; any for a file of a digital product, whose type is found by
    /// its content, and for a file to import.
    content_type: String,
    /// Exact size of the file in bytes, at least 1. The maximum is 10 MiB for an image and 2 GiB less one byte for a file of a digital
    /// product, unless the marketplace configures others, and 50 MiB for a file to import.
    size: i32,
    /// Purpose of the file. Only those who manage the products of a store can upload a `DIGITAL_FILE` or a
    /// `PRODUCT_IMPORT`, and have at most 10 of them that are neither used nor expired.
    #[graphql(default_with = "UploadPurpose::Image")]
    purpose: UploadPurpose,
}

/// HTTP header to send with a file.
#[derive(SimpleObject)]
pub struct UploadHeader {
    /// Name of the header.
    name: String,
    /// Value of the header.
    value: String,
}

/// Permission to upload one file and use it once.
#[derive(SimpleObject)]
pub struct StagedUpload {
    /// Token that identifies the file in the mutation that uses it, valid for one use.
    token: String,
    /// URL to send the file to, as the body of the request.
    url: Url,
    /// HTTP method of the upload request.
    method: String,
    /// Headers that the upload request must have.
    #[graphql(directive = crate::cost::ListOf::apply(3))]
    headers: Vec<UploadHeader>,
    /// Time at which the URL and the token expire.
    expires_at: DateTime<Utc>,
}

impl From<upload::StagedUpload> for StagedUpload {
    fn from(staged: upload::StagedUpload) -> Self {
        let headers = staged.signed.headers.into_iter().map(|(name, value)| UploadHeader { name, value }).collect();
        let expires_at = staged.row.expires_at;
        Self { token: staged.token, url: staged.signed.url.into(), method: "PUT".into(), headers, expires_at }
    }
}

payloads! {
    /// The permission to upload the file; null if there are errors.
    StagedUploadCreatePayload { staged_upload: StagedUpload } of stagedUploadCreate;
}

/// Mutations that prepare uploads.
#[derive(Default)]
pub struct UploadMutation;

#[root_object]
impl UploadMutation {
    /// Creates a URL to upload a file to, and a token that names the file in a mutation afterwards. A user can have at most 100
    /// uploads that are neither used nor expired.
    async fn staged_upload_create(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "Properties of the file to upload.")] input: StagedUploadCreateInput,
    ) -> Result<StagedUploadCreatePayload> {
        let new = NewUpload {
            filename: input.filename,
            content_type: input.content_type,
            size: input.size,
            purpose: input.purpose.into(),
        };
        StagedUploadCreatePayload::from_result(upload::create(ctx.app()?, &customer, new).await)
    }
}
