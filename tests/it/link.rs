//! URLs in the API: pages of the storefront and of the order status.

use crate::app::{each, each_with};
use crate::make::order::order;
use crate::make::{self, Make};
use serde_json::{Value, json};

const LOOK: &str = operation!("product", "UrlsOfEverything");

async fn look(souk: &crate::app::Souk) -> Value {
    let (_, store) = make::shop(souk, "Teas").await;
    let category = make::category(souk, "Drinks", None).await;
    let tea = make::product(souk, store, Make { category: Some(category), ..Make::default() }).await;
    let placed = order(souk, None, &[(store, tea, 1)]).await;
    let variables = json!({
        "product": tea.id.to_string(), "store": store.to_string(), "order": placed.id.to_string(), "token": placed.token,
    });
    let seen = souk.guest().data(LOOK, variables).await;
    souk.leaves_work("the order's mails");
    seen
}

#[test]
fn products_stores_categories_and_orders_have_pages_in_the_storefront() {
    each_with(&[("SOUK_STOREFRONT_URL", "https://shop.example/en/")], async |souk| {
        let seen = look(souk).await;
        let slug = |value: &Value| value["slug"].as_str().expect("a slug").to_owned();
        let at = |path: &str, value: &Value| json!(format!("https://shop.example/en/{path}/{}", slug(value)));
        let product = &seen["product"];
        assert_eq!(product["url"], at("products", product));
        assert_eq!(product["category"]["url"], at("categories", &product["category"]));
        assert_eq!(seen["store"]["url"], at("stores", &seen["store"]));
        let status = seen["order"]["statusUrl"].as_str().expect("a URL");
        let number = seen["order"]["number"].as_str().expect("a number");
        assert!(status.starts_with(&format!("https://shop.example/en/orders/{number}?")), "{status}");
    });
}

#[test]
fn without_a_storefront_orders_have_a_page_of_the_server_and_products_have_none() {
    each(async |souk| {
        let seen = look(souk).await;
        assert_eq!((&seen["product"]["url"], &seen["store"]["url"]), (&Value::Null, &Value::Null));
        let status = seen["order"]["statusUrl"].as_str().expect("a URL");
        assert!(status.contains("/orders/track#id=order_"), "{status}");
    });
}
