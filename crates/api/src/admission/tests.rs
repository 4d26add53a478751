use super::*;
use entity::id::UserId;
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
    assert!(admission.0.held.is_empty());
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
