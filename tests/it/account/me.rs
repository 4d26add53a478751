//! What users see of themselves.

use crate::app::{Souk, each};
use crate::journey_file::operation;
use crate::make::order::order;
use crate::make::{self, Make, User};
use serde_json::{Value, json};

/// A vendor with the given numbers of sessions, addresses, stores and orders.
async fn busy_user(souk: &Souk, count: usize) -> User {
    let user = make::vendor(souk, &format!("user{count}")).await;
    let store = make::store(souk, &user, &format!("First {count}")).await;
    let tea = make::product(souk, store, Make { stock: 1000, ..Make::default() }).await;
    // One session and one store are there already.
    for number in 1..count {
        make::store(souk, &user, &format!("Store {count} {number}")).await;
        make::session(souk, user.id).await;
    }
    for _ in 0..count {
        order(souk, Some(&user), &[(store, tea, 1)]).await;
        make::address(souk, &user, false).await;
    }
    user
}

#[test]
fn somebody_with_fifty_of_everything_takes_as_many_statements_as_with_five() {
    each(async |souk| {
        let mut counts = Vec::new();
        for size in [5, 50] {
            let user = busy_user(souk, size).await;
            let page =
                operation("Me").replace("first: 10", &format!("first: {size}")).replace("first: 5)", &format!("first: {size})"));
            let (answer, count) = souk.statements(&souk.as_user(&user), &page, json!({})).await;
            let me = &answer["data"]["me"];
            let length = |list: &Value| list.as_array().map(Vec::len);
            let lengths = [&me["sessions"], &me["addresses"], &me["stores"]["nodes"], &me["orders"]["nodes"]].map(length);
            assert_eq!(lengths, [Some(size); 4], "{answer:#}");
            counts.push(count);
        }
        eprintln!("Me: {counts:?} statements for 5 and 50 of everything on {}", souk.database);
        assert_eq!(counts[0], counts[1]);
    });
}

#[test]
fn a_changed_name_comes_with_the_person_that_others_see() {
    each(async |souk| {
        let asha = make::user(souk, "asha", entity::value::Role::Customer).await;
        let caller = souk.as_user(&asha);
        let me = caller.data("{ me { person { id isViewer displayName avatar { url } } } }", json!({})).await["me"].clone();
        let id = me["person"]["id"].as_str().expect("an ID").to_owned();
        assert!(id.starts_with("person_") && me["person"]["isViewer"] == true, "{me}");
        let update = operation!("account", "ProfileUpdate");
        let changed = caller.run(update, json!({ "input": { "displayName": "Asha of Ilam" } })).await["user"].clone();
        assert_eq!(changed["person"], json!({ "id": id, "displayName": "Asha of Ilam" }));
    });
}
