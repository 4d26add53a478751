//! `changes`.

use crate::prelude::*;
use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// "Read this subject again": written in the transaction that changed it.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "changes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Position in the log, given after the commit by the sequencer.
    pub position: Option<i64>,
    /// `PRODUCT`, `STORE`, `CATEGORY`, `SETTINGS`. Text, as a version that does not know a kind must be able to read the row.
    pub subject_kind: String,
    /// ID of the subject; nil for all subjects of the kind.
    pub subject_id: Uuid,
    /// What the transaction wrote; in the first of its rows only.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub tags: Option<ChangeTags>,
    pub created_at: DateTimeUtc,
}

/// What a transaction wrote, by table: what was read of these rows or by these columns before is out of date.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct ChangeTags(pub BTreeMap<String, TableTags>);

/// What was written of one table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableTags {
    /// IDs of the rows; absent if any row may have been written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<Vec<Uuid>>,
    /// The columns; absent if all were, as when a row is inserted or deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
}

impl ActiveModelBehavior for ActiveModel {}
