//! What is indexed: products, and the names and switches that many of them share.

use uuid::Uuid;

/// A product as it is indexed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Document {
    pub id: Uuid,
    pub store: Uuid,
    pub category: Option<Uuid>,
    pub name: String,
    /// Short texts by which it is found beside its name, such as tags.
    pub tags: Vec<String>,
    /// Long texts, without markup.
    pub description: String,
    pub is_digital: bool,
    pub is_featured: bool,
    pub is_bestseller: bool,
    pub is_new_arrival: bool,
    /// Items sold.
    pub sales: i64,
    /// Views, as of when the change log last told of them.
    pub views: i64,
    /// Average rating in hundredths of a star.
    pub rating: i32,
    /// Lowest price of the active variants, in minor units.
    pub min_price: i64,
    /// Microseconds since 1970.
    pub created_at: i64,
    /// Microseconds since 1970, of the first publication.
    pub published_at: Option<i64>,
    /// Values of the product, and numbers by attribute.
    pub values: Vec<Value>,
    pub numbers: Vec<(Uuid, i64)>,
    /// The active variants, in their order.
    pub variants: Vec<DocumentVariant>,
}

/// An active variant as it is indexed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct DocumentVariant {
    /// Minor units.
    pub price: i64,
    pub is_in_stock: bool,
    pub is_on_sale: bool,
    pub values: Vec<Value>,
    pub numbers: Vec<(Uuid, i64)>,
}

/// Something by which products are filtered and counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// A choice of an attribute.
    Choice(Uuid),
    /// Yes or no of an attribute.
    Flag(Uuid, bool),
    /// A tag in lower case.
    Tag(String),
    /// An option of variants by name and value, in lower case.
    Option(String, String),
}

/// A store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    pub id: Uuid,
    pub name: String,
    pub slug: String,
    /// Whether storefronts show it and its products.
    pub is_open: bool,
}

/// A category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    pub id: Uuid,
    pub parent: Option<Uuid>,
    pub name: String,
    pub slug: String,
    /// Whether storefronts show it; so must be all above it.
    pub is_active: bool,
    pub position: i32,
}

/// An attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    pub id: Uuid,
    pub name: String,
    pub slug: String,
    pub kind: AttributeKind,
    pub is_filterable: bool,
}

/// Kinds of attributes, as far as they are filtered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttributeKind {
    /// One or more of these.
    Choices(Vec<Choice>),
    /// Yes or no.
    Flag,
    /// Numbers in millionths.
    Number,
    /// Dates in days since 1970, as numbers.
    Date,
    /// Not filtered.
    Text,
}

/// A choice of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub id: Uuid,
    pub name: String,
    pub slug: String,
    /// A color such as `#ff0000`.
    pub swatch: Option<String>,
}
