//! `one_time_tokens`.

use crate::prelude::*;

/// A token sent by mail. The token itself is stored nowhere: it is made from the ID by the marketplace's key, and checked by it.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "one_time_tokens")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OneTimeTokenId,
    pub user_id: UserId,
    pub purpose: TokenPurpose,
    /// The address it was sent to; for a change of address, the new one.
    pub email: String,
    /// The network address that asked for it, if anybody may ask.
    pub requested_from: Option<String>,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// It is worth nothing from then on.
    pub expires_at: DateTimeUtc,
    /// When it was used; a second use is refused.
    pub used_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
