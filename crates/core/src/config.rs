//! The configuration, validated at the start. Environment variables (`SOUK_...`) override `souk.toml`, which overrides the defaults.

mod database;
mod environment;
mod error;
mod key;
mod limits;
mod mail;
mod media;
mod network;
mod read;
mod signing;
mod social;
mod stripe;
mod values;

pub use database::SqliteSynchronous;
pub use environment::Environment;
pub use error::ConfigError;
pub use key::{KEYS, Key};
pub use limits::{Accounts, Limits};
pub use mail::Mail;
pub use media::{Media, S3};
pub use signing::Signing;
pub use social::{SocialWebhook, X};
pub use stripe::Stripe;
pub use values::{Source, Values};

use entity::money::CurrencyCode;
use read::Reader;
use secrecy::{ExposeSecret, SecretString};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

/// The validated configuration.
#[derive(Clone, Debug)]
pub struct Config {
    pub environment: Environment,
    pub listen: SocketAddr,
    /// Public base URL of Souk.
    pub public_url: Url,
    /// Base URL of the storefront. If `None`, links lead to the built-in pages at `public_url`.
    pub storefront_url: Option<Url>,
    /// Folder for the SQLite database, files, emails and the generated secret.
    pub data_dir: PathBuf,
    pub database_url: SecretString,
    /// Maximum number of database connections.
    pub database_pool: u32,
    pub sqlite_synchronous: SqliteSynchronous,
    pub signing: Signing,
    pub accounts: Accounts,
    pub currency: CurrencyCode,
    pub marketplace_name: String,
    pub media: Media,
    pub mail: Mail,
    /// The account on X, if configured.
    pub x: Option<X>,
    /// The webhook for new stores and products, if configured.
    pub social_webhook: Option<SocialWebhook>,
    /// Origins of browser apps that may call Souk; `*` for all.
    pub cors_origins: Vec<String>,
    /// Number of trusted reverse proxies.
    pub trusted_proxies: usize,
    /// Whether requests to URLs that users give may go to this machine.
    pub requests_to_loopback: bool,
    pub limits: Limits,
    /// Whether introspection queries are allowed.
    pub introspection: bool,
    /// Whether the `SANDBOX` payment provider is available.
    pub sandbox_payments: bool,
    /// The account at Stripe, if configured.
    pub stripe: Option<Stripe>,
    /// Time that stock is reserved while a payment is pending.
    pub stock_hold: Duration,
    /// Lifetime of a store invitation.
    pub invitation: Duration,
    /// Log filter in the syntax of `tracing_subscriber::EnvFilter`.
    pub log: String,
    pub log_json: bool,
}

impl Config {
    /// Validates the values. In development, a missing secret is generated and stored in the data folder.
    ///
    /// # Errors
    ///
    /// All problems together. In this case nothing was written.
    pub fn from_values(values: &Values) -> Result<Self, ConfigError> {
        let reader = Reader::new(values);
        let config = Self::read(&reader);
        reader.finish()?;
        let Some(mut config) = config else { return Err(ConfigError("SOUK_PUBLIC_URL must be set.".into())) };
        if config.signing.secret.expose_secret().is_empty() {
            config.signing.secret = signing::generated_secret(&config.data_dir)?;
        }
        Ok(config)
    }

    /// Returns `None` if a value without a fallback is invalid. All keys are read first, so that every problem is reported.
    fn read(reader: &Reader<'_>) -> Option<Self> {
        let environment =
            reader.one_of("SOUK_ENV", [("development", Environment::Development), ("production", Environment::Production)]);
        let data_dir = PathBuf::from(reader.text("SOUK_DATA_DIR"));
        let listen = network::listen(reader);
        let public_url = network::public_url(reader, environment, listen);
        let storefront_url = reader.url("SOUK_STOREFRONT_URL");
        let currency = currency(reader);
        Some(Self {
            environment,
            listen,
            database_url: database::url(reader, &data_dir),
            database_pool: reader.number("SOUK_DATABASE_POOL", 1, 500),
            sqlite_synchronous: database::synchronous(reader),
            signing: signing::signing(reader, environment),
            accounts: limits::accounts(reader),
            marketplace_name: reader.text("SOUK_MARKETPLACE_NAME").to_owned(),
            media: media::media(reader, &data_dir),
            mail: mail::mail(reader, environment),
            x: social::x(reader),
            social_webhook: social::webhook(reader),
            cors_origins: network::cors_origins(reader),
            trusted_proxies: reader.number("SOUK_TRUSTED_PROXIES", 0, 10),
            requests_to_loopback: network::requests_to_loopback(reader, environment),
            limits: limits::limits(reader),
            introspection: reader.boolean("SOUK_INTROSPECTION"),
            sandbox_payments: match reader.optional("SOUK_SANDBOX_PAYMENTS") {
                Some(_) => reader.boolean("SOUK_SANDBOX_PAYMENTS"),
                None => environment == Environment::Development,
            },
            stripe: stripe::stripe(reader),
            invitation: reader.seconds("SOUK_INVITATION_SECONDS", 3_600, 2_592_000),
            stock_hold: reader.seconds("SOUK_STOCK_HOLD_SECONDS", 60, 604_800),
            log: reader.text("SOUK_LOG").to_owned(),
            log_json: reader.one_of("SOUK_LOG_FORMAT", [("text", false), ("json", true)]),
            data_dir,
            public_url: public_url?,
            storefront_url,
            currency: currency?,
        })
    }
}

