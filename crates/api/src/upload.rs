//! Files that come with a request, and permissions to put them elsewhere first.

use crate::context::ContextExt;
use crate::error::Result;
use crate::payload;
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

/// How async-graphql names a file of a multipart request among the variables.
const MARK: &str = "#__graphql_file__:";

/// A file of a multipart request. async-graphql's own type panics on the mark of a file in a plain JSON request; this one refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upload(usize);

/// A file, sent by the GraphQL multipart request specification. Pictures are whole JPEG, PNG or WebP files of at most 8000 x 8000 pixels
/// and 40 million pixels in all, and reading one can take at most 128 MiB of memory: each pixel takes 3 bytes of a JPEG (up to 9 if it
/// is progressive), 1 byte for each channel of a PNG, 5 to 11 bytes of a lossy WebP. A lossless WebP can have at most 256 KiB. A user
/// can send 1000 pictures and 2 GiB an hour.
#[Scalar(specified_by_url = "https://github.com/jaydenseric/graphql-multipart-request-spec")]
impl ScalarType for Upload {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => text
                .strip_prefix(MARK)
                .and_then(|number| number.parse().ok())
                .map(Self)
                .ok_or_else(|| InputValueError::custom("a file must be sent as a multipart request")),
            _ => Err(InputValueError::custom("a file must be sent as a multipart request")),
        }
    }

    fn to_value(&self) -> Value {
        Value::Null
    }
}

impl Upload {
    fn file(self, ctx: &Context<'_>) -> DomainResult<Arc<File>> {
        let most = u64::try_from(ctx.app()?.config.limits.upload_bytes).unwrap_or(u64::MAX);
        let missing = || Error::from(Problem::new("file", Code::Invalid, "a file must be sent as a multipart request"));
        let file = ctx.query_env.uploads.get(self.0).ok_or_else(missing)?.try_clone().map_err(internal)?;
        let size = file.size().map_err(internal)?;
        if size > most {
            return refuse("file", Code::FileTooLarge, format!("a file must have at most {most} bytes; found {size}"));
        }
        Ok(Arc::new(file.content))
    }
}

/// Where a picture comes from: exactly one of the fields must be given.
#[derive(OneofObject)]
pub enum ImageSourceInput {
    /// Picture file: see `Upload` for what is accepted.
    File(Upload),
    /// `StagedUpload.token` of a picture that was uploaded before.
    StagedUploadToken(String),
}

impl ImageSourceInput {
    /// The picture; what is wrong names `file`.
    pub fn read(self, ctx: &Context<'_>) -> DomainResult<Source> {
        match self {
            Self::File(file) => Ok(Source::File(file.file(ctx)?)),
            Self::StagedUploadToken(token) => Ok(Source::Staged(token)),
        }
    }
}

/// Says where in an input the picture stands, such as `images.2.source`; an empty path is the input itself. Problems of a picture name
/// `file` or `stagedUploadToken`.
pub fn within(path: &str) -> impl Fn(Error) -> Error {
    move |error| match error {
        Error::Refused(Refusal(problems)) => {
            let of_picture =
                |problem: &Problem| problem.field.first().is_some_and(|field| field == "file" || field == "stagedUploadToken");
            let told = problems.into_iter().map(|problem| if of_picture(&problem) { problem.below(path) } else { problem });
            Error::Refused(Refusal(told.collect()))
        }
        other => other,
    }
}

/// The picture of an input that has `source`, and `file` and `stagedUploadToken` of earlier versions; and what stands before the
/// paths of its problems.
pub fn source_or_earlier(
    ctx: &Context<'_>,
    new: Option<ImageSourceInput>,
    file: Option<Upload>,
    staged: Option<String>,
) -> DomainResult<(Source, &'static str)> {
    match new {
        Some(_) if file.is_some() || staged.is_some() => {
            refuse("source", Code::Invalid, "source replaces file and stagedUploadToken: give source alone.")
        }
        Some(new) => Ok((new.read(ctx).map_err(within("source"))?, "source")),
        None if file.is_none() && staged.is_none() => refuse("source", Code::Required, "source is required."),
        None => Ok((source(ctx, file, staged)?, "")),
    }
}

/// A picture from the two fields an input has for it: exactly one must be given.
pub fn source(ctx: &Context<'_>, file: Option<Upload>, staged: Option<String>) -> DomainResult<Source> {
    match (file, staged) {
        (Some(file), None) => Ok(Source::File(file.file(ctx)?)),
        (None, Some(token)) => Ok(Source::Staged(token)),
        (None, None) => refuse("file", Code::Required, "one of file and stagedUploadToken is needed"),
        (Some(_), Some(_)) => refuse("stagedUploadToken", Code::Invalid, "file and stagedUploadToken can't be given together"),
    }
}

/// A file that is to be put into the storage.
#[derive(InputObject)]
struct StagedUploadCreateInput {
    /// As the person knows it, 1 to 255 characters.
    filename: String,
    /// image/jpeg, image/png or image/webp.
    content_type: String,
    /// Size of the file in bytes, from 1; at most 10 MiB unless the marketplace allows more. A larger file is refused.
    size: i32,
}

/// A header to send with a file.
#[derive(SimpleObject)]
pub struct UploadHeader {
    /// Its name.
    name: String,
    /// Its value.
    value: String,
}

/// A permission to put one file, once.
#[derive(SimpleObject)]
pub struct StagedUpload {
    /// Names the file in the mutation that uses it.
    token: String,
    /// URL to send the file to, as the body of the request.
    url: Url,
    /// The HTTP method to use.
    method: String,
    /// Headers that must be sent with it.
    #[graphql(directive = crate::cost::ListOf::apply(3))]
    headers: Vec<UploadHeader>,
    /// When the address and the token end.
    expires_at: DateTime<Utc>,
}

impl From<upload::StagedUpload> for StagedUpload {
    fn from(staged: upload::StagedUpload) -> Self {
        let headers = staged.signed.headers.into_iter().map(|(name, value)| UploadHeader { name, value }).collect();
        let expires_at = staged.row.expires_at;
        Self { token: staged.token, url: staged.signed.url.into(), method: "PUT".into(), headers, expires_at }
    }
}

payload! {
    /// What came of asking for a place to put a file.
    StagedUploadCreatePayload {
        /// The permission.
        staged_upload: StagedUpload
    }
}

/// Putting files.
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
        let new = NewUpload { filename: input.filename, content_type: input.content_type, size: input.size };
        StagedUploadCreatePayload::from_result(upload::create(ctx.app()?, &customer, new).await)
    }
}
