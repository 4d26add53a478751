//! One database per test: migrated once per process, then copied.

use migration::MigratorTrait;
use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};
use souk_core::config::SqliteSynchronous;
use souk_core::db::Db;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

/// The servers to test on, as given.
pub fn servers() -> Vec<String> {
    let given = std::env::var("SOUK_TEST_DATABASES").unwrap_or_default();
    let urls: Vec<_> = given.split([',', ' ']).map(str::trim).filter(|url| !url.is_empty()).map(str::to_owned).collect();
    if urls.is_empty() { vec!["sqlite://".into()] } else { urls }
}

/// A database of a test's own; dropped by [`TestDatabase::remove`].
pub struct TestDatabase {
    pub url: String,
    server: String,
    name: String,
}

static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);

fn new_name() -> String {
    let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    format!("souk_test_{}_{number}", std::process::id())
}

/// The server's URL with another database.
fn with_database(server: &str, name: &str) -> String {
    let mut url = url::Url::parse(server).expect("SOUK_TEST_DATABASES holds URLs");
    url.set_path(name);
    url.to_string()
}

impl TestDatabase {
    pub async fn create(server: &str, folder: &Path) -> Self {
        let name = new_name();
        let url = if server.starts_with("sqlite") {
            let file = folder.join("souk.db");
            std::fs::copy(sqlite_template(), &file).expect("the template can be copied");
            format!("sqlite://{}", file.display())
        } else if server.starts_with("postgres") {
            let template = template_name(server);
            // Copying a template allows nobody else on it: one at a time.
            static ONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
            let _guard = ONE.lock().await;
            let admin = Database::connect(server).await.expect("PostgreSQL can be reached");
            admin
                .execute_unprepared(&format!("CREATE DATABASE {name} TEMPLATE {template}"))
                .await
                .expect("a database can be made");
            admin.close().await.expect("closing");
            with_database(server, &name)
        } else {
            let copy = mariadb_copy(server).replace(NAME, &name);
            let admin = Database::connect(server).await.expect("MariaDB can be reached");
            admin.execute_unprepared(&copy).await.expect("a database can be made");
            admin.close().await.expect("closing");
            with_database(server, &name)
        };
        Self { url, server: server.to_owned(), name }
    }

    pub async fn remove(self) {
        if self.server.starts_with("sqlite") {
            return;
        }
        let force = if self.server.starts_with("postgres") { " WITH (FORCE)" } else { "" };
        let admin = Database::connect(&self.server).await.expect("the server can be reached");
        admin
            .execute_unprepared(&format!("DROP DATABASE IF EXISTS {}{force}", self.name))
            .await
            .expect("a database can be dropped");
        admin.close().await.expect("closing");
    }
}

pub async fn migrate(url: &str) {
    let db = Db::connect(url, 1, SqliteSynchronous::Normal).await.expect("the database can be reached");
    migration::Migrator::up(db.migrating(), None).await.expect("the steps run");
    db.raw().close().await.expect("closing");
}

fn blocking(work: impl Future<Output = ()> + Send + 'static) {
    std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work);
    })
    .join()
    .expect("the template is made");
}

fn sqlite_template() -> PathBuf {
    static FILE: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    FILE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("template.db");
        let url = format!("sqlite://{}", file.display());
        blocking(async move {
            let db = Db::connect(&url, 1, SqliteSynchronous::Normal).await.expect("SQLite");
            migration::Migrator::up(db.migrating(), None).await.expect("the steps run");
            db.raw().execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await.expect("a checkpoint");
            db.read().close().await.expect("closing");
            db.raw().close().await.expect("closing");
        });
        (folder, file)
    })
    .1
    .clone()
}

/// Stands for the name of the new database in the statements of [`mariadb_copy`].
const NAME: &str = "{name}";

/// The statements that copy a migrated database: MariaDB has no templates. They are read once, from a database that was migrated.
fn mariadb_copy(server: &str) -> String {
    static MADE: Mutex<Option<HashMap<String, String>>> = Mutex::new(None);
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let made = made.get_or_insert_default();
    if let Some(copy) = made.get(server) {
        return copy.clone();
    }
    let (owned_server, (send, receive)) = (server.to_owned(), std::sync::mpsc::channel());
    blocking(async move {
        let template = format!("souk_template_{}", std::process::id());
        let admin = Database::connect(&owned_server).await.expect("MariaDB can be reached");
        let statement = format!("DROP DATABASE IF EXISTS {template}; CREATE DATABASE {template}");
        admin.execute_unprepared(&statement).await.expect("a database can be made");
        admin.close().await.expect("closing");
        let url = with_database(&owned_server, &template);
        migrate(&url).await;
        let db = Database::connect(&url).await.expect("the template can be reached");
        let rows = async |statement: &str| {
            db.query_all_raw(Statement::from_string(DbBackend::MySql, statement)).await.expect("the template can be read")
        };
        let mut copy = format!("CREATE DATABASE {NAME}; USE {NAME}; SET foreign_key_checks = 0;\n");
        for table in rows("SHOW TABLES").await {
            let table: String = table.try_get_by_index(0).expect("a name");
            let created = rows(&format!("SHOW CREATE TABLE `{table}`")).await;
            copy += &created[0].try_get_by_index::<String>(1).expect("a statement");
            copy += ";\n";
            if !rows(&format!("SELECT 1 FROM `{table}` LIMIT 1")).await.is_empty() {
                copy += &format!("INSERT INTO `{table}` SELECT * FROM {template}.`{table}`;\n");
            }
        }
        for trigger in rows("SHOW TRIGGERS").await {
            let trigger: String = trigger.try_get_by_index(0).expect("a name");
            let created = rows(&format!("SHOW CREATE TRIGGER `{trigger}`")).await;
            copy += &created[0].try_get_by_index::<String>(2).expect("a statement");
            copy += ";\n";
        }
        db.close().await.expect("closing");
        send.send(copy).expect("it is waited for");
    });
    let copy = receive.recv().expect("the statements");
    made.insert(server.to_owned(), copy.clone());
    copy
}

fn template_name(server: &str) -> String {
    static MADE: Mutex<Option<HashMap<String, String>>> = Mutex::new(None);
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let made = made.get_or_insert_default();
    if let Some(name) = made.get(server) {
        return name.clone();
    }
    let name = format!("souk_template_{}", std::process::id());
    let (owned_server, owned_name) = (server.to_owned(), name.clone());
    blocking(async move {
        let admin = Database::connect(&owned_server).await.expect("PostgreSQL can be reached");
        admin
            .execute_unprepared(&format!("DROP DATABASE IF EXISTS {owned_name} WITH (FORCE)"))
            .await
            .expect("an old one is dropped");
        admin.execute_unprepared(&format!("CREATE DATABASE {owned_name}")).await.expect("a database can be made");
        admin.close().await.expect("closing");
        migrate(&with_database(&owned_server, &owned_name)).await;
    });
    made.insert(server.to_owned(), name.clone());
    name
}
