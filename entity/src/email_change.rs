//! `email_changes`.

use crate::prelude::*;

/// A change of a user's email that was requested, and perhaps confirmed. Both addresses stay for the mails to the old one.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "email_changes")]
pub struct Model {
    /// The ID of the token that confirms it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OneTimeTokenId,
    pub user_id: UserId,
    pub old_email: String,
    pub new_email: String,
    pub requested_at: DateTimeUtc,
    pub confirmed_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
