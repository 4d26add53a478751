//! Mail templates: `assets/mail/NAME.txt`, whose first line is the subject, and `assets/mail/NAME.html`.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};
use serde::Serialize;
use souk_core::error::{Result, internal};
use std::sync::LazyLock;

macro_rules! templates {
    ($($name:literal)*) => {
        const TEMPLATES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../../../assets/mail/", $name)))),*];
    };
}

templates! {
    "layout.html"
    "address.txt" "address.html"
    "lines.txt" "lines.html"
    "sums.txt" "sums.html"
    "verify_email.txt" "verify_email.html"
    "reset_password.txt" "reset_password.html"
    "change_email.txt" "change_email.html"
    "email_change_requested.txt" "email_change_requested.html"
    "email_changed.txt" "email_changed.html"
    "order_confirmation.txt" "order_confirmation.html"
    "store_order_status.txt" "store_order_status.html"
    "new_store_order.txt" "new_store_order.html"
    "lines_cancelled.txt" "lines_cancelled.html"
    "store_order_cancelled.txt" "store_order_cancelled.html"
    "order_note.txt" "order_note.html"
    "low_stock.txt" "low_stock.html"
    "store_invitation.txt" "store_invitation.html"
}

static ENVIRONMENT: LazyLock<Result<Environment<'static>, minijinja::Error>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    // An undefined name is a mistake in the template, to be found by the tests; it must not become an empty place in a mail.
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|name| if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None });
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    for (name, source) in TEMPLATES {
        environment.add_template(name, source)?;
    }
    Ok(environment)
});

/// The rendered texts of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Texts {
    /// One line.
    pub subject: String,
    /// Plain text alternative.
    pub text: String,
    /// HTML alternative.
    pub html: String,
}

/// Renders the templates `name`.
pub(super) fn render(name: &str, marketplace: &str, data: impl Serialize) -> Result<Texts> {
    let environment = ENVIRONMENT.as_ref().map_err(|error| souk_core::error::Fault::internal(error.to_string()))?;
    let data = Value::from(Serde(data));
    let text = environment
        .get_template(&format!("{name}.txt"))
        .and_then(|template| template.render(context! { marketplace, ..data.clone() }))
        .map_err(internal)?;
    let (subject, text) = text.split_once('\n').unwrap_or((&text, ""));
    let html = environment
        .get_template(&format!("{name}.html"))
        .and_then(|template| template.render(context! { marketplace, subject, ..data }))
        .map_err(internal)?;
    Ok(Texts { subject: subject.trim().to_owned(), text: text.trim_start().to_owned(), html })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums() -> serde_json::Value {
        let row = |label: &str, amount: &str| serde_json::json!({ "label": label, "amount": amount });
        let rows = [row("Subtotal", "1.00 USD"), row("Shipping (A & B)", "0.00 USD"), row("Total", "1.00 USD")];
        serde_json::json!({ "rows": rows, "total": "1.00 USD", "included_tax": "0.10 USD" })
    }

    fn values() -> serde_json::Value {
        serde_json::json!({
            "name": "Ann <b>", "email": "ann@example.com", "url": "https://example.com/?a=1&token=t", "token": "t", "hours": 1,
            "number": "SK-1", "store": "A & B", "role": "its orders", "status": "is on its way", "total": "1.00 USD",
            "paid": false, "address": ["Ann", "Street 1"], "note": "Ring <twice>",
            "shipping_method": null, "product": "Tea <b>", "variant": "Green", "sku": "T-1", "left": 3, "threshold": 5,
            "lines": [{ "name": "Tea", "sku": "T-1", "quantity": 2, "total": "1.00 USD" }],
            "parcels": [{ "courier": "DHL", "number": null, "url": null }],
            "order_sums": sums(), "whole": false, "store_orders": [{ "store": "A & B", "sums": sums(),
                "lines": [{ "name": "Tea", "sku": "T-1", "quantity": 2, "total": "1.00 USD" }] }],
        })
    }

    #[test]
    fn every_mail_has_a_subject_of_one_line_a_text_and_escaped_html() {
        for (file, _) in TEMPLATES.iter().filter(|(file, source)| file.ends_with(".html") && source.starts_with("{% extends")) {
            let name = file.trim_end_matches(".html");
            let texts = render(name, "Bazaar", values()).unwrap_or_else(|error| panic!("{name}: {error:?}"));
            assert!(!texts.subject.is_empty() && texts.subject.len() < 78, "{name}: {}", texts.subject);
            assert!(texts.text.contains("https://example.com/?a=1&token=t"), "{name}: {}", texts.text);
            assert!(texts.html.contains(&texts.subject.replace('&', "&amp;")), "{name}: {}", texts.html);
            for raw in ["Ann <b>", "Tea <b>", "A & B", "<twice>"] {
                assert!(!texts.html.contains(raw), "{name}: {}", texts.html);
            }
        }
    }

    #[test]
    fn a_missing_value_is_an_error() {
        assert!(render("verify_email", "Bazaar", serde_json::json!({ "name": "Ann" })).is_err());
    }

    #[test]
    fn the_lines_of_an_order_are_below_each_other() {
        let texts = render("order_confirmation", "Bazaar", values()).expect("a mail");
        let lines = "A & B:\n\n    2 x Tea [T-1]  1.00 USD\n    Subtotal  1.00 USD\n    Shipping (A & B)  0.00 USD\n    \
                     Total  1.00 USD\n";
        assert!(texts.text.contains(lines), "{}", texts.text);
        assert!(texts.text.contains("    The total includes 0.10 USD tax.\n"), "{}", texts.text);
        assert!(texts.text.contains("    Ann\n    Street 1\n"), "{}", texts.text);
    }
}
