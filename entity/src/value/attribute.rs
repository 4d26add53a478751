//! Values of attributes and product types.

use super::stored_enums;

stored_enums! {
    $
    /// Kind of the values of an attribute.
    AttributeInputType in attribute_input_type {
        /// One line of text. Searches cannot be filtered by it.
        Text = "TEXT",
        /// Number with at most 6 decimals, with an optional unit.
        Number = "NUMBER",
        /// Yes or no.
        Boolean = "BOOLEAN",
        /// Calendar date without a time.
        Date = "DATE",
        /// One of the choices of the attribute.
        Choice = "CHOICE",
        /// Up to 20 of the choices of the attribute.
        MultiChoice = "MULTI_CHOICE",
    }
    /// Whether an attribute describes a product or distinguishes its variants.
    AttributeLevel in attribute_level {
        /// One value for the whole product.
        Product = "PRODUCT",
        /// A value for each variant; variants are chosen by it. Only for `CHOICE`, `NUMBER` and `BOOLEAN`.
        Variant = "VARIANT",
    }
}
