//! Store invitations.
//!
//! A user becomes a member only with consent, and an invitation does not reveal whether an account has the address: the same row
//! is written and the same mail is sent in both cases. The mail contains a token: the ID of the invitation, signed. It can be
//! accepted once, by the user whose verified address is the invited one; every holder of the token can decline.

use crate::mail::{self, Mail};
use crate::store::member;
use entity::id::{StoreId, StoreInvitationId, UserId};
use entity::store_invitation::{ActiveModel, Column, Entity, Model};
use entity::value::{StoreInvitationStatus, StoreRole, StoreStatus};
use entity::{store, store_member, user};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::auth::{Customer, StoreStaff, StoreTask, System, Viewer, of_stores_with_task};
use souk_core::check::Check;
use souk_core::crypto::keys::Capability;
use souk_core::db::{InPadded, Tx};
use souk_core::error::{Code, Error, Fault, Problem, Result, refuse};
use souk_core::limit::Attempt;
use souk_core::transact;
use std::collections::HashMap;
use std::time::Duration;

/// Maximum number of pending invitations of a store.
pub const MAX_PENDING: u64 = 50;

/// Invitations in any status are deleted this long after their expiry.
pub const RETENTION: Duration = Duration::from_secs(30 * 86_400);

/// Number of invitations deleted by one transaction.
const BATCH: u64 = 500;

/// Result of [`accept`].
#[derive(Clone, Debug)]
pub struct Joined {
    pub member: store_member::Model,
    pub store: store::Model,
}

/// Invites an email address. Replaces a pending invitation of the store to the same address.
pub async fn create(app: &App, staff: &StoreStaff, email: &str, role: StoreRole) -> Result<Model> {
    let mut check = Check::new();
    let email = check.email("email", email);
    check.finish()?;
    if email == staff.email() {
        return refuse("email", Code::Invalid, "email must not be your own email address.");
    }
    app.limits.count(Attempt::InvitationByUser, &staff.user_id().to_string())?;
    app.limits.count(Attempt::InvitationByStore, &staff.store_id().to_string())?;
    app.limits.count(Attempt::InvitationToAddress, &email)?;
    transact!(app.db, tx, {
        let store = staff.lock_store(tx, StoreTask::Settings).await?;
        if matches!(store.status, StoreStatus::Closed | StoreStatus::Suspended) {
            let message = format!("The store is {} and can't invite members.", store.status);
            return refuse("storeId", Code::InvalidState, message);
        }
        revoke_pending(tx, Column::StoreId.eq(store.id).and(Column::Email.eq(&email))).await?;
        check_limits(tx, app, store.id).await?;
        let now = app.clock.now();
        let row = Model {
            id: app.clock.new_id(),
            store_id: store.id,
            email: email.clone(),
            role,
            invited_by_id: staff.user_id(),
            status: StoreInvitationStatus::Pending,
            created_at: now,
            expires_at: now + app.config.invitation,
        };
        Entity::insert(as_new(&row)).exec_without_returning(tx).await?;
        mail::enqueue(tx, app, Mail::StoreInvitation { invitation_id: row.id }).await?;
        Ok(row)
    })
}

fn as_new(row: &Model) -> ActiveModel {
    ActiveModel {
        id: Set(row.id),
        store_id: Set(row.store_id),
        email: Set(row.email.clone()),
        role: Set(row.role),
        invited_by_id: Set(row.invited_by_id),
        status: Set(row.status),
        created_at: Set(row.created_at),
        expires_at: Set(row.expires_at),
    }
}

/// Checks the limits on invitations and members. The store's row is locked, so that the counts stay valid.
async fn check_limits(tx: &Tx, app: &App, store: StoreId) -> Result<()> {
    let pending = Entity::find().filter(pending_in(app, &[store])).count(tx).await?;
    if pending >= MAX_PENDING {
        let message = format!("A store can have at most {MAX_PENDING} pending invitations; revoke one first.");
        return refuse("storeId", Code::LimitReached, message);
    }
    member::check_limit(tx, store, "storeId").await
}

