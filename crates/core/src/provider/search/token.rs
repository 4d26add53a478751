//! Words of texts: folding, tokens with their places, compounds, stems and stop words.

use deunicode::deunicode_char;
use frostem::{Algorithm, Stemmer};

/// Longer words are truncated to this number of bytes.
const MAX_LENGTH: usize = 64;

/// A word of a text, in lower case and without accents, and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The folded word.
    pub text: String,
    /// The character of the text at which it begins.
    pub start: usize,
    /// The character after its end.
    pub end: usize,
    /// Characters of a script without spaces between words.
    pub is_unsegmented: bool,
    gap: Gap,
}

/// What stands between a word and the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gap {
    /// One mark that joins, as in "T-shirt".
    Joint,
    /// Spaces.
    Space,
    /// Anything else, or nothing.
    Other,
}

/// Whether the script is written without spaces between its words: Han, Hiragana, Katakana, Hangul, Thai, Lao, Khmer.
fn is_unsegmented(c: char) -> bool {
    matches!(u32::from(c),
        0x0E01..=0x0E4E | 0x0E81..=0x0EDF | 0x1100..=0x11FF | 0x1780..=0x17DD | 0x3005..=0x3007 | 0x3041..=0x309F | 0x30A1..=0x30FF
        | 0x3130..=0x318F | 0x31F0..=0x31FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0xFF66..=0xFF9D
        | 0x20000..=0x323AF)
}

/// Reads a text: in the scripts with spaces, words; in the others, every character and every two that stand side by side.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut reader = Reader::default();
    for (at, c) in text.chars().enumerate() {
        reader.read(at, c);
    }
    reader.end_word();
    reader.end_run();
    reader.found
}

#[derive(Default)]
struct Reader {
    found: Vec<Token>,
    word: String,
    word_place: (usize, usize),
    run: Vec<(usize, char)>,
    /// Characters since the last word: how many, whether all are spaces, whether all are joints.
    gap: (usize, bool, bool),
}

impl Reader {
    fn read(&mut self, at: usize, c: char) {
        if is_unsegmented(c) {
            self.end_word();
            self.run.push((at, c));
            return;
        }
        let folded = deunicode_char(c);
        if !c.is_alphanumeric() {
            // Combining marks and characters without width divide nothing.
            if folded == Some("") && !c.is_whitespace() {
                return;
            }
            self.end_word();
            self.end_run();
            let first = self.gap.0 == 0;
            let is_joint = matches!(c, '-' | '\'' | '.' | '&' | '/' | '+' | '\u{2019}' | '\u{2010}' | '\u{2011}');
            self.gap = (self.gap.0 + 1, (first || self.gap.1) && c.is_whitespace(), first && is_joint);
            return;
        }
        self.end_run();
        for letter in folded.unwrap_or_default().chars().flat_map(char::to_lowercase) {
            if !letter.is_ascii_alphanumeric() {
                self.end_word();
                continue;
            }
            if self.word.is_empty() {
                self.word_place.0 = at;
            }
            self.word.push(letter);
            self.word_place.1 = at + 1;
        }
    }

    fn end_word(&mut self) {
        if self.word.is_empty() {
            return;
        }
        let mut text = std::mem::take(&mut self.word);
        text.truncate(MAX_LENGTH);
        self.push(text, self.word_place, false);
    }

    /// Ends characters of a script without spaces.
    fn end_run(&mut self) {
        let run = std::mem::take(&mut self.run);
        for (at, c) in &run {
            self.push(c.to_string(), (*at, at + 1), true);
        }
        for pair in run.windows(2) {
            if let [(at, first), (_, second)] = pair {
                self.push([*first, *second].iter().collect(), (*at, at + 2), true);
            }
        }
    }

    fn push(&mut self, text: String, (start, end): (usize, usize), is_unsegmented: bool) {
        let gap = match std::mem::take(&mut self.gap) {
            (0, ..) => Gap::Other,
            (_, true, _) => Gap::Space,
            (_, _, true) => Gap::Joint,
            _ => Gap::Other,
        };
        self.found.push(Token { text, start, end, is_unsegmented, gap });
    }
}

/// Words that two neighbours make when they are written as one: "tshirt" for "T-shirt", "iphone15" for "iPhone 15". Across a space only
/// if one of them is short or a number, as others are rarely written as one.
pub fn compounds(tokens: &[Token]) -> impl Iterator<Item = (usize, String)> {
    tokens.windows(2).enumerate().filter_map(|(at, pair)| {
        let [first, second] = pair else { return None };
        let is_part = |token: &Token| token.text.len() <= 2 || is_number(&token.text);
        let is_joined = match second.gap {
            Gap::Joint => true,
            Gap::Space => is_part(first) != is_part(second) || (is_part(first) && !is_number(&first.text)),
            Gap::Other => false,
        };
        let fits = first.text.len() + second.text.len() <= MAX_LENGTH;
        let is_word = !first.is_unsegmented && !second.is_unsegmented;
        (is_joined && fits && is_word).then(|| (at, format!("{}{}", first.text, second.text)))
    })
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Number of typos that are corrected in a word: none under 5 characters or with digits, one from 5, two from 9
/// (<https://www.meilisearch.com/docs/learn/relevancy/typo_tolerance_settings>).
pub fn max_typos(word: &str) -> u8 {
    if !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return 0;
    }
    match word.len() {
        0..5 => 0,
        5..9 => 1,
        _ => 2,
    }
}

