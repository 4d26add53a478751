//! What the staff does with accounts.

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
use souk_core::transact;

/// Which users.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// Of this role.
    pub role: Option<Role>,
    /// In this state.
    pub status: Option<UserStatus>,
    /// Whose email begins so.
    pub email_prefix: Option<String>,
    /// Only who waits to become a vendor, or only who does not.
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
        let prefix = check.line("emailPrefix", prefix, 1..=254).to_lowercase();
        check.finish()?;
        query = if app.db.backend() == DbBackend::Postgres {
            query.filter(Column::Email.starts_with(escape_like(&prefix)))
        } else {
            // A range of the index; LIKE would ignore case there, and the index with it.
            query.filter(Column::Email.gte(prefix.as_str())).filter(Column::Email.lt(format!("{prefix}\u{10FFFF}")))
        };
    }
    Ok(query)
}

/// The characters that LIKE reads as something else.
fn escape_like(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// Users, newest first.
pub async fn list(app: &App, _staff: &Staff<ManageUsers>, filter: &UserFilter, request: &PageRequest) -> Result<Page<Model>> {
    let keyset = Keyset::newest(Column::CreatedAt, Column::Id);
    page::fetch(app.db.read(), select(app, filter)?, &keyset, request, |row: &Model| Cursor::at(row.created_at, row.id.0)).await
}

/// How many there are.
pub async fn count(app: &App, _staff: &Staff<ManageUsers>, filter: &UserFilter, cap: u64) -> Result<(u64, bool)> {
    page::count(app.db.read(), select(app, filter)?, cap).await
}

/// One by its ID.
pub async fn find(app: &App, _staff: &Staff<ManageUsers>, id: UserId) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id).one(app.db.read()).await?)
}

fn not_allowed(message: &str) -> Problem {
    Problem::new("id", Code::NotAllowed, message)
}

/// Locks whom a member of the staff wants to change. Staff, admins and owners are changed by owners alone; and by one who still
/// is an owner, of whom there always is one.
async fn lock_subject(tx: &Tx, staff: &Staff<ManageUsers>, id: UserId) -> Result<(Model, Vec<UserId>)> {
    let owners = lock_owners(tx).await?;
    let row = lock(tx, id).await?;
    if row.status == UserStatus::Closed {
        return refuse("id", Code::InvalidState, "the account is closed");
    }
    let by_owner = owners.contains(&staff.user_id());
    if is_staff(row.role) && !by_owner {
        return Err(not_allowed("only an owner may change staff, admins and owners").into());
    }
    Ok((row, owners))
}

fn is_staff(role: Role) -> bool {
    matches!(role, Role::Staff | Role::Admin | Role::Owner)
}

/// A blocked person.
#[derive(Clone, Debug)]
pub struct Blocked {
    /// The person.
    pub user: Model,
    /// The stores that are suspended with them, newest first, at most [`owner::MOST_LISTED`].
    pub suspended: Vec<store::Model>,
}

/// A person who was let in again.
#[derive(Clone, Debug)]
pub struct Unblocked {
    /// The person.
    pub user: Model,
    /// The stores that were reopened.
    pub reopened: Vec<store::Model>,
    /// The stores that stay suspended since the person was blocked, newest first, at most [`owner::MOST_LISTED`].
    pub suspended: Vec<store::Model>,
}

/// Blocks a user: every session and every open token ends at once.
/// The stores the person owns are suspended in the same transaction.
pub async fn block(app: &App, staff: &Staff<ManageUsers>, id: UserId, reason: &str) -> Result<Blocked> {
    let mut check = Check::new();
    let reason = check.line("reason", reason, 1..=500);
    check.finish()?;
    if id == staff.user_id() {
        return Err(not_allowed("nobody can block themself").into());
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

/// Unblocks a user, who then has to sign in. The stores that were suspended with them are reopened if `reopen` says so, now or
/// by another call later.
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

/// What somebody is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRole {
    /// Their role.
    pub role: Role,
    /// What they may do, for staff alone.
    pub permissions: Vec<Permission>,
    /// Refused as stale when it has moved on.
    pub expected_version: Option<i32>,
}

/// Gives somebody another role. Staff who manage users make customers vendors and back; everything else is for owners.
pub async fn set_role(app: &App, staff: &Staff<ManageUsers>, id: UserId, new: NewRole) -> Result<Model> {
    if new.role != Role::Staff && !new.permissions.is_empty() {
        return refuse("permissions", Code::Invalid, "only the role STAFF has permissions: admins and owners hold all of them");
    }
    let mut permissions = new.permissions.clone();
    permissions.sort();
    permissions.dedup();
    transact!(app.db, tx, {
        let (row, owners) = lock_subject(tx, staff, id).await?;
        if is_staff(new.role) && !owners.contains(&staff.user_id()) {
            return refuse("role", Code::NotAllowed, "only an owner may make somebody staff, admin or owner");
        }
        check_version(new.expected_version, row.version)?;
        if row.role == Role::Owner && new.role != Role::Owner && owners == [id] {
            return Err(not_allowed("this is the last owner of the marketplace: make somebody else an owner first").into());
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

/// A store that trades needs an owner who may own stores.
async fn check_no_stores(tx: &Tx, id: UserId) -> Result<()> {
    let open = store::Entity::find()
        .filter(store::Column::OwnerId.eq(id))
        .filter(store::Column::Status.ne(StoreStatus::Closed))
        .limit(1)
        .one(tx)
        .await?;
    match open {
        Some(open) => refuse("role", Code::InUse, format!("the user owns the store {:?}: close it first", open.name)),
        None => Ok(()),
    }
}
