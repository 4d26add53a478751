//! Table `search_synonyms`.

use crate::prelude::*;

/// A group of words of the search that stand for each other.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "search_synonyms")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SearchSynonymId,
    #[sea_orm(column_type = "JsonBinary")]
    pub words: SynonymWords,
    /// Whether only the first word stands for the others.
    pub one_way: bool,
    /// Incremented at every change.
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
