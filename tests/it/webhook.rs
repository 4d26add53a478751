//! Webhooks of payment providers: invalid ones are refused and counted, valid ones are stored and trigger a look-up.

mod localstripe;

use crate::app::Souk;
use crate::checkout::{order_row, shop};
use crate::fake::stripe::{Mood, SECRET, deliver, event, sign, signature};
use crate::payment::payment_row;
use crate::payment::stripe::{buy, checkout, each_stripe, findings};
use entity::provider_event;
use entity::value::{FindingKind, OrderStatus, PaymentStatus, ProviderEventStatus};
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder};
use serde_json::{Value, json};
use std::time::Duration;

async fn events(souk: &Souk) -> Vec<provider_event::Model> {
    let query = provider_event::Entity::find().order_by_asc(provider_event::Column::Id);
    query.all(souk.app.db.read()).await.expect("events")
}

/// Kinds and statuses of the stored events, oldest first.
async fn stored(souk: &Souk) -> Vec<(String, ProviderEventStatus)> {
    events(souk).await.into_iter().map(|event| (event.event_id, event.status)).collect()
}

/// The counter of refused webhooks of Stripe for a reason.
async fn refused(souk: &Souk, reason: &str) -> u64 {
    let text = souk.http.get(format!("{}/metrics", souk.url)).send().await.expect("an answer").text().await.expect("a text");
    let name = format!("souk_webhook_refused_total{{provider=\"STRIPE\",reason=\"{reason}\"}} ");
    text.lines().find_map(|line| line.strip_prefix(&name)).map_or(0, |count| count.parse().expect("a number"))
}

#[test]
fn invalid_webhooks_are_refused_and_counted() {
    each_stripe(&[("SOUK_STRIPE_WEBHOOK_SECRET", "whsec_old,whsec_fake")], async |souk, _, _| {
        let now = souk.app.clock.now().timestamp();
        let good = event("evt_1", "payment_intent.succeeded", json!({ "object": "payment_intent", "id": "pi_1" })).to_string();
        let changed = |change: fn(&mut Value)| {
            let mut body: Value = serde_json::from_str(&good).expect("JSON");
            change(&mut body);
            body.to_string()
        };
        let with_space = good.replacen(':', ": ", 1);
        let with_byte = good.replacen("pi_1", "pi_2", 1);
        let other_account = changed(|body| body["account"] = json!("acct_other"));
        let live = changed(|body| body["livemode"] = json!(true));
        let no_id = changed(|body| body["id"] = json!(""));
        let large = changed(|body| body["data"]["object"]["padding"] = json!("x".repeat(300 * 1024)));
        let signed = |body: &str| sign(SECRET, now, body.as_bytes());
        let cases = [
            ("signature", sign("whsec_other", now, good.as_bytes()), &good, 400),
            ("signature", String::new(), &good, 400),
            ("signature", format!("t={now}"), &good, 400),
            ("signature", format!("v1={}", signature(SECRET, now, good.as_bytes())), &good, 400),
            ("signature", format!("t={},v1={}", now + 1, signature(SECRET, now, good.as_bytes())), &good, 400),
            // Older schemes are not accepted.
            ("signature", signed(&good).replace("v1=", "v0="), &good, 400),
            ("signature", signed(&good), &with_space, 400),
            ("signature", signed(&good), &with_byte, 400),
            ("too_old", sign(SECRET, now - 310, good.as_bytes()), &good, 400),
            ("in_future", sign(SECRET, now + 310, good.as_bytes()), &good, 400),
            ("account", signed(&other_account), &other_account, 400),
            ("mode", signed(&live), &live, 400),
            ("body", signed(&no_id), &no_id, 400),
            ("body", signed("[]"), &"[]".to_owned(), 400),
            ("too_large", signed(&large), &large, 413),
        ];
        for (reason, header, body, status) in cases {
            let before = refused(souk, reason).await;
            let response = deliver(souk, "stripe", &header, body.clone().into_bytes()).await;
            assert_eq!(response.status().as_u16(), status, "{reason} {header}");
            assert!(!response.headers().contains_key("access-control-allow-origin"));
            assert_eq!(refused(souk, reason).await, before + 1, "{reason} {header}");
        }
        // Providers that send none, and that do not exist.
        for provider in ["manual", "sandbox", "nobody", "STRIPE"] {
            assert_eq!(deliver(souk, provider, &signed(&good), good.clone().into_bytes()).await.status(), 404, "{provider}");
        }
        assert_eq!(stored(souk).await, [], "nothing was stored");
        // Several signatures while a secret is replaced, and at the edge of the time.
        let two = format!("t={now},v1={},v1={}", "0".repeat(64), signature(SECRET, now, good.as_bytes()));
        for header in [two, sign("whsec_old", now, good.as_bytes()), sign(SECRET, now - 290, good.as_bytes())] {
            assert_eq!(deliver(souk, "stripe", &header, good.clone().into_bytes()).await.status(), 200, "{header}");
        }
        assert_eq!(stored(souk).await, [("evt_1".into(), ProviderEventStatus::New)]);
        souk.leaves_work("no payment has this reference");
    });
}

