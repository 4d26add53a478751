//! Objects of other users: every root field returns exactly the same for an object that the caller may not see as for one that does not
//! exist, and does not change it.

use crate::access::{kind_of_id, unknown_id};
use crate::app::{Caller, Souk, each};
use crate::make::order::order;
use crate::make::{self, Make, User};
use crate::sdl::{RootField, Sdl};
use crate::ws::TRANSPORT;
use entity::id::*;
use entity::value::*;
use entity::{
    address, cart, cart_line, checkout, order, order_line, payment, product, product_image, product_variant, review, session,
    shipping_method, store, store_invitation, store_member, store_order, user,
};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use souk::fixture;
use std::collections::HashMap;

const NODE: &str = operation!("node", "NodeWithId");

/// One of everything that is not for all to see: a vendor's store that waits for its approval, and a customer's things.
pub struct World {
    pub vera: User,
    pub carl: User,
    pub mara: User,
    /// By their type's prefix.
    pub ids: HashMap<&'static str, String>,
}

impl World {
    pub async fn make(souk: &Souk) -> Self {
        let (app, db) = (&souk.app, souk.app.db.raw());
        let now = app.clock.now();
        let (vera, carl) = (make::vendor(souk, "vera").await, make::customer(souk, "carl").await);
        let store = make::store(souk, &vera, "Teas").await;
        let draft = Make { status: ProductStatus::Draft, ..Make::default() };
        let product = make::product(souk, store, draft).await;
        let shipping = make::shipping_method(souk, Some(store), "Post", 500, None).await;
        let placed = order(souk, Some(&carl), &[(store, product, 1)]).await;
        store::Entity::update_many()
            .col_expr(store::Column::Status, Expr::value(StoreStatus::Pending.as_str()))
            .filter(store::Column::Id.eq(store))
            .exec(db)
            .await
            .expect("a change");
        let image = make::picture(souk, product.id, "products/none.png").await;
        let mara = make::customer(souk, "mara").await;
        let member = make::member(souk, store, &mara, StoreRole::Manager).await;
        let invitation = make::invitation(souk, store, &vera, "invited@example.com", StoreRole::Manager).await;
        let review: ReviewId = app.clock.new_id();
        let row = fixture::review(review, (product.id, store), carl.id, now);
        make::insert(souk, [review::Model { status: ReviewStatus::Pending, ..row }]).await;
        let cart = make::cart(souk, Some(&carl), &[(product.variant, 1)]).await;
        let line = cart_line::Entity::find().filter(cart_line::Column::CartId.eq(cart)).one(db).await.expect("a query");
        let line = line.expect("a line").id;
        let checkout = make::checkout(souk, cart, Some(&carl)).await;
        let address = make::address(souk, &carl, true).await;
        let session = session::Entity::find().filter(session::Column::UserId.eq(carl.id)).one(db).await.expect("a query");
        let session = session.expect("carl is signed in").id;
        let ids = HashMap::from([
            (AddressId::PREFIX, address.to_string()),
            (CartId::PREFIX, cart.to_string()),
            (CartLineId::PREFIX, line.to_string()),
            (CheckoutId::PREFIX, checkout.to_string()),
            (OrderId::PREFIX, placed.id.to_string()),
            (OrderLineId::PREFIX, placed.parts[0].lines[0].to_string()),
            (PaymentId::PREFIX, placed.payment.to_string()),
            (ProductId::PREFIX, product.id.to_string()),
            (ProductImageId::PREFIX, image.to_string()),
            (ProductVariantId::PREFIX, product.variant.to_string()),
            (ReviewId::PREFIX, review.to_string()),
            (SessionId::PREFIX, session.to_string()),
            (ShippingMethodId::PREFIX, shipping.to_string()),
            (StoreId::PREFIX, store.to_string()),
            (StoreInvitationId::PREFIX, invitation.to_string()),
            (StoreMemberId::PREFIX, member.to_string()),
            (StoreOrderId::PREFIX, placed.parts[0].id.to_string()),
            (UserId::PREFIX, mara.id.to_string()),
        ]);
        Self { vera, carl, mara, ids }
    }
}

/// Everything of the world, as it stands in the tables.
async fn rows(souk: &Souk) -> Vec<String> {
    let db = souk.app.db.raw();
    let mut all = Vec::new();
    macro_rules! table {
        ($($name:ident),*) => {$(
            let rows = $name::Entity::find().order_by_asc($name::Column::Id).all(db).await.expect("rows");
            all.extend(rows.iter().map(|row| format!("{row:?}")));
        )*};
    }
    table!(
        address,
        cart,
        cart_line,
        checkout,
        order,
        order_line,
        payment,
        product,
        product_image,
        product_variant,
        review,
        session,
        shipping_method,
        store,
        store_invitation,
        store_member,
        store_order,
        user
    );
    all
}

