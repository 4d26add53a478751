//! Table `categories`.

use crate::prelude::*;

/// A node of the category tree.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "categories")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CategoryId,
    pub parent_id: Option<CategoryId>,
    pub name: String,
    pub slug: String,
    /// Sanitised HTML.
    #[sea_orm(column_type = "Text")]
    pub description: String,
    /// Storage key of the picture.
    pub image_key: Option<String>,
    /// Name of an icon that the storefront chooses.
    pub icon: Option<String>,
    pub seo_title: Option<String>,
    pub seo_description: Option<String>,
    /// Sort position among the siblings, ascending.
    pub position: i32,
    pub active: bool,
    /// Commission of the marketplace for its products, in hundredths of a percent; default: that of the parent category, or the setting.
    pub commission_basis_points: Option<i32>,
    /// Incremented at every change.
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
