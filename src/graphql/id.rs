//! IDs, as clients send them.

use crate::error::{Code, Error, Fault, Problem, Refusal};
use entity::id::Id;
use uuid::Uuid;

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

/// Reads the IDs of an input and collects what is wrong with them, so that all of it is told at once.
#[derive(Debug, Default)]
pub struct Ids(Vec<Problem>);

impl Ids {
    /// An ID at a path such as `lines.0.variantId`. What is returned for a malformed one names nothing: [`Ids::finish`] refuses it.
    pub fn read<I: Id>(&mut self, path: &str, id: &async_graphql::ID) -> I {
        read(path, id).unwrap_or_else(|problem| {
            self.0.push(problem);
            I::from(Uuid::nil())
        })
    }

    /// A list of IDs.
    pub fn list<I: Id>(&mut self, path: &str, ids: &[async_graphql::ID]) -> Vec<I> {
        ids.iter().enumerate().map(|(n, id)| self.read(&format!("{path}.{n}"), id)).collect()
    }

    /// Refuses with everything that was malformed.
    pub fn finish(self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Refused(Refusal(self.0))) }
    }
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
