//! Stripe in this process: PaymentIntents, refunds and disputes with their documented states, idempotency keys and signed webhooks.
//!
//! The PaymentMethod selects the outcome: `pm_card` succeeds, `pm_declined` has insufficient funds, `pm_action` requires an action,
//! `pm_processing` is processed later, `pm_more` receives one cent too much, `pm_less` one too little, `pm_euro` another currency;
//! the fee of `pm_slow_fee` is known later.

mod trouble;

use crate::app::Souk;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use trouble::Trouble;

pub const KEY: &str = "sk_test_fake";
pub const SECRET: &str = "whsec_fake";
const VERSION: &str = "2026-09-30.endive";

/// What happens to the next request of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Acts, and breaks the connection off in the middle of the response.
    Cut,
    /// Does not act; 503.
    FailBefore,
    /// Acts, and answers 500, also to the same key later.
    FailAfter,
    /// Acts, and answers 200 with a page.
    Html,
    /// Acts, and answers 200 with null.
    Null,
    /// Acts, and does not answer for a minute.
    Hang,
    /// Does not act; 429.
    Limit,
    /// Does not act; 401.
    Unauthorized,
}

#[derive(Default)]
struct Account {
    intents: BTreeMap<String, Value>,
    refunds: BTreeMap<String, Value>,
    disputes: BTreeMap<String, Value>,
    /// Requests and responses by idempotency key.
    keys: HashMap<String, (String, u16, Value)>,
    moods: HashMap<String, VecDeque<Mood>>,
    /// Kinds of requests in their order.
    requests: Vec<String>,
    wrong: Vec<String>,
    made: usize,
    trouble: Option<Trouble>,
}

/// A running server with one account.
#[derive(Clone)]
pub struct Stripe {
    account: Arc<Mutex<Account>>,
    pub url: String,
}

type Answer = (StatusCode, Value);

