//! The closed sets and the small documents that are stored in columns.

use sea_orm::sea_query::StringLen;
use sea_orm::{DeriveActiveEnum, EnumIter, FromJsonQueryResult};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use uuid::Uuid;

macro_rules! stored_enums {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
        #[sea_orm(rs_type = "String", db_type = "String(StringLen::N(24))")]
        pub enum $name {
            $(
                $(#[$vdoc])*
                #[sea_orm(string_value = $text)]
                #[serde(rename = $text)]
                $variant,
            )*
        }

        impl $name {
            /// All of them, in their order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// As it is stored and as clients read it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = ();
            fn from_str(text: &str) -> Result<Self, ()> {
                match text { $($text => Ok(Self::$variant),)* _ => Err(()) }
            }
        }
    )*};
}

stored_enums! {
    /// What a person is to the marketplace; each may do what those before it may.
    Role {
        /// Buys.
        Customer = "CUSTOMER",
        /// May own stores.
        Vendor = "VENDOR",
        /// Works for the marketplace, with permissions.
        Staff = "STAFF",
        /// Holds every permission of the staff.
        Admin = "ADMIN",
        /// The superuser: settings, staff, API keys.
        Owner = "OWNER",
    }
    /// Whether a person can sign in.
    UserStatus {
        /// Yes.
        Active = "ACTIVE",
        /// Shut out by the marketplace.
        Blocked = "BLOCKED",
        /// Closed by the person; personal data is erased.
        Closed = "CLOSED",
    }
    /// What a member of the staff may do.
    Permission {
        /// See and change any order.
        ManageOrders = "MANAGE_ORDERS",
        /// Change any store, product and category.
        ManageProducts = "MANAGE_PRODUCTS",
        /// List, block and promote users.
        ManageUsers = "MANAGE_USERS",
        /// Pages, banners and questions.
        ManageContent = "MANAGE_CONTENT",
        /// Coupons.
        ManagePromotions = "MANAGE_PROMOTIONS",
        /// Reviews and reports.
        Moderate = "MODERATE",
        /// Figures of the marketplace.
        ViewAnalytics = "VIEW_ANALYTICS",
    }
    /// How a session's tokens travel.
    SessionTransport {
        /// In the answer, and then in a header.
        Token = "TOKEN",
        /// In cookies that scripts can't read.
        Cookie = "COOKIE",
    }
    /// What a token sent by mail allows.
    TokenPurpose {
        /// Proving the address.
        VerifyEmail = "VERIFY_EMAIL",
        /// Setting a new password.
        ResetPassword = "RESET_PASSWORD",
        /// Proving the new address.
        ChangeEmail = "CHANGE_EMAIL",
    }
    /// Whether a store trades.
    StoreStatus {
        /// Waits for the marketplace.
        Pending = "PENDING",
        /// Open.
        Active = "ACTIVE",
        /// Stopped by the marketplace.
        Suspended = "SUSPENDED",
        /// Ended by its owner; its orders stay.
        Closed = "CLOSED",
    }
    /// What somebody is to a store.
    StoreRole {
        /// Everything.
        Owner = "OWNER",
        /// Products and orders.
        Manager = "MANAGER",
        /// Orders only.
        Fulfiller = "FULFILLER",
    }
    /// Answer to an invitation to work for a store.
    StoreInvitationStatus {
        /// Not answered yet.
        Pending = "PENDING",
        /// The invited person became a member.
        Accepted = "ACCEPTED",
        /// The invited person does not want to.
        Declined = "DECLINED",
        /// Taken back by the store, or replaced by a newer invitation.
        Revoked = "REVOKED",
    }
    /// Whether a product is for sale.
    ProductStatus {
        /// Being written; only the store sees it.
        Draft = "DRAFT",
        /// For sale.
        Active = "ACTIVE",
        /// No longer for sale.
        Archived = "ARCHIVED",
    }
    /// Whether something is sent.
    ProductKind {
        /// Sent to an address, from a stock.
        Physical = "PHYSICAL",
        /// Delivered as a file; neither stock nor shipping.
        Digital = "DIGITAL",
    }
    /// Whether others see a review.
    ReviewStatus {
        /// Yes.
        Published = "PUBLISHED",
        /// Waits for moderation.
        Pending = "PENDING",
        /// Refused by moderation.
        Rejected = "REJECTED",
    }
    /// Where a checkout stands.
    CheckoutStatus {
        /// Can still be changed.
        Open = "OPEN",
        /// Has become an order.
        Completed = "COMPLETED",
    }
    /// Where an order, or a store's part of it, stands.
    OrderStatus {
        /// Awaits payment.
        Pending = "PENDING",
        /// Paid, or to be paid on delivery; the store can begin.
        Confirmed = "CONFIRMED",
        /// The store is at work.
        Processing = "PROCESSING",
        /// All of it is on its way.
        Shipped = "SHIPPED",
        /// It arrived.
        Delivered = "DELIVERED",
        /// Nothing more will happen.
        Completed = "COMPLETED",
        /// Called off; the stock was given back.
        Cancelled = "CANCELLED",
        /// The money went back.
        Refunded = "REFUNDED",
        /// The payment failed; the stock was given back.
        Failed = "FAILED",
    }
    /// Who moves the money.
    PaymentProvider {
        /// Cash on delivery or a bank transfer, noted by a person.
        Manual = "MANUAL",
        /// Acts as told by its token; moves nothing.
        Sandbox = "SANDBOX",
    }
    /// Where a payment stands.
    PaymentStatus {
        /// Not asked for yet, or no answer yet.
        Pending = "PENDING",
        /// The buyer must confirm it.
        RequiresAction = "REQUIRES_ACTION",
        /// Promised.
        Authorized = "AUTHORIZED",
        /// Received.
        Captured = "CAPTURED",
        /// Refused.
        Failed = "FAILED",
        /// Called off before it was captured.
        Cancelled = "CANCELLED",
        /// Some of it went back.
        PartiallyRefunded = "PARTIALLY_REFUNDED",
        /// All of it went back.
        Refunded = "REFUNDED",
    }
    /// Who did something.
    ActorKind {
        /// A guest.
        Guest = "GUEST",
        /// The buyer.
        Customer = "CUSTOMER",
        /// Somebody of the store.
        Store = "STORE",
        /// Somebody of the marketplace.
        Staff = "STAFF",
        /// Souk itself.
        System = "SYSTEM",
    }
    /// What happened to an order.
    EventType {
        /// It was placed.
        OrderPlaced = "ORDER_PLACED",
        /// Its payment was received, or is due on delivery.
        OrderConfirmed = "ORDER_CONFIRMED",
        /// Its payment failed.
        OrderFailed = "ORDER_FAILED",
        /// It was called off.
        OrderCancelled = "ORDER_CANCELLED",
        /// A store got its part.
        StoreOrderPlaced = "STORE_ORDER_PLACED",
        /// A store's part may be begun.
        StoreOrderConfirmed = "STORE_ORDER_CONFIRMED",
        /// A store began its part.
        StoreOrderProcessing = "STORE_ORDER_PROCESSING",
        /// Some of a store's part is on its way.
        FulfillmentCreated = "FULFILLMENT_CREATED",
        /// All of a store's part is on its way.
        StoreOrderShipped = "STORE_ORDER_SHIPPED",
        /// A store's part arrived.
        StoreOrderDelivered = "STORE_ORDER_DELIVERED",
        /// A store's part is done.
        StoreOrderCompleted = "STORE_ORDER_COMPLETED",
        /// A store's part was called off.
        StoreOrderCancelled = "STORE_ORDER_CANCELLED",
        /// A store's part came to nothing: the payment failed.
        StoreOrderFailed = "STORE_ORDER_FAILED",
        /// Money was received.
        PaymentCaptured = "PAYMENT_CAPTURED",
        /// A payment was refused or cancelled.
        PaymentFailed = "PAYMENT_FAILED",
        /// Money was received that must be returned to the buyer.
        RefundDue = "REFUND_DUE",
        /// Some of a store's part was cancelled.
        LinesCancelled = "LINES_CANCELLED",
        /// A guest's order was added to the account of its buyer.
        OrderClaimed = "ORDER_CLAIMED",
    }
    /// Where a job stands.
    JobStatus {
        /// Waits for its time, or is being done under a lease.
        Queued = "QUEUED",
        /// Done.
        Done = "DONE",
        /// Given up; can be run again.
        Failed = "FAILED",
    }
    /// A social network.
    SocialNetwork {
        /// X, by its API version 2.
        X = "X",
        /// A plain HTTP endpoint.
        Webhook = "WEBHOOK",
    }
    /// What came of a post.
    SocialPostStatus {
        /// Waits, or is tried again.
        Pending = "PENDING",
        /// It is out.
        Posted = "POSTED",
        /// Given up.
        Failed = "FAILED",
    }
}

