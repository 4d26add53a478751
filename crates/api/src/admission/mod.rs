//! Admission control: decides which operation runs when, for all operations over HTTP and WebSocket.
//!
//! - Each client (a user, or the network of a guest) has a **budget** of cost that is refilled over time.
//! - Each operation then waits for a **slot**. Cheap queries, expensive queries, mutations and the validation of documents have
//!   separate slots: expensive operations never take the slots of cheap ones, and a mutation that waits for a payment provider
//!   never takes the slot of a query. No client gets all slots of a kind.
//! - While all slots are taken, operations wait in a **queue per client** and are served in fair shares (`fair.rs`). The queues
//!   are limited in length and in waiting time.
//! - The requests of a client in progress and the responses that it has not received yet are counted in **bytes**; above a limit,
//!   further requests are rejected until some of them are done.
//!
//! A rejection contains the time after which the client may retry.

mod budget;
mod client;
mod fair;
mod held;
mod refused;
mod slot;

pub use client::ClientKey;
pub use held::HeldBytes;
pub use refused::{Reason, Refused};
pub use slot::Permit;

use budget::{Allowance, Budgets};
use held::Held;
use refused::RETRY_AFTER;
use slot::Slots;
use souk_core::clock::Clock;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A client may always hold this fraction (1/8) of its byte limit.
const FAIR_PART: usize = 8;

/// The kind of work of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Parses and validates a document that is not cached, which occupies a processor without interruption.
    Document,
    /// A read-only operation.
    Query,
    /// An operation with changes, which may wait for a payment provider.
    Mutation,
}

/// Limits of the admission control.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Maximum number of concurrent validations.
    pub documents: usize,
    /// Maximum number of concurrent cheap queries.
    pub queries: usize,
    /// Maximum number of concurrent expensive queries.
    pub costly_queries: usize,
    /// Maximum number of concurrent cheap mutations.
    pub mutations: usize,
    /// Maximum number of concurrent expensive mutations.
    pub costly_mutations: usize,
    /// The minimum cost of an expensive operation.
    pub costly_from: u64,
    /// Maximum number of queued operations per kind.
    pub waiting: usize,
    /// Maximum number of queued operations per kind and client.
    pub waiting_per_client: usize,
    /// Maximum time that an operation waits for a slot.
    pub longest_wait: Duration,
    /// The budget of a guest network in cost per second; zero for no limit.
    pub guest_budget: u64,
    /// The budget of a user in cost per second; zero for no limit.
    pub user_budget: u64,
    /// Seconds in which an empty budget is refilled.
    pub budget_seconds: u64,
    /// Maximum bytes of requests in progress and of responses not yet received, per client.
    pub held_per_client: usize,
    /// Maximum bytes of all clients together. Above it, clients that hold more than an eighth of their own limit are
    /// rejected.
    pub held: usize,
}

struct Inner {
    settings: Settings,
    clock: Clock,
    documents: Arc<Slots>,
    queries: Arc<Slots>,
    costly_queries: Arc<Slots>,
    mutations: Arc<Slots>,
    costly_mutations: Arc<Slots>,
    budgets: Mutex<Budgets<ClientKey>>,
    held: Arc<Held>,
}

/// The admission control of all operations.
#[derive(Clone)]
pub struct Admission(Arc<Inner>);

/// Admits the updates of a subscription, one at a time.
#[derive(Clone)]
pub struct UpdateAdmission {
    admission: Admission,
    client: ClientKey,
    cost: u64,
}

impl UpdateAdmission {
    /// For a subscription whose updates have this cost each.
    pub fn new(admission: &Admission, client: &ClientKey, cost: u64) -> Self {
        Self { admission: admission.clone(), client: client.clone(), cost }
    }

    /// Waits for a slot to resolve the next update.
    pub async fn next(&self) -> Option<Permit> {
        self.admission.follow(&self.client, self.cost).await
    }
}

