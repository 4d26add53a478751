//! Table `import_reports`.

use crate::prelude::*;

/// A part of the report of an import: all problems of some lines, as CSV.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import_reports")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub import_id: ProductImportId,
    /// From 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i32,
    #[sea_orm(column_type = "Text")]
    pub content: String,
}

impl ActiveModelBehavior for ActiveModel {}
