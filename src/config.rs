//! The configuration: environment variables (`SOUK_...`) over `souk.toml` over defaults, checked at the start.

use entity::money::CurrencyCode;
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;
use url::Url;

/// One key: its name in the environment (in `souk.toml` without `SOUK_` and in lower case), its default, and what it is for.
pub struct Key {
    /// Such as `SOUK_LISTEN`.
    pub name: &'static str,
    /// Taken where nothing is given; empty means "not set".
    pub default: &'static str,
    /// Whether `souk config` hides its value.
    pub secret: bool,
    /// One sentence.
    pub help: &'static str,
}

const fn key(name: &'static str, default: &'static str, help: &'static str) -> Key {
    Key { name, default, secret: false, help }
}

const fn secret(name: &'static str, help: &'static str) -> Key {
    Key { name, default: "", secret: true, help }
}

/// Every key there is.
pub const KEYS: &[Key] = &[
    key("SOUK_ENV", "development", "development or production; production refuses a generated secret and a missing mail server"),
    key("SOUK_LISTEN", "127.0.0.1:8080", "The address and port to listen on"),
    key(
        "SOUK_PUBLIC_URL",
        "",
        "The address people reach Souk at; links in mails and pictures begin with it. Without it http:// and SOUK_LISTEN",
    ),
    key(
        "SOUK_STOREFRONT_URL",
        "",
        "The address of the storefront; links for buyers begin with it, and with SOUK_PUBLIC_URL where it is not set",
    ),
    key("SOUK_DATA_DIR", "souk-data", "The folder for the embedded database, pictures, mails and the generated secret"),
    secret("SOUK_DATABASE_URL", "sqlite://, postgres:// or mysql:// (MariaDB); without it SQLite in the data folder"),
    key(
        "SOUK_DATABASE_POOL",
        "16",
        "The most connections to the database, 1 to 500; on SQLite at most twice as many as there are processors",
    ),
    key(
        "SOUK_SQLITE_SYNCHRONOUS",
        "full",
        "full or normal: whether SQLite waits at each commit until the disk has it. With normal a power failure can lose the last commits",
    ),
    secret(
        "SOUK_SECRET",
        "At least 32 characters; signs tokens. Without it one is generated in the data folder (development only)",
    ),
    secret("SOUK_PREVIOUS_SECRETS", "Older secrets, separated by commas: tokens they signed are still accepted"),
    key(
        "SOUK_JWT_KEY_FILES",
        "",
        "PEM files of Ed25519 or P-256 private keys, separated by commas: the first signs access tokens, all verify them",
    ),
    key("SOUK_ACCESS_TOKEN_SECONDS", "900", "How long an access token is good for, 60 to 86400"),
    key("SOUK_REFRESH_TOKEN_SECONDS", "604800", "How long a refresh token is good for, 3600 to 31536000"),
    key("SOUK_INVITATION_SECONDS", "604800", "How long an invitation to work for a store can be accepted, 3600 to 2592000"),
    key(
        "SOUK_REFRESH_REUSE_SECONDS",
        "30",
        "How long a used refresh token still answers with its successor, for a second tab or a lost answer, 0 to 300; used later it ends the session",
    ),
    key("SOUK_PASSWORD_QUEUE", "64", "How many passwords may wait to be hashed, 1 to 10000; more are refused as UNAVAILABLE"),
    key(
        "SOUK_GUESSES_PER_HOUR",
        "1000",
        "Wrong passwords of one account in an hour from all addresses that never signed in to it, 10 to 1000000; known addresses are counted apart",
    ),
    key("SOUK_CURRENCY", "USD", "The currency of the marketplace, ISO 4217"),
    key("SOUK_MARKETPLACE_NAME", "Souk", "The name in mails"),
    key("SOUK_MEDIA", "file:", "Where pictures lie: file:PATH (a folder; empty for media in the data folder) or s3://BUCKET"),
    key("SOUK_S3_ENDPOINT", "", "The S3 server, where it is not Amazon's"),
    key("SOUK_S3_REGION", "us-east-1", "The region of the bucket"),
    secret("SOUK_S3_ACCESS_KEY_ID", "The key's name"),
    secret("SOUK_S3_SECRET_ACCESS_KEY", "The key"),
    key("SOUK_S3_PATH_STYLE", "false", "true where the bucket stands in the path (MinIO and others)"),
    key("SOUK_S3_PUBLIC_URL", "", "Where browsers get pictures from, such as a CDN; without it Souk serves them itself"),
    key("SOUK_UPLOAD_MAX_BYTES", "10485760", "The largest picture, in bytes, 1024 to 104857600"),
    secret("SOUK_SMTP_URL", "smtp://user:password@host:587 or smtps://...; without it mails are written to the data folder"),
    key("SOUK_MAIL_FROM", "Souk <no-reply@localhost>", "The sender of mails"),
    key("SOUK_X_API_URL", "https://api.x.com", "X's API"),
    secret("SOUK_X_CONSUMER_KEY", "X: the app's key; with the other three, new stores and products are posted"),
    secret("SOUK_X_CONSUMER_SECRET", "X: the app's secret"),
    secret("SOUK_X_ACCESS_TOKEN", "X: the account's token"),
    secret("SOUK_X_ACCESS_TOKEN_SECRET", "X: the account's token secret"),
    key("SOUK_SOCIAL_WEBHOOK_URL", "", "Where new stores and products are posted as JSON"),
    secret("SOUK_SOCIAL_WEBHOOK_SECRET", "Signs those posts (HMAC-SHA256)"),
    key("SOUK_CORS_ORIGINS", "", "Origins of browser apps that may call Souk, separated by commas; * for any (without cookies)"),
    key("SOUK_TRUSTED_PROXIES", "0", "How many proxies stand in front: so many entries of X-Forwarded-For are believed, 0 to 10"),
    key("SOUK_REQUEST_SECONDS", "30", "The longest a request may take, 1 to 600"),
    key("SOUK_BODY_MAX_BYTES", "1048576", "The largest body of a request without files, in bytes, 1024 to 104857600"),
    key(
        "SOUK_CONNECTIONS",
        "4096",
        "The most open connections, 16 to 1000000; fewer if the limit on open files (ulimit -n) is lower",
    ),
    key(
        "SOUK_CONNECTIONS_PER_ADDRESS",
        "256",
        "The most open connections from one address (IPv6: network of 64 bits), 1 to 1000000; with SOUK_TRUSTED_PROXIES the most \
         requests in progress from one address",
    ),
    key("SOUK_HEADER_SECONDS", "10", "The longest that a client may take to send the header of a request, 1 to 600"),
    key("SOUK_STALL_SECONDS", "10", "The longest pause of a client that sends a body or takes an answer, 1 to 600"),
    key("SOUK_IDLE_SECONDS", "75", "How long a connection may be idle between two requests, 1 to 3600"),
    key("SOUK_SOCKETS", "2000", "The most open WebSockets, 1 to 1000000"),
    key("SOUK_SOCKETS_PER_ADDRESS", "100", "The most open WebSockets from one address (IPv6: network of 64 bits), 1 to 1000000"),
    key("SOUK_SOCKETS_PER_USER", "20", "The most open WebSockets of one user, 1 to 1000000"),
    key("SOUK_SOCKET_OPERATIONS", "20", "The most operations at a time on one WebSocket, 1 to 1000"),
    key("SOUK_WAITING", "1000", "The most operations that wait for their turn, 1 to 1000000"),
    key(
        "SOUK_WAITING_PER_CLIENT",
        "200",
        "The most operations of one client that wait for their turn, 1 to 1000000; a client is a user, or the guests of one address",
    ),
    key(
        "SOUK_GUEST_BUDGET",
        "10000",
        "The cost of operations per second for the guests of one address, 0 to 1000000000; a minute's worth can be saved up; 0 for \
         no limit",
    ),
    key("SOUK_USER_BUDGET", "10000", "The same for each user"),
    key("SOUK_QUERY_DEPTH", "15", "The deepest query, 1 to 100"),
    key(
        "SOUK_QUERY_COMPLEXITY",
        "10000",
        "The highest cost of an operation, by the @cost and @listSize of the schema, 1 to 1000000",
    ),
    key(
        "SOUK_QUERY_SIZE",
        "10000",
        "The most selections, arguments and values in a document, fragments counted wherever they are used, 100 to 1000000",
    ),
    key("SOUK_ANSWER_MAX_OBJECTS", "10000", "The most objects in the lists of one answer, 100 to 10000000"),
    key("SOUK_ANSWER_MAX_BYTES", "4194304", "The most bytes in the lists of one answer, 1024 to 1073741824"),
    key("SOUK_INTROSPECTION", "true", "Whether the schema can be asked for"),
    key(
        "SOUK_SANDBOX_PAYMENTS",
        "",
        "true or false: whether the SANDBOX payment provider is offered; without it, in development only",
    ),
    key("SOUK_STOCK_HOLD_SECONDS", "1800", "How long stock is kept for a payment, 60 to 604800"),
    key("SOUK_LOG", "info,sea_orm_migration=warn", "The log's filter, such as info or souk=debug,warn"),
    key("SOUK_LOG_FORMAT", "text", "text or json"),
];

