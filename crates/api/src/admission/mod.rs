//! Which operation runs when: one admission for everything that asks for data, over HTTP and over WebSocket.
//!
//! - Each client (a user, or the network of a guest) has a **budget** of cost that is refilled over time.
//! - Each operation then waits for a **place**. Queries that cost little, queries that cost much, mutations, and documents
//!   that must be validated have places of their own: what costs much never takes the places of what costs little, and a mutation
//!   that waits for a payment provider never takes the place of a query. No client has all places of a kind.
//! - While all places are taken, operations wait in a **queue for each client** and are served in fair shares ([`fair`]). The
//!   queues are bounded in number and in time.
//! - The requests of a client that are in progress, and the answers that it has not taken yet, are counted in **bytes**; beyond a
//!   limit it gets no more before some of them are done.
//!
//! What is refused is told when to try again.

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

/// The share of a user, where that of a guest network is one.
const USER_WEIGHT: u64 = 3;
/// The part of its bytes that a client may hold in any case.
const FAIR_PART: usize = 8;
/// When a client is told to come again that has too much waiting.
const SOON: Duration = Duration::from_secs(2);

/// Who is counted as one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClientKey {
    /// A signed-in user, at any address.
    User(UserId),
    /// Everybody in a network who is not signed in ([`souk_core::auth::Client::network`]).
    Guests(String),
}

impl ClientKey {
    /// Whom the viewer is counted as.
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

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Reads and validates a document that is not known: work for a processor, which nothing interrupts.
    Document,
    /// Reads.
    Query,
    /// Changes, and may wait for a payment provider.
    Mutation,
}

/// The limits.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Documents that are validated at a time.
    pub documents: usize,
    /// Queries that run at a time.
    pub queries: usize,
    /// Of the costly ones.
    pub costly_queries: usize,
    /// Mutations that run at a time.
    pub mutations: usize,
    /// Of the costly ones.
    pub costly_mutations: usize,
    /// From this cost on an operation is a costly one.
    pub costly_from: u64,
    /// Operations that wait in all.
    pub waiting: usize,
    /// Operations of one client that wait.
    pub waiting_per_client: usize,
    /// The longest that an operation waits.
    pub longest_wait: Duration,
    /// The cost per second of a guest network; zero for no limit.
    pub guest_budget: u64,
    /// The cost per second of a user; zero for no limit.
    pub user_budget: u64,
    /// Seconds in which an empty budget fills.
    pub budget_seconds: u64,
    /// Bytes of requests in progress and of answers not yet taken, of one client.
    pub held_per_client: usize,
    /// The same, of all clients together: beyond it those are refused that hold more than a [`FAIR_PART`] of what one may.
    pub held: usize,
}

/// Why an operation was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The client's budget is spent.
    Budget,
    /// The client has too much waiting, or did not read its answers.
    Client,
    /// Too much is waiting in all, or it waited too long.
    Server,
}

/// An operation was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub reason: Reason,
    /// When to try again.
    pub retry_after: Duration,
}

