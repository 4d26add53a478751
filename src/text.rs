//! Words and slugs.

/// A name as a part of an address: lower-case ASCII letters and digits in parts joined by single hyphens; can be empty.
pub fn slugify(name: &str) -> String {
    words(name).join("-")
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
