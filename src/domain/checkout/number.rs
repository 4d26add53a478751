//! The numbers of orders: short enough to be read out, and not to be guessed from another.

/// Digits and letters without those that look alike (Crockford's base 32: no I, L, O, U).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A new number such as `SK-7F3K-92QD`: 40 random bits. The database refuses one that is taken.
pub(super) fn random() -> String {
    from_bytes(rand::random())
}

fn from_bytes(bytes: [u8; 8]) -> String {
    let letters = bytes.map(|byte| ALPHABET.get(usize::from(byte % 32)).copied().map_or('0', char::from));
    let group = |letters: &[char]| letters.iter().collect::<String>();
    letters.chunks(4).map(group).fold("SK".to_owned(), |number, group| format!("{number}-{group}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_two_groups_of_four_unambiguous_characters() {
        assert_eq!(from_bytes([0, 1, 10, 31, 32, 255, 18, 20]), "SK-01AZ-0ZJM");
        assert_ne!(random(), random());
    }
}