/// A postal address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct PostalAddress {
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Where it is an office.
    #[serde(default)]
    pub company: Option<String>,
    /// Street and number.
    pub line1: String,
    /// Flat, floor, building.
    #[serde(default)]
    pub line2: Option<String>,
    /// Town.
    pub city: String,
    /// State, province or district.
    #[serde(default)]
    pub region: Option<String>,
    /// Where the country has them.
    #[serde(default)]
    pub postal_code: Option<String>,
    /// ISO 3166-1 alpha-2, such as NP.
    pub country: String,
    /// For the courier.
    #[serde(default)]
    pub phone: Option<String>,
}

/// A titled part of a product's description.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Such as "How to use".
    pub title: String,
    /// Sanitised HTML.
    pub body: String,
}

/// A choice that a variant stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariantOption {
    /// Such as "Size".
    pub name: String,
    /// Such as "M".
    pub value: String,
}

macro_rules! json_lists {
    ($($(#[$doc:meta])* $name:ident($item:ty);)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
        #[serde(transparent)]
        pub struct $name(pub Vec<$item>);
    )*};
}

json_lists! {
    /// Titled parts, in order.
    Sections(Section);
    /// Labels, in the vendor's words.
    Tags(String);
    /// Choices, in order.
    Options(VariantOption);
    /// ISO 3166-1 alpha-2 codes.
    Countries(String);
    /// What a member of the staff may do.
    Permissions(Permission);
}

/// The shipping method chosen for each store's part: store to method.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct ShippingChoices(pub BTreeMap<Uuid, Uuid>);
