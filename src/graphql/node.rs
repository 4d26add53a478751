//! Anything that has an ID of its own, by that ID.

use crate::error::Fault;
use crate::graphql::access::public;
use crate::graphql::cart::Cart;
use crate::graphql::category::Category;
use crate::graphql::context::ContextExt;
use crate::graphql::order::Order;
use crate::graphql::product::Product;
use crate::graphql::review::Review;
use crate::graphql::store::Store;
use crate::graphql::store_order::StoreOrder;
use crate::graphql::variant::ProductVariant;
use async_graphql::{Context, ID, Interface, Object, Result};
use entity::id::{CartId, CategoryId, Id, OrderId, ProductId, ProductVariantId, ReviewId, StoreId, StoreOrderId, parse_any};
use futures::future::try_join_all;

/// The most IDs in one request.
const MOST_NODES: usize = 100;

/// Anything that has an ID of its own.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Its ID, unique among everything there is."))]
pub enum Node {
    /// What somebody means to buy.
    Cart(Cart),
    /// A node of the category tree.
    Category(Category),
    /// What was bought, in all its stores.
    Order(Order),
    /// Something a store sells.
    Product(Product),
    /// What is bought.
    ProductVariant(ProductVariant),
    /// What a person says of a product.
    Review(Review),
    /// A vendor's shop.
    Store(Store),
    /// One store's part of an order.
    StoreOrder(StoreOrder),
}

/// Finds what an ID names, if the viewer may see it. A type of node is added here as an arm, and above as a variant; each is
/// loaded by a function that finds only what the viewer may see.
async fn find(ctx: &Context<'_>, argument: &'static str, id: &ID) -> Result<Option<Node>> {
    let Some((prefix, uuid)) = parse_any(id) else {
        let shown: String = id.chars().take(40).collect();
        let message = format!("{argument} must be an ID such as product_01h455vb4pex5vsknk084sn02q; found {shown:?}");
        return Err(Fault::BadUserInput { argument, message }.into());
    };
    Ok(match prefix.as_str() {
        CartId::PREFIX => Cart::load_optional(ctx, uuid.into()).await?.map(Node::from),
        CategoryId::PREFIX => Category::load_visible(ctx, uuid.into()).await?.map(Node::from),
        OrderId::PREFIX => Order::load_visible(ctx, uuid.into()).await?.map(Node::from),
        ProductId::PREFIX => Product::load_visible(ctx, uuid.into()).await?.map(Node::from),
        ProductVariantId::PREFIX => ProductVariant::load_visible(ctx, uuid.into()).await?.map(Node::from),
        ReviewId::PREFIX => Review::load_optional(ctx, uuid.into()).await?.map(Node::from),
        StoreId::PREFIX => Store::load_visible(ctx, uuid.into()).await?.map(Node::from),
        StoreOrderId::PREFIX => StoreOrder::load_visible(ctx, uuid.into()).await?.map(Node::from),
        _ => None,
    })
}

/// Reading anything by its ID.
#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// Whatever an ID names; absent where it names nothing that you may see.
    #[graphql(directive = public::apply())]
    async fn node(&self, ctx: &Context<'_>, #[graphql(desc = "Its ID.")] id: ID) -> Result<Option<Node>> {
        find(ctx, "id", &id).await
    }

    /// Whatever several IDs name, in their order; absent where one names nothing that you may see.
    #[graphql(directive = public::apply(), complexity = "1 + ids.len() * child_complexity")]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Their IDs, at most 100.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>> {
        if ids.len() > MOST_NODES {
            let message = format!("ids must have at most {MOST_NODES} items; found {}", ids.len());
            return Err(Fault::BadUserInput { argument: "ids", message }.into());
        }
        // All at once, so that those of one type are one statement.
        try_join_all(ids.iter().map(|id| find(ctx, "ids", id))).await
    }
}

impl Category {
    /// The active ones; the marketplace's staff sees the others too.
    async fn load_visible(ctx: &Context<'_>, id: CategoryId) -> Result<Option<Self>> {
        let row = ctx.loader()?.load_one(crate::graphql::category::CategoryKey(id)).await?;
        let all = ctx.viewer()?.may(entity::value::Permission::ManageProducts);
        Ok(row.filter(|row| all || row.active).map(Self))
    }
}
