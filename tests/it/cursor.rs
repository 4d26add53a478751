//! Cursors belong to one list: its field, its parent, its sort order and its filter.

use crate::app::{Caller, Souk, each, each_with};
use crate::make::order::{download_grant, order};
use crate::make::{self, Make, User};
use crate::sdl::{Sdl, base};
use entity::id::StoreId;
use entity::value::JobStatus;
use entity::{recently_viewed, review};
use serde_json::{Value, json};
use souk::fixture;

/// Aliases of a request; the server allows 30.
const ALIASES: usize = 30;

/// A list with other lists than which its cursors are of.
struct List {
    /// The field, such as `Store.products`.
    field: &'static str,
    /// With `PAGE` where the page's arguments go.
    query: String,
}

fn list(field: &'static str, query: impl Into<String>) -> List {
    List { field, query: query.into() }
}

/// Every connection of the schema, in several orders, filters and parents.
fn lists(stores: [StoreId; 2], products: [String; 2], imports: [String; 2], bob: &User) -> Vec<List> {
    const PAGE: &str = "{ edges { cursor } pageInfo { startCursor endCursor } }";
    let mut all = Vec::new();
    for rest in [
        "",
        ", sortBy: PRICE_LOW_TO_HIGH",
        ", sortBy: PRICE_HIGH_TO_LOW",
        ", sortBy: RATING",
        ", filter: { inStock: true }",
        ", filter: { search: \"tea\" }",
    ] {
        all.push(list("Query.products", format!("{{ products(PAGE{rest}) {PAGE} }}")));
    }
    all.push(list("Query.products", format!("{{ products(PAGE, filter: {{ storeId: \"{}\" }}) {PAGE} }}", stores[0])));
    for rest in ["", ", query: \"tea\"", ", sortBy: NEWEST", ", filter: { isInStock: true }"] {
        all.push(list("Query.productSearch", format!("{{ productSearch(PAGE{rest}) {PAGE} }}")));
    }
    for rest in ["", ", sortBy: RATING", ", filter: { search: \"teas\" }"] {
        all.push(list("Query.stores", format!("{{ stores(PAGE{rest}) {PAGE} }}")));
    }
    for store in stores {
        for rest in ["", ", sortBy: BEST_SELLING", ", status: [ACTIVE]", ", filter: { isInStock: true }"] {
            all.push(list("Store.products", format!("{{ store(id: \"{store}\") {{ products(PAGE{rest}) {PAGE} }} }}")));
        }
        for rest in ["", ", query: \"tea\"", ", filter: { isInStock: true }"] {
            let query = format!("{{ store(id: \"{store}\") {{ productSearch(PAGE{rest}) {PAGE} }} }}");
            all.push(list("Store.productSearch", query));
        }
        for rest in ["", ", sortBy: LOWEST_RATING"] {
            all.push(list("Store.reviews", format!("{{ store(id: \"{store}\") {{ reviews(PAGE{rest}) {PAGE} }} }}")));
        }
        all.push(list("Store.lowStockVariants", format!("{{ store(id: \"{store}\") {{ lowStockVariants(PAGE) {PAGE} }} }}")));
        for (name, field) in [("Store.productImports", "productImports"), ("Store.productExports", "productExports")] {
            all.push(list(name, format!("{{ store(id: \"{store}\") {{ {field}(PAGE) {PAGE} }} }}")));
        }
        for rest in ["", ", filter: { status: [CONFIRMED] }"] {
            all.push(list("Store.orders", format!("{{ store(id: \"{store}\") {{ orders(PAGE{rest}) {PAGE} }} }}")));
        }
    }
    for category in ["leaves", "green-leaves"] {
        for rest in ["", ", sortBy: RATING", ", filter: { isInStock: true }"] {
            let query = format!("{{ category(slug: \"{category}\") {{ products(PAGE{rest}) {PAGE} }} }}");
            all.push(list("Category.products", query));
        }
    }
    for product in products {
        for rest in ["", ", sortBy: HIGHEST_RATING", ", sortBy: LOWEST_RATING"] {
            all.push(list("Product.reviews", format!("{{ product(id: \"{product}\") {{ reviews(PAGE{rest}) {PAGE} }} }}")));
        }
    }
    for import in imports {
        let query = format!("{{ node(id: \"{import}\") {{ ... on ProductImport {{ problems(PAGE) {PAGE} }} }} }}");
        all.push(list("ProductImport.problems", query));
    }
    for rest in ["", ", filter: { status: [CONFIRMED] }", ", filter: { createdAt: { from: \"2020-01-01T00:00:00Z\" } }"] {
        all.push(list("Query.orders", format!("{{ orders(PAGE{rest}) {PAGE} }}")));
    }
    for rest in ["", ", filter: { role: CUSTOMER }", ", filter: { status: ACTIVE }"] {
        all.push(list("Query.users", format!("{{ users(PAGE{rest}) {PAGE} }}")));
    }
    for rest in ["", ", status: PUBLISHED"] {
        all.push(list("Query.reviews", format!("{{ reviews(PAGE{rest}) {PAGE} }}")));
    }
    all.push(list("Query.searchSynonyms", format!("{{ searchSynonyms(PAGE) {PAGE} }}")));
    for field in ["attributes", "productTypes"] {
        all.push(list(
            if field == "attributes" { "Query.attributes" } else { "Query.productTypes" },
            format!("{{ {field}(PAGE) {PAGE} }}"),
        ));
    }
    all.push(list("Attribute.choices", format!("{{ attribute(slug: \"colour\") {{ choices(PAGE) {PAGE} }} }}")));
    for status in ["QUEUED", "FAILED"] {
        all.push(list("Query.jobs", format!("{{ jobs(PAGE, status: {status}) {PAGE} }}")));
    }
    for rest in ["", ", filter: { kind: [CAPTURE] }"] {
        all.push(list("Query.ledgerTransactions", format!("{{ ledgerTransactions(PAGE{rest}) {PAGE} }}")));
    }
    for rest in ["", ", isOpen: true"] {
        all.push(list("Query.moneyReconciliation", format!("{{ moneyReconciliation(PAGE{rest}) {PAGE} }}")));
    }
    for from in ["2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z"] {
        let period = format!("from: \"{from}\", before: \"2999-01-01T00:00:00Z\"");
        let query = format!("{{ storeStatement(storeId: \"{}\", {period}) {{ earnings(PAGE) {PAGE} }} }}", stores[0]);
        all.push(list("StoreStatement.earnings", query));
    }
    for (name, field) in [("User.orders", "orders"), ("User.stores", "stores"), ("User.downloads", "downloads")] {
        all.push(list(name, format!("{{ me {{ {field}(PAGE) {PAGE} }} }}")));
        all.push(list(name, format!("{{ user(id: \"{}\") {{ {field}(PAGE) {PAGE} }} }}", bob.id)));
    }
    all.push(list("User.recentlyViewed", format!("{{ me {{ recentlyViewed(PAGE) {PAGE} }} }}")));
    all.push(list("User.reviews", format!("{{ me {{ reviews(PAGE) {PAGE} }} }}")));
    all
}

