//! Postal addresses.

use crate::scalar::CountryCode;
use async_graphql::{InputObject, SimpleObject};
use entity::value::PostalAddress as Stored;

/// A postal address.
#[derive(SimpleObject, Clone, Debug)]
pub struct PostalAddress {
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Where it is an office.
    pub company: Option<String>,
    /// Street and number.
    #[graphql(name = "line1")]
    pub line1: String,
    /// Flat, floor, building.
    #[graphql(name = "line2")]
    pub line2: Option<String>,
    /// Town.
    pub city: String,
    /// State, province or district.
    pub region: Option<String>,
    /// Where the country has them.
    pub postal_code: Option<String>,
    /// Country.
    pub country: CountryCode,
    /// For the courier.
    pub phone: Option<String>,
}

impl From<Stored> for PostalAddress {
    fn from(address: Stored) -> Self {
        Self {
            first_name: address.first_name,
            last_name: address.last_name,
            company: address.company,
            line1: address.line1,
            line2: address.line2,
            city: address.city,
            region: address.region,
            postal_code: address.postal_code,
            country: address.country.into(),
            phone: address.phone,
        }
    }
}

/// A postal address.
#[derive(InputObject, Clone, Debug)]
pub struct PostalAddressInput {
    /// Given name, 1 to 100 characters.
    pub first_name: String,
    /// Family name, 1 to 100 characters.
    pub last_name: String,
    /// Where it is an office, at most 100 characters.
    pub company: Option<String>,
    /// Street and number, 1 to 200 characters.
    #[graphql(name = "line1")]
    pub line1: String,
    /// Flat, floor, building, at most 200 characters.
    #[graphql(name = "line2")]
    pub line2: Option<String>,
    /// Town, 1 to 100 characters.
    pub city: String,
    /// State, province or district, at most 100 characters.
    pub region: Option<String>,
    /// Where the country has them, at most 20 characters.
    pub postal_code: Option<String>,
    /// Country.
    pub country: CountryCode,
    /// For the courier: 5 to 20 digits, with spaces and `+-()./` between them.
    pub phone: Option<String>,
}

impl From<PostalAddressInput> for Stored {
    fn from(input: PostalAddressInput) -> Self {
        Self {
            first_name: input.first_name,
            last_name: input.last_name,
            company: input.company,
            line1: input.line1,
            line2: input.line2,
            city: input.city,
            region: input.region,
            postal_code: input.postal_code,
            country: input.country.into(),
            phone: input.phone,
        }
    }
}
