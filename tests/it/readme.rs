//! The table of configuration keys in the README.

use apollo_compiler::{ExecutableDocument, Schema};
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

/// The operations of the README's examples: `graphql` blocks, texts in backticks in `js` blocks, and JSON bodies in `sh` blocks.
fn operations(text: &str) -> Vec<String> {
    let mut operations = Vec::new();
    for block in text.split("```").skip(1).step_by(2) {
        let (kind, code) = block.split_once('\n').expect("a language");
        match kind {
            "graphql" => operations.push(code.to_owned()),
            "js" => {
                let texts = code.split('`').skip(1).step_by(2);
                let kinds = ["query", "mutation", "subscription"];
                operations.extend(texts.filter(|text| kinds.iter().any(|kind| text.starts_with(kind))).map(str::to_owned));
            }
            "sh" => {
                for body in code.split("-d '").skip(1).filter_map(|rest| rest.split('\'').next()) {
                    let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
                    operations.push(body["query"].as_str().expect("a query").to_owned());
                }
            }
            _ => {}
        }
    }
    operations
}

#[test]
fn every_operation_of_its_examples_is_valid() {
    let schema = Schema::parse_and_validate(souk_api::sdl(), "schema.graphql").expect("the schema is valid");
    let operations = operations(&std::fs::read_to_string(FILE).expect("README.md"));
    assert!(operations.len() >= 10, "{operations:#?}");
    for operation in operations {
        if let Err(errors) = ExecutableDocument::parse_and_validate(&schema, &operation, "README.md") {
            panic!("{operation}\n{}", errors.errors);
        }
    }
}
