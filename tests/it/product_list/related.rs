//! Related products, and what a product page shows beside them.

use super::{names, other_store};
use crate::app::{Souk, each, each_with};
use crate::make::{self, Make, Product};
use entity::id::{CategoryId, StoreId};
use entity::product;
use entity::value::{ProductStatus, Tags};
use sea_orm::ActiveModelTrait;
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use souk_core::provider::search::Progress;

const RELATED: &str = operation!("product_list", "RelatedProducts");
const OF_MANY: &str = operation!("product_list", "RelatedOfMany");
const URLS: &str = operation!("product_list", "CanonicalUrls");

async fn tagged(souk: &Souk, store: StoreId, category: CategoryId, name: &'static str, tags: &[&str]) -> Product {
    let product = make::product(souk, store, Make { name, category: Some(category), ..Make::default() }).await;
    let tags = Tags(tags.iter().map(|tag| (*tag).to_owned()).collect());
    let row = product::ActiveModel { id: Unchanged(product.id), tags: Set(tags), ..Default::default() };
    row.update(souk.app.db.raw()).await.expect("a change");
    product
}

async fn related(souk: &Souk, product: Product) -> Vec<String> {
    names(&souk.guest().data(RELATED, json!({ "id": product.id.to_string() })).await["product"]["related"])
}

#[test]
fn the_most_similar_products_come_first_and_hidden_ones_never() {
    each(async |souk| {
        let (vera, store) = make::shop(souk, "Teas").await;
        let other_store = other_store(souk, "Cups").await;
        let drinks = make::category(souk, "Drinks", None).await;
        let teas = make::category(souk, "Teas", Some(drinks)).await;
        let elsewhere = make::category(souk, "Elsewhere", None).await;
        let sencha = tagged(souk, store, teas, "Sencha", &["green", "japan"]).await;
        tagged(souk, store, teas, "Matcha", &["green", "japan"]).await;
        tagged(souk, other_store, teas, "Gunpowder", &["green"]).await;
        // In the parent, as the category has few others.
        tagged(souk, store, drinks, "Juice", &[]).await;
        tagged(souk, store, elsewhere, "Tree", &["green", "japan"]).await;
        let draft = Make { name: "Draft", category: Some(teas), status: ProductStatus::Draft, ..Make::default() };
        make::product(souk, store, draft).await;
        let lone = make::product(souk, store, Make { name: "Lone", ..Make::default() }).await;
        souk.reindexed().await;
        assert_eq!(related(souk, sencha).await, ["Matcha", "Gunpowder", "Juice"]);
        assert_eq!(related(souk, lone).await, Vec::<String>::new(), "it has no category");
        let one = souk.guest().data(RELATED, json!({ "id": sencha.id.to_string(), "first": 1 })).await;
        assert_eq!(names(&one["product"]["related"]), ["Matcha"]);
        for first in [0, 25, -1] {
            let error = souk.guest().error(RELATED, json!({ "id": sencha.id.to_string(), "first": first })).await;
            assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT");
            assert_eq!(error["message"], format!("first must be from 1 to 24; got {first}."));
        }
        // The database decides: what was hidden a moment ago is left out although the index has it.
        let hidden = product::Entity::update_many().col_expr(product::Column::Listed, Expr::value(false));
        hidden.filter(product::Column::Name.eq("Matcha")).exec(souk.app.db.raw()).await.expect("an update");
        assert_eq!(related(souk, sencha).await, ["Gunpowder", "Juice"]);
        let own = souk.as_user(&vera).data(RELATED, json!({ "id": sencha.id.to_string() })).await;
        assert_eq!(names(&own["product"]["related"]), ["Gunpowder", "Juice"], "for its store, too");
        // While the index is being filled there is no answer, and the rest of the product is there.
        souk.app.search.set_progress(Progress::Filling { done: 0, total: 1 });
        let filling = souk.guest().data(RELATED, json!({ "id": sencha.id.to_string() })).await;
        assert_eq!(filling["product"], json!({ "related": null }));
        souk.app.search.set_progress(Progress::Ready);
    });
}

#[test]
fn related_products_of_a_list_take_one_statement_and_their_cost() {
    each_with(&[("SOUK_GUEST_BUDGET", "0")], async |souk| {
        let (_, store) = make::shop(souk, "Teas").await;
        let teas = make::category(souk, "Teas", None).await;
        for _ in 0..30 {
            make::product(souk, store, Make { category: Some(teas), ..Make::default() }).await;
        }
        souk.reindexed().await;
        let mut counts = Vec::new();
        for first in [5, 5, 30] {
            let (answer, count) = souk.statements(&souk.guest(), OF_MANY, json!({ "first": first })).await;
            let nodes = answer["data"]["products"]["nodes"].as_array().unwrap_or_else(|| panic!("{answer:#}"));
            assert!(nodes.iter().all(|node| node["related"].as_array().map(Vec::len) == Some(3)));
            counts.push(count);
        }
        // The list, the products related to all of them, and their stores.
        assert_eq!(counts[1..], [3, 3], "on {}", souk.database);
        let error = souk.guest().error(OF_MANY, json!({ "first": 100 })).await;
        assert_eq!(error["extensions"]["code"], "QUERY_TOO_COMPLEX", "{error:#}");
    });
}

#[test]
fn a_page_tells_its_canonical_url_and_the_way_to_it() {
    each_with(&[("SOUK_STOREFRONT_URL", "https://shop.example/np")], async |souk| {
        let (_, store) = make::shop(souk, "Teas").await;
        let drinks = make::category(souk, "Drinks", None).await;
        let teas = make::category(souk, "Green Teas", Some(drinks)).await;
        let tea = make::product(souk, store, Make { category: Some(teas), ..Make::default() }).await;
        let found = souk.guest().data(URLS, json!({ "id": tea.id.to_string(), "category": "green-teas" })).await;
        let urls = [&found["product"], &found["product"]["store"], &found["category"]].map(|page| {
            assert_eq!(page["url"], page["seo"]["canonicalUrl"]);
            page["url"].as_str().expect("a URL").to_owned()
        });
        assert!(urls[0].starts_with("https://shop.example/np/products/"), "{urls:?}");
        assert_eq!(urls[1..], ["https://shop.example/np/stores/teas", "https://shop.example/np/categories/green-teas"]);
        assert_eq!(found["category"]["ancestors"], json!([{ "name": "Drinks", "slug": "drinks" }]));
    });
    each(async |souk| {
        make::category(souk, "Teas", None).await;
        let found = souk.guest().data("{ category(slug: \"teas\") { seo { canonicalUrl } } }", json!({})).await;
        assert_eq!(found["category"]["seo"]["canonicalUrl"], Value::Null, "without a storefront");
    });
}
