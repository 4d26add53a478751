//! Files of digital products.

use super::{ADD, BOOK, DELETE, STAGE, add, digital, shop, upload};
use crate::app::{Souk, each};
use crate::make::{self, Make};
use entity::value::ProductStatus;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::Path;

const UPDATE: &str = operation!("download", "DigitalFileUpdate");
const STATUS: &str = operation!("product", "ProductUpdateReturningId");

fn files(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries.flatten().map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { 1 }).sum()
}

fn stored(souk: &Souk) -> (usize, usize) {
    let media = souk.folder.path().join("media");
    (files(&media.join("private")), files(&media.join("staged")))
}

#[test]
fn a_file_has_a_name_without_a_path_and_a_type_by_content() {
    each(async |souk| {
        let shop = shop(souk).await;
        let vera = souk.as_user(&shop.vendor);
        let (name, kind) = (&shop.file["filename"], &shop.file["contentType"]);
        assert_eq!((name, kind, &shop.file["byteSize"]), (&json!("tea.pdf"), &json!("application/pdf"), &json!(BOOK.len())));
        let hash: String = Sha256::digest(BOOK).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(shop.file["sha256"], hash);
        let page = add(souk, &vera, shop.book, "../../etc/passwd", b"<html><script>").await["digitalFile"].clone();
        assert_eq!((&page["filename"], &page["contentType"]), (&json!("passwd"), &json!("application/octet-stream")));
        let change =
            json!({ "id": page["id"], "input": { "filename": "..\\..\\new name.txt", "version": "2.1", "position": 7 } });
        let changed = vera.run(UPDATE, change).await["digitalFile"].clone();
        let expected = json!({ "id": page["id"], "filename": "new name.txt", "version": "2.1", "position": 7 });
        assert_eq!(changed, expected);
        let wrong = json!({ "id": page["id"], "input": { "filename": "", "version": "x".repeat(21), "position": -1 } });
        assert_eq!(vera.refused(UPDATE, wrong).await, ["filename REQUIRED", "version TOO_LONG", "position OUT_OF_RANGE"]);
        souk.work().await;
        assert_eq!(stored(souk), (2, 0));
    });
}

#[test]
fn only_those_who_manage_the_product_change_its_files() {
    const SEEN: &str = "query($id: ID!) { product(id: $id) { digitalFiles { id } } }";
    each(async |souk| {
        let shop = shop(souk).await;
        let otto = make::vendor(souk, "otto").await;
        make::store(souk, &otto, "Other").await;
        let (vera, otto) = (souk.as_user(&shop.vendor), souk.as_user(&otto));
        let token = upload(souk, &otto, "a.pdf", BOOK).await;
        let input = |token: &Value| json!({ "input": { "productId": shop.book.id.to_string(), "stagedUploadToken": token } });
        assert_eq!(otto.refused(ADD, input(&token)).await, ["productId NOT_FOUND"]);
        assert_eq!(vera.refused(ADD, input(&token)).await, ["stagedUploadToken INVALID_TOKEN"]);
        assert_eq!(otto.refused(DELETE, json!({ "id": shop.file["id"] })).await, ["id NOT_FOUND"]);
        let change = json!({ "id": shop.file["id"], "input": { "version": "3" } });
        assert_eq!(otto.refused(UPDATE, change).await, ["id NOT_FOUND"]);
        for (caller, count) in [(&vera, 1), (&otto, 0), (&souk.guest(), 0)] {
            let seen = caller.data(SEEN, json!({ "id": shop.book.id.to_string() })).await;
            assert_eq!(seen["product"]["digitalFiles"].as_array().map(Vec::len), Some(count));
        }
        // Customers upload none.
        let bob = make::customer(souk, "bob").await;
        let large = json!({ "filename": "a", "contentType": "application/pdf", "size": 9, "purpose": "DIGITAL_FILE" });
        assert_eq!(souk.as_user(&bob).refused(STAGE, json!({ "input": large })).await, ["purpose NOT_ALLOWED"]);
        let wrong = json!({ "filename": "a", "contentType": "text/html; x", "size": 0, "purpose": "DIGITAL_FILE" });
        let refused = vera.refused(STAGE, json!({ "input": wrong })).await;
        assert_eq!(refused, ["contentType INVALID", "size OUT_OF_RANGE"]);
        souk.work().await;
    });
}