/// A configuration that can't be used: one sentence that names the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError(pub String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

/// A value that must not reach a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Where it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// On a developer's machine: mails go to files, the secret may be generated.
    Development,
    /// With real people.
    Production,
}

/// What SQLite does at a commit (<https://www.sqlite.org/pragma.html#pragma_synchronous>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SqliteSynchronous {
    /// Waits until the disk has it: what was answered survives a power failure.
    Full,
    /// Leaves it to the operating system: a power failure can lose the last commits, but never damages the database.
    Normal,
}

/// Where pictures and other files lie.
#[derive(Clone, Debug)]
pub enum Media {
    /// In a folder.
    Folder(PathBuf),
    /// In a bucket of an S3 server.
    S3(Box<S3>),
}

/// An S3 server's bucket.
#[derive(Clone, Debug)]
pub struct S3 {
    /// Its name.
    pub bucket: String,
    /// The server, where it is not Amazon's.
    pub endpoint: Option<Url>,
    /// Its region.
    pub region: String,
    /// The key's name.
    pub access_key_id: Secret,
    /// The key.
    pub secret_access_key: Secret,
    /// Whether the bucket stands in the path.
    pub path_style: bool,
    /// Where browsers get files from.
    pub public_url: Option<Url>,
}

/// What signs tokens.
#[derive(Clone, Debug)]
pub struct Signing {
    /// Signs.
    pub secret: Secret,
    /// Still verify.
    pub previous: Vec<Secret>,
    /// PEM files of private keys; the first signs access tokens.
    pub key_files: Vec<PathBuf>,
    /// How long an access token is good for.
    pub access_token: Duration,
    /// How long a refresh token is good for.
    pub refresh_token: Duration,
}

