//! Counters of this process for monitoring.

use entity::value::PaymentProvider;
use souk_core::app::App;
use souk_core::live::change_head;
use souk_core::provider::payment::InvalidWebhook;
use souk_core::provider::search::Progress;
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
    pub(super) async fn text(&self, app: &App) -> String {
        let mut text = String::new();
        let db = &app.db;
        let refused = "souk_webhook_refused_total";
        describe(&mut text, refused, "counter", "Webhooks of payment providers that were refused.");
        for ((provider, reason), count) in self.refused().iter() {
            let _ = writeln!(text, "{refused}{{provider=\"{provider}\",reason=\"{reason}\"}} {count}");
        }
        for (name, help, count) in [
            ("souk_database_deadlocks_total", "Transactions that the database ended because of a deadlock.", db.deadlocks()),
            ("souk_database_retries_total", "Transactions that were rolled back and retried.", db.retries()),
        ] {
            describe(&mut text, name, "counter", help);
            let _ = writeln!(text, "{name} {count}");
        }
        search(&mut text, app).await;
        text
    }
}

/// The search index: its size, how far it is behind the change log, and how often it was asked.
async fn search(text: &mut String, app: &App) {
    let (size, watch) = (app.search.engine().size(), &app.search.watch);
    let position = watch.position();
    for (name, kind, help, value) in [
        ("souk_search_ready", "gauge", "Whether the search index responds.", u64::from(app.search.progress() == Progress::Ready)),
        ("souk_search_products", "gauge", "Products in the search index.", size.products),
        ("souk_search_shown_products", "gauge", "Products that searches find.", size.shown),
        ("souk_search_words", "gauge", "Distinct words in the search index.", size.words),
        ("souk_search_position", "gauge", "Position of the change log that the search index knows.", position.unsigned_abs()),
        ("souk_search_queries_total", "counter", "Searches and suggestions.", watch.queries()),
        (
            "souk_search_disagreements_total",
            "counter",
            "Comparisons in which index and database differed.",
            watch.disagreements(),
        ),
    ] {
        describe(text, name, kind, help);
        let _ = writeln!(text, "{name} {value}");
    }
    // Without the database there is no telling how far it is behind.
    if let Ok(head) = change_head(&app.db).await {
        let name = "souk_search_lag";
        describe(text, name, "gauge", "Changes that the search index does not know yet.");
        let _ = writeln!(text, "{name} {}", (head - position).max(0));
    }
}

fn describe(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}
