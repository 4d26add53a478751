//! References: no path through the schema leads to objects that the viewer may not see.

pub mod walk;

use crate::app::{Souk, each};
use crate::make::order::{Order, order};
use crate::make::{self, Make, PASSWORD, Product, User};
use crate::order::{CANCEL, DELIVER, FULFILL, PROCESS, Shop};
use crate::sdl::RootField;
use crate::visibility::walk::holds_id;
use entity::id::{CategoryId, CheckoutId, ProductId, ReviewId, StoreId, UserId};
use entity::value::{
    Permission, PostalAddress, ProductStatus, ReviewStatus, Role, Section, Sections, StoreRole, StoreStatus, Tags,
};
use entity::{category, product, product_image, product_variant, review, shipping_method, store, user};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use souk::fixture;

/// Stands in every text that is not for buyers and guests.
const SECRET: &str = "secret-marker";
/// Longest chains of references that are followed from a root field.
const DEEPEST: usize = 7;
/// Chains in one request.
const CHAINS: usize = 10;

fn secret(what: &str) -> String {
    format!("{SECRET} {what}")
}

/// Drafts, hidden reviews, closed stores and accounts, each of them bought, reviewed or put into a cart before.
pub struct World {
    invitation_token: String,
    pub vera: User,
    pub bob: User,
    eve: User,
    pub tea: Product,
    draft_store: StoreId,
    suspended: StoreId,
    hidden_review: ReviewId,
    image: String,
    child: CategoryId,
    closed: UserId,
    placed: Order,
    cart_token: String,
    checkout: CheckoutId,
    checkout_token: String,
    ids: Vec<String>,
}

async fn review_of(souk: &Souk, store: StoreId, product: ProductId, author: &User, status: ReviewStatus, text: &str) -> ReviewId {
    let (app, now) = (&souk.app, souk.app.clock.now());
    let id: ReviewId = app.clock.new_id();
    let text = text.to_owned();
    let row = fixture::review(id, (product, store), author.id, now);
    let reply = (Some(text.clone()), Some(now));
    let row = review::Model { status, title: text.clone(), body: text, reply_body: reply.0, replied_at: reply.1, ..row };
    make::insert(souk, [row]).await;
    id
}

async fn rename(souk: &Souk, person: &User, name: String) {
    let row = user::ActiveModel { id: Unchanged(person.id), display_name: Set(name), ..Default::default() };
    row.update(souk.app.db.raw()).await.expect("a change");
}

/// Takes a product out of the storefront and writes it anew.
async fn hide(souk: &Souk, item: Product, status: ProductStatus) {
    let db = souk.app.db.raw();
    let row = product::ActiveModel {
        id: Unchanged(item.id),
        status: Set(status),
        listed: Set(false),
        name: Set(secret("name")),
        slug: Set(format!("{SECRET}-{}", item.id.0.simple())),
        short_description: Set(secret("short description")),
        description: Set(secret("description")),
        details: Set(Sections(vec![Section { title: secret("title"), body: secret("body") }])),
        tags: Set(Tags(vec![secret("tag")])),
        seo_title: Set(Some(secret("SEO title"))),
        seo_description: Set(Some(secret("SEO description"))),
        ..Default::default()
    };
    row.update(db).await.expect("a change");
    let row = product_variant::ActiveModel {
        id: Unchanged(item.variant),
        name: Set(secret("variant")),
        sku: Set(format!("{SECRET}-{}", item.variant.0.simple())),
        barcode: Set(Some(secret("barcode"))),
        ..Default::default()
    };
    row.update(db).await.expect("a change");
    let id = make::picture(souk, item.id, &format!("products/{SECRET}-{}.png", item.id.0.simple())).await;
    let row = product_image::ActiveModel { id: Unchanged(id), alt_text: Set(secret("alt text")), ..Default::default() };
    row.update(db).await.expect("a change");
}