#[test]
fn browsers_of_other_origins_get_no_permission() {
    each_stripe(&[("SOUK_CORS_ORIGINS", "https://shop.example.com")], async |souk, _, _| {
        let url = format!("{}/webhooks/stripe", souk.url);
        let request = souk.http.request(reqwest::Method::OPTIONS, url).header("origin", "https://shop.example.com");
        let preflight = request.header("access-control-request-method", "POST").send().await.expect("an answer");
        assert_eq!(preflight.status(), 405);
        assert!(!preflight.headers().contains_key("access-control-allow-origin"));
    });
}

#[test]
fn an_event_triggers_a_look_up_and_its_content_is_never_applied() {
    each_stripe(&[], async |souk, stripe, tea| {
        let payload = buy(souk, tea, "pm_action").await;
        let mut forged = stripe.intent();
        (forged["status"], forged["amount_received"]) = (json!("succeeded"), json!(1500));
        assert_eq!(stripe.send(souk, "evt_1", "payment_intent.succeeded", forged).await, 200);
        // A refund before the capture.
        let refund = json!({ "object": "refund", "id": "re_1", "status": "succeeded", "payment_intent": "pi_000001" });
        assert_eq!(stripe.send(souk, "evt_0", "refund.created", refund).await, 200);
        souk.work().await;
        assert_eq!(payment_row(souk, &payload).await.status, PaymentStatus::RequiresAction);
        stripe.decide(&json!("pi_000001"), true);
        // Repeated, and in the wrong order.
        for (id, kind) in [
            ("evt_3", "payment_intent.succeeded"),
            ("evt_3", "payment_intent.succeeded"),
            ("evt_2", "payment_intent.requires_action"),
            ("evt_4", "payment_intent.created"),
            ("evt_5", "customer.created"),
        ] {
            assert_eq!(stripe.notify(souk, id, kind).await, 200, "{id}");
        }
        let before = stripe.count("look_up");
        souk.work().await;
        assert_eq!(stripe.count("look_up"), before + 1, "one look-up for all events of a payment");
        assert_eq!(payment_row(souk, &payload).await.status, PaymentStatus::Captured);
        assert_eq!(order_row(souk, &payload["order"]["id"]).await.status, OrderStatus::Confirmed);
        let done = |id: &str| (id.to_owned(), ProviderEventStatus::Done);
        let ignored = |id: &str| (id.to_owned(), ProviderEventStatus::Ignored);
        assert_eq!(
            stored(souk).await,
            [done("evt_1"), done("evt_0"), done("evt_3"), done("evt_2"), ignored("evt_4"), ignored("evt_5")]
        );
        assert_eq!(stripe.notify(souk, "evt_3", "payment_intent.succeeded").await, 200);
        souk.work().await;
        assert_eq!((stored(souk).await.len(), stripe.received()), (6, 1500));
        assert_eq!(findings(souk).await, []);
    });
}

#[test]
fn a_decline_that_an_event_tells_of_cancels_the_payment() {
    each_stripe(&[], async |souk, stripe, tea| {
        let payload = buy(souk, tea, "pm_action").await;
        stripe.decide(&json!("pi_000001"), false);
        stripe.notify(souk, "evt_1", "payment_intent.payment_failed").await;
        souk.work().await;
        assert_eq!(payment_row(souk, &payload).await.status, PaymentStatus::Failed);
        assert_eq!(stripe.intent()["status"], "canceled");
        assert!(stripe.pay_in_tab(&json!("pi_000001")).is_err());
    });
}

#[test]
fn an_event_that_arrives_before_the_reference_is_stored_waits_for_it() {
    each_stripe(&[], async |souk, stripe, tea| {
        stripe.will("create", &[Mood::Cut; 3]);
        let payload = buy(souk, tea, "pm_card").await;
        assert_eq!(payment_row(souk, &payload).await.provider_reference, None);
        stripe.notify(souk, "evt_1", "payment_intent.processing").await;
        souk.work().await;
        assert_eq!(stored(souk).await, [("evt_1".into(), ProviderEventStatus::New)]);
        // The next attempt has another key, so it creates another payment; the first one received nothing.
        for _ in 0..4 {
            souk.pass(Duration::from_secs(200)).await;
        }
        assert_eq!(payment_row(souk, &payload).await.status, PaymentStatus::Captured);
        assert_eq!(stored(souk).await, [("evt_1".into(), ProviderEventStatus::Ignored)]);
        assert_eq!((stripe.received(), findings(souk).await), (1500, vec![]));
    });
}