fn pending_in(app: &App, stores: &[StoreId]) -> Expr {
    Column::StoreId
        .in_padded(stores)
        .and(Column::Status.eq(StoreInvitationStatus::Pending))
        .and(Column::ExpiresAt.gt(app.clock.now()))
}

/// Revokes pending invitations.
async fn revoke_pending(tx: &Tx, which: Expr) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(StoreInvitationStatus::Revoked.as_str()))
        .filter(which)
        .filter(Column::Status.eq(StoreInvitationStatus::Pending))
        .exec(tx)
        .await?;
    Ok(())
}

/// Revokes the pending invitations of a store that is closed.
pub(super) async fn revoke_of_store(tx: &Tx, store: StoreId) -> Result<()> {
    revoke_pending(tx, Column::StoreId.eq(store)).await
}

/// Revokes the invitations that a former member sent for a store.
pub(super) async fn revoke_by_former_member(tx: &Tx, store: StoreId, user: UserId) -> Result<()> {
    revoke_pending(tx, Column::StoreId.eq(store).and(Column::InvitedById.eq(user))).await
}

/// Revokes all invitations that a user sent, for all stores.
pub(super) async fn revoke_by_inviter(tx: &Tx, user: UserId) -> Result<()> {
    revoke_pending(tx, Column::InvitedById.eq(user)).await
}

/// Deletes the invitations to a user whose account is closed, and revokes those that the user sent.
pub(crate) async fn erase(tx: &Tx, user: &user::Model) -> Result<()> {
    Entity::delete_many().filter(Column::Email.eq(&user.email)).exec(tx).await?;
    revoke_by_inviter(tx, user.id).await
}

fn refused() -> Error {
    let message = "The token is unknown, or its invitation was answered, revoked or has expired; ask the store for a new one.";
    Problem::new("token", Code::InvalidToken, message).into()
}

fn decode(app: &App, token: &str) -> Option<StoreInvitationId> {
    app.keys.check(Capability::StoreInvitation, token.trim())
}

/// Locks an invitation that can be answered: the second of two concurrent answers waits, and then finds it answered.
async fn lock_pending(tx: &Tx, app: &App, id: StoreInvitationId) -> Result<Model> {
    let row = Entity::find_by_id(id).lock_exclusive().one(tx).await?;
    let usable = |row: &Model| row.status == StoreInvitationStatus::Pending && app.clock.now() < row.expires_at;
    row.filter(usable).ok_or_else(refused)
}

async fn answer(tx: &Tx, row: Model, status: StoreInvitationStatus) -> Result<Model> {
    let mut active = row.into_active_model();
    active.status = Set(status);
    Ok(Entity::update(active).exec(tx).await?)
}

/// Makes the caller a member of the store. If the caller is a member already, only the role changes.
pub async fn accept(app: &App, customer: &Customer, token: &str) -> Result<Joined> {
    let id = decode(app, token).ok_or_else(refused)?;
    let found = Entity::find_by_id(id).one(app.db.read()).await?.ok_or_else(refused)?;
    transact!(app.db, tx, {
        let person = customer.lock(tx).await?;
        let store = store::Entity::find_by_id(found.store_id).lock_exclusive().one(tx).await?.ok_or_else(refused)?;
        let row = lock_pending(tx, app, id).await?;
        check_invited(&person, &row)?;
        match store.status {
            StoreStatus::Pending | StoreStatus::Active => {}
            StoreStatus::Closed => return Err(refused()),
            StoreStatus::Suspended => {
                return refuse("token", Code::InvalidState, "The store is SUSPENDED; try again when it is ACTIVE.");
            }
        }
        if store.owner_id == person.id {
            return refuse("token", Code::NotAllowed, "You own this store, so you can't become a member of it.");
        }
        let member = member::join(tx, app, store.id, person.id, row.role).await?;
        answer(tx, row, StoreInvitationStatus::Accepted).await?;
        Ok(Joined { member, store })
    })
}

/// A token can be forwarded, a verified address can't.
fn check_invited(person: &user::Model, row: &Model) -> Result<()> {
    if person.email != row.email {
        let message = "The invitation was sent to another email address; sign in to the account with that address.";
        return refuse("token", Code::NotAllowed, message);
    }
    if person.email_verified_at.is_none() {
        return refuse("token", Code::Incomplete, "Verify your email address first, then accept the invitation.");
    }
    Ok(())
}

