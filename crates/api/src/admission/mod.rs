//! Admission control: decides which operation runs when, for all operations over HTTP and WebSocket.
//!
//! - Each client (a user, or the network of a guest) has a **budget** of cost that is refilled over time.
//! - Each operation then waits for a **slot**. Cheap queries, expensive queries, mutations and the validation of documents have
//!   separate slots: expensive operations never take the slots of cheap ones, and a mutation that waits for a payment provider
//!   never takes the slot of a query. No client gets all slots of a kind.
//! - While all slots are taken, operations wait in a **queue per client** and are served in fair shares ([`fair`]). The queues
//!   are limited in length and in waiting time.
//! - The requests of a client in progress and the responses that it has not received yet are counted in **bytes**; above a limit,
//!   further requests are rejected until some of them are done.
//!
//! A rejection contains the time after which the client may retry.

mod budget;
mod fair;

use async_graphql::ServerError;
use budget::{Allowance, Budgets};
use entity::id::UserId;
use fair::FairQueue;
use http::StatusCode;
use souk_core::auth::Viewer;
use souk_core::clock::Clock;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// The weight of a user; the weight of a guest network is 1.
const USER_WEIGHT: u64 = 3;
/// A client may always hold this fraction (1/8) of its byte limit.
const FAIR_PART: usize = 8;
/// The time after which a client with too many queued operations may retry.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Identifies a client for budgets and fair shares.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClientKey {
    /// A signed-in user, from any address.
    User(UserId),
    /// All guests of a network ([`souk_core::auth::Client::network`]).
    Guests(String),
}

impl ClientKey {
    /// The client of a viewer.
    pub fn of(viewer: &Viewer) -> Self {
        match viewer.user_id() {
            Some(user) => Self::User(user),
            None => Self::Guests(viewer.client().network()),
        }
    }

    fn weight(&self) -> u64 {
        match self {
            Self::User(_) => USER_WEIGHT,
            Self::Guests(_) => 1,
        }
    }
}

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
    /// Maximum bytes of all clients together. Above it, clients that hold more than [`FAIR_PART`] of their own limit are
    /// rejected.
    pub held: usize,
}

/// The reason of a rejection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The budget of the client is exhausted.
    Budget,
    /// The client has too many queued operations, or does not read its responses.
    Client,
    /// Too many operations are queued in total, or the operation waited too long.
    Server,
}

/// The rejection of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The reason of the rejection.
    pub reason: Reason,
    /// The time after which the client may retry.
    pub retry_after: Duration,
}

impl Refused {
    /// The status code over HTTP.
    pub fn status(&self) -> StatusCode {
        match self.reason {
            Reason::Budget | Reason::Client => StatusCode::TOO_MANY_REQUESTS,
            Reason::Server => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// `retryAfter` in whole seconds, at least 1.
    pub fn seconds(&self) -> u64 {
        let whole = self.retry_after.as_secs();
        (whole + u64::from(self.retry_after.subsec_nanos() > 0)).max(1)
    }

    /// The rejection as a top-level error.
    pub fn error(&self) -> ServerError {
        let seconds = self.seconds();
        let message = match self.reason {
            Reason::Budget => format!("Your requests exceed your cost budget; try again in {seconds} seconds."),
            Reason::Client => format!("Too many of your requests are in progress; try again in {seconds} seconds."),
            Reason::Server => format!("The server is busy; try again in {seconds} seconds."),
        };
        let mut error = ServerError::new(message, None);
        let extensions = error.extensions.get_or_insert_default();
        extensions.set("code", "RATE_LIMITED");
        extensions.set("retryAfter", seconds);
        error
    }
}

/// The slots of one kind of operation, and the operations that wait for one.
struct Slots(Mutex<SlotQueue>);

struct SlotQueue {
    free: usize,
    queue: FairQueue<ClientKey, oneshot::Sender<()>>,
}

/// An occupied slot, which is released on drop.
pub struct Permit {
    slots: Arc<Slots>,
    client: ClientKey,
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.slots.leave(&self.client);
    }
}

/// Waits for a slot. On drop, leaves the queue or releases the slot.
struct Wait {
    slots: Arc<Slots>,
    client: ClientKey,
    id: u64,
    granted: oneshot::Receiver<()>,
    over: bool,
}

impl Wait {
    async fn permit(mut self) -> Option<Permit> {
        let granted = (&mut self.granted).await.is_ok();
        self.over = granted;
        granted.then(|| Permit { slots: Arc::clone(&self.slots), client: self.client.clone() })
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let granted = {
            let mut state = self.slots.state();
            self.granted.close();
            let granted = self.granted.try_recv().is_ok();
            if !granted {
                state.queue.remove(&self.client, self.id);
            }
            granted
        };
        if granted {
            self.slots.leave(&self.client);
        }
    }
}

impl Slots {
    fn new(count: usize, per_client: usize) -> Arc<Self> {
        let queue = FairQueue::new(per_client);
        Arc::new(Self(Mutex::new(SlotQueue { free: count.max(1), queue })))
    }

