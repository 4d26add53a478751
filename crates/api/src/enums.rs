//! Enums of the schema that have the values of entities, with their documentation.

use async_graphql::Enum;

/// Makes an enum of the schema from the definition of a stored one (`entity::value`).
macro_rules! graphql_enum {
    ($graphql:ident of $(#[$doc:meta])* $name:ident {
        $($(#[$vdoc:meta])* $variant:ident $((deprecated: $reason:literal))?,)*
    }) => {
        $(#[$doc])*
        #[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $graphql {
            $($(#[$vdoc])* $(#[graphql(deprecation = $reason)])? $variant,)*
        }

        impl From<entity::value::$name> for $graphql {
            fn from(value: entity::value::$name) -> Self {
                match value { $(entity::value::$name::$variant => Self::$variant),* }
            }
        }

        impl From<$graphql> for entity::value::$name {
            fn from(value: $graphql) -> Self {
                match value { $($graphql::$variant => Self::$variant),* }
            }
        }
    };
}

entity::role!(graphql_enum Role of);
entity::user_status!(graphql_enum UserStatus of);
entity::permission!(graphql_enum Permission of);
entity::session_transport!(graphql_enum SessionTransport of);
entity::store_status!(graphql_enum StoreStatus of);
entity::store_role!(graphql_enum StoreRole of);
entity::product_status!(graphql_enum ProductStatus of);
entity::product_kind!(graphql_enum ProductKind of);
entity::review_status!(graphql_enum ReviewStatus of);
entity::order_status!(graphql_enum OrderStatus of);
entity::payment_provider!(graphql_enum PaymentProvider of);
entity::payment_status!(graphql_enum PaymentStatus of);
entity::actor_kind!(graphql_enum ActorKind of);
entity::event_type!(graphql_enum OrderEventType of);
entity::social_network!(graphql_enum SocialNetwork of);
entity::social_post_status!(graphql_enum SocialPostStatus of);