impl Stripe {
    /// On a thread of its own, so that it can be started before a test's runtime.
    pub fn start() -> Self {
        let account = Arc::<Mutex<Account>>::default();
        let (ready, address) = std::sync::mpsc::channel();
        let state = Arc::clone(&account);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
                ready.send(listener.local_addr().expect("an address")).expect("a receiver");
                axum::serve(listener, Router::new().fallback(handle).with_state(state)).await.expect("serving");
            });
        });
        let address = address.recv().expect("it starts");
        Self { account, url: format!("http://{address}") }
    }

    /// The keys of the configuration that make Souk use it.
    pub fn settings(&self) -> Vec<(&str, &str)> {
        vec![("SOUK_STRIPE_SECRET_KEY", KEY), ("SOUK_STRIPE_WEBHOOK_SECRET", SECRET), ("SOUK_STRIPE_API_BASE", &self.url)]
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().expect("a lock")
    }

    /// An empty account again.
    pub fn reset(&self) {
        *self.account() = Account::default();
    }

    /// What happens to the next requests of a kind: `create`, `confirm`, `capture`, `cancel`, `look_up`, `refund`, `refunds` or `disputes`.
    pub fn will(&self, kind: &str, moods: &[Mood]) {
        self.account().moods.entry(kind.to_owned()).or_default().extend(moods);
    }

    /// All further requests are answered as documented.
    pub fn will_as_usual(&self) {
        self.account().moods.clear();
    }

    /// Kinds of all requests until now; none of them was wrong.
    pub fn requests(&self) -> Vec<String> {
        let account = self.account();
        assert_eq!(account.wrong, Vec::<String>::new());
        account.requests.clone()
    }

    /// Number of requests of a kind.
    pub fn count(&self, kind: &str) -> usize {
        self.requests().iter().filter(|request| *request == kind).count()
    }

    /// All PaymentIntents, oldest first.
    pub fn intents(&self) -> Vec<Value> {
        self.account().intents.values().cloned().collect()
    }

    /// All refunds, oldest first.
    pub fn refunds(&self) -> Vec<Value> {
        self.account().refunds.values().cloned().collect()
    }

    /// The only PaymentIntent.
    pub fn intent(&self) -> Value {
        let intents = self.intents();
        assert_eq!(intents.len(), 1, "{intents:#?}");
        intents[0].clone()
    }

    /// Sum of the received amounts.
    pub fn received(&self) -> i64 {
        self.intents().iter().map(|intent| intent["amount_received"].as_i64().expect("an amount")).sum()
    }

    /// Changes a PaymentIntent as Stripe or the buyer would.
    pub fn change(&self, id: &Value, change: impl FnOnce(&mut Value)) {
        change(self.account().intents.get_mut(id.as_str().expect("an ID")).expect("a PaymentIntent"));
    }

    /// The buyer pays with the client secret of a PaymentIntent, in a tab that is still open; the error code if Stripe refuses.
    pub fn pay_in_tab(&self, id: &Value) -> Result<(), String> {
        let mut account = self.account();
        let intent = account.intents.get_mut(id.as_str().expect("an ID")).expect("a PaymentIntent");
        if !matches!(intent["status"].as_str(), Some("requires_payment_method" | "requires_action")) {
            return Err("payment_intent_unexpected_state".into());
        }
        intent["payment_method"] = json!("pm_card");
        settle(intent);
        Ok(())
    }

    /// The bank processed the payment, or the buyer completed or failed the action.
    pub fn decide(&self, id: &Value, paid: bool) {
        self.change(
            id,
            |intent| if paid { settle(intent) } else { decline(intent, "payment_intent_authentication_failure", None) },
        );
        let mut account = self.account();
        let intent = account.intents[id.as_str().expect("an ID")].clone();
        trouble::notify(&mut account, intent);
    }

    /// The bank pays a PaymentIntent in spite of its state.
    pub fn pay_late(&self, id: &Value) {
        self.change(id, settle);
    }

    /// Adds a PaymentIntent.
    pub fn add(&self, intent: Value) {
        self.account().intents.insert(intent["id"].as_str().expect("an ID").to_owned(), intent);
    }

    /// The fee of a payment is known.
    pub fn know_fee(&self, id: &Value) {
        self.change(id, |intent| {
            let amount = intent["amount_received"].as_i64().expect("an amount");
            intent["latest_charge"]["balance_transaction"] = balance_transaction(amount, &intent["currency"].clone());
        });
    }

    /// A person refunds a payment in the dashboard; the refund.
    pub fn refund_in_dashboard(&self, id: &Value, amount: i64, status: &str) -> Value {
        let mut account = self.account();
        let given = HashMap::from([
            ("payment_intent".to_owned(), id.as_str().expect("an ID").to_owned()),
            ("amount".to_owned(), amount.to_string()),
        ]);
        let ((code, mut refund), _) = refund(&mut account, &given);
        assert_eq!(code, StatusCode::OK, "{refund}");
        (refund["metadata"], refund["status"]) = (json!({}), json!(status));
        account.refunds.insert(refund["id"].as_str().expect("an ID").to_owned(), refund.clone());
        refund
    }

    /// A refund gets a status.
    pub fn refund_ends(&self, refund: &Value, status: &str) {
        let mut account = self.account();
        account.refunds.get_mut(refund["id"].as_str().expect("an ID")).expect("a refund")["status"] = json!(status);
    }

    /// Opens a dispute about the whole amount; its money is withdrawn.
    pub fn dispute(&self, id: &Value) -> Value {
        let mut account = self.account();
        let intent = account.intents.get_mut(id.as_str().expect("an ID")).expect("a PaymentIntent");
        intent["latest_charge"]["disputed"] = json!(true);
        let (amount, currency) = (intent["amount_received"].as_i64().expect("an amount"), intent["currency"].clone());
        let dispute = json!({
            "id": "du_1", "object": "dispute", "amount": amount, "currency": currency, "status": "needs_response",
            "reason": "fraudulent", "payment_intent": id, "evidence_details": { "due_by": 1_900_000_000 },
            "balance_transactions": [{ "id": "txn_d", "amount": -amount, "fee": 1500, "currency": currency }],
        });
        account.disputes.insert("du_1".into(), dispute.clone());
        dispute
    }

    /// The only dispute gets a status. If it is `returned`, its money is given back, without the fee.
    pub fn dispute_becomes(&self, status: &str, returned: bool) -> Value {
        let mut account = self.account();
        let dispute = account.disputes.get_mut("du_1").expect("a dispute");
        dispute["status"] = json!(status);
        if returned {
            let (amount, currency) = (dispute["amount"].clone(), dispute["currency"].clone());
            let moved = dispute["balance_transactions"].as_array_mut().expect("a list");
            moved.push(json!({ "id": "txn_r", "amount": amount, "fee": 0, "currency": currency }));
        }
        dispute.clone()
    }

    /// Sends an event about an object with a valid signature of now; the status of the response.
    pub async fn send(&self, souk: &Souk, id: &str, kind: &str, object: Value) -> u16 {
        let body = event(id, kind, object).to_string();
        let header = sign(SECRET, souk.app.clock.now().timestamp(), body.as_bytes());
        deliver(souk, "stripe", &header, body.into_bytes()).await.status().as_u16()
    }

    /// Sends an event about the only PaymentIntent, as [`Stripe::send`].
    pub async fn notify(&self, souk: &Souk, id: &str, kind: &str) -> u16 {
        self.send(souk, id, kind, self.intent()).await
    }
}