/// How mails leave.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The server; without one, files are written.
    pub smtp_url: Option<Secret>,
    /// The sender.
    pub from: String,
}

/// X's account of the marketplace.
#[derive(Clone, Debug)]
pub struct X {
    /// The API's address.
    pub api_url: Url,
    /// The app's key.
    pub consumer_key: Secret,
    /// The app's secret.
    pub consumer_secret: Secret,
    /// The account's token.
    pub access_token: Secret,
    /// The account's token secret.
    pub access_token_secret: Secret,
}

/// A plain endpoint that is told of new stores and products.
#[derive(Clone, Debug)]
pub struct SocialWebhook {
    /// Where to.
    pub url: Url,
    /// Signs the posts.
    pub secret: Option<Secret>,
}

/// What a client may ask for.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The longest a request may take.
    pub request: Duration,
    /// The largest body without files, in bytes.
    pub body_bytes: usize,
    /// The largest picture, in bytes.
    pub upload_bytes: usize,
    /// The most connections.
    pub connections: usize,
    /// The most connections of one network.
    pub connections_per_address: usize,
    /// The longest that the header of a request may take.
    pub header: Duration,
    /// The longest pause within a body or an answer.
    pub stall: Duration,
    /// The longest pause between two requests.
    pub idle: Duration,
    /// The most WebSockets.
    pub sockets: usize,
    /// The most WebSockets of one network.
    pub sockets_per_address: usize,
    /// The most WebSockets of one user.
    pub sockets_per_user: usize,
    /// The most operations at a time on one WebSocket.
    pub socket_operations: usize,
    /// The most operations that wait for their turn.
    pub waiting: usize,
    /// The most operations of one client that wait for their turn.
    pub waiting_per_client: usize,
    /// The cost per second of the guests of one network; zero for no limit.
    pub guest_budget: u64,
    /// The cost per second of one user; zero for no limit.
    pub user_budget: u64,
    /// The deepest query.
    pub query_depth: usize,
    /// The highest cost of an operation.
    pub query_cost: u64,
    /// The largest document: selections, arguments and values, with fragments counted wherever they are used.
    pub document_size: usize,
    /// The most objects in the lists of an answer.
    pub answer_objects: u64,
    /// The most bytes in the lists of an answer.
    pub answer_bytes: u64,
}

