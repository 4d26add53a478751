//! Exports of products: an untouched export imports as unchanged, on the same store and, as copies, on another.

use crate::app::{Caller, Souk, each};
use crate::kill::seed;
use crate::make;
use crate::product_import::{How, UPSERT, completed, counts, import, products, told, variants};
use crate::product_type::World;
use entity::id::StoreId;
use entity::product_variant;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use std::time::Duration;

const CREATE: &str = operation!("product_export", "ProductExportCreate");
const EXPORT: &str = operation!("product_export", "ProductExport");
const LIST: &str = operation!("product_export", "StoreProductExports");
const PRODUCT_CREATE: &str = operation!("product_type", "ProductWithAttributesCreate");

/// Exports the products of a store; the export as the caller sees it.
async fn export(souk: &Souk, caller: &Caller<'_>, store: StoreId, format: &str, filter: Value) -> Value {
    let input = json!({ "storeId": store.to_string(), "format": format, "filter": filter });
    let id = caller.run(CREATE, json!({ "input": input })).await["productExport"]["id"].clone();
    souk.work().await;
    caller.data(EXPORT, json!({ "id": id })).await["node"].clone()
}

async fn download(souk: &Souk, export: &Value) -> String {
    let answer = souk.http.get(export["url"].as_str().expect("a URL")).send().await.expect("an answer");
    assert!(answer.status().is_success());
    answer.text().await.expect("a text")
}

/// Texts that are hard to write in cells.
const TEXTS: [&str; 12] =
    ["Tea", "=1+1", "-5", "+x", "@home", "a, b; c", "say \"hi\"", "'quoted", "चिया 🍵", "{none}", "it's", "tab\tin"];

fn text(random: &mut StdRng) -> &'static str {
    TEXTS[random.random_range(0..TEXTS.len() - 1)]
}

/// A random product of the store, with or without the type clothing.
fn product(random: &mut StdRng, world: &World, number: usize) -> Value {
    let mut input = json!({
        "storeId": world.store.to_string(), "name": format!("{} {number}", text(random)),
        "status": if random.random_bool(0.7) { "ACTIVE" } else { "DRAFT" },
        "shortDescription": text(random), "seoTitle": text(random),
        "description": format!("<p>{}</p>\n<p>line\r\nbreak, \"quote\"</p>", text(random)),
        "tags": [text(random), "with\\backslash", "green"]
    });
    let price = |random: &mut StdRng| format!("{}.{:02}", random.random_range(0..500), random.random_range(0..100));
    if random.random_bool(0.5) {
        input["productTypeId"] = json!(world.clothing);
        input["attributes"] = json!([
            { "slug": "material", "values": ["wool", "cotton"] }, { "slug": "weight", "number": "-0.25" },
            { "slug": "organic", "boolean": random.random_bool(0.5) }, { "slug": "since", "date": "2024-02-29" },
            { "slug": "note", "text": text(random) }
        ]);
        let sizes = ["s", "m", "l"];
        let variants: Vec<_> = (0..random.random_range(1..=3))
            .map(|at| json!({ "price": price(random), "attributes": [{ "slug": "size", "values": [sizes[at]] }] }))
            .collect();
        input["variants"] = json!(variants);
    } else {
        let variants: Vec<_> = (0..random.random_range(1..=3))
            .map(|at| {
                json!({
                    "price": price(random), "stockQuantity": random.random_range(0..20), "weightGrams": 5, "barcode": "-12",
                    "isActive": random.random_bool(0.8), "lowStockThreshold": 0, "name": text(random),
                    "options": [{ "name": "Colour", "value": format!("{} {at}", text(random)) }, { "name": "Size", "value": "M" }]
                })
            })
            .collect();
        input["variants"] = json!(variants);
    }
    input
}

