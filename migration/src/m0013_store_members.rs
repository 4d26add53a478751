//! `store_invitations`, `former_store_members`, `store_suspensions`.

use crate::schema::{OnDelete, Table, index};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        Table::new("store_invitations")
            .uuid("id")
            .uuid("store_id")
            .references("store_id", "stores", OnDelete::Cascade)
            .string("email", 254)
            .string("role", 24)
            .uuid("invited_by_id")
            .references("invited_by_id", "users", OnDelete::Cascade)
            .string("status", 24)
            .time("created_at")
            .time("expires_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        index(m, "store_invitations_store", "store_invitations", &["store_id", "status", "email"]).await?;
        index(m, "store_invitations_inviter", "store_invitations", &["invited_by_id", "status"]).await?;
        index(m, "store_invitations_email", "store_invitations", &["email"]).await?;
        index(m, "store_invitations_expiry", "store_invitations", &["expires_at"]).await?;
        Table::new("former_store_members")
            .uuid("id")
            .uuid("store_id")
            .references("store_id", "stores", OnDelete::Cascade)
            .uuid("user_id")
            .references("user_id", "users", OnDelete::Cascade)
            .time("joined_at")
            .time("left_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        index(m, "former_store_members_person", "former_store_members", &["store_id", "user_id"]).await?;
        index(m, "former_store_members_user", "former_store_members", &["user_id"]).await?;
        Table::new("store_suspensions")
            .uuid("store_id")
            .references("store_id", "stores", OnDelete::Cascade)
            .string("status_before", 24)
            .time("created_at")
            .primary_key(&["store_id"])
            .create(m)
            .await?;
        suspend_stores_of_blocked_owners(m).await
    }
}

/// Earlier versions did not suspend the stores of a blocked vendor. The statements change nothing if they run again.
async fn suspend_stores_of_blocked_owners(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let trading = || Expr::col(("stores", "status")).is_in(["ACTIVE", "PENDING"]);
    let found = Query::select()
        .column(("stores", "id"))
        .column(("stores", "status"))
        .column(("users", "updated_at"))
        .from("stores")
        .inner_join("users", Expr::col(("users", "id")).equals(("stores", "owner_id")))
        .and_where(Expr::col(("users", "status")).eq("BLOCKED"))
        .and_where(trading())
        .and_where(
            Expr::col(("stores", "id")).not_in_subquery(Query::select().column("store_id").from("store_suspensions").to_owned()),
        )
        .to_owned();
    let mut remember = Query::insert();
    remember.into_table("store_suspensions").columns(["store_id", "status_before", "created_at"]);
    remember.select_from(found).map_err(|error| DbErr::Custom(error.to_string()))?;
    m.exec_stmt(remember).await?;
    let suspended = || Query::select().column("store_id").from("store_suspensions").to_owned();
    let hide = Query::update()
        .table("products")
        .value("listed", false)
        .and_where(Expr::col("store_id").in_subquery(suspended()))
        .to_owned();
    m.exec_stmt(hide).await?;
    let suspend = Query::update()
        .table("stores")
        .value("status", "SUSPENDED")
        .value("version", Expr::col("version").add(1))
        .and_where(Expr::col("id").in_subquery(suspended()))
        .and_where(Expr::col("status").is_in(["ACTIVE", "PENDING"]))
        .to_owned();
    m.exec_stmt(suspend).await
}