/// How people sign in.
#[derive(Clone, Debug)]
pub struct Accounts {
    /// How long a used refresh token still answers with its successor.
    pub refresh_reuse: Duration,
    /// How many passwords may wait to be hashed.
    pub password_queue: usize,
    /// How many wrong passwords of one account may come in an hour from addresses that never signed in to it.
    pub guesses_per_hour: u32,
}

/// Everything that can be set, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it runs.
    pub environment: Environment,
    /// Where it listens.
    pub listen: SocketAddr,
    /// Where people reach it.
    pub public_url: Url,
    /// Where people reach the storefront.
    pub storefront_url: Url,
    /// The folder for what it writes.
    pub data_dir: PathBuf,
    /// The database.
    pub database_url: Secret,
    /// The most connections to it.
    pub database_pool: u32,
    /// Whether SQLite waits for the disk.
    pub sqlite_synchronous: SqliteSynchronous,
    /// What signs tokens.
    pub signing: Signing,
    /// How people sign in.
    pub accounts: Accounts,
    /// The marketplace's currency.
    pub currency: CurrencyCode,
    /// Its name.
    pub marketplace_name: String,
    /// Where pictures lie.
    pub media: Media,
    /// How mails leave.
    pub mail: Mail,
    /// X's account, where there is one.
    pub x: Option<X>,
    /// The endpoint for new stores and products, where there is one.
    pub social_webhook: Option<SocialWebhook>,
    /// Origins of browser apps.
    pub cors_origins: Vec<String>,
    /// How many proxies stand in front.
    pub trusted_proxies: usize,
    /// What a client may ask for.
    pub limits: Limits,
    /// Whether the schema can be asked for.
    pub introspection: bool,
    /// Whether payments that move nothing are offered.
    pub sandbox_payments: bool,
    /// How long stock is kept for a payment.
    pub stock_hold: Duration,
    /// How long an invitation to work for a store can be accepted.
    pub invitation: Duration,
    /// The log's filter.
    pub log: String,
    /// Whether the log is written as JSON.
    pub log_json: bool,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nothing was given.
    Default,
    /// `souk.toml`.
    File,
    /// An environment variable.
    Environment,
    /// An option of the command line.
    CommandLine,
}

/// Variables that begin with `SOUK_` and are no keys: what `souk user create` and the tests read.
const OTHER_VARIABLES: [&str; 2] = ["SOUK_USER_PASSWORD", "SOUK_TEST_"];