    fn state(&self) -> MutexGuard<'_, SlotQueue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(self: &Arc<Self>, client: &ClientKey, cost: u64, bounds: Option<(usize, usize)>) -> Result<Wait, Refused> {
        let mut state = self.state();
        if let Some((in_all, of_client)) = bounds {
            let refused = |reason| Err(Refused { reason, retry_after: RETRY_AFTER });
            if state.queue.len_of(client) >= of_client {
                return refused(Reason::Client);
            }
            if state.queue.len() >= in_all {
                return refused(Reason::Server);
            }
        }
        let (grant, granted) = oneshot::channel();
        let id = state.queue.push(client, client.weight(), cost, grant);
        state.admit();
        drop(state);
        Ok(Wait { slots: Arc::clone(self), client: client.clone(), id, granted, over: false })
    }

    fn leave(&self, client: &ClientKey) {
        let mut state = self.state();
        state.free += 1;
        state.queue.done(client);
        state.admit();
    }
}

impl SlotQueue {
    fn admit(&mut self) {
        while self.free > 0 {
            let Some((client, grant)) = self.queue.pop() else { return };
            // A cancelled request removes itself from the queue under the lock, so the receiver normally still exists.
            match grant.send(()) {
                Ok(()) => self.free -= 1,
                Err(()) => self.queue.done(&client),
            }
        }
    }
}

#[derive(Default)]
struct Held {
    of_client: HashMap<ClientKey, usize>,
    in_all: usize,
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
    held: Mutex<Held>,
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

/// Bytes that are reserved for a client until drop.
pub struct HeldBytes {
    admission: Admission,
    client: ClientKey,
    bytes: usize,
}

impl Drop for HeldBytes {
    fn drop(&mut self) {
        let mut held = self.admission.held();
        held.in_all = held.in_all.saturating_sub(self.bytes);
        if let Some(bytes) = held.of_client.get_mut(&self.client) {
            *bytes = bytes.saturating_sub(self.bytes);
            if *bytes == 0 {
                held.of_client.remove(&self.client);
            }
        }
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
            held: Mutex::default(),
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

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
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
        let mut held = self.held();
        held.in_all = held.in_all.saturating_add(bytes);
        let of_client = held.of_client.entry(client.clone()).or_default();
        *of_client = of_client.saturating_add(bytes);
        HeldBytes { admission: self.clone(), client: client.clone(), bytes }
    }