/// A language whose words are reduced to their stems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// Danish.
    Da,
    /// German.
    De,
    /// English.
    En,
    /// Spanish.
    Es,
    /// Finnish.
    Fi,
    /// French.
    Fr,
    /// Italian.
    It,
    /// Dutch.
    Nl,
    /// Norwegian.
    No,
    /// Portuguese.
    Pt,
    /// Swedish.
    Sv,
}

impl Language {
    /// All of them, in the order of their codes.
    pub const ALL: [Self; 11] =
        [Self::Da, Self::De, Self::En, Self::Es, Self::Fi, Self::Fr, Self::It, Self::Nl, Self::No, Self::Pt, Self::Sv];

    /// ISO 639-1 code, in capital letters.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Da => "DA",
            Self::De => "DE",
            Self::En => "EN",
            Self::Es => "ES",
            Self::Fi => "FI",
            Self::Fr => "FR",
            Self::It => "IT",
            Self::Nl => "NL",
            Self::No => "NO",
            Self::Pt => "PT",
            Self::Sv => "SV",
        }
    }

    const fn algorithm(self) -> Algorithm {
        match self {
            Self::Da => Algorithm::Danish,
            Self::De => Algorithm::German,
            Self::En => Algorithm::English,
            Self::Es => Algorithm::Spanish,
            Self::Fi => Algorithm::Finnish,
            Self::Fr => Algorithm::French,
            Self::It => Algorithm::Italian,
            Self::Nl => Algorithm::Dutch,
            Self::No => Algorithm::Norwegian,
            Self::Pt => Algorithm::Portuguese,
            Self::Sv => Algorithm::Swedish,
        }
    }

    /// Frequent words that say little, folded.
    const fn stop_words(self) -> &'static [&'static str] {
        match self {
            Self::Da => &["af", "den", "det", "en", "et", "for", "i", "med", "og", "til"],
            Self::De => &["an", "auf", "aus", "das", "der", "die", "ein", "eine", "fur", "im", "in", "mit", "und", "von", "zu"],
            Self::En => &["a", "an", "and", "at", "by", "for", "from", "in", "is", "it", "of", "on", "or", "the", "to", "with"],
            Self::Es => &["al", "con", "de", "del", "el", "en", "la", "las", "los", "para", "por", "un", "una", "y"],
            Self::Fi => &["ja", "tai"],
            Self::Fr => {
                &["a", "au", "aux", "avec", "d", "de", "des", "du", "en", "et", "l", "la", "le", "les", "pour", "un", "une"]
            }
            Self::It => &["con", "da", "dei", "del", "della", "di", "e", "il", "in", "la", "le", "lo", "per", "un", "una"],
            Self::Nl => &["de", "een", "en", "het", "in", "met", "of", "van", "voor"],
            Self::No => &["av", "den", "det", "en", "et", "for", "i", "med", "og", "til"],
            Self::Pt => &["a", "com", "da", "de", "do", "e", "em", "o", "os", "para", "por", "um", "uma"],
            Self::Sv => &["av", "den", "det", "en", "ett", "for", "i", "med", "och", "till"],
        }
    }
}

/// Stems and stop words of the languages of a marketplace.
pub struct Stems {
    languages: Vec<(Language, Stemmer)>,
}

impl std::fmt::Debug for Stems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.languages.iter().map(|(language, _)| language)).finish()
    }
}

impl Stems {
    /// Of these languages.
    pub fn new(languages: &[Language]) -> Self {
        Self { languages: languages.iter().map(|language| (*language, Stemmer::new(language.algorithm()))).collect() }
    }

    /// The languages.
    pub fn languages(&self) -> Vec<Language> {
        self.languages.iter().map(|(language, _)| *language).collect()
    }

    /// The stems of a folded word, one for each language, each once; none of a word with digits or of a script without spaces.
    pub fn of(&self, word: &str) -> Vec<String> {
        if !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return Vec::new();
        }
        let mut all: Vec<String> = self.languages.iter().map(|(_, stemmer)| stemmer.stem(word).into_owned()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Whether a word says little in one of the languages.
    pub fn is_stop_word(&self, word: &str) -> bool {
        self.languages.iter().any(|(language, _)| language.stop_words().contains(&word))
    }
}
