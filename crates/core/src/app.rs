//! What every part of Souk is given: built once, shared by all.

use crate::clock::Clock;
use crate::config::{Config, ConfigError};
use crate::crypto::keys::Keys;
use crate::crypto::password::Passwords;
use crate::crypto::token::AccessTokens;
use crate::db::Db;
use crate::limit::RateLimits;
use crate::provider::mail::Mailer;
use crate::provider::payment::Payments;
use crate::provider::social::Networks;
use crate::provider::storage::Storage;
use crate::queue::Queues;
use std::sync::Arc;

/// The running marketplace.
pub struct App {
    /// What was set.
    pub config: Config,
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// Signs capabilities.
    pub keys: Keys,
    /// Signs access tokens.
    pub access_tokens: AccessTokens,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// How often things may be tried.
    pub limits: RateLimits,
    /// How much may be under way at once.
    pub queues: Queues,
    /// Pictures and files.
    pub storage: Storage,
    /// Mails.
    pub mailer: Mailer,
    /// Social networks.
    pub networks: Networks,
    /// Payment providers.
    pub payments: Payments,
}

impl App {
    /// Connects to the database and makes the providers ready.
    pub async fn start(config: Config, clock: Clock) -> Result<Arc<Self>, StartError> {
        let unreachable = |reason: String| StartError(format!("SOUK_DATABASE_URL: the database can't be reached: {reason}"));
        crate::db::reach(&config.database_url.0).await.map_err(unreachable)?;
        let db = Db::connect(&config.database_url.0, config.database_pool, config.sqlite_synchronous)
            .await
            .map_err(StartError::database)?
            .with_clock(clock.clone());
        let keys = Keys::new(&config.signing);
        let http = crate::provider::http_client().map_err(|error| StartError(error.to_string()))?;
        Ok(Arc::new(Self {
            access_tokens: AccessTokens::new(&config.signing, &keys)?,
            passwords: Passwords::new(config.accounts.password_queue),
            limits: RateLimits::new(&clock, &config.accounts),
            queues: Queues::new(),
            storage: Storage::new(&config.media, &config.public_url, keys.clone())?,
            mailer: Mailer::new(&config.mail, &config.data_dir)?,
            networks: Networks::new(config.x.as_ref(), config.social_webhook.as_ref(), &http, &clock),
            payments: Payments::new(config.sandbox_payments, db.clone()),
            keys,
            db,
            clock,
            config,
        }))
    }
}

/// Why Souk did not start: one sentence.
#[derive(Clone, Debug)]
pub struct StartError(pub String);

impl StartError {
    fn database(error: sea_orm::DbErr) -> Self {
        // The driver's sentence does not hold the address, which can have a password in it.
        Self(format!("SOUK_DATABASE_URL: the database can't be reached: {error}"))
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
