//! Postal addresses, as they are stored in a column.

use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};

/// Postal address of a person or a store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct PostalAddress {
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Name of the company, if any.
    #[serde(default)]
    pub company: Option<String>,
    /// Street and number.
    pub line1: String,
    /// Flat, floor or building, if any.
    #[serde(default)]
    pub line2: Option<String>,
    /// City or town.
    pub city: String,
    /// State, province or district, if any.
    #[serde(default)]
    pub region: Option<String>,
    /// Postal code, if the country has them.
    #[serde(default)]
    pub postal_code: Option<String>,
    /// Country code (ISO 3166-1 alpha-2), such as NP.
    pub country: String,
    /// Phone number for the courier, if any.
    #[serde(default)]
    pub phone: Option<String>,
}
