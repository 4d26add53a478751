//! Errors of documents.

use async_graphql::{ErrorExtensionValues, ServerError};

/// Maximum number of errors in the response to an invalid request.
pub const MAX_ERRORS: usize = 10;

/// Truncates the list to the maximum number of errors.
pub fn truncate_errors(mut errors: Vec<ServerError>) -> Vec<ServerError> {
    errors.truncate(MAX_ERRORS);
    errors
}

/// An error with the code `QUERY_TOO_COMPLEX`.
pub fn too_complex(message: String) -> ServerError {
    coded("QUERY_TOO_COMPLEX", message)
}

/// An error of the whole request with a code.
pub fn coded(code: &str, message: String) -> ServerError {
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", code);
    ServerError { extensions: Some(extensions), ..ServerError::new(message, None) }
}