/// The values as they were found, before they are checked.
#[derive(Clone, Default)]
pub struct Values(BTreeMap<&'static str, (String, Source)>);

impl Values {
    /// Reads `souk.toml` (where it exists), and the variables over it.
    pub fn load(file: &Path, variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let mut values = Self::default();
        match std::fs::read_to_string(file) {
            Ok(text) => values.add_file(file, &text)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(ConfigError(format!("{} can't be read: {error}", file.display()))),
        }
        for (name, value) in variables.into_iter().filter(|(name, _)| name.starts_with("SOUK_")) {
            if OTHER_VARIABLES.iter().any(|other| name.starts_with(other)) {
                continue;
            }
            let Some(key) = KEYS.iter().find(|key| key.name == name) else {
                return Err(ConfigError(format!("{name} is not a key of Souk; `souk config` lists them all")));
            };
            values.0.insert(key.name, (value, Source::Environment));
        }
        Ok(values)
    }

    fn add_file(&mut self, file: &Path, text: &str) -> Result<(), ConfigError> {
        let table = toml::Table::from_str(text)
            .map_err(|error| ConfigError(format!("{} is not TOML: {}", file.display(), error.message())))?;
        for (name, value) in table {
            let Some(key) = KEYS.iter().find(|key| key.name["SOUK_".len()..].eq_ignore_ascii_case(&name)) else {
                return Err(ConfigError(format!(
                    "{name} in {} is not a key of Souk; `souk config` lists them all",
                    file.display()
                )));
            };
            let text = match value {
                toml::Value::String(text) => text,
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Boolean(truth) => truth.to_string(),
                toml::Value::Array(items) => items.iter().filter_map(toml::Value::as_str).collect::<Vec<_>>().join(","),
                _ => {
                    return Err(ConfigError(format!(
                        "{name} in {} must be a text, a number, true, false or a list of texts",
                        file.display()
                    )));
                }
            };
            self.0.insert(key.name, (text, Source::File));
        }
        Ok(())
    }

    /// Sets a value, over everything else.
    pub fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.0.insert(name, (value.into(), Source::CommandLine));
    }

    /// The value of a key: what was given, or its default.
    pub fn get(&self, name: &str) -> &str {
        match self.0.get(name) {
            Some((value, _)) => value,
            None => KEYS.iter().find(|key| key.name == name).map_or("", |key| key.default),
        }
    }

    /// Whether it was given.
    pub fn is_set(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Where its value comes from.
    pub fn source(&self, name: &str) -> Source {
        self.0.get(name).map_or(Source::Default, |(_, source)| *source)
    }

    fn optional(&self, name: &str) -> Option<&str> {
        Some(self.get(name).trim()).filter(|value| !value.is_empty())
    }

    fn secret(&self, name: &str) -> Option<Secret> {
        self.optional(name).map(|value| Secret(value.to_owned()))
    }

    fn number<T: FromStr + PartialOrd + fmt::Display>(&self, name: &str, least: T, most: T) -> Result<T, ConfigError> {
        let value = self.get(name);
        match value.parse::<T>() {
            Ok(number) if number >= least && number <= most => Ok(number),
            _ => Err(ConfigError(format!("{name} must be a whole number from {least} to {most}; found {value:?}"))),
        }
    }

    fn truth(&self, name: &str) -> Result<bool, ConfigError> {
        let value = self.get(name);
        value.parse().map_err(|_| ConfigError(format!("{name} must be true or false; found {value:?}")))
    }

    fn url(&self, name: &str) -> Result<Option<Url>, ConfigError> {
        let Some(value) = self.optional(name) else { return Ok(None) };
        match Url::parse(value) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(Some(url)),
            _ => Err(ConfigError(format!("{name} must be an address beginning with http:// or https://; found {value:?}"))),
        }
    }

    fn required_url(&self, name: &str) -> Result<Url, ConfigError> {
        self.url(name)?.ok_or_else(|| ConfigError(format!("{name} must be set")))
    }

    fn one_of<T: Copy>(&self, name: &str, allowed: &[(&str, T)]) -> Result<T, ConfigError> {
        let value = self.get(name);
        match allowed.iter().find(|(text, _)| *text == value) {
            Some((_, found)) => Ok(*found),
            None => {
                let texts: Vec<_> = allowed.iter().map(|(text, _)| *text).collect();
                Err(ConfigError(format!("{name} must be {}; found {value:?}", texts.join(" or "))))
            }
        }
    }

    fn list(&self, name: &str) -> Vec<&str> {
        self.get(name).split(',').map(str::trim).filter(|item| !item.is_empty()).collect()
    }
}

