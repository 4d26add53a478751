//! Table `event_heads`.

use crate::prelude::*;

/// The last position given out in a log: one row for each log, locked by the sequencer.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event_heads")]
pub struct Model {
    /// [`EVENTS`] or [`CHANGES`].
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    pub position: i64,
}

/// The row of `events`.
pub const EVENTS: i32 = 1;
/// The row of `changes`.
pub const CHANGES: i32 = 2;

impl ActiveModelBehavior for ActiveModel {}
