//! Another email address: confirmed from the new one, told to the old one.

use crate::account::row::save;
use crate::account::secret;
use crate::account::session::revoke_of;
use crate::account::token::{self, NewToken};
use crate::mail::{self, Mail};
use entity::email_change::{ActiveModel, Column, Entity};
use entity::id::{OneTimeTokenId, UserId};
use entity::user::Model;
use entity::value::TokenPurpose;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use souk_core::app::App;
use souk_core::auth::{Customer, Viewer};
use souk_core::check::Check;
use souk_core::db::Tx;
use souk_core::error::{Code, Result, refuse};
use souk_core::limit::Attempt;
use souk_core::transact;

/// How long a change is kept after it was requested.
const KEPT_DAYS: i64 = 90;

/// Sends a mail to the new address, and tells the old one; nothing changes before it is confirmed. Whether another account has the
/// new address shows only then.
pub async fn request_change(app: &App, customer: &Customer, new_email: &str, password: String) -> Result<Model> {
    let mut check = Check::new();
    let email = check.email("newEmail", new_email);
    check.finish()?;
    if email == customer.email() {
        return refuse("newEmail", Code::Invalid, "this is your email already");
    }
    let confirmed = secret::confirm(app, customer, password, "password").await?;
    app.limits.count(Attempt::EmailByAddress, &customer.client().network())?;
    // By the user who asks, too: nobody can use up what the owner of the other address may be sent.
    app.limits.count(Attempt::EmailByAccount, &format!("{email} {}", customer.user_id()))?;
    transact!(app.db, tx, {
        let user = secret::lock_confirmed(tx, customer, &confirmed, "password").await?;
        let new = NewToken { user_id: user.id, purpose: TokenPurpose::ChangeEmail, email: &email, client: None };
        let id = token::issue(tx, app, new).await?;
        forget_old(tx, app, user.id).await?;
        let row = ActiveModel {
            id: Set(id),
            user_id: Set(user.id),
            old_email: Set(user.email.clone()),
            new_email: Set(email.clone()),
            requested_at: Set(app.clock.now()),
            confirmed_at: Set(None),
        };
        Entity::insert(row).exec_without_returning(tx).await?;
        mail::enqueue(tx, app, Mail::EmailChangeRequested { change_id: id }).await?;
        Ok(user)
    })
}

/// Makes the new address the person's, by the token that was sent there. Every session and every open token of theirs ends, and the
/// old address is told.
pub async fn confirm_change(app: &App, _viewer: &Viewer, token: &str) -> Result<Model> {
    let id = token::open(app, token)?;
    transact!(app.db, tx, {
        let (taken, user) = token::take(tx, app, id, TokenPurpose::ChangeEmail).await?;
        revoke_of(tx, app, user.id, None).await?;
        token::end_all(tx, user.id).await?;
        record(tx, app, id, &user, &taken.email).await?;
        let mut active = user.into_active_model();
        active.email = Set(taken.email);
        active.email_verified_at = Set(Some(app.clock.now()));
        save(tx, app, active).await
    })
}

/// Notes that a change was confirmed, and has the old address told.
async fn record(tx: &Tx, app: &App, id: OneTimeTokenId, user: &Model, new_email: &str) -> Result<()> {
    let now = app.clock.now();
    match Entity::find_by_id(id).one(tx).await? {
        Some(row) => {
            let mut row = row.into_active_model();
            row.confirmed_at = Set(Some(now));
            Entity::update(row).exec(tx).await?;
        }
        // Requested before changes were kept.
        None => {
            let row = ActiveModel {
                id: Set(id),
                user_id: Set(user.id),
                old_email: Set(user.email.clone()),
                new_email: Set(new_email.to_owned()),
                requested_at: Set(now),
                confirmed_at: Set(Some(now)),
            };
            Entity::insert(row).exec_without_returning(tx).await?;
        }
    }
    mail::enqueue(tx, app, Mail::EmailChanged { change_id: id }).await
}

async fn forget_old(tx: &Tx, app: &App, user_id: UserId) -> Result<()> {
    let long_ago = app.clock.now() - chrono::Duration::days(KEPT_DAYS);
    Entity::delete_many().filter(Column::UserId.eq(user_id)).filter(Column::RequestedAt.lt(long_ago)).exec(tx).await?;
    Ok(())
}

/// Forgets all changes of a user.
pub(super) async fn forget_all(tx: &Tx, user_id: UserId) -> Result<()> {
    Entity::delete_many().filter(Column::UserId.eq(user_id)).exec(tx).await?;
    Ok(())
}
