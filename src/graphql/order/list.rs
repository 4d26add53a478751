//! Lists of orders.

use crate::connection;
use crate::domain::order::{self, OrderFilter as Filter};
use crate::domain::page::{Page, PageRequest};
use crate::error::Error;
use crate::graphql::context::ContextExt;
use crate::graphql::enums::OrderStatus;
use crate::graphql::loader::Loaders;
use crate::graphql::order::Order;
use crate::graphql::page::{self, COUNT_CAP, Counter};
use crate::graphql::time::DateTimeInput;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, InputObject, Result};
use entity::id::UserId;
use entity::order::Model;
use std::collections::HashMap;
use std::sync::Arc;

connection!(OrderConnection, OrderEdge, Order, "orders");

/// A span of time within the years 1 to 9999.
#[derive(InputObject, Clone, Copy, Debug)]
pub struct DateTimeRange {
    /// At this time or later.
    pub from: Option<DateTimeInput>,
    /// Before this time.
    pub before: Option<DateTimeInput>,
}

/// Which orders; all where everything is left out.
#[derive(InputObject, Clone, Debug)]
pub struct OrderFilter {
    /// In any of these statuses.
    pub status: Option<Vec<OrderStatus>>,
    /// Placed within this span.
    pub created_at: Option<DateTimeRange>,
}

impl From<OrderFilter> for Filter {
    fn from(filter: OrderFilter) -> Self {
        let span = filter.created_at;
        let mut status: Vec<_> = filter.status.unwrap_or_default().into_iter().map(Into::into).collect();
        status.sort();
        status.dedup();
        Self {
            status,
            created_from: span.and_then(|span| span.from).map(|time| time.0),
            created_before: span.and_then(|span| span.before).map(|time| time.0),
        }
    }
}

/// A page of the orders of one user.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct OfUser(UserId, PageRequest);

impl Loader<OfUser> for Loaders {
    type Value = Page<Model>;
    type Error = Error;

    async fn load(&self, keys: &[OfUser]) -> Result<HashMap<OfUser, Page<Model>>, Error> {
        let mut pages: HashMap<PageRequest, Vec<UserId>> = HashMap::new();
        for OfUser(user, page) in keys {
            pages.entry(*page).or_default().push(*user);
        }
        let mut all = HashMap::new();
        for (page, users) in pages {
            let found = order::of_users(&self.app, &self.viewer, &users, &page).await?;
            all.extend(found.into_iter().map(|(user, rows)| (OfUser(user, page), rows)));
        }
        Ok(all)
    }
}

impl OrderConnection {
    /// The orders of a user, newest first; absent where the viewer may not see them.
    pub async fn of_user(ctx: &Context<'_>, user: UserId, page: page::Arguments) -> Result<Option<Self>> {
        let page = page.of("User.orders", &user)?;
        let Some(rows) = ctx.load_one(OfUser(user, page.request)).await? else { return Ok(None) };
        let (app, viewer) = (Arc::clone(ctx.app()?), ctx.viewer()?.clone());
        let counter = Counter::new(move || {
            let (app, viewer) = (Arc::clone(&app), viewer.clone());
            Box::pin(async move { order::count_of_user(&app, &viewer, user, COUNT_CAP).await })
        });
        Ok(Some(Self::new(rows, page.scope, counter)))
    }
}
