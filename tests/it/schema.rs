//! The committed schema.

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};

#[test]
fn the_committed_schema_is_that_of_the_code() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql");
    let current = souk_api::sdl();
    if std::env::var("SOUK_TEST_WRITE").is_ok() {
        std::fs::write(file, &current).expect("schema.graphql can be written");
        return;
    }
    let committed = std::fs::read_to_string(file).expect("schema.graphql");
    let differs = committed.lines().zip(current.lines()).position(|(old, new)| old != new);
    assert!(
        committed == current,
        "schema.graphql is not that of the code, from line {} on; run `cargo run -- schema > schema.graphql`",
        differs.unwrap_or_else(|| committed.lines().count().min(current.lines().count())) + 1
    );
}

#[test]
fn everything_in_it_is_described() {
    let document = parse_schema(souk_api::sdl()).expect("the SDL can be read");
    let mut bare = Vec::new();
    let mut checked = 0;
    let mut check = |described: bool, name: String| {
        checked += 1;
        if !described {
            bare.push(name);
        }
    };
    for definition in document.definitions {
        let TypeSystemDefinition::Type(found) = definition else { continue };
        let name = found.node.name.node.to_string();
        check(found.node.description.is_some(), name.clone());
        let fields = match found.node.kind {
            TypeKind::Object(object) => object.fields,
            TypeKind::Interface(interface) => interface.fields,
            TypeKind::Enum(values) => {
                for value in values.values {
                    check(value.node.description.is_some(), format!("{name}.{}", value.node.value.node));
                }
                continue;
            }
            TypeKind::InputObject(input) => {
                for field in input.fields {
                    check(field.node.description.is_some(), format!("{name}.{}", field.node.name.node));
                }
                continue;
            }
            TypeKind::Scalar | TypeKind::Union(_) => continue,
        };
        for field in fields {
            let path = format!("{name}.{}", field.node.name.node);
            for argument in &field.node.arguments {
                check(argument.node.description.is_some(), format!("{path}({})", argument.node.name.node));
            }
            check(field.node.description.is_some(), path);
        }
    }
    assert!(checked > 500, "only {checked} things were looked at");
    assert_eq!(bare, Vec::<String>::new(), "these have no description");
}
