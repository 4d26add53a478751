//! Table `users`.

use crate::prelude::*;

/// A user account.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UserId,
    /// Lower-cased; used to sign in.
    pub email: String,
    /// Argon2id, in PHC string format.
    pub password_hash: String,
    /// Public name, shown with reviews and events.
    pub display_name: String,
    /// As the user wrote it.
    pub phone: Option<String>,
    /// Storage key of the picture.
    pub avatar_key: Option<String>,
    pub role: Role,
    pub status: UserStatus,
    /// Permissions of the role STAFF; empty for every other role.
    #[sea_orm(column_type = "JsonBinary")]
    pub permissions: Permissions,
    /// Absent if the address is not verified.
    pub email_verified_at: Option<DateTimeUtc>,
    /// Time of a pending vendor application.
    pub vendor_applied_at: Option<DateTimeUtc>,
    /// Why the account is blocked, for staff.
    pub blocked_reason: Option<String>,
    /// Incremented at every change.
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