/// Declines an invitation. The token is sufficient, as the address may have no account.
pub async fn decline(app: &App, _viewer: &Viewer, token: &str) -> Result<Model> {
    let id = decode(app, token).ok_or_else(refused)?;
    transact!(app.db, tx, {
        let row = lock_pending(tx, app, id).await?;
        answer(tx, row, StoreInvitationStatus::Declined).await
    })
}

/// Revokes an invitation.
pub async fn revoke(app: &App, staff: &StoreStaff, id: StoreInvitationId) -> Result<Model> {
    transact!(app.db, tx, {
        let store = staff.lock_store(tx, StoreTask::Settings).await?;
        let query = Entity::find_by_id(id).filter(Column::StoreId.eq(store.id));
        let row = query.lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
        if row.status != StoreInvitationStatus::Pending {
            let message = format!("Only a pending invitation can be revoked; this one is {}.", row.status);
            return refuse("id", Code::InvalidState, message);
        }
        answer(tx, row, StoreInvitationStatus::Revoked).await
    })
}

/// The actor who may revoke an invitation; [`Fault::NotFound`] for all other users.
pub async fn staff(app: &App, customer: &Customer, id: StoreInvitationId) -> Result<StoreStaff> {
    let query = Entity::find_by_id(id).select_only().column(Column::StoreId);
    let store: Option<StoreId> = query.into_tuple().one(app.db.read()).await?;
    customer.store_staff(&app.db, store.ok_or(Fault::NotFound)?, StoreTask::Settings).await
}

/// The invitation of a token, in any status.
pub async fn by_token(app: &App, _viewer: &Viewer, token: &str) -> Result<Option<Model>> {
    match decode(app, token) {
        Some(id) => Ok(Entity::find_by_id(id).one(app.db.read()).await?),
        None => Ok(None),
    }
}

/// Invitations by ID of stores whose settings the viewer may change.
pub async fn by_ids(app: &App, viewer: &Viewer, ids: &[StoreInvitationId]) -> Result<Vec<Model>> {
    let Some(administered) = of_stores_with_task(viewer, StoreTask::Settings, Column::StoreId) else { return Ok(Vec::new()) };
    Ok(Entity::find().filter(Column::Id.in_padded(ids)).filter(administered).all(app.db.read()).await?)
}

/// Pending invitations by store, oldest first, of stores whose settings the viewer may change.
pub async fn pending(app: &App, viewer: &Viewer, stores: &[StoreId]) -> Result<HashMap<StoreId, Vec<Model>>> {
    let seen = administered(app, viewer, stores).await?;
    let mut found: HashMap<StoreId, Vec<Model>> = seen.iter().map(|id| (*id, Vec::new())).collect();
    if found.is_empty() {
        return Ok(found);
    }
    let rows = Entity::find().filter(pending_in(app, &seen)).order_by_asc(Column::Id).all(app.db.read()).await?;
    for row in rows {
        found.entry(row.store_id).or_default().push(row);
    }
    Ok(found)
}

async fn administered(app: &App, viewer: &Viewer, stores: &[StoreId]) -> Result<Vec<StoreId>> {
    let staff = viewer.staff_of_stores(&app.db, stores, StoreTask::Settings).await?;
    Ok(staff.iter().map(StoreStaff::store_id).collect())
}

/// Deletes invitations that expired more than [`RETENTION`] ago; returns their number.
pub async fn delete_expired(app: &App, _system: &System) -> Result<u64> {
    let before = app.clock.now() - RETENTION;
    let mut total = 0;
    loop {
        let old = Entity::find().select_only().column(Column::Id).filter(Column::ExpiresAt.lt(before));
        let ids: Vec<StoreInvitationId> = old.limit(BATCH).into_tuple().all(app.db.read()).await?;
        if ids.is_empty() {
            return Ok(total);
        }
        let removed: Result<u64> =
            transact!(app.db, tx, { Ok(Entity::delete_many().filter(Column::Id.in_padded(&ids)).exec(tx).await?.rows_affected) });
        total += removed?;
    }
}
