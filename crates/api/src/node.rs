//! The `Node` interface, and the resolution of global IDs.

use crate::account::{Address, Person, Session, User};
use crate::attribute::{Attribute, AttributeChoice};
use crate::cart::{Cart, CartLine};
use crate::category::Category;
use crate::checkout::{Checkout, CheckoutLine, CheckoutShippingMethod, CheckoutStore};
use crate::cost;
use crate::digital::{DigitalFile, DownloadGrant};
use crate::dispute::Dispute;
use crate::error::Result;
use crate::fulfillment::{Fulfillment, FulfillmentLine};
use crate::id;
use crate::image::ProductImage;
use crate::job::Job;
use crate::ledger::{LedgerTransaction, ReconciliationFinding, StoreEarning};
use crate::order::{Order, OrderEvent, OrderLine};
use crate::order_note::OrderNote;
use crate::payment::Payment;
use crate::product::Product;
use crate::product_export::ProductExport;
use crate::product_import::ProductImport;
use crate::product_type::ProductType;
use crate::refund::Refund;
use crate::review::Review;
use crate::search::SearchSynonym;
use crate::shipping::ShippingMethod;
use crate::social::SocialPost;
use crate::store::{Store, StoreInvitation, StoreMember};
use crate::store_order::StoreOrder;
use crate::tax::TaxRate;
use crate::variant::ProductVariant;
use async_graphql::{Context, ID, Interface};
use entity::id::{
    AddressId, AttributeChoiceId, AttributeId, CartId, CartLineId, CategoryId, CheckoutId, DigitalFileId, DisputeId,
    DownloadGrantId, EarningId, EventId, FulfillmentId, FulfillmentLineId, Id, JobId, LedgerTransactionId, OrderId, OrderLineId,
    OrderNoteId, PaymentId, PersonId, ProductExportId, ProductId, ProductImageId, ProductImportId, ProductTypeId,
    ProductVariantId, ReconciliationFindingId, RefundId, ReviewId, SearchSynonymId, SessionId, ShippingMethodId, SocialPostId,
    StoreId, StoreInvitationId, StoreMemberId, StoreOrderId, TaxRateId, UserId,
};
use futures::future::join_all;
use souk_core::auth::Viewer;
use souk_core::error::Fault;
use souk_macros::root_object;
use uuid::Uuid;

/// Maximum number of IDs in `nodes`.
const MOST_NODES: usize = 100;

/// Defines the types of `Node`. A type with a row of its own names its ID, and has a function `load_visible` that finds it if the
/// viewer may see it; the others are in [`find_composite`].
macro_rules! nodes {
    ($($(#[doc = $doc:literal])+ $node:ident $(by $id:ident)?;)+) => {
        /// Object with a globally unique ID.
        #[derive(Interface)]
        #[graphql(field(name = "id", ty = "ID", desc = "Globally unique ID of the object."))]
        pub enum Node {
            $($(#[doc = $doc])+ $node($node),)+
        }

        async fn find_row(ctx: &Context<'_>, prefix: &str, uuid: Uuid) -> Result<Option<Node>> {
            Ok(match prefix {
                $($($id::PREFIX => Box::pin($node::load_visible(ctx, uuid.into())).await?.map(Node::from),)?)+
                _ => None,
            })
        }
    };
}

nodes! {
    /// Address in the address book of a user.
    Address by AddressId;
    /// Attribute that products or variants have a value of.
    Attribute by AttributeId;
    /// Choice of an attribute.
    AttributeChoice by AttributeChoiceId;
    /// Cart of a user or guest.
    Cart by CartId;
    /// Line of a cart.
    CartLine by CartLineId;
    /// Category of products.
    Category by CategoryId;
    /// Checkout of a cart.
    Checkout by CheckoutId;
    /// Line of a checkout.
    CheckoutLine;
    /// Shipping method offered for a store in a checkout.
    CheckoutShippingMethod;
    /// Store in a checkout, with its lines and shipping.
    CheckoutStore;
    /// File of a digital product.
    DigitalFile by DigitalFileId;
    /// Dispute about a payment.
    Dispute by DisputeId;
    /// Right to download the files of a digital order line.
    DownloadGrant by DownloadGrantId;
    /// Fulfillment of a store order.
    Fulfillment by FulfillmentId;
    /// Line of a fulfillment.
    FulfillmentLine by FulfillmentLineId;
    /// Background job.
    Job by JobId;
    /// Transaction of the ledger.
    LedgerTransaction by LedgerTransactionId;
    /// Order of a buyer.
    Order by OrderId;
    /// Event of an order.
    OrderEvent by EventId;
    /// Line of an order.
    OrderLine by OrderLineId;
    /// Note on an order.
    OrderNote by OrderNoteId;
    /// Payment for an order.
    Payment by PaymentId;
    /// Public profile of a user.
    Person by PersonId;
    /// Product of a store.
    Product by ProductId;
    /// Export of products.
    ProductExport by ProductExportId;
    /// Image of a product.
    ProductImage by ProductImageId;
    /// Import of products.
    ProductImport by ProductImportId;
    /// Kind of products, with their attributes.
    ProductType by ProductTypeId;
    /// Variant of a product.
    ProductVariant by ProductVariantId;
    /// Difference that the reconciliation of money found.
    ReconciliationFinding by ReconciliationFindingId;
    /// Refund of a payment.
    Refund by RefundId;
    /// Review of a product.
    Review by ReviewId;
    /// Group of synonyms of the search.
    SearchSynonym by SearchSynonymId;
    /// Session of a signed-in user.
    Session by SessionId;
    /// Shipping method of a store or the marketplace.
    ShippingMethod by ShippingMethodId;
    /// Post on a social network.
    SocialPost by SocialPostId;
    /// Store of a vendor.
    Store by StoreId;
    /// Earning of a store.
    StoreEarning by EarningId;
    /// Invitation to become a member of a store.
    StoreInvitation by StoreInvitationId;
    /// Membership in a store.
    StoreMember by StoreMemberId;
    /// Order at a single store, part of an `Order`.
    StoreOrder by StoreOrderId;
    /// Tax rate of a country.
    TaxRate by TaxRateId;
    /// User account, for the user and for staff.
    User by UserId;
}

/// Finds the object with an ID, if the viewer may see it.
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
            let message = format!("ids must have at most {MOST_NODES} items; got {}.", ids.len());
            return Err(Fault::BadUserInput { argument: "ids", message }.into());
        }
        // All at once, so that those of one type are one statement.
        // An item that fails is null, and the others are not.
        Ok(join_all(ids.iter().map(async |id| find(ctx, "ids", id).await.transpose())).await)
    }
}
