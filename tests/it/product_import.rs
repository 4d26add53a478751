//! Imports of products: what they write, what they refuse, and who may request them.

mod access;
mod foreign;
mod image;
mod problem;
mod resume;

use crate::app::{Caller, Souk, each};
use crate::make;
use crate::product_type::World;
use entity::id::StoreId;
use entity::{product, product_variant};
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};

pub const CREATE: &str = operation!("product_import", "ProductImportCreate");
const APPLY: &str = operation!("product_import", "ProductImportApply");
const CANCEL: &str = operation!("product_import", "ProductImportCancel");
const IMPORT: &str = operation!("product_import", "ProductImport");
const LIST: &str = operation!("product_import", "StoreProductImports");
const STAGE: &str = operation!("download", "StagedFileCreate");

/// How a file is imported.
#[derive(Clone, Copy)]
pub struct How {
    pub format: &'static str,
    pub mode: &'static str,
    pub dry_run: bool,
}

pub const UPSERT: How = How { format: "CSV", mode: "UPSERT", dry_run: false };

/// Uploads a file; its token.
pub async fn stage(souk: &Souk, caller: &Caller<'_>, file: &[u8]) -> Value {
    let input =
        json!({ "filename": "products.csv", "contentType": "text/csv", "size": file.len().max(1), "purpose": "PRODUCT_IMPORT" });
    let staged = caller.run(STAGE, json!({ "input": input })).await["stagedUpload"].clone();
    let url = staged["url"].as_str().expect("a URL");
    let answer = souk.http.put(url).header("content-type", "text/csv").body(file.to_vec()).send().await.expect("an answer");
    assert!(answer.status().is_success(), "{}", answer.status());
    staged["token"].clone()
}

/// Requests an import; its ID.
pub async fn begin(souk: &Souk, caller: &Caller<'_>, store: StoreId, file: &[u8], how: How) -> Value {
    let token = stage(souk, caller, file).await;
    let How { format, mode, dry_run } = how;
    let input =
        json!({ "storeId": store.to_string(), "stagedUploadToken": token, "format": format, "mode": mode, "dryRun": dry_run });
    caller.run(CREATE, json!({ "input": input })).await["productImport"]["id"].clone()
}

/// An import as the caller sees it.
pub async fn read(caller: &Caller<'_>, id: &Value) -> Value {
    caller.data(IMPORT, json!({ "id": id })).await["node"].clone()
}

/// Imports a file and returns the import.
pub async fn import(souk: &Souk, caller: &Caller<'_>, store: StoreId, file: impl AsRef<[u8]>, how: How) -> Value {
    let id = begin(souk, caller, store, file.as_ref(), how).await;
    souk.work().await;
    read(caller, &id).await
}

/// Status, and the numbers of created, updated, unchanged and failed products.
pub fn counts(import: &Value) -> (String, [i64; 4]) {
    let number = |name: &str| import[name].as_i64().expect("a number");
    (import["status"].as_str().expect("a status").to_owned(), ["created", "updated", "unchanged", "failed"].map(number))
}

/// Line, column, code and message of each problem.
pub fn told(import: &Value) -> Vec<String> {
    let problems = import["problems"]["nodes"].as_array().expect("problems");
    let text = |problem: &Value| {
        let part = |name: &str| problem[name].as_str().unwrap_or("-").to_owned();
        format!("{} {} {} {}", problem["line"], part("column"), part("code"), part("message"))
    };
    problems.iter().map(text).collect()
}

/// The products of the marketplace, by their slugs.
pub async fn products(souk: &Souk) -> Vec<product::Model> {
    product::Entity::find().order_by_asc(product::Column::Slug).all(souk.app.db.read()).await.expect("products")
}

/// SKU, price and stock of all variants, by SKU.
pub async fn variants(souk: &Souk) -> Vec<(String, i64, i32)> {
    let rows = product_variant::Entity::find().order_by_asc(product_variant::Column::Sku).all(souk.app.db.read()).await;
    rows.expect("variants").into_iter().map(|row| (row.sku, row.price.0, row.stock_quantity)).collect()
}

pub fn completed(counts: [i64; 4]) -> (String, [i64; 4]) {
    ("COMPLETED".to_owned(), counts)
}

const FILE: &str = "handle,name,status,type,category,tags,sku,price,compare_at_price,stock,attr:material,attr:size,attr:color,option:Colour\n\
    tee,Cotton Tee,ACTIVE,clothing,leaves,\"soft, green\\, dyed\",TEE-S,10,12.50,5,\"cotton,wool\",s,red,\n\
    tee,,,,,,TEE-M,11,,7,,m,blue,\n\
    cup,Cup,active,,,,CUP,\"4,50\",,3,,,,White\n\
    pot,Pot,draft,,,,,20,,,,,,\n";

