//! Counters of this process for monitoring.

use entity::value::PaymentProvider;
use souk_core::db::Db;
use souk_core::provider::payment::InvalidWebhook;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The counters, from the start of the process.
#[derive(Default)]
pub struct Metrics {
    /// Refused webhooks by provider and reason.
    refused_webhooks: Mutex<BTreeMap<(&'static str, &'static str), u64>>,
}

impl Metrics {
    fn refused(&self) -> MutexGuard<'_, BTreeMap<(&'static str, &'static str), u64>> {
        self.refused_webhooks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a refused webhook; `provider` is `None` if there is no such provider.
    pub(super) fn count_refused_webhook(&self, provider: Option<PaymentProvider>, reason: InvalidWebhook) {
        let provider = provider.map_or("UNKNOWN", PaymentProvider::as_str);
        let mut refused = self.refused();
        let count = refused.entry((provider, reason.as_str())).or_default();
        *count = count.saturating_add(1);
    }

    /// All counters in the text format of Prometheus (<https://prometheus.io/docs/instrumenting/exposition_formats/>).
    pub(super) fn text(&self, db: &Db) -> String {
        let mut text = String::new();
        let refused = "souk_webhook_refused_total";
        describe(&mut text, refused, "Webhooks of payment providers that were refused.");
        for ((provider, reason), count) in self.refused().iter() {
            let _ = writeln!(text, "{refused}{{provider=\"{provider}\",reason=\"{reason}\"}} {count}");
        }
        for (name, help, count) in [
            ("souk_database_deadlocks_total", "Transactions that the database ended because of a deadlock.", db.deadlocks()),
            ("souk_database_retries_total", "Transactions that were rolled back and retried.", db.retries()),
        ] {
            describe(&mut text, name, help);
            let _ = writeln!(text, "{name} {count}");
        }
        text
    }
}

fn describe(text: &mut String, name: &str, help: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter");
}
