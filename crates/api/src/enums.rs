//! Enums of the schema that have the values of entities, with their documentation.

use async_graphql::Enum;

/// Makes an enum of the schema from the definition of another one, in the given module.
macro_rules! graphql_enum {
    ($graphql:ident of $module:path; $(#[$doc:meta])* $name:ident {
        $($(#[$vdoc:meta])* $variant:ident $((deprecated: $reason:literal))?,)*
    }) => {
        $(#[$doc])*
        #[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $graphql {
            $($(#[$vdoc])* $(#[graphql(deprecation = $reason)])? $variant,)*
        }

        const _: () = {
            use $module as module;

            impl From<module::$name> for $graphql {
                fn from(value: module::$name) -> Self {
                    match value { $(module::$name::$variant => Self::$variant),* }
                }
            }

            impl From<$graphql> for module::$name {
                fn from(value: $graphql) -> Self {
                    match value { $($graphql::$variant => Self::$variant),* }
                }
            }
        };
    };
}

entity::role!(graphql_enum Role of entity::value;);
entity::user_status!(graphql_enum UserStatus of entity::value;);
entity::permission!(graphql_enum Permission of entity::value;);
entity::session_transport!(graphql_enum SessionTransport of entity::value;);
entity::store_status!(graphql_enum StoreStatus of entity::value;);
entity::store_role!(graphql_enum StoreRole of entity::value;);
entity::product_status!(graphql_enum ProductStatus of entity::value;);
entity::product_kind!(graphql_enum ProductKind of entity::value;);
entity::attribute_input_type!(graphql_enum AttributeInputType of entity::value;);
entity::attribute_level!(graphql_enum AttributeLevel of entity::value;);
entity::review_status!(graphql_enum ReviewStatus of entity::value;);
entity::note_visibility!(graphql_enum OrderNoteVisibility of entity::value;);
entity::image_size!(graphql_enum ImageSize of entity::value;);
entity::order_status!(graphql_enum OrderStatus of entity::value;);
entity::payment_provider!(graphql_enum PaymentProvider of entity::value;);
entity::payment_status!(graphql_enum PaymentStatus of entity::value;);
entity::refund_reason!(graphql_enum RefundReason of entity::value;);
entity::refund_status!(graphql_enum RefundStatus of entity::value;);
entity::dispute_status!(graphql_enum DisputeStatus of entity::value;);
entity::dispute_funds!(graphql_enum DisputeFunds of entity::value;);
entity::dispute_bearer!(graphql_enum DisputeBearer of entity::value;);
entity::finding_kind!(graphql_enum ReconciliationFindingKind of entity::value;);
entity::ledger_account_kind!(graphql_enum LedgerAccountKind of entity::value;);
entity::ledger_transaction_kind!(graphql_enum LedgerTransactionKind of entity::value;);
entity::earning_kind!(graphql_enum EarningKind of entity::value;);
entity::actor_kind!(graphql_enum ActorKind of entity::value;);
entity::event_type!(graphql_enum OrderEventType of entity::value;);
entity::social_network!(graphql_enum SocialNetwork of entity::value;);
entity::social_post_status!(graphql_enum SocialPostStatus of entity::value;);
entity::product_file_format!(graphql_enum ProductFileFormat of entity::value;);
entity::product_import_mode!(graphql_enum ProductImportMode of entity::value;);
entity::product_transfer_status!(graphql_enum ProductTransferStatus of entity::value;);
entity::upload_purpose!(graphql_enum UploadPurpose of entity::value;);
souk_core::problem_codes!(graphql_enum UserErrorCode of souk_core::error;);
