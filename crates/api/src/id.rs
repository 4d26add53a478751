//! Parsing and formatting of IDs.

use entity::id::{Id, PersonId, UserId, parse_any};
use souk_core::error::Fault;
use uuid::Uuid;

/// Length in characters of a UUID in an ID (base32, see the TypeID specification).
const SUFFIX_LENGTH: usize = 26;

/// Parses an ID of a type. For a user, the ID of a `Person` is accepted too: it identifies the same account.
pub(crate) fn parse<I: Id>(text: &str) -> Option<I> {
    let as_person = || text.parse::<PersonId>().ok().map(|person| I::from(person.uuid()));
    text.parse().ok().or_else(|| if I::PREFIX == UserId::PREFIX { as_person() } else { None })
}

/// Splits an ID of any type into its prefix and its UUID, or its UUIDs if it was made by [`joined`].
pub fn parts(id: &str) -> Option<(&str, Vec<Uuid>)> {
    let (prefix, suffixes) = id.rsplit_once('_')?;
    if suffixes.is_empty() || !suffixes.is_ascii() || suffixes.len() % SUFFIX_LENGTH != 0 {
        return None;
    }
    let suffixes = (0..suffixes.len() / SUFFIX_LENGTH).map(|at| &suffixes[at * SUFFIX_LENGTH..(at + 1) * SUFFIX_LENGTH]);
    let uuids = suffixes.map(|suffix| parse_any(&format!("{prefix}_{suffix}")).map(|(_, uuid)| uuid));
    Some((prefix, uuids.collect::<Option<_>>()?))
}

/// Makes the ID of an object that has no row of its own, from the UUIDs of the rows that identify it, in a fixed order.
pub fn joined(prefix: &str, uuids: &[Uuid]) -> async_graphql::ID {
    let suffixes =
        uuids.iter().filter_map(|uuid| PersonId(*uuid).to_string().rsplit_once('_').map(|(_, suffix)| suffix.to_owned()));
    format!("{prefix}_{}", suffixes.collect::<String>()).into()
}

/// Parses an ID in the input of a mutation. Returns the problem for callers that report several problems at once.
pub(crate) fn malformed<I: Id>(name: &str, id: &str) -> String {
    let shown: String = id.chars().take(40).collect();
    format!("{name} must be an ID that begins with {}_; got {shown:?}.", I::PREFIX)
}

/// Parses an ID in an argument of a query. An invalid ID is a top-level error that names the argument.
pub fn argument<I: Id>(name: &'static str, id: &async_graphql::ID) -> Result<I, Fault> {
    parse(id).ok_or_else(|| Fault::BadUserInput { argument: name, message: malformed::<I>(name, id) })
}

/// Formats an ID for clients.
pub fn output<I: Id>(id: I) -> async_graphql::ID {
    id.to_string().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composite_ids_are_split_into_their_uuids_again() {
        let uuids = [Uuid::from_u128(1), Uuid::from_u128(u128::MAX), Uuid::from_u128(7)];
        let id = joined("checkout_store", &uuids);
        assert_eq!(parts(&id), Some(("checkout_store", uuids.to_vec())));
        assert_eq!(parts(&UserId(uuids[0]).to_string()), Some(("user", vec![uuids[0]])));
        for invalid in
            ["", "user", "user_", "_", "user_1", "user_01h455vb4pex5vsknk084sn02qx", &"x_é".repeat(13), &id[..id.len() - 1]]
        {
            assert_eq!(parts(invalid), None, "{invalid}");
        }
        // The first character of a UUID in base32 is at most 7: 26 characters hold 130 bits.
        assert_eq!(parts("user_8zzzzzzzzzzzzzzzzzzzzzzzzz"), None);
    }

    #[test]
    fn the_id_of_a_person_is_accepted_for_a_user_only() {
        let uuid = Uuid::from_u128(7);
        let person = PersonId(uuid).to_string();
        assert_eq!(parse::<UserId>(&person), Some(UserId(uuid)));
        assert_eq!(parse::<entity::id::StoreId>(&person), None);
        assert_eq!(parse::<PersonId>(&UserId(uuid).to_string()), None);
    }
}
