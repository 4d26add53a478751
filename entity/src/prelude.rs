//! Imports of all entity files.

pub(crate) use crate::id::*;
pub(crate) use crate::money::{CurrencyCode, Minor};
pub(crate) use crate::value::*;
pub(crate) use sea_orm::entity::prelude::*;
