//! Who may import, one import at a time, cancelling, and the report.

use super::{APPLY, CANCEL, CREATE, IMPORT, LIST, UPSERT, begin, completed, counts, import, products, read, stage};
use crate::app::each;
use crate::make;
use entity::value::{Role, StoreRole, UserStatus};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::{ActiveModelTrait, EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use std::time::Duration;

const FILE: &[u8] = b"handle,name,price\ntea,Tea,5\n";

#[test]
fn only_those_who_manage_the_products_import_and_see_imports() {
    each(async |souk| {
        let (vera, store) = make::shop(souk, "Teas").await;
        let otto = make::vendor(souk, "otto").await;
        let others = make::store(souk, &otto, "Others").await;
        let manager = make::customer(souk, "mary").await;
        make::member(souk, store, &manager, StoreRole::Manager).await;
        let clerk = make::customer(souk, "carl").await;
        make::member(souk, store, &clerk, StoreRole::Fulfiller).await;
        let bob = make::customer(souk, "bob").await;
        let staff = make::user(souk, "sam", Role::Staff).await;
        let id = begin(souk, &souk.as_user(&manager), store, FILE, UPSERT).await;
        souk.work().await;
        for user in [&vera, &manager] {
            let caller = souk.as_user(user);
            assert_eq!(counts(&read(&caller, &id).await), completed([1, 0, 0, 0]));
            let listed =
                caller.data(LIST, json!({ "id": store.to_string(), "first": 5 })).await["store"]["productImports"].clone();
            assert_eq!((&listed["totalCount"], &listed["nodes"][0]["id"]), (&json!(1), &id));
        }
        let token = stage(souk, &souk.as_user(&otto), FILE).await;
        let input =
            |store: &str| json!({ "input": { "storeId": store, "stagedUploadToken": token, "format": "CSV", "mode": "UPSERT" } });
        for user in [&otto, &bob, &clerk, &staff] {
            let caller = souk.as_user(user);
            assert_eq!(caller.data(IMPORT, json!({ "id": id })).await["node"], Value::Null, "{}", user.email);
            let listed = caller.data(LIST, json!({ "id": store.to_string(), "first": 5 })).await;
            assert_eq!(listed["store"]["productImports"], Value::Null, "{}", user.email);
            for (mutation, variables) in [
                (CREATE, input(&store.to_string())),
                (APPLY, json!({ "id": id, "input": { "idempotencyKey": "k" } })),
                (CANCEL, json!({ "id": id })),
            ] {
                let answer = caller.answer(mutation, variables).await;
                let payload = answer["data"].as_object().and_then(|fields| fields.values().next()).cloned();
                let code = payload.as_ref().map_or(Value::Null, |payload| payload["userErrors"][0]["code"].clone());
                let is_refused = code == json!("NOT_FOUND") || answer["errors"][0]["extensions"]["code"] == json!("FORBIDDEN");
                assert!(is_refused, "{}: {answer:#}", user.email);
            }
        }
        assert_eq!(souk.guest().error_code(CREATE, input(&store.to_string())).await, "UNAUTHENTICATED");
        // A token of another user, and one of another purpose.
        assert_eq!(souk.as_user(&vera).refused(CREATE, input(&store.to_string())).await, ["stagedUploadToken INVALID_TOKEN"]);
        // A file for one store changes no product of another, even with its handle.
        let done = import(souk, &souk.as_user(&otto), others, "handle,name,price\ntea,Stolen,1\n", UPSERT).await;
        assert_eq!(counts(&done), completed([0, 0, 0, 1]));
        let problem = &done["problems"]["nodes"][0];
        assert_eq!((&problem["column"], &problem["code"]), (&json!("handle"), &json!("TAKEN")));
        let names: Vec<_> = products(souk).await.into_iter().map(|row| row.name).collect();
        assert_eq!(names, ["Tea"]);
        souk.work().await;
    });
}

#[test]
fn a_store_has_one_import_at_a_time_and_it_can_be_cancelled() {
    each(async |souk| {
        let (vera, store) = make::shop(souk, "Teas").await;
        let vera = souk.as_user(&vera);
        let id = begin(souk, &vera, store, FILE, UPSERT).await;
        let token = stage(souk, &vera, FILE).await;
        let input =
            json!({ "input": { "storeId": store.to_string(), "stagedUploadToken": token, "format": "CSV", "mode": "UPSERT" } });
        assert_eq!(vera.refused(CREATE, input.clone()).await, ["storeId LIMIT_REACHED"]);
        let cancelled = vera.run(CANCEL, json!({ "id": id })).await["productImport"].clone();
        assert_eq!(cancelled["status"], "CANCELLED");
        souk.work().await;
        assert_eq!(counts(&read(&vera, &id).await), ("CANCELLED".to_owned(), [0; 4]));
        assert_eq!(products(souk).await.len(), 0);
        // The refused request did not use the upload.
        vera.run(CREATE, input).await;
        souk.work().await;
        let rows = entity::import::Entity::find().all(souk.app.db.read()).await.expect("imports");
        let done = rows.iter().find(|row| json!(row.id.to_string()) != id).expect("another");
        assert_eq!(vera.refused(CANCEL, json!({ "id": done.id.to_string() })).await, ["id INVALID_STATE"]);
        // Old ones are deleted with their files.
        souk.app.clock.advance(Duration::from_secs(31 * 86_400));
        souk.worker.tidy().await;
        souk.work().await;
        assert_eq!(entity::import::Entity::find().count(souk.app.db.read()).await.expect("a number"), 0);
        let left = std::fs::read_dir(souk.folder.path().join("media/private/imports")).map_or(0, Iterator::count);
        assert_eq!(left, 0);
    });
}

#[test]
fn an_import_ends_if_its_user_loses_the_right() {
    each(async |souk| {
        let (_, store) = make::shop(souk, "Teas").await;
        let mary = make::customer(souk, "mary").await;
        make::member(souk, store, &mary, StoreRole::Manager).await;
        let id = begin(souk, &souk.as_user(&mary), store, FILE, UPSERT).await;
        let blocked =
            entity::user::ActiveModel { id: Unchanged(mary.id), status: Set(UserStatus::Blocked), ..Default::default() };
        blocked.update(souk.app.db.raw()).await.expect("a change");
        souk.work().await;
        let row = entity::import::Entity::find().one(souk.app.db.read()).await.expect("a query").expect("an import");
        assert_eq!((json!(row.id.to_string()), row.status.as_str(), row.problem_count), (id, "FAILED", 1));
        assert_eq!(products(souk).await.len(), 0);
    });
}

#[test]
fn the_report_has_all_problems_and_its_url_expires() {
    each(async |souk| {
        let (vera, store) = make::shop(souk, "Teas").await;
        let vera = souk.as_user(&vera);
        let lines: String = (0..1200).map(|n| format!("=tea {n},Tea,x{n}\n")).collect();
        let done = import(souk, &vera, store, format!("handle,name,price\n{lines}"), UPSERT).await;
        assert_eq!(counts(&done), completed([0, 0, 0, 1200]));
        assert_eq!(done["problemCount"], 2400);
        assert_eq!(done["problems"]["totalCount"], 1000);
        let url = done["reportUrl"].as_str().expect("a URL");
        let answer = souk.http.get(url).send().await.expect("an answer");
        assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8; header=present");
        let text = answer.text().await.expect("a text");
        let lines: Vec<_> = text.lines().collect();
        assert_eq!((lines.len(), lines[0]), (2401, "line,column,value,code,message"));
        assert!(lines[1].starts_with("2,price,x0,INVALID,"), "{}", lines[1]);
        assert!(lines[2].starts_with("2,handle,'=tea 0,INVALID,"), "{}", lines[2]);
        assert!(lines[2400].starts_with("1201,handle,"), "{}", lines[2400]);
        for broken in [format!("{url}x"), url.replace("import-reports/", "import-reports/A")] {
            assert_eq!(souk.http.get(broken).send().await.expect("an answer").status().as_u16(), 404);
        }
        souk.app.clock.advance(Duration::from_secs(601));
        assert_eq!(souk.http.get(url).send().await.expect("an answer").status().as_u16(), 404);
        souk.work().await;
    });
}