#[test]
fn an_untouched_export_is_imported_as_unchanged() {
    let number: usize = std::env::var("SOUK_TEST_ROUND_TRIP").ok().and_then(|number| number.parse().ok()).unwrap_or(60);
    each(async |souk| {
        let seed = seed();
        eprintln!("SOUK_TEST_SEED={seed}");
        let random = &mut StdRng::seed_from_u64(seed);
        let world = World::make(souk).await;
        let vera = souk.as_user(&world.vera);
        for at in 0..number {
            vera.run(PRODUCT_CREATE, json!({ "input": product(random, &world, at) })).await;
        }
        souk.work().await;
        let before = (products(souk).await, variants(souk).await);
        let all = i64::try_from(number).expect("a number");
        for format in ["CSV", "JSONL"] {
            let exported = export(souk, &vera, world.store, format, Value::Null).await;
            assert_eq!((&exported["status"], &exported["productCount"]), (&json!("COMPLETED"), &json!(all)), "{exported:#}");
            let file = download(souk, &exported).await;
            let done = import(souk, &vera, world.store, &file, How { format, ..UPSERT }).await;
            assert_eq!(told(&done), [""; 0], "{format}");
            assert_eq!(counts(&done), completed([0, 0, all, 0]), "{format}");
            assert_eq!((products(souk).await, variants(souk).await), before);
        }
        // In another store the file creates copies, which export as the same file again.
        let otto = make::vendor(souk, "otto").await;
        let copies = make::store(souk, &otto, "Copies").await;
        let otto = souk.as_user(&otto);
        let file = download(souk, &export(souk, &vera, world.store, "CSV", Value::Null).await).await;
        let copied = rename(&file);
        let done = import(souk, &otto, copies, &copied, UPSERT).await;
        assert_eq!((told(&done), counts(&done)), (vec![], completed([all, 0, 0, 0])));
        let again = download(souk, &export(souk, &otto, copies, "CSV", Value::Null).await).await;
        assert_eq!(lines(&again), lines(&copied));
        souk.work().await;
    });
}

/// Lines of a file in their order by handle and SKU.
fn lines(file: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(file.trim_start_matches('\u{FEFF}').as_bytes());
    let mut lines: Vec<Vec<String>> =
        reader.records().map(|record| record.expect("a record").iter().map(str::to_owned).collect()).collect();
    lines.sort();
    lines
}

/// The file with other handles, which are unique in the marketplace.
fn rename(file: &str) -> String {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(file.trim_start_matches('\u{FEFF}').as_bytes());
    for (number, record) in reader.records().enumerate() {
        let record = record.expect("a record");
        let cells = record
            .iter()
            .enumerate()
            .map(|(at, cell)| if at == 0 && number > 0 { format!("{cell}-copy") } else { cell.to_owned() });
        writer.write_record(cells).expect("a record");
    }
    String::from_utf8(writer.into_inner().expect("a file")).expect("UTF-8")
}

#[test]
fn what_was_sold_since_the_export_is_not_given_back() {
    each(async |souk| {
        let (vera, store) = make::shop(souk, "Teas").await;
        let vera = souk.as_user(&vera);
        import(souk, &vera, store, "handle,name,sku,price,stock\ntea,Tea,T,5,10\ncup,Cup,C,5,10\n", UPSERT).await;
        let file = download(souk, &export(souk, &vera, store, "CSV", Value::Null).await).await;
        let sold = product_variant::Entity::update_many().col_expr(product_variant::Column::StockQuantity, Expr::value(3));
        sold.filter(product_variant::Column::StoreId.eq(store)).exec(souk.app.db.raw()).await.expect("a sale");
        // Untouched stocks are left as they are, whatever was sold.
        assert_eq!(counts(&import(souk, &vera, store, &file, UPSERT).await), completed([0, 0, 2, 0]));
        // A stock that was changed in the file is refused, with the price of the same line; other products are changed.
        let changed = file.replace("T,5.00,,10,10", "T,6.00,,12,10").replace("C,5.00,,10,10", "C,7.00,,10,10");
        let done = import(souk, &vera, store, &changed, UPSERT).await;
        assert_eq!(told(&done), ["2 stock_was STALE 7 were sold since the export: the stock was 10 and is 3."]);
        assert_eq!(counts(&done), completed([0, 1, 0, 1]));
        assert_eq!(variants(souk).await, [("C".to_owned(), 700, 3), ("T".to_owned(), 500, 3)]);
        let fresh = download(souk, &export(souk, &vera, store, "CSV", Value::Null).await).await;
        let done = import(souk, &vera, store, fresh.replace("T,5.00,,3,3", "T,5.00,,12,3"), UPSERT).await;
        assert_eq!(counts(&done), completed([0, 1, 1, 0]));
        assert_eq!(variants(souk).await, [("C".to_owned(), 700, 3), ("T".to_owned(), 500, 12)]);
        souk.work().await;
    });
}

