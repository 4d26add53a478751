//! Subjects of the change log, and the tables that belong to them.

use entity::id::{CategoryId, ProductId, StoreId};
use std::fmt;
use uuid::Uuid;

/// Kinds of subjects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectKind {
    /// A product with its variants, options, values of attributes, pictures, tags and reviews.
    Product,
    /// A store with its shipping methods, and whether its products are listed.
    Store,
    /// A category.
    Category,
    /// The settings of the marketplace, its tax rates, shipping methods, product types, attributes and synonyms.
    Settings,
}

impl SubjectKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Product, Self::Store, Self::Category, Self::Settings];

    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Product => "PRODUCT",
            Self::Store => "STORE",
            Self::Category => "CATEGORY",
            Self::Settings => "SETTINGS",
        }
    }

    pub(super) fn one(self, id: Uuid) -> Subject {
        match self {
            Self::Product => Subject::Product(ProductId(id)),
            Self::Store => Subject::Store(StoreId(id)),
            Self::Category => Subject::Category(CategoryId(id)),
            Self::Settings => Subject::Settings,
        }
    }
}

impl fmt::Display for SubjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is to be read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// One product.
    Product(ProductId),
    /// One store. If its products were listed or hidden with it, no product is named.
    Store(StoreId),
    /// One category. If its products lost it, no product is named.
    Category(CategoryId),
    /// The settings.
    Settings,
    /// Everything of a kind, such as after an import.
    All(SubjectKind),
}

impl Subject {
    /// Kind of the subject.
    pub const fn kind(self) -> SubjectKind {
        match self {
            Self::Product(_) => SubjectKind::Product,
            Self::Store(_) => SubjectKind::Store,
            Self::Category(_) => SubjectKind::Category,
            Self::Settings => SubjectKind::Settings,
            Self::All(kind) => kind,
        }
    }

    /// ID as it is stored: nil for the settings and for everything of a kind.
    pub const fn id(self) -> Uuid {
        match self {
            Self::Product(id) => id.0,
            Self::Store(id) => id.0,
            Self::Category(id) => id.0,
            Self::Settings | Self::All(_) => Uuid::nil(),
        }
    }

    /// As stored; absent if this version does not know the kind.
    pub fn stored(kind: &str, id: Uuid) -> Option<Self> {
        let kind = SubjectKind::ALL.into_iter().find(|known| known.as_str() == kind)?;
        Some(if id.is_nil() && kind != SubjectKind::Settings { Self::All(kind) } else { kind.one(id) })
    }
}

/// A table whose changes must be announced.
#[derive(Debug)]
pub(super) struct Watched {
    /// Its name.
    pub(super) table: &'static str,
    /// The kind of its subject.
    pub(super) kind: SubjectKind,
    /// The column with the ID of the subject; absent for the settings.
    pub(super) key: Option<&'static str>,
    /// Kinds that announce many rows at once, by statements that name none of them.
    pub(super) or: &'static [SubjectKind],
    /// Columns that an UPDATE may set alone without announcing it, because another statement does later.
    pub(super) exempt: &'static [&'static str],
    /// Whether the primary key is a UUID in the column `id`.
    pub(super) has_id: bool,
}

const fn watched(table: &'static str, kind: SubjectKind, key: Option<&'static str>) -> Watched {
    Watched { table, kind, key, or: &[], exempt: &[], has_id: true }
}

/// Every table that belongs to a subject. A table that is not here is read by its own requests only, or holds what only its user may
/// see: users, addresses, sessions, carts, checkouts, orders, payments, jobs.
pub(super) static WATCHED: [Watched; 18] = [
    Watched {
        // A store that closes hides its products; a deleted category leaves them.
        or: &[SubjectKind::Store, SubjectKind::Category],
        // Views are announced when they are many, or at night, with `indexed_view_count`; nothing in memory has downloads.
        exempt: &["view_count", "download_count"],
        ..watched("products", SubjectKind::Product, Some("id"))
    },
    Watched {
        or: &[SubjectKind::Store],
        // A sale that leaves stock announces nothing at the checkout: the job RefreshProductAggregates, which the same transaction
        // enqueues, announces the product. A sale that takes the last piece refreshes the product at once.
        exempt: &["stock_quantity", "sold_count", "low_stock"],
        ..watched("product_variants", SubjectKind::Product, Some("product_id"))
    },
    Watched {
        // A periodic task requests renditions; the job announces the product when they are there.
        exempt: &["render_requested_at"],
        ..watched("product_images", SubjectKind::Product, Some("product_id"))
    },
    Watched { has_id: false, ..watched("product_tags", SubjectKind::Product, Some("product_id")) },
    Watched { has_id: false, ..watched("variant_options", SubjectKind::Product, Some("product_id")) },
    // A choice that is merged into another one changes the values of all products that have it.
    Watched {
        or: &[SubjectKind::Settings],
        has_id: false,
        ..watched("product_attribute_values", SubjectKind::Product, Some("product_id"))
    },
    Watched {
        or: &[SubjectKind::Settings],
        has_id: false,
        ..watched("variant_attribute_values", SubjectKind::Product, Some("product_id"))
    },
    watched("reviews", SubjectKind::Product, Some("product_id")),
    watched("stores", SubjectKind::Store, Some("id")),
    watched("categories", SubjectKind::Category, Some("id")),
    Watched { or: &[SubjectKind::Settings], ..watched("shipping_methods", SubjectKind::Store, Some("store_id")) },
    watched("tax_rates", SubjectKind::Settings, None),
    watched("product_types", SubjectKind::Settings, None),
    watched("attributes", SubjectKind::Settings, None),
    watched("attribute_choices", SubjectKind::Settings, None),
    Watched { has_id: false, ..watched("product_type_attributes", SubjectKind::Settings, None) },
    Watched { has_id: false, ..watched("settings", SubjectKind::Settings, None) },
    watched("search_synonyms", SubjectKind::Settings, None),
];

/// The table by its name, if its changes must be announced.
pub(super) fn find(table: &str) -> Option<&'static Watched> {
    WATCHED.iter().find(|watched| watched.table == table)
}

/// Names of the tables whose changes must be announced.
pub fn watched_tables() -> impl Iterator<Item = &'static str> {
    WATCHED.iter().map(|watched| watched.table)
}

/// A foreign key between watched tables that follows a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// The table that refers.
    pub table: &'static str,
    /// Its column.
    pub column: &'static str,
    /// The table that is referred to.
    pub to: &'static str,
    /// Whether the row that refers is deleted, too (CASCADE); otherwise its column becomes null (SET NULL).
    pub deletes: bool,
}

const fn cascade(table: &'static str, column: &'static str, to: &'static str) -> Reference {
    Reference { table, column, to, deletes: true }
}

/// All of them. A test compares them with the foreign keys of the database.
pub const REFERENCES: [Reference; 12] = [
    cascade("product_tags", "product_id", "products"),
    cascade("product_attribute_values", "product_id", "products"),
    cascade("product_variants", "product_id", "products"),
    cascade("product_images", "product_id", "products"),
    cascade("reviews", "product_id", "products"),
    cascade("variant_options", "variant_id", "product_variants"),
    cascade("variant_attribute_values", "variant_id", "product_variants"),
    cascade("attribute_choices", "attribute_id", "attributes"),
    cascade("product_type_attributes", "product_type_id", "product_types"),
    cascade("reviews", "store_id", "stores"),
    cascade("shipping_methods", "store_id", "stores"),
    Reference { deletes: false, ..cascade("products", "category_id", "categories") },
];