#[test]
fn a_dry_run_writes_nothing_and_is_applied_once() {
    each(async |souk| {
        let world = World::make(souk).await;
        make::category(souk, "Leaves", None).await;
        let vera = souk.as_user(&world.vera);
        let dry = import(souk, &vera, world.store, FILE, How { dry_run: true, ..UPSERT }).await;
        assert_eq!(told(&dry), [""; 0]);
        assert_eq!(counts(&dry), completed([3, 0, 0, 0]));
        assert_eq!((&dry["totalLines"], &dry["doneLines"], &dry["dryRun"]), (&json!(4), &json!(4), &json!(true)));
        assert_eq!((&dry["filename"], &dry["reportUrl"]), (&json!("products.csv"), &Value::Null));
        assert_eq!(products(souk).await.len(), 0);
        let apply = json!({ "id": dry["id"], "input": { "idempotencyKey": "once" } });
        let applied = vera.run(APPLY, apply.clone()).await["productImport"].clone();
        assert_eq!((&applied["status"], &applied["dryRun"]), (&json!("QUEUED"), &json!(false)));
        souk.work().await;
        // A repeated request does nothing again.
        assert_eq!(vera.run(APPLY, apply).await["productImport"]["status"], "COMPLETED");
        souk.work().await;
        assert_eq!(counts(&read(&vera, &dry["id"]).await), completed([3, 0, 0, 0]));
        let found = products(souk).await;
        let names: Vec<_> = found.iter().map(|row| (row.slug.as_str(), row.name.as_str(), row.status.as_str())).collect();
        assert_eq!(names, [("cup", "Cup", "ACTIVE"), ("pot", "Pot", "DRAFT"), ("tee", "Cotton Tee", "ACTIVE")]);
        let tee = &found[2];
        assert_eq!(tee.tags.0, ["soft", "green, dyed"]);
        assert!(tee.category_id.is_some() && tee.on_sale && tee.in_stock);
        assert_eq!(
            variants(souk).await,
            [
                ("CUP".to_owned(), 450, 3),
                ("POT".to_owned(), 2000, 0),
                ("TEE-M".to_owned(), 1100, 7),
                ("TEE-S".to_owned(), 1000, 5)
            ]
        );
        let rows = product_variant::Entity::find()
            .order_by_asc(product_variant::Column::Sku)
            .all(souk.app.db.read())
            .await
            .expect("rows");
        let names: Vec<_> = rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["White", "Default", "M / Blue", "S / Red"]);
        // The same file again changes nothing, but cannot tell the stock of what exists without a column `stock_was`.
        let again = import(souk, &vera, world.store, FILE, UPSERT).await;
        assert_eq!(told(&again), [""; 0]);
        assert_eq!(counts(&again), completed([0, 0, 3, 0]));
        assert_eq!(
            vera.refused(APPLY, json!({ "id": again["id"], "input": { "idempotencyKey": "b" } })).await,
            ["id INVALID_STATE"]
        );
        souk.work().await;
    });
}

#[test]
fn a_change_leaves_what_is_blank_and_clears_what_it_says() {
    each(async |souk| {
        let world = World::make(souk).await;
        make::category(souk, "Leaves", None).await;
        let vera = souk.as_user(&world.vera);
        import(souk, &vera, world.store, FILE, UPSERT).await;
        let versions: Vec<_> = products(souk).await.iter().map(|row| (row.slug.clone(), row.version)).collect();
        // By SKU, by handle, and the only variant of a product; one variant more.
        let changes = "handle,name,category,tags,description,sku,price,compare_at_price,barcode,attr:size,attr:color,attr:note\n\
            tee,,{none},,<p>Soft</p>,TEE-S,9,{none},123,,,Washed\n\
            tee,,,,,TEE-L,12,,,l,green,\n\
            cup,Big Cup,,,,,,,,,,\n\
            kettle,,,,,POT,,,456,,,\n";
        let changed = import(souk, &vera, world.store, changes, UPSERT).await;
        assert_eq!(told(&changed), [""; 0]);
        assert_eq!(counts(&changed), completed([0, 3, 0, 0]));
        let found = products(souk).await;
        let seen: Vec<_> = found.iter().map(|row| (row.slug.as_str(), row.name.as_str())).collect();
        // A new handle of a product that was found by its SKU is its new slug.
        assert_eq!(seen, [("cup", "Big Cup"), ("kettle", "Pot"), ("tee", "Cotton Tee")]);
        let tee = &found[2];
        assert_eq!((tee.category_id, tee.description.as_str(), tee.tags.0.len()), (None, "<p>Soft</p>", 2));
        assert!(found.iter().zip(&versions).all(|(row, (_, version))| row.version == version + 1));
        let rows = product_variant::Entity::find()
            .order_by_asc(product_variant::Column::Sku)
            .all(souk.app.db.read())
            .await
            .expect("rows");
        let seen: Vec<_> = rows
            .iter()
            .map(|row| (row.sku.as_str(), row.price.0, row.compare_at_price.is_some(), row.barcode.as_deref()))
            .collect();
        assert_eq!(
            seen,
            [
                ("CUP", 450, false, None),
                ("POT", 2000, false, Some("456")),
                ("TEE-L", 1200, false, None),
                ("TEE-M", 1100, false, None),
                ("TEE-S", 900, false, Some("123"))
            ]
        );
        let values = entity::product_attribute_value::Entity::find().all(souk.app.db.read()).await.expect("values");
        assert_eq!(values.len(), 3, "the materials are kept, and a note is added");
        souk.work().await;
    });
}

