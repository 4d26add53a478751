//! IDs: each identifies one object in one shape, so that client caches can store objects by ID.

use crate::app::{Caller, Souk, each, each_with};
use crate::make::order::{Terms, order_on};
use crate::make::{self, Make, User};
use crate::sdl::{RootField, Sdl, base};
use crate::visibility::World;
use crate::visibility::walk::selections;
use entity::value::{PaymentProvider, PaymentStatus, Role, StoreRole};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Map, Value, json};
use souk_core::auth::System;
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn what_has_an_id_is_a_node_and_nothing_else_is() {
    let sdl = Sdl::read();
    let mut wrong = Vec::new();
    for object in sdl.objects() {
        let has_id = sdl.fields(object).iter().any(|field| field.name.node == "id");
        if has_id != sdl.implements(object, "Node") {
            wrong.push(object);
        }
    }
    assert_eq!(wrong, Vec::<&str>::new());
}

/// What a cache of a client knows: things by their IDs.
#[derive(Default)]
struct Cache {
    things: BTreeMap<String, Map<String, Value>>,
    conflicts: BTreeSet<String>,
}

impl Cache {
    /// Puts an answer into the cache; what has an ID is replaced by it.
    fn put(&mut self, value: &Value) -> Value {
        match value {
            Value::Array(items) => Value::Array(items.iter().map(|item| self.put(item)).collect()),
            Value::Object(fields) => {
                let fields: Map<_, _> = fields.iter().map(|(name, field)| (name.clone(), self.put(field))).collect();
                let Some(id) = fields.get("id").and_then(Value::as_str).map(str::to_owned) else { return Value::Object(fields) };
                let mut known = self.things.remove(&id).unwrap_or_default();
                for (name, field) in fields {
                    let at = format!("{} {id} {name}", known.get("__typename").and_then(Value::as_str).unwrap_or("?"));
                    self.merge(known.entry(name).or_insert(Value::Null), field, &at);
                }
                self.things.insert(id.clone(), known);
                Value::String(id)
            }
            plain => plain.clone(),
        }
    }

    fn merge(&mut self, known: &mut Value, new: Value, at: &str) {
        match (known, new) {
            (known @ Value::Null, new) => *known = new,
            (Value::Object(known), Value::Object(new)) => {
                for (name, value) in new {
                    let at = format!("{at}.{name}");
                    self.merge(known.entry(name).or_insert(Value::Null), value, &at);
                }
            }
            (Value::Array(known), Value::Array(new)) if known.len() == new.len() => {
                for (known, new) in known.iter_mut().zip(new) {
                    self.merge(known, new, at);
                }
            }
            (known, new) => {
                if *known != new {
                    self.conflicts.insert(format!("{at}: {known} and {new}"));
                }
            }
        }
    }
}

/// Asks everything that a root field leads to.
async fn explore(sdl: &Sdl, caller: &Caller<'_>, root: &RootField<'_>, arguments: &str, cache: &mut Cache) {
    let ty = base(&root.field.ty.node);
    for selection in selections(sdl, ty, &mut BTreeSet::new()) {
        let answer = caller.answer(&format!("{{ {}{arguments} {selection} }}", root.name()), json!({})).await;
        for error in answer["errors"].as_array().into_iter().flatten() {
            let code = error["extensions"]["code"].as_str().unwrap_or("?");
            assert!(["UNAUTHENTICATED", "FORBIDDEN", "NOT_FOUND"].contains(&code), "{} {selection}: {error:#}", root.name());
        }
        cache.put(&answer["data"]);
    }
}

const LIMITS: [(&str, &str); 5] = [
    ("SOUK_QUERY_DEPTH", "60"),
    ("SOUK_QUERY_COMPLEXITY", "1000000"),
    ("SOUK_ACCESS_TOKEN_SECONDS", "86400"),
    ("SOUK_GUEST_BUDGET", "0"),
    ("SOUK_USER_BUDGET", "0"),
];

/// The types of all IDs; each must be found again by `node`, unless `may_be_lost` says otherwise.
async fn refetch(caller: &Caller<'_>, cache: &Cache, may_be_lost: &[&str]) -> BTreeSet<String> {
    let ids: Vec<_> = cache.things.keys().collect();
    let mut types = BTreeSet::new();
    let mut lost = Vec::new();
    for ids in ids.chunks(50) {
        let found = caller.data("query($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }", json!({ "ids": ids })).await;
        for (id, node) in ids.iter().zip(found["nodes"].as_array().expect("nodes")) {
            let known = cache.things[*id]["__typename"].as_str().expect("a type").to_owned();
            if node.is_null() && !may_be_lost.contains(&known.as_str()) {
                lost.push(format!("{known} {id}"));
            }
            if !node.is_null() {
                assert_eq!((node["id"].as_str(), node["__typename"].as_str()), (Some(id.as_str()), Some(known.as_str())));
                types.insert(known);
            }
        }
    }
    assert!(lost.is_empty(), "not found by their IDs: {lost:#?}");
    types
}

