//! The closed sets, as clients see them.

use async_graphql::Enum;

/// What a person is to the marketplace; each may do what those before it may.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::Role")]
pub enum Role {
    /// Buys.
    Customer,
    /// May own stores.
    Vendor,
    /// Works for the marketplace, with permissions.
    Staff,
    /// Holds every permission of the staff.
    Admin,
    /// The superuser: settings, staff, API keys.
    Owner,
}

/// Whether a person can sign in.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::UserStatus")]
pub enum UserStatus {
    /// Yes.
    Active,
    /// Shut out by the marketplace.
    Blocked,
    /// Closed by the person; personal data is erased.
    Closed,
}

/// What a member of the staff may do.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::Permission")]
pub enum Permission {
    /// See and change any order.
    ManageOrders,
    /// Change any store, product and category.
    ManageProducts,
    /// List, block and promote users.
    ManageUsers,
    /// Pages, banners and questions.
    ManageContent,
    /// Coupons.
    ManagePromotions,
    /// Reviews and reports.
    Moderate,
    /// Figures of the marketplace.
    ViewAnalytics,
}

/// How a session's tokens travel.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::SessionTransport")]
pub enum SessionTransport {
    /// In the answer, and then in a header.
    Token,
    /// In cookies that scripts can't read.
    Cookie,
}

/// Whether a store trades.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::StoreStatus")]
pub enum StoreStatus {
    /// Waits for the marketplace.
    Pending,
    /// Open.
    Active,
    /// Stopped by the marketplace.
    Suspended,
    /// Ended by its owner; its orders stay.
    Closed,
}

/// What somebody is to a store.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::StoreRole")]
pub enum StoreRole {
    /// Everything.
    Owner,
    /// Products and orders.
    Manager,
    /// Orders only.
    Fulfiller,
}

/// Whether a product is for sale.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::ProductStatus")]
pub enum ProductStatus {
    /// Being written; only the store sees it.
    Draft,
    /// For sale.
    Active,
    /// No longer for sale.
    Archived,
}

/// Whether something is sent.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::ProductKind")]
pub enum ProductKind {
    /// Sent to an address, from a stock.
    Physical,
    /// Delivered as a file; neither stock nor shipping.
    Digital,
}

/// Whether others see a review.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::ReviewStatus")]
pub enum ReviewStatus {
    /// Yes.
    Published,
    /// Waits for moderation.
    Pending,
    /// Refused by moderation.
    Rejected,
}

/// Where an order, or a store's part of it, stands.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::OrderStatus")]
pub enum OrderStatus {
    /// Awaits payment.
    Pending,
    /// Paid, or to be paid on delivery; the store can begin.
    Confirmed,
    /// The store is at work.
    Processing,
    /// All of it is on its way.
    Shipped,
    /// It arrived.
    Delivered,
    /// Nothing more will happen.
    Completed,
    /// Cancelled; the stock was given back.
    Cancelled,
    /// The money went back.
    Refunded,
    /// The payment failed; the stock was given back.
    Failed,
}

/// Who moves the money.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::PaymentProvider")]
pub enum PaymentProvider {
    /// Cash on delivery or a bank transfer, noted by a person.
    Manual,
    /// Acts as told by its token; moves nothing.
    Sandbox,
}

/// Where a payment stands.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::PaymentStatus")]
pub enum PaymentStatus {
    /// Not asked for yet, or no answer yet.
    Pending,
    /// The buyer must confirm it.
    RequiresAction,
    /// Promised.
    Authorized,
    /// Received.
    Captured,
    /// Refused.
    Failed,
    /// Cancelled before it was captured.
    Cancelled,
    /// Some of it went back.
    PartiallyRefunded,
    /// All of it went back.
    Refunded,
}

/// Who did something.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::ActorKind")]
pub enum ActorKind {
    /// A guest.
    Guest,
    /// The buyer.
    Customer,
    /// Somebody of the store.
    Store,
    /// Somebody of the marketplace.
    Staff,
    /// Souk itself.
    System,
}

/// What happened to an order.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::EventType")]
pub enum EventType {
    /// It was placed.
    OrderPlaced,
    /// Its payment was received, or is due on delivery.
    OrderConfirmed,
    /// Its payment failed.
    OrderFailed,
    /// It was cancelled.
    OrderCancelled,
    /// A store got its part.
    StoreOrderPlaced,
    /// A store's part may be begun.
    StoreOrderConfirmed,
    /// A store began its part.
    StoreOrderProcessing,
    /// Some of a store's part is on its way.
    FulfillmentCreated,
    /// All of a store's part is on its way.
    StoreOrderShipped,
    /// A store's part arrived.
    StoreOrderDelivered,
    /// A store's part is done.
    StoreOrderCompleted,
    /// A store order was cancelled.
    StoreOrderCancelled,
    /// A store's part came to nothing: the payment failed.
    StoreOrderFailed,
    /// Money was received.
    PaymentCaptured,
    /// A payment was refused or cancelled.
    PaymentFailed,
    /// Money was received that must be returned to the buyer.
    RefundDue,
    /// Some of the quantity of a store order was cancelled.
    LinesCancelled,
    /// A guest's order was added to the account of its buyer.
    OrderClaimed,
}

/// A social network.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::SocialNetwork")]
pub enum SocialNetwork {
    /// X, by its API version 2.
    X,
    /// A plain HTTP endpoint.
    Webhook,
}

/// What came of a post.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::SocialPostStatus")]
pub enum SocialPostStatus {
    /// Waits, or is tried again.
    Pending,
    /// It is out.
    Posted,
    /// Given up.
    Failed,
}
