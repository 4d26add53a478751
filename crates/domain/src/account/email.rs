//! Change of the email address: confirmed from the new address, reported to the old one.

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

/// Days for which the record of a change is kept after the request.
const RETENTION_DAYS: i64 = 90;

/// Sends a confirmation link to the new address and a notice to the old one; the address changes when the link is used. Only then
/// the caller learns whether another account has the new address.
pub async fn request_change(app: &App, customer: &Customer, new_email: &str, password: String) -> Result<Model> {
    let mut check = Check::new();
    let email = check.email("newEmail", new_email);
    check.finish()?;
    if email == customer.email() {
        return refuse("newEmail", Code::Invalid, "newEmail must differ from the current email address.");
    }
    let confirmed = secret::confirm(app, customer, password, "password").await?;
    app.limits.count(Attempt::EmailByAddress, &customer.client().network())?;
    // Counted by user and address, so that no other user can exhaust the mails that the owner of the address may request.
    app.limits.count(Attempt::EmailByAccount, &format!("{email} {}", customer.user_id()))?;
    transact!(app.db, tx, {
        let user = secret::lock_confirmed(tx, customer, &confirmed, "password").await?;
        let new = NewToken { user_id: user.id, purpose: TokenPurpose::ChangeEmail, email: &email, client: None };
        let id = token::issue(tx, app, new).await?;
        delete_old(tx, app, user.id).await?;
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

/// Makes the new address the account's, by the token that was sent to it. Revokes all sessions and tokens of the user, and
/// notifies the old address.
pub async fn confirm_change(app: &App, _viewer: &Viewer, token: &str) -> Result<Model> {
    let id = token::decode(app, token)?;
    transact!(app.db, tx, {
        let (taken, user) = token::consume(tx, app, id, TokenPurpose::ChangeEmail).await?;
        revoke_of(tx, app, user.id, None).await?;
        token::end_all(tx, user.id).await?;
        record(tx, app, id, &user, &taken.email).await?;
        let mut active = user.into_active_model();
        active.email = Set(taken.email);
        active.email_verified_at = Set(Some(app.clock.now()));
        save(tx, app, active).await
    })
}

/// Records the confirmation, and notifies the old address.
async fn record(tx: &Tx, app: &App, id: OneTimeTokenId, user: &Model, new_email: &str) -> Result<()> {
    let now = app.clock.now();
    match Entity::find_by_id(id).one(tx).await? {
        Some(row) => {
            let mut row = row.into_active_model();
            row.confirmed_at = Set(Some(now));
            Entity::update(row).exec(tx).await?;
        }
        // Requested by a version that did not record changes.
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

async fn delete_old(tx: &Tx, app: &App, user_id: UserId) -> Result<()> {
    let long_ago = app.clock.now() - chrono::Duration::days(RETENTION_DAYS);
    Entity::delete_many().filter(Column::UserId.eq(user_id)).filter(Column::RequestedAt.lt(long_ago)).exec(tx).await?;
    Ok(())
}

/// Deletes all recorded changes of a user.
pub(crate) async fn delete_all(tx: &Tx, user_id: UserId) -> Result<()> {
    Entity::delete_many().filter(Column::UserId.eq(user_id)).exec(tx).await?;
    Ok(())
}
