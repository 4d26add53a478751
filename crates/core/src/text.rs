//! Slugs, words and names of countries.

use crate::random::Random;

/// Converts a name to a slug: words of lower-case ASCII letters and digits, joined by hyphens. The result can be empty.
pub fn slugify(name: &str) -> String {
    words(name).join("-")
}

/// A candidate for a unique slug of at most 100 characters: `base` itself at the first attempt, later with a random suffix. If `base`
/// is empty, `fallback` with a random suffix.
pub fn slug_for(random: &Random, base: &str, fallback: &str, attempt: u32) -> String {
    let (base, plain) =
        if base.is_empty() { (fallback, false) } else { (truncate(base, 90).trim_end_matches('-'), attempt == 0) };
    if plain { base.to_owned() } else { format!("{base}-{}", random_suffix(random).to_lowercase()) }
}

/// The known word that a given one probably means: the one with the fewest letters to change, add, remove or swap, at most two and fewer
/// than half of them.
pub fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    const MAX_DISTANCE: usize = 2;
    let given: String = given.chars().take(100).collect();
    let distance = |word: &&'a str| strsim::osa_distance(&given, word);
    let (distance, found) = known.map(|word| (distance(&word), word)).min_by_key(|(distance, _)| *distance)?;
    (distance <= MAX_DISTANCE && 2 * distance < found.chars().count()).then_some(found)
}

/// Six random characters, 30 bits: digits and capital letters without those that are easily confused.
pub fn random_suffix(random: &Random) -> String {
    const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut bits = u32::from_le_bytes(random.bytes());
    let mut suffix = String::new();
    for _ in 0..6 {
        let at = usize::try_from(bits % 32).unwrap_or_default();
        suffix.push(LETTERS.get(at).copied().map_or('0', char::from));
        bits /= 32;
    }
    suffix
}

/// The words of a text in order, in lower case and without accents.
pub fn words(text: &str) -> Vec<String> {
    deunicode::deunicode(text)
        .to_lowercase()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Truncates a text to at most `length` characters.
pub fn truncate(text: &str, length: usize) -> &str {
    text.char_indices().nth(length).map_or(text, |(at, _)| &text[..at])
}

/// English name of a country by its ISO 3166-1 alpha-2 code, such as Nepal for NP; the code itself if it is unknown.
pub fn country_name(code: &str) -> &str {
    rust_iso3166::from_alpha2(code).map_or(code, |country| country.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_plain_words() {
        assert_eq!(slugify("  Café & Co. — Kathmandu! "), "cafe-co-kathmandu");
        assert_eq!(slugify("!!!"), "");
    }

    #[test]
    fn truncation_counts_characters() {
        assert_eq!(truncate("añb", 2), "añ");
        assert_eq!(truncate("ab", 2), "ab");
    }
}
