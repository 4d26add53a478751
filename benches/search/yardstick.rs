//! The same products in a table with full-text search of the database: what a shop has without an index of its own.
//!
//! SQLite FTS5 (<https://sqlite.org/fts5.html>), and PostgreSQL `tsvector` with GIN and `pg_trgm`
//! (<https://www.postgresql.org/docs/current/textsearch-indexes.html>, <https://www.postgresql.org/docs/current/pgtrgm.html>).

use crate::measure::Table;
use crate::world::{FlatProduct, World};
use sea_orm::{ConnectionTrait, Database, DatabaseBackend, DatabaseConnection, Statement, Value};
use std::time::{Duration, Instant};

/// Rows per statement.
const ROWS: usize = 500;

/// Measures both databases with the same products.
pub async fn measure(postgres: &str, products: usize, time: Duration) {
    let folder = tempfile::tempdir().expect("a folder");
    let sqlite = format!("sqlite://{}?mode=rwc", folder.path().join("products.db").display());
    let db = Database::connect(sqlite).await.expect("SQLite opens");
    on(&db, products, time).await;
    db.close().await.expect("closing");

    let name = format!("bench_search_{}", std::process::id());
    let admin = Database::connect(postgres).await.expect("PostgreSQL can be reached");
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.expect("a database can be made");
    let mut url = url::Url::parse(postgres).expect("a URL");
    url.set_path(&name);
    let db = Database::connect(url.as_str()).await.expect("PostgreSQL can be reached");
    on(&db, products, time).await;
    db.close().await.expect("closing");
    admin.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.expect("dropping");
}

async fn on(db: &DatabaseConnection, products: usize, time: Duration) {
    let is_sqlite = db.get_database_backend() == DatabaseBackend::Sqlite;
    let begin = Instant::now();
    let mut world = World::new();
    execute(db, if is_sqlite { SQLITE_TABLES } else { POSTGRES_TABLES }).await;
    let mut done = 0;
    while done < products {
        let some: Vec<_> = (done..products.min(done + ROWS)).map(|id| world.flat(id)).collect();
        done += some.len();
        insert(db, &some, is_sqlite).await;
    }
    execute(db, if is_sqlite { SQLITE_INDEXES } else { POSTGRES_INDEXES }).await;
    let name = if is_sqlite { "SQLite FTS5" } else { "PostgreSQL tsvector, pg_trgm" };
    println!("\n{name}, {products} products: filled in {:.1} s\n", begin.elapsed().as_secs_f64());
    let words = world.words_asked();
    let categories = world.categories_asked();
    let mut table = Table::default();
    let (matching, facets) = if is_sqlite { (SQLITE_WORD, SQLITE_FACETS) } else { (POSTGRES_WORD, POSTGRES_FACETS) };
    table
        .measure_async("one word, 20 products by rank", time, async |at| one(db, matching, words[at % words.len()].clone()).await)
        .await;
    for (name, facet) in [("category, facet of colors", "color"), ("category, facet of materials", "material")] {
        let sql = facets.replace("FACET", facet);
        table.measure_async(name, time, async |at| one(db, &sql, categories[at % categories.len()] as i64).await).await;
    }
    if !is_sqlite {
        let typos: Vec<_> = words.iter().map(|word| world.misspelled(word)).collect();
        table
            .measure_async("one misspelled word (pg_trgm)", time, async |at| {
                one(db, POSTGRES_TYPO, typos[at % typos.len()].clone()).await
            })
            .await;
    }
    table.print();
}

const SQLITE_TABLES: &str =
    "CREATE TABLE products (id INTEGER PRIMARY KEY, category INTEGER NOT NULL, material INTEGER NOT NULL);
    CREATE TABLE variants (product INTEGER NOT NULL, color INTEGER NOT NULL);
    CREATE VIRTUAL TABLE words USING fts5(name, tags, description, content='', tokenize='unicode61')";
const SQLITE_INDEXES: &str = "CREATE INDEX products_category ON products (category, material);
    CREATE INDEX variants_product ON variants (product, color); ANALYZE";
const SQLITE_WORD: &str = "SELECT rowid FROM words WHERE words MATCH $1 ORDER BY rank LIMIT 20";
const SQLITE_FACETS: &str =
    "SELECT FACET, COUNT(DISTINCT p.id) FROM products p JOIN variants v ON v.product = p.id WHERE p.category = $1 GROUP BY FACET";
const POSTGRES_TABLES: &str = "CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE TABLE products (id int PRIMARY KEY, category int NOT NULL, material int NOT NULL, name text NOT NULL, words tsvector NOT NULL);
    CREATE TABLE variants (product int NOT NULL, color int NOT NULL)";
const POSTGRES_INDEXES: &str =
    "CREATE INDEX ON products USING gin (words); CREATE INDEX ON products USING gin (name gin_trgm_ops);
    CREATE INDEX ON products (category, material); CREATE INDEX ON variants (product, color); ANALYZE";
const POSTGRES_WORD: &str = "SELECT id FROM products, plainto_tsquery('simple', $1) query WHERE words @@ query ORDER BY ts_rank(words, query) DESC LIMIT 20";
const POSTGRES_FACETS: &str = SQLITE_FACETS;
const POSTGRES_TYPO: &str = "SELECT id FROM products WHERE $1 <% name ORDER BY $1 <<-> name LIMIT 20";

async fn execute(db: &DatabaseConnection, statements: &str) {
    for statement in statements.split(';') {
        db.execute_unprepared(statement).await.expect("a statement");
    }
}

/// Reads all rows of a query with one parameter, and returns their number.
async fn one(db: &DatabaseConnection, sql: &str, parameter: impl Into<Value>) -> u64 {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [parameter.into()]);
    db.query_all_raw(statement).await.expect("a query").len() as u64
}

async fn insert(db: &DatabaseConnection, products: &[FlatProduct], is_sqlite: bool) {
    // All texts are made of the letters a to z and spaces.
    let list = |row: &dyn Fn(&FlatProduct) -> String| products.iter().map(row).collect::<Vec<_>>().join(", ");
    let mut statements = Vec::new();
    if is_sqlite {
        statements.push("BEGIN".to_owned());
        let rows = list(&|row| format!("({}, {}, {})", row.id, row.category, row.material));
        statements.push(format!("INSERT INTO products VALUES {rows}"));
        let rows = list(&|row| format!("({}, '{}', '{}', '{}')", row.id, row.name, row.tags, row.description));
        statements.push(format!("INSERT INTO words (rowid, name, tags, description) VALUES {rows}"));
    } else {
        statements.push("BEGIN".to_owned());
        let words = |row: &FlatProduct| {
            let part = |text: &str, weight| format!("setweight(to_tsvector('simple', '{text}'), '{weight}')");
            format!("{} || {} || {}", part(&row.name, 'A'), part(&row.tags, 'B'), part(&row.description, 'D'))
        };
        let rows = list(&|row| format!("({}, {}, {}, '{}', {})", row.id, row.category, row.material, row.name, words(row)));
        statements.push(format!("INSERT INTO products VALUES {rows}"));
    }
    let variants = list(&|row| row.colors.iter().map(|color| format!("({}, {color})", row.id)).collect::<Vec<_>>().join(", "));
    statements.push(format!("INSERT INTO variants VALUES {variants}"));
    statements.push("COMMIT".to_owned());
    db.execute_unprepared(&statements.join(";")).await.expect("rows");
}
