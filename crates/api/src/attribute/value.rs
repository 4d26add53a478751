//! Values that products and variants have of attributes.

use crate::attribute::{Attribute, AttributeChoice};
use crate::cost;
use crate::loader::loaders;
use crate::money::Decimal;
use crate::scalar::Date;
use async_graphql::{InputObject, Object};
use entity::attribute::Model;
use entity::id::{ProductId, ProductVariantId};
use entity::value::AttributeInputType;
use souk_domain::attribute::{self, NewValue, Shown, format_date, format_number};

/// Value that a product or a variant has of an attribute.
pub struct AttributeValue(pub Shown);

/// Value that a product or a variant has of an attribute. The field that belongs to the `inputType` of the attribute has the value.
#[Object]
impl AttributeValue {
    /// Attribute of the value.
    async fn attribute(&self) -> Attribute {
        Attribute(self.0.attribute.clone())
    }

    /// Choices of a `CHOICE` (one) or a `MULTI_CHOICE` (at most 20); otherwise empty.
    #[graphql(directive = cost::ListOf::apply(1))]
    async fn choices(&self) -> Vec<AttributeChoice> {
        self.0.choices.iter().cloned().map(AttributeChoice).collect()
    }

    /// Value of a `NUMBER` in the unit of the attribute, such as "12.5"; otherwise null.
    async fn number(&self) -> Option<Decimal> {
        self.of(AttributeInputType::Number).map(|number| Decimal(format_number(number)))
    }

    /// Value of a `BOOLEAN`; otherwise null.
    async fn boolean(&self) -> Option<bool> {
        self.of(AttributeInputType::Boolean).map(|number| number == 1)
    }

    /// Value of a `DATE`; otherwise null.
    async fn date(&self) -> Option<Date> {
        self.of(AttributeInputType::Date).map(|days| Date(format_date(days)))
    }

    /// Value of a `TEXT`; otherwise null.
    async fn text(&self) -> Option<&str> {
        self.0.text.as_deref()
    }
}

impl AttributeValue {
    fn of(&self, input_type: AttributeInputType) -> Option<i64> {
        self.0.number.filter(|_| self.0.attribute.input_type == input_type)
    }
}

loaders! {
    /// Loads the values of a visible product.
    pub OfProductKey(ProductId) => value Vec<Shown>, by attribute::of_products;
    /// Loads the values of a visible variant.
    pub OfVariantKey(ProductVariantId) => value Vec<Shown>, by attribute::of_variants;
    /// Loads the required attributes that a visible product has no value of.
    pub IncompleteKey(ProductId) => value Vec<Model>, by attribute::incomplete;
}

/// Value of an attribute. Exactly one of the fields beside the slug is required: the one that belongs to the `inputType` of the attribute.
#[derive(InputObject, Clone)]
pub struct AttributeValueInput {
    /// Slug of an attribute of the product type.
    slug: String,
    /// Slugs of choices: one for `CHOICE`, 1 to 20 for `MULTI_CHOICE`.
    values: Option<Vec<String>>,
    /// Value of a `NUMBER` in the unit of the attribute: -1,000,000,000 to 1,000,000,000, with at most 6 decimals.
    number: Option<Decimal>,
    /// Value of a `BOOLEAN`.
    boolean: Option<bool>,
    /// Value of a `DATE`, in the years 1 to 9999.
    date: Option<Date>,
    /// Value of a `TEXT`, 1 to 500 characters.
    text: Option<String>,
}

impl From<AttributeValueInput> for NewValue {
    fn from(input: AttributeValueInput) -> Self {
        Self {
            slug: input.slug,
            values: input.values,
            number: input.number.map(|number| number.0),
            boolean: input.boolean,
            date: input.date.map(Into::into),
            text: input.text,
        }
    }
}

/// Values for the domain.
pub fn decode_all(values: &[AttributeValueInput]) -> Vec<NewValue> {
    values.iter().cloned().map(Into::into).collect()
}
