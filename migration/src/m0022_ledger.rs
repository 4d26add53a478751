//! The ledger: accounts, transactions, entries, balances, earnings; commission of lines, and what was posted of store orders.

use crate::schema::{OnDelete, Table, append_only, index, unique};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        add_columns(m).await?;
        create_ledger(m).await?;
        create_earnings(m).await?;
        fill_columns(m).await
    }
}

async fn add_columns(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    Table::new("order_lines")
        .integer("refunded_quantity")
        .big_integer("refunded_total")
        .big_integer("marketplace_discount_total")
        .integer("commission_basis_points")
        .big_integer("commission_total")
        .big_integer("commission_tax_total")
        .big_integer("reversed_tax_total")
        .big_integer("reversed_marketplace_discount_total")
        .big_integer("reversed_commission_total")
        .big_integer("reversed_commission_tax_total")
        .at_least("refunded_quantity", 0)
        .at_least("refunded_total", 0)
        .add_columns(m)
        .await?;
    Table::new("store_orders")
        .big_integer("shipping_tax_total")
        .big_integer("paid_total")
        .big_integer("refunded_total")
        .big_integer("refunded_shipping_total")
        .big_integer("posted_marketplace_discount_total")
        .big_integer("posted_commission_total")
        .big_integer("posted_commission_tax_total")
        .big_integer("posted_tax_total")
        .time_null("payable_at")
        .at_least("paid_total", 0)
        .at_least("refunded_total", 0)
        .add_columns(m)
        .await?;
    Table::new("orders").boolean("tax_remitted").add_columns(m).await?;
    Table::new("captures").string_null("collected_by", 24).add_columns(m).await?;
    Table::new("categories").integer_null("commission_basis_points").add_columns(m).await
}

async fn create_ledger(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    Table::new("ledger_accounts")
        .uuid("id")
        .string("code", 64)
        .string("kind", 24)
        .uuid_null("store_id")
        .references("store_id", "stores", OnDelete::Restrict)
        .string_null("provider", 24)
        .string("currency", 3)
        .time("created_at")
        .primary_key(&["id"])
        .create(m)
        .await?;
    unique(m, "ledger_accounts_code", "ledger_accounts", &["code", "currency"]).await?;
    unique(m, "ledger_accounts_currency", "ledger_accounts", &["id", "currency"]).await?;
    Table::new("ledger_transactions")
        .uuid("id")
        .string("kind", 24)
        .uuid("source_id")
        .uuid_null("order_id")
        .references("order_id", "orders", OnDelete::Restrict)
        .string("currency", 3)
        .string_null("note", 500)
        .time("created_at")
        .primary_key(&["id"])
        .create(m)
        .await?;
    unique(m, "ledger_transactions_source", "ledger_transactions", &["kind", "source_id"]).await?;
    unique(m, "ledger_transactions_currency", "ledger_transactions", &["id", "currency"]).await?;
    index(m, "ledger_transactions_order", "ledger_transactions", &["order_id", "created_at"]).await?;
    index(m, "ledger_transactions_kind", "ledger_transactions", &["kind", "created_at", "id"]).await?;
    index(m, "ledger_transactions_created", "ledger_transactions", &["created_at", "id"]).await?;
    Table::new("ledger_entries")
        .uuid("id")
        .uuid("transaction_id")
        .references_pair(["transaction_id", "currency"], "ledger_transactions", ["id", "currency"])
        .uuid("debit_account_id")
        .references_pair(["debit_account_id", "currency"], "ledger_accounts", ["id", "currency"])
        .uuid("credit_account_id")
        .references_pair(["credit_account_id", "currency"], "ledger_accounts", ["id", "currency"])
        .string("currency", 3)
        .big_integer("amount")
        .check("ledger_entries_amount", "amount > 0")
        .check("ledger_entries_sides", "debit_account_id <> credit_account_id")
        .time("created_at")
        .primary_key(&["id"])
        .create(m)
        .await?;
    index(m, "ledger_entries_transaction", "ledger_entries", &["transaction_id"]).await?;
    index(m, "ledger_entries_debit", "ledger_entries", &["debit_account_id", "created_at", "amount"]).await?;
    index(m, "ledger_entries_credit", "ledger_entries", &["credit_account_id", "created_at", "amount"]).await?;
    Table::new("ledger_balances")
        .uuid("account_id")
        .references("account_id", "ledger_accounts", OnDelete::Restrict)
        .time("until")
        .big_integer("debit_total")
        .big_integer("credit_total")
        .primary_key(&["account_id", "until"])
        .create(m)
        .await?;
    for table in ["ledger_transactions", "ledger_entries", "ledger_balances"] {
        append_only(m, table).await?;
    }
    Ok(())
}

async fn create_earnings(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    Table::new("earnings")
        .uuid("id")
        .uuid("store_id")
        .references("store_id", "stores", OnDelete::Restrict)
        .uuid_null("store_order_id")
        .references("store_order_id", "store_orders", OnDelete::Restrict)
        .string("kind", 24)
        .uuid("source_id")
        .big_integer("amount")
        .string("currency", 3)
        .time_null("available_at")
        .time("created_at")
        .primary_key(&["id"])
        .create(m)
        .await?;
    unique(m, "earnings_source", "earnings", &["kind", "source_id", "store_id"]).await?;
    index(m, "earnings_available", "earnings", &["store_id", "currency", "available_at"]).await?;
    index(m, "findings_seen", "reconciliation_findings", &["last_seen_at", "id"]).await?;
    index(m, "earnings_created", "earnings", &["store_id", "currency", "created_at", "id"]).await?;
    index(m, "earnings_store_order", "earnings", &["store_order_id"]).await
}

/// Orders from before this migration owe no commission, and their payments stay outside the ledger.
async fn fill_columns(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    for sql in [
        "UPDATE store_orders SET shipping_tax_total = tax_total - (SELECT COALESCE(SUM(order_lines.tax_total), 0) \
         FROM order_lines WHERE order_lines.store_order_id = store_orders.id) \
         WHERE shipping_tax_total = 0 AND tax_total > 0",
        "UPDATE store_orders SET paid_total = total - (SELECT COALESCE(SUM(order_lines.cancelled_total), 0) \
         FROM order_lines WHERE order_lines.store_order_id = store_orders.id) \
         WHERE paid_total = 0 AND status NOT IN ('CANCELLED', 'FAILED', 'REFUNDED') \
         AND EXISTS (SELECT 1 FROM payments WHERE payments.order_id = store_orders.order_id AND payments.captured_amount > 0)",
    ] {
        m.get_connection().execute_unprepared(sql).await?;
    }
    Ok(())
}
