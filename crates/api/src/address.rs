//! Postal addresses.

use crate::scalar::CountryCode;
use async_graphql::{InputObject, SimpleObject};
use entity::value::PostalAddress as Stored;

/// Defines a type with the fields of a postal address, and what follows them. The first word says which kind of type it is: an
/// `output`, an `input`, or an `update`, whose fields are all optional.
macro_rules! postal_address {
    ($kind:ident, country: $country:ty = $country_doc:literal;
     $(#[$attribute:meta])* $vis:vis struct $name:ident {
        $({ $(#[$first_attribute:meta])* $first:ident: $first_ty:ty })?
        $($(#[$last_attribute:meta])* $last:ident: $last_ty:ty,)*
    }) => {
        $(#[$attribute])*
        $vis struct $name {
            $($(#[$first_attribute])* $first: $first_ty,)?
            #[doc = concat!("Given name of the addressee", $crate::address::postal_address!(@doc $kind 100))]
            $vis first_name: $crate::address::postal_address!(@required $kind String),
            #[doc = concat!("Family name of the addressee", $crate::address::postal_address!(@doc $kind 100))]
            $vis last_name: $crate::address::postal_address!(@required $kind String),
            #[doc = concat!("Company name", $crate::address::postal_address!(@optional_doc $kind 100))]
            $vis company: $crate::address::postal_address!(@optional $kind),
            #[doc = concat!("Street and house number", $crate::address::postal_address!(@doc $kind 200))]
            #[graphql(name = "line1")]
            $vis line1: $crate::address::postal_address!(@required $kind String),
            #[doc = concat!("Apartment, floor or building", $crate::address::postal_address!(@optional_doc $kind 200))]
            #[graphql(name = "line2")]
            $vis line2: $crate::address::postal_address!(@optional $kind),
            #[doc = concat!("City or town", $crate::address::postal_address!(@doc $kind 100))]
            $vis city: $crate::address::postal_address!(@required $kind String),
            #[doc = concat!("State, province or district", $crate::address::postal_address!(@optional_doc $kind 100))]
            $vis region: $crate::address::postal_address!(@optional $kind),
            #[doc = concat!("Postal code", $crate::address::postal_address!(@optional_doc $kind 20))]
            $vis postal_code: $crate::address::postal_address!(@optional $kind),
            #[doc = $country_doc]
            $vis country: $crate::address::postal_address!(@required $kind $country),
            #[doc = concat!("Phone number for the carrier", $crate::address::postal_address!(@phone_doc $kind))]
            $vis phone: $crate::address::postal_address!(@optional $kind),
            $($(#[$last_attribute])* $last: $last_ty,)*
        }
    };
    (@required update $ty:ty) => { Option<$ty> };
    (@required $kind:ident $ty:ty) => { $ty };
    (@optional update) => { async_graphql::MaybeUndefined<String> };
    (@optional $kind:ident) => { Option<String> };
    (@doc output $most:literal) => { "." };
    (@doc $kind:ident $most:literal) => { concat!(", 1 to ", $most, " characters.") };
    (@optional_doc output $most:literal) => { "; null if there is none." };
    (@optional_doc input $most:literal) => { concat!(", at most ", $most, " characters.") };
    (@optional_doc update $most:literal) => { concat!(", at most ", $most, " characters; `null` removes it.") };
    (@phone_doc output) => { "; null if there is none." };
    (@phone_doc input) => { ": 5 to 20 digits, spaces and `+-()./`, at most 32 characters." };
    (@phone_doc update) => { ": 5 to 20 digits, spaces and `+-()./`, at most 32 characters; `null` removes it." };
}

pub(crate) use postal_address;

/// Converts the fields of a postal address from one type to another.
macro_rules! postal_fields {
    ($from:expr => $to:ident $($more:tt)*) => {
        $to {
            first_name: $from.first_name,
            last_name: $from.last_name,
            company: $from.company.into(),
            line1: $from.line1,
            line2: $from.line2.into(),
            city: $from.city,
            region: $from.region.into(),
            postal_code: $from.postal_code.into(),
            country: $from.country.into(),
            phone: $from.phone.into(),
            $($more)*
        }
    };
}

pub(crate) use postal_fields;

postal_address! {
    output, country: CountryCode = "Country of the address.";
    /// Postal address of a person or company.
    #[derive(SimpleObject, Clone, Debug)]
    pub struct PostalAddress {}
}

impl From<Stored> for PostalAddress {
    fn from(address: Stored) -> Self {
        postal_fields!(address => Self)
    }
}

postal_address! {
    input, country: CountryCode = "Country of the address.";
    /// Postal address of a person or company.
    #[derive(InputObject, Clone, Debug)]
    pub struct PostalAddressInput {}
}

impl From<PostalAddressInput> for Stored {
    fn from(input: PostalAddressInput) -> Self {
        postal_fields!(input => Self)
    }
}
