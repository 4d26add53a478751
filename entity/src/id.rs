//! Identifiers: one type for each table, so that a product's cannot be passed where a store's is meant.
//!
//! Stored as native UUIDs (version 7, sortable by time); written for clients as TypeIDs
//! (<https://github.com/jetify-com/typeid/tree/main/spec>), such as `store_01h455vb4pex5vsknk084sn02q`.

use sea_orm::{DbErr, DeriveValueType, TryFromU64};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use type_safe_id::{DynamicType, TypeSafeId};
use uuid::Uuid;

/// Why a text is not an identifier of the wanted type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidId {
    /// What the text should begin with.
    pub expected: &'static str,
}

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not an ID of the form {}_...", self.expected)
    }
}

impl std::error::Error for InvalidId {}

/// An identifier of one table's rows.
pub trait Id: Copy + Eq + std::hash::Hash + Send + Sync + fmt::Display + FromStr<Err = InvalidId> + From<Uuid> + 'static {
    /// What its text begins with, before the underscore.
    const PREFIX: &'static str;

    /// The identifier as it is stored.
    fn uuid(self) -> Uuid;
}

/// Reads a TypeID of any type: its prefix and its UUID.
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
    /// Of a person.
    UserId = "user";
    /// Of a person as others see them: the UUID of their account.
    PersonId = "person";
    /// Of a sign-in.
    SessionId = "session";
    /// Of a token sent by mail.
    OneTimeTokenId = "one_time_token";
    /// Of an entry in an address book.
    AddressId = "address";
    /// Of a store.
    StoreId = "store";
    /// Of a membership in a store.
    StoreMemberId = "store_member";
    /// Of an invitation to work for a store.
    StoreInvitationId = "store_invitation";
    /// Of a category.
    CategoryId = "category";
    /// Of a product.
    ProductId = "product";
    /// Of a variant of a product.
    ProductVariantId = "variant";
    /// Of a product's picture.
    ProductImageId = "image";
    /// Of a file on its way into the storage.
    StagedUploadId = "upload";
    /// Of a review.
    ReviewId = "review";
    /// Of a cart.
    CartId = "cart";
    /// Of a line in a cart.
    CartLineId = "cart_line";
    /// Of a way to send.
    ShippingMethodId = "shipping_method";
    /// Of a country's tax rate.
    TaxRateId = "tax_rate";
    /// Of a checkout.
    CheckoutId = "checkout";
    /// Of an order.
    OrderId = "order";
    /// Of one store's part of an order.
    StoreOrderId = "store_order";
    /// Of a line in an order.
    OrderLineId = "order_line";
    /// Of a parcel.
    FulfillmentId = "fulfillment";
    /// Of a line in a parcel.
    FulfillmentLineId = "fulfillment_line";
    /// Of a payment.
    PaymentId = "payment";
    /// Of a call to a payment provider.
    PaymentAttemptId = "payment_attempt";
    /// Of an event in the log.
    EventId = "event";
    /// Of a job.
    JobId = "job";
    /// Of a post on a social network.
    SocialPostId = "social_post";
}
