//! What buyers and staff do while the process is killed. Most repeat a request without an answer, with the same key; others give up.

use crate::checkout::{COMPLETE, input};
use crate::order::CANCEL;
use crate::process::PATIENCE;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const REFUND: &str = operation!("refund", "OrderRefund");

pub(super) enum Operation {
    Checkout { checkout: (Value, Value), method: &'static str, key: String, repeats: bool },
    Refund { store_order: String, selection: Value, staff: String, key: String, repeats: bool },
    Cancel { order: String, token: String, repeats: bool },
}

/// What a client was told.
pub(super) enum Outcome {
    /// The order is paid.
    Paid(String),
    /// The refund was requested.
    Refunded(String),
    Other,
}

/// Sends requests to the process, which restarts.
#[derive(Clone)]
pub(super) struct Client {
    pub http: reqwest::Client,
    pub url: String,
}

impl Client {
    pub(super) async fn run(&self, operation: &Operation) -> Outcome {
        match operation {
            Operation::Checkout { checkout, method, key, repeats } => {
                let mut variables = input(checkout, Some(*method), key);
                variables["input"]["paymentProvider"] = json!("STRIPE");
                let payload = self.ask(None, COMPLETE, variables, *repeats).await["checkoutComplete"].clone();
                match payload["order"]["id"].as_str() {
                    Some(order) if payload["payment"]["status"] == "CAPTURED" => Outcome::Paid(order.to_owned()),
                    _ => Outcome::Other,
                }
            }
            Operation::Refund { store_order, selection, staff, key, repeats } => {
                let input = json!({ "selection": selection, "reason": "RETURNED", "isRestocked": false, "idempotencyKey": key });
                let variables = json!({ "storeOrderId": store_order, "input": input });
                let payload = self.ask(Some(staff), REFUND, variables, *repeats).await["orderRefund"].clone();
                payload["refund"]["id"].as_str().map_or(Outcome::Other, |refund| Outcome::Refunded(refund.to_owned()))
            }
            Operation::Cancel { order, token, repeats } => {
                self.ask(None, CANCEL, json!({ "input": { "orderId": order, "orderToken": token } }), *repeats).await;
                Outcome::Other
            }
        }
    }

    /// The data of the answer; null if there is none.
    async fn ask(&self, token: Option<&str>, query: &str, variables: Value, repeats: bool) -> Value {
        let begun = Instant::now();
        let body = json!({ "query": query, "variables": variables });
        loop {
            let request = self.http.post(format!("{}/graphql", self.url)).json(&body);
            let request = token.into_iter().fold(request, |request, token| request.bearer_auth(token));
            let answer = match request.send().await {
                Ok(response) => response.json::<Value>().await.ok(),
                Err(_) => None,
            };
            if let Some(answer) = answer {
                assert_eq!(answer["errors"], Value::Null, "{answer:#}");
                return answer["data"].clone();
            }
            if !repeats {
                return Value::Null;
            }
            assert!(begun.elapsed() < PATIENCE * 4, "there is no answer");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
