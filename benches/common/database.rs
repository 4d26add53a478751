//! A folder and a database of its own for a binary of Souk.

use sea_orm::{ConnectionTrait, Database as Connection};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The binary of this build.
pub const THIS_BINARY: &str = env!("CARGO_BIN_EXE_souk");

/// Numbers of rows to add.
pub struct Size {
    pub products: u32,
    pub stores: u32,
    pub reviews: u32,
}

/// A database with products, which a binary filled and can serve.
pub struct Database {
    binary: PathBuf,
    folder: tempfile::TempDir,
    url: String,
    /// The PostgreSQL server, and the database to drop afterwards.
    admin: Option<(String, String)>,
    environment: Vec<(&'static str, String)>,
}

impl Database {
    /// Creates a database on `sqlite` or `postgres`, and fills it by the binary.
    ///
    /// `name` distinguishes it from others on the server at `postgres`. The binary always runs with `environment`.
    pub async fn fill(
        kind: &str,
        postgres: &str,
        name: &str,
        binary: &Path,
        environment: Vec<(&'static str, String)>,
        size: &Size,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (url, admin) = match kind {
            "sqlite" => (format!("sqlite://{}", folder.path().join("souk.db").display()), None),
            "postgres" => {
                let name = format!("souk_{name}_{}", std::process::id());
                let admin = Connection::connect(postgres).await.expect("PostgreSQL can be reached");
                admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.expect("a database can be made");
                let mut url = url::Url::parse(postgres).expect("a URL");
                url.set_path(&name);
                (url.to_string(), Some((postgres.to_owned(), name)))
            }
            other => panic!("the databases are sqlite and postgres, not {other}"),
        };
        let database = Self { binary: binary.to_owned(), folder, url, admin, environment };
        database.run(&["migrate"], &[]);
        let counts = [size.products, size.stores, size.reviews].map(|count| count.to_string());
        database.run(&["demo", "--products", &counts[0], "--stores", &counts[1], "--reviews", &counts[2]], &[]);
        database
    }

    /// Executes statements, and computes the statistics of the database.
    pub async fn execute(&self, statements: &[&str]) {
        let db = Connection::connect(&self.url).await.expect("the database can be reached");
        for statement in statements.iter().chain(&["ANALYZE"]) {
            db.execute_unprepared(statement).await.expect("a statement");
        }
        db.close().await.expect("closing");
    }

    /// Runs a command of the binary and waits for its end.
    pub fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) {
        let mut command = Command::new(&self.binary);
        command.args(arguments).envs(environment.iter().copied());
        let status = self.configure(&mut command).status().expect("souk runs");
        assert!(status.success(), "souk {arguments:?} failed");
    }

    /// The binary, which a command may start in another way.
    pub fn binary(&self) -> &Path {
        &self.binary
    }

    /// Lets a command run with this database and nothing else of Souk's configuration.
    pub fn configure<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SOUK_")) {
            command.env_remove(name);
        }
        command
            .current_dir(self.folder.path())
            .env("SOUK_DATABASE_URL", &self.url)
            .env("SOUK_DATA_DIR", self.folder.path())
            .envs(self.environment.iter().map(|(name, value)| (*name, value)))
            .stdout(Stdio::null())
    }

    /// Drops the database.
    pub async fn remove(self) {
        if let Some((server, name)) = &self.admin {
            let admin = Connection::connect(server).await.expect("PostgreSQL can be reached");
            admin.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.expect("dropping");
        }
    }
}
