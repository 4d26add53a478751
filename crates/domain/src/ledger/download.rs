//! Downloads of statements: signed URLs, and rows that are read while they are sent.

use super::statement::{Period, Statement, balance, of};
use crate::link;
use crate::page::{self, Cursor, KeyType, Keyset, PageRequest};
use entity::earning::{Column, Model};
use entity::id::{OrderId, StoreOrderId, UserId};
use entity::money::Minor;
use entity::{order, store_order};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::{EntityTrait, QueryFilter, QuerySelect};
use serde::{Deserialize, Serialize};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::crypto::keys::Capability;
use souk_core::db::InPadded;
use souk_core::error::{Fault, Result, internal};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// How long the URL of a download can be used.
pub const LIFETIME: Duration = Duration::from_secs(600);
/// Rows that are read at once, so that the memory of a download does not depend on the number of its rows.
const ROWS_AT_ONCE: u64 = 500;

/// What the token in the URL claims. Times are in microseconds since 1970.
#[derive(Serialize, Deserialize)]
struct Claims {
    store: Uuid,
    currency: String,
    from: i64,
    before: i64,
    user: Uuid,
    expires: i64,
}

/// URL of a statement as CSV. The caller may see the statement, and so may the holder of the URL, who needs no other authentication,
/// for [`LIFETIME`].
pub fn url(app: &App, viewer: &Viewer, statement: &Statement) -> Result<String> {
    let Period { store_id, currency, from, before } = statement.period;
    let claims = Claims {
        store: store_id.0,
        currency: currency.to_string(),
        from: from.timestamp_micros(),
        before: before.timestamp_micros(),
        user: viewer.user_id().ok_or(Fault::Unauthenticated)?.0,
        expires: (app.clock.now() + LIFETIME).timestamp_micros(),
    };
    let claims = serde_json::to_vec(&claims).map_err(internal)?;
    Ok(link::statement(app, &app.keys.sign(Capability::Statement, &claims)))
}

/// A statement that is downloaded. Creating one proves that the URL was valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Download {
    period: Period,
    user_id: UserId,
}

/// The statement of the token in a URL. A token that is invalid or expired is not found.
pub fn open(app: &App, token: &str) -> Result<Download> {
    let download = app.keys.verify(Capability::Statement, token).and_then(|claims| read(app, &claims));
    Ok(download.ok_or(Fault::NotFound)?)
}

fn read(app: &App, claims: &[u8]) -> Option<Download> {
    let claims: Claims = serde_json::from_slice(claims).ok()?;
    let period = Period {
        store_id: claims.store.into(),
        currency: claims.currency.parse().ok()?,
        from: DateTimeUtc::from_timestamp_micros(claims.from)?,
        before: DateTimeUtc::from_timestamp_micros(claims.before)?,
    };
    let is_valid = app.clock.now().timestamp_micros() < claims.expires;
    is_valid.then_some(Download { period, user_id: claims.user.into() })
}

impl Download {
    /// Period of the statement.
    pub fn period(&self) -> &Period {
        &self.period
    }

    /// The user who requested the URL.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }

    /// Reads the rows, oldest first.
    pub fn rows(self, app: Arc<App>) -> Rows {
        Rows { app, period: self.period, balance: None, after: None }
    }
}

/// A row of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub earning: Model,
    /// Number of the order that the earning is of.
    pub order_number: Option<String>,
    /// Balance of the store after the earning.
    pub balance: Minor,
}

/// The rows of a statement that were not read yet.
pub struct Rows {
    app: Arc<App>,
    period: Period,
    /// Balance after the last row that was read; absent before the first one.
    balance: Option<Minor>,
    after: Option<Cursor>,
}

impl Rows {
    /// Reads the next rows; none after the last.
    pub async fn next(&mut self) -> Result<Vec<Row>> {
        let app = &self.app;
        let mut total = match self.balance {
            Some(total) => total,
            None => balance(app, &self.period, self.period.from).await?,
        };
        let oldest = Keyset { column: Column::CreatedAt, key_type: KeyType::Time, id: Column::Id, descending: false };
        let request = PageRequest { limit: ROWS_AT_ONCE, backward: false, after: self.after, before: None };
        let cursor = |row: &Model| Cursor::at(row.created_at, row.id.0);
        let page = page::fetch(app.db.read(), of(&self.period), &oldest, &request, cursor).await?;
        self.after = page.items.last().map(|(cursor, _)| *cursor).or(self.after);
        let earnings: Vec<Model> = page.items.into_iter().map(|(_, earning)| earning).collect();
        let numbers = order_numbers(app, &earnings).await?;
        let mut rows = Vec::with_capacity(earnings.len());
        for earning in earnings {
            total = total.plus(earning.amount)?;
            let order_number = earning.store_order_id.and_then(|id| numbers.get(&id).cloned());
            rows.push(Row { earning, order_number, balance: total });
        }
        self.balance = Some(total);
        Ok(rows)
    }
}

/// The numbers of the orders that earnings are of, by store order.
async fn order_numbers(app: &App, earnings: &[Model]) -> Result<HashMap<StoreOrderId, String>> {
    let ids: Vec<_> = earnings.iter().filter_map(|earning| earning.store_order_id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let orders: Vec<(StoreOrderId, OrderId)> = store_order::Entity::find()
        .select_only()
        .columns([store_order::Column::Id, store_order::Column::OrderId])
        .filter(store_order::Column::Id.in_padded(&ids))
        .into_tuple()
        .all(app.db.read())
        .await?;
    let ids: Vec<_> = orders.iter().map(|(_, order)| *order).collect();
    let numbers: Vec<(OrderId, String)> = order::Entity::find()
        .select_only()
        .columns([order::Column::Id, order::Column::Number])
        .filter(order::Column::Id.in_padded(&ids))
        .into_tuple()
        .all(app.db.read())
        .await?;
    let numbers: HashMap<_, _> = numbers.into_iter().collect();
    Ok(orders.into_iter().filter_map(|(id, order)| Some((id, numbers.get(&order)?.clone()))).collect())
}