/// Writes a store anew that is not open; its name stays, which its buyers know.
async fn close(souk: &Souk, id: StoreId, status: StoreStatus) {
    let secret_address = PostalAddress { line1: secret("street"), country: "NP".into(), ..PostalAddress::default() };
    let row = store::ActiveModel {
        id: Unchanged(id),
        status: Set(status),
        slug: Set(format!("{SECRET}-{}", id.0.simple())),
        description: Set(secret("store")),
        logo_key: Set(Some(format!("stores/{SECRET}.png"))),
        banner_key: Set(Some(format!("stores/{SECRET}.png"))),
        contact_email: Set(format!("{SECRET}@example.com")),
        phone: Set(Some(secret("phone"))),
        address: Set(Some(secret_address)),
        return_policy: Set(secret("returns")),
        shipping_policy: Set(secret("shipping")),
        ..Default::default()
    };
    row.update(souk.app.db.raw()).await.expect("a change");
    // As the domain does with the products of a store that is not open.
    let hide = product::ActiveModel { listed: Set(false), ..Default::default() };
    let hide = product::Entity::update_many().set(hide).filter(product::Column::StoreId.eq(id));
    hide.exec(souk.app.db.raw()).await.expect("a change");
}

impl World {
    pub async fn make(souk: &Souk) -> Self {
        use souk_core::crypto::keys::Capability;
        let (app, db) = (&souk.app, souk.app.db.raw());
        let Shop { vera, store: open, tea, bob } = Shop::open(souk).await;
        let eve = make::customer(souk, "eve").await;
        let parent = make::category(souk, "Drinks", None).await;
        let child = make::category(souk, "Green", Some(parent)).await;
        let hidden = make::category(souk, "Hidden", None).await;
        let cup = make::product(souk, open, Make { name: "Cup", category: Some(hidden), ..Make::default() }).await;
        make::product(souk, open, Make { name: "Pot", category: Some(child), ..Make::default() }).await;
        // One part of an order in a store that stays open, one in a store that is suspended later.
        let vlad = make::vendor(souk, "vlad").await;
        let suspended = make::store(souk, &vlad, "Mugs").await;
        let mug = make::product(souk, suspended, Make { name: "Mug", ..Make::default() }).await;
        let waiting = make::store(souk, &vlad, "Waiting").await;
        make::product(souk, waiting, Make { name: "Plate", ..Make::default() }).await;
        let placed = order(souk, Some(&bob), &[(open, tea, 2), (suspended, mug, 1)]).await;
        let cancelled = order(souk, Some(&bob), &[(open, cup, 1)]).await;
        let sam = make::staff(souk, "sam", Role::Staff, &[Permission::ManageOrders]).await;
        let part = |n: usize| json!({ "id": placed.parts[n].id.to_string() });
        souk.as_user(&vera).run(PROCESS, part(0)).await;
        souk.as_user(&vera).run(FULFILL, json!({ "input": { "storeOrderId": placed.parts[0].id.to_string() } })).await;
        souk.as_user(&sam).run(DELIVER, part(0)).await;
        souk.as_user(&sam).run(PROCESS, part(1)).await;
        souk.as_user(&bob).run(CANCEL, json!({ "input": { "orderId": cancelled.id.to_string() } })).await;
        for person in [&vera, &vlad, &sam] {
            rename(souk, person, secret("inside")).await;
        }
        review_of(souk, open, tea.id, &bob, ReviewStatus::Published, "Good").await;
        review_of(souk, open, cup.id, &bob, ReviewStatus::Published, "Fine").await;
        let hidden_review = review_of(souk, open, cup.id, &vlad, ReviewStatus::Pending, &secret("pending")).await;
        let rejected = review_of(souk, open, tea.id, &vlad, ReviewStatus::Rejected, &secret("rejected")).await;
        let shipping = make::shipping_method(souk, Some(suspended), &secret("method"), 100, None).await;
        // A user who wrote a review and closed the account.
        let dora = make::customer(souk, "dora").await;
        rename(souk, &dora, secret("closed")).await;
        review_of(souk, open, cup.id, &dora, ReviewStatus::Published, "Nice").await;
        let close_account = "mutation($input: AccountCloseInput!) { accountClose(input: $input) { userErrors { code } } }";
        souk.as_user(&dora).run(close_account, json!({ "input": { "password": PASSWORD } })).await;
        let lines = [tea, mug, cup].map(|item| (item.variant, 1));
        let cart = make::cart(souk, Some(&bob), &lines).await;
        let own_checkout = make::checkout(souk, cart, Some(&bob)).await;
        let guests = make::cart(souk, None, &lines).await;
        let cart_token = app.keys.capability(Capability::Cart, guests);
        let checkout = make::checkout(souk, guests, None).await;
        hide(souk, tea, ProductStatus::Draft).await;
        hide(souk, mug, ProductStatus::Active).await;
        close(souk, suspended, StoreStatus::Suspended).await;
        close(souk, waiting, StoreStatus::Pending).await;
        let row = category::ActiveModel {
            id: Unchanged(hidden),
            name: Set(secret("category")),
            slug: Set(format!("{SECRET}-category")),
            description: Set(secret("category")),
            active: Set(false),
            ..Default::default()
        };
        row.update(db).await.expect("a change");
        // The hidden one stands above an active one, too.
        let row = category::ActiveModel { id: Unchanged(parent), parent_id: Set(Some(hidden)), ..Default::default() };
        row.update(db).await.expect("a change");
        make::social_post(souk, open, Some(cup.id), Some(secret("post"))).await;
        let (product_type, attribute, choice) = make::product_type(souk).await;
        let noted = [(tea, secret("note")), (mug, secret("note")), (cup, "Dishwasher safe".to_owned())];
        make::typed(souk, &noted, product_type, attribute, choice).await;
        let image = product_image::Entity::find().filter(product_image::Column::ProductId.eq(tea.id)).one(db).await;
        let image = image.expect("a query").expect("a picture").id.to_string();
        assert!(shipping_method::Entity::find_by_id(shipping).one(db).await.expect("a query").is_some());
        let ids = vec![
            tea.id.to_string(),
            tea.variant.to_string(),
            mug.id.to_string(),
            mug.variant.to_string(),
            cup.id.to_string(),
            cup.variant.to_string(),
            image.clone(),
            open.to_string(),
            suspended.to_string(),
            waiting.to_string(),
            hidden.to_string(),
            parent.to_string(),
            child.to_string(),
            hidden_review.to_string(),
            rejected.to_string(),
            shipping.to_string(),
            vera.id.to_string(),
            sam.id.to_string(),
            dora.id.to_string(),
            placed.id.to_string(),
            cancelled.id.to_string(),
            placed.parts[0].id.to_string(),
            placed.parts[1].id.to_string(),
            placed.parts[0].lines[0].to_string(),
            cart.to_string(),
            own_checkout.to_string(),
        ];
        let checkout_token = app.keys.capability(Capability::Checkout, checkout);
        let invitation = make::invitation(souk, suspended, &vlad, "eve@example.com", StoreRole::Fulfiller).await;
        souk.reindexed().await;
        Self {
            invitation_token: app.keys.capability(Capability::StoreInvitation, invitation),
            vera,
            bob,
            eve,
            tea,
            draft_store: open,
            suspended,
            hidden_review,
            image,
            child,
            closed: dora.id,
            placed,
            cart_token,
            checkout,
            checkout_token,
            ids,
        }
    }