fn roots<'a>(sdl: &'a Sdl, names: &[&str]) -> Vec<RootField<'a>> {
    let of = |name: &&str| {
        let found = sdl.root_fields().into_iter().find(|root| root.operation == "query" && root.name() == *name);
        found.unwrap_or_else(|| panic!("no field {name}"))
    };
    names.iter().map(of).collect()
}

/// A cart and a checkout of a buyer, with goods of two stores, one of them above the value from which a method is free.
async fn shopping(souk: &Souk, buyer: &User) -> String {
    let vera = make::vendor(souk, "valentina").await;
    let (teas, books) = (make::store(souk, &vera, "More Teas").await, make::store(souk, &vera, "More Books").await);
    let tea = make::product(souk, teas, Make { name: "Green", price: 100, ..Make::default() }).await;
    let book = make::product(souk, books, Make { name: "Atlas", price: 9_000, ..Make::default() }).await;
    make::shipping_method(souk, None, "Post", 590, Some(5_000)).await;
    let caller = souk.as_user(buyer);
    let add = operation!("cart", "CartLinesAddReturningId");
    let lines = json!([
        { "variantId": tea.variant.to_string(), "quantity": 1 }, { "variantId": book.variant.to_string(), "quantity": 1 },
    ]);
    caller.run(add, json!({ "input": { "lines": lines } })).await;
    let create = operation!("checkout", "CheckoutCreateReturningId");
    let address = json!({ "firstName": "Bob", "lastName": "Lee", "line1": "Road 1", "city": "Pokhara", "country": "NP" });
    let made = caller.run(create, json!({ "input": { "shippingAddress": address } })).await;
    made["checkout"]["id"].as_str().expect("an ID").to_owned()
}

/// An order of the buyer with a note, of which something is refunded.
async fn refunded(souk: &Souk, world: &World, owner: &User) {
    let terms = Terms { provider: PaymentProvider::Sandbox, payment: PaymentStatus::Captured, ..Terms::default() };
    let order = order_on(souk, Some(&world.bob), &[(world.store(), world.tea, 1)], terms).await;
    make::digital_file(souk, world.tea.id).await;
    make::order::download_grant(souk, &order, &world.bob, world.tea).await;
    let input = json!({ "selection": {}, "reason": "GOODWILL", "isRestocked": false, "idempotencyKey": "a" });
    let variables = json!({ "storeOrderId": order.parts[0].id.to_string(), "input": input });
    souk.as_user(owner).run(operation!("refund", "OrderRefund"), variables).await;
    let note = json!({ "text": "Packed.", "visibility": "CUSTOMER" });
    let variables = json!({ "id": order.parts[0].id.to_string(), "input": note });
    souk.as_user(owner).run(operation!("order_note", "StoreOrderNoteCreate"), variables).await;
    disputed(souk, order.id, order.payment).await;
}

