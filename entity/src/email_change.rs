//! Table `email_changes`.

use crate::prelude::*;

/// A requested change of a user's email address. Both addresses are kept for the mails to the old one.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "email_changes")]
pub struct Model {
    /// ID of the token that confirms it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OneTimeTokenId,
    pub user_id: UserId,
    pub old_email: String,
    pub new_email: String,
    pub requested_at: DateTimeUtc,
    pub confirmed_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