fn currency(reader: &Reader<'_>) -> Option<CurrencyCode> {
    let value = reader.text("SOUK_CURRENCY");
    let currency = value.parse().ok();
    if currency.is_none() {
        reader.problem(format!("SOUK_CURRENCY must be an ISO 4217 code such as USD; got {value:?}."));
    }
    currency
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn check(pairs: &[(&str, &str)]) -> Result<Config, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let mut variables: Vec<_> = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        if !pairs.iter().any(|(name, _)| *name == "SOUK_DATA_DIR") {
            variables.push(("SOUK_DATA_DIR".into(), folder.path().display().to_string()));
        }
        Values::load(Path::new("/nonexistent/souk.toml"), variables)
            .and_then(|values| Config::from_values(&values))
            .map_err(|error| error.0)
    }

    #[test]
    fn nothing_set_is_a_development_marketplace() {
        let config = check(&[]).expect("defaults are good");
        assert_eq!(config.environment, Environment::Development);
        assert!(config.database_url.expose_secret().starts_with("sqlite://"));
        assert!(config.signing.secret.expose_secret().len() >= 32);
        assert!(config.sandbox_payments);
        assert_eq!(config.sqlite_synchronous, SqliteSynchronous::Full);
    }

    #[test]
    fn a_wrong_value_is_one_sentence_that_names_its_key() {
        for (name, value) in [
            ("SOUK_LISTEN", "here"),
            ("SOUK_DATABASE_URL", "oracle://x"),
            ("SOUK_CURRENCY", "XYZW"),
            ("SOUK_MEDIA", "ftp://x"),
            ("SOUK_SECRET", "short"),
            ("SOUK_DATABASE_POOL", "0"),
            ("SOUK_SQLITE_SYNCHRONOUS", "off"),
            ("SOUK_SMTP_URL", "http://x"),
            ("SOUK_PUBLIC_URL", "example.com"),
            ("SOUK_ENV", "prod"),
            ("SOUK_X_CONSUMER_KEY", "alone"),
            ("SOUK_STRIPE_SECRET_KEY", "sk_test_alone"),
            ("SOUK_STRIPE_WEBHOOK_SECRET", "whsec_alone"),
            ("SOUK_STRIPE_CAPTURE", "later"),
            ("SOUK_STRIPE_API_BASE", "http://stripe.example.com"),
            ("SOUK_CORS_ORIGINS", "https://shop.example.com/path"),
            ("SOUK_TYPO", "x"),
        ] {
            let error = check(&[(name, value)]).expect_err(name);
            assert!(error.contains(name), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn everything_that_production_lacks_and_everything_that_is_wrong_is_told_at_once() {
        let production = ("SOUK_ENV", "production");
        let named = |error: String| -> Vec<String> {
            error.lines().map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect()
        };
        let error = check(&[production]).expect_err("nothing is set");
        assert_eq!(named(error), ["SOUK_PUBLIC_URL", "SOUK_SECRET", "SOUK_SMTP_URL"]);
        let error = check(&[production, ("SOUK_MEDIA", "s3://b"), ("SOUK_CURRENCY", "gold"), ("SOUK_SOCKETS", "0")]);
        let expected = [
            "SOUK_PUBLIC_URL",
            "SOUK_CURRENCY",
            "SOUK_SECRET",
            "SOUK_S3_ACCESS_KEY_ID",
            "SOUK_S3_SECRET_ACCESS_KEY",
            "SOUK_SMTP_URL",
            "SOUK_SOCKETS",
        ];
        assert_eq!(named(error.expect_err("much is wrong")), expected);
    }

    #[test]
    fn an_unknown_key_is_told_with_the_one_that_was_probably_meant() {
        let error = check(&[("SOUK_LISTN", "x"), ("SOUK_DATABSE_URL", "x"), ("SOUK_ENTIRELY_ELSE", "x")]).expect_err("typos");
        assert!(error.contains("SOUK_LISTN is not a configuration key; did you mean SOUK_LISTEN?"), "{error}");
        assert!(error.contains("SOUK_DATABSE_URL is not a configuration key; did you mean SOUK_DATABASE_URL?"), "{error}");
        assert!(error.contains("SOUK_ENTIRELY_ELSE is not a configuration key; `souk config` lists all keys."), "{error}");
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("souk.toml");
        std::fs::write(&file, "listen = \":80\"\nmarketplace_nam = \"x\"\ncors_origin = \"*\"\n").expect("a file");
        let Err(error) = Values::load(&file, []) else { panic!("typos") };
        assert!(error.0.contains("did you mean marketplace_name?") && error.0.contains("did you mean cors_origins?"), "{error}");
        std::fs::write(&file, "listen = \":80\"\ncurrency = \n").expect("a file");
        let Err(error) = Values::load(&file, []) else { panic!("not TOML") };
        assert!(error.0.contains("line 2") && !error.0.contains('\n'), "{error}");
    }

    #[test]
    fn variables_that_kubernetes_gives_for_a_service_named_souk_are_no_keys() {
        let given = ["SOUK_SERVICE_HOST", "SOUK_SERVICE_PORT_HTTP", "SOUK_PORT", "SOUK_PORT_8080_TCP_ADDR"];
        check(&given.map(|name| (name, "tcp://10.0.0.1:8080"))).expect("none of them is a key");
    }

    #[test]
    fn mariadb_is_another_name_of_mysql() {
        let config = check(&[("SOUK_DATABASE_URL", "mariadb://root@127.0.0.1/souk")]).expect("a good address");
        assert_eq!(config.database_url.expose_secret(), "mysql://root@127.0.0.1/souk");
    }

    #[test]
    fn secrets_are_not_printed() {
        let config = check(&[("SOUK_SECRET", "0123456789abcdef0123456789abcdef-secret")]).expect("a good secret");
        assert!(!format!("{config:?}").contains("0123456789abcdef"));
    }
}