/// The bank asks about a payment.
async fn disputed(souk: &Souk, order_id: entity::id::OrderId, payment_id: entity::id::PaymentId) {
    let now = souk.app.clock.now();
    let row = entity::dispute::Model {
        id: souk.app.clock.new_id(),
        payment_id,
        order_id,
        provider_reference: "du_1".into(),
        amount: entity::money::Minor(100),
        currency: souk.app.config.currency,
        status: entity::value::DisputeStatus::Warning,
        funds: entity::value::DisputeFunds::Untouched,
        bearer: entity::value::DisputeBearer::Stores,
        reason: "fraudulent".into(),
        respond_by: None,
        fee: None,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    make::insert(souk, [row]).await;
}

#[test]
fn one_id_has_one_type_and_one_value_for_each_field_and_is_found_by_node() {
    each_with(&LIMITS, async |souk| {
        let (sdl, world) = (Sdl::read(), World::make(souk).await);
        let owner = make::owner(souk).await;
        make::member(souk, world.store(), &owner, StoreRole::Manager).await;
        make::social_post(souk, world.store(), None, None).await;
        make::tax_rate(souk, "NP", 1300).await;
        let address = operation!("account", "AddressCreateReturningId");
        let input = json!({ "firstName": "Bob", "lastName": "Lee", "line1": "Road 1", "city": "Pokhara", "country": "NP" });
        souk.as_user(&world.bob).run(address, json!({ "input": input })).await;
        let checkout = shopping(souk, &world.bob).await;
        make::money_records(souk, world.store()).await;
        make::synonym(souk, &["mug", "cup"]).await;
        make::transfers(souk, world.store(), &world.vera).await;
        refunded(souk, &world, &owner).await;
        let period = "from: \"2020-01-01T00:00:00Z\", before: \"2999-01-01T00:00:00Z\"";
        let statement = format!("(storeId: \"{}\", {period})", world.store());
        let tree = "(slug: \"green\")";
        let first = "(first: 20)";
        let mut types = BTreeSet::new();
        for (who, user, names) in [
            (
                "the owner",
                Some(&owner),
                &[
                    "me",
                    "products",
                    "productTypes",
                    "attributes",
                    "stores",
                    "categories",
                    "orders",
                    "users",
                    "taxRates",
                    "shippingMethods",
                    "store",
                    "jobs",
                    "ledgerTransactions",
                    "moneyReconciliation",
                    "storeStatement",
                    "searchSynonyms",
                ][..],
            ),
            ("the vendor", Some(&world.vera), &["me", "products", "store", "storeOrder", "shippingMethods"]),
            ("the buyer", Some(&world.bob), &["me", "cart", "checkout", "products", "order", "category"]),
            ("a guest", None, &["products", "stores", "categories", "category"]),
        ] {
            let caller = user.map_or_else(|| souk.guest(), |user| souk.as_user(user));
            let mut cache = Cache::default();
            for root in roots(&sdl, names) {
                let calls = match root.name() {
                    "checkout" => vec![format!("(id: \"{checkout}\")")],
                    "category" => vec![tree.to_owned()],
                    // Not a guest's, which only its token opens.
                    "cart" => vec![String::new()],
                    "storeStatement" => vec![statement.clone()],
                    "jobs" => vec!["(first: 20, status: QUEUED)".to_owned()],
                    "products"
                    | "productTypes"
                    | "attributes"
                    | "stores"
                    | "orders"
                    | "users"
                    | "ledgerTransactions"
                    | "moneyReconciliation"
                    | "searchSynonyms" => {
                        vec![first.to_owned()]
                    }
                    _ => world.arguments(&root),
                };
                for arguments in calls {
                    explore(&sdl, &caller, &root, &arguments, &mut cache).await;
                }
            }
            assert!(cache.conflicts.is_empty(), "{who}: {:#?}", cache.conflicts);
            // A store knows who of the marketplace's staff changed its orders, and not more of them.
            let may_be_lost: &[&str] = if who == "the vendor" { &["Person"] } else { &[] };
            types.extend(refetch(&caller, &cache, may_be_lost).await);
        }
        let nodes: BTreeSet<_> =
            sdl.objects().into_iter().filter(|object| sdl.implements(object, "Node")).map(str::to_owned).collect();
        assert_eq!(types, nodes, "every type of node is found");
        souk.leaves_work("the orders' mails");
    });
}

#[test]
fn two_parts_of_a_checkout_have_a_price_each_for_the_same_shipping_method() {
    each(async |souk| {
        let bob = make::customer(souk, "bob").await;
        let checkout = shopping(souk, &bob).await;
        let caller = souk.as_user(&bob);
        let read = operation!("checkout", "CheckoutWithStores");
        let found = caller.data(read, json!({ "id": checkout })).await["checkout"]["stores"].clone();
        let offer = |at: usize| found[at]["shippingMethods"][0].clone();
        assert_eq!((&offer(0)["price"]["amount"], &offer(1)["price"]["amount"]), (&json!("5.90"), &json!("0.00")));
        assert_ne!(offer(0)["id"], offer(1)["id"]);
        assert_eq!(offer(0)["shippingMethod"], offer(1)["shippingMethod"]);
        assert_eq!(found[0]["shippingMethod"]["id"], offer(0)["id"]);
        // What a client reads there is what it chooses by; so is the method's own ID.
        let update = operation!("checkout", "CheckoutUpdate");
        let choose = |part: usize, id: &Value| {
            let choice = json!([{ "storeId": found[part]["store"]["id"], "shippingMethodId": id }]);
            json!({ "input": { "checkoutId": checkout, "shippingMethods": choice } })
        };
        for id in [&offer(1)["id"], &offer(1)["shippingMethod"]["id"]] {
            let chosen = caller.run(update, choose(1, id)).await;
            assert_eq!(
                chosen["checkout"]["stores"][1],
                json!({ "id": found[1]["id"], "shippingMethod": { "id": offer(1)["id"] } })
            );
        }
        // One of another part names another price.
        assert_eq!(caller.refused(update, choose(0, &offer(1)["id"])).await, ["shippingMethods.0.shippingMethodId INVALID_ID"]);
        // Nobody else finds any of it.
        let ids = [&found[0]["id"], &found[0]["lines"][0]["id"], &offer(0)["id"]];
        let nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename } }";
        let mine = caller.data(nodes, json!({ "ids": ids })).await["nodes"].clone();
        let kinds = ["CheckoutStore", "CheckoutLine", "CheckoutShippingMethod"];
        assert_eq!(mine, json!(kinds.map(|kind| json!({ "__typename": kind }))));
        let eve = make::customer(souk, "eve").await;
        for stranger in [souk.guest(), souk.as_user(&eve)] {
            assert_eq!(stranger.data(nodes, json!({ "ids": ids })).await["nodes"], json!([null, null, null]));
        }
    });
}

