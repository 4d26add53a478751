//! The sums in the order confirmation, in HTML and text.

use crate::app::{Souk, each};
use crate::checkout::{COMPLETE, address, input, set_settings, store};
use crate::make::{self, Make};
use crate::process::mails;
use entity::value::ProductKind;
use serde_json::json;
use souk_domain::setting::Settings;

const CREATE: &str = operation!("checkout", "CheckoutCreateReturningToken");

/// What is ordered, and on which terms.
#[derive(Clone, Copy, Debug)]
struct Case {
    tax_included: bool,
    shipped: bool,
    stores: usize,
}

/// The text and the HTML of the mail that confirms an order.
async fn confirmation(souk: &Souk, case: Case) -> (String, String) {
    set_settings(souk, Settings { prices_include_tax: case.tax_included, ..Settings::default() }).await;
    make::tax_rate(souk, "NP", 1300).await;
    make::shipping_method(souk, None, "Post", 590, None).await;
    let kind = if case.shipped { ProductKind::Physical } else { ProductKind::Digital };
    let mut lines = Vec::new();
    for n in 0..case.stores {
        let store = store(souk, &format!("Store {n}")).await;
        for (name, price, quantity) in [("Tea", 1255, 2), ("Cup", 333, 3)] {
            lines.push((
                make::product(souk, store, Make { name, price, stock: 9, kind, ..Make::default() }).await.variant,
                quantity,
            ));
        }
    }
    let cart = make::guest_cart(souk, &lines).await;
    let new = json!({ "cartToken": cart, "email": "maya@example.com", "shippingAddress": address("NP") });
    let checkout = souk.guest().run(CREATE, json!({ "input": new })).await["checkout"].clone();
    souk.guest().run(COMPLETE, input(&(checkout["id"].clone(), checkout["token"].clone()), None, "k")).await;
    souk.work().await;
    let all = mails(&souk.folder.path().join("mail"));
    let mail = all.iter().find(|mail| mail.contains("Thank you for your order")).expect("the mail");
    let (text, html) = mail.split_once("text/html").expect("two forms");
    (text.replace('\r', ""), html.replace('\r', ""))
}

/// Amounts in minor units.
fn minor(amount: &str) -> i64 {
    let number = amount.trim().trim_end_matches(" USD");
    assert_ne!(number, amount.trim(), "{amount:?} is an amount in USD");
    number.replace('.', "").parse().expect("an amount")
}

/// The rows of the text: a label and an amount each; a blank line or a sentence stands between two lists.
fn lists(text: &str) -> Vec<Vec<(String, i64)>> {
    let mut lists = vec![Vec::new()];
    for line in text.lines() {
        match line.trim().rsplit_once("  ").filter(|_| line.ends_with(" USD")) {
            Some((label, amount)) => lists.last_mut().expect("a list").push((label.to_owned(), minor(amount))),
            None => lists.push(Vec::new()),
        }
    }
    lists.retain(|list| !list.is_empty());
    lists
}

fn row(list: &[(String, i64)], label: &str) -> Option<i64> {
    list.iter().find(|(found, _)| found.starts_with(label)).map(|(_, amount)| *amount)
}

/// Each list adds up, and its total is returned.
fn check(list: &[(String, i64)], case: Case) -> i64 {
    let lines: Vec<_> = list.iter().filter(|(label, _)| label.contains(" x ")).map(|(_, amount)| amount).collect();
    let subtotal = row(list, "Subtotal").expect("a subtotal");
    if !lines.is_empty() {
        assert_eq!(lines.into_iter().sum::<i64>(), subtotal, "{case:?} {list:?}");
    }
    let added: i64 = ["Discount", "Shipping", "Tax"].iter().filter_map(|label| row(list, label)).sum();
    let total = row(list, "Total").expect("a total");
    assert_eq!(subtotal + added, total, "{case:?} {list:?}");
    assert_eq!(row(list, "Shipping").is_some(), case.shipped, "{case:?} {list:?}");
    assert_eq!(row(list, "Tax").is_some(), !case.tax_included, "{case:?} {list:?}");
    total
}

#[test]
fn the_confirmation_of_an_order_adds_up_for_one_and_for_several_stores() {
    for tax_included in [false, true] {
        for shipped in [false, true] {
            for stores in [1, 2] {
                let case = Case { tax_included, shipped, stores };
                each(async |souk| {
                    let (text, html) = confirmation(souk, case).await;
                    let lists = lists(&text);
                    let totals: Vec<_> = lists.iter().map(|list| check(list, case)).collect();
                    // A list for each store, and with several one for all of them.
                    assert_eq!(totals.len(), if stores == 1 { 1 } else { stores + 1 }, "{text}");
                    let total = *totals.last().expect("a total");
                    if stores > 1 {
                        assert_eq!(totals[..stores].iter().sum::<i64>(), total, "{text}");
                    }
                    let one = 2 * 1255 + 3 * 333 + if shipped { 590 } else { 0 };
                    let tax = |amount: i64| (amount * 13 + 50) / 100;
                    let taxes = tax(2 * 1255) + tax(3 * 333) + if shipped { tax(590) } else { 0 };
                    let expected = if tax_included { one } else { one + taxes };
                    assert_eq!(total, expected * i64::try_from(stores).expect("few"), "{text}");
                    assert!(text.contains(&format!("{}.{:02} USD is due as agreed.", total / 100, total % 100)), "{text}");
                    assert_eq!(text.contains("The total includes"), tax_included, "{text}");
                    // The other form has the same amounts in the same order.
                    let amounts = |form: &str| {
                        let words = form.replace(['<', '>'], " ");
                        let words: Vec<_> = words.split_whitespace().map(str::to_owned).collect();
                        words.windows(2).filter(|pair| pair[1].starts_with("USD")).map(|pair| pair[0].clone()).collect::<Vec<_>>()
                    };
                    assert_eq!(amounts(&text), amounts(&html), "{text}\n{html}");
                });
            }
        }
    }
}

#[test]
fn countries_stand_by_their_names_in_the_addresses_of_mails() {
    each(async |souk| {
        let (text, html) = confirmation(souk, Case { tax_included: false, shipped: true, stores: 1 }).await;
        for form in [text, html] {
            assert!(form.contains("Kathmandu") && form.contains("Nepal"), "{form}");
            assert!(!form.contains(">NP") && !form.contains(" NP\n"), "{form}");
        }
    });
}