/// An event in test mode.
pub fn event(id: &str, kind: &str, object: Value) -> Value {
    json!({
        "id": id, "object": "event", "type": kind, "livemode": false, "api_version": VERSION, "created": 1_800_000_000,
        "data": { "object": object },
    })
}

/// The header `Stripe-Signature`.
pub fn sign(secret: &str, seconds: i64, body: &[u8]) -> String {
    format!("t={seconds},v1={}", signature(secret, seconds, body))
}

pub fn signature(secret: &str, seconds: i64, body: &[u8]) -> String {
    let mut hmac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
    hmac.update(format!("{seconds}.").as_bytes());
    hmac.update(body);
    hmac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Sends a webhook.
pub async fn deliver(souk: &Souk, provider: &str, signature: &str, body: Vec<u8>) -> reqwest::Response {
    let request = souk.http.post(format!("{}/webhooks/{provider}", souk.url)).header("content-type", "application/json");
    request.header("stripe-signature", signature).body(body).send().await.expect("an answer")
}

async fn handle(
    State(account): State<Arc<Mutex<Account>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    // What was sent is executed, even if the sender has ended meanwhile.
    let execution = tokio::spawn(async move {
        let [before, after] = trouble::arrive(&account);
        tokio::time::sleep(before).await;
        let (mood, response) = answer(&mut account.lock().expect("a lock"), &method, &uri, &headers, &body);
        trouble::executed(&account);
        if mood == Some(Mood::Hang) {
            tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        }
        tokio::time::sleep(after).await;
        trouble::answered(&account);
        response
    });
    execution.await.expect("it is executed")
}

fn answer(account: &mut Account, method: &Method, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> (Option<Mood>, Response) {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    if text("authorization") != format!("Bearer {KEY}") || text("stripe-version") != VERSION {
        account.wrong.push(format!("{method} {uri} with {headers:?}"));
    }
    let path: Vec<&str> = uri.path().trim_start_matches("/v1/").split('/').collect();
    let kind = match (method.as_str(), path.as_slice()) {
        ("POST", ["payment_intents"]) => "create",
        ("POST", ["payment_intents", _, action @ ("confirm" | "capture" | "cancel")]) => action,
        ("GET", ["payment_intents", _]) => "look_up",
        ("POST", ["refunds"]) => "refund",
        ("GET", [list @ ("refunds" | "disputes")]) => list,
        _ => {
            account.wrong.push(format!("{method} {uri}"));
            return (None, respond(error(StatusCode::NOT_FOUND, "invalid_request_error", "resource_missing", None)));
        }
    };
    account.requests.push(kind.to_owned());
    let mood = account.moods.get_mut(kind).and_then(VecDeque::pop_front).or_else(|| trouble::mood(account));
    let unavailable = (StatusCode::SERVICE_UNAVAILABLE, json!({ "error": { "type": "api_error" } }));
    let before = match mood {
        Some(Mood::FailBefore) => Some(unavailable),
        Some(Mood::Limit) => Some(error(StatusCode::TOO_MANY_REQUESTS, "invalid_request_error", "rate_limit", None)),
        Some(Mood::Unauthorized) => Some(error(StatusCode::UNAUTHORIZED, "invalid_request_error", "api_key_expired", None)),
        _ => None,
    };
    if let Some(answer) = before {
        return (mood, respond(answer));
    }
    let (key, request) = (text("idempotency-key"), format!("{uri} {}", String::from_utf8_lossy(body)));
    let answer = match account.keys.get(&key).filter(|_| !key.is_empty()) {
        Some((first, status, stored)) if *first == request => (StatusCode::from_u16(*status).expect("a status"), stored.clone()),
        Some(_) => error(StatusCode::BAD_REQUEST, "idempotency_error", "idempotency_key_in_use", None),
        None => {
            let given: HashMap<String, String> = match *method {
                Method::GET => url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect(),
                _ => url::form_urlencoded::parse(body).into_owned().collect(),
            };
            let (mut answer, mut executed) = act(account, kind, path.get(1).copied().unwrap_or_default(), &given);
            if executed && matches!(answer.0, StatusCode::OK | StatusCode::PAYMENT_REQUIRED) {
                let id = path.get(1).copied().or(answer.1["id"].as_str()).unwrap_or_default();
                let object = account.intents.get(id).unwrap_or(&answer.1).clone();
                trouble::notify(account, object);
            }
            if mood == Some(Mood::FailAfter) {
                (answer, executed) = ((StatusCode::INTERNAL_SERVER_ERROR, json!({ "error": { "type": "api_error" } })), true);
            }
            if executed && !key.is_empty() {
                account.keys.insert(key, (request, answer.0.as_u16(), answer.1.clone()));
            }
            answer
        }
    };
    let response = match mood {
        Some(Mood::Cut) => {
            let broken = futures::stream::iter([Ok(Bytes::from_static(b"{")), Err(std::io::Error::other("cut"))]);
            Body::from_stream(broken).into_response()
        }
        Some(Mood::Html) => (StatusCode::OK, "<html>Welcome</html>").into_response(),
        Some(Mood::Null) => (StatusCode::OK, "null").into_response(),
        _ => respond(answer),
    };
    (mood, response)
}

fn respond((status, body): Answer) -> Response {
    (status, axum::Json(body)).into_response()
}

fn error(status: StatusCode, kind: &str, code: &str, param: Option<&str>) -> Answer {
    (status, json!({ "error": { "type": kind, "code": code, "param": param, "message": "The documented message." } }))
}

/// The answer, and whether the request was executed, so that its answer is stored under its key.
fn act(account: &mut Account, kind: &str, id: &str, given: &HashMap<String, String>) -> (Answer, bool) {
    let text = |name: &str| given.get(name).cloned().unwrap_or_default();
    let expanded = given.get("expand[]").is_some_and(|path| path == "latest_charge.balance_transaction");
    let invalid = |code: &str, param: Option<&str>| (error(StatusCode::BAD_REQUEST, "invalid_request_error", code, param), false);
    match kind {
        "create" => {
            let Ok(amount) = text("amount").parse::<i64>() else { return invalid("parameter_invalid_integer", Some("amount")) };
            if amount < 50 {
                return invalid("amount_too_small", Some("amount"));
            }
            let method = text("payment_method");
            if method == "pm_unknown" {
                return invalid("resource_missing", Some("payment_method"));
            }
            account.made += 1;
            let id = format!("pi_{:06}", account.made);
            let intent = json!({
                "id": id, "object": "payment_intent", "amount": amount, "amount_capturable": 0, "amount_received": 0,
                "capture_method": text("capture_method"), "client_secret": format!("{id}_secret_x"), "currency": text("currency"),
                "last_payment_error": null, "latest_charge": null, "livemode": false, "next_action": null,
                "metadata": { "souk_payment": text("metadata[souk_payment]") }, "payment_method": method,
                "payment_method_types": [text("payment_method_types[]")], "status": "requires_confirmation",
            });
            account.intents.insert(id, intent.clone());
            ((StatusCode::OK, shown(&intent, expanded)), true)
        }
        "refund" => refund(account, given),
        "refunds" | "disputes" => {
            let objects = if kind == "refunds" { &account.refunds } else { &account.disputes };
            let of = |object: &&Value| object["payment_intent"] == json!(text("payment_intent"));
            let data: Vec<_> = objects.values().filter(of).cloned().collect();
            ((StatusCode::OK, json!({ "object": "list", "data": data, "has_more": false })), false)
        }
        _ => {
            let Some(intent) = account.intents.get_mut(id) else {
                return (error(StatusCode::NOT_FOUND, "invalid_request_error", "resource_missing", Some("intent")), false);
            };
            let failed = change(intent, kind, given);
            let answer = failed.unwrap_or_else(|| (StatusCode::OK, shown(intent, expanded)));
            (answer, kind != "look_up")
        }
    }
}

/// Confirms, captures or cancels; the error if there is one.
fn change(intent: &mut Value, kind: &str, given: &HashMap<String, String>) -> Option<Answer> {
    let unexpected = || Some(error(StatusCode::BAD_REQUEST, "invalid_request_error", "payment_intent_unexpected_state", None));
    let status = intent["status"].as_str().expect("a status").to_owned();
    match kind {
        "confirm" if status != "requires_confirmation" => unexpected(),
        "confirm" => match intent["payment_method"].as_str().expect("a method") {
            "pm_declined" => {
                decline(intent, "card_declined", Some("insufficient_funds"));
                let mut answer = error(StatusCode::PAYMENT_REQUIRED, "card_error", "card_declined", None);
                answer.1["error"]["decline_code"] = json!("insufficient_funds");
                Some(answer)
            }
            "pm_action" => {
                intent["status"] = json!("requires_action");
                intent["next_action"] = json!({ "type": "use_stripe_sdk", "use_stripe_sdk": {} });
                None
            }
            "pm_processing" => {
                intent["status"] = json!("processing");
                None
            }
            _ => {
                settle(intent);
                None
            }
        },
        "capture" => {
            let amount: i64 = given.get("amount_to_capture").and_then(|text| text.parse().ok()).expect("an amount");
            if status != "requires_capture" {
                return unexpected();
            }
            if amount > intent["amount_capturable"].as_i64().expect("an amount") {
                return Some(error(
                    StatusCode::BAD_REQUEST,
                    "invalid_request_error",
                    "amount_too_large",
                    Some("amount_to_capture"),
                ));
            }
            receive(intent, amount);
            None
        }
        "cancel" if matches!(status.as_str(), "succeeded" | "canceled" | "processing") => unexpected(),
        "cancel" => {
            intent["status"] = json!("canceled");
            intent["amount_capturable"] = json!(0);
            None
        }
        _ => None,
    }
}

/// The payment method is charged.
fn settle(intent: &mut Value) {
    let amount = intent["amount"].as_i64().expect("an amount");
    let charge = format!("ch_{}", &intent["id"].as_str().expect("an ID")[3..]);
    intent["last_payment_error"] = Value::Null;
    intent["next_action"] = Value::Null;
    intent["latest_charge"] = json!({
        "id": charge, "object": "charge", "amount": amount, "currency": intent["currency"], "disputed": false,
        "payment_intent": intent["id"], "payment_method_details": { "card": { "capture_before": null } }, "balance_transaction": null,
    });
    if intent["capture_method"] == "manual" {
        intent["status"] = json!("requires_capture");
        intent["amount_capturable"] = json!(amount);
        intent["latest_charge"]["payment_method_details"]["card"]["capture_before"] = json!(4_000_000_000_i64);
        return;
    }
    match intent["payment_method"].as_str() {
        Some("pm_more") => receive(intent, amount + 1),
        Some("pm_less") => receive(intent, amount - 1),
        Some("pm_euro") => {
            intent["currency"] = json!("eur");
            receive(intent, amount);
        }
        _ => receive(intent, amount),
    }
}

fn receive(intent: &mut Value, amount: i64) {
    intent["status"] = json!("succeeded");
    intent["amount_capturable"] = json!(0);
    intent["amount_received"] = json!(amount);
    intent["latest_charge"]["balance_transaction"] = match intent["payment_method"].as_str() {
        Some("pm_slow_fee") => Value::Null,
        _ => balance_transaction(amount, &intent["currency"]),
    };
}

fn balance_transaction(amount: i64, currency: &Value) -> Value {
    let fee = amount * 29 / 1000 + 30;
    json!({ "id": "txn_1", "object": "balance_transaction", "amount": amount, "fee": fee, "currency": currency })
}

/// The payment method is declined; the client secret can still be paid.
fn decline(intent: &mut Value, code: &str, decline_code: Option<&str>) {
    intent["status"] = json!("requires_payment_method");
    intent["next_action"] = Value::Null;
    intent["last_payment_error"] = json!({ "type": "card_error", "code": code, "decline_code": decline_code });
}

fn refund(account: &mut Account, given: &HashMap<String, String>) -> (Answer, bool) {
    let text = |name: &str| given.get(name).cloned().unwrap_or_default();
    let (intent, amount) = (text("payment_intent"), text("amount").parse::<i64>().expect("an amount"));
    let received = account.intents.get(&intent).and_then(|intent| intent["amount_received"].as_i64()).unwrap_or(0);
    let of = |refund: &&Value| refund["payment_intent"] == json!(intent) && refund["status"] != "failed";
    let refunded: i64 = account.refunds.values().filter(of).filter_map(|refund| refund["amount"].as_i64()).sum();
    if refunded + amount > received {
        return (error(StatusCode::BAD_REQUEST, "invalid_request_error", "charge_already_refunded", None), true);
    }
    account.made += 1;
    let id = format!("re_{:06}", account.made);
    let refund = json!({
        "id": id, "object": "refund", "amount": amount, "currency": account.intents[&intent]["currency"], "status": "succeeded",
        "payment_intent": intent,
        "metadata": { "souk_refund": text("metadata[souk_refund]"), "souk_payment": text("metadata[souk_payment]") },
    });
    account.refunds.insert(id, refund.clone());
    ((StatusCode::OK, refund), true)
}

/// Without `expand`, the charge is only an ID.
fn shown(intent: &Value, expanded: bool) -> Value {
    let mut shown = intent.clone();
    if !expanded && intent["latest_charge"].is_object() {
        shown["latest_charge"] = intent["latest_charge"]["id"].clone();
    }
    shown
}
