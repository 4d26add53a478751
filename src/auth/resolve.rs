//! From a token to the viewer. The session is read at every request, so that revoking it works at once.

use crate::app::App;
use crate::auth::actor::{Client, Person, Viewer};
use crate::error::{Fault, Result};
use entity::value::UserStatus;
use entity::{session, user};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

/// Somebody whose token was good, and until when it is.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who.
    pub viewer: Viewer,
    /// When the token ends.
    pub expires_at: DateTimeUtc,
}

/// The viewer of an access token; [`Fault::Unauthenticated`] where the token, its session or its user is no longer good.
pub async fn viewer(app: &App, token: &str, client: Client) -> Result<SignedIn> {
    let now = app.clock.now();
    let access = app.access_tokens.check(token, now).ok_or(Fault::Unauthenticated)?;
    let found = session::Entity::find_by_id(access.session)
        .filter(session::Column::UserId.eq(access.user))
        .filter(session::Column::RevokedAt.is_null())
        .find_also_related(user::Entity)
        .one(app.db.read())
        .await?;
    let Some((_, Some(user))) = found else { return Err(Fault::Unauthenticated.into()) };
    if user.status != UserStatus::Active {
        return Err(Fault::Unauthenticated.into());
    }
    let person = Person {
        id: user.id,
        session: access.session,
        role: user.role,
        permissions: user.permissions.0,
        display_name: user.display_name,
        email: user.email,
        email_verified: user.email_verified_at.is_some(),
    };
    Ok(SignedIn { viewer: Viewer::signed_in(person, client), expires_at: access.expires_at })
}
