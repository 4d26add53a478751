//! Every configuration key: its name, default and description. The table in `README.md` is generated from it by the test
//! `the_table_of_keys_is_that_of_the_code`.

/// A configuration key. In `souk.toml` its name is without `SOUK_` and in lower case.
pub struct Key {
    /// Name of the environment variable, such as `SOUK_LISTEN`.
    pub name: &'static str,
    /// Value if the key is not set; an empty one means that there is none.
    pub default: &'static str,
    /// Whether `souk config` hides the value.
    pub secret: bool,
    /// Description without a full stop: meaning, unit, range, and what happens if the key is not set.
    pub help: &'static str,
}

const fn key(name: &'static str, default: &'static str, help: &'static str) -> Key {
    Key { name, default, secret: false, help }
}

const fn secret(name: &'static str, help: &'static str) -> Key {
    Key { name, default: "", secret: true, help }
}

/// All keys, in the order in which `souk config` and the README list them.
pub const KEYS: &[Key] = &[
    key(
        "SOUK_ENV",
        "development",
        "Environment: development or production. Production requires SOUK_SECRET, SOUK_PUBLIC_URL and SOUK_SMTP_URL",
    ),
    key(
        "SOUK_LISTEN",
        "127.0.0.1:8080",
        "IP address and port to listen on, such as 127.0.0.1:8080 or localhost:8080; :8080 listens on all IPv4 addresses",
    ),
    key(
        "SOUK_PUBLIC_URL",
        "",
        "Public base URL of Souk, used for links in emails and image URLs; http:// and SOUK_LISTEN if not set",
    ),
    key(
        "SOUK_STOREFRONT_URL",
        "",
        "Base URL of the storefront that links in emails lead to; if not set, they lead to pages built into Souk at SOUK_PUBLIC_URL",
    ),
    key("SOUK_DATA_DIR", "souk-data", "Folder for the SQLite database, images, emails and the generated secret"),
    secret(
        "SOUK_DATABASE_URL",
        "Database URL: sqlite://, postgres://, mysql:// or mariadb://; if not set, an SQLite database in the data folder",
    ),
    key(
        "SOUK_DATABASE_POOL",
        "16",
        "Maximum number of database connections, 1 to 500; on SQLite also at most twice the number of processors",
    ),
    key(
        "SOUK_SQLITE_SYNCHRONOUS",
        "full",
        "SQLite durability: full waits for the disk at each commit; normal does not, so a power failure can lose the last commits",
    ),
    secret(
        "SOUK_SECRET",
        "Secret of at least 32 characters that signs tokens; if not set, one is generated in the data folder (development only)",
    ),
    secret(
        "SOUK_PREVIOUS_SECRETS",
        "Previous secrets, separated by commas, whose tokens are still accepted; each at least 32 characters",
    ),
    key(
        "SOUK_JWT_KEY_FILES",
        "",
        "PEM files of Ed25519 or P-256 private keys, separated by commas: the first signs access tokens, all verify them",
    ),
    key("SOUK_ACCESS_TOKEN_SECONDS", "900", "Lifetime of an access token, in seconds, 60 to 86400"),
    key("SOUK_REFRESH_TOKEN_SECONDS", "604800", "Lifetime of a refresh token, in seconds, 3600 to 31536000"),
    key("SOUK_INVITATION_SECONDS", "604800", "Lifetime of an invitation to become a store member, in seconds, 3600 to 2592000"),
    key(
        "SOUK_REFRESH_REUSE_SECONDS",
        "30",
        "Time in which a used refresh token returns the same successor, for concurrent or repeated requests, in seconds, 0 to 300; \
         later use ends the session",
    ),
    key(
        "SOUK_PASSWORD_QUEUE",
        "64",
        "Maximum number of passwords waiting to be hashed, 1 to 10000; further requests are refused with UNAVAILABLE",
    ),
    key(
        "SOUK_GUESSES_PER_HOUR",
        "1000",
        "Wrong passwords allowed per account and hour from all addresses that never signed in to it, 10 to 1000000; addresses that \
         did are counted separately",
    ),
    key("SOUK_CURRENCY", "USD", "Currency of the marketplace, an ISO 4217 code"),
    key("SOUK_MARKETPLACE_NAME", "Souk", "Name of the marketplace, shown in emails and on the built-in pages"),
    key(
        "SOUK_MEDIA",
        "file:",
        "Storage for images and files: file:PATH for a folder (file: for media in the data folder) or s3://BUCKET",
    ),
    key("SOUK_S3_ENDPOINT", "", "URL of the S3 server; Amazon S3 if not set"),
    key(
        "SOUK_S3_PUBLIC_ENDPOINT",
        "",
        "URL at which browsers reach the S3 server; staged uploads are signed for it; SOUK_S3_ENDPOINT if not set",
    ),
    key("SOUK_S3_REGION", "us-east-1", "Region of the S3 bucket"),
    secret("SOUK_S3_ACCESS_KEY_ID", "Access key ID for the S3 server"),
    secret("SOUK_S3_SECRET_ACCESS_KEY", "Secret access key for the S3 server"),
    key(
        "SOUK_S3_PATH_STYLE",
        "false",
        "true or false: whether the bucket is part of the path instead of the host name, as MinIO requires",
    ),
    key("SOUK_S3_PUBLIC_URL", "", "Base URL of public images, such as a CDN; if not set, Souk serves them"),
    key("SOUK_UPLOAD_MAX_BYTES", "10485760", "Maximum size of an uploaded image, in bytes, 1024 to 104857600"),
    key(
        "SOUK_DIGITAL_FILE_BYTES",
        "2147483647",
        "Maximum size of a file of a digital product, in bytes, 1024 to 2147483647; a larger SOUK_REQUEST_SECONDS gives slow clients more time",
    ),
    secret(
        "SOUK_SMTP_URL",
        "SMTP server: smtp://user:password@host:587 or smtps://...; if not set, emails are written to files in the data folder",
    ),
    key("SOUK_MAIL_FROM", "Souk <no-reply@localhost>", "Sender address of emails"),
    key("SOUK_X_API_URL", "https://api.x.com", "Base URL of the API of X"),
    secret("SOUK_X_CONSUMER_KEY", "X: API key of the app; with the other three, new stores and products are posted to X"),
    secret("SOUK_X_CONSUMER_SECRET", "X: API key secret of the app"),
    secret("SOUK_X_ACCESS_TOKEN", "X: access token of the account"),
    secret("SOUK_X_ACCESS_TOKEN_SECRET", "X: access token secret of the account"),
    key("SOUK_SOCIAL_WEBHOOK_URL", "", "URL that receives new stores and products as JSON"),
    secret("SOUK_SOCIAL_WEBHOOK_SECRET", "Secret that signs the requests to SOUK_SOCIAL_WEBHOOK_URL (HMAC-SHA256)"),
    key(
        "SOUK_CORS_ORIGINS",
        "",
        "Origins of browser apps that may call Souk, separated by commas; * allows all, without cookies. In development also every \
         port of localhost, 127.0.0.1 and [::1]",
    ),
    key(
        "SOUK_TRUSTED_PROXIES",
        "0",
        "Number of trusted reverse proxies in front of Souk, 0 to 10; that many entries of X-Forwarded-For are trusted",
    ),
    key("SOUK_REQUEST_SECONDS", "30", "Time limit of a request, in seconds, 1 to 600"),
    key("SOUK_BODY_MAX_BYTES", "1048576", "Maximum body size of a request without files, in bytes, 1024 to 104857600"),
    key(
        "SOUK_CONNECTIONS",
        "4096",
        "Maximum number of open connections, 16 to 1000000; lower if the limit on open files (ulimit -n) requires it",
    ),
    key(
        "SOUK_CONNECTIONS_PER_ADDRESS",
        "256",
        "Maximum number of open connections per IP address (IPv6: /64 network), 1 to 1000000; with SOUK_TRUSTED_PROXIES the maximum \
         number of concurrent requests per IP address",
    ),
    key("SOUK_HEADER_SECONDS", "10", "Time limit for receiving the headers of a request, in seconds, 1 to 600"),
    key("SOUK_STALL_SECONDS", "10", "Maximum pause while a request body is received or a response is sent, in seconds, 1 to 600"),
    key("SOUK_IDLE_SECONDS", "75", "Maximum idle time of a connection between two requests, in seconds, 1 to 3600"),
    key("SOUK_SOCKETS", "2000", "Maximum number of open WebSockets, 1 to 1000000"),
    key("SOUK_SOCKETS_PER_ADDRESS", "100", "Maximum number of open WebSockets per IP address (IPv6: /64 network), 1 to 1000000"),
    key("SOUK_SOCKETS_PER_USER", "20", "Maximum number of open WebSockets per user, 1 to 1000000"),
    key("SOUK_SOCKET_OPERATIONS", "20", "Maximum number of concurrent operations per WebSocket, 1 to 1000"),
    key("SOUK_WAITING", "1000", "Maximum number of queued operations, 1 to 1000000"),
    key(
        "SOUK_WAITING_PER_CLIENT",
        "200",
        "Maximum number of queued operations per client, 1 to 1000000; a client is a user, or all guests of one IP address",
    ),
    key(
        "SOUK_GUEST_BUDGET",
        "10000",
        "Operation cost allowed per second for all guests of one IP address, 0 to 1000000000; unused budget accumulates for up to a \
         minute; 0 for no limit",
    ),
    key("SOUK_USER_BUDGET", "10000", "Operation cost allowed per second and user, as SOUK_GUEST_BUDGET"),
    key("SOUK_QUERY_DEPTH", "15", "Maximum depth of an operation, 1 to 100"),
    key(
        "SOUK_QUERY_COMPLEXITY",
        "10000",
        "Maximum cost of an operation, computed from @cost and @listSize in the schema, 1 to 1000000",
    ),
    key(
        "SOUK_QUERY_SIZE",
        "10000",
        "Maximum number of selections, arguments and values in a document, with fragments counted at each use, 100 to 1000000",
    ),
    key("SOUK_ANSWER_MAX_OBJECTS", "10000", "Maximum number of objects in the lists of a response, 100 to 10000000"),
    key("SOUK_ANSWER_MAX_BYTES", "4194304", "Maximum size of the lists of a response, in bytes, 1024 to 1073741824"),
    key(
        "SOUK_REQUESTS_TO_LOOPBACK",
        "false",
        "true or false: whether URLs that users give, such as those of images to import, may lead to this machine; only for tests and \
         development",
    ),
    key("SOUK_INTROSPECTION", "true", "true or false: whether introspection queries are allowed"),
    key(
        "SOUK_SANDBOX_PAYMENTS",
        "",
        "true or false: whether the SANDBOX payment provider is available; if not set, in development only",
    ),
    secret(
        "SOUK_STRIPE_SECRET_KEY",
        "Stripe: secret or restricted key; with SOUK_STRIPE_WEBHOOK_SECRET, STRIPE is offered to buyers",
    ),
    secret(
        "SOUK_STRIPE_WEBHOOK_SECRET",
        "Stripe: signing secret of the webhook endpoint /webhooks/stripe; several secrets, separated by commas, are all accepted",
    ),
    key(
        "SOUK_STRIPE_CAPTURE",
        "automatic",
        "automatic or manual: whether Stripe captures money at once, or only authorizes it until the goods are shipped",
    ),
    key("SOUK_STRIPE_API_BASE", "https://api.stripe.com", "Base URL of the API of Stripe"),
    key("SOUK_STOCK_HOLD_SECONDS", "1800", "Time that stock is reserved while a payment is pending, in seconds, 60 to 604800"),
    key("SOUK_LOG", "info,sea_orm_migration=warn", "Log filter, such as info or souk=debug,warn"),
    key("SOUK_LOG_FORMAT", "text", "Log format: text or json"),
];