impl Admission {
    /// Admission control with all slots free.
    pub fn new(settings: Settings, clock: &Clock) -> Self {
        // One client gets at most three quarters of the slots, and half of the few slots for expensive operations.
        let three_quarters = |slots: usize| slots - slots / 4;
        let half = |slots: usize| slots.div_ceil(2);
        Self(Arc::new(Inner {
            documents: Slots::new(settings.documents, half(settings.documents)),
            queries: Slots::new(settings.queries, three_quarters(settings.queries)),
            costly_queries: Slots::new(settings.costly_queries, half(settings.costly_queries)),
            mutations: Slots::new(settings.mutations, three_quarters(settings.mutations)),
            costly_mutations: Slots::new(settings.costly_mutations, half(settings.costly_mutations)),
            budgets: Mutex::default(),
            held: Arc::default(),
            clock: clock.clone(),
            settings,
        }))
    }

    fn slots(&self, kind: Kind, cost: u64) -> &Arc<Slots> {
        match (kind, cost >= self.0.settings.costly_from) {
            (Kind::Document, _) => &self.0.documents,
            (Kind::Query, false) => &self.0.queries,
            (Kind::Query, true) => &self.0.costly_queries,
            (Kind::Mutation, false) => &self.0.mutations,
            (Kind::Mutation, true) => &self.0.costly_mutations,
        }
    }

    fn budgets(&self) -> MutexGuard<'_, Budgets<ClientKey>> {
        self.0.budgets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn allowance(&self, client: &ClientKey) -> Allowance {
        let settings = &self.0.settings;
        let per_second = match client {
            ClientKey::User(_) => settings.user_budget,
            ClientKey::Guests(_) => settings.guest_budget,
        };
        Allowance { per_second, seconds: settings.budget_seconds }
    }

    fn now(&self) -> i64 {
        self.0.clock.now().timestamp_micros()
    }

    /// The remaining budget of a client; `None` if there is no limit.
    pub fn remaining(&self, client: &ClientKey) -> Option<u64> {
        let (allowance, now) = (self.allowance(client), self.now());
        self.budgets().remaining(client, allowance, now)
    }

    /// Charges a cost to the budget of a client.
    pub fn spend(&self, client: &ClientKey, cost: u64) -> Result<(), Refused> {
        let (allowance, now) = (self.allowance(client), self.now());
        let spent = self.budgets().spend(client, allowance, cost, now);
        spent.map_err(|retry_after| Refused { reason: Reason::Budget, retry_after })
    }

    /// Admits an operation: charges its cost to the budget of the client and waits for a slot.
    pub async fn enter(&self, client: &ClientKey, kind: Kind, cost: u64) -> Result<Permit, Refused> {
        let settings = &self.0.settings;
        self.may_hold(client)?;
        self.spend(client, cost)?;
        let bounds = Some((settings.waiting, settings.waiting_per_client));
        let wait = self.slots(kind, cost).wait(client, cost, bounds)?;
        let permit = tokio::time::timeout(settings.longest_wait, wait.permit()).await;
        permit.ok().flatten().ok_or(Refused { reason: Reason::Server, retry_after: RETRY_AFTER })
    }

    /// Admits a step of an operation that was admitted before, such as an update of a subscription: it is charged and waits for a
    /// slot in fair order, but is not rejected.
    pub async fn follow(&self, client: &ClientKey, cost: u64) -> Option<Permit> {
        let (allowance, now) = (self.allowance(client), self.now());
        self.budgets().charge(client, allowance, cost, now);
        self.slots(Kind::Query, cost).wait(client, cost, None).ok()?.permit().await
    }

    /// Reserves bytes for a client, without a check of the limit.
    pub fn reserve_bytes(&self, client: &ClientKey, bytes: usize) -> HeldBytes {
        self.0.held.reserve(client, bytes)
    }

    /// Rejects if the client has reached the limit of reserved bytes.
    pub fn may_hold(&self, client: &ClientKey) -> Result<(), Refused> {
        let Settings { held_per_client, held: most_in_all, .. } = self.0.settings;
        let (of_client, in_all) = self.0.held.of(client);
        let too_much = of_client > held_per_client || (in_all > most_in_all && of_client > held_per_client / FAIR_PART);
        if too_much { Err(Refused { reason: Reason::Client, retry_after: RETRY_AFTER }) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests;