/// What a caller is told, without what differs from one request to the next.
async fn told(souk: &Souk, root: &RootField<'_>, caller: &Caller<'_>, token: Option<&str>, call: (&str, Value)) -> String {
    let answer = if root.operation == "subscription" {
        let mut subscription = souk.subscribe(TRANSPORT, token, call.0, call.1).await;
        subscription.socket.message().await.expect("an answer")
    } else {
        caller.answer(call.0, call.1).await
    };
    assert_ne!(answer["errors"][0]["extensions"]["code"], "INTERNAL", "{answer:#}");
    answer.to_string()
}

#[test]
fn objects_of_other_users_get_the_same_response_as_objects_that_do_not_exist() {
    each(async |souk| {
        let (sdl, world) = (Sdl::read(), World::make(souk).await);
        let existing = |root: &str, name: &str| {
            let kind = kind_of_id(root, name);
            world.ids.get(kind).cloned().unwrap_or_else(|| unknown_id(root, name))
        };
        let eve = make::customer(souk, "eve").await;
        let vlad = make::vendor(souk, "vlad").await;
        make::store(souk, &vlad, "Cups").await;
        let clerk = make::user(souk, "clerk", Role::Staff).await;
        let before = rows(souk).await;
        let mut wrong = Vec::new();
        let mut compared = 0;
        for root in &sdl.root_fields() {
            let (query, variables) = sdl.call(root, &existing);
            let known = variables.to_string();
            let mut text = known.clone();
            for (kind, id) in &world.ids {
                let suffix = id.rsplit('_').next().expect("a suffix");
                let nowhere = unknown_id("", &format!("{kind}Id"));
                text = text.replace(suffix, nowhere.rsplit('_').next().expect("a suffix"));
            }
            if text == known {
                continue;
            }
            let unknown: Value = serde_json::from_str(&text).expect("JSON");
            for (name, caller) in
                [("a guest", None), ("a customer", Some(&eve)), ("a vendor", Some(&vlad)), ("staff", Some(&clerk))]
            {
                compared += 1;
                let token = caller.map(|user| user.token.as_str());
                let sender = caller.map_or_else(|| souk.guest(), |user| souk.as_user(user));
                let mut found = told(souk, root, &sender, token, (&query, variables.clone())).await;
                let missing = told(souk, root, &sender, token, (&query, unknown.clone())).await;
                for id in world.ids.values() {
                    let suffix = id.rsplit('_').next().expect("a suffix");
                    found = found.replace(suffix, unknown_id("", "productId").rsplit('_').next().expect("a suffix"));
                }
                if found != missing {
                    wrong.push(format!("{} as {name}:\n  exists: {found}\n  does not: {missing}", root.name()));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(compared > 150, "only {compared} calls were compared");
        for (kind, id) in &world.ids {
            for caller in [souk.guest(), souk.as_user(&eve), souk.as_user(&vlad), souk.as_user(&clerk)] {
                assert_eq!(caller.data(NODE, json!({ "id": id })).await["node"], Value::Null, "a {kind}");
            }
        }
        assert_eq!(rows(souk).await, before, "something was changed");
        // They are there, for those whose they are.
        for (caller, kinds) in [
            (
                &world.vera,
                vec![
                    OrderLineId::PREFIX,
                    ProductId::PREFIX,
                    ProductImageId::PREFIX,
                    ProductVariantId::PREFIX,
                    ShippingMethodId::PREFIX,
                    StoreId::PREFIX,
                    StoreInvitationId::PREFIX,
                    StoreOrderId::PREFIX,
                ],
            ),
            (
                &world.carl,
                vec![
                    AddressId::PREFIX,
                    CartId::PREFIX,
                    CheckoutId::PREFIX,
                    OrderId::PREFIX,
                    OrderLineId::PREFIX,
                    PaymentId::PREFIX,
                    ReviewId::PREFIX,
                    SessionId::PREFIX,
                    StoreOrderId::PREFIX,
                ],
            ),
            (&world.mara, vec![UserId::PREFIX]),
        ] {
            for kind in kinds {
                let id = &world.ids[kind];
                assert_eq!(souk.as_user(caller).data(NODE, json!({ "id": id })).await["node"]["id"], json!(id), "a {kind}");
            }
        }
        souk.leaves_work("some calls ask for letters");
    });
}