#[test]
fn money_of_an_unknown_payment_is_a_finding() {
    each_stripe(&[], async |souk, stripe, tea| {
        let object = json!({ "object": "payment_intent", "id": "pi_unknown", "metadata": {} });
        assert_eq!(stripe.send(souk, "evt_1", "payment_intent.succeeded", object).await, 200);
        souk.pass(Duration::from_secs(1)).await;
        assert_eq!(stored(souk).await, [("evt_1".into(), ProviderEventStatus::New)]);
        for _ in 0..4 {
            souk.pass(Duration::from_secs(200)).await;
        }
        assert_eq!(stored(souk).await, [("evt_1".into(), ProviderEventStatus::Failed)]);
        assert_eq!(findings(souk).await, [(FindingKind::PaymentUnknown, 0)]);
        // Money that came by a payment that was created in vain.
        let payload = buy(souk, tea, "pm_card").await;
        let payment = payment_row(souk, &payload).await;
        let mut surplus = stripe.intent();
        surplus["id"] = json!("pi_surplus");
        assert_eq!(surplus["metadata"]["souk_payment"], json!(payment.id.to_string()));
        stripe.add(surplus.clone());
        stripe.send(souk, "evt_2", "payment_intent.succeeded", surplus).await;
        souk.work().await;
        assert_eq!(stored(souk).await.last(), Some(&("evt_2".into(), ProviderEventStatus::Failed)));
        assert!(findings(souk).await.contains(&(FindingKind::PaymentUnknown, 1500)));
    });
}

#[test]
fn a_dispute_is_a_finding() {
    each_stripe(&[], async |souk, stripe, tea| {
        let payload = buy(souk, tea, "pm_card").await;
        let dispute = stripe.dispute(&json!("pi_000001"));
        for (id, kind) in [("evt_1", "charge.dispute.created"), ("evt_2", "charge.dispute.funds_withdrawn")] {
            assert_eq!(stripe.send(souk, id, kind, dispute.clone()).await, 200);
        }
        souk.work().await;
        assert_eq!(findings(souk).await, [(FindingKind::Disputed, 1500)]);
        assert_eq!(payment_row(souk, &payload).await.status, PaymentStatus::Captured);
    });
}

#[test]
fn an_event_is_processed_when_stripe_can_be_reached_again() {
    each_stripe(&[], async |souk, stripe, tea| {
        let payload = buy(souk, tea, "pm_action").await;
        stripe.decide(&json!("pi_000001"), true);
        stripe.will("look_up", &[Mood::Limit, Mood::Html]);
        stripe.notify(souk, "evt_1", "payment_intent.succeeded").await;
        souk.work().await;
        assert_eq!(stored(souk).await, [("evt_1".into(), ProviderEventStatus::New)]);
        souk.pass(Duration::from_secs(3)).await;
        souk.pass(Duration::from_secs(6)).await;
        assert_eq!(stored(souk).await, [("evt_1".into(), ProviderEventStatus::Done)]);
        assert_eq!(payment_row(souk, &payload).await.status, PaymentStatus::Captured);
        souk.work().await;
    });
}

#[test]
fn bodies_are_emptied_after_90_days() {
    each_stripe(&[], async |souk, stripe, tea| {
        buy(souk, tea, "pm_card").await;
        stripe.notify(souk, "evt_1", "payment_intent.succeeded").await;
        souk.work().await;
        let day = Duration::from_secs(86_400);
        souk.app.clock.advance(day * 89);
        souk.worker.tidy().await;
        assert!(events(souk).await[0].body.contains("pi_000001"));
        souk.app.clock.advance(day * 2);
        souk.worker.tidy().await;
        souk.work().await;
        let event = events(souk).await.remove(0);
        assert_eq!((event.body.as_str(), event.body_expires_at, event.status), ("", None, ProviderEventStatus::Done));
    });
}

#[test]
fn an_event_that_cannot_be_stored_is_sent_again() {
    each_stripe(&[], async |souk, stripe, tea| {
        checkout(souk, tea).await;
        let rename = |from: &str, to: &str| format!("ALTER TABLE {from} RENAME TO {to}");
        let db = souk.app.db.raw();
        db.execute_unprepared(&rename("provider_events", "elsewhere")).await.expect("a table is renamed");
        let object = json!({ "object": "payment_intent", "id": "pi_1" });
        assert_eq!(stripe.send(souk, "evt_1", "payment_intent.created", object.clone()).await, 503);
        db.execute_unprepared(&rename("elsewhere", "provider_events")).await.expect("a table is renamed");
        assert_eq!(stripe.send(souk, "evt_1", "payment_intent.created", object).await, 200);
        assert_eq!(stored(souk).await, [("evt_1".into(), ProviderEventStatus::Ignored)]);
    });
}

#[test]
fn without_stripe_its_webhooks_are_unknown() {
    crate::app::each(async |souk| {
        shop(souk, 1000, 1).await;
        let response = deliver(souk, "stripe", "t=1,v1=x", b"{}".to_vec()).await;
        assert_eq!((response.status().as_u16(), refused(souk, "provider").await), (404, 1));
    });
}