    /// A store that is open.
    pub fn store(&self) -> StoreId {
        self.draft_store
    }

    /// What is passed to the arguments of a root field; all calls of it that are tried.
    pub fn arguments(&self, root: &RootField<'_>) -> Vec<String> {
        let by_id = |kind: &str| {
            let of_kind = self.ids.iter().filter(|id| id.rsplit_once('_').is_some_and(|(prefix, _)| prefix == kind));
            of_kind.map(|id| format!("(id: \"{id}\")")).collect::<Vec<_>>()
        };
        match root.name() {
            "product" => by_id("product"),
            "attribute" => vec!["(slug: \"colour\")".into()],
            "productType" => vec!["(slug: \"clothing\")".into()],
            "store" => by_id("store"),
            "storeOrder" => by_id("store_order"),
            "user" => by_id("user"),
            "node" => self.ids.iter().map(|id| format!("(id: \"{id}\")")).collect(),
            "nodes" => vec![format!("(ids: {})", json!(self.ids))],
            "category" => vec!["(slug: \"green\")".into(), format!("(slug: \"{SECRET}-category\")")],
            "order" => {
                let mut all = by_id("order");
                all.push(format!("(id: \"{}\", token: \"{}\")", self.placed.id, self.placed.token));
                all
            }
            "orderTrack" => vec![format!("(number: \"{}\", email: \"bob@example.com\")", self.placed.number)],
            "cart" => vec![String::new(), format!("(token: \"{}\")", self.cart_token)],
            "checkout" => {
                let mut all = by_id("checkout");
                all.push(format!("(id: \"{}\", token: \"{}\")", self.checkout, self.checkout_token));
                all
            }
            "productSearch" => vec!["(first: 20)".into(), "(first: 20, query: \"secret\")".into()],
            "searchSuggest" => vec!["(prefix: \"secret\")".into(), "(prefix: \"t\")".into()],
            "storeInvitation" => vec![format!("(token: \"{}\")", self.invitation_token)],
            "shippingMethods" => vec![String::new(), format!("(storeId: \"{}\")", self.suspended)],
            _ if root.field.arguments.iter().any(|argument| argument.node.name.node == "first") => vec!["(first: 20)".into()],
            _ => vec![String::new()],
        }
    }
}

