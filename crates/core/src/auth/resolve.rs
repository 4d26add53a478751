//! From a token to the viewer. The session is read at every request, so that revoking it works at once.

use crate::app::App;
use crate::auth::actor::{Client, Person, Viewer};
use crate::db::InPadded;
use crate::error::{Fault, Result};
use entity::id::SessionId;
use entity::value::{Permission, Permissions, Role, UserStatus};
use entity::{session, user};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use std::collections::HashMap;

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
    Ok(SignedIn { viewer: Viewer::signed_in(person_of(user, access.session), client), expires_at: access.expires_at })
}

/// The person as their row says it now.
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

/// What may have changed about somebody since they signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What they are to the marketplace.
    pub role: Role,
    /// What they may do, if they are of the staff.
    pub permissions: Vec<Permission>,
}

/// Sessions looked at by one statement.
const SESSIONS: usize = 2000;

/// The sessions that still are good, out of many, and what their people may do. One statement for two thousand.
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
