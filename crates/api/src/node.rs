//! The `Node` interface, and the resolution of global IDs.

use crate::account::{Address, Person, Session, User};
use crate::cart::{Cart, CartLine};
use crate::category::Category;
use crate::checkout::{Checkout, CheckoutLine, CheckoutShippingMethod, CheckoutStore};
use crate::cost;
use crate::error::Result;
use crate::fulfillment::{Fulfillment, FulfillmentLine};
use crate::id;
use crate::image::ProductImage;
use crate::job::Job;
use crate::order::{Order, OrderEvent, OrderLine};
use crate::payment::Payment;
use crate::product::Product;
use crate::review::Review;
use crate::shipping::ShippingMethod;
use crate::social::SocialPost;
use crate::store::{Store, StoreInvitation, StoreMember};
use crate::store_order::StoreOrder;
use crate::tax::TaxRate;
use crate::variant::ProductVariant;
use async_graphql::{Context, ID, Interface};
use entity::id::{
    AddressId, CartId, CartLineId, CategoryId, CheckoutId, EventId, FulfillmentId, FulfillmentLineId, Id, JobId, OrderId,
    OrderLineId, PaymentId, PersonId, ProductId, ProductImageId, ProductVariantId, ReviewId, SessionId, ShippingMethodId,
    SocialPostId, StoreId, StoreInvitationId, StoreMemberId, StoreOrderId, TaxRateId, UserId,
};
use futures::future::join_all;
use souk_core::auth::Viewer;
use souk_core::error::Fault;
use souk_macros::root_object;
use uuid::Uuid;

/// Maximum number of IDs in `nodes`.
const MOST_NODES: usize = 100;

/// Object with a globally unique ID.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Globally unique ID of the object."))]
pub enum Node {
    /// Address in the address book of a user.
    Address(Address),
    /// Cart of a user or guest.
    Cart(Cart),
    /// Line of a cart.
    CartLine(CartLine),
    /// Category of products.
    Category(Category),
    /// Checkout of a cart.
    Checkout(Checkout),
    /// Line of a checkout.
    CheckoutLine(CheckoutLine),
    /// Shipping method offered for a store in a checkout.
    CheckoutShippingMethod(CheckoutShippingMethod),
    /// Store in a checkout, with its lines and shipping.
    CheckoutStore(CheckoutStore),
    /// Fulfillment of a store order.
    Fulfillment(Fulfillment),
    /// Line of a fulfillment.
    FulfillmentLine(FulfillmentLine),
    /// Background job.
    Job(Job),
    /// Order of a buyer.
    Order(Order),
    /// Event of an order.
    OrderEvent(OrderEvent),
    /// Line of an order.
    OrderLine(OrderLine),
    /// Payment for an order.
    Payment(Payment),
    /// Public profile of a user.
    Person(Person),
    /// Product of a store.
    Product(Product),
    /// Image of a product.
    ProductImage(ProductImage),
    /// Variant of a product.
    ProductVariant(ProductVariant),
    /// Review of a product.
    Review(Review),
    /// Session of a signed-in user.
    Session(Session),
    /// Shipping method of a store or the marketplace.
    ShippingMethod(ShippingMethod),
    /// Post on a social network.
    SocialPost(SocialPost),
    /// Store of a vendor.
    Store(Store),
    /// Invitation to become a member of a store.
    StoreInvitation(StoreInvitation),
    /// Membership in a store.
    StoreMember(StoreMember),
    /// Order at a single store, part of an `Order`.
    StoreOrder(StoreOrder),
    /// Tax rate of a country.
    TaxRate(TaxRate),
    /// User account, for the user and for staff.
    User(User),
}

/// Finds the object with an ID, if the viewer may see it. To add a type, add a variant to [`Node`], and to [`find_row`] or
/// [`find_composite`] an arm with a loader that checks the visibility.
async fn find(ctx: &Context<'_>, argument: &'static str, id: &ID) -> Result<Option<Node>> {
    let Some((prefix, parts)) = id::parts(id) else {
        let shown: String = id.chars().take(40).collect();
        let message = format!("{argument} must be an ID such as product_01h455vb4pex5vsknk084sn02q; got {shown:?}.");
        return Err(Fault::BadUserInput { argument, message }.into());
    };
    match parts.as_slice() {
        [uuid] => find_row(ctx, prefix, *uuid).await,
        uuids => find_composite(ctx, prefix, uuids).await,
    }
}