#[test]
fn a_reference_to_a_draft_is_null_and_the_line_tells_what_was_bought() {
    each(async |souk| {
        let world = World::make(souk).await;
        let lines = "lines { productName variantName unitPrice { amount } product { id } variant { id } }";
        let parts = format!("storeOrders {{ storeName store {{ id }} {lines} }}");
        let track = format!(
            "query($number: String!) {{ found: orderTrack(number: $number, email: \"bob@example.com\") {{ {lines} {parts} }} }}"
        );
        let own = format!("query($id: ID!) {{ found: order(id: $id) {{ {lines} {parts} }} }}");
        let (bob, guest) = (souk.as_user(&world.bob), souk.guest());
        for found in [
            guest.data(&track, json!({ "number": world.placed.number })).await["found"].clone(),
            bob.data(&own, json!({ "id": world.placed.id.to_string() })).await["found"].clone(),
        ] {
            let line = |name: &str| json!({ "productName": name, "variantName": "Default", "unitPrice": { "amount": "10.00" }, "product": null, "variant": null });
            assert_eq!(found["lines"], json!([line("Tea"), line("Mug")]));
            assert_eq!(
                found["storeOrders"],
                json!([
                    { "storeName": "Teas", "store": { "id": world.draft_store.to_string() }, "lines": [line("Tea")] },
                    { "storeName": "Mugs", "store": null, "lines": [line("Mug")] }
                ])
            );
        }
        let cart = bob.data("{ me { cart { lines { available variant { id product { name } } } } } }", json!({})).await;
        let lines = cart["me"]["cart"]["lines"].as_array().expect("lines").clone();
        assert_eq!(lines.len(), 3);
        let gone = lines.iter().filter(|line| line["variant"].is_null() && line["available"] == json!(false)).count();
        assert_eq!(gone, 2, "{lines:?}");
        let reviews = bob.data("{ me { reviews(first: 5) { nodes { title product { name } } } } }", json!({})).await;
        assert_eq!(
            reviews["me"]["reviews"]["nodes"],
            json!([{ "title": "Fine", "product": { "name": "Cup" } }, { "title": "Good", "product": null }])
        );
        // Its owner reads the draft through the same references.
        let vera = souk.as_user(&world.vera);
        let part = "query($id: ID!) { storeOrder(id: $id) { lines { product { name } variant { name } } } }";
        let seen = vera.data(part, json!({ "id": world.placed.parts[0].id.to_string() })).await;
        assert_eq!(
            seen["storeOrder"]["lines"],
            json!([{ "product": { "name": secret("name") }, "variant": { "name": secret("variant") } }])
        );
        souk.leaves_work("the orders' mails");
    });
}

