//! The commission of a sale: which rate applies, and that it stays.

use crate::app::{Souk, each};
use crate::checkout::{begin, store};
use crate::make::{self, Make};
use crate::payment::complete;
use entity::money::Minor;
use entity::order_line;
use entity::value::{Permission, Role};
use sea_orm::EntityTrait;
use serde_json::json;
use souk_domain::setting::Settings;

const SETTINGS: &str = operation!("ledger", "MoneySettingsUpdate");
const OF_CATEGORY: &str = operation!("ledger", "CategoryCommissionUpdate");
const OF_STORE: &str = operation!("ledger", "StoreCommissionUpdate");

/// Rate, commission and tax on it of the last line that was ordered.
async fn sold(souk: &Souk, tea: make::Product, key: &str) -> (i32, i64, i64) {
    let ids = begin(&souk.guest(), &make::guest_cart(souk, &[(tea.variant, 1)]).await).await;
    let payload = complete(souk, &ids, "tok_success", key).await;
    assert_eq!(payload["userErrors"], json!([]));
    let lines = order_line::Entity::find().all(souk.app.db.read()).await.expect("lines");
    let line = lines.iter().max_by_key(|line| line.id).expect("a line");
    (line.commission_basis_points, line.commission_total.0, line.commission_tax_total.0)
}

#[test]
fn the_rate_is_the_stores_or_the_nearest_categorys_or_the_settings() {
    each(async |souk| {
        let fred = make::staff(souk, "fred", Role::Staff, &[Permission::ManageFinance]).await;
        let fred = souk.as_user(&fred);
        let seller = store(souk, "Teas").await;
        make::shipping_method(souk, None, "Post", 500, None).await;
        let root = make::category(souk, "Drinks", None).await;
        let middle = make::category(souk, "Hot drinks", Some(root)).await;
        let leaf = make::category(souk, "Teas", Some(middle)).await;
        let item = Make { price: 1999, stock: 50, category: Some(leaf), ..Make::default() };
        let tea = make::product(souk, seller, item).await;
        assert_eq!(sold(souk, tea, "a").await, (0, 0, 0));
        let settings = json!({ "input": { "commissionBasisPoints": 1000, "commissionTaxBasisPoints": 1300 } });
        let updated = fred.run(SETTINGS, settings).await;
        assert_eq!(updated["settings"]["commissionBasisPoints"], 1000);
        let seen = fred.data(operation!("ledger", "MoneySettings"), json!({})).await["moneySettings"].clone();
        assert_eq!(seen, updated["settings"]);
        assert_eq!(sold(souk, tea, "b").await, (1000, 200, 26));
        let set = |id: String, rate: Option<i32>| json!({ "id": id, "input": { "basisPoints": rate } });
        fred.run(OF_CATEGORY, set(root.to_string(), Some(500))).await;
        assert_eq!(sold(souk, tea, "c").await, (500, 100, 13));
        let updated = fred.run(OF_CATEGORY, set(middle.to_string(), Some(0))).await;
        assert_eq!(updated["category"]["commissionBasisPoints"], 0);
        assert_eq!(sold(souk, tea, "d").await, (0, 0, 0));
        let updated = fred.run(OF_STORE, set(seller.to_string(), Some(1250))).await;
        assert_eq!(updated["store"]["commissionBasisPoints"], 1250);
        assert_eq!(sold(souk, tea, "e").await, (1250, 250, 33));
        fred.run(OF_STORE, set(seller.to_string(), None)).await;
        fred.run(OF_CATEGORY, set(middle.to_string(), None)).await;
        assert_eq!(sold(souk, tea, "f").await, (500, 100, 13));
        // Placed orders keep theirs.
        let lines = order_line::Entity::find().all(souk.app.db.read()).await.expect("lines");
        let mut kept: Vec<_> = lines.iter().map(|line| (line.id, line.commission_total.0)).collect();
        kept.sort_unstable();
        assert_eq!(kept.iter().map(|(_, commission)| *commission).collect::<Vec<_>>(), [0, 200, 100, 0, 250, 100]);
        for rate in [-1, 5001] {
            assert_eq!(fred.refused(OF_STORE, set(seller.to_string(), Some(rate))).await, ["basisPoints OUT_OF_RANGE"]);
            assert_eq!(fred.refused(OF_CATEGORY, set(root.to_string(), Some(rate))).await, ["basisPoints OUT_OF_RANGE"]);
            let settings = json!({ "input": { "commissionBasisPoints": rate } });
            assert_eq!(fred.refused(SETTINGS, settings).await, ["commissionBasisPoints OUT_OF_RANGE"]);
        }
        souk.work().await;
    });
}

#[test]
fn the_commission_is_of_the_price_without_tax() {
    each(async |souk| {
        crate::checkout::set_settings(souk, Settings { prices_include_tax: true, ..Settings::default() }).await;
        let fred = make::staff(souk, "fred", Role::Staff, &[Permission::ManageFinance]).await;
        souk.as_user(&fred).run(SETTINGS, json!({ "input": { "commissionBasisPoints": 1000 } })).await;
        make::tax_rate(souk, "NP", 1300).await;
        let tea = crate::checkout::shop(souk, 1130, 5).await;
        assert_eq!(sold(souk, tea, "a").await, (1000, 100, 0));
        let line = order_line::Entity::find().one(souk.app.db.read()).await.expect("a query").expect("a line");
        assert_eq!(line.tax_total, Minor(130));
        souk.work().await;
    });
}
