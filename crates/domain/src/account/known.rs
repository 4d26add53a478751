//! Networks from which users signed in before. Wrong passwords from a known network are counted apart from all others, so that
//! strangers can't lock users out.

use chrono::Duration;
use entity::id::UserId;
use entity::known_address::{ActiveModel, Column, Entity};
use entity::user;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{OnConflict, Query};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::auth::Client;
use souk_core::db::Tx;
use souk_core::error::Result;

/// Maximum number of networks per user; the one that was used least recently is deleted.
const MAX_NETWORKS: u64 = 100;
/// Days for which a network is known after its last use.
const RETENTION_DAYS: i64 = 180;

/// Whether the user with this email address signed in from the client's network before. One statement, whether the user exists or
/// not.
pub(super) async fn is_known(app: &App, email: &str, client: &Client) -> Result<bool> {
    let users = Query::select().column(user::Column::Id).from(user::Entity).and_where(user::Column::Email.eq(email)).to_owned();
    let found = Entity::find()
        .filter(Column::UserId.in_subquery(users))
        .filter(Column::Network.eq(client.network()))
        .filter(Column::LastUsedAt.gt(app.clock.now() - Duration::days(RETENTION_DAYS)))
        .count(app.db.read())
        .await?;
    Ok(found > 0)
}

/// Records the client's network for a user, whose row must be locked.
pub(super) async fn record(tx: &Tx, app: &App, user_id: UserId, client: &Client) -> Result<()> {
    let row = ActiveModel { user_id: Set(user_id), network: Set(client.network()), last_used_at: Set(app.clock.now()) };
    let again = OnConflict::columns([Column::UserId, Column::Network]).update_column(Column::LastUsedAt).to_owned();
    Entity::insert(row).on_conflict(again).exec_without_returning(tx).await?;
    let of_user = Entity::find().filter(Column::UserId.eq(user_id));
    let too_many = of_user.order_by_desc(Column::LastUsedAt).offset(MAX_NETWORKS).limit(MAX_NETWORKS).all(tx).await?;
    for old in too_many {
        Entity::delete_by_id((user_id, old.network)).exec(tx).await?;
    }
    Ok(())
}

/// Deletes all known networks of a user.
pub(crate) async fn delete_all(tx: &Tx, user_id: UserId) -> Result<()> {
    Entity::delete_many().filter(Column::UserId.eq(user_id)).exec(tx).await?;
    Ok(())
}
