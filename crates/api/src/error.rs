//! Errors as clients see them: `userErrors` for people, coded top-level errors for programs, and nothing of the inside.

use crate::enums::OrderStatus;
use async_graphql::{Enum, ErrorExtensions, Interface, ServerError, SimpleObject};
use souk_core::error::{Detail, Error, Fault, Problem, Refusal};
use souk_core::text::truncate;

/// What kind of problem a user error is.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "souk_core::error::Code")]
pub enum UserErrorCode {
    /// Nothing was given where something is needed.
    Required,
    /// Not of the form that is asked for.
    Invalid,
    /// An ID that is malformed or of another type.
    InvalidId,
    /// Longer than allowed.
    TooLong,
    /// Shorter than allowed.
    TooShort,
    /// Below or above what is allowed.
    OutOfRange,
    /// Somebody else has it already.
    Taken,
    /// It does not exist, or not for you.
    NotFound,
    /// Somebody changed it in the meantime: read it again, then decide.
    Stale,
    /// Fewer are left than were asked for; `stockAvailable` says how many.
    InsufficientStock,
    /// It can't be bought (any more).
    Unavailable,
    /// Not possible in the state it is in; `allowedStatuses` says what is.
    InvalidState,
    /// The email or the password is wrong.
    InvalidCredentials,
    /// The token is unknown, used or expired.
    InvalidToken,
    /// The password is too easy to guess.
    WeakPassword,
    /// Something must be filled in before.
    Incomplete,
    /// The payment was refused or cancelled; nothing was charged by it.
    PaymentFailed,
    /// An earlier payment for the same order is not decided yet, so no other is requested: try again in a moment.
    PaymentPending,
    /// The file is not what is allowed.
    InvalidFile,
    /// The file is larger than allowed.
    FileTooLarge,
    /// There are as many as there may be.
    LimitReached,
    /// It is still in use elsewhere.
    InUse,
    /// The policy of the marketplace does not allow it.
    NotAllowed,
}

/// Something that can be shown to a person as it is.
#[derive(Interface)]
#[graphql(
    field(name = "field", ty = "&Option<Vec<String>>", desc = "The path in the input; absent where it is about the whole."),
    field(
        name = "message",
        ty = "&String",
        desc = "What was wrong, what is allowed, and what was found where it is safe to show."
    )
)]
#[allow(dead_code, reason = "its variants are what implements the interface in the schema")]
pub enum DisplayableError {
    /// A problem with the input.
    UserError(UserError),
}

