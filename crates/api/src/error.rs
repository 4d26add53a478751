//! Errors of the API: `userErrors` for errors that a person can act on, and top-level errors with a code for programs. Internal
//! details are never exposed.

use crate::enums::{OrderStatus, UserErrorCode};
use async_graphql::{ErrorExtensions, Interface, ServerError, SimpleObject};
use souk_core::error::{Detail, Error, Fault, Problem, Refusal};
use souk_core::text::truncate;

/// Error whose message can be shown to the user.
#[derive(Interface)]
#[graphql(
    field(
        name = "field",
        ty = "&Option<Vec<String>>",
        desc = "Path of the invalid value in the input; null if the error concerns the whole input."
    ),
    field(
        name = "message",
        ty = "&String",
        desc = "Sentence with the problem, the allowed values and, if it is safe to show, the value found."
    )
)]
#[allow(dead_code, reason = "the variants declare the types that implement the interface in the schema")]
pub enum DisplayableError {
    /// A validation or business error.
    UserError(UserError),
}

/// Validation or business error that the user can correct. Nothing was changed.
#[derive(SimpleObject, Clone, Debug)]
pub struct UserError {
    /// Path in the mutation's `input`, such as `["lines", "0", "quantity"]`, or the argument, such as `["id"]`; null if the error
    /// concerns the whole input. Errors of `checkoutComplete` about data of the checkout have the path in `CheckoutUpdateInput`,
    /// or of the cart line, such as `["lines", "0"]`.
    pub field: Option<Vec<String>>,
    /// Kind of the error.
    pub code: UserErrorCode,
    /// Sentence with the problem, the allowed values and, if it is safe to show, the value found.
    pub message: String,
    /// Quantity left in stock; null if the error does not concern the stock.
    pub stock_available: Option<i32>,
    /// Statuses that can follow the current status of the order; null if the error does not concern the status of an order.
    pub allowed_statuses: Option<Vec<OrderStatus>>,
}

impl From<Problem> for UserError {
    fn from(problem: Problem) -> Self {
        let (stock_available, allowed_statuses) = match problem.detail {
            Some(Detail::StockAvailable(left)) => (Some(left), None),
            Some(Detail::AllowedStatuses(allowed)) => (None, Some(allowed.into_iter().map(OrderStatus::from).collect())),
            None => (None, None),
        };
        let field = (!problem.field.is_empty()).then_some(problem.field);
        Self { field, code: problem.code.into(), message: problem.message, stock_available, allowed_statuses }
    }
}

/// Splits the result of an operation into a value and user errors; a fault is returned as a top-level error. `NOT_FOUND` is
/// a user error of an ID that was decoded by [`decode`](crate::decode).
pub fn split<T>(result: souk_core::error::Result<T>) -> Result<(Option<T>, Vec<UserError>)> {
    match result {
        Ok(value) => Ok((Some(value), Vec::new())),
        Err(Error::Refused(Refusal(problems))) => Ok((None, problems.into_iter().map(UserError::from).collect())),
        Err(Error::Fault(fault)) => Err(fault.into()),
    }
}

