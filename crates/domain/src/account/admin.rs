//! Account administration by staff.

use crate::account::row::{lock, lock_owners, save};
use crate::account::session::revoke_of;
use crate::account::token;
use crate::page::{self, Cursor, Keyset, Page, PageRequest};
use crate::store::owner;
use entity::id::UserId;
use entity::store;
use entity::user::{Column, Entity, Model};
use entity::value::{Permission, Permissions, Role, StoreStatus, UserStatus};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, DbBackend, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, Select};
use souk_core::app::App;
use souk_core::auth::Staff;
use souk_core::auth::permissions::ManageUsers;
use souk_core::check::{Check, check_version};
use souk_core::db::Tx;
use souk_core::error::{Code, Problem, Result, refuse};
use souk_core::length;
use souk_core::transact;

/// Conditions on a list of users.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserFilter {
    pub role: Option<Role>,
    pub status: Option<UserStatus>,
    /// Beginning of the email address.
    pub email_prefix: Option<String>,
    /// Whether the user has applied to become a vendor and waits for the decision.
    pub vendor_applied: Option<bool>,
}

fn select(app: &App, filter: &UserFilter) -> Result<Select<Entity>> {
    let mut query = Entity::find();
    if let Some(role) = filter.role {
        query = query.filter(Column::Role.eq(role));
    }
    if let Some(status) = filter.status {
        query = query.filter(Column::Status.eq(status));
    }
    match filter.vendor_applied {
        Some(true) => query = query.filter(Column::VendorAppliedAt.is_not_null()),
        Some(false) => query = query.filter(Column::VendorAppliedAt.is_null()),
        None => {}
    }
    if let Some(prefix) = &filter.email_prefix {
        let mut check = Check::new();
        let prefix = check.line("emailPrefix", prefix, 1..=length::EMAIL).to_lowercase();
        check.finish()?;
        query = if app.db.backend() == DbBackend::Postgres {
            query.filter(Column::Email.starts_with(escape_like(&prefix)))
        } else {
            // A range of the index; LIKE would ignore case on these databases, and could not use the index.
            query.filter(Column::Email.gte(prefix.as_str())).filter(Column::Email.lt(format!("{prefix}\u{10FFFF}")))
        };
    }
    Ok(query)
}

/// Escapes the wildcards of LIKE.
fn escape_like(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// Users, newest first.
pub async fn list(app: &App, _staff: &Staff<ManageUsers>, filter: &UserFilter, request: &PageRequest) -> Result<Page<Model>> {
    let keyset = Keyset::newest(Column::CreatedAt, Column::Id);
    page::fetch(app.db.read(), select(app, filter)?, &keyset, request, |row: &Model| Cursor::at(row.created_at, row.id.0)).await
}

/// Number of users that match, counted up to `cap`, and whether that is exact.
pub async fn count(app: &App, _staff: &Staff<ManageUsers>, filter: &UserFilter, cap: u64) -> Result<(u64, bool)> {
    page::count(app.db.read(), select(app, filter)?, cap).await
}

pub async fn find(app: &App, _staff: &Staff<ManageUsers>, id: UserId) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id).one(app.db.read()).await?)
}

fn not_allowed(message: &str) -> Problem {
    Problem::new("id", Code::NotAllowed, message)
}

/// Locks the user to be changed, after the rows of all owners. Only an active owner may change staff, admins and owners.
async fn lock_subject(tx: &Tx, staff: &Staff<ManageUsers>, id: UserId) -> Result<(Model, Vec<UserId>)> {
    let owners = lock_owners(tx).await?;
    let row = lock(tx, id).await?;
    if row.status == UserStatus::Closed {
        return refuse("id", Code::InvalidState, "The account is closed.");
    }
    let by_owner = owners.contains(&staff.user_id());
    if is_staff(row.role) && !by_owner {
        return Err(not_allowed("Only an owner may change staff, admins and owners.").into());
    }
    Ok((row, owners))
}

fn is_staff(role: Role) -> bool {
    matches!(role, Role::Staff | Role::Admin | Role::Owner)
}

/// Result of [`block`].
#[derive(Clone, Debug)]
pub struct Blocked {
    pub user: Model,
    /// Stores suspended because of the block, newest first, at most [`owner::MAX_LISTED`].
    pub suspended: Vec<store::Model>,
}

