//! Enums of the schema that have the values of entities.

use async_graphql::Enum;

/// Role of a user in the marketplace.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::Role")]
pub enum Role {
    /// Can place orders.
    Customer,
    /// Can place orders and own stores.
    Vendor,
    /// Works for the marketplace with chosen permissions; cannot own stores.
    Staff,
    /// Holds every permission; can also own stores.
    Admin,
    /// Holds every permission, changes the settings and appoints staff; can also own stores.
    Owner,
}

/// Status of a user account.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::UserStatus")]
pub enum UserStatus {
    /// The user can sign in.
    Active,
    /// Blocked by the marketplace: the user cannot sign in, and the user's stores are suspended.
    Blocked,
    /// Closed by the user, who can never sign in again; personal data is erased.
    Closed,
}

/// Permission of a user who works for the marketplace.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::Permission")]
pub enum Permission {
    /// Can see and change any order.
    ManageOrders,
    /// Can change any store, product, category and shipping method.
    ManageProducts,
    /// Can list and block users, and decide who is a vendor.
    ManageUsers,
    /// Has no effect.
    #[graphql(deprecation = "It has no effect.")]
    ManageContent,
    /// Has no effect.
    #[graphql(deprecation = "It has no effect.")]
    ManagePromotions,
    /// Can publish, reject and delete every review.
    Moderate,
    /// Has no effect.
    #[graphql(deprecation = "It has no effect.")]
    ViewAnalytics,
}

/// How the tokens of a session are sent.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::SessionTransport")]
pub enum SessionTransport {
    /// In the response; the client sends the access token in the header `Authorization`.
    Token,
    /// In cookies that scripts cannot read.
    Cookie,
}

/// Status of a store.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::StoreStatus")]
pub enum StoreStatus {
    /// Waiting for approval by staff; buyers do not see the store.
    Pending,
    /// Open: buyers see the store and its products.
    Active,
    /// Suspended by staff, or because its owner is blocked; buyers do not see the store.
    Suspended,
    /// Closed for good by its owner or staff; its orders remain.
    Closed,
}

/// Role of a member in a store.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::StoreRole")]
pub enum StoreRole {
    /// Full control of the store.
    Owner,
    /// Can manage products and orders, and reply to reviews.
    Manager,
    /// Can manage orders only.
    Fulfiller,
}

/// Status of a product.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::ProductStatus")]
pub enum ProductStatus {
    /// Not published yet; buyers do not see it.
    Draft,
    /// For sale if its store is open.
    Active,
    /// No longer for sale; buyers do not see it.
    Archived,
}

/// How a product is delivered.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::ProductKind")]
pub enum ProductKind {
    /// Shipped to an address; has stock.
    Physical,
    /// Delivered as a file; has neither stock nor shipping.
    Digital,
}

/// Status of a review.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::ReviewStatus")]
pub enum ReviewStatus {
    /// Everyone can see it, and it counts towards ratings.
    Published,
    /// Waiting for moderation; only its author and moderators can see it.
    Pending,
    /// Rejected by a moderator; only its author and moderators can see it.
    Rejected,
}

/// Status of an order or a store order.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::OrderStatus")]
pub enum OrderStatus {
    /// Waiting for its payment; its stock is reserved.
    Pending,
    /// Paid, or to be paid later, such as on delivery. The store can process it; the buyer can cancel it.
    Confirmed,
    /// The store is processing it. The store can cancel what is not shipped.
    Processing,
    /// Everything has been shipped.
    Shipped,
    /// Delivered. The buyer can review the products; it is completed after 14 days.
    Delivered,
    /// Completed; the status is final.
    Completed,
    /// Cancelled; the stock was restored.
    Cancelled,
    /// The money was returned to the buyer.
    Refunded,
    /// The payment failed; the stock was restored, and the checkout is open again.
    Failed,
}

/// Provider that processes payments.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::PaymentProvider")]
pub enum PaymentProvider {
    /// Manual payment, such as cash on delivery or a bank transfer: the order is marked as paid by a person.
    Manual,
    /// Test provider: moves no money, and the payment token chooses the outcome.
    Sandbox,
}

/// Status of a payment.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::PaymentStatus")]
pub enum PaymentStatus {
    /// Not requested yet, or without a response of the provider yet.
    Pending,
    /// The buyer must complete an action, such as a confirmation; then call `paymentConfirm`.
    RequiresAction,
    /// Authorized, but not received yet.
    Authorized,
    /// The money was received.
    Captured,
    /// Refused by the provider; nothing was charged.
    Failed,
    /// Cancelled before it was captured.
    Cancelled,
    /// Part of the money was returned to the buyer.
    PartiallyRefunded,
    /// All of the money was returned to the buyer.
    Refunded,
}

/// Kind of actor that caused an event.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::ActorKind")]
pub enum ActorKind {
    /// Buyer who is not signed in.
    Guest,
    /// Buyer who is signed in.
    Customer,
    /// Owner or member of the store.
    Store,
    /// Staff of the marketplace.
    Staff,
    /// The server, such as after a response of a payment provider.
    System,
}

/// Type of an event of an order.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::EventType")]
pub enum OrderEventType {
    /// The order was placed.
    OrderPlaced,
    /// The order is confirmed: its payment was received, or is due later.
    OrderConfirmed,
    /// The order failed because its payment failed.
    OrderFailed,
    /// The order was cancelled.
    OrderCancelled,
    /// A store received its store order.
    StoreOrderPlaced,
    /// A store order is confirmed: the store can process it.
    StoreOrderConfirmed,
    /// A store began to process its store order.
    StoreOrderProcessing,
    /// A parcel of a store order was shipped.
    FulfillmentCreated,
    /// Everything in a store order has been shipped.
    StoreOrderShipped,
    /// A store order was delivered.
    StoreOrderDelivered,
    /// A store order is completed.
    StoreOrderCompleted,
    /// A store order was cancelled.
    StoreOrderCancelled,
    /// A store order failed because the payment failed.
    StoreOrderFailed,
    /// The payment was received.
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

/// Social network that new stores and products are posted to.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::SocialNetwork")]
pub enum SocialNetwork {
    /// X, formerly Twitter.
    X,
    /// HTTP endpoint that the marketplace configured.
    Webhook,
}

/// Status of a post on a social network.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::SocialPostStatus")]
pub enum SocialPostStatus {
    /// Waiting to be published, or for another attempt.
    Pending,
    /// Published on the network.
    Posted,
    /// Could not be published.
    Failed,
}
