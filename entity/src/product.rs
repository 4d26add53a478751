//! Table `products`.

use crate::prelude::*;

/// A product of a store.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "products")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProductId,
    pub store_id: StoreId,
    pub category_id: Option<CategoryId>,
    /// Says what attributes the product has.
    pub product_type_id: Option<ProductTypeId>,
    pub name: String,
    pub slug: String,
    /// Plain text.
    pub short_description: String,
    /// Sanitised HTML.
    #[sea_orm(column_type = "Text")]
    pub description: String,
    /// Titled sections such as benefits, ingredients, how to use.
    #[sea_orm(column_type = "JsonBinary")]
    pub details: Sections,
    #[sea_orm(column_type = "JsonBinary")]
    pub tags: Tags,
    pub status: ProductStatus,
    pub kind: ProductKind,
    /// Whether storefronts show it: the product and its store are active.
    pub listed: bool,
    pub featured: bool,
    pub seo_title: Option<String>,
    pub seo_description: Option<String>,
    pub currency: CurrencyCode,
    /// Lowest price of the active variants.
    pub min_price: Minor,
    /// Highest price of the active variants.
    pub max_price: Minor,
    /// Lowest compare-at price of the active variants.
    pub min_compare_at_price: Option<Minor>,
    /// Highest compare-at price of the active variants.
    pub max_compare_at_price: Option<Minor>,
    /// Whether any active variant has a compare-at price.
    pub on_sale: bool,
    /// Whether any active variant can be bought.
    pub in_stock: bool,
    /// Sum of the stars of all published reviews.
    pub rating_sum: i64,
    /// Number of published reviews.
    pub rating_count: i64,
    /// Average rating in hundredths of a star: 100 to 500; 0 without reviews.
    pub rating_average: i32,
    /// Reviews with one star.
    pub rating_1: i64,
    /// Reviews with two stars.
    pub rating_2: i64,
    /// Reviews with three stars.
    pub rating_3: i64,
    /// Reviews with four stars.
    pub rating_4: i64,
    /// Reviews with five stars.
    pub rating_5: i64,
    /// Number of items sold, over all variants.
    pub sales_count: i64,
    /// Views by different viewers, products and hours.
    pub view_count: i64,
    /// `view_count` when the change log last told it, from which the search index sorts.
    pub indexed_view_count: i64,
    /// Links to files of the product that were created.
    pub download_count: i64,
    /// Whether it is one of the best-selling products of its root category, or staff pinned it.
    pub bestseller: bool,
    /// Whether it was published a short time ago, or staff pinned it.
    pub new_arrival: bool,
    /// Decided by staff; absent: computed.
    pub pinned_bestseller: Option<bool>,
    /// Decided by staff; absent: computed.
    pub pinned_new_arrival: Option<bool>,
    /// Time of the first publication.
    pub published_at: Option<DateTimeUtc>,
    /// Incremented at every change.
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "store_id", to = "id")]
    pub store: BelongsTo<super::store::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