#[test]
fn a_person_is_met_by_those_who_see_them_elsewhere_and_by_nobody_else() {
    each(async |souk| {
        let shop = crate::order::Shop::open(souk).await;
        let (eve, sam) = (make::customer(souk, "eve").await, make::user(souk, "sam", Role::Admin).await);
        let person = |user: &User| user.id.to_string().replacen("user_", "person_", 1);
        let node = "query($id: ID!) { node(id: $id) { ... on Person { id displayName isViewer } } }";
        let met =
            async |caller: &Caller<'_>, who: &User| !caller.data(node, json!({ "id": person(who) })).await["node"].is_null();
        assert!(met(&souk.as_user(&eve), &eve).await);
        assert!(met(&souk.as_user(&sam), &eve).await);
        assert!(!met(&souk.as_user(&shop.bob), &eve).await);
        assert!(!met(&souk.guest(), &shop.vera).await);
        assert!(!met(&souk.as_user(&shop.vera), &shop.bob).await);
        crate::make::order::order(souk, Some(&shop.bob), &[(shop.store, shop.tea, 1)]).await;
        assert!(met(&souk.as_user(&shop.vera), &shop.bob).await, "a store knows its buyers");
        assert!(!met(&souk.as_user(&shop.vera), &eve).await);
        // The ID of a person is taken where a user is asked for.
        let user = "query($id: ID!) { user(id: $id) { id } }";
        let found = souk.as_user(&sam).data(user, json!({ "id": person(&eve) })).await;
        assert_eq!(found["user"]["id"], eve.id.to_string());
        souk.leaves_work("the orders' mails");
    });
}

#[test]
fn the_demo_gives_every_id_one_type_and_one_value_for_each_field() {
    each_with(&LIMITS, async |souk| {
        souk::demo::fill(&souk.app, &System::for_command_line()).await.expect("the demo");
        let sdl = Sdl::read();
        for (email, names) in [
            ("vendor@souk.example", &["me", "products", "stores"][..]),
            ("buyer@souk.example", &["me", "products", "categories"]),
            ("owner@souk.example", &["orders"]),
        ] {
            let app = &souk.app;
            let user = entity::user::Entity::find().filter(entity::user::Column::Email.eq(email)).one(app.db.read()).await;
            let user = user.expect("a query").expect("a person of the demo");
            let session = make::session(souk, user.id).await;
            let (token, _) = app.access_tokens.issue(user.id, user.role, session, app.clock.now()).expect("a token");
            let caller = souk.with_token(&token);
            let mut cache = Cache::default();
            for root in roots(&sdl, names) {
                let paged = root.field.arguments.iter().any(|argument| argument.node.name.node == "first");
                explore(&sdl, &caller, &root, if paged { "(first: 2)" } else { "" }, &mut cache).await;
            }
            assert!(cache.conflicts.is_empty(), "{email}: {:#?}", cache.conflicts);
            assert!(cache.things.len() > 50, "{email} saw {} things", cache.things.len());
            let may_be_lost: &[&str] = if email.starts_with("vendor") { &["Person"] } else { &[] };
            refetch(&caller, &cache, may_be_lost).await;
        }
        souk.leaves_work("the demo's jobs");
    });
}