#[test]
fn reviews_of_drafts_hidden_categories_and_closed_accounts_are_not_shown() {
    each(async |souk| {
        let world = World::make(souk).await;
        let query = operation!("store", "StoreWithReviews");
        let store = json!({ "id": world.draft_store.to_string() });
        let seen = souk.guest().data(query, store.clone()).await["store"]["reviews"].clone();
        assert_eq!(seen["totalCount"], json!(2));
        let nodes = seen["nodes"].as_array().expect("nodes");
        assert_eq!(nodes.iter().map(|node| &node["title"]).collect::<Vec<_>>(), ["Nice", "Fine"]);
        assert_eq!(
            nodes[0]["author"],
            json!({ "id": world.closed.to_string().replacen("user_", "person_", 1), "displayName": "Deleted user" })
        );
        let all = souk.as_user(&world.vera).data(query, store).await["store"]["reviews"].clone();
        assert_eq!(all["totalCount"], json!(3), "who works for the store sees those of its drafts");
        let node = operation!("node", "NodeWithId");
        for id in
            [world.hidden_review.to_string(), world.image.clone(), world.tea.variant.to_string(), world.suspended.to_string()]
        {
            assert_eq!(souk.guest().data(node, json!({ "id": id })).await["node"], Value::Null, "{id}");
        }
        let child = operation!("node", "NodeWithAncestors");
        let child = souk.guest().data(child, json!({ "id": world.child.to_string() })).await["node"].clone();
        assert_eq!(child, json!({ "parent": { "slug": "drinks", "parent": null }, "ancestors": [{ "slug": "drinks" }] }));
        souk.leaves_work("the orders' mails");
    });
}

