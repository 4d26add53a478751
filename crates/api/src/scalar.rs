//! Scalars for texts of a known form.
//!
//! As inputs they take every text: the domain checks it, so that what is wrong is a user error that names the field.

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
    /// ISO 3166-1 alpha-2 code of a country, such as NP. Inputs may be in lower case.
    CountryCode, "CountryCode", "https://www.iso.org/iso-3166-country-codes.html";
    /// HTML. Inputs are sanitised: what could run code, such as scripts, is removed. Outputs can be shown as they are.
    Html, "HTML", "https://html.spec.whatwg.org/multipage/";
    /// Absolute URL, such as https://example.com/products/green-tea.
    Url, "URL", "https://url.spec.whatwg.org/";
}
