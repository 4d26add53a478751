//! The state that all parts of the application share, built once at the start.

use crate::clock::Clock;
use crate::config::{Config, ConfigError};
use crate::crypto::keys::Keys;
use crate::crypto::password::Passwords;
use crate::crypto::token::AccessTokens;
use crate::db::Db;
use crate::limit::RateLimits;
use crate::provider::guarded::GuardedClient;
use crate::provider::mail::Mailer;
use crate::provider::payment::Payments;
use crate::provider::search::{Language, MemoryIndex, Search};
use crate::provider::social::Networks;
use crate::provider::storage::Storage;
use crate::queue::Queues;
use crate::random::Random;
use crate::view::Views;
use secrecy::ExposeSecret;
use std::sync::Arc;

/// The running application.
pub struct App {
    pub config: Config,
    pub db: Db,
    pub clock: Clock,
    pub random: Random,
    /// Signs and verifies capability tokens.
    pub keys: Keys,
    pub access_tokens: AccessTokens,
    /// Hashes and verifies passwords.
    pub passwords: Passwords,
    pub limits: RateLimits,
    /// Limits how much expensive work runs at the same time.
    pub queues: Queues,
    /// Stores images and other files.
    pub storage: Storage,
    pub mailer: Mailer,
    /// Requests URLs that users give.
    pub guarded: GuardedClient,
    pub networks: Networks,
    pub payments: Payments,
    /// Finds products, from an index of this process.
    pub search: Search,
    /// Views of products that are not written yet.
    pub views: Views,
}

impl App {
    /// Connects to the database and creates the providers.
    ///
    /// # Errors
    ///
    /// If the database cannot be reached, or a provider's configuration is invalid.
    pub async fn start(config: Config, clock: Clock) -> Result<Arc<Self>, StartError> {
        let unreachable = |reason: String| StartError(format!("SOUK_DATABASE_URL: cannot connect to the database: {reason}."));
        crate::db::reach(config.database_url.expose_secret()).await.map_err(unreachable)?;
        let db = Db::connect(config.database_url.expose_secret(), config.database_pool, config.sqlite_synchronous)
            .await
            .map_err(StartError::database)?
            .with_clock(clock.clone());
        let random = Random::system();
        let keys = Keys::new(&config.signing);
        let http = crate::provider::http_client().map_err(|error| StartError(error.to_string()))?;
        let guarded = GuardedClient::new(config.requests_to_loopback).map_err(|error| StartError(error.to_string()))?;
        Ok(Arc::new(Self {
            access_tokens: AccessTokens::new(&config.signing, &keys)?,
            passwords: Passwords::new(config.accounts.password_queue),
            limits: RateLimits::new(&clock, &config.accounts),
            queues: Queues::new(),
            storage: Storage::new(&config.media, &config.public_url, keys.clone())?,
            guarded,
            mailer: Mailer::new(&config.mail, &config.data_dir)?,
            networks: Networks::new(config.x.as_ref(), config.social_webhook.as_ref(), &http, &clock, &random),
            payments: Payments::new(&config, &db)?,
            search: Search::new(MemoryIndex::new(&[Language::En])),
            views: Views::new(&clock),
            keys,
            db,
            clock,
            random,
            config,
        }))
    }
}

/// The reason why Souk did not start, as one sentence for the operator.
#[derive(Clone, Debug)]
pub struct StartError(pub String);

impl StartError {
    fn database(error: sea_orm::DbErr) -> Self {
        // The driver's message does not contain the URL, which can contain a password.
        Self(format!("SOUK_DATABASE_URL: cannot connect to the database: {error}."))
    }
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StartError {}

impl From<ConfigError> for StartError {
    fn from(error: ConfigError) -> Self {
        Self(error.0)
    }
}
