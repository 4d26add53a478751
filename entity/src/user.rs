//! `users`.

use crate::prelude::*;

/// One person who can sign in.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UserId,
    /// Lower-cased; what the person signs in with.
    pub email: String,
    /// Argon2id, in PHC string format.
    pub password_hash: String,
    /// Shown to others beside reviews and messages.
    pub display_name: String,
    /// In the form the person gave it.
    pub phone: Option<String>,
    /// Where the picture lies in the storage.
    pub avatar_key: Option<String>,
    pub role: Role,
    pub status: UserStatus,
    /// What a member of the staff may do; empty for everybody else.
    #[sea_orm(column_type = "JsonBinary")]
    pub permissions: Permissions,
    /// When the address was proven to be theirs.
    pub email_verified_at: Option<DateTimeUtc>,
    /// When a customer asked to become a vendor, until somebody decides.
    pub vendor_applied_at: Option<DateTimeUtc>,
    /// Why the marketplace shut them out.
    pub blocked_reason: Option<String>,
    /// Raised by one at every change.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
