//! Query plans of PostgreSQL for lists of many products.

use crate::app::each_of;
use crate::make;
use entity::id::StoreId;
use entity::money::Minor;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use souk_core::app::App;
use souk_domain::page::{self, PageRequest};
use souk_domain::product::{Criteria, ProductSort, select};
use souk_domain::variant::OptionFilter;

/// 10,000 products in 100 stores and 20 categories; every twentieth is featured, every other is called tea.
async fn fill(app: &App, stores: &[StoreId], categories: &[entity::id::CategoryId]) {
    let list = |ids: Vec<uuid::Uuid>| ids.iter().map(|id| format!("'{id}'::uuid")).collect::<Vec<_>>().join(",");
    let stores = list(stores.iter().map(|id| id.0).collect());
    let categories = list(categories.iter().map(|id| id.0).collect());
    let currency = app.config.currency;
    let db = app.db.raw();
    for sql in [
        format!(
            "INSERT INTO products SELECT gen_random_uuid(), (ARRAY[{stores}])[1 + n % 100], (ARRAY[{categories}])[1 + n % 20], \
             'Product ' || n, 'product-' || n, '', repeat('A long description. ', 30), '[]', '[]', \
             CASE WHEN n % 10 = 0 THEN 'DRAFT' ELSE 'ACTIVE' END, CASE WHEN n % 7 = 0 THEN 'DIGITAL' ELSE 'PHYSICAL' END, \
             n % 10 <> 0, n % 20 = 1, NULL, NULL, '{currency}', (n * 7919) % 100000, (n * 7919) % 100000 + 500, n % 3 <> 0, \
             0, 0, (n * 31) % 500, 0, 0, 0, 0, 0, (n * 17) % 1000, now(), 1, now() - n * interval '1 minute', now(), n % 20 = 3, NULL, NULL \
             FROM generate_series(1, 10000) AS n"
        ),
        "INSERT INTO product_tags SELECT 'tag', id FROM products WHERE min_price % 2 = 0 UNION ALL SELECT 't' || substr(slug, 9), id \
         FROM products"
            .to_owned(),
        "INSERT INTO product_variants SELECT gen_random_uuid(), id, store_id, 'Default', slug, '[]', min_price, NULL, 10, NULL, 0, NULL, \
         NULL, true, 0, 1, now(), now() FROM products"
            .to_owned(),
        "INSERT INTO variant_options SELECT id, 'size', CASE WHEN price % 2 = 0 THEN 'm' ELSE 's' || sku END, product_id \
         FROM product_variants UNION ALL SELECT id, 'colour', 'red', product_id FROM product_variants"
            .to_owned(),
        "UPDATE products SET view_count = (min_price * 13) % 5000, bestseller = min_price % 50 = 1, new_arrival = min_price % 40 = 1"
            .to_owned(),
        "ANALYZE product_tags".to_owned(),
        "ANALYZE product_variants".to_owned(),
        "ANALYZE variant_options".to_owned(),
        "ANALYZE products".to_owned(),
    ] {
        db.execute_unprepared(&sql).await.expect("it is filled");
    }
}

async fn plan(app: &App, criteria: &Criteria, sort: ProductSort, page: &PageRequest) -> String {
    let statement = page::statement(DbBackend::Postgres, select(criteria), &sort.keyset(), page);
    let values = statement.values.unwrap_or_else(|| sea_orm::Values(Vec::new()));
    let explain = Statement::from_sql_and_values(DbBackend::Postgres, format!("EXPLAIN {}", statement.sql), values);
    let rows = app.db.read().query_all_raw(explain).await.expect("a plan");
    rows.iter().map(|row| row.try_get_by_index::<String>(0).expect("a line")).collect::<Vec<_>>().join("\n")
}

#[test]
fn no_listing_scans_a_table() {
    each_of(&["postgres"], async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        let (mut stores, mut categories) = (Vec::new(), Vec::new());
        for number in 0..100 {
            stores.push(make::store(souk, &vendor, &format!("Store {number}")).await);
        }
        for number in 0..20 {
            categories.push(make::category(souk, &format!("Category {number}"), None).await);
        }
        fill(&souk.app, &stores, &categories).await;
        let option = |name: &str, values: &[&str]| OptionFilter {
            name: name.into(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        };
        let filters = [
            ("everything", Criteria::default()),
            ("a store", Criteria { store: Some(stores[3]), ..Criteria::default() }),
            ("a category", Criteria { categories: Some(vec![categories[2]]), ..Criteria::default() }),
            ("a subtree", Criteria { categories: Some(categories[..6].to_vec()), ..Criteria::default() }),
            ("featured", Criteria { featured: Some(true), ..Criteria::default() }),
            ("bestsellers", Criteria { bestseller: Some(true), ..Criteria::default() }),
            ("new arrivals", Criteria { new_arrival: Some(true), ..Criteria::default() }),
            ("on sale", Criteria { on_sale: Some(true), ..Criteria::default() }),
            ("well rated", Criteria { min_rating: Some(450), ..Criteria::default() }),
            ("a rare tag", Criteria { any_tag: Some(vec!["t77".into(), "t78".into()]), ..Criteria::default() }),
            ("a common tag", Criteria { all_tags: vec!["tag".into()], ..Criteria::default() }),
            ("two tags", Criteria { all_tags: vec!["tag".into(), "t78".into()], ..Criteria::default() }),
            ("a rare option", Criteria { options: vec![option("size", &["sproduct-77"])], ..Criteria::default() }),
            ("a common option", Criteria { options: vec![option("colour", &["red"])], ..Criteria::default() }),
            (
                "two options",
                Criteria {
                    options: vec![option("colour", &["red"]), option("size", &["sproduct-77", "m"])],
                    ..Criteria::default()
                },
            ),
            ("in stock", Criteria { in_stock: Some(true), ..Criteria::default() }),
            ("digital", Criteria { kind: Some(entity::value::ProductKind::Digital), ..Criteria::default() }),
            ("a price range", Criteria { min_price: Some(Minor(5000)), max_price: Some(Minor(9000)), ..Criteria::default() }),
            (
                "a narrow price range",
                Criteria { min_price: Some(Minor(5000)), max_price: Some(Minor(5010)), ..Criteria::default() },
            ),
        ];
        use ProductSort::{BestSelling, MostViewed, Newest, PriceHighToLow, PriceLowToHigh, Rating};
        let mut scans = Vec::new();
        for (name, criteria) in &filters {
            for sort in [Newest, PriceLowToHigh, PriceHighToLow, Rating, BestSelling, MostViewed] {
                let plan = plan(&souk.app, criteria, sort, &PageRequest::first(20)).await;
                if plan.contains("Seq Scan on product") || plan.contains("Seq Scan on variant") {
                    scans.push(format!("{name}, {sort:?}:\n{plan}"));
                }
            }
        }
        assert!(scans.is_empty(), "{}", scans.join("\n\n"));
        // And a scan would have been seen.
        souk.app.db.raw().execute_unprepared("DROP INDEX products_price").await.expect("it is dropped");
        let blind = plan(&souk.app, &Criteria::default(), PriceLowToHigh, &PageRequest::first(20)).await;
        assert!(blind.contains("Seq Scan on product"), "without its index:\n{blind}");
        souk.work().await;
    });
}
