//! Lists of products by what people do: views, recently viewed, bestsellers, new arrivals, related products.

mod highlight;
mod related;
mod view;

use crate::app::Souk;
use crate::make::{self, User};
use entity::id::{ProductId, StoreId};
use entity::product;
use sea_orm::EntityTrait;
use serde_json::Value;

/// The row of a product.
async fn row(souk: &Souk, id: ProductId) -> product::Model {
    product::Entity::find_by_id(id).one(souk.app.db.read()).await.expect("a query").expect("a product")
}

/// The store of another vendor than that of `make::shop`.
async fn other_store(souk: &Souk, name: &str) -> StoreId {
    let vlad = make::vendor(souk, "vlad").await;
    make::store(souk, &vlad, name).await
}

/// The same user with a session that begins now.
async fn signed_in(souk: &Souk, user: &User) -> User {
    let row = entity::user::Entity::find_by_id(user.id).one(souk.app.db.read()).await.expect("a query").expect("a user");
    let session = make::session(souk, user.id).await;
    let (token, _) = souk.app.access_tokens.issue(user.id, row.role, session, souk.app.clock.now()).expect("a token");
    User { token, ..user.clone() }
}

/// Writes the views that were recorded.
async fn write_views(souk: &Souk) {
    souk_domain::product_aggregates::write_views(&souk.app).await.expect("views are written");
}

/// Names of the nodes of a list.
fn names(list: &Value) -> Vec<String> {
    let nodes = list["nodes"].as_array().or(list.as_array()).expect("nodes");
    nodes.iter().map(|node| node["name"].as_str().expect("a name").to_owned()).collect()
}
