//! Enums and small documents that are stored in columns, by feature.

mod account;
mod address;
mod attribute;
mod checkout;
mod event;
mod image;
mod import;
mod job;
mod ledger;
mod order;
mod payment;
mod product;
mod review;
mod social;
mod store;
mod upload;

pub use account::*;
pub use address::*;
pub use attribute::*;
pub use checkout::*;
pub use event::*;
pub use image::*;
pub use import::*;
pub use job::*;
pub use ledger::*;
pub use order::*;
pub use payment::*;
pub use product::*;
pub use review::*;
pub use social::*;
pub use store::*;
pub use upload::*;

/// Defines enums that are stored as text. `Role in role { ... }` also defines a macro `role!`, which passes the definition with its
/// documentation to another macro: the API makes its own enum of it. The `$` at the beginning is needed by that inner macro.
macro_rules! stored_enums {
    ($d:tt $($(#[$doc:meta])* $name:ident in $definition:ident {
        $($(#[$vdoc:meta])* $variant:ident = $text:literal $((deprecated: $reason:literal))?,)*
    })*) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, sea_orm::EnumIter, sea_orm::DeriveActiveEnum,
            serde::Serialize, serde::Deserialize,
        )]
        #[sea_orm(rs_type = "String", db_type = "String(sea_orm::sea_query::StringLen::N(24))")]
        pub enum $name {
            $(
                $(#[$vdoc])*
                #[sea_orm(string_value = $text)]
                #[serde(rename = $text)]
                $variant,
            )*
        }

        impl $name {
            /// All values in their order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The value as it is stored and as clients read it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = ();
            fn from_str(text: &str) -> Result<Self, ()> {
                match text { $($text => Ok(Self::$variant),)* _ => Err(()) }
            }
        }

        /// Passes the definition of the enum to a macro, after what else is given.
        #[macro_export]
        macro_rules! $definition {
            ($d macro_name:ident $d($d more:tt)*) => {
                $d macro_name! {
                    $d($d more)* $(#[$doc])* $name { $($(#[$vdoc])* $variant $((deprecated: $reason))?,)* }
                }
            };
        }
    )*};
}
use stored_enums;

macro_rules! json_lists {
    ($($(#[$doc:meta])* $name:ident($item:ty);)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
        #[serde(transparent)]
        pub struct $name(pub Vec<$item>);
    )*};
}
use json_lists;
