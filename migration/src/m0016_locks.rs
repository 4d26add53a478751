//! `locks`; an index for the uploads of a user; recomputed ratings of stores, which still included those of deleted products.

use crate::schema::{Table, index};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        Table::new("locks").string("name", 64).primary_key(&["name"]).create(m).await?;
        // A derived table, as MariaDB requires a FROM clause before WHERE.
        let category_tree = "INSERT INTO locks (name) SELECT one.name FROM (SELECT 'category_tree' AS name) AS one \
                             WHERE NOT EXISTS (SELECT 1 FROM locks WHERE locks.name = 'category_tree')";
        m.get_connection().execute_unprepared(category_tree).await?;
        index(m, "staged_uploads_user", "staged_uploads", &["user_id", "expires_at"]).await?;
        recount_store_ratings(m).await
    }
}

async fn recount_store_ratings(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let of_reviews = |what: &str, which: &str| {
        format!("(SELECT {what} FROM reviews WHERE reviews.store_id = stores.id AND reviews.status = 'PUBLISHED'{which})")
    };
    let mut columns = vec![
        format!("rating_sum = {}", of_reviews("COALESCE(SUM(reviews.rating), 0)", "")),
        format!("rating_count = {}", of_reviews("COUNT(*)", "")),
    ];
    for stars in 1..=5 {
        columns.push(format!("rating_{stars} = {}", of_reviews("COUNT(*)", &format!(" AND reviews.rating = {stars}"))));
    }
    let counts = format!("UPDATE stores SET {}", columns.join(", "));
    m.get_connection().execute_unprepared(&counts).await?;
    // The average in hundredths of a star, rounded half up, in integer arithmetic.
    let divide = if m.get_database_backend() == DbBackend::MySql { "DIV" } else { "/" };
    let average = format!(
        "UPDATE stores SET rating_average = CASE WHEN rating_count = 0 THEN 0 \
         ELSE (200 * rating_sum + rating_count) {divide} (2 * rating_count) END"
    );
    m.get_connection().execute_unprepared(&average).await.map(|_| ())
}
