//! Weighted length of a text on X (<https://docs.x.com/fundamentals/counting-characters>): at most 280. Most letters of alphabets count
//! 1, all other characters (Chinese, Japanese, Korean, emoji) 2, and every link 23.

/// Maximum weighted length of a text.
pub const MAX_WEIGHT: usize = 280;
/// Weighted length of a link, independent of its actual length.
const LINK: usize = 23;

fn of_char(c: char) -> usize {
    match u32::from(c) {
        0..=4351 | 8192..=8205 | 8208..=8223 | 8242..=8247 => 1,
        _ => 2,
    }
}

/// Weighted length of a word. X also turns words that look like a host name into links; for them the larger of both lengths counts.
fn of_word(word: &str) -> usize {
    let plain = word.chars().map(of_char).sum();
    if word.starts_with("https://") || word.starts_with("http://") {
        return LINK;
    }
    let has_inner_dot = word.trim_matches('.').contains('.');
    if has_inner_dot { LINK.max(plain) } else { plain }
}

/// Weighted length of a text; never less than X computes. (X counts an emoji of several code points as one character.)
pub fn of(text: &str) -> usize {
    text.split_inclusive(char::is_whitespace)
        .map(|part| {
            let word = part.trim_end();
            let space: usize = part.get(word.len()..).unwrap_or_default().chars().map(of_char).sum();
            of_word(word) + space
        })
        .sum()
}

/// Truncates a text to the weighted length `max`, with "…" at the end if something was removed.
pub fn truncate(text: &str, max: usize) -> String {
    if of(text) <= max {
        return text.to_owned();
    }
    let ends = text.char_indices().map(|(at, _)| at).rev();
    for end in ends {
        let shorter = format!("{}…", text.get(..end).unwrap_or_default().trim_end());
        if of(&shorter) <= max {
            return shorter;
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_count_one_signs_and_emoji_two_and_links_twenty_three() {
        assert_eq!(of("Tea é ß д"), 9);
        assert_eq!(of("茶"), 2);
        assert_eq!(of("🍵 tea"), 6);
        assert_eq!(of("“quoted”"), 8);
        assert_eq!(of("see https://example.com/products/a-very-long-address-of-a-product now"), 31);
        assert_eq!(of("a.co"), 23);
        assert_eq!(of("end."), 4);
        assert_eq!(of(&"x".repeat(280)), MAX_WEIGHT);
    }

    #[test]
    fn a_text_is_cut_by_what_it_counts() {
        assert_eq!(truncate("short", 10), "short");
        assert_eq!(truncate("one two three", 9), "one two…");
        let long = truncate(&"茶".repeat(300), 20);
        assert_eq!(of(&long), 20);
        assert_eq!(long, format!("{}…", "茶".repeat(9)));
        assert_eq!(truncate("abc", 0), "");
    }
}
