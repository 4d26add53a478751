//! Multipart requests with files (<https://github.com/jaydenseric/graphql-multipart-request-spec>).
//!
//! The parser of async-graphql reads `operations` and `map` into memory at any size up to that of a file, and opens a file again
//! for each variable that `map` names; both are limited here.

use crate::http::body::{check_values, is_stalled};
use async_graphql::{BatchRequest, Request, UploadValue};
use axum::body::Body;
use multer::{Constraints, Field, Multipart, SizeLimit};
use std::collections::HashMap;
use std::fmt::Display;
use std::fs::File;
use std::io::SeekFrom;
use tokio::io::{AsyncSeekExt, AsyncWriteExt};

/// Maximum number of files in one request, and of variables that are files.
const MAX_FILES: usize = 10;
/// Maximum size of `map` in bytes.
const MAX_MAP_BYTES: u64 = 4096;
/// Maximum number of fields: the files, `operations` and `map`.
const MAX_FIELDS: usize = MAX_FILES + 2;

/// Why a body could not be read.
pub(super) enum Unread {
    /// The client paused for too long.
    Stalled,
    /// A part is larger than allowed.
    TooLarge(String),
    /// The body is not a valid multipart request.
    Malformed(String),
}

fn malformed(message: impl Display) -> Unread {
    Unread::Malformed(format!("The upload is invalid: {message}."))
}

/// Size limits in bytes.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    /// Maximum size of `operations`.
    pub operations: usize,
    /// Maximum size of each file.
    pub file: usize,
}

impl Sizes {
    fn explain(self, error: multer::Error) -> Unread {
        if is_stalled(&error) {
            return Unread::Stalled;
        }
        match error {
            multer::Error::FieldSizeExceeded { field_name, limit } => match field_name.as_deref() {
                Some(name @ ("operations" | "map")) => Unread::TooLarge(format!("{name} must have at most {limit} bytes.")),
                _ => Unread::TooLarge(format!("A file must have at most {limit} bytes.")),
            },
            multer::Error::StreamSizeExceeded { limit } => Unread::TooLarge(format!("The body must have at most {limit} bytes.")),
            other => malformed(other),
        }
    }

    fn constraints(self) -> Constraints {
        let bytes = |size: usize| u64::try_from(size).unwrap_or(u64::MAX);
        let (operations, file) = (bytes(self.operations), bytes(self.file));
        let whole = file.saturating_mul(MAX_FILES as u64).saturating_add(operations).saturating_add(MAX_MAP_BYTES);
        let sizes = SizeLimit::new()
            .whole_stream(whole)
            .per_field(file)
            .for_field("operations", operations)
            .for_field("map", MAX_MAP_BYTES);
        Constraints::new().size_limit(sizes)
    }
}

/// Reads a request with files, which are written to disk.
pub(super) async fn read(content_type: &str, body: Body, sizes: Sizes) -> Result<BatchRequest, Unread> {
    let boundary = multer::parse_boundary(content_type).map_err(malformed)?;
    let mut parts = Multipart::with_constraints(body.into_data_stream(), boundary, sizes.constraints());
    let (mut request, mut map, mut files) = (None, None, HashMap::new());
    let mut fields = 0;
    while let Some(field) = parts.next_field().await.map_err(|error| sizes.explain(error))? {
        fields += 1;
        if fields > MAX_FIELDS {
            return Err(malformed(format_args!("it must have at most {MAX_FILES} files")));
        }
        match field.name() {
            Some("operations") => {
                let json = field.bytes().await.map_err(|error| sizes.explain(error))?;
                check_values(&json).map_err(Unread::Malformed)?;
                request = Some(serde_json::from_slice::<BatchRequest>(&json).map_err(malformed)?);
            }
            Some("map") => {
                let json = field.bytes().await.map_err(|error| sizes.explain(error))?;
                map = Some(serde_json::from_slice::<HashMap<String, Vec<String>>>(&json).map_err(malformed)?);
            }
            Some(name) if field.file_name().is_some() => {
                let name = name.to_owned();
                let file = store(field, sizes).await?;
                files.insert(name, file);
            }
            _ => {}
        }
    }
    let request = request.ok_or_else(|| malformed("the field operations is missing"))?;
    let map = map.ok_or_else(|| malformed("the field map is missing"))?;
    set_files(request, map, &files)
}

/// Writes a file to a temporary file, which is removed when it is closed.
async fn store(mut field: Field<'_>, sizes: Sizes) -> Result<UploadValue, Unread> {
    let failed = |error: std::io::Error| {
        tracing::error!(%error, "failed to write an upload to disk");
        malformed("the file could not be stored")
    };
    let filename = field.file_name().unwrap_or_default().to_owned();
    let content_type = field.content_type().map(ToString::to_string);
    let made: File = tokio::task::spawn_blocking(tempfile::tempfile).await.map_err(malformed)?.map_err(failed)?;
    let mut file = tokio::fs::File::from_std(made);
    while let Some(chunk) = field.chunk().await.map_err(|error| sizes.explain(error))? {
        file.write_all(&chunk).await.map_err(failed)?;
    }
    file.flush().await.map_err(failed)?;
    file.seek(SeekFrom::Start(0)).await.map_err(failed)?;
    Ok(UploadValue { filename, content_type, content: file.into_std().await })
}

/// Sets the variables that `map` names to the files.
fn set_files(
    mut request: BatchRequest,
    map: HashMap<String, Vec<String>>,
    files: &HashMap<String, UploadValue>,
) -> Result<BatchRequest, Unread> {
    if map.values().map(Vec::len).sum::<usize>() > MAX_FILES {
        return Err(malformed(format_args!("at most {MAX_FILES} variables may be files")));
    }
    for (name, paths) in map {
        let file = files.get(&name).ok_or_else(|| malformed("map names a file that is missing"))?;
        for path in paths {
            let (target, path) = target(&mut request, &path);
            if let Some(target) = target {
                target.set_upload(path, file.try_clone().map_err(malformed)?);
            }
        }
    }
    Ok(request)
}

/// The request of a path in `map`, and the rest of the path.
fn target<'a, 'p>(request: &'a mut BatchRequest, path: &'p str) -> (Option<&'a mut Request>, &'p str) {
    match request {
        BatchRequest::Single(request) => (Some(request), path),
        BatchRequest::Batch(requests) => match path.split_once('.') {
            Some((index, rest)) => (index.parse::<usize>().ok().and_then(|index| requests.get_mut(index)), rest),
            None => (None, path),
        },
    }
}
