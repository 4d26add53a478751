//! The table of configuration keys in the README.

use souk_core::config::KEYS;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
const BEGIN: &str = "SOUK_TEST_WRITE=1 -->\n";
const END: &str = "<!-- end of keys -->";

fn table() -> String {
    let cell = |text: &str| text.replace('|', "\\|");
    let row = |key: &souk_core::config::Key| {
        let default = if key.default.is_empty() { String::new() } else { format!("`{}`", cell(key.default)) };
        format!("| `{}` | {default} | {} |\n", key.name, cell(key.help).replace('<', "&lt;"))
    };
    let rows: String = KEYS.iter().map(row).collect();
    format!("\n| key | default | description |\n|---|---|---|\n{rows}\n")
}

#[test]
fn the_table_of_keys_is_that_of_the_code() {
    let text = std::fs::read_to_string(FILE).expect("README.md");
    let (before, rest) = text.split_once(BEGIN).expect("the mark before the table");
    let (found, after) = rest.split_once(END).expect("the mark after the table");
    if std::env::var("SOUK_TEST_WRITE").is_ok() {
        std::fs::write(FILE, format!("{before}{BEGIN}{}{END}{after}", table())).expect("README.md can be written");
        return;
    }
    assert_eq!(found, table(), "run the test with SOUK_TEST_WRITE=1");
}