async fn published_review(souk: &Souk, store: StoreId, product: make::Product, author: &User) {
    let row = fixture::review(souk.app.clock.new_id(), (product.id, store), author.id, souk.app.clock.now());
    make::insert(souk, [review::Model { rating: 4, ..row }]).await;
}

async fn job(souk: &Souk, status: JobStatus) {
    let now = souk.app.clock.now();
    let row = entity::job::Model {
        id: souk.app.clock.new_id(),
        kind: "mail.send".into(),
        payload: json!({}),
        dedup_key: None,
        status,
        attempts: 0,
        run_at: now + std::time::Duration::from_secs(900_000),
        claimed_until: None,
        claimed_by: None,
        last_error: None,
        created_at: now,
        finished_at: None,
    };
    make::insert(souk, [row]).await;
}

async fn page(caller: &Caller<'_>, list: &List, page: &str) -> Value {
    caller.answer(&list.query.replace("PAGE", page), json!({})).await
}

/// Asks one list for many pages, and returns the errors of each. A request asks for several, each under an alias.
async fn errors_of_pages(caller: &Caller<'_>, list: &List, pages: &[String]) -> Vec<Vec<Value>> {
    let field = list.query.strip_prefix("{ ").and_then(|query| query.strip_suffix(" }")).expect("one field in braces");
    let mut errors = Vec::new();
    for pages in pages.chunks(ALIASES) {
        let fields = pages.iter().enumerate().map(|(n, page)| format!("p{n}: {}", field.replace("PAGE", page)));
        let answer = caller.answer(&format!("{{ {} }}", fields.collect::<Vec<_>>().join(" ")), json!({})).await;
        let all = answer["errors"].as_array().cloned().unwrap_or_default();
        assert!(all.iter().all(|error| error["path"].is_array()), "{}: {answer:#}", list.query);
        errors
            .extend((0..pages.len()).map(|n| all.iter().filter(|error| error["path"][0] == format!("p{n}")).cloned().collect()));
    }
    errors
}

/// The connection within an answer.
fn connection(answer: &Value) -> &Value {
    let mut value = &answer["data"];
    while value.get("pageInfo").is_none() {
        value = value.as_object().and_then(|fields| fields.values().next()).unwrap_or_else(|| panic!("no page: {answer:#}"));
    }
    value
}