impl Refused {
    /// The status of an answer over HTTP.
    pub fn status(&self) -> StatusCode {
        match self.reason {
            Reason::Budget | Reason::Client => StatusCode::TOO_MANY_REQUESTS,
            Reason::Server => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// `retryAfter`: whole seconds, 1 or more.
    pub fn seconds(&self) -> u64 {
        let whole = self.retry_after.as_secs();
        (whole + u64::from(self.retry_after.subsec_nanos() > 0)).max(1)
    }

    /// As a top-level error.
    pub fn error(&self) -> ServerError {
        let seconds = self.seconds();
        let message = match self.reason {
            Reason::Budget => format!("Your requests cost more than your budget allows; try again in {seconds} seconds."),
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

/// The places of one kind of operation, and who waits for one.
struct Places(Mutex<Line>);

struct Line {
    free: usize,
    queue: FairQueue<ClientKey, oneshot::Sender<()>>,
}

/// A place; free again when it is dropped.
pub struct Permit {
    places: Arc<Places>,
    client: ClientKey,
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.places.leave(&self.client);
    }
}

/// Waits for a place; leaves the queue, or gives the place back, when it is dropped.
struct Wait {
    places: Arc<Places>,
    client: ClientKey,
    id: u64,
    granted: oneshot::Receiver<()>,
    over: bool,
}

impl Wait {
    async fn permit(mut self) -> Option<Permit> {
        let granted = (&mut self.granted).await.is_ok();
        self.over = granted;
        granted.then(|| Permit { places: Arc::clone(&self.places), client: self.client.clone() })
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let granted = {
            let mut line = self.places.line();
            self.granted.close();
            let granted = self.granted.try_recv().is_ok();
            if !granted {
                line.queue.remove(&self.client, self.id);
            }
            granted
        };
        if granted {
            self.places.leave(&self.client);
        }
    }
}

impl Places {
    fn new(count: usize, per_client: usize) -> Arc<Self> {
        let queue = FairQueue::new(per_client);
        Arc::new(Self(Mutex::new(Line { free: count.max(1), queue })))
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(self: &Arc<Self>, client: &ClientKey, cost: u64, bounds: Option<(usize, usize)>) -> Result<Wait, Refused> {
        let mut line = self.line();
        if let Some((in_all, of_client)) = bounds {
            let refused = |reason| Err(Refused { reason, retry_after: SOON });
            if line.queue.len_of(client) >= of_client {
                return refused(Reason::Client);
            }
            if line.queue.len() >= in_all {
                return refused(Reason::Server);
            }
        }
        let (grant, granted) = oneshot::channel();
        let id = line.queue.push(client, client.weight(), cost, grant);
        line.admit();
        drop(line);
        Ok(Wait { places: Arc::clone(self), client: client.clone(), id, granted, over: false })
    }

    fn leave(&self, client: &ClientKey) {
        let mut line = self.line();
        line.free += 1;
        line.queue.done(client);
        line.admit();
    }
}

impl Line {
    fn admit(&mut self) {
        while self.free > 0 {
            let Some((client, grant)) = self.queue.pop() else { return };
            // A request that stops waiting removes itself from the queue under the lock, so its receiver is still there.
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
    documents: Arc<Places>,
    queries: Arc<Places>,
    costly_queries: Arc<Places>,
    mutations: Arc<Places>,
    costly_mutations: Arc<Places>,
    budgets: Mutex<Budgets<ClientKey>>,
    held: Mutex<Held>,
}

/// Lets operations in.
#[derive(Clone)]
pub struct Admission(Arc<Inner>);

/// The turns of a subscription's updates.
#[derive(Clone)]
pub struct Turns {
    admission: Admission,
    client: ClientKey,
    cost: u64,
}

impl Turns {
    /// Of a subscription whose updates cost so much each.
    pub fn new(admission: &Admission, client: &ClientKey, cost: u64) -> Self {
        Self { admission: admission.clone(), client: client.clone(), cost }
    }

    /// Waits until the next update may be read.
    pub async fn next(&self) -> Option<Permit> {
        self.admission.follow(&self.client, self.cost).await
    }
}

/// Bytes that are held for a client, until it is dropped.
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
    /// Nobody has been let in yet.
    pub fn new(settings: Settings, clock: &Clock) -> Self {
        // A quarter of the places is never one client's, of the few for what is costly a half.
        let most = |places: usize| places - places / 4;
        let few = |places: usize| places.div_ceil(2);
        Self(Arc::new(Inner {
            documents: Places::new(settings.documents, few(settings.documents)),
            queries: Places::new(settings.queries, most(settings.queries)),
            costly_queries: Places::new(settings.costly_queries, few(settings.costly_queries)),
            mutations: Places::new(settings.mutations, most(settings.mutations)),
            costly_mutations: Places::new(settings.costly_mutations, few(settings.costly_mutations)),
            budgets: Mutex::default(),
            held: Mutex::default(),
            clock: clock.clone(),
            settings,
        }))
    }

    fn places(&self, kind: Kind, cost: u64) -> &Arc<Places> {
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

    /// What a client may spend now; absent where there is no limit.
    pub fn remaining(&self, client: &ClientKey) -> Option<u64> {
        let (allowance, now) = (self.allowance(client), self.now());
        self.budgets().remaining(client, allowance, now)
    }

    /// Takes a cost from a client's budget.
    pub fn spend(&self, client: &ClientKey, cost: u64) -> Result<(), Refused> {
        let (allowance, now) = (self.allowance(client), self.now());
        let spent = self.budgets().spend(client, allowance, cost, now);
        spent.map_err(|retry_after| Refused { reason: Reason::Budget, retry_after })
    }

    /// Lets an operation in: takes its cost from the client's budget, and waits for a place.
    pub async fn enter(&self, client: &ClientKey, kind: Kind, cost: u64) -> Result<Permit, Refused> {
        let settings = &self.0.settings;
        self.may_hold(client)?;
        self.spend(client, cost)?;
        let bounds = Some((settings.waiting, settings.waiting_per_client));
        let wait = self.places(kind, cost).wait(client, cost, bounds)?;
        let permit = tokio::time::timeout(settings.longest_wait, wait.permit()).await;
        permit.ok().flatten().ok_or(Refused { reason: Reason::Server, retry_after: SOON })
    }

    /// Lets in what follows from an operation that was let in, such as an update of a subscription: it is charged and waits for a
    /// place in its client's turn, but is not refused.
    pub async fn follow(&self, client: &ClientKey, cost: u64) -> Option<Permit> {
        let (allowance, now) = (self.allowance(client), self.now());
        self.budgets().charge(client, allowance, cost, now);
        self.places(Kind::Query, cost).wait(client, cost, None).ok()?.permit().await
    }

    /// Counts bytes that are held for a client.
    pub fn reserve_bytes(&self, client: &ClientKey, bytes: usize) -> HeldBytes {
        let mut held = self.held();
        held.in_all = held.in_all.saturating_add(bytes);
        let of_client = held.of_client.entry(client.clone()).or_default();
        *of_client = of_client.saturating_add(bytes);
        HeldBytes { admission: self.clone(), client: client.clone(), bytes }
    }

    /// Whether more may be held for a client.
    pub fn may_hold(&self, client: &ClientKey) -> Result<(), Refused> {
        let Settings { held_per_client, held: in_all, .. } = self.0.settings;
        let held = self.held();
        let of_client = held.of_client.get(client).copied().unwrap_or(0);
        let too_much = of_client > held_per_client || (held.in_all > in_all && of_client > held_per_client / FAIR_PART);
        if too_much { Err(Refused { reason: Reason::Client, retry_after: SOON }) } else { Ok(()) }
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

    /// Begins to wait; the first poll enters the queue.
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
            Err(_) => panic!("it waits"),
        }
    }

    fn waits(entered: Result<Result<Permit, Refused>, Entering>) -> Entering {
        entered.err().expect("it waits")
    }

    fn refused(entered: Result<Result<Permit, Refused>, Entering>) -> Refused {
        match entered {
            Ok(Err(refused)) => refused,
            Ok(Ok(_)) => panic!("it was let in"),
            Err(_) => panic!("it waits"),
        }
    }

    fn granted(entering: &mut Entering) -> Option<Permit> {
        entering.now_or_never().map(|result| result.unwrap_or_else(|refused| panic!("refused: {refused:?}")))
    }

    #[tokio::test]
    async fn one_query_of_a_client_passes_the_many_of_another() {
        let (admission, _) = admission(settings());
        let mut running: Vec<_> = (0..2).map(|_| permit(enter(&admission, &guests("a"), Kind::Query, 10))).collect();
        let mut many: Vec<_> = (0..5).map(|_| waits(enter(&admission, &guests("a"), Kind::Query, 10))).collect();
        let mut one = waits(enter(&admission, &guests("b"), Kind::Query, 10));
        drop(running.pop());
        let passed = granted(&mut one).expect("its turn");
        assert!(many.iter_mut().all(|waiting| granted(waiting).is_none()));
        drop(passed);
        assert!(granted(&mut many[0]).is_some());
    }

    #[tokio::test]
    async fn what_costs_much_leaves_the_places_of_what_costs_little() {
        let (admission, _) = admission(settings());
        let _first = permit(enter(&admission, &guests("a"), Kind::Query, 5000));
        // Half of the places for what is costly, for one client.
        let mut second = waits(enter(&admission, &guests("a"), Kind::Query, 5000));
        let _other = permit(enter(&admission, &guests("b"), Kind::Query, 5000));
        let _third = waits(enter(&admission, &guests("c"), Kind::Query, 5000));
        let _small = permit(enter(&admission, &guests("a"), Kind::Query, 10));
        assert!(granted(&mut second).is_none());
    }

    #[tokio::test]
    async fn mutations_have_places_of_their_own() {
        let (admission, _) = admission(settings());
        let _queries: Vec<_> = (0..2).map(|_| permit(enter(&admission, &guests("a"), Kind::Query, 10))).collect();
        let _mutations: Vec<_> = (0..3).map(|_| permit(enter(&admission, &guests("a"), Kind::Mutation, 10))).collect();
        // The last quarter is not for this client.
        let _fourth = waits(enter(&admission, &guests("a"), Kind::Mutation, 10));
        let _other = permit(enter(&admission, &guests("b"), Kind::Mutation, 10));
    }

    #[tokio::test]
    async fn documents_are_validated_a_few_at_a_time_whatever_runs_beside() {
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
    async fn waiting_has_an_end() {
        let (admission, _) = admission(Settings { longest_wait: Duration::from_millis(1), ..settings() });
        let _running: Vec<_> = (0..2).map(|_| permit(enter(&admission, &guests("a"), Kind::Query, 10))).collect();
        let refused = admission.enter(&guests("b"), Kind::Query, 10).await.err().expect("it waited too long");
        assert_eq!(refused.reason, Reason::Server);
        assert_eq!(admission.0.queries.line().queue.len(), 0);
    }

    #[tokio::test]
    async fn who_stops_waiting_leaves_no_place_behind() {
        let (admission, _) = admission(settings());
        let running: Vec<_> = (0..2).map(|_| permit(enter(&admission, &guests("a"), Kind::Query, 10))).collect();
        let gone = waits(enter(&admission, &guests("b"), Kind::Query, 10));
        let granted_and_gone = waits(enter(&admission, &guests("c"), Kind::Query, 10));
        let mut stays = waits(enter(&admission, &guests("d"), Kind::Query, 10));
        drop(gone);
        // The place goes to the next, who goes away without having seen it.
        drop(running);
        drop(granted_and_gone);
        assert!(granted(&mut stays).is_some());
        assert_eq!(admission.0.queries.line().free, 2);
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
        // What can't be refused is owed.
        assert!(admission.follow(&guests("a"), 100).await.is_some());
        assert!(admission.spend(&guests("a"), 1).is_err());
        let user = ClientKey::User(UserId(uuid::Uuid::from_u128(1)));
        for _ in 0..20 {
            drop(permit(enter(&admission, &user, Kind::Query, 100)));
        }
        assert!(admission.spend(&user, 1).is_err());
    }

    #[tokio::test]
    async fn who_does_not_read_gets_no_more() {
        let (admission, _) = admission(settings());
        let first = admission.reserve_bytes(&guests("a"), 90);
        drop(permit(enter(&admission, &guests("a"), Kind::Query, 1)));
        let second = admission.reserve_bytes(&guests("a"), 20);
        assert_eq!(refused(enter(&admission, &guests("a"), Kind::Query, 1)).reason, Reason::Client);
        drop(permit(enter(&admission, &guests("b"), Kind::Query, 1)));
        // When all together hold too much, those who hold little are not refused.
        let of_b = admission.reserve_bytes(&guests("b"), 50);
        let of_c = admission.reserve_bytes(&guests("c"), 12);
        assert!(admission.may_hold(&guests("b")).is_err() && admission.may_hold(&guests("c")).is_ok());
        drop((first, of_b));
        assert!(admission.may_hold(&guests("a")).is_ok());
        drop((second, of_c));
        assert!(admission.held().of_client.is_empty());
        assert_eq!(admission.held().in_all, 0);
    }

    /// Many clients at once, one of which has twenty times as much to do as each of the others.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn no_more_run_at_a_time_than_there_are_places() {
        use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
        let (admission, _) = admission(Settings { waiting: 10_000, waiting_per_client: 10_000, ..settings() });
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let tasks = (0..400).map(|number: usize| {
            let client = if number.is_multiple_of(2) { guests("many") } else { guests(&format!("{}", number % 20)) };
            let (admission, running, most) = (admission.clone(), Arc::clone(&running), Arc::clone(&most));
            tokio::spawn(async move {
                let permit = admission.enter(&client, Kind::Query, 10).await.unwrap_or_else(|refused| panic!("{refused:?}"));
                most.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst);
                tokio::task::yield_now().await;
                running.fetch_sub(1, SeqCst);
                drop(permit);
            })
        });
        for task in futures::future::join_all(tasks).await {
            task.expect("no panic");
        }
        assert!((1..=2).contains(&most.load(SeqCst)));
        let line = admission.0.queries.line();
        assert_eq!((line.free, line.queue.len()), (2, 0));
    }
}