impl Config {
    /// Checks the values; the first that is wrong is named.
    pub fn from_values(values: &Values) -> Result<Self, ConfigError> {
        let environment =
            values.one_of("SOUK_ENV", &[("development", Environment::Development), ("production", Environment::Production)])?;
        let listen = values.get("SOUK_LISTEN");
        let data_dir = PathBuf::from(values.get("SOUK_DATA_DIR"));
        let listen: SocketAddr = listen.parse().map_err(|_| {
            ConfigError(format!("SOUK_LISTEN must be an address and a port such as 127.0.0.1:8080; found {listen:?}"))
        })?;
        let public_url = match values.url("SOUK_PUBLIC_URL")? {
            Some(url) => url,
            None => url_of(listen)?,
        };
        let currency = values.get("SOUK_CURRENCY");
        let mail = mail(values, environment)?;
        Ok(Self {
            environment,
            listen,
            storefront_url: values.url("SOUK_STOREFRONT_URL")?.unwrap_or_else(|| public_url.clone()),
            public_url,
            database_url: database_url(values, &data_dir)?,
            database_pool: values.number("SOUK_DATABASE_POOL", 1, 500)?,
            sqlite_synchronous: values
                .one_of("SOUK_SQLITE_SYNCHRONOUS", &[("full", SqliteSynchronous::Full), ("normal", SqliteSynchronous::Normal)])?,
            signing: signing(values, environment, &data_dir)?,
            accounts: Accounts {
                refresh_reuse: Duration::from_secs(values.number("SOUK_REFRESH_REUSE_SECONDS", 0, 300)?),
                password_queue: values.number("SOUK_PASSWORD_QUEUE", 1, 10_000)?,
                guesses_per_hour: values.number("SOUK_GUESSES_PER_HOUR", 10, 1_000_000)?,
            },
            currency: currency
                .parse()
                .map_err(|_| ConfigError(format!("SOUK_CURRENCY must be an ISO 4217 code such as USD; found {currency:?}")))?,
            marketplace_name: values.get("SOUK_MARKETPLACE_NAME").to_owned(),
            media: media(values, &data_dir)?,
            mail,
            x: x(values)?,
            social_webhook: values
                .url("SOUK_SOCIAL_WEBHOOK_URL")?
                .map(|url| SocialWebhook { url, secret: values.secret("SOUK_SOCIAL_WEBHOOK_SECRET") }),
            cors_origins: cors_origins(values)?,
            trusted_proxies: values.number("SOUK_TRUSTED_PROXIES", 0, 10)?,
            limits: Limits {
                request: Duration::from_secs(values.number("SOUK_REQUEST_SECONDS", 1, 600)?),
                body_bytes: values.number("SOUK_BODY_MAX_BYTES", 1024, 104_857_600)?,
                upload_bytes: values.number("SOUK_UPLOAD_MAX_BYTES", 1024, 104_857_600)?,
                connections: values.number("SOUK_CONNECTIONS", 16, 1_000_000)?,
                connections_per_address: values.number("SOUK_CONNECTIONS_PER_ADDRESS", 1, 1_000_000)?,
                header: Duration::from_secs(values.number("SOUK_HEADER_SECONDS", 1, 600)?),
                stall: Duration::from_secs(values.number("SOUK_STALL_SECONDS", 1, 600)?),
                idle: Duration::from_secs(values.number("SOUK_IDLE_SECONDS", 1, 3600)?),
                sockets: values.number("SOUK_SOCKETS", 1, 1_000_000)?,
                sockets_per_address: values.number("SOUK_SOCKETS_PER_ADDRESS", 1, 1_000_000)?,
                sockets_per_user: values.number("SOUK_SOCKETS_PER_USER", 1, 1_000_000)?,
                socket_operations: values.number("SOUK_SOCKET_OPERATIONS", 1, 1000)?,
                waiting: values.number("SOUK_WAITING", 1, 1_000_000)?,
                waiting_per_client: values.number("SOUK_WAITING_PER_CLIENT", 1, 1_000_000)?,
                guest_budget: values.number("SOUK_GUEST_BUDGET", 0, 1_000_000_000)?,
                user_budget: values.number("SOUK_USER_BUDGET", 0, 1_000_000_000)?,
                query_depth: values.number("SOUK_QUERY_DEPTH", 1, 100)?,
                query_cost: values.number("SOUK_QUERY_COMPLEXITY", 1, 1_000_000)?,
                document_size: values.number("SOUK_QUERY_SIZE", 100, 1_000_000)?,
                answer_objects: values.number("SOUK_ANSWER_MAX_OBJECTS", 100, 10_000_000)?,
                answer_bytes: values.number("SOUK_ANSWER_MAX_BYTES", 1024, 1_073_741_824)?,
            },
            introspection: values.truth("SOUK_INTROSPECTION")?,
            sandbox_payments: match values.optional("SOUK_SANDBOX_PAYMENTS") {
                Some(_) => values.truth("SOUK_SANDBOX_PAYMENTS")?,
                None => environment == Environment::Development,
            },
            invitation: Duration::from_secs(values.number("SOUK_INVITATION_SECONDS", 3_600, 2_592_000)?),
            stock_hold: Duration::from_secs(values.number("SOUK_STOCK_HOLD_SECONDS", 60, 604_800)?),
            log: values.get("SOUK_LOG").to_owned(),
            log_json: values.one_of("SOUK_LOG_FORMAT", &[("text", false), ("json", true)])?,
            data_dir,
        })
    }
}

