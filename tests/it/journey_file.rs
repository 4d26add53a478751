//! The documents of real clients.

use std::collections::BTreeMap;

const JOURNEY: &str = include_str!("../journey.graphql");

/// The definitions of the file by name: fragments and operations, each with its text.
fn definitions() -> BTreeMap<&'static str, (bool, &'static str)> {
    let mut found = BTreeMap::new();
    let mut depth = 0_usize;
    let mut start = None;
    let mut comment = false;
    for (at, c) in JOURNEY.char_indices() {
        match c {
            '\n' => comment = false,
            _ if comment => {}
            '#' => comment = true,
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0
                    && let Some(from) = start.take()
                {
                    let text: &'static str = &JOURNEY[from..=at];
                    let mut words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
                    let fragment = words.next() == Some("fragment");
                    found.insert(words.next().expect("a name"), (fragment, text));
                }
            }
            c if depth == 0 && start.is_none() && c.is_alphabetic() => start = Some(at),
            _ => {}
        }
    }
    found
}

/// The names of all operations.
pub fn names() -> Vec<&'static str> {
    definitions().into_iter().filter(|(_, (fragment, _))| !fragment).map(|(name, _)| name).collect()
}

/// An operation and the fragments it uses, word for word.
pub fn operation(name: &str) -> String {
    let all = definitions();
    let (_, text) = all.get(name).unwrap_or_else(|| panic!("the journey has no operation {name}"));
    let fragments =
        all.iter().filter(|(name, (fragment, _))| *fragment && text.contains(&format!("...{name}"))).map(|(_, (_, text))| *text);
    std::iter::once(*text).chain(fragments).collect::<Vec<_>>().join("\n")
}
