//! IDs, as clients send them.

use entity::id::{Id, PersonId, UserId, parse_any};
use souk_core::error::{Code, Error, Fault, Problem, Refusal};
use uuid::Uuid;

/// The characters of a UUID in an ID.
const SUFFIX: usize = 26;

/// An ID of a type. Where a user is asked for, the ID of a person will do: it names the same account.
fn parse<I: Id>(text: &str) -> Option<I> {
    let as_person = || text.parse::<PersonId>().ok().map(|person| I::from(person.uuid()));
    text.parse().ok().or_else(|| if I::PREFIX == UserId::PREFIX { as_person() } else { None })
}

/// The parts of any ID: its prefix, and one UUID, or several if it is made by [`joined`].
pub fn parts(id: &str) -> Option<(&str, Vec<Uuid>)> {
    let (prefix, suffixes) = id.rsplit_once('_')?;
    if suffixes.is_empty() || !suffixes.is_ascii() || suffixes.len() % SUFFIX != 0 {
        return None;
    }
    let suffixes = (0..suffixes.len() / SUFFIX).map(|at| &suffixes[at * SUFFIX..(at + 1) * SUFFIX]);
    let uuids = suffixes.map(|suffix| parse_any(&format!("{prefix}_{suffix}")).map(|(_, uuid)| uuid));
    Some((prefix, uuids.collect::<Option<_>>()?))
}

/// The ID of something that is no row: made of the IDs of the rows that name it together, in a fixed order.
pub fn joined(prefix: &str, uuids: &[Uuid]) -> async_graphql::ID {
    let suffixes =
        uuids.iter().filter_map(|uuid| PersonId(*uuid).to_string().rsplit_once('_').map(|(_, suffix)| suffix.to_owned()));
    format!("{prefix}_{}", suffixes.collect::<String>()).into()
}

/// An ID in the input of a mutation, or what is wrong with it: for lists, where all problems are told at once.
pub fn read<I: Id>(path: &str, id: &async_graphql::ID) -> Result<I, Problem> {
    parse(id).ok_or_else(|| {
        let shown: String = id.chars().take(40).collect();
        Problem::new(path, Code::InvalidId, format!("{path} must be an ID that begins with {}_; found {shown:?}.", I::PREFIX))
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

    /// Adds a problem that was found otherwise.
    pub fn problem(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// Refuses with everything that was malformed.
    pub fn finish(self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Refused(Refusal(self.0))) }
    }
}

/// An ID in an argument of a query: a wrong one is a top-level error that names the argument.
pub fn argument<I: Id>(name: &'static str, id: &async_graphql::ID) -> Result<I, Fault> {
    parse(id).ok_or_else(|| {
        let shown: String = id.chars().take(40).collect();
        Fault::BadUserInput {
            argument: name,
            message: format!("{name} must be an ID that begins with {}_; found {shown:?}.", I::PREFIX),
        }
    })
}

/// An ID, as clients read it.
pub fn output<I: Id>(id: I) -> async_graphql::ID {
    id.to_string().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_what_is_no_row_are_made_of_others_and_read_again() {
        let uuids = [Uuid::from_u128(1), Uuid::from_u128(u128::MAX), Uuid::from_u128(7)];
        let id = joined("checkout_store", &uuids);
        assert_eq!(parts(&id), Some(("checkout_store", uuids.to_vec())));
        assert_eq!(parts(&UserId(uuids[0]).to_string()), Some(("user", vec![uuids[0]])));
        for wrong in
            ["", "user", "user_", "_", "user_1", "user_01h455vb4pex5vsknk084sn02qx", &"x_é".repeat(13), &id[..id.len() - 1]]
        {
            assert_eq!(parts(wrong), None, "{wrong}");
        }
        // The first character of a UUID in base32 is 7 at most.
        assert_eq!(parts("user_8zzzzzzzzzzzzzzzzzzzzzzzzz"), None);
    }

    #[test]
    fn a_person_names_the_account_and_nothing_else() {
        let uuid = Uuid::from_u128(7);
        let person = PersonId(uuid).to_string();
        assert_eq!(parse::<UserId>(&person), Some(UserId(uuid)));
        assert_eq!(parse::<entity::id::StoreId>(&person), None);
        assert_eq!(parse::<PersonId>(&UserId(uuid).to_string()), None);
    }
}