#[test]
fn a_cursor_of_another_list_order_or_filter_is_refused() {
    let limits = [("SOUK_QUERY_COMPLEXITY", "1000000"), ("SOUK_USER_BUDGET", "0")];
    each_with(&limits, async |souk| {
        let owner = make::owner(souk).await;
        let bob = make::vendor(souk, "bob").await;
        let stores = [make::store(souk, &owner, "Teas").await, make::store(souk, &bob, "Teas and cups").await];
        let leaves = make::category(souk, "Leaves", None).await;
        let category = Some(make::category(souk, "Green leaves", Some(leaves)).await);
        let mut products = Vec::new();
        for store in stores {
            let product = make::product(souk, store, Make { category, ..Make::default() }).await;
            make::product(souk, store, Make { name: "Cup", price: 500, ..Make::default() }).await;
            for author in [&owner, &bob] {
                published_review(souk, store, product, author).await;
                let placed = order(souk, Some(author), &[(store, product, 1)]).await;
                download_grant(souk, &placed, author, product).await;
            }
            let viewed = recently_viewed::Model { user_id: owner.id, product_id: product.id, viewed_at: souk.app.clock.now() };
            make::insert(souk, [viewed]).await;
            make::low_stock(souk, product).await;
            products.push(product.id.to_string());
        }
        let ann = make::customer(souk, "ann").await;
        make::customer(souk, "cora").await;
        published_review(souk, stores[0], make::product(souk, stores[0], Make::default()).await, &ann).await;
        for status in [JobStatus::Queued, JobStatus::Failed] {
            job(souk, status).await;
        }
        make::money_records(souk, stores[0]).await;
        make::product_type(souk).await;
        make::synonym(souk, &["mug", "cup"]).await;
        let imports = [make::transfers(souk, stores[0], &owner).await, make::transfers(souk, stores[1], &bob).await];
        souk.reindexed().await;
        let lists = lists(stores, products.try_into().expect("two"), imports, &bob);
        let sdl = Sdl::read();
        let mut missing: Vec<String> = Vec::new();
        for object in sdl.objects() {
            for field in sdl.fields(object) {
                let name = format!("{object}.{}", field.name.node);
                if base(&field.ty.node).ends_with("Connection") && !lists.iter().any(|list| list.field == name) {
                    missing.push(name);
                }
            }
        }
        assert_eq!(missing, Vec::<String>::new(), "these lists are not tried");
        let caller = souk.as_user(&owner);
        let mut cursors = Vec::new();
        for list in &lists {
            let answer = page(&caller, list, "first: 1").await;
            assert_eq!(answer["errors"], Value::Null, "{}: {answer:#}", list.query);
            let found = connection(&answer);
            let cursor = found["edges"][0]["cursor"].as_str().unwrap_or_else(|| panic!("{} is empty", list.query)).to_owned();
            assert_eq!((&found["pageInfo"]["startCursor"], &found["pageInfo"]["endCursor"]), (&json!(cursor), &json!(cursor)));
            cursors.push(cursor);
        }
        for (n, list) in lists.iter().enumerate() {
            for (argument, size) in [("after", "first"), ("before", "last")] {
                let asked: Vec<_> = cursors.iter().map(|cursor| format!("{size}: 1, {argument}: \"{cursor}\"")).collect();
                let errors = errors_of_pages(&caller, list, &asked).await;
                for (m, (other, errors)) in lists.iter().zip(&errors).enumerate() {
                    // The same list through another field: by `me`, and by the user's ID.
                    if n == m {
                        assert_eq!(*errors, Vec::<Value>::new(), "{}", list.query);
                        continue;
                    }
                    let [error] = errors.as_slice() else { panic!("{} takes a cursor of {}", list.query, other.query) };
                    assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{} with a cursor of {}", list.query, other.query);
                    assert_eq!(error["extensions"]["argument"], argument);
                    let message = error["message"].as_str().expect("a message");
                    assert!(message.contains("another list, sort order or filter"), "{message}");
                }
            }
        }
    });
}

#[test]
fn a_cursor_of_an_earlier_version_is_refused_and_says_so() {
    each(async |souk| {
        use base64::Engine;
        let old = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode([7; 24]);
        for (cursor, says) in [(old.as_str(), "earlier version"), ("nonsense", "must be a cursor"), ("", "must be a cursor")] {
            let query = "query($after: String) { products(first: 1, after: $after) { nodes { id } } }";
            let answer = souk.guest().answer(query, json!({ "after": cursor })).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
            let message = answer["errors"][0]["message"].as_str().expect("a message");
            assert!(message.contains(says), "{message}");
        }
    });
}

#[test]
fn statuses_in_another_order_are_the_same_filter() {
    each(async |souk| {
        let shop = crate::order::Shop::open(souk).await;
        for _ in 0..2 {
            order(souk, Some(&shop.bob), &[(shop.store, shop.tea, 1)]).await;
        }
        let query = operation!("store", "StoreWithOrdersOneByOne");
        let (vera, id) = (souk.as_user(&shop.vera), shop.store.to_string());
        let first = vera.data(query, json!({ "id": id, "status": ["CONFIRMED", "PENDING"] })).await["store"]["orders"].clone();
        let after = &first["pageInfo"]["endCursor"];
        let second = vera.data(query, json!({ "id": id, "after": after, "status": ["PENDING", "CONFIRMED", "PENDING"] })).await;
        assert_eq!(second["store"]["orders"]["nodes"].as_array().map(Vec::len), Some(1));
        assert_ne!(second["store"]["orders"]["nodes"], first["nodes"]);
    });
}