async fn find_row(ctx: &Context<'_>, prefix: &str, uuid: Uuid) -> Result<Option<Node>> {
    Ok(match prefix {
        AddressId::PREFIX => Address::load_visible(ctx, uuid.into()).await?.map(Node::from),
        CartId::PREFIX => Cart::load_optional(ctx, uuid.into()).await?.map(Node::from),
        CartLineId::PREFIX => CartLine::load_visible(ctx, uuid.into()).await?.map(Node::from),
        CategoryId::PREFIX => Category::load_visible(ctx, uuid.into()).await?.map(Node::from),
        CheckoutId::PREFIX => Box::pin(Checkout::load_visible(ctx, uuid.into())).await?.map(Node::from),
        EventId::PREFIX => OrderEvent::load_visible(ctx, uuid.into()).await?.map(Node::from),
        FulfillmentId::PREFIX => Fulfillment::load_visible(ctx, uuid.into()).await?.map(Node::from),
        FulfillmentLineId::PREFIX => FulfillmentLine::load_visible(ctx, uuid.into()).await?.map(Node::from),
        JobId::PREFIX => Job::load_visible(ctx, uuid.into()).await?.map(Node::from),
        OrderId::PREFIX => Order::load_visible(ctx, uuid.into()).await?.map(Node::from),
        OrderLineId::PREFIX => OrderLine::load_visible(ctx, uuid.into()).await?.map(Node::from),
        PaymentId::PREFIX => Payment::load_visible(ctx, uuid.into()).await?.map(Node::from),
        PersonId::PREFIX => Person::load_visible(ctx, uuid.into()).await?.map(Node::from),
        ProductId::PREFIX => Product::load_visible(ctx, uuid.into()).await?.map(Node::from),
        ProductImageId::PREFIX => ProductImage::load_visible(ctx, uuid.into()).await?.map(Node::from),
        ProductVariantId::PREFIX => ProductVariant::load_visible(ctx, uuid.into()).await?.map(Node::from),
        ReviewId::PREFIX => Review::load_visible(ctx, uuid.into()).await?.map(Node::from),
        SessionId::PREFIX => Session::load_visible(ctx, uuid.into()).await?.map(Node::from),
        ShippingMethodId::PREFIX => ShippingMethod::load_visible(ctx, uuid.into()).await?.map(Node::from),
        SocialPostId::PREFIX => SocialPost::load_visible(ctx, uuid.into()).await?.map(Node::from),
        StoreId::PREFIX => Store::load_visible(ctx, uuid.into()).await?.map(Node::from),
        StoreInvitationId::PREFIX => StoreInvitation::load_visible(ctx, uuid.into()).await?.map(Node::from),
        StoreMemberId::PREFIX => StoreMember::load_visible(ctx, uuid.into()).await?.map(Node::from),
        StoreOrderId::PREFIX => StoreOrder::load_visible(ctx, uuid.into()).await?.map(Node::from),
        TaxRateId::PREFIX => TaxRate::load_visible(ctx, uuid.into()).await?.map(Node::from),
        UserId::PREFIX => User::load_visible(ctx, uuid.into()).await?.map(Node::from),
        _ => None,
    })
}

/// Finds an object that has no row of its own and is identified by the IDs of several rows.
async fn find_composite(ctx: &Context<'_>, prefix: &str, uuids: &[Uuid]) -> Result<Option<Node>> {
    Ok(match (prefix, uuids) {
        (CheckoutLine::PREFIX, [checkout, variant]) => {
            CheckoutLine::load_visible(ctx, (*checkout).into(), (*variant).into()).await?.map(Node::from)
        }
        (CheckoutShippingMethod::PREFIX, [checkout, store, method]) => {
            let found = CheckoutShippingMethod::load_visible(ctx, (*checkout).into(), (*store).into(), (*method).into());
            found.await?.map(Node::from)
        }
        (CheckoutStore::PREFIX, [checkout, store]) => {
            CheckoutStore::load_visible(ctx, (*checkout).into(), (*store).into()).await?.map(Node::from)
        }
        _ => None,
    })
}

/// Queries of any object by its ID.
#[derive(Default)]
pub struct NodeQuery;

#[root_object]
impl NodeQuery {
    /// Object with this ID. Null if it does not exist or you cannot see it.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[actor] _: &Viewer,
        #[graphql(desc = "ID of the object.")] id: ID,
    ) -> Result<Option<Node>> {
        find(ctx, "id", &id).await
    }

    /// Objects with these IDs, in the same order. An item is null if it does not exist or you cannot see it.
    #[graphql(directive = cost::OneForEach::apply("ids"))]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[actor] _: &Viewer,
        #[graphql(desc = "IDs of the objects, at most 100.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Result<Node>>>> {
        if ids.len() > MOST_NODES {
            let message = format!("ids must have at most {MOST_NODES} items; found {}", ids.len());
            return Err(Fault::BadUserInput { argument: "ids", message }.into());
        }
        // All at once, so that those of one type are one statement.
        // An item that fails is null, and the others are not.
        Ok(join_all(ids.iter().map(async |id| find(ctx, "ids", id).await.transpose())).await)
    }
}