#[test]
fn the_timeline_names_stores_and_staff_to_insiders_alone() {
    each(async |souk| {
        let shop = Shop::open(souk).await;
        let sam = make::staff(souk, "sam", Role::Staff, &[Permission::ManageOrders]).await;
        let placed = order(souk, Some(&shop.bob), &[(shop.store, shop.tea, 1)]).await;
        let (whole, part) = (json!({ "id": placed.id.to_string() }), json!({ "id": placed.parts[0].id.to_string() }));
        souk.as_user(&shop.vera).run(PROCESS, part.clone()).await;
        souk.as_user(&sam).run(FULFILL, json!({ "input": { "storeOrderId": placed.parts[0].id.to_string() } })).await;
        let other = order(souk, Some(&shop.bob), &[(shop.store, shop.tea, 1)]).await;
        souk.as_user(&shop.bob).run(CANCEL, json!({ "input": { "orderId": other.id.to_string() } })).await;
        let events = "events { actorKind actor { id displayName } } storeOrders { events { actorKind actor { displayName } } }";
        let by_id = format!("query($id: ID!, $token: String) {{ found: order(id: $id, token: $token) {{ {events} }} }}");
        let names = |found: &Value| {
            let of = |events: &Value| {
                events.as_array().expect("events").iter().map(|event| event["actor"]["displayName"].clone()).collect::<Vec<_>>()
            };
            (of(&found["events"]), of(&found["storeOrders"][0]["events"]))
        };
        let unnamed = |found: &Value| {
            let (whole, part) = names(found);
            whole.len() > 1 && part.len() > 1 && whole.iter().chain(&part).all(Value::is_null)
        };
        let with_token = json!({ "id": placed.id.to_string(), "token": placed.token });
        // The holder of its token learns no name, nor does the buyer; who tracks it can't ask (`order_access`).
        for (caller, variables) in [(souk.guest(), with_token), (souk.as_user(&shop.bob), whole.clone())] {
            let found = caller.data(&by_id, variables).await["found"].clone();
            assert!(unnamed(&found), "{found:#}");
        }
        // The parcel and what it does to the status are two events of one person.
        let all = vec![json!("vera"), json!("sam")];
        let (mut of_whole, mut of_store) = names(&souk.as_user(&sam).data(&by_id, whole).await["found"]);
        of_whole.dedup();
        of_store.dedup();
        assert_eq!((of_whole, of_store), (all.clone(), all.clone()));
        let of_part = "query($id: ID!) { storeOrder(id: $id) { events { actor { displayName } } } }";
        let own = souk.as_user(&shop.vera).data(of_part, part.clone()).await["storeOrder"]["events"].clone();
        let actors = |events: &Value| {
            let events = events.as_array().expect("events").iter();
            events.map(|event| event["actor"]["displayName"].clone()).collect::<Vec<_>>()
        };
        let mut own = actors(&own);
        own.dedup();
        assert_eq!(own, all);
        let bobs = souk.as_user(&shop.bob).data(of_part, part).await["storeOrder"]["events"].clone();
        assert!(actors(&bobs).len() > 1 && actors(&bobs).iter().all(Value::is_null), "{bobs:#}");
        // What the buyer did is theirs to see.
        let cancelled = souk.as_user(&shop.bob).data(&by_id, json!({ "id": other.id.to_string() })).await["found"].clone();
        assert!(names(&cancelled).0.contains(&json!("bob")), "{cancelled:#}");
        souk.leaves_work("the orders' mails");
    });
}

#[test]
fn order_numbers_are_found_as_people_type_them() {
    each(async |souk| {
        let shop = Shop::open(souk).await;
        let placed = order(souk, Some(&shop.bob), &[(shop.store, shop.tea, 1)]).await;
        let query = "query($number: String!) { orderTrack(number: $number, email: \"bob@example.com\") { number } }";
        let number = placed.number.as_str();
        let bare = number.replace('-', "");
        let spaced = number.replace('-', " ").to_lowercase();
        for typed in [
            number.to_owned(),
            number.to_lowercase(),
            bare.clone(),
            bare.to_lowercase(),
            spaced,
            format!("  {bare} "),
            number.replace('-', "\u{2013}"),
        ] {
            let found = souk.guest().data(query, json!({ "number": typed })).await["orderTrack"]["number"].clone();
            assert_eq!(found, json!(number), "{typed:?}");
        }
        for typed in ["", "SK", &bare[..bare.len() - 1]] {
            assert_eq!(souk.guest().data(query, json!({ "number": typed })).await["orderTrack"], Value::Null, "{typed:?}");
        }
    });
}

#[test]
fn a_checkout_names_stores_as_people_know_them() {
    each(async |souk| {
        let shop = Shop::open(souk).await;
        let cart = make::guest_cart(souk, &[(shop.tea.variant, 1)]).await;
        let create = operation!("checkout", "CheckoutCreateReturningToken");
        let new = json!({ "input": { "cartToken": cart, "email": "bob@example.com", "shippingAddress": crate::checkout::address("NP") } });
        let checkout = souk.guest().run(create, new).await["checkout"].clone();
        let complete = json!({ "input": { "checkoutId": checkout["id"], "checkoutToken": checkout["token"], "paymentProvider": "MANUAL", "idempotencyKey": "k" } });
        let answer = souk.guest().data(crate::checkout::COMPLETE, complete).await["checkoutComplete"].clone();
        let message = answer["userErrors"][0]["message"].as_str().expect("a problem");
        assert_eq!(message, "The store \"Teas\" offers no shipping method to NP.");
        assert!(holds_id(&format!("the store {} sends nothing", shop.store)) && !holds_id(message));
    });
}
