//! IDs, as clients send them.

use crate::error::{Code, Error, Fault, Problem};
use entity::id::Id;

/// An ID in the input of a mutation, or what is wrong with it: for lists, where all problems are told at once.
pub fn read<I: Id>(path: &str, id: &async_graphql::ID) -> Result<I, Problem> {
    id.parse().map_err(|_| {
        let shown: String = id.chars().take(40).collect();
        Problem::new(path, Code::InvalidId, format!("{path} must be an ID that begins with {}_; found {shown:?}", I::PREFIX))
    })
}

/// An ID in the input of a mutation: a wrong one is a user error that names the field.
pub fn input<I: Id>(path: &str, id: &async_graphql::ID) -> Result<I, Error> {
    Ok(read(path, id)?)
}

/// An ID in the input of a mutation that may be left out.
pub fn optional<I: Id>(path: &str, id: Option<&async_graphql::ID>) -> Result<Option<I>, Error> {
    id.map(|id| input(path, id)).transpose()
}

/// An ID in an argument of a query: a wrong one is a top-level error that names the argument.
pub fn argument<I: Id>(name: &'static str, id: &async_graphql::ID) -> Result<I, Fault> {
    id.parse().map_err(|_| {
        let shown: String = id.chars().take(40).collect();
        Fault::BadUserInput {
            argument: name,
            message: format!("{name} must be an ID that begins with {}_; found {shown:?}", I::PREFIX),
        }
    })
}

/// An ID, as clients read it.
pub fn output<I: Id>(id: I) -> async_graphql::ID {
    id.to_string().into()
}