fn cors_origins(values: &Values) -> Result<Vec<String>, ConfigError> {
    let origin = |text: &str| {
        if text == "*" {
            return Ok(text.to_owned());
        }
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.path() == "/" && url.query().is_none() => {
                Ok(url.origin().ascii_serialization())
            }
            _ => Err(ConfigError(format!(
                "SOUK_CORS_ORIGINS must be * or origins such as https://shop.example.com, without a path; found {text:?}"
            ))),
        }
    };
    values.list("SOUK_CORS_ORIGINS").into_iter().map(origin).collect()
}

/// Where a browser on this machine reaches what listens there.
fn url_of(listen: SocketAddr) -> Result<Url, ConfigError> {
    let mut reached = listen;
    if listen.ip().is_unspecified() {
        reached.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    Url::parse(&format!("http://{reached}")).map_err(|_| ConfigError("SOUK_PUBLIC_URL must be set".into()))
}

fn database_url(values: &Values, data_dir: &Path) -> Result<Secret, ConfigError> {
    let Some(url) = values.optional("SOUK_DATABASE_URL") else {
        return Ok(Secret(format!("sqlite://{}", data_dir.join("souk.db").display())));
    };
    if ["sqlite:", "postgres://", "postgresql://", "mysql://"].iter().any(|scheme| url.starts_with(scheme)) {
        return Ok(Secret(url.to_owned()));
    }
    let scheme: String = url.chars().take_while(|c| *c != ':').take(20).collect();
    Err(ConfigError(format!("SOUK_DATABASE_URL must begin with sqlite://, postgres:// or mysql://; found {scheme:?}")))
}

fn signing(values: &Values, environment: Environment, data_dir: &Path) -> Result<Signing, ConfigError> {
    let long_enough = |secret: &Secret| secret.0.len() >= 32;
    let secret = match values.secret("SOUK_SECRET") {
        Some(secret) if long_enough(&secret) => secret,
        Some(_) => return Err(ConfigError("SOUK_SECRET must have at least 32 characters".into())),
        None if environment == Environment::Production => {
            return Err(ConfigError("SOUK_SECRET must be set in production; `openssl rand -base64 48` makes a good one".into()));
        }
        None => generated_secret(data_dir)?,
    };
    let previous: Vec<_> = values.list("SOUK_PREVIOUS_SECRETS").into_iter().map(|text| Secret(text.to_owned())).collect();
    if !previous.iter().all(long_enough) {
        return Err(ConfigError("SOUK_PREVIOUS_SECRETS must each have at least 32 characters".into()));
    }
    Ok(Signing {
        secret,
        previous,
        key_files: values.list("SOUK_JWT_KEY_FILES").into_iter().map(PathBuf::from).collect(),
        access_token: Duration::from_secs(values.number("SOUK_ACCESS_TOKEN_SECONDS", 60, 86_400)?),
        refresh_token: Duration::from_secs(values.number("SOUK_REFRESH_TOKEN_SECONDS", 3_600, 31_536_000)?),
    })
}

/// The secret in the data folder; made at the first start, readable by its owner alone.
fn generated_secret(data_dir: &Path) -> Result<Secret, ConfigError> {
    use std::io::Write;
    let path = data_dir.join("secret");
    let failed =
        |error: std::io::Error| ConfigError(format!("SOUK_SECRET is not set, and {} can't be used: {error}", path.display()));
    match std::fs::read_to_string(&path) {
        Ok(text) if text.trim().len() >= 32 => return Ok(Secret(text.trim().to_owned())),
        Ok(_) => {
            return Err(ConfigError(format!(
                "{} must hold at least 32 characters; set SOUK_SECRET, or delete the file",
                path.display()
            )));
        }
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        Err(_) => {}
    }
    std::fs::create_dir_all(data_dir).map_err(failed)?;
    let bytes: [u8; 48] = rand::random();
    let secret = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, bytes);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path).map_err(failed)?;
    file.write_all(secret.as_bytes()).map_err(failed)?;
    Ok(Secret(secret))
}

