//! Values of products and variants.

use super::{json_lists, stored_enums};
use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};

stored_enums! {
    $
    /// Status of a product.
    ProductStatus in product_status {
        /// Not published yet; buyers do not see it.
        Draft = "DRAFT",
        /// For sale if its store is open.
        Active = "ACTIVE",
        /// No longer for sale; buyers do not see it.
        Archived = "ARCHIVED",
    }
    /// How a product is delivered.
    ProductKind in product_kind {
        /// Shipped to an address; has stock.
        Physical = "PHYSICAL",
        /// Delivered as a file; has neither stock nor shipping.
        Digital = "DIGITAL",
    }
}

/// Section of the description of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Title, such as "How to use".
    pub title: String,
    /// Sanitised HTML.
    pub body: String,
}

/// Value of an option that a variant has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariantOption {
    /// Name of the option, such as "Size".
    pub name: String,
    /// Value of the option, such as "M".
    pub value: String,
}

json_lists! {
    /// Sections in their order.
    Sections(Section);
    /// Tags in the words of the vendor.
    Tags(String);
    /// Options in their order.
    Options(VariantOption);
    /// Synonyms of the search, folded; if only the first stands for the others, it comes first.
    SynonymWords(String);
}