#[test]
fn an_upload_is_used_once_for_its_purpose() {
    each(async |souk| {
        let shop = shop(souk).await;
        let vera = souk.as_user(&shop.vendor);
        let token = upload(souk, &vera, "a.pdf", BOOK).await;
        let image = json!({ "input": { "productId": shop.book.id.to_string(), "stagedUploadToken": token } });
        assert_eq!(vera.refused(crate::image::ADD, image.clone()).await, ["stagedUploadToken INVALID"]);
        let answers = futures::future::join_all((0..6).map(|_| vera.answer(ADD, image.clone()))).await;
        let added = answers.iter().filter(|answer| answer["data"]["digitalFileAdd"]["digitalFile"].is_object()).count();
        assert_eq!(added, 1, "{answers:#?}");
        assert_eq!(vera.refused(ADD, image).await, ["stagedUploadToken INVALID_TOKEN"]);
        let tea = make::product(souk, shop.store, Make::default()).await;
        let token = upload(souk, &vera, "a.pdf", BOOK).await;
        let physical = json!({ "input": { "productId": tea.id.to_string(), "stagedUploadToken": token } });
        assert_eq!(vera.refused(ADD, physical).await, ["productId INVALID"]);
        let variant =
            json!({ "productId": shop.book.id.to_string(), "stagedUploadToken": token, "variantId": tea.variant.to_string() });
        assert_eq!(vera.refused(ADD, json!({ "input": variant })).await, ["variantId NOT_FOUND"]);
        // What the refused requests copied is gone, also if they were cut off.
        souk.pass(std::time::Duration::from_secs(3700)).await;
        assert_eq!(stored(souk).0, 2);
    });
}

#[test]
fn a_digital_product_is_for_sale_with_a_file_for_every_variant() {
    const CREATE: &str = operation!("product", "ProductCreate");
    const VARIANT: &str = operation!("variant", "ProductVariantCreate");
    each(async |souk| {
        let shop = shop(souk).await;
        let vera = souk.as_user(&shop.vendor);
        let store = shop.store.to_string();
        let new = json!({ "input": { "storeId": store, "name": "Song", "price": "2", "kind": "DIGITAL", "status": "ACTIVE" } });
        assert_eq!(vera.refused(CREATE, new).await, ["status INCOMPLETE"]);
        let draft = Make {
            name: "Song",
            kind: entity::value::ProductKind::Digital,
            stock: 0,
            status: ProductStatus::Draft,
            ..Make::default()
        };
        let song = make::product(souk, shop.store, draft).await;
        let activate = json!({ "id": song.id.to_string(), "input": { "status": "ACTIVE" } });
        assert_eq!(vera.refused(STATUS, activate.clone()).await, ["status INCOMPLETE"]);
        let token = upload(souk, &vera, "song.mp3", b"ID3 a song").await;
        let of_variant =
            json!({ "productId": song.id.to_string(), "stagedUploadToken": token, "variantId": song.variant.to_string() });
        let file = vera.run(ADD, json!({ "input": of_variant })).await["digitalFile"].clone();
        assert_eq!((&file["contentType"], &file["variant"]["id"]), (&json!("audio/mpeg"), &json!(song.variant.to_string())));
        vera.run(STATUS, activate).await;
        // Another variant has no file yet, and the last file stays.
        let variant = json!({ "input": { "productId": song.id.to_string(), "name": "Live", "price": "3" } });
        assert_eq!(vera.refused(VARIANT, variant.clone()).await, ["isActive INCOMPLETE"]);
        assert_eq!(vera.refused(DELETE, json!({ "id": file["id"] })).await, ["id INCOMPLETE"]);
        let for_all = add(souk, &vera, song, "all.mp3", b"ID3 another").await["digitalFile"].clone();
        vera.run(VARIANT, variant).await;
        let left = vera.run(DELETE, json!({ "id": file["id"] })).await;
        assert_eq!(left["product"]["digitalFiles"], json!([{ "id": for_all["id"] }]));
        souk.work().await;
        assert_eq!(stored(souk), (2, 0));
    });
}

#[test]
fn files_are_deleted_with_their_product_and_store() {
    each(async |souk| {
        let shop = shop(souk).await;
        let vera = souk.as_user(&shop.vendor);
        let other = digital(souk, shop.store, "Other").await;
        add(souk, &vera, other, "b.pdf", BOOK).await;
        souk.work().await;
        assert_eq!(stored(souk), (2, 0));
        vera.run(operation!("product", "ProductDelete"), json!({ "id": other.id.to_string() })).await;
        souk.work().await;
        assert_eq!(stored(souk), (1, 0));
        vera.run(operation!("store", "StoreDelete"), json!({ "id": shop.store.to_string() })).await;
        souk.work().await;
        let rows = entity::digital_file::Entity::find().count(souk.app.db.read()).await.expect("a number");
        assert_eq!((stored(souk), rows), ((0, 0), 0));
    });
}
