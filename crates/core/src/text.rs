//! Words and slugs.

/// A name as a part of an address: lower-case ASCII letters and digits in parts joined by single hyphens; can be empty.
pub fn slugify(name: &str) -> String {
    words(name).join("-")
}

/// A slug to try: at first `base` itself (`fallback` where nothing was left of the name), later with a random ending. At most
/// 100 characters.
pub fn slug_for(base: &str, fallback: &str, attempt: u32) -> String {
    let (base, plain) =
        if base.is_empty() { (fallback, false) } else { (truncate(base, 90).trim_end_matches('-'), attempt == 0) };
    if plain { base.to_owned() } else { format!("{base}-{}", random_ending().to_lowercase()) }
}

/// Six characters that nobody else has, as good as surely: digits and capitals that can't be taken for each other.
pub fn random_ending() -> String {
    const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut random: u32 = rand::random();
    let mut ending = String::new();
    for _ in 0..6 {
        let at = usize::try_from(random % 32).unwrap_or_default();
        ending.push(LETTERS.get(at).copied().map_or('0', char::from));
        random /= 32;
    }
    ending
}

/// The words of a text, lower-cased and without accents, in order.
pub fn words(text: &str) -> Vec<String> {
    deunicode::deunicode(text)
        .to_lowercase()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Cuts a text to at most `length` characters.
pub fn truncate(text: &str, length: usize) -> &str {
    text.char_indices().nth(length).map_or(text, |(at, _)| &text[..at])
}

/// Name of a country in English by its code (ISO 3166-1 alpha-2), such as Nepal for NP; a code that is not known stands for itself.
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
