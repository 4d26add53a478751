//! Maximum lengths of texts: the descriptions of the schema, the checks and the columns agree.

use crate::app::{Souk, each};
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use souk_core::length::ALL;
use std::collections::{HashMap, HashSet};

/// Descriptions of all input fields, by names such as `StoreCreateInput.name`.
fn descriptions() -> HashMap<String, String> {
    let mut found = HashMap::new();
    for definition in parse_schema(souk_api::sdl()).expect("the SDL can be read").definitions {
        let TypeSystemDefinition::Type(definition) = definition else { continue };
        let TypeKind::InputObject(input) = definition.node.kind else { continue };
        for field in input.fields {
            let description = field.node.description.map(|text| text.node).unwrap_or_default();
            found.insert(format!("{}.{}", definition.node.name.node, field.node.name.node), description);
        }
    }
    found
}

/// The number before the word "characters" in a description, without its commas.
fn said(description: &str) -> Option<usize> {
    let (before, _) = description.split_once(" characters")?;
    before.rsplit(' ').next()?.replace(',', "").parse().ok()
}

#[test]
fn descriptions_say_the_lengths_that_are_checked() {
    let descriptions = descriptions();
    let mut listed = HashSet::new();
    for length in ALL {
        for input in length.inputs {
            let description = descriptions.get(*input).unwrap_or_else(|| panic!("there is no {input}"));
            assert_eq!(said(description), Some(length.most), "{input}: {description}");
            assert!(listed.insert((*input).to_owned()), "{input} is listed twice");
        }
    }
    let mut unlisted: Vec<_> = descriptions.iter().filter(|(_, text)| said(text).is_some()).map(|(name, _)| name).collect();
    unlisted.retain(|name| !listed.contains(*name));
    unlisted.sort();
    assert_eq!(unlisted, Vec::<&String>::new(), "these say a length that is not in `souk_core::length`");
}

/// The width of a column of text in characters; `None` if it has no limit.
async fn width(souk: &Souk, table: &str, column: &str) -> Option<usize> {
    let db = souk.app.db.raw();
    let backend = db.get_database_backend();
    let one = async |sql: String| {
        db.query_one_raw(Statement::from_string(backend, sql))
            .await
            .expect("it can be read")
            .unwrap_or_else(|| panic!("there is no {table}.{column}"))
    };
    if backend == DbBackend::Sqlite {
        let row = one(format!("SELECT type FROM pragma_table_info('{table}') WHERE name = '{column}'")).await;
        let declared: String = row.try_get_by_index(0).expect("a type");
        return declared.split_once('(').and_then(|(_, width)| width.trim_end_matches(')').parse().ok());
    }
    let schema = if backend == DbBackend::MySql { "DATABASE()" } else { "CURRENT_SCHEMA()" };
    let row = one(format!(
        "SELECT CAST(character_maximum_length AS CHAR(20)) FROM information_schema.columns \
         WHERE table_schema = {schema} AND table_name = '{table}' AND column_name = '{column}'"
    ))
    .await;
    let width: Option<String> = row.try_get_by_index(0).expect("a width");
    width.and_then(|width| width.trim().parse().ok())
}

#[test]
fn every_text_of_an_allowed_length_fits_its_columns() {
    each(async |souk| {
        for length in ALL {
            for name in length.columns {
                let (table, column) = name.split_once('.').expect("a table and a column");
                if let Some(width) = width(souk, table, column).await {
                    assert!(width >= length.most, "{name} has {width} characters, and {} are allowed", length.most);
                }
            }
        }
    });
}
