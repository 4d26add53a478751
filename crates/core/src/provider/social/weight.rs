//! How long a text is for X (<https://docs.x.com/fundamentals/counting-characters>): at most 280, where most letters of alphabets
//! count 1, everything else (Chinese, Japanese, Korean, emoji) 2, and every link 23.

/// The longest text.
pub const LONGEST: usize = 280;
/// What a link counts, however long it is.
const LINK: usize = 23;

fn of_char(c: char) -> usize {
    match u32::from(c) {
        0..=4351 | 8192..=8205 | 8208..=8223 | 8242..=8247 => 1,
        _ => 2,
    }
}

/// What a word counts. X makes links also of what looks like a host name; such a word counts the longer of both.
fn of_word(word: &str) -> usize {
    let plain = word.chars().map(of_char).sum();
    if word.starts_with("https://") || word.starts_with("http://") {
        return LINK;
    }
    let has_inner_dot = word.trim_matches('.').contains('.');
    if has_inner_dot { LINK.max(plain) } else { plain }
}

/// What a text counts; never less than X says. (X counts an emoji that is made of several as one.)
pub fn of(text: &str) -> usize {
    text.split_inclusive(char::is_whitespace)
        .map(|part| {
            let word = part.trim_end();
            let space: usize = part.get(word.len()..).unwrap_or_default().chars().map(of_char).sum();
            of_word(word) + space
        })
        .sum()
}

/// A text cut so that it counts at most `longest`, with "…" where something is missing.
pub fn cut(text: &str, longest: usize) -> String {
    if of(text) <= longest {
        return text.to_owned();
    }
    let ends = text.char_indices().map(|(at, _)| at).rev();
    for end in ends {
        let shorter = format!("{}…", text.get(..end).unwrap_or_default().trim_end());
        if of(&shorter) <= longest {
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
        assert_eq!(of(&"x".repeat(280)), LONGEST);
    }

    #[test]
    fn a_text_is_cut_by_what_it_counts() {
        assert_eq!(cut("short", 10), "short");
        assert_eq!(cut("one two three", 9), "one two…");
        let long = cut(&"茶".repeat(300), 20);
        assert_eq!(of(&long), 20);
        assert_eq!(long, format!("{}…", "茶".repeat(9)));
        assert_eq!(cut("abc", 0), "");
    }
}
