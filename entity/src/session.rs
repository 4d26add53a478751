//! `sessions`.

use crate::prelude::*;

/// One sign-in on one device.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    pub user_id: UserId,
    /// As the client sent it, cut at 400 characters.
    pub user_agent: Option<String>,
    /// Where the sign-in came from.
    pub ip: Option<String>,
    pub transport: SessionTransport,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it was last refreshed.
    pub last_used_at: DateTimeUtc,
    /// When its newest refresh token ends.
    pub expires_at: DateTimeUtc,
    /// From then on no token of this session is accepted.
    pub revoked_at: Option<DateTimeUtc>,
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<super::user::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
