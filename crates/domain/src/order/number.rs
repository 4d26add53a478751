//! Order numbers: short enough to read aloud, and not guessable from other numbers.

use souk_core::random::Random;

/// Crockford's base 32: digits and letters without I, L, O and U, which look like others.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A new number such as `SK-7F3K-92QD` with 40 random bits. The database refuses duplicates.
pub(crate) fn new(random: &Random) -> String {
    from_bytes(random.bytes())
}

/// The stored form of a typed number: hyphens, spaces and case are ignored, and letters that the alphabet leaves out become the
/// digits they look like. A text that can't be a number is returned in a form that matches no order.
pub fn normalize(typed: &str) -> String {
    let compact: String = typed.chars().filter(|c| !c.is_whitespace() && !is_hyphen(*c)).collect();
    let compact = compact.to_uppercase();
    let Some(letters) = compact.strip_prefix("SK") else { return compact };
    let letters: Vec<_> = letters.chars().map(unambiguous).collect();
    group(&letters)
}

/// The ASCII hyphen, and the dashes that word processors replace it with.
fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

fn unambiguous(letter: char) -> char {
    match letter {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    }
}

/// `SK`, followed by groups of four letters.
fn group(letters: &[char]) -> String {
    letters.chunks(4).fold("SK".to_owned(), |number, group| format!("{number}-{}", group.iter().collect::<String>()))
}

fn from_bytes(bytes: [u8; 8]) -> String {
    let letters = bytes.map(|byte| ALPHABET.get(usize::from(byte % 32)).copied().map_or('0', char::from));
    group(&letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_two_groups_of_four_unambiguous_characters() {
        assert_eq!(from_bytes([0, 1, 10, 31, 32, 255, 18, 20]), "SK-01AZ-0ZJM");
        assert_ne!(new(&Random::system()), new(&Random::system()));
    }

    #[test]
    fn hyphens_spaces_and_case_of_a_typed_number_do_not_matter() {
        for typed in
            ["SK-7F3K-92QD", "sk-7f3k-92qd", "SK7F3K92QD", " sk 7f3k 92qd ", "Sk\u{2013}7F3K\u{2011}92qd", "sk\t7f3k92qd"]
        {
            assert_eq!(normalize(typed), "SK-7F3K-92QD", "{typed:?}");
        }
        assert_eq!(normalize("sk-oil1-0000"), "SK-0111-0000");
        for typed in ["", "-", "SK", "7F3K-92QD", "SK-7F3K-92Q", "SK-7F3K-92QDX"] {
            assert_ne!(normalize(typed), "SK-7F3K-92QD", "{typed:?}");
        }
    }
}