    /// Rejects if the client has reached the limit of reserved bytes.
    pub fn may_hold(&self, client: &ClientKey) -> Result<(), Refused> {
        let Settings { held_per_client, held: in_all, .. } = self.0.settings;
        let held = self.held();
        let of_client = held.of_client.get(client).copied().unwrap_or(0);
        let too_much = of_client > held_per_client || (held.in_all > in_all && of_client > held_per_client / FAIR_PART);
        if too_much { Err(Refused { reason: Reason::Client, retry_after: RETRY_AFTER }) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use futures::future::BoxFuture;
    use sea_orm::prelude::DateTimeUtc;

    fn settings() -> Settings {
        Settings {
            documents: 1,
            queries: 2,
            costly_queries: 2,
            mutations: 4,
            costly_mutations: 2,
            costly_from: 1000,
            waiting: 10,
            waiting_per_client: 5,
            longest_wait: Duration::from_secs(3600),
            guest_budget: 0,
            user_budget: 0,
            budget_seconds: 10,
            held_per_client: 96,
            held: 150,
        }
    }

    fn admission(settings: Settings) -> (Admission, Clock) {
        let clock = Clock::system();
        clock.freeze(DateTimeUtc::from_timestamp(1_000_000, 0).expect("a time"));
        (Admission::new(settings, &clock), clock)
    }

    fn guests(network: &str) -> ClientKey {
        ClientKey::Guests(network.to_owned())
    }

    type Entering = BoxFuture<'static, Result<Permit, Refused>>;

    /// Starts to wait; the first poll enters the queue.
    fn enter(admission: &Admission, client: &ClientKey, kind: Kind, cost: u64) -> Result<Result<Permit, Refused>, Entering> {
        let (admission, client) = (admission.clone(), client.clone());
        let mut entering = async move { admission.enter(&client, kind, cost).await }.boxed();
        match (&mut entering).now_or_never() {
            Some(result) => Ok(result),
            None => Err(entering),
        }
    }

    fn permit(entered: Result<Result<Permit, Refused>, Entering>) -> Permit {
        match entered {
            Ok(Ok(permit)) => permit,
            Ok(Err(refused)) => panic!("refused: {refused:?}"),
            Err(_) => panic!("still queued"),
        }
    }

    fn waits(entered: Result<Result<Permit, Refused>, Entering>) -> Entering {
        entered.err().expect("still queued")
    }

    fn refused(entered: Result<Result<Permit, Refused>, Entering>) -> Refused {
        match entered {
            Ok(Err(refused)) => refused,
            Ok(Ok(_)) => panic!("admitted"),
            Err(_) => panic!("still queued"),
        }
    }

    fn granted(entering: &mut Entering) -> Option<Permit> {
        entering.now_or_never().map(|result| result.unwrap_or_else(|refused| panic!("refused: {refused:?}")))
    }

    #[tokio::test]
    async fn a_single_query_of_a_client_overtakes_the_queue_of_another() {
        let (admission, _) = admission(settings());
        let mut running: Vec<_> = (0..2).map(|_| permit(enter(&admission, &guests("a"), Kind::Query, 10))).collect();
        let mut many: Vec<_> = (0..5).map(|_| waits(enter(&admission, &guests("a"), Kind::Query, 10))).collect();
        let mut one = waits(enter(&admission, &guests("b"), Kind::Query, 10));
        drop(running.pop());
        let passed = granted(&mut one).expect("a slot");
        assert!(many.iter_mut().all(|waiting| granted(waiting).is_none()));
        drop(passed);
        assert!(granted(&mut many[0]).is_some());
    }

    #[tokio::test]
    async fn expensive_queries_leave_the_slots_of_cheap_queries_free() {
        let (admission, _) = admission(settings());
        let _first = permit(enter(&admission, &guests("a"), Kind::Query, 5000));
        // One client gets half of the slots for expensive queries.
        let mut second = waits(enter(&admission, &guests("a"), Kind::Query, 5000));
        let _other = permit(enter(&admission, &guests("b"), Kind::Query, 5000));
        let _third = waits(enter(&admission, &guests("c"), Kind::Query, 5000));
        let _small = permit(enter(&admission, &guests("a"), Kind::Query, 10));
        assert!(granted(&mut second).is_none());
    }

    #[tokio::test]
    async fn mutations_have_separate_slots() {
        let (admission, _) = admission(settings());
        let _queries: Vec<_> = (0..2).map(|_| permit(enter(&admission, &guests("a"), Kind::Query, 10))).collect();
        let _mutations: Vec<_> = (0..3).map(|_| permit(enter(&admission, &guests("a"), Kind::Mutation, 10))).collect();
        // The last quarter is for other clients.
        let _fourth = waits(enter(&admission, &guests("a"), Kind::Mutation, 10));
        let _other = permit(enter(&admission, &guests("b"), Kind::Mutation, 10));
    }

    #[tokio::test]
    async fn validations_are_limited_independently_of_other_operations() {
        let (admission, _) = admission(settings());
        let _queries: Vec<_> = (0..2).map(|_| permit(enter(&admission, &guests("a"), Kind::Query, 10))).collect();
        let first = permit(enter(&admission, &guests("a"), Kind::Document, 5000));
        let mut second = waits(enter(&admission, &guests("a"), Kind::Document, 5000));
        let mut other = waits(enter(&admission, &guests("b"), Kind::Document, 10));
        drop(first);
        assert!(granted(&mut second).is_none());
        assert!(granted(&mut other).is_some());
        assert!(granted(&mut second).is_some());
    }

    #[tokio::test]
    async fn the_queues_are_bounded() {
        let (admission, _) = admission(settings());
        let _running: Vec<_> = (0..2).map(|_| permit(enter(&admission, &guests("x"), Kind::Query, 10))).collect();
        let _of_a: Vec<_> = (0..5).map(|_| waits(enter(&admission, &guests("a"), Kind::Query, 10))).collect();
        let of_client = refused(enter(&admission, &guests("a"), Kind::Query, 10));
        assert_eq!((of_client.reason, of_client.status().as_u16()), (Reason::Client, 429));
        let _of_b: Vec<_> = (0..5).map(|_| waits(enter(&admission, &guests("b"), Kind::Query, 10))).collect();
        let in_all = refused(enter(&admission, &guests("c"), Kind::Query, 10));
        assert_eq!((in_all.reason, in_all.status().as_u16()), (Reason::Server, 503));
        assert_eq!(in_all.error().extensions.expect("extensions").get("retryAfter"), Some(&2u64.into()));
    }

    #[tokio::test]
    async fn waiting_times_out() {
        let (admission, _) = admission(Settings { longest_wait: Duration::from_millis(1), ..settings() });
        let _running: Vec<_> = (0..2).map(|_| permit(enter(&admission, &guests("a"), Kind::Query, 10))).collect();
        let refused = admission.enter(&guests("b"), Kind::Query, 10).await.err().expect("a timeout");
        assert_eq!(refused.reason, Reason::Server);
        assert_eq!(admission.0.queries.state().queue.len(), 0);
    }

    #[tokio::test]
    async fn a_cancelled_request_releases_its_slot() {
        let (admission, _) = admission(settings());
        let running: Vec<_> = (0..2).map(|_| permit(enter(&admission, &guests("a"), Kind::Query, 10))).collect();
        let gone = waits(enter(&admission, &guests("b"), Kind::Query, 10));
        let granted_and_gone = waits(enter(&admission, &guests("c"), Kind::Query, 10));
        let mut stays = waits(enter(&admission, &guests("d"), Kind::Query, 10));
        drop(gone);
        // The slot is granted to the next request, which is cancelled before it notices.
        drop(running);
        drop(granted_and_gone);
        assert!(granted(&mut stays).is_some());
        assert_eq!(admission.0.queries.state().free, 2);
    }

    #[tokio::test]
    async fn a_budget_is_spent_and_refilled() {
        let (admission, clock) = admission(Settings { guest_budget: 100, user_budget: 200, ..settings() });
        for _ in 0..10 {
            drop(permit(enter(&admission, &guests("a"), Kind::Query, 100)));
        }
        let refused = refused(enter(&admission, &guests("a"), Kind::Mutation, 50));
        assert_eq!((refused.reason, refused.retry_after), (Reason::Budget, Duration::from_millis(500)));
        assert_eq!(refused.seconds(), 1);
        drop(permit(enter(&admission, &guests("b"), Kind::Query, 100)));
        clock.advance(refused.retry_after);
        drop(permit(enter(&admission, &guests("a"), Kind::Mutation, 50)));
        // Costs that can't be rejected become a debt.
        assert!(admission.follow(&guests("a"), 100).await.is_some());
        assert!(admission.spend(&guests("a"), 1).is_err());
        let user = ClientKey::User(UserId(uuid::Uuid::from_u128(1)));
        for _ in 0..20 {
            drop(permit(enter(&admission, &user, Kind::Query, 100)));
        }
        assert!(admission.spend(&user, 1).is_err());
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_is_rejected() {
        let (admission, _) = admission(settings());
        let first = admission.reserve_bytes(&guests("a"), 90);
        drop(permit(enter(&admission, &guests("a"), Kind::Query, 1)));
        let second = admission.reserve_bytes(&guests("a"), 20);
        assert_eq!(refused(enter(&admission, &guests("a"), Kind::Query, 1)).reason, Reason::Client);
        drop(permit(enter(&admission, &guests("b"), Kind::Query, 1)));
        // If the total limit is exceeded, clients with few reserved bytes are not rejected.
        let of_b = admission.reserve_bytes(&guests("b"), 50);
        let of_c = admission.reserve_bytes(&guests("c"), 12);
        assert!(admission.may_hold(&guests("b")).is_err() && admission.may_hold(&guests("c")).is_ok());
        drop((first, of_b));
        assert!(admission.may_hold(&guests("a")).is_ok());
        drop((second, of_c));
        assert!(admission.held().of_client.is_empty());
        assert_eq!(admission.held().in_all, 0);
    }

    /// Many concurrent clients, one of which has twenty times as many operations as each of the others.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn concurrency_is_limited_by_the_slots() {
        use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
        let (admission, _) = admission(Settings { waiting: 10_000, waiting_per_client: 10_000, ..settings() });
        let (running, max_running) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let tasks = (0..400).map(|number: usize| {
            let client = if number.is_multiple_of(2) { guests("many") } else { guests(&format!("{}", number % 20)) };
            let (admission, running, max_running) = (admission.clone(), Arc::clone(&running), Arc::clone(&max_running));
            tokio::spawn(async move {
                let permit = admission.enter(&client, Kind::Query, 10).await.unwrap_or_else(|refused| panic!("{refused:?}"));
                max_running.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst);
                tokio::task::yield_now().await;
                running.fetch_sub(1, SeqCst);
                drop(permit);
            })
        });
        for task in futures::future::join_all(tasks).await {
            task.expect("no panic");
        }
        assert!((1..=2).contains(&max_running.load(SeqCst)));
        let state = admission.0.queries.state();
        assert_eq!((state.free, state.queue.len()), (2, 0));
    }
}
