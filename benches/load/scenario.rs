//! The scenarios: operations of real clients.

use crate::client::Connection;
use crate::journey_file::operation;
use crate::server::Running;
use serde_json::{Value, json};
use std::sync::Arc;

/// The fields of `Storefront`, and facets.
const SEARCH: &str = "query($query: String, $filter: ProductSearchFilter) { productSearch(query: $query, filter: $filter, first: 20) {
  edges { cursor node { id } }
  nodes { id name slug priceRange { min { amount currency } max { amount currency } } primaryImage { url altText }
    store { id name slug } category { id name } rating { average count } inStock }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount
  facets { slug ... on ChoiceFacet { values { slug name count isSelected } otherCount } ... on RangeFacet { min max bands { from below count } } }
} }";
const SUGGEST: &str = "query($prefix: String!) { searchSuggest(prefix: $prefix) {
  products { id name slug } categories { id name slug } stores { id name slug } queries } }";

/// A scenario to be measured.
#[derive(Clone)]
pub struct Scenario {
    pub name: &'static str,
    kind: Kind,
    catalogue: Arc<Catalogue>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Typename,
    Storefront,
    Search,
    SearchWithin,
    Suggestions,
    ProductPage,
    CartLinesAdd,
    CheckoutSpread,
    CheckoutOne,
}

/// The documents, and the IDs for their variables.
struct Catalogue {
    slugs: Vec<String>,
    variants: Vec<String>,
    /// Words of names of products.
    words: Vec<String>,
    categories: Vec<String>,
    storefront: String,
    product_page: String,
    cart_lines_add: String,
    checkout_create: String,
    checkout_update: String,
    checkout_complete: String,
    run: String,
}

/// All scenarios.
pub async fn all(server: &Running) -> Vec<Scenario> {
    let catalogue = Arc::new(Catalogue::read(server).await);
    [
        ("{ __typename }", Kind::Typename),
        ("Storefront", Kind::Storefront),
        ("search by a word, facets", Kind::Search),
        ("search in a category, facets", Kind::SearchWithin),
        ("search suggestions", Kind::Suggestions),
        ("ProductPage", Kind::ProductPage),
        ("CartLinesAdd", Kind::CartLinesAdd),
        ("checkout, across products", Kind::CheckoutSpread),
        ("checkout, one variant", Kind::CheckoutOne),
    ]
    .into_iter()
    .map(|(name, kind)| Scenario { name, kind, catalogue: Arc::clone(&catalogue) })
    .collect()
}

impl Catalogue {
    async fn read(server: &Running) -> Self {
        const LIST: &str = "query($after: String) { products(first: 100, after: $after, filter: { inStock: true, kind: PHYSICAL }) \
                            { nodes { slug variants { id available } } pageInfo { endCursor } } }";
        let mut connection = Connection::open(server.address).await;
        wait_for_index(&mut connection).await;
        let (mut slugs, mut variants, mut after) = (vec![], vec![], Value::Null);
        for _ in 0..20 {
            let page = connection.data(LIST, &json!({ "after": after })).await["products"].clone();
            for node in page["nodes"].as_array().expect("nodes") {
                slugs.push(node["slug"].as_str().expect("a slug").to_owned());
                let first = node["variants"].as_array().expect("variants").iter().find(|variant| variant["available"] == true);
                variants.extend(first.and_then(|variant| variant["id"].as_str()).map(str::to_owned));
            }
            after = page["pageInfo"]["endCursor"].clone();
            if after.is_null() {
                break;
            }
        }
        assert!(slugs.len() >= 100, "the database is filled");
        let categories = connection.data("{ categories(first: 20) { nodes { slug } } }", &json!({})).await;
        let categories = categories["categories"]["nodes"].as_array().expect("categories").iter();
        let mut words: Vec<String> = slugs.iter().flat_map(|slug| slug.split('-').map(str::to_owned)).collect();
        words.retain(|word| word.len() >= 4 && word.bytes().all(|byte| byte.is_ascii_lowercase()));
        words.sort_unstable();
        words.dedup();
        Self {
            slugs,
            variants,
            words,
            categories: categories.filter_map(|node| node["slug"].as_str().map(str::to_owned)).collect(),
            storefront: operation("Storefront"),
            product_page: operation("ProductPage"),
            cart_lines_add: operation("CartLinesAdd"),
            checkout_create: operation("CheckoutCreate"),
            checkout_update: operation("CheckoutUpdate"),
            checkout_complete: operation("CheckoutComplete"),
            run: format!("{:x}", std::process::id()),
        }
    }
}

