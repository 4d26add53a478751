//! `store_invitations`.

use crate::prelude::*;

/// An invitation to work for a store. The token in the mail is stored nowhere: it is the ID with a signature.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "store_invitations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoreInvitationId,
    pub store_id: StoreId,
    /// Lower-cased. Whether an account has it is not known here.
    pub email: String,
    /// The role that the invited person gets.
    pub role: StoreRole,
    pub invited_by_id: UserId,
    /// An invitation that nobody answered stays pending after its expiry.
    pub status: StoreInvitationStatus,
    pub created_at: DateTimeUtc,
    /// It can't be accepted from then on.
    pub expires_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
