//! Identifiers: one type per table, so that the ID of a product can't be passed as the ID of a store.
//!
//! Stored as native UUIDs (version 7, sortable by time); encoded for clients as TypeIDs
//! (<https://github.com/jetify-com/typeid/tree/main/spec>), such as `store_01h455vb4pex5vsknk084sn02q`.

use sea_orm::{DbErr, DeriveValueType, TryFromU64};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use type_safe_id::{DynamicType, TypeSafeId};
use uuid::Uuid;

/// A text that is not an identifier of the expected type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidId {
    /// The expected prefix.
    pub expected: &'static str,
}

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not an ID of the form {}_...", self.expected)
    }
}

impl std::error::Error for InvalidId {}

/// An identifier of the rows of one table.
pub trait Id: Copy + Eq + std::hash::Hash + Send + Sync + fmt::Display + FromStr<Err = InvalidId> + From<Uuid> + 'static {
    /// Prefix of the encoded form, without the underscore.
    const PREFIX: &'static str;

    /// The stored form.
    fn uuid(self) -> Uuid;
}

/// Decodes a TypeID of any type into its prefix and its UUID.
pub fn parse_any(text: &str) -> Option<(String, Uuid)> {
    let id = TypeSafeId::<DynamicType>::from_str(text).ok()?;
    Some((id.type_prefix().to_owned(), id.uuid()))
}

fn format(prefix: &str, uuid: Uuid, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match DynamicType::new(prefix) {
        Ok(kind) => write!(f, "{}", TypeSafeId::from_type_and_uuid(kind, uuid)),
        Err(_) => Err(fmt::Error),
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, DeriveValueType, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl Id for $name {
            const PREFIX: &'static str = $prefix;
            fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                format($prefix, self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                match parse_any(text) {
                    Some((prefix, uuid)) if prefix == $prefix => Ok(Self(uuid)),
                    _ => Err(InvalidId { expected: $prefix }),
                }
            }
        }

        impl TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, DbErr> {
                Err(DbErr::ConvertFromU64(stringify!($name)))
            }
        }
    )*};
}

ids! {
    /// User.
    UserId = "user";
    /// Public profile of a user; the UUID is that of the user.
    PersonId = "person";
    /// Session.
    SessionId = "session";
    /// Token sent by mail.
    OneTimeTokenId = "one_time_token";
    /// Address of an address book.
    AddressId = "address";
    /// Store.
    StoreId = "store";
    /// Membership in a store.
    StoreMemberId = "store_member";
    /// Store invitation.
    StoreInvitationId = "store_invitation";
    /// Category.
    CategoryId = "category";
    /// Product.
    ProductId = "product";
    /// Variant of a product.
    ProductVariantId = "variant";
    /// Image of a product.
    ProductImageId = "image";
    /// Product type.
    ProductTypeId = "product_type";
    /// Attribute of products or variants.
    AttributeId = "attribute";
    /// Choice of an attribute.
    AttributeChoiceId = "attribute_choice";
    /// Stored picture of a product, store or category.
    PictureId = "picture";
    /// File of a digital product.
    DigitalFileId = "digital_file";
    /// Right to download a digital order line.
    DownloadGrantId = "download_grant";
    /// Download of a file.
    DownloadId = "download";
    /// Staged upload.
    StagedUploadId = "upload";
    /// Review.
    ReviewId = "review";
    /// Cart.
    CartId = "cart";
    /// Cart line.
    CartLineId = "cart_line";
    /// Shipping method.
    ShippingMethodId = "shipping_method";
    /// Tax rate of a country.
    TaxRateId = "tax_rate";
    /// Group of synonyms of the search.
    SearchSynonymId = "search_synonym";
    /// Checkout.
    CheckoutId = "checkout";
    /// Order.
    OrderId = "order";
    /// Store order.
    StoreOrderId = "store_order";
    /// Order line.
    OrderLineId = "order_line";
    /// Note on an order.
    OrderNoteId = "order_note";
    /// Fulfillment.
    FulfillmentId = "fulfillment";
    /// Fulfillment line.
    FulfillmentLineId = "fulfillment_line";
    /// Payment.
    PaymentId = "payment";
    /// Capture of a payment.
    CaptureId = "capture";
    /// Refund of a payment.
    RefundId = "refund";
    /// Line of a refund.
    RefundLineId = "refund_line";
    /// Dispute about a payment.
    DisputeId = "dispute";
    /// Share of a store order in a dispute.
    DisputeShareId = "dispute_share";
    /// Difference that the reconciliation of money found.
    ReconciliationFindingId = "finding";
    /// Call to a payment provider.
    PaymentAttemptId = "payment_attempt";
    /// Account of the ledger.
    LedgerAccountId = "ledger_account";
    /// Transaction of the ledger.
    LedgerTransactionId = "ledger_transaction";
    /// Entry of the ledger.
    LedgerEntryId = "ledger_entry";
    /// Earning of a store.
    EarningId = "earning";
    /// Event that a payment provider sent.
    ProviderEventId = "provider_event";
    /// Event of an order.
    EventId = "event";
    /// Job.
    JobId = "job";
    /// Import of products.
    ProductImportId = "product_import";
    /// Export of products.
    ProductExportId = "product_export";
    /// Post on a social network.
    SocialPostId = "social_post";
}
