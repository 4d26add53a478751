//! The built-in pages, and the links to them.

use crate::account::mail_to;
use crate::app::{Souk, each, each_with};
use crate::make;
use apollo_compiler::{ExecutableDocument, Schema};
use serde_json::json;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Where links in mails lead without a storefront.
const PATHS: [&str; 7] = [
    "/verify-email",
    "/forgot-password",
    "/reset-password",
    "/confirm-email-change",
    "/invitation",
    "/orders/track",
    "/orders/received",
];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("a file").path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// The operations in the template literals of a script; `${NAME}` stands for an earlier one.
fn operations_of(script: &str) -> Vec<String> {
    let pieces: Vec<&str> = script.split('`').collect();
    let mut constants: HashMap<String, String> = HashMap::new();
    let mut operations = Vec::new();
    for pair in pieces.chunks_exact(2) {
        let &[before, literal] = pair else { continue };
        let mut text = literal.to_owned();
        for (name, value) in &constants {
            text = text.replace(&format!("${{{name}}}"), value);
        }
        if let Some(name) = before.trim_end().strip_suffix(" =").and_then(|before| before.rsplit(' ').next()) {
            constants.insert(name.to_owned(), text.clone());
        }
        if ["query ", "mutation ", "subscription "].iter().any(|kind| text.trim_start().starts_with(kind)) {
            operations.push(text);
        }
    }
    operations
}

#[test]
fn every_operation_of_the_pages_is_valid_against_the_schema() {
    let schema = Schema::parse_and_validate(souk_api::sdl(), "schema.graphql").expect("the schema is valid");
    let mut found = Vec::new();
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    for folder in ["playground", "pages", "shared"] {
        files(&assets.join(folder), &mut found);
    }
    let mut checked = 0;
    for path in found {
        let text = || std::fs::read_to_string(&path).expect("a text");
        let documents = match path.extension().and_then(|ending| ending.to_str()) {
            Some("graphql") => vec![text()],
            Some("js") => operations_of(&text()),
            _ => continue,
        };
        for document in documents {
            if let Err(errors) = ExecutableDocument::parse_and_validate(&schema, &document, &path) {
                panic!("{}: {}", path.display(), errors.errors);
            }
            checked += 1;
        }
    }
    assert!(checked >= 20, "only {checked} documents were found");
}

#[test]
fn every_page_of_a_mail_is_a_page_that_loads_nothing_from_elsewhere_and_sends_no_referrer() {
    each(async |souk| {
        for path in PATHS {
            let response = souk.get(path).await;
            assert_eq!(response.status(), 200, "{path}");
            let header = |name: &str| response.headers()[name].to_str().expect("text").to_owned();
            assert!(header("content-type").starts_with("text/html"), "{path}");
            assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
            let policy = header("content-security-policy");
            assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{path}: {policy}");
            let page = response.text().await.expect("text");
            assert!(page.contains("<main>") && page.contains("<h1>") && page.contains("lang=\"en\""), "{path}: {page}");
            assert!(!page.contains("http://") && !page.contains("https://"), "{path}: {page}");
            let loaded: Vec<_> = page.split('"').filter(|part| part.starts_with("/assets/")).collect();
            assert!(loaded.len() >= 3, "{path}: {loaded:?}");
            for asset in loaded {
                assert_eq!(souk.get(asset).await.status(), 200, "{asset}");
            }
        }
    });
}

/// The link in the mail that verifies an email address.
async fn link_to_verify(souk: &Souk) -> String {
    let input =
        json!({ "email": "ann@example.com", "password": make::PASSWORD, "displayName": "Ann", "accountType": "CUSTOMER" });
    souk.guest().run(crate::account::REGISTER, json!({ "input": input })).await;
    souk.work().await;
    let mail = mail_to(souk, "ann@example.com");
    mail.split_whitespace().find(|word| word.contains("/verify-email")).expect("a link").to_owned()
}

#[test]
fn links_lead_to_pages_of_souk_with_the_token_where_no_server_sees_it() {
    each(async |souk| {
        let link = link_to_verify(souk).await;
        assert!(link.starts_with(&format!("{}/verify-email#token=", souk.url)), "{link}");
    });
}

#[test]
fn links_lead_to_the_storefront_if_there_is_one() {
    each_with(&[("SOUK_STOREFRONT_URL", "https://shop.example/en/")], async |souk| {
        let link = link_to_verify(souk).await;
        assert!(link.starts_with("https://shop.example/en/verify-email?token="), "{link}");
    });
}

#[test]
fn the_page_offers_the_sign_ins_of_the_demo_only_if_the_demo_is_served() {
    each(async |souk| {
        let page = souk.get("/").await.text().await.expect("text");
        assert!(page.contains(env!("CARGO_PKG_VERSION")), "{page}");
        assert!(!page.contains(souk::demo::PASSWORD) && !page.contains("souk.example"), "{page}");
    });
}
