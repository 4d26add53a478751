//! Imports of all entity files.

pub use crate::id::*;
pub use crate::money::{CurrencyCode, Minor};
pub use crate::value::*;
pub use sea_orm::entity::prelude::*;
