//! `cart_lines` store the names that the buyer saw and have no foreign keys, so that a line remains when its variant is deleted.

use crate::schema::{OnDelete, Table, unique};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const POSTGRES: &str = r#"
ALTER TABLE "cart_lines" ADD COLUMN IF NOT EXISTS "product_name" varchar(200) NOT NULL DEFAULT '';
ALTER TABLE "cart_lines" ADD COLUMN IF NOT EXISTS "variant_name" varchar(200) NOT NULL DEFAULT '';
UPDATE "cart_lines" SET "product_name" = p."name", "variant_name" = v."name"
    FROM "product_variants" v JOIN "products" p ON p."id" = v."product_id" WHERE v."id" = "cart_lines"."variant_id";
ALTER TABLE "cart_lines" ALTER COLUMN "product_name" DROP DEFAULT, ALTER COLUMN "variant_name" DROP DEFAULT;
ALTER TABLE "cart_lines" DROP CONSTRAINT IF EXISTS "cart_lines_variant_id_fk";
"#;

const MARIADB: [&str; 5] = [
    "ALTER TABLE `cart_lines` ADD COLUMN IF NOT EXISTS `product_name` varchar(200) NOT NULL DEFAULT '', \
     ADD COLUMN IF NOT EXISTS `variant_name` varchar(200) NOT NULL DEFAULT ''",
    "UPDATE `cart_lines` l JOIN `product_variants` v ON v.`id` = l.`variant_id` JOIN `products` p ON p.`id` = v.`product_id` \
     SET l.`product_name` = p.`name`, l.`variant_name` = v.`name`",
    "ALTER TABLE `cart_lines` MODIFY `product_name` varchar(200) NOT NULL, MODIFY `variant_name` varchar(200) NOT NULL",
    "ALTER TABLE `cart_lines` DROP FOREIGN KEY IF EXISTS `cart_lines_variant_id_fk`",
    // Was only needed by the foreign key.
    "DROP INDEX IF EXISTS `cart_lines_variant_id_fk` ON `cart_lines`",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let db = m.get_connection();
        match m.get_database_backend() {
            DbBackend::Postgres => db.execute_unprepared(POSTGRES).await.map(drop),
            DbBackend::MySql => {
                for statement in MARIADB {
                    db.execute_unprepared(statement).await?;
                }
                Ok(())
            }
            _ => rebuild(m).await,
        }
    }
}

/// SQLite cannot drop a foreign key, so the table is copied, in one transaction.
async fn rebuild(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let db = m.get_connection();
    if m.has_column("cart_lines", "product_name").await? {
        return Ok(());
    }
    db.execute_unprepared("SAVEPOINT cart_line_names").await?;
    let done = write_again(m).await;
    let end = if done.is_ok() { "RELEASE cart_line_names" } else { "ROLLBACK TO cart_line_names; RELEASE cart_line_names" };
    db.execute_unprepared(end).await?;
    done
}

async fn write_again(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let db = m.get_connection();
    Table::new("new_cart_lines")
        .uuid("id")
        .uuid("cart_id")
        .references("cart_id", "carts", OnDelete::Cascade)
        .uuid("variant_id")
        .string("product_name", 200)
        .string("variant_name", 200)
        .integer("quantity")
        .at_least("quantity", 1)
        .big_integer("price_seen")
        .time("created_at")
        .time("updated_at")
        .primary_key(&["id"])
        .create(m)
        .await?;
    db.execute_unprepared(
        "INSERT INTO new_cart_lines (id, cart_id, variant_id, product_name, variant_name, quantity, price_seen, created_at, \
         updated_at) SELECT l.id, l.cart_id, l.variant_id, p.name, v.name, l.quantity, l.price_seen, l.created_at, l.updated_at \
         FROM cart_lines l JOIN product_variants v ON v.id = l.variant_id JOIN products p ON p.id = v.product_id",
    )
    .await?;
    db.execute_unprepared("DROP TABLE cart_lines").await?;
    db.execute_unprepared("ALTER TABLE new_cart_lines RENAME TO cart_lines").await?;
    unique(m, "cart_lines_variant", "cart_lines", &["cart_id", "variant_id"]).await
}