/// Defines payloads of mutations that return one object, or the ID of a deleted one:
///
/// ```text
/// payloads! {
///     /// The new store; null if there are errors.
///     StoreCreatePayload { store: Store } of storeCreate;
///     /// ID of the deleted category; null if there are errors.
///     CategoryDeletePayload { deleted_id } of categoryDelete;
/// }
/// ```
///
/// `StoreCreatePayload::from_result(result)` builds a payload from the result of the domain.
#[macro_export]
macro_rules! payloads {
    ($($(#[doc = $doc:literal])+ $name:ident { $field:ident $(: $ty:ty)? } of $mutation:ident;)+) => {$(
        #[doc = concat!("Result of `", stringify!($mutation), "`.")]
        #[derive(async_graphql::SimpleObject)]
        pub struct $name {
            $(#[doc = $doc])+
            pub $field: Option<$crate::payloads!(@type $($ty)?)>,
            /// Validation and business errors. Empty on success.
            pub user_errors: Vec<$crate::error::UserError>,
        }

        $crate::payloads!(@from_result $name $field $($ty)?);
    )+};
    (@type $ty:ty) => { $ty };
    (@type) => { async_graphql::ID };
    (@from_result $name:ident $field:ident $ty:ty) => {
        impl $name {
            /// Builds the payload from the result of the operation.
            pub fn from_result<T: Into<$ty>>(result: ::souk_core::error::Result<T>) -> $crate::error::Result<Self> {
                let (value, user_errors) = $crate::error::split(result)?;
                Ok(Self { $field: value.map(Into::into), user_errors })
            }
        }
    };
    (@from_result $name:ident $field:ident) => {
        impl $name {
            /// Builds the payload from the ID that the operation returned.
            pub fn from_result<I: entity::id::Id>(result: ::souk_core::error::Result<I>) -> $crate::error::Result<Self> {
                let (id, user_errors) = $crate::error::split(result)?;
                Ok(Self { $field: id.map($crate::id::output), user_errors })
            }
        }
    };
}

/// A top-level error with its code.
#[derive(Clone, Debug)]
pub struct ApiError(async_graphql::Error);

/// The result of a resolver.
pub type Result<T, E = ApiError> = std::result::Result<T, E>;

impl ApiError {
    /// The error without a position, for a response to an operation that was not executed.
    pub fn into_server_error(self) -> ServerError {
        self.0.into_server_error(async_graphql::Pos::default())
    }
}

impl From<async_graphql::Error> for ApiError {
    fn from(error: async_graphql::Error) -> Self {
        Self(error)
    }
}

impl From<ApiError> for async_graphql::Error {
    fn from(error: ApiError) -> Self {
        error.0
    }
}

impl From<Fault> for ApiError {
    fn from(fault: Fault) -> Self {
        let (code, message) = match &fault {
            Fault::Unauthenticated => ("UNAUTHENTICATED", "You are not signed in.".to_owned()),
            Fault::Forbidden { needs } => ("FORBIDDEN", format!("You are not allowed to do this: it requires {needs}.")),
            Fault::NotFound => ("NOT_FOUND", "The object does not exist.".to_owned()),
            Fault::BadUserInput { message, .. } => ("BAD_USER_INPUT", message.clone()),
            Fault::RateLimited { retry_after } => {
                ("RATE_LIMITED", format!("Too many attempts; try again in {} seconds.", retry_after.as_secs() + 1))
            }
            Fault::Unavailable { retry_after } => {
                ("UNAVAILABLE", format!("The server is busy; try again in {} seconds.", retry_after.as_secs()))
            }
            Fault::IdempotencyKeyReused => {
                ("IDEMPOTENCY_KEY_REUSED", "idempotencyKey was already used with another input; use a new key.".to_owned())
            }
            Fault::Internal(_) => ("INTERNAL", "Internal error.".to_owned()),
        };
        let mut error = async_graphql::Error::new(message).extend_with(|_, extensions| {
            extensions.set("code", code);
            match &fault {
                Fault::BadUserInput { argument, .. } => extensions.set("argument", *argument),
                Fault::RateLimited { retry_after } => extensions.set("retryAfter", retry_after.as_secs() + 1),
                Fault::Unavailable { retry_after } => extensions.set("retryAfter", retry_after.as_secs()),
                _ => {}
            }
        });
        if matches!(fault, Fault::Internal(_)) {
            error.source = Some(std::sync::Arc::new(fault));
        }
        Self(error)
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::Fault(fault) => fault.into(),
            // Mutations split refusals into user errors, so this one is about an argument of a query.
            Error::Refused(Refusal(problems)) => {
                let message = problems.first().map(|problem| problem.message.clone()).unwrap_or_default();
                Fault::BadUserInput { argument: "input", message }.into()
            }
        }
    }
}

/// Sets the code of an error, and replaces internal details by the request ID, with which they are logged.
pub fn mask(error: &mut ServerError, request_id: &str) {
    if let Some(Fault::Internal(detail)) = error.source::<Fault>() {
        tracing::error!(request_id, path = ?error.path, error = %detail, "internal error in a resolver");
    }
    let coded = error.extensions.as_ref().and_then(|extensions| extensions.get("code")).cloned();
    let code = match coded {
        Some(async_graphql::Value::String(code)) => code,
        // Errors of parsing and validation have no path; invalid values of variables are found while resolving.
        _ if error.path.is_empty() || is_invalid_value(&error.message) => {
            let code = bad_input_code(&error.message);
            error.message = readable(&error.message);
            code.to_owned()
        }
        _ => {
            tracing::error!(request_id, path = ?error.path, error = error.message, "a resolver returned an error without a code");
            error.message = "Internal error.".into();
            "INTERNAL".to_owned()
        }
    };
    error.source = None;
    let extensions = error.extensions.get_or_insert_default();
    if code == "INTERNAL" {
        extensions.set("requestId", request_id);
    }
    extensions.set("code", code);
}

fn is_invalid_value(message: &str) -> bool {
    ["Failed to parse", "Expected input type"].iter().any(|beginning| message.starts_with(beginning))
}

fn bad_input_code(message: &str) -> &'static str {
    let limits = [
        "too complex",
        "too deep",
        "recursion depth",
        "recursion limit",
        "stack limit",
        "amount of aliases",
        "number of directives",
    ];
    let lower = message.to_lowercase();
    if limits.iter().any(|words| lower.contains(words)) { "QUERY_TOO_COMPLEX" } else { "BAD_USER_INPUT" }
}

/// Shortens a message: syntax errors quote the whole line of the query, and others the invalid value, which may have a megabyte.
fn readable(message: &str) -> String {
    const MAX_LENGTH: usize = 500;
    if message.contains("stack limit") || message.contains("recursion limit") {
        return "The query is nested too deeply.".into();
    }
    let text = match message.rsplit_once("  = ") {
        Some((_, expected)) if message.trim_start().starts_with("--> ") => format!("Syntax error: {}.", expected.trim()),
        _ => message.to_owned(),
    };
    if text.chars().count() > MAX_LENGTH { format!("{} ...", truncate(&text, MAX_LENGTH)) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_the_parser_are_shortened() {
        let query = format!("{{ category(slug: {}", "x".repeat(100_000));
        let Err(error) = async_graphql::parser::parse_query(&query) else { panic!("an invalid query was parsed") };
        let mut error = ServerError::from(error);
        mask(&mut error, "id");
        assert!(error.message.starts_with("Syntax error: expected"), "{}", error.message);
        assert!(error.message.len() < 200);
        assert_eq!(error.extensions.as_ref().and_then(|e| e.get("code")), Some(&"BAD_USER_INPUT".into()));
        let mut deep = ServerError::new("recursion limit exceeded.", None);
        mask(&mut deep, "id");
        assert_eq!(deep.extensions.as_ref().and_then(|e| e.get("code")), Some(&"QUERY_TOO_COMPLEX".into()));
    }
}
