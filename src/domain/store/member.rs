//! Who works for a store.

use crate::app::App;
use crate::auth::{StoreStaff, Viewer, managed};
use crate::check::Check;
use crate::db::is_taken;
use crate::error::{Code, Error, Fault, Problem, Result, refuse};
use crate::transact;
use entity::id::{StoreId, UserId};
use entity::store_member::{ActiveModel, Column, Entity, Model};
use entity::user;
use entity::value::{StoreRole, UserStatus};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use std::collections::HashMap;

/// The most members of a store.
const MOST_MEMBERS: usize = 100;

/// The members of those of several stores that the viewer works for.
pub async fn members(app: &App, viewer: &Viewer, stores: &[StoreId]) -> Result<HashMap<StoreId, Vec<Model>>> {
    let managed = managed(app, viewer, stores).await?;
    if managed.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = Entity::find().filter(Column::StoreId.is_in(managed)).order_by_asc(Column::Id).all(app.db.read()).await?;
    let mut found: HashMap<StoreId, Vec<Model>> = HashMap::new();
    for row in rows {
        found.entry(row.store_id).or_default().push(row);
    }
    Ok(found)
}

/// Lets somebody work for the store.
pub async fn add(app: &App, staff: &StoreStaff, email: &str, role: StoreRole) -> Result<Model> {
    let mut check = Check::new();
    let email = check.email("email", email);
    check.finish()?;
    let store_id = staff.store_id();
    transact!(app.db, tx, {
        let person = user::Entity::find().filter(user::Column::Email.eq(&email)).one(tx).await?;
        let Some(person) = person.filter(|person| person.status == UserStatus::Active) else {
            return refuse("email", Code::NotFound, "nobody with this email has an account here: ask them to register first");
        };
        let there = Entity::find().filter(Column::StoreId.eq(store_id)).all(tx).await?;
        if there.len() >= MOST_MEMBERS {
            return refuse("storeId", Code::LimitReached, format!("a store may have at most {MOST_MEMBERS} members"));
        }
        let row = ActiveModel {
            id: Set(app.clock.new_id()),
            store_id: Set(store_id),
            user_id: Set(person.id),
            role: Set(role),
            created_at: Set(app.clock.now()),
        };
        Entity::insert(row).exec_with_returning(tx).await.map_err(|error| {
            if is_taken(&error, "store_members_person", "store_members", &["store_id", "user_id"]) {
                return Problem::new("email", Code::Taken, "this person is a member already").into();
            }
            Error::from(error)
        })
    })
}

/// Ends somebody's work for the store.
pub async fn remove(app: &App, staff: &StoreStaff, user: UserId) -> Result<()> {
    let store_id = staff.store_id();
    transact!(app.db, tx, {
        let query = Entity::delete_many().filter(Column::StoreId.eq(store_id)).filter(Column::UserId.eq(user));
        if query.exec(tx).await?.rows_affected == 0 { Err(Fault::NotFound.into()) } else { Ok(()) }
    })
}
