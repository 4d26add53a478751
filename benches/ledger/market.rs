//! A database with stores, and the application on it.

use entity::id::{StoreId, UserId};
use entity::value::{Role, SessionTransport};
use entity::{session, store};
use migration::{Migrator, MigratorTrait};
use sea_orm::{ActiveModelTrait, ConnectionTrait, Database, EntityTrait, IntoActiveModel};
use souk::fixture;
use souk_core::app::App;
use souk_core::auth::{Client, Viewer, resolve};
use souk_core::clock::Clock;
use souk_core::config::{Config, Values};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Stores to which sales are posted.
const STORES: u32 = 16;

/// An application whose database has stores and is dropped afterwards.
pub struct Market {
    pub app: Arc<App>,
    pub stores: Vec<StoreId>,
    pub url: String,
    owner: UserId,
    server: String,
    name: String,
    _folder: tempfile::TempDir,
}

impl Market {
    /// Creates a database on the PostgreSQL server.
    pub async fn create(server: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().expect("a folder");
        let name = format!("souk_ledger_{}", std::process::id());
        let admin = Database::connect(server).await.expect("PostgreSQL can be reached");
        admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.expect("a database can be made");
        let mut url = url::Url::parse(server).expect("a URL");
        url.set_path(&name);
        let url = url.to_string();
        let variables = [
            ("SOUK_DATABASE_URL", url.clone()),
            ("SOUK_DATA_DIR", folder.path().display().to_string()),
            ("SOUK_SECRET", "a secret of the bench alone, of enough characters".to_owned()),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value));
        let values = Values::load(Path::new("/nonexistent/souk.toml"), variables).expect("known keys");
        let config = Config::from_values(&values).expect("a valid configuration");
        let app = App::start(config, Clock::system()).await.expect("the application starts");
        Migrator::up(app.db.migrating(), None).await.expect("the migrations run");
        let (owner, now) = (app.clock.new_id(), app.clock.now());
        insert(&app, vec![fixture::user(owner, "vera@example.com", Role::Vendor, now)]).await;
        let rows: Vec<store::Model> =
            (0..STORES).map(|n| fixture::store(app.clock.new_id(), owner, &format!("Store {n}"), now)).collect();
        let stores = rows.iter().map(|row| row.id).collect();
        insert(&app, rows).await;
        Self { app, stores, url, owner, server: server.to_owned(), name, _folder: folder }
    }

    /// The owner of the stores, as of a request.
    pub async fn owner(&self) -> Viewer {
        let (app, now) = (&self.app, self.app.clock.now());
        let session = session::Model {
            id: app.clock.new_id(),
            user_id: self.owner,
            user_agent: None,
            ip: None,
            transport: SessionTransport::Token,
            created_at: now,
            last_used_at: now,
            expires_at: now + Duration::from_secs(86_400),
            revoked_at: None,
        };
        let (token, _) = app.access_tokens.issue(self.owner, Role::Vendor, session.id, now).expect("a token");
        insert(app, vec![session]).await;
        resolve::viewer(app, &token, Client::default()).await.expect("a viewer").viewer
    }

    /// Drops the database.
    pub async fn remove(self) {
        let admin = Database::connect(&self.server).await.expect("PostgreSQL can be reached");
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        admin.execute_unprepared(&drop).await.expect("dropping");
    }
}

async fn insert<R, A>(app: &App, rows: Vec<R>)
where
    R: IntoActiveModel<A>,
    A: ActiveModelTrait + Send,
{
    let rows = rows.into_iter().map(|row| row.into_active_model().reset_all());
    A::Entity::insert_many(rows).exec_without_returning(app.db.raw()).await.expect("inserting");
}