fn media(values: &Values, data_dir: &Path) -> Result<Media, ConfigError> {
    let value = values.get("SOUK_MEDIA");
    if let Some(path) = value.strip_prefix("file:") {
        let folder = if path.is_empty() { data_dir.join("media") } else { PathBuf::from(path.trim_start_matches("//")) };
        return Ok(Media::Folder(folder));
    }
    let Some(bucket) = value.strip_prefix("s3://").map(|rest| rest.trim_end_matches('/')).filter(|bucket| !bucket.is_empty())
    else {
        return Err(ConfigError(format!("SOUK_MEDIA must be file:PATH or s3://BUCKET; found {value:?}")));
    };
    let needed =
        |name: &str| values.secret(name).ok_or_else(|| ConfigError(format!("{name} must be set where SOUK_MEDIA is s3://...")));
    Ok(Media::S3(Box::new(S3 {
        bucket: bucket.to_owned(),
        endpoint: values.url("SOUK_S3_ENDPOINT")?,
        region: values.get("SOUK_S3_REGION").to_owned(),
        access_key_id: needed("SOUK_S3_ACCESS_KEY_ID")?,
        secret_access_key: needed("SOUK_S3_SECRET_ACCESS_KEY")?,
        path_style: values.truth("SOUK_S3_PATH_STYLE")?,
        public_url: values.url("SOUK_S3_PUBLIC_URL")?,
    })))
}

fn mail(values: &Values, environment: Environment) -> Result<Mail, ConfigError> {
    let smtp_url = values.secret("SOUK_SMTP_URL");
    if let Some(Secret(url)) = &smtp_url
        && !url.starts_with("smtp://")
        && !url.starts_with("smtps://")
    {
        return Err(ConfigError("SOUK_SMTP_URL must begin with smtp:// or smtps://".into()));
    }
    if smtp_url.is_none() && environment == Environment::Production {
        return Err(ConfigError("SOUK_SMTP_URL must be set in production: without it nobody gets a mail".into()));
    }
    let from = values.get("SOUK_MAIL_FROM");
    if from.parse::<lettre::message::Mailbox>().is_err() {
        return Err(ConfigError(format!(
            "SOUK_MAIL_FROM must be an address such as Souk <no-reply@example.com>; found {from:?}"
        )));
    }
    Ok(Mail { smtp_url, from: from.to_owned() })
}

fn x(values: &Values) -> Result<Option<X>, ConfigError> {
    const NAMES: [&str; 4] =
        ["SOUK_X_CONSUMER_KEY", "SOUK_X_CONSUMER_SECRET", "SOUK_X_ACCESS_TOKEN", "SOUK_X_ACCESS_TOKEN_SECRET"];
    let found = NAMES.map(|name| values.secret(name));
    if found.iter().all(Option::is_none) {
        return Ok(None);
    }
    let [Some(consumer_key), Some(consumer_secret), Some(access_token), Some(access_token_secret)] = found else {
        return Err(ConfigError(format!("{} must be set together: all four or none", NAMES.join(", "))));
    };
    let api_url = values.required_url("SOUK_X_API_URL")?;
    Ok(Some(X { api_url, consumer_key, consumer_secret, access_token, access_token_secret }))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(config.database_url.0.starts_with("sqlite://"));
        assert!(config.signing.secret.0.len() >= 32);
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
            ("SOUK_CORS_ORIGINS", "https://shop.example.com/path"),
            ("SOUK_TYPO", "x"),
        ] {
            let error = check(&[(name, value)]).expect_err(name);
            assert!(error.contains(name), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn production_needs_a_secret_and_a_mail_server() {
        let error = check(&[("SOUK_ENV", "production")]).expect_err("no secret");
        assert!(error.starts_with("SOUK_S"), "{error}");
        let long = "0123456789abcdef0123456789abcdef";
        let error = check(&[("SOUK_ENV", "production"), ("SOUK_SECRET", long)]).expect_err("no mail server");
        assert!(error.starts_with("SOUK_SMTP_URL"), "{error}");
    }

    #[test]
    fn secrets_are_not_printed() {
        let config = check(&[("SOUK_SECRET", "0123456789abcdef0123456789abcdef-secret")]).expect("a good secret");
        assert!(!format!("{config:?}").contains("0123456789abcdef"));
    }
}
