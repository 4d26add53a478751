//! Table `one_time_tokens`.

use crate::prelude::*;

/// A token sent by mail. The token is not stored: it is the ID, signed with the marketplace's key.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "one_time_tokens")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OneTimeTokenId,
    pub user_id: UserId,
    pub purpose: TokenPurpose,
    /// The address that it was sent to; for a change of address, the new one.
    pub email: String,
    /// Network of the request, for tokens that can be requested without signing in.
    pub requested_from: Option<String>,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    /// A second use is refused.
    pub used_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
