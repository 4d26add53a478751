//! The documents name tests that exist.

use crate::operations::{TESTS, files_in};
use std::collections::BTreeSet;
use std::path::Path;

/// The documents whose operations are those of the tests, and how many they show at least.
const WITH_OPERATIONS: [(&str, usize); 2] =
    [(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/catalog.md"), 20), (concat!(env!("CARGO_MANIFEST_DIR"), "/docs/lists.md"), 8)];
const SECURITY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/security.md");

/// The modules of the tests, such as `account::close`, and the tests in them.
fn modules_and_tests() -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut modules, mut tests) = (BTreeSet::new(), BTreeSet::new());
    for file in files_in(Path::new(TESTS), "rs") {
        let path = file.strip_prefix(TESTS).expect("a test").with_extension("");
        let module = path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("::");
        let source = std::fs::read_to_string(&file).expect("a test");
        let functions = source.split("#[test]\n").skip(1).filter_map(|rest| rest.split_once("fn "));
        tests.extend(functions.filter_map(|(_, rest)| rest.split_once('(')).map(|(name, _)| format!("{module}::{name}")));
        modules.insert(module);
    }
    (modules, tests)
}

#[test]
fn the_operations_of_the_catalog_documents_are_those_of_the_tests() {
    let files = files_in(&Path::new(TESTS).join("operations"), "graphql");
    let known: Vec<_> = files.iter().map(|file| std::fs::read_to_string(file).expect("operations")).collect();
    let is_known = |operation: &&str| known.iter().any(|file| file.contains(operation));
    for (path, least) in WITH_OPERATIONS {
        let text = std::fs::read_to_string(path).expect("a document");
        let blocks = text.split("```graphql\n").skip(1).filter_map(|rest| rest.split_once("```"));
        let shown: Vec<_> = blocks.map(|(operation, _)| operation).collect();
        assert!(shown.len() >= least, "only {} operations were found in {path}", shown.len());
        let other: Vec<_> = shown.into_iter().filter(|operation| !is_known(operation)).collect();
        assert_eq!(other, Vec::<&str>::new(), "{path}: these are not in tests/it/operations");
    }
}

#[test]
fn every_test_that_the_security_document_names_exists() {
    let (modules, tests) = modules_and_tests();
    let text = std::fs::read_to_string(SECURITY).expect("docs/security.md");
    let is_path = |code: &&str| code.contains("::") && code.chars().all(|c| c.is_ascii_alphanumeric() || "_:*".contains(c));
    let named: BTreeSet<&str> = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2)).filter(is_path).collect();
    assert!(named.len() > 50, "only {} tests were found", named.len());
    let exists = |path: &str| tests.contains(path) || modules.contains(path.trim_end_matches("::*"));
    assert_eq!(named.into_iter().filter(|path| !exists(path)).collect::<Vec<_>>(), Vec::<&str>::new());
}
