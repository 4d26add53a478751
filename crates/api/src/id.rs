//! IDs, as clients send them.

use entity::id::{Id, PersonId, UserId, parse_any};
use souk_core::error::Fault;
use uuid::Uuid;

/// The characters of a UUID in an ID.
const SUFFIX: usize = 26;

/// An ID of a type. Where a user is asked for, the ID of a person will do: it names the same account.
pub(crate) fn parse<I: Id>(text: &str) -> Option<I> {
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

/// What is wrong with a text that is no ID of the type.
pub(crate) fn malformed<I: Id>(name: &str, id: &str) -> String {
    let shown: String = id.chars().take(40).collect();
    format!("{name} must be an ID that begins with {}_; found {shown:?}.", I::PREFIX)
}

/// An ID in an argument of a query: a wrong one is a top-level error that names the argument.
pub fn argument<I: Id>(name: &'static str, id: &async_graphql::ID) -> Result<I, Fault> {
    parse(id).ok_or_else(|| Fault::BadUserInput { argument: name, message: malformed::<I>(name, id) })
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
