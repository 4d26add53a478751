//! Table `import_problems`.

use crate::prelude::*;

/// One of the first problems of an import.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import_problems")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub import_id: ProductImportId,
    /// From 1, in the order of the lines.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i32,
    /// Line of the file.
    pub line: i32,
    /// As the file names it; absent if the problem is of the whole line.
    pub column_name: Option<String>,
    /// The beginning of what the file has there.
    pub value: Option<String>,
    pub code: String,
    pub message: String,
}

impl ActiveModelBehavior for ActiveModel {}
