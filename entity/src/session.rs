//! Table `sessions`.

use crate::prelude::*;

/// A sign-in on one device.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    pub user_id: UserId,
    /// User-Agent header of the client, truncated to 400 characters.
    pub user_agent: Option<String>,
    /// IP address of the sign-in.
    pub ip: Option<String>,
    pub transport: SessionTransport,
    pub created_at: DateTimeUtc,
    /// Time of the last renewal.
    pub last_used_at: DateTimeUtc,
    /// Expiry of the newest refresh token.
    pub expires_at: DateTimeUtc,
    /// From then on no token of the session is accepted.
    pub revoked_at: Option<DateTimeUtc>,
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<super::user::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
