//! Limits on unpaid orders, as they take stock without payment.
//!
//! The limits apply to guests and to accounts without a verified email address, by email address and by network. They are counted
//! in the database, so that they hold for all processes together.

use crate::order::status::UNPAID;
use crate::setting::Settings;
use entity::buyer_lock;
use entity::id::OrderId;
use entity::order::{Column, Entity};
use entity::order_line;
use entity::value::{PaymentProvider, ProductKind};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::auth::{System, Viewer};
use souk_core::db::{InPadded, Tx};
use souk_core::error::{Code, Error, Problem, Refusal, Result};
use souk_core::transact;
use std::collections::HashSet;
use std::time::Duration;

/// Maximum number of lines that are read; far above any reasonable limit.
const MAX_LINES: u64 = 20_000;
/// Rows that were not locked for this long are deleted.
const LOCK_RETENTION: Duration = Duration::from_secs(86_400);

/// A line of an unpaid order.
type Row = (OrderId, String, Option<String>, i32, i32, ProductKind);

/// Refuses an order with this quantity of items if its buyer or network would exceed the limits on unpaid orders or items.
///
/// Orders with manual payment stay unpaid for days, so for them the count is exact: requests of the same buyer or network are
/// serialised. Other orders are paid or fail within minutes, so concurrent requests may exceed the limits by a few.
pub(crate) async fn check(
    tx: &Tx,
    app: &App,
    viewer: &Viewer,
    settings: &Settings,
    provider: PaymentProvider,
    email: &str,
    quantity: i64,
) -> Result<()> {
    if provider == PaymentProvider::Manual && is_limited(viewer, settings) {
        lock(tx, app, email, &viewer.client().network()).await?;
    }
    let problems = problems(tx, viewer, settings, email, quantity).await?;
    if problems.is_empty() { Ok(()) } else { Err(Error::Refused(Refusal(problems))) }
}

/// The problems that [`check`] would refuse with, without waiting for concurrent requests of the same buyer.
pub(crate) async fn problems(
    db: &impl ConnectionTrait,
    viewer: &Viewer,
    settings: &Settings,
    email: &str,
    quantity: i64,
) -> Result<Vec<Problem>> {
    if !is_limited(viewer, settings) {
        return Ok(Vec::new());
    }
    let network = viewer.client().network();
    let rows = unpaid(db, email, &network).await?;
    let own = rows.iter().filter(|row| row.1 == email);
    let same_network = rows.iter().filter(|row| !network.is_empty() && row.2.as_deref() == Some(network.as_str()));
    let of_guest = (settings.unpaid_orders_per_guest, settings.unpaid_pieces_per_guest);
    let of_network = (settings.unpaid_orders_per_network, settings.unpaid_pieces_per_network);
    let of_email = refusal(own, of_guest, quantity, "for this email address");
    Ok(of_email.into_iter().chain(refusal(same_network, of_network, quantity, "from your network")).collect())
}

/// Whether limits apply to the viewer.
fn is_limited(viewer: &Viewer, settings: &Settings) -> bool {
    let limits = [
        settings.unpaid_orders_per_guest,
        settings.unpaid_pieces_per_guest,
        settings.unpaid_orders_per_network,
        settings.unpaid_pieces_per_network,
    ];
    limits.iter().any(|limit| *limit != 0) && !viewer.email_verified()
}

/// Serialises requests of the same email address or network, by rows that are locked in the order of their names.
async fn lock(tx: &Tx, app: &App, email: &str, network: &str) -> Result<()> {
    for name in [format!("email:{email}"), format!("network:{network}")] {
        // An update locks only an existing row; on MariaDB an insert that finds it also locks the gap beside it, into which
        // others insert their rows.
        let known = buyer_lock::Entity::update_many()
            .col_expr(buyer_lock::Column::UsedAt, Expr::value(app.clock.now()))
            .filter(buyer_lock::Column::Name.eq(&name));
        if known.exec(tx).await?.rows_affected > 0 {
            continue;
        }
        let row = buyer_lock::ActiveModel { name: Set(name), used_at: Set(app.clock.now()) };
        let taken = OnConflict::column(buyer_lock::Column::Name).update_column(buyer_lock::Column::UsedAt).to_owned();
        buyer_lock::Entity::insert(row).on_conflict(taken).exec_without_returning(tx).await?;
    }
    Ok(())
}

async fn unpaid(db: &impl ConnectionTrait, email: &str, network: &str) -> Result<Vec<Row>> {
    let mut whose = Condition::any().add(Column::Email.eq(email));
    if !network.is_empty() {
        whose = whose.add(Column::ClientNetwork.eq(network));
    }
    let lines = Entity::belongs_to(order_line::Entity).from(Column::Id).to(order_line::Column::OrderId).into();
    let query = Entity::find()
        .join(JoinType::InnerJoin, lines)
        .filter(whose)
        .filter(Column::Status.in_padded(&UNPAID))
        .filter(Column::PaidAt.is_null())
        .limit(MAX_LINES)
        .select_only()
        .column(Column::Id)
        .column(Column::Email)
        .column(Column::ClientNetwork)
        .column(order_line::Column::Quantity)
        .column(order_line::Column::CancelledQuantity)
        .column(order_line::Column::Kind);
    Ok(query.into_tuple().all(db).await?)
}

fn refusal<'a>(
    rows: impl Iterator<Item = &'a Row>,
    (max_orders, max_items): (i32, i32),
    requested: i64,
    whose: &str,
) -> Option<Problem> {
    let (mut orders, mut items) = (HashSet::new(), 0_i64);
    for (id, _, _, quantity, cancelled, kind) in rows {
        orders.insert(*id);
        if *kind == ProductKind::Physical {
            items += i64::from(quantity - cancelled);
        }
    }
    let what = if max_orders > 0 && orders.len() >= usize::try_from(max_orders).unwrap_or(usize::MAX) {
        format!("There are {} unpaid orders {whose}, and at most {max_orders} are allowed", orders.len())
    } else if max_items > 0 && requested > 0 && items.saturating_add(requested) > i64::from(max_items) {
        format!(
            "With this order {} items would be unpaid {whose}, and at most {max_items} are allowed",
            items.saturating_add(requested)
        )
    } else {
        return None;
    };
    let message = format!("{what}; pay or cancel an order first, or sign in with a verified email address.");
    Some(Problem::new("checkoutId", Code::LimitReached, message))
}

/// Deletes rows that were not locked for a day; returns their number.
pub async fn delete_old_locks(app: &App, _system: &System) -> Result<u64> {
    let before = app.clock.now() - LOCK_RETENTION;
    let old = buyer_lock::Entity::delete_many().filter(buyer_lock::Column::UsedAt.lt(before));
    transact!(app.db, tx, { Ok(old.clone().exec(tx).await?.rows_affected) })
}
