//! Synonyms and languages of the search, on every instance.

use crate::app::{Souk, each};
use crate::make::{self, Make, User};
use entity::value::{Permission, Role};
use serde_json::{Value, json};
use souk::fixture;

pub const CREATE: &str = operation!("search", "SearchSynonymCreate");
const UPDATE: &str = operation!("search", "SearchSynonymUpdate");
const DELETE: &str = operation!("search", "SearchSynonymDelete");
const LIST: &str = operation!("search", "SearchSynonyms");
const LANGUAGES: &str = operation!("search", "SearchLanguagesUpdate");

async fn editor(souk: &Souk) -> User {
    make::staff(souk, "Edith", Role::Staff, &[Permission::ManageContent]).await
}

/// Names that both instances find, sorted; they must agree.
async fn found_by_both(souk: &Souk, other: &Souk, query: &str) -> Vec<String> {
    for instance in [souk, other] {
        instance.indexed().await;
    }
    let mut found = souk.found(query, Value::Null).await;
    let mut of_other = other.found(query, Value::Null).await;
    found.sort();
    of_other.sort();
    assert_eq!(found, of_other, "{query}");
    found
}

#[test]
fn synonyms_are_found_by_every_instance() {
    each(async |souk| {
        let (_, store) = make::shop(souk, "Vera").await;
        for name in ["Red Couch", "Blue Sofa", "Green Settee"] {
            make::product(souk, store, Make { name, ..Make::default() }).await;
        }
        souk.reindexed().await;
        let other = souk.another().await;
        let edith = editor(souk).await;
        let edith = souk.as_user(&edith);
        assert_eq!(found_by_both(souk, &other, "couch ").await, ["Red Couch"]);
        let input = json!({ "words": ["Couch", " SOFÁ ", "settee"] });
        let group = edith.run(CREATE, json!({ "input": input })).await["searchSynonym"].clone();
        assert_eq!(
            (&group["words"], &group["isOneWay"], &group["version"]),
            (&json!(["couch", "sofa", "settee"]), &json!(false), &json!(1))
        );
        for word in ["couch ", "sofa ", "settee "] {
            assert_eq!(found_by_both(souk, &other, word).await.len(), 3, "{word}");
        }
        let id = group["id"].clone();
        let one_way = json!({ "words": ["couch", "sofa"], "isOneWay": true, "expectedVersion": 1 });
        let changed = edith.run(UPDATE, json!({ "id": id, "input": one_way })).await["searchSynonym"].clone();
        assert_eq!((&changed["isOneWay"], &changed["version"]), (&json!(true), &json!(2)));
        assert_eq!(found_by_both(souk, &other, "couch ").await, ["Blue Sofa", "Red Couch"]);
        assert_eq!(found_by_both(souk, &other, "sofa ").await, ["Blue Sofa"]);
        let list = edith.data(LIST, json!({ "first": 10 })).await["searchSynonyms"].clone();
        assert_eq!((&list["totalCount"], &list["nodes"][0]["id"]), (&json!(1), &id));
        // An instance that starts later knows them as well.
        let late = souk.another().await;
        assert_eq!(found_by_both(souk, &late, "couch ").await.len(), 2);
        assert_eq!(
            edith.refused(UPDATE, json!({ "id": id, "input": { "expectedVersion": 1 } })).await,
            ["expectedVersion STALE"]
        );
        edith.run(DELETE, json!({ "id": id })).await;
        assert_eq!(found_by_both(souk, &other, "couch ").await, ["Red Couch"]);
        assert_eq!(edith.refused(DELETE, json!({ "id": id })).await, ["id NOT_FOUND"]);
        late.finish().await;
        other.finish().await;
    });
}

#[test]
fn groups_have_two_to_twenty_single_words() {
    each(async |souk| {
        let edith = editor(souk).await;
        let edith = souk.as_user(&edith);
        let many: Vec<_> = (0..21).map(|n| format!("word{n}")).collect();
        let long = "a".repeat(65);
        for (words, expected) in [
            (json!([]), vec!["words INVALID"]),
            (json!(["couch"]), vec!["words INVALID"]),
            (json!(many), vec!["words INVALID"]),
            (json!(["couch", "Cóuch"]), vec!["words.1 INVALID"]),
            (json!(["cell phone", "mobile"]), vec!["words.0 INVALID"]),
            (json!(["t-shirt", "tee!"]), vec!["words.0 INVALID", "words.1 INVALID"]),
            (json!(["緑茶", "tea"]), vec!["words.0 INVALID"]),
            (json!(["", "tea"]), vec!["words.0 REQUIRED"]),
            (json!([long, "tea"]), vec!["words.0 TOO_LONG"]),
        ] {
            assert_eq!(edith.refused(CREATE, json!({ "input": { "words": words } })).await, expected, "{words}");
        }
        let payload =
            edith.data(CREATE, json!({ "input": { "words": ["cell phone", "mobile"] } })).await["searchSynonymCreate"].clone();
        assert_eq!(
            payload["userErrors"][0]["message"],
            "Each item must be one word of letters and digits, in a script with spaces; got \"cell phone\"."
        );
    });
}

#[test]
fn there_are_at_most_a_thousand_groups() {
    each(async |souk| {
        let now = souk.app.clock.now();
        let row = |n: i32| fixture::search_synonym(souk.app.clock.new_id(), &[&format!("a{n}"), &format!("b{n}")], now);
        make::insert(souk, (0..999).map(row).collect::<Vec<_>>()).await;
        let edith = editor(souk).await;
        let edith = souk.as_user(&edith);
        // Two at once for the last place.
        let create = |word: &str| edith.answer(CREATE, json!({ "input": { "words": [word, "sofa"] } }));
        let (first, second) = tokio::join!(create("couch"), create("settee"));
        let made = |answer: &Value| answer["data"]["searchSynonymCreate"]["searchSynonym"].is_object();
        assert!(made(&first) != made(&second), "{first}\n{second}");
        assert_eq!(edith.refused(CREATE, json!({ "input": { "words": ["one", "more"] } })).await, [" LIMIT_REACHED"]);
    });
}

#[test]
fn a_language_gives_other_forms_on_every_instance_while_the_old_index_responds() {
    each(async |souk| {
        let (_, store) = make::shop(souk, "Vera").await;
        for name in ["Grüne Häuser", "Running Shoes"] {
            make::product(souk, store, Make { name, ..Make::default() }).await;
        }
        souk.reindexed().await;
        let other = souk.another().await;
        let owner = make::owner(souk).await;
        let owner = souk.as_user(&owner);
        assert_eq!(found_by_both(souk, &other, "shoe ").await, ["Running Shoes"]);
        assert_eq!(found_by_both(souk, &other, "haus ").await, Vec::<String>::new());
        for (languages, shoe, house) in [(json!(["DE", "EN"]), 1, 1), (json!(["DE"]), 0, 1), (json!([]), 0, 0)] {
            let settings = owner.run(LANGUAGES, json!({ "languages": languages })).await["settings"].clone();
            assert_eq!(settings["searchLanguages"], languages);
            assert_eq!(found_by_both(souk, &other, "shoe ").await.len(), shoe, "{languages}");
            assert_eq!(found_by_both(souk, &other, "haus ").await.len(), house, "{languages}");
        }
        other.finish().await;
    });
}