/// Result of [`unblock`].
#[derive(Clone, Debug)]
pub struct Unblocked {
    pub user: Model,
    /// Stores that were reopened.
    pub reopened: Vec<store::Model>,
    /// Stores that are still suspended because of the block, newest first, at most [`owner::MAX_LISTED`].
    pub suspended: Vec<store::Model>,
}

/// Blocks a user: revokes all sessions and tokens, and suspends the user's stores in the same transaction.
pub async fn block(app: &App, staff: &Staff<ManageUsers>, id: UserId, reason: &str) -> Result<Blocked> {
    let mut check = Check::new();
    let reason = check.line("reason", reason, 1..=length::BLOCK_REASON);
    check.finish()?;
    if id == staff.user_id() {
        return Err(not_allowed("You can't block yourself.").into());
    }
    transact!(app.db, tx, {
        let (row, _) = lock_subject(tx, staff, id).await?;
        revoke_of(tx, app, id, None).await?;
        token::end_all(tx, id).await?;
        let mut active = row.into_active_model();
        active.status = Set(UserStatus::Blocked);
        active.blocked_reason = Set(Some(reason.clone()));
        let user = save(tx, app, active).await?;
        owner::suspend_owned(tx, app, id).await?;
        let suspended = owner::suspended_with_owner(tx, id).await?;
        Ok(Blocked { user, suspended })
    })
}

/// Unblocks a user, who then has to sign in again. With `reopen`, the stores that were suspended because of the block are
/// reopened; a later call can do that, too.
pub async fn unblock(app: &App, staff: &Staff<ManageUsers>, id: UserId, reopen: bool) -> Result<Unblocked> {
    transact!(app.db, tx, {
        let (row, _) = lock_subject(tx, staff, id).await?;
        let user = if row.status == UserStatus::Active {
            row
        } else {
            let mut active = row.into_active_model();
            active.status = Set(UserStatus::Active);
            active.blocked_reason = Set(None);
            save(tx, app, active).await?
        };
        let reopened = if reopen { owner::reopen_owned(tx, app, id).await? } else { Vec::new() };
        let suspended = owner::suspended_with_owner(tx, id).await?;
        Ok(Unblocked { user, reopened, suspended })
    })
}

/// A change of a user's role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRole {
    pub role: Role,
    /// Permissions of the role STAFF; empty for every other role.
    pub permissions: Vec<Permission>,
    /// Version the caller read; refused as STALE if it is not the current one.
    pub expected_version: Option<i32>,
}

/// Changes the role of a user. Staff with MANAGE_USERS change customers to vendors and back; all other changes require an owner.
pub async fn set_role(app: &App, staff: &Staff<ManageUsers>, id: UserId, new: NewRole) -> Result<Model> {
    if new.role != Role::Staff && !new.permissions.is_empty() {
        return refuse(
            "permissions",
            Code::Invalid,
            "permissions are only for the role STAFF; admins and owners have all of them.",
        );
    }
    let mut permissions = new.permissions.clone();
    permissions.sort();
    permissions.dedup();
    transact!(app.db, tx, {
        let (row, owners) = lock_subject(tx, staff, id).await?;
        if is_staff(new.role) && !owners.contains(&staff.user_id()) {
            return refuse("role", Code::NotAllowed, "Only an owner may assign the roles STAFF, ADMIN and OWNER.");
        }
        check_version(new.expected_version, row.version)?;
        if row.role == Role::Owner && new.role != Role::Owner && owners == [id] {
            return Err(not_allowed("The user is the last owner of the marketplace; make another user an owner first.").into());
        }
        if !matches!(new.role, Role::Vendor | Role::Admin | Role::Owner) {
            check_no_stores(tx, id).await?;
        }
        let mut active = row.into_active_model();
        active.role = Set(new.role);
        active.permissions = Set(Permissions(permissions.clone()));
        active.vendor_applied_at = Set(None);
        save(tx, app, active).await
    })
}

/// A store that is not closed needs an owner whose role allows owning stores.
async fn check_no_stores(tx: &Tx, id: UserId) -> Result<()> {
    let open = store::Entity::find()
        .filter(store::Column::OwnerId.eq(id))
        .filter(store::Column::Status.ne(StoreStatus::Closed))
        .limit(1)
        .one(tx)
        .await?;
    match open {
        Some(open) => refuse("role", Code::InUse, format!("The user owns the store {:?}; close it first.", open.name)),
        None => Ok(()),
    }
}
