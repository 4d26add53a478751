//! References: no path through the schema leads to objects that the viewer may not see.

use crate::app::{Caller, Souk, each, each_with};
use crate::make::{self, Make, PASSWORD, Product, User};
use crate::make_order::{Order, order};
use crate::order::{CANCEL, DELIVER, FULFILL, PROCESS, Shop};
use crate::sdl::{RootField, Sdl, base};
use entity::id::{CategoryId, CheckoutId, ProductId, ReviewId, StoreId, UserId};
use entity::value::{
    CheckoutStatus, Permission, PostalAddress, ProductStatus, ReviewStatus, Role, Section, Sections, ShippingChoices,
    SocialNetwork, SocialPostStatus, StoreInvitationStatus, StoreRole, StoreStatus, Tags,
};
use entity::{
    cart, cart_line, category, checkout, product, product_image, product_variant, review, shipping_method, social_post, store,
    store_invitation, user,
};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Stands in every text that is not for buyers and guests.
const SECRET: &str = "secret-marker";
/// Longest chains of references that are followed from a root field.
const DEEPEST: usize = 7;
/// Chains in one request.
const CHAINS: usize = 25;

fn secret(what: &str) -> String {
    format!("{SECRET} {what}")
}

/// Drafts, hidden reviews, closed stores and accounts, each of them bought, reviewed or put into a cart before.
pub struct World {
    invitation_token: String,
    pub vera: User,
    pub bob: User,
    eve: User,
    tea: Product,
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
    let row = review::ActiveModel {
        id: Set(id),
        product_id: Set(product),
        store_id: Set(store),
        user_id: Set(author.id),
        rating: Set(5),
        title: Set(text.into()),
        body: Set(text.into()),
        verified_purchase: Set(true),
        status: Set(status),
        reply_body: Set(Some(text.into())),
        reply_user_id: Set(None),
        replied_at: Set(Some(now)),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    review::Entity::insert(row).exec_without_returning(app.db.raw()).await.expect("a review");
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

async fn cart_of(souk: &Souk, buyer: &User, items: &[Product]) -> entity::id::CartId {
    let (app, now) = (&souk.app, souk.app.clock.now());
    let id: entity::id::CartId = app.clock.new_id();
    let row = cart::ActiveModel {
        id: Set(id),
        user_id: Set(Some(buyer.id)),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    cart::Entity::insert(row).exec_without_returning(app.db.raw()).await.expect("a cart");
    let guests = make::guest_cart(souk, &items.iter().map(|item| (item.variant, 1)).collect::<Vec<_>>()).await;
    let guests: entity::id::CartId =
        app.keys.check(souk_core::crypto::keys::Capability::Cart, &guests).expect("the token of a cart");
    let lines = cart_line::Entity::find().filter(cart_line::Column::CartId.eq(guests)).all(app.db.raw()).await.expect("lines");
    for line in lines {
        let row = cart_line::ActiveModel { id: Unchanged(line.id), cart_id: Set(id), ..Default::default() };
        row.update(app.db.raw()).await.expect("a change");
    }
    id
}

async fn checkout_of(souk: &Souk, buyer: Option<&User>, cart: entity::id::CartId) -> CheckoutId {
    let (app, now) = (&souk.app, souk.app.clock.now());
    let id: CheckoutId = app.clock.new_id();
    let row = checkout::ActiveModel {
        id: Set(id),
        cart_id: Set(Some(cart)),
        user_id: Set(buyer.map(|buyer| buyer.id)),
        email: Set(Some("bob@example.com".into())),
        phone: Set(None),
        shipping_address: Set(None),
        billing_address: Set(None),
        shipping_choices: Set(ShippingChoices::default()),
        note: Set(String::new()),
        status: Set(CheckoutStatus::Open),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    checkout::Entity::insert(row).exec_without_returning(app.db.raw()).await.expect("a checkout");
    id
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
        let carts = [tea, mug, cup];
        let cart = cart_of(souk, &bob, &carts).await;
        let own_checkout = checkout_of(souk, Some(&bob), cart).await;
        let cart_token = make::guest_cart(souk, &carts.map(|item| (item.variant, 1))).await;
        let checkout = checkout_of(souk, None, app.keys.check(Capability::Cart, &cart_token).expect("a cart")).await;
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
        let row = social_post::ActiveModel {
            id: Set(app.clock.new_id()),
            store_id: Set(open),
            product_id: Set(Some(cup.id)),
            subject: Set(cup.id.0),
            network: Set(SocialNetwork::X),
            status: Set(SocialPostStatus::Failed),
            external_id: Set(None),
            url: Set(None),
            error: Set(Some(secret("post"))),
            attempts: Set(1),
            posted_at: Set(None),
            created_at: Set(app.clock.now()),
            updated_at: Set(app.clock.now()),
        };
        social_post::Entity::insert(row).exec_without_returning(db).await.expect("a post");
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
        let invitation: entity::id::StoreInvitationId = app.clock.new_id();
        let row = store_invitation::ActiveModel {
            id: Set(invitation),
            store_id: Set(suspended),
            email: Set("eve@example.com".into()),
            role: Set(StoreRole::Fulfiller),
            invited_by_id: Set(vlad.id),
            status: Set(StoreInvitationStatus::Pending),
            created_at: Set(app.clock.now()),
            expires_at: Set(app.clock.now() + std::time::Duration::from_secs(86_400)),
        };
        store_invitation::Entity::insert(row).exec_without_returning(db).await.expect("an invitation");
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
            "storeInvitation" => vec![format!("(token: \"{}\")", self.invitation_token)],
            "shippingMethods" => vec![String::new(), format!("(storeId: \"{}\")", self.suspended)],
            _ if root.field.arguments.iter().any(|argument| argument.node.name.node == "first") => vec!["(first: 20)".into()],
            _ => vec![String::new()],
        }
    }
}

/// A chain of references: the fields from a root on.
type Chain = Vec<String>;

/// Every chain of references from a type on that comes to no type twice, unless a type refers to itself, with the fields of the schema that it takes.
fn chains(sdl: &Sdl, from: &str, seen: &mut Vec<String>, chain: &mut Chain, all: &mut Vec<Chain>, taken: &mut BTreeSet<String>) {
    all.push(chain.clone());
    if chain.len() == DEEPEST {
        return;
    }
    for field in sdl.fields(from) {
        let to = base(&field.ty.node);
        let visits = seen.iter().filter(|known| *known == to).count();
        if sdl.fields(to).is_empty() || visits > usize::from(to == from) {
            continue;
        }
        let variant = (from, field.name.node.as_str()) == ("Product", "variant");
        let required = !variant
            && field.arguments.iter().any(|argument| !argument.node.ty.node.nullable && argument.node.default_value.is_none());
        assert!(!required, "{from}.{} has an argument that this test knows no value for", field.name.node);
        let paged = field.arguments.iter().any(|argument| argument.node.name.node == "first");
        let name = field.name.node.as_str();
        taken.insert(format!("{from}.{name}"));
        if (from, name) == ("Store", "orders") {
            // An error for all of these callers, which would leave nothing of the answer to look at; `order_access` asks for it.
            continue;
        }
        chain.push(match name {
            "variant" if from == "Product" => "variant(options: [])".to_owned(),
            _ if paged => format!("{name}(first: 4)"),
            _ => name.to_owned(),
        });
        seen.push(to.to_owned());
        chains(sdl, to, seen, chain, all, taken);
        seen.pop();
        chain.pop();
    }
}

/// What is selected of a type: branches, and at the ends of chains all of its plain values.
#[derive(Default)]
struct Selection {
    ends: bool,
    branches: BTreeMap<String, Selection>,
}

impl Selection {
    fn add(&mut self, chain: &[String]) {
        match chain {
            [] => self.ends = true,
            [first, rest @ ..] => self.branches.entry(first.clone()).or_default().add(rest),
        }
    }

    fn text(&self, sdl: &Sdl, of: &str) -> String {
        let mut parts = vec!["__typename".to_owned()];
        for field in sdl.fields(of) {
            let name = field.name.node.as_str();
            if self.ends && sdl.fields(base(&field.ty.node)).is_empty() {
                parts.push(name.to_owned());
            }
        }
        for (branch, rest) in &self.branches {
            let name = branch.split('(').next().expect("a name");
            let fields = sdl.fields(of);
            let field = fields.iter().find(|field| field.name.node == name).expect("a field");
            parts.push(format!("{branch} {}", rest.text(sdl, base(&field.ty.node))));
        }
        format!("{{ {} }}", parts.join(" "))
    }
}

/// Requests that take all chains from a root field on.
pub fn selections(sdl: &Sdl, from: &str, taken: &mut BTreeSet<String>) -> Vec<String> {
    let mut all = Vec::new();
    chains(sdl, from, &mut vec![from.to_owned()], &mut Chain::new(), &mut all, taken);
    let requests = all.chunks(CHAINS).map(|chains| {
        let mut selection = Selection::default();
        chains.iter().for_each(|chain| selection.add(chain));
        selection.text(sdl, from)
    });
    requests.collect()
}

async fn ask(caller: &Caller<'_>, who: &str, query: &str, leaks: &mut Vec<String>) -> Value {
    let answer = caller.answer(query, json!({})).await;
    for error in answer["errors"].as_array().into_iter().flatten() {
        let code = error["extensions"]["code"].as_str().unwrap_or("?");
        let refused = ["UNAUTHENTICATED", "FORBIDDEN", "NOT_FOUND"].contains(&code);
        assert!(refused, "{who} {query}\n{error:#}");
        // A reference that is hidden is null, it does not take its object along.
        assert_ne!(code, "NOT_FOUND", "{who} {query}\n{error:#}");
    }
    let mut found = Vec::new();
    search(&answer["data"], &mut Vec::new(), &mut found);
    leaks.extend(found.into_iter().map(|path| format!("{who} reads {path} by {query}")));
    answer
}

/// Whether a sentence holds an ID such as `store_01h455vb4pex5vsknk084sn02q`.
pub fn holds_id(text: &str) -> bool {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let mut parts = words.filter_map(|word| word.rsplit_once('_'));
    parts.any(|(prefix, suffix)| !prefix.is_empty() && suffix.len() == 26 && suffix.starts_with(|c: char| c.is_ascii_digit()))
}

/// The place of the secret.
fn search(value: &Value, path: &mut Vec<String>, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.contains(SECRET) => found.push(format!("{}: {text}", path.join("."))),
        // Sentences are for people, and people know no IDs.
        Value::String(text) if path.last().is_some_and(|name| name == "message") && holds_id(text) => {
            found.push(format!("{}: {text}", path.join(".")));
        }
        Value::Array(items) => items.iter().for_each(|item| search(item, path, found)),
        Value::Object(fields) => {
            for (name, value) in fields {
                path.push(name.clone());
                search(value, path, found);
                path.pop();
            }
        }
        _ => {}
    }
}

#[test]
fn no_way_through_the_schema_leads_to_what_the_viewer_may_not_see() {
    let limits = [
        ("SOUK_QUERY_DEPTH", "60"),
        ("SOUK_QUERY_COMPLEXITY", "1000000"),
        ("SOUK_ACCESS_TOKEN_SECONDS", "86400"),
        ("SOUK_GUEST_BUDGET", "0"),
        ("SOUK_USER_BUDGET", "0"),
    ];
    each_with(&limits, async |souk| {
        let (sdl, world) = (Sdl::read(), World::make(souk).await);
        let vera = souk.as_user(&world.vera);
        let callers =
            [("a guest", souk.guest()), ("a customer", souk.as_user(&world.eve)), ("the buyer", souk.as_user(&world.bob))];
        let (mut leaks, mut taken, mut requests) = (Vec::new(), BTreeSet::new(), 0);
        for root in sdl.root_fields().iter().filter(|root| root.operation == "query") {
            let (requires, _) = root.access().expect("every root field says who may call it");
            let ty = base(&root.field.ty.node);
            if !["PUBLIC", "CUSTOMER"].contains(&requires.as_str()) || sdl.fields(ty).is_empty() {
                continue;
            }
            let selections = if ty == "Node" {
                let kinds = sdl.objects().into_iter().filter(|name| sdl.implements(name, "Node"));
                let parts = kinds.map(|kind| {
                    let leaf = Selection { ends: true, branches: BTreeMap::new() }.text(&sdl, kind);
                    format!("... on {kind} {leaf}")
                });
                // One type at a time: fields of the same name have other types in each.
                parts.map(|part| format!("{{ __typename {part} }}")).collect()
            } else {
                selections(&sdl, ty, &mut taken)
            };
            for arguments in world.arguments(root) {
                for selection in &selections {
                    let query = format!("{{ {}{arguments} {selection} }}", root.name());
                    for (who, caller) in &callers {
                        requests += 1;
                        if root.name() == "orderTrack" {
                            // Tracking is limited to 30 in 10 minutes from one address.
                            souk.app.clock.advance(std::time::Duration::from_secs(21));
                        }
                        ask(caller, who, &query, &mut leaks).await;
                    }
                }
            }
        }
        leaks.sort();
        leaks.dedup();
        assert!(leaks.is_empty(), "{} leaks in {requests} requests:\n{}", leaks.len(), leaks[..leaks.len().min(20)].join("\n"));
        // Every reference to something that can be hidden was followed.
        let hidden = ["Product", "ProductVariant", "Store", "Review", "Person", "User", "Category", "ProductImage", "SocialPost"];
        let mut missed = Vec::new();
        for object in sdl.objects() {
            let payload = sdl.fields(object).iter().any(|field| field.name.node == "userErrors");
            let root = ["Query", "Mutation", "Subscription"].contains(&object);
            // Lists of the staff alone, and what subscriptions send, are reached by no query that these callers may send.
            let elsewhere = ["UserConnection", "UserEdge", "OrderUpdate", "StoreOrderUpdate", "StoreMember"].contains(&object);
            for field in sdl.fields(object) {
                let name = format!("{object}.{}", field.name.node);
                if hidden.contains(&base(&field.ty.node)) && !payload && !root && !elsewhere && !taken.contains(&name) {
                    missed.push(name);
                }
            }
        }
        assert_eq!(missed, Vec::<String>::new(), "these references were not followed");
        // The secrets are there, for those who may read them.
        let mut own = Vec::new();
        let query = format!("{{ product(id: \"{}\") {{ name description images {{ url altText }} }} }}", world.tea.id);
        ask(&vera, "the owner", &query, &mut own).await;
        assert_eq!(own.len(), 4, "{own:?}");
        souk.leaves_work("the orders' mails");
    });
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
        let query =
            "query($id: ID!) { store(id: $id) { reviews(first: 10) { totalCount nodes { title author { id displayName } } } } }";
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
        let node = "query($id: ID!) { node(id: $id) { id } }";
        for id in
            [world.hidden_review.to_string(), world.image.clone(), world.tea.variant.to_string(), world.suspended.to_string()]
        {
            assert_eq!(souk.guest().data(node, json!({ "id": id })).await["node"], Value::Null, "{id}");
        }
        let child =
            "query($id: ID!) { node(id: $id) { ... on Category { parent { slug parent { slug } } ancestors { slug } } } }";
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
        let create = "mutation($input: CheckoutCreateInput!) { checkoutCreate(input: $input) { checkout { id token } userErrors { message } } }";
        let new = json!({ "input": { "cartToken": cart, "email": "bob@example.com", "shippingAddress": crate::checkout::address("NP") } });
        let checkout = souk.guest().run(create, new).await["checkout"].clone();
        let complete = json!({ "input": { "checkoutId": checkout["id"], "checkoutToken": checkout["token"], "paymentProvider": "MANUAL", "idempotencyKey": "k" } });
        let answer = souk.guest().data(crate::checkout::COMPLETE, complete).await["checkoutComplete"].clone();
        let message = answer["userErrors"][0]["message"].as_str().expect("a problem");
        assert_eq!(message, "The store \"Teas\" offers no shipping method to NP.");
        assert!(holds_id(&format!("the store {} sends nothing", shop.store)) && !holds_id(message));
    });
}
