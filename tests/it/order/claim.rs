//! Adding the orders of a guest to an account.

use crate::app::{Souk, each};
use crate::make::order::{Order, order};
use crate::make::{self, User};
use crate::order::Shop;
use entity::id::UserId;
use entity::{order as orders, user};
use futures::future::join_all;
use sea_orm::prelude::DateTimeUtc;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

const CLAIM: &str = operation!("order", "GuestOrdersClaim");
const MINE: &str = operation!("account", "MeWithOrderIds");

async fn set_email(souk: &Souk, order: &Order, email: &str) {
    let update = orders::Entity::update_many().col_expr(orders::Column::Email, Expr::value(email));
    update.filter(orders::Column::Id.eq(order.id)).exec(souk.app.db.raw()).await.expect("an update");
}

async fn set_verified(souk: &Souk, person: &User, at: Option<DateTimeUtc>) {
    let update = user::Entity::update_many().col_expr(user::Column::EmailVerifiedAt, Expr::value(at));
    update.filter(user::Column::Id.eq(person.id)).exec(souk.app.db.raw()).await.expect("an update");
}

async fn owner(souk: &Souk, order: &Order) -> Option<UserId> {
    let row = orders::Entity::find_by_id(order.id).one(souk.app.db.read()).await.expect("a query");
    row.expect("an order").user_id
}

#[test]
fn an_account_with_a_verified_email_claims_the_orders_of_that_guest_and_no_others() {
    each(async |souk| {
        let shop = Shop::open(souk).await;
        let (own, foreign) =
            (order(souk, None, &[(shop.store, shop.tea, 1)]).await, order(souk, None, &[(shop.store, shop.tea, 1)]).await);
        let of_bob = order(souk, Some(&shop.bob), &[(shop.store, shop.tea, 1)]).await;
        let maya = make::customer(souk, "maya").await;
        for (order, email) in [(&own, "maya@example.com"), (&foreign, "other@example.com"), (&of_bob, "maya@example.com")] {
            set_email(souk, order, email).await;
        }
        set_verified(souk, &maya, None).await;
        let refused = souk.as_user(&maya).data(CLAIM, json!({})).await["guestOrdersClaim"].clone();
        assert_eq!((&refused["claimedCount"], &refused["userErrors"][0]["code"]), (&Value::Null, &json!("INVALID_STATE")));
        assert_eq!(owner(souk, &own).await, None);
        assert_eq!(souk.guest().error_code(CLAIM, json!({})).await, "UNAUTHENTICATED");
        set_verified(souk, &maya, Some(souk.app.clock.now())).await;
        let caller = souk.as_user(&maya);
        assert_eq!(caller.run(CLAIM, json!({})).await["claimedCount"], 1);
        assert_eq!(owner(souk, &own).await, Some(maya.id));
        assert_eq!((owner(souk, &foreign).await, owner(souk, &of_bob).await), (None, Some(shop.bob.id)));
        assert_eq!(caller.data(MINE, json!({})).await["me"]["orders"]["nodes"], json!([{ "id": own.id.to_string() }]));
        assert_eq!(caller.run(CLAIM, json!({})).await["claimedCount"], 0);
        let seen =
            caller.data("query($id: ID!) { order(id: $id) { events { type } } }", json!({ "id": own.id.to_string() })).await;
        assert_eq!(seen["order"]["events"], json!([{ "type": "ORDER_CLAIMED" }]));
        // Another account that gets the address later finds nothing left.
        let eve = make::customer(souk, "eve").await;
        let update = user::Entity::update_many().col_expr(user::Column::Email, Expr::value("old@example.com"));
        update.filter(user::Column::Id.eq(maya.id)).exec(souk.app.db.raw()).await.expect("an update");
        let update = user::Entity::update_many().col_expr(user::Column::Email, Expr::value("maya@example.com"));
        update.filter(user::Column::Id.eq(eve.id)).exec(souk.app.db.raw()).await.expect("an update");
        assert_eq!(souk.as_user(&eve).run(CLAIM, json!({})).await["claimedCount"], 0);
        assert_eq!(owner(souk, &own).await, Some(maya.id));
    });
}

#[test]
fn claims_at_once_count_every_order_once() {
    each(async |souk| {
        let shop = Shop::open(souk).await;
        let maya = make::customer(souk, "maya").await;
        for _ in 0..5 {
            let order = order(souk, None, &[(shop.store, shop.tea, 1)]).await;
            set_email(souk, &order, "maya@example.com").await;
        }
        let claims = join_all((0..12).map(async |_| souk.as_user(&maya).run(CLAIM, json!({})).await)).await;
        let claimed: i64 = claims.iter().map(|payload| payload["claimedCount"].as_i64().expect("a count")).sum();
        assert_eq!(claimed, 5);
    });
}
