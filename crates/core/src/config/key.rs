//! Every key of the configuration: its name, its default and what it is for.

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
    key("SOUK_ENV", "development", "development or production; production needs SOUK_SECRET, SOUK_PUBLIC_URL and SOUK_SMTP_URL"),
    key(
        "SOUK_LISTEN",
        "127.0.0.1:8080",
        "The address and port to listen on, such as 127.0.0.1:8080 or localhost:8080; :8080 for every address of the machine",
    ),
    key(
        "SOUK_PUBLIC_URL",
        "",
        "The address people reach Souk at; links in mails and pictures begin with it. Without it http:// and SOUK_LISTEN",
    ),
    key(
        "SOUK_STOREFRONT_URL",
        "",
        "The address of the storefront; links in mails lead to it. Without it they lead to small pages of Souk itself, at SOUK_PUBLIC_URL",
    ),
    key("SOUK_DATA_DIR", "souk-data", "The folder for the embedded database, pictures, mails and the generated secret"),
    secret("SOUK_DATABASE_URL", "sqlite://, postgres://, mysql:// or mariadb://; without it SQLite in the data folder"),
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
    key(
        "SOUK_S3_PUBLIC_ENDPOINT",
        "",
        "The S3 server as browsers reach it, if that is not SOUK_S3_ENDPOINT: the addresses of staged uploads are signed for it",
    ),
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
    key(
        "SOUK_CORS_ORIGINS",
        "",
        "Origins of browser apps that may call Souk, separated by commas; * for any (without cookies). In development also every port \
         of localhost, 127.0.0.1 and [::1]",
    ),
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
