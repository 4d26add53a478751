//! `stores`.

use crate::prelude::*;

/// A vendor's shop.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stores")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoreId,
    pub owner_id: UserId,
    pub name: String,
    pub slug: String,
    /// Sanitised HTML.
    #[sea_orm(column_type = "Text")]
    pub description: String,
    /// Where the logo lies in the storage.
    pub logo_key: Option<String>,
    /// Where the banner lies in the storage.
    pub banner_key: Option<String>,
    pub contact_email: String,
    pub phone: Option<String>,
    /// Where the store trades from.
    #[sea_orm(column_type = "JsonBinary")]
    pub address: Option<PostalAddress>,
    /// Sanitised HTML.
    #[sea_orm(column_type = "Text")]
    pub return_policy: String,
    /// Sanitised HTML.
    #[sea_orm(column_type = "Text")]
    pub shipping_policy: String,
    /// For search engines.
    pub seo_title: Option<String>,
    /// For search engines.
    pub seo_description: Option<String>,
    pub status: StoreStatus,
    /// The marketplace's share, in hundredths of a percent; the setting decides where it is absent.
    pub commission_basis_points: Option<i32>,
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
    /// Raised by one at every change.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
