//! The closed sets, as clients see them.

use async_graphql::Enum;

/// What a person is to the marketplace; each may do what those before it may.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::Role")]
pub enum Role {
    /// Can place orders.
    Customer,
    /// Can own stores, too.
    Vendor,
    /// Works for the marketplace: can do what their permissions allow.
    Staff,
    /// Holds every permission.
    Admin,
    /// Holds every permission, changes the settings and appoints staff.
    Owner,
}

/// Status of a user account.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::UserStatus")]
pub enum UserStatus {
    /// The user can sign in.
    Active,
    /// Blocked by the marketplace: the user cannot sign in, and their stores are suspended.
    Blocked,
    /// Closed by the user, who can never sign in again; personal data is erased.
    Closed,
}

/// What a member of the staff may do.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::Permission")]
pub enum Permission {
    /// Can see and change any order.
    ManageOrders,
    /// Can change any store, product, category and shipping method.
    ManageProducts,
    /// Can list, block and promote users.
    ManageUsers,
    /// Gives no right.
    #[graphql(deprecation = "It gives no right.")]
    ManageContent,
    /// Gives no right.
    #[graphql(deprecation = "It gives no right.")]
    ManagePromotions,
    /// Can publish, reject and delete every review, and answer reviews for every store.
    Moderate,
    /// Gives no right.
    #[graphql(deprecation = "It gives no right.")]
    ViewAnalytics,
}

/// How the tokens of a session are sent.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::SessionTransport")]
pub enum SessionTransport {
    /// In the answer; the client sends the access token in the header `Authorization`.
    Token,
    /// In cookies that scripts cannot read.
    Cookie,
}

/// Status of a store.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::StoreStatus")]
pub enum StoreStatus {
    /// Waits for approval by staff; buyers do not see it.
    Pending,
    /// Open: buyers see the store and its products.
    Active,
    /// Suspended by staff; buyers do not see it.
    Suspended,
    /// Closed for good by its owner or staff; its orders stay.
    Closed,
}

/// What a member of a store can do.
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
    /// Not published yet; visible to the store only.
    Draft,
    /// For sale if its store is open.
    Active,
    /// No longer for sale; visible to the store only.
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
    /// Waits for moderation; only its author and moderators can see it.
    Pending,
    /// Rejected by a moderator; only its author and moderators can see it.
    Rejected,
}

/// Status of an order or a store order.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::OrderStatus")]
pub enum OrderStatus {
    /// Waits for its payment; its stock is reserved.
    Pending,
    /// Paid, or to be paid later, such as on delivery. The store can process it; the buyer can cancel it.
    Confirmed,
    /// The store is processing it. The store can cancel what is not shipped.
    Processing,
    /// Everything is shipped.
    Shipped,
    /// Delivered. The buyer can review the products; it is completed after 14 days.
    Delivered,
    /// Completed: nothing more will happen.
    Completed,
    /// Cancelled; the stock was restored.
    Cancelled,
    /// The money was returned to the buyer.
    Refunded,
    /// The payment failed; the stock was restored, and the checkout is open again.
    Failed,
}

/// Payment provider.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::PaymentProvider")]
pub enum PaymentProvider {
    /// Cash on delivery or a bank transfer. A person marks the order as paid.
    Manual,
    /// For tests: moves no money and does what its token says.
    Sandbox,
}

/// Status of a payment.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::PaymentStatus")]
pub enum PaymentStatus {
    /// Not requested yet, or not answered by the provider yet.
    Pending,
    /// The buyer must confirm it; then call `paymentConfirm`.
    RequiresAction,
    /// Authorized, but not received yet.
    Authorized,
    /// Received.
    Captured,
    /// Refused by the provider; nothing was charged.
    Failed,
    /// Cancelled before it was captured.
    Cancelled,
    /// A part of it was returned to the buyer.
    PartiallyRefunded,
    /// All of it was returned to the buyer.
    Refunded,
}

/// Kind of actor that caused an event.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::ActorKind")]
pub enum ActorKind {
    /// A guest.
    Guest,
    /// The buyer.
    Customer,
    /// A person who works for the store.
    Store,
    /// A person who works for the marketplace.
    Staff,
    /// The server, such as after an answer of a payment provider.
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
    /// The order failed, as its payment did.
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
    /// Everything of a store order is shipped.
    StoreOrderShipped,
    /// A store order was delivered.
    StoreOrderDelivered,
    /// A store order is completed.
    StoreOrderCompleted,
    /// A store order was cancelled.
    StoreOrderCancelled,
    /// A store order failed, as the payment did.
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

/// A social network.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::SocialNetwork")]
pub enum SocialNetwork {
    /// X, by its API version 2.
    X,
    /// A plain HTTP endpoint.
    Webhook,
}

/// Status of a post.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::SocialPostStatus")]
pub enum SocialPostStatus {
    /// Waits to be published, or for another attempt.
    Pending,
    /// Published.
    Posted,
    /// Could not be published.
    Failed,
}
