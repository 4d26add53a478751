//! Scalars that are strings of a known format.
//!
//! As inputs they accept every string: the domain validates it, so that an invalid one is a user error that names the field.

// The comments are descriptions of the schema, which are plain text.
#![allow(rustdoc::bare_urls)]

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

macro_rules! text_scalars {
    ($($(#[doc = $doc:literal])* $name:ident, $scalar:tt, $specification:tt;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(pub String);

        $(#[doc = $doc])*
        #[Scalar(name = $scalar, specified_by_url = $specification)]
        impl ScalarType for $name {
            fn parse(value: Value) -> InputValueResult<Self> {
                match value {
                    Value::String(text) => Ok(Self(text)),
                    other => Err(InputValueError::expected_type(other)),
                }
            }

            fn to_value(&self) -> Value {
                Value::String(self.0.clone())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }
    )*};
}

text_scalars! {
    /// ISO 3166-1 alpha-2 code of a country, such as NP. Inputs can be in lower case.
    CountryCode, "CountryCode", "https://www.iso.org/iso-3166-country-codes.html";
    /// Calendar date without a time, such as 2026-11-27.
    Date, "Date", "https://www.rfc-editor.org/rfc/rfc3339#section-5.6";
    /// Text with HTML markup. Inputs are sanitised: markup that could run code, such as scripts, is removed. Outputs are safe to
    /// render.
    Html, "HTML", "https://html.spec.whatwg.org/multipage/";
    /// Absolute URL, such as https://example.com/products/green-tea.
    Url, "URL", "https://url.spec.whatwg.org/";
}
