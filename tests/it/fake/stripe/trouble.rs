//! Trouble with Stripe: it is slow, some of its responses are lost after it acted, and its webhooks are repeated and reordered.

use super::{Account, Mood, SECRET, Stripe, event, sign};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::watch;

/// Percentage of responses that are lost.
const LOST: u32 = 10;
/// Percentages of webhooks that are sent twice, and after the next one.
const REPEATED: u32 = 5;
const REORDERED: u32 = 5;

pub(super) struct Trouble {
    random: StdRng,
    /// Milliseconds before a request is executed, and again before it is answered.
    delay: RangeInclusive<u64>,
    /// Counts requests that arrived, and those that were executed.
    steps: watch::Sender<usize>,
    under_way: usize,
    /// Events that are to be sent, oldest first.
    events: VecDeque<Value>,
    /// Sent after the next one.
    late: Option<Value>,
    made: usize,
}

impl Trouble {
    fn happens(&mut self, percent: u32) -> bool {
        self.random.random_range(0..100) < percent
    }

    fn pause(&mut self) -> Duration {
        Duration::from_millis(self.random.random_range(self.delay.clone()))
    }

    fn step(&self) {
        self.steps.send_modify(|steps| *steps += 1);
    }

    fn take(&mut self) -> Option<Value> {
        let Some(event) = self.events.pop_front() else { return self.late.take() };
        if self.happens(REPEATED) {
            self.events.push_back(event.clone());
        }
        if self.late.is_none() && self.happens(REORDERED) {
            self.late = Some(event);
            return self.events.pop_front();
        }
        self.events.extend(self.late.take());
        Some(event)
    }
}

/// A request arrives; the pauses before it is executed and before it is answered.
pub(super) fn arrive(account: &Mutex<Account>) -> [Duration; 2] {
    let mut account = account.lock().expect("a lock");
    let Some(trouble) = &mut account.trouble else { return [Duration::ZERO; 2] };
    trouble.under_way += 1;
    trouble.step();
    [trouble.pause(), trouble.pause()]
}

pub(super) fn executed(account: &Mutex<Account>) {
    if let Some(trouble) = &account.lock().expect("a lock").trouble {
        trouble.step();
    }
}

pub(super) fn answered(account: &Mutex<Account>) {
    if let Some(trouble) = &mut account.lock().expect("a lock").trouble {
        trouble.under_way = trouble.under_way.saturating_sub(1);
    }
}

/// Whether a response is lost.
pub(super) fn mood(account: &mut Account) -> Option<Mood> {
    account.trouble.as_mut()?.happens(LOST).then_some(Mood::Cut)
}

/// Enqueues the event of an object that was created or changed.
pub(super) fn notify(account: &mut Account, object: Value) {
    let Some(trouble) = &mut account.trouble else { return };
    let kind = match (object["object"].as_str(), object["status"].as_str()) {
        (Some("refund"), _) => "refund.created",
        (_, Some("succeeded")) => "payment_intent.succeeded",
        (_, Some("canceled")) => "payment_intent.canceled",
        (_, Some("processing")) => "payment_intent.processing",
        (_, Some("requires_action")) => "payment_intent.requires_action",
        (_, Some("requires_capture")) => "payment_intent.amount_capturable_updated",
        (_, Some("requires_payment_method")) => "payment_intent.payment_failed",
        _ => "payment_intent.created",
    };
    trouble.made += 1;
    trouble.events.push_back(event(&format!("evt_{}", trouble.made), kind, object));
}

impl Stripe {
    /// Begins the trouble. Returns the number of requests that arrived, and those that were executed, as it grows.
    pub fn make_trouble(&self, seed: u64, delay: RangeInclusive<u64>) -> watch::Receiver<usize> {
        let (steps, counted) = watch::channel(0);
        let random = StdRng::seed_from_u64(seed);
        let trouble = Trouble { random, delay, steps, under_way: 0, events: VecDeque::new(), late: None, made: 0 };
        self.account().trouble = Some(trouble);
        counted
    }

    /// It is not slow any more.
    pub fn be_quick(&self) {
        if let Some(trouble) = &mut self.account().trouble {
            trouble.delay = 0..=0;
        }
    }

    /// Requests that are not answered yet. Those whose client is gone are executed all the same.
    pub fn under_way(&self) -> usize {
        self.account().trouble.as_ref().map_or(0, |trouble| trouble.under_way)
    }

    /// Whether events are to be sent.
    pub fn has_events(&self) -> bool {
        self.account().trouble.as_ref().is_some_and(|trouble| !trouble.events.is_empty() || trouble.late.is_some())
    }

    /// Sends the next event, signed at a time; whether there was one and it was accepted. Others are sent again.
    pub async fn send_next(&self, http: &reqwest::Client, url: &str, seconds: i64) -> bool {
        let Some(event) = self.account().trouble.as_mut().and_then(Trouble::take) else { return false };
        let body = event.to_string();
        let request = http.post(format!("{url}/webhooks/stripe")).header("content-type", "application/json");
        let request = request.header("stripe-signature", sign(SECRET, seconds, body.as_bytes())).body(body);
        let is_accepted = request.send().await.is_ok_and(|response| response.status().is_success());
        if !is_accepted && let Some(trouble) = &mut self.account().trouble {
            trouble.events.push_front(event);
        }
        is_accepted
    }
}
