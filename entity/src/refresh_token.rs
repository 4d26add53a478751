//! Table `refresh_tokens`.

use crate::prelude::*;

/// An opaque token that can be used once; used tokens are kept so that a stolen one is detected.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_tokens")]
pub struct Model {
    /// SHA-256 of the token, in hexadecimal.
    #[sea_orm(primary_key, auto_increment = false)]
    pub token_hash: String,
    pub session_id: SessionId,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    /// Time when it was exchanged for the next one.
    pub used_at: Option<DateTimeUtc>,
    #[sea_orm(belongs_to, from = "session_id", to = "id")]
    pub session: BelongsTo<super::session::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
