//! The operations of the tests, in one file for each feature (`operations/`).

use apollo_compiler::executable::OperationMap;
use apollo_compiler::{ExecutableDocument, Schema};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The folder of the tests.
pub const TESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it");

/// The text of an operation: `operation!("product", "ProductCreate")`. Does not compile if `operations/product.graphql` lacks it.
macro_rules! operation {
    ($feature:literal, $name:literal) => {
        const {
            $crate::operations::find(
                include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/operations/", $feature, ".graphql")),
                $name,
            )
        }
    };
}

/// The operation with the given name. Each begins with its kind and name, and ends with a line that begins with a brace.
pub const fn find(file: &'static str, name: &str) -> &'static str {
    let bytes = file.as_bytes();
    let (mut begin, mut at) = (0, 1);
    while at < bytes.len() {
        if bytes[at] == b'}' && bytes[at - 1] == b'\n' {
            if is_named(bytes, begin, name.as_bytes()) {
                return file.split_at(at + 1).0.split_at(begin).1;
            }
            // The next one comes after the line break and an empty line.
            begin = at + 3;
        }
        at += 1;
    }
    panic!("the file has no operation of this name")
}

const fn is_named(bytes: &[u8], begin: usize, name: &[u8]) -> bool {
    let mut at = begin;
    while bytes[at] != b' ' {
        at += 1;
    }
    let mut matched = 0;
    while matched < name.len() {
        at += 1;
        if bytes[at] != name[matched] {
            return false;
        }
        matched += 1;
    }
    matches!(bytes[at + 1], b' ' | b'(')
}

/// The files with an ending in a folder and those below.
pub fn files_in(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files_in(&path, ending));
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
    found
}

fn named<'a>(operations: &'a OperationMap, file: &Path) -> impl Iterator<Item = (String, String)> + 'a {
    let feature = file.file_stem().expect("a name").to_string_lossy().into_owned();
    operations.named.keys().map(move |name| (feature.clone(), name.to_string()))
}

#[test]
fn every_operation_is_valid_and_used() {
    let schema = Schema::parse_and_validate(souk_api::sdl(), "schema.graphql").expect("the schema is valid");
    let sources = files_in(Path::new(TESTS), "rs").into_iter().map(|file| std::fs::read_to_string(file).expect("a test"));
    let used: BTreeSet<(String, String)> = sources.flat_map(|source| used_in(&source)).collect();
    let mut defined = BTreeSet::new();
    for file in files_in(&Path::new(TESTS).join("operations"), "graphql") {
        let text = std::fs::read_to_string(&file).expect("operations");
        let document = match ExecutableDocument::parse_and_validate(&schema, &text, &file) {
            Ok(document) => document,
            Err(errors) => panic!("{}", errors.errors),
        };
        assert!(document.operations.anonymous.is_none());
        defined.extend(named(&document.operations, &file));
    }
    assert!(defined.len() > 200, "only {} operations were found", defined.len());
    assert_eq!(defined.difference(&used).collect::<Vec<_>>(), Vec::<&(String, String)>::new(), "not used");
}

/// Feature and name of each operation that a test uses.
fn used_in(source: &str) -> Vec<(String, String)> {
    let calls = source.split("operation!(").skip(1).filter_map(|rest| rest.split_once(')'));
    let literals = calls.map(|(arguments, _)| arguments.split('"').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>());
    literals.filter_map(|parts| <[String; 2]>::try_from(parts).ok()).map(|[feature, name]| (feature, name)).collect()
}
