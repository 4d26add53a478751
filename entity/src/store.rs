//! Table `stores`.

use crate::prelude::*;

/// A store of a vendor.
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
    /// Storage key of the logo.
    pub logo_key: Option<String>,
    /// Storage key of the banner.
    pub banner_key: Option<String>,
    pub contact_email: String,
    pub phone: Option<String>,
    /// Business address.
    #[sea_orm(column_type = "JsonBinary")]
    pub address: Option<PostalAddress>,
    /// Sanitised HTML.
    #[sea_orm(column_type = "Text")]
    pub return_policy: String,
    /// Sanitised HTML.
    #[sea_orm(column_type = "Text")]
    pub shipping_policy: String,
    pub seo_title: Option<String>,
    pub seo_description: Option<String>,
    pub status: StoreStatus,
    /// Commission of the marketplace, in hundredths of a percent; default: that of the category, or the setting.
    pub commission_basis_points: Option<i32>,
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
    /// Incremented at every change.
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