impl Scenario {
    /// Sends the requests of one round; returns the number of SQL statements and the size of the last response.
    pub async fn round(&self, connection: &mut Connection, round: usize) -> (u64, usize) {
        let catalogue = &self.catalogue;
        match self.kind {
            Kind::Typename => read(connection, "{ __typename }", &json!({})).await,
            Kind::Storefront => read(connection, &catalogue.storefront, &json!({ "first": 20 })).await,
            Kind::Search => {
                let variables =
                    json!({ "query": format!("{} ", pick(&catalogue.words, round)), "filter": { "isInStock": true } });
                read(connection, SEARCH, &variables).await
            }
            Kind::SearchWithin => {
                let filter = json!({ "categorySlug": pick(&catalogue.categories, round), "price": { "min": "5", "max": "200" } });
                read(connection, SEARCH, &json!({ "filter": filter })).await
            }
            Kind::Suggestions => {
                let word = pick(&catalogue.words, round);
                read(connection, SUGGEST, &json!({ "prefix": word.get(..3 + round % 3).unwrap_or(word) })).await
            }
            Kind::ProductPage => {
                let slug = &catalogue.slugs[round % catalogue.slugs.len()];
                read(connection, &catalogue.product_page, &json!({ "slug": slug })).await
            }
            Kind::CartLinesAdd => {
                let variant = &catalogue.variants[round % catalogue.variants.len()];
                send(connection, &catalogue.cart_lines_add, &lines(variant)).await.1
            }
            Kind::CheckoutSpread => self.checkout(connection, &catalogue.variants[round % catalogue.variants.len()], round).await,
            Kind::CheckoutOne => self.checkout(connection, &catalogue.variants[0], round).await,
        }
    }

    /// Whether a round is a single request, so that it can be compared with the minimal handler.
    pub fn is_single(&self) -> bool {
        !matches!(self.kind, Kind::CheckoutSpread | Kind::CheckoutOne)
    }

    async fn checkout(&self, connection: &mut Connection, variant: &str, round: usize) -> (u64, usize) {
        let catalogue = &self.catalogue;
        let (data, (first, _)) = send(connection, &catalogue.cart_lines_add, &lines(variant)).await;
        let token = &data["cartLinesAdd"]["cart"]["token"];
        let address =
            json!({ "firstName": "Asha", "lastName": "Rai", "line1": "1 Durbar Marg", "city": "Kathmandu", "country": "NP" });
        let input = json!({ "input": { "cartToken": token, "email": "asha@example.com", "shippingAddress": address } });
        let (data, (second, _)) = send(connection, &catalogue.checkout_create, &input).await;
        let checkout = &data["checkoutCreate"]["checkout"];
        let part = &checkout["stores"][0];
        let chosen = json!([{ "storeId": part["store"]["id"], "shippingMethodId": part["shippingMethods"][0]["id"] }]);
        let input =
            json!({ "input": { "checkoutId": checkout["id"], "checkoutToken": checkout["token"], "shippingMethods": chosen } });
        let (_, (third, _)) = send(connection, &catalogue.checkout_update, &input).await;
        let key = format!("{}-{round}-{}", catalogue.run, checkout["id"].as_str().unwrap_or_default());
        let input = json!({ "input": {
            "checkoutId": checkout["id"], "checkoutToken": checkout["token"], "paymentProvider": "MANUAL", "idempotencyKey": key,
        } });
        let (data, (fourth, bytes)) = send(connection, &catalogue.checkout_complete, &input).await;
        assert!(data["checkoutComplete"]["order"]["number"].is_string(), "an order was made: {data}");
        (first + second + third + fourth, bytes)
    }
}

/// Waits until searches are answered.
pub async fn wait_for_index(connection: &mut Connection) {
    let body = serde_json::to_vec(&json!({ "query": SUGGEST, "variables": { "prefix": "a" } })).expect("JSON");
    for _ in 0..3_000 {
        let answer = connection.graphql(&body).await;
        if !answer.body.ends_with(b"]}") {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the search index is not filled");
}

fn pick(all: &[String], round: usize) -> &str {
    &all[round % all.len()]
}

fn lines(variant: &str) -> Value {
    json!({ "input": { "lines": [{ "variantId": variant, "quantity": 1 }] } })
}

/// A query whose response is not needed. It is not parsed, as that would take time from the server on the same machine: a response
/// with errors does not end with its data.
async fn read(connection: &mut Connection, query: &str, variables: &Value) -> (u64, usize) {
    let body = serde_json::to_vec(&json!({ "query": query, "variables": variables })).expect("JSON");
    let answer = connection.graphql(&body).await;
    let good = answer.status == 200 && answer.body.starts_with(b"{\"data\":{") && !answer.body.ends_with(b"]}");
    assert!(good, "{}", String::from_utf8_lossy(&answer.body));
    (answer.statements.unwrap_or(0), answer.body.len())
}

async fn send(connection: &mut Connection, query: &str, variables: &Value) -> (Value, (u64, usize)) {
    let body = serde_json::to_vec(&json!({ "query": query, "variables": variables })).expect("JSON");
    let answer = connection.graphql(&body).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let json: Value = serde_json::from_slice(&answer.body).expect("JSON");
    assert!(json.get("errors").is_none(), "{json}");
    let counts = (answer.statements.unwrap_or(0), answer.body.len());
    (json["data"].clone(), counts)
}
