//! Authentication: from an access token to a viewer. Each request reads the session, so that revoking it takes effect immediately.

use crate::app::App;
use crate::auth::actor::{Client, Person, Viewer};
use crate::auth::standing::Standing;
use crate::db::InPadded;
use crate::error::{Fault, Result};
use entity::id::SessionId;
use entity::value::{Permissions, Role, UserStatus};
use entity::{session, user};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use std::collections::HashMap;

/// Authenticated caller, with the expiry of the token.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The caller.
    pub viewer: Viewer,
    /// Time at which the token expires.
    pub expires_at: DateTimeUtc,
}

/// The viewer of an access token; [`Fault::Unauthenticated`] if the token, its session or its user is no longer valid.
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
    Ok(SignedIn { viewer: Viewer::signed_in(person_of(user, access.session), client), expires_at: access.expires_at })
}

/// The user as currently stored.
pub(super) fn person_of(user: user::Model, session: SessionId) -> Person {
    Person {
        id: user.id,
        session,
        role: user.role,
        permissions: user.permissions.0,
        email: user.email,
        email_verified: user.email_verified_at.is_some(),
    }
}

/// Maximum number of sessions per statement.
const SESSIONS: usize = 2000;

/// The sessions that are still valid, with the role and permissions of their users. One statement per 2,000 sessions.
pub async fn standing(app: &App, sessions: &[SessionId]) -> Result<HashMap<SessionId, Standing>> {
    let mut good = HashMap::new();
    for ids in sessions.chunks(SESSIONS) {
        let rows: Vec<(SessionId, Role, Permissions)> = session::Entity::find()
            .inner_join(user::Entity)
            .select_only()
            .column(session::Column::Id)
            .column(user::Column::Role)
            .column(user::Column::Permissions)
            .filter(session::Column::Id.in_padded(ids))
            .filter(session::Column::RevokedAt.is_null())
            .filter(user::Column::Status.eq(UserStatus::Active))
            .into_tuple()
            .all(app.db.read())
            .await?;
        good.extend(rows.into_iter().map(|(id, role, permissions)| (id, Standing { role, permissions: permissions.0 })));
    }
    Ok(good)
}