#[test]
fn modes_decide_which_products_are_written() {
    each(async |souk| {
        let (vera, store) = make::shop(souk, "Teas").await;
        let vera = souk.as_user(&vera);
        import(souk, &vera, store, "handle,name,price\ntea,Tea,5\n", UPSERT).await;
        let file = "handle,name,price\ntea,Tea,6\ncup,Cup,7\n";
        let created = import(souk, &vera, store, file, How { mode: "CREATE_ONLY", ..UPSERT }).await;
        assert_eq!(counts(&created), completed([1, 0, 0, 1]));
        assert_eq!(told(&created), ["2 handle TAKEN The store has the product, and the mode of the import is CREATE_ONLY."]);
        let file = "handle,name,price\ntea,Tea,6\npot,Pot,7\n";
        let updated = import(souk, &vera, store, file, How { mode: "UPDATE_ONLY", ..UPSERT }).await;
        assert_eq!(counts(&updated), completed([0, 1, 0, 1]));
        let message = "The store has no product with this SKU or handle, and the mode of the import is UPDATE_ONLY.";
        assert_eq!(told(&updated), [format!("3 handle NOT_FOUND {message}")]);
        assert_eq!(variants(souk).await, [("CUP".to_owned(), 700, 0), ("TEA".to_owned(), 600, 0)]);
        souk.work().await;
    });
}

#[test]
fn json_lines_have_the_fields_of_a_new_product() {
    each(async |souk| {
        let world = World::make(souk).await;
        let vera = souk.as_user(&world.vera);
        let tee = json!({
            "name": "Tee", "slug": "tee", "status": "ACTIVE", "productType": "clothing", "tags": ["a, b", "c"],
            "attributes": [{ "slug": "material", "values": ["cotton"] }, { "slug": "organic", "boolean": true }],
            "variants": [{ "sku": "T1", "price": 10, "stockQuantity": 4, "attributes": [{ "slug": "size", "values": ["s"] }] }]
        });
        let cup = json!({ "name": "Cup", "price": "5.50", "sku": "CUP" });
        let wrong = json!({ "name": "", "variants": [{ "price": "x", "attributes": [] }], "attributes": [{ "slug": "size", "values": ["s"] }], "productType": "clothing" });
        let file = format!("{tee}\n\n{cup}\n{wrong}\n{{\"nam\": 1}}\nno JSON\n");
        let how = How { format: "JSONL", ..UPSERT };
        let done = import(souk, &vera, world.store, &file, how).await;
        assert_eq!(counts(&done), completed([2, 0, 0, 3]));
        assert_eq!(
            told(&done),
            [
                "4 variants.0.price INVALID variants.0.price must be a number without a unit or a currency, such as 1234.56; got \"x\".",
                "4 name REQUIRED name is required.",
                "4 attributes.0 INVALID size belongs to the variants.",
                "4 - REQUIRED material is needed for clothing.",
                "4 - REQUIRED size is needed for clothing.",
                "5 nam INVALID \"nam\" is no field; did you mean name?",
                "6 - INVALID The line is not JSON: expected ident at line 1 column 2."
            ]
        );
        assert_eq!(variants(souk).await, [("CUP".to_owned(), 550, 0), ("T1".to_owned(), 1000, 4)]);
        let good = format!("{tee}\n{cup}\n");
        assert_eq!(counts(&import(souk, &vera, world.store, good, how).await), completed([0, 0, 2, 0]));
        souk.work().await;
    });
}