/// A problem that a person can mend. Nothing was changed.
#[derive(SimpleObject, Clone, Debug)]
pub struct UserError {
    /// The path in the mutation's `input`, such as `["lines", "0", "quantity"]`, or the argument `["id"]`; null if it concerns the
    /// whole input. Problems of a checkout that `checkoutComplete` reports name the fields of `CheckoutUpdateInput`, or the line of
    /// the cart, such as `["lines", "0"]`.
    pub field: Option<Vec<String>>,
    /// Its kind.
    pub code: UserErrorCode,
    /// What was wrong, what is allowed, and what was found where it is safe to show.
    pub message: String,
    /// Pieces left, where too many were asked for.
    pub stock_available: Option<i32>,
    /// The statuses that can follow, where another was asked for.
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

/// Splits what an operation answered: a value, or user errors; a fault goes up to be a top-level error. Which field of the input
/// named what was not found is for the caller to say, by [`missing`].
pub fn split<T>(result: souk_core::error::Result<T>) -> Result<(Option<T>, Vec<UserError>)> {
    match result {
        Ok(value) => Ok((Some(value), Vec::new())),
        Err(Error::Refused(Refusal(problems))) => Ok((None, problems.into_iter().map(UserError::from).collect())),
        Err(Error::Fault(fault)) => Err(fault.into()),
    }
}

/// Names the argument or the field of an input whose object was not found: `.map_err(missing("storeId"))`.
pub fn missing(path: &'static str) -> impl Fn(Error) -> Error {
    move |error| match error {
        Error::Fault(Fault::NotFound) => Problem::new(path, souk_core::error::Code::NotFound, "It does not exist.").into(),
        other => other,
    }
}

/// The payload of a mutation with one object: `payload!(/// doc. StoreCreatePayload { /// doc. store: Store })`.
/// `StoreCreatePayload::from_result(result)` makes it from the domain's answer.
#[macro_export]
macro_rules! payload {
    ($(#[doc = $doc:literal])* $name:ident { $(#[doc = $fdoc:literal])* $field:ident: $ty:ty }) => {
        $(#[doc = $doc])*
        #[derive(async_graphql::SimpleObject)]
        pub struct $name {
            $(#[doc = $fdoc])*
            pub $field: Option<$ty>,
            /// What was wrong; empty where all went well.
            pub user_errors: Vec<$crate::error::UserError>,
        }

        impl $name {
            /// From what the operation answered.
            pub fn from_result<T: Into<$ty>>(result: ::souk_core::error::Result<T>) -> Result<Self> {
                let (value, user_errors) = $crate::error::split(result)?;
                Ok(Self { $field: value.map(Into::into), user_errors })
            }
        }
    };
}

/// A top-level error of a field, with its code.
#[derive(Clone, Debug)]
pub struct ApiError(async_graphql::Error);

/// What resolvers answer.
pub type Result<T, E = ApiError> = std::result::Result<T, E>;

impl ApiError {
    /// As it stands in an answer that was not run.
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
            Fault::Forbidden { needs } => ("FORBIDDEN", format!("You may not do this: it requires {needs}.")),
            Fault::NotFound => ("NOT_FOUND", "It does not exist.".to_owned()),
            Fault::BadUserInput { message, .. } => ("BAD_USER_INPUT", message.clone()),
            Fault::RateLimited { retry_after } => {
                ("RATE_LIMITED", format!("Too many attempts; try again in {} seconds.", retry_after.as_secs() + 1))
            }
            Fault::Unavailable { retry_after } => {
                ("UNAVAILABLE", format!("The server is busy; try again in {} seconds.", retry_after.as_secs()))
            }
            Fault::IdempotencyKeyReused => {
                ("IDEMPOTENCY_KEY_REUSED", "This idempotencyKey was used with another input; use a new key.".to_owned())
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
            // Refusals are split off before; what still comes here is an argument of a query.
            Error::Refused(Refusal(problems)) => {
                let message = problems.first().map(|problem| problem.message.clone()).unwrap_or_default();
                Fault::BadUserInput { argument: "input", message }.into()
            }
        }
    }
}

/// Gives every error a code, hides what is of the inside, and logs that once with the request's ID.
pub fn mask(error: &mut ServerError, request_id: &str) {
    if let Some(Fault::Internal(inside)) = error.source::<Fault>() {
        tracing::error!(request_id, path = ?error.path, error = %inside, "a request failed inside");
    }
    let coded = error.extensions.as_ref().and_then(|extensions| extensions.get("code")).cloned();
    let code = match coded {
        Some(async_graphql::Value::String(code)) => code,
        // Parsing and validation have no path; variables of wrong types are found while resolving.
        _ if error.path.is_empty() || is_wrong_value(&error.message) => {
            let code = bad_input_code(&error.message);
            error.message = readable(&error.message);
            code.to_owned()
        }
        _ => {
            tracing::error!(request_id, path = ?error.path, error = error.message, "a resolver failed without a code");
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

fn is_wrong_value(message: &str) -> bool {
    ["Failed to parse", "Expected input type"].iter().any(|beginning| message.starts_with(beginning))
}

fn bad_input_code(message: &str) -> &'static str {
    let too_much = [
        "too complex",
        "too deep",
        "recursion depth",
        "recursion limit",
        "stack limit",
        "amount of aliases",
        "number of directives",
    ];
    let lower = message.to_lowercase();
    if too_much.iter().any(|words| lower.contains(words)) { "QUERY_TOO_COMPLEX" } else { "BAD_USER_INPUT" }
}

/// The parser repeats the whole line of the query, and others the value they found: that can be a megabyte.
fn readable(message: &str) -> String {
    const LONGEST: usize = 500;
    if message.contains("stack limit") || message.contains("recursion limit") {
        return "The query is nested too deep.".into();
    }
    let said = match message.rsplit_once("  = ") {
        Some((_, expected)) if message.trim_start().starts_with("--> ") => format!("Syntax error: {}.", expected.trim()),
        _ => message.to_owned(),
    };
    if said.chars().count() > LONGEST { format!("{} ...", truncate(&said, LONGEST)) } else { said }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_parser_says_is_cut_to_what_a_person_needs() {
        let query = format!("{{ category(slug: {}", "x".repeat(100_000));
        let Err(error) = async_graphql::parser::parse_query(&query) else { panic!("it was parsed") };
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
