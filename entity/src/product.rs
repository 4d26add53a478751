//! `products`.

use crate::prelude::*;

/// Something a store sells.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "products")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProductId,
    pub store_id: StoreId,
    pub category_id: Option<CategoryId>,
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
    /// Whether a storefront shows it: it is active, and so is its store. Kept by `domain::catalog`.
    pub listed: bool,
    pub featured: bool,
    pub seo_title: Option<String>,
    pub seo_description: Option<String>,
    pub currency: CurrencyCode,
    /// The lowest price of its active variants.
    pub min_price: Minor,
    /// The highest price of its active variants.
    pub max_price: Minor,
    /// The lowest price that an active variant is shown against.
    pub min_compare_at_price: Option<Minor>,
    /// The highest price that an active variant is shown against.
    pub max_compare_at_price: Option<Minor>,
    /// Whether any active variant is shown against a higher price.
    pub on_sale: bool,
    /// Whether any active variant can be bought.
    pub in_stock: bool,
    /// The sum of the stars of all published reviews.
    pub rating_sum: i64,
    /// How many published reviews there are.
    pub rating_count: i64,
    /// Hundredths of a star: 100 to 500, 0 where there is no review.
    pub rating_average: i32,
    /// Reviews of one star.
    pub rating_1: i64,
    /// Reviews of two stars.
    pub rating_2: i64,
    /// Reviews of three stars.
    pub rating_3: i64,
    /// Reviews of four stars.
    pub rating_4: i64,
    /// Reviews of five stars.
    pub rating_5: i64,
    /// Pieces sold, over all variants.
    pub sales_count: i64,
    /// When it first went live.
    pub published_at: Option<DateTimeUtc>,
    /// Raised by one at every change.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "store_id", to = "id")]
    pub store: BelongsTo<super::store::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
