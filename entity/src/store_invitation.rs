//! Table `store_invitations`.

use crate::prelude::*;

/// An invitation to become a member of a store. The token in the mail is not stored: it is the ID, signed.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "store_invitations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoreInvitationId,
    pub store_id: StoreId,
    /// Lower-cased. Whether an account has the address is not recorded.
    pub email: String,
    /// The role that the invited user gets.
    pub role: StoreRole,
    pub invited_by_id: UserId,
    /// An unanswered invitation stays PENDING after its expiry.
    pub status: StoreInvitationStatus,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
