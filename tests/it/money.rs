//! Formatted amounts of money.

use crate::app::each_with;
use crate::make::{self, Make};
use serde_json::json;

#[test]
fn an_amount_is_written_as_people_of_the_locale_write_it() {
    each_with(&[("SOUK_CURRENCY", "EUR")], async |souk| {
        let (_, store) = make::shop(souk, "Tea").await;
        let tea = make::product(souk, store, Make { price: 123_450, ..Make::default() }).await;
        let query = operation!("product", "ProductWithFormattedPrices");
        let seen = souk.guest().data(query, json!({ "id": tea.id.to_string() })).await["product"]["priceRange"]["min"].clone();
        assert_eq!((&seen["amount"], &seen["formatted"]), (&json!("1234.50"), &json!("€1,234.50")));
        let german = seen["german"].as_str().expect("a text");
        assert!(german.contains('€') && german.ends_with("234,50"), "{german}");
        assert!(seen["unknown"].as_str().is_some_and(|text| text.contains("234.50")), "{seen}");
        let wrong = operation!("product", "ProductWithPriceInLocale");
        let answer = souk.guest().answer(wrong, json!({ "id": tea.id.to_string(), "locale": "not a locale" })).await;
        let error = &answer["errors"][0];
        assert_eq!(
            (&error["extensions"]["code"], &error["extensions"]["argument"]),
            (&json!("BAD_USER_INPUT"), &json!("locale"))
        );
        assert_eq!(error["message"], "locale must be a BCP 47 language tag, such as en or de-AT; got \"not a locale\".");
    });
}