#[test]
fn exports_are_filtered_and_seen_by_those_who_manage_the_products() {
    each(async |souk| {
        let (vera, store) = make::shop(souk, "Teas").await;
        let leaves = make::category(souk, "Leaves", None).await;
        let file = "handle,name,status,category,price\ntea,Tea,ACTIVE,leaves,5\ncup,Cup,DRAFT,,5\npot,Pot,DRAFT,leaves,5\n";
        let caller = souk.as_user(&vera);
        import(souk, &caller, store, file, UPSERT).await;
        for (filter, handles) in [
            (json!({ "status": ["DRAFT"] }), vec!["cup", "pot"]),
            (json!({ "status": ["DRAFT"], "categoryId": leaves.to_string() }), vec!["pot"]),
            (json!({ "status": [] }), vec!["tea", "cup", "pot"]),
            (json!({ "status": ["ARCHIVED"] }), vec![]),
        ] {
            let exported = export(souk, &caller, store, "CSV", filter).await;
            let found = lines(&download(souk, &exported).await);
            let mut found: Vec<_> = found.iter().map(|line| line[0].as_str()).filter(|handle| *handle != "handle").collect();
            found.sort_unstable();
            let mut handles = handles;
            handles.sort_unstable();
            assert_eq!(found, handles);
        }
        let exported = export(souk, &caller, store, "JSONL", Value::Null).await;
        let url = exported["url"].as_str().expect("a URL");
        let answer = souk.http.get(url).send().await.expect("an answer");
        let disposition = answer.headers()["content-disposition"].to_str().expect("a text").to_owned();
        assert!(disposition.starts_with("attachment; filename=\"products-") && disposition.contains(".jsonl"), "{disposition}");
        assert_eq!(answer.text().await.expect("a text").lines().count(), 3);
        let otto = make::vendor(souk, "otto").await;
        make::store(souk, &otto, "Others").await;
        for other in [souk.as_user(&otto), souk.guest()] {
            assert_eq!(other.data(EXPORT, json!({ "id": exported["id"] })).await["node"], Value::Null);
        }
        let input = json!({ "input": { "storeId": store.to_string(), "format": "CSV" } });
        assert_eq!(souk.as_user(&otto).refused(CREATE, input.clone()).await, ["storeId NOT_FOUND"]);
        let list = json!({ "id": store.to_string(), "first": 3 });
        assert_eq!(caller.data(LIST, list.clone()).await["store"]["productExports"]["totalCount"], 5);
        assert_eq!(souk.as_user(&otto).data(LIST, list).await["store"]["productExports"], Value::Null);
        // One at a time.
        caller.run(CREATE, input.clone()).await;
        assert_eq!(caller.refused(CREATE, input).await, ["storeId LIMIT_REACHED"]);
        souk.work().await;
        souk.app.clock.advance(Duration::from_secs(601));
        assert_eq!(souk.http.get(url).send().await.expect("an answer").status().as_u16(), 404);
        // Old ones are deleted with their files.
        souk.app.clock.advance(Duration::from_secs(31 * 86_400));
        souk.worker.tidy().await;
        souk.work().await;
        let left = std::fs::read_dir(souk.folder.path().join("media/private/exports")).map_or(0, Iterator::count);
        assert_eq!(left, 0);
    });
}
