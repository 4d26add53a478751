//! The flow of Stripe against localstripe (PyPI), an independent emulator that sends its own webhooks. It knows no idempotency keys,
//! limits of refunds or disputes, which are tested against `fake::stripe`.

use crate::app::{Souk, each_with};
use crate::checkout::{order_row, shop};
use crate::payment::stripe::buy;
use crate::payment::{method::charge, payment_row};
use entity::money::{Minor, Money};
use entity::provider_event;
use entity::value::{OrderStatus, PaymentStatus, ProviderEventStatus};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use souk_core::provider::payment::{RefundRequest, RefundState};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const VERSION: &str = "1.15.10";
const KEY: &str = "sk_test_local";
const SECRET: &str = "whsec_local";

/// A running localstripe.
struct LocalStripe {
    process: Child,
    url: String,
    http: reqwest::Client,
}

impl Drop for LocalStripe {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Installs it into a folder of its own if it is not installed yet; the reason if that is not possible.
fn install() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("localstripe-{VERSION}"));
    let program = folder.join("bin/localstripe");
    if program.exists() {
        return Ok(program);
    }
    let run = |command: &mut Command| match command.stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        Err(error) => Err(error.to_string()),
    };
    run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    let package = format!("localstripe=={VERSION}");
    run(Command::new(folder.join("bin/pip")).args(["install", "--quiet", "--disable-pip-version-check", &package]))?;
    Ok(program)
}

impl LocalStripe {
    /// `None` if it can't be installed.
    fn start() -> Option<Self> {
        let program = match install() {
            Ok(program) => program,
            Err(reason) => {
                eprintln!("skipped, because localstripe {VERSION} can't be installed: {reason}");
                return None;
            }
        };
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let mut command = Command::new(program);
        command.args(["--from-scratch", "--port", &port.to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().expect("localstripe starts");
        let running = Self { process, url: format!("http://127.0.0.1:{port}"), http: reqwest::Client::new() };
        for _ in 0..150 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(running);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("localstripe does not listen");
    }

    fn settings(&self) -> Vec<(&str, &str)> {
        vec![("SOUK_STRIPE_SECRET_KEY", KEY), ("SOUK_STRIPE_WEBHOOK_SECRET", SECRET), ("SOUK_STRIPE_API_BASE", &self.url)]
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let request = self.http.post(format!("{}{path}", self.url)).bearer_auth(KEY).json(&body);
        let response = request.send().await.expect("an answer").error_for_status().expect("success");
        serde_json::from_slice(&response.bytes().await.expect("a body")).unwrap_or_default()
    }

    /// Sends webhooks to Souk from now on.
    async fn register(&self, souk: &Souk) {
        let hook = json!({ "url": format!("{}/webhooks/stripe", souk.url), "secret": SECRET });
        self.post("/_config/webhooks/souk", hook).await;
    }

    /// The ID of a new PaymentMethod.
    async fn card(&self, number: &str) -> String {
        let card = json!({ "number": number, "exp_month": 12, "exp_year": 2040, "cvc": "123" });
        let method = self.post("/v1/payment_methods", json!({ "type": "card", "card": card })).await;
        method["id"].as_str().expect("an ID").to_owned()
    }
}

/// Waits for a webhook of localstripe, which comes about a second after its cause, and processes it.
async fn webhook(souk: &Souk, received: usize) {
    for _ in 0..100 {
        let events = provider_event::Entity::find().all(souk.app.db.read()).await.expect("events");
        if events.len() >= received {
            souk.work().await;
            let events = provider_event::Entity::find().all(souk.app.db.read()).await.expect("events");
            assert!(events.iter().all(|event| event.status != ProviderEventStatus::New), "{events:#?}");
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("no webhook arrived");
}

#[test]
fn payments_authentication_declines_and_refunds_with_real_webhooks() {
    let Some(stripe) = LocalStripe::start() else { return };
    each_with(&stripe.settings(), async |souk| {
        let tea = shop(souk, 1000, 9).await;
        stripe.register(souk).await;
        let paid = buy(souk, tea, &stripe.card("4242424242424242").await).await;
        assert_eq!((&paid["userErrors"], &paid["payment"]["status"]), (&json!([]), &json!("CAPTURED")));
        webhook(souk, 1).await;
        let payment = payment_row(souk, &paid).await;
        assert_eq!((payment.status, payment.captured_amount), (PaymentStatus::Captured, Minor(1500)));

        // The buyer authenticates; the order is paid by the webhook alone.
        let waiting = buy(souk, tea, &stripe.card("4000002500003155").await).await;
        assert_eq!(waiting["payment"]["status"], "REQUIRES_ACTION");
        let secret = waiting["confirmation"]["clientSecret"].as_str().expect("a secret");
        let intent = payment_row(souk, &waiting).await.provider_reference.expect("a reference");
        let proof = json!({ "client_secret": secret, "success": true });
        stripe.post(&format!("/v1/payment_intents/{intent}/_authenticate"), proof).await;
        webhook(souk, 2).await;
        assert_eq!(payment_row(souk, &waiting).await.status, PaymentStatus::Captured);
        assert_eq!(order_row(souk, &waiting["order"]["id"]).await.status, OrderStatus::Confirmed);

        let declined = buy(souk, tea, &stripe.card("4000000000000341").await).await;
        assert_eq!(declined["userErrors"][0]["code"], "PAYMENT_FAILED");
        assert_eq!(declined["payment"]["failureReason"], "the card was declined");
        webhook(souk, 3).await;
        assert_eq!(order_row(souk, &declined["order"]["id"]).await.status, OrderStatus::Failed);

        let charge = charge(souk, &payment);
        let id = souk.app.clock.new_uuid();
        let request =
            RefundRequest { id, money: Money::new(Minor(400), payment.currency), attempt: 0, now: souk.app.clock.now() };
        let refund = souk.app.payments.refund(payment.provider, &charge, &request).await.expect("a refund");
        assert_eq!((refund.souk_refund, refund.amount, &refund.state), (Some(id), Minor(400), &RefundState::Succeeded));
        assert_eq!(souk.app.payments.look_up_refund(payment.provider, &charge, &request).await, Ok(Some(refund)));
    });
}
