//! Postal addresses.

use crate::scalar::CountryCode;
use async_graphql::{InputObject, SimpleObject};
use entity::value::PostalAddress as Stored;

/// Postal address of a person or company.
#[derive(SimpleObject, Clone, Debug)]
pub struct PostalAddress {
    /// Given name of the addressee.
    pub first_name: String,
    /// Family name of the addressee.
    pub last_name: String,
    /// Company name; null if there is none.
    pub company: Option<String>,
    /// Street and house number.
    #[graphql(name = "line1")]
    pub line1: String,
    /// Apartment, floor or building; null if there is none.
    #[graphql(name = "line2")]
    pub line2: Option<String>,
    /// City or town.
    pub city: String,
    /// State, province or district; null if there is none.
    pub region: Option<String>,
    /// Postal code; null if there is none.
    pub postal_code: Option<String>,
    /// Country of the address.
    pub country: CountryCode,
    /// Phone number for the carrier; null if there is none.
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

/// Postal address of a person or company.
#[derive(InputObject, Clone, Debug)]
pub struct PostalAddressInput {
    /// Given name of the addressee, 1 to 100 characters.
    pub first_name: String,
    /// Family name of the addressee, 1 to 100 characters.
    pub last_name: String,
    /// Company name, at most 100 characters.
    pub company: Option<String>,
    /// Street and house number, 1 to 200 characters.
    #[graphql(name = "line1")]
    pub line1: String,
    /// Apartment, floor or building, at most 200 characters.
    #[graphql(name = "line2")]
    pub line2: Option<String>,
    /// City or town, 1 to 100 characters.
    pub city: String,
    /// State, province or district, at most 100 characters.
    pub region: Option<String>,
    /// Postal code, at most 20 characters.
    pub postal_code: Option<String>,
    /// Country of the address.
    pub country: CountryCode,
    /// Phone number for the carrier: 5 to 20 digits, spaces and `+-()./`, at most 32 characters.
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
