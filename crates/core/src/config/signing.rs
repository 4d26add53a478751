//! The secrets and keys that sign tokens, and the lifetimes of tokens.

use super::read::Reader;
use super::{ConfigError, Environment};
use crate::random::Random;
use secrecy::{ExposeSecret, SecretString};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The secrets and keys that sign tokens, and the lifetimes of tokens.
#[derive(Clone, Debug)]
pub struct Signing {
    pub secret: SecretString,
    /// Secrets that only verify.
    pub previous: Vec<SecretString>,
    /// PEM files of private keys; the first signs access tokens.
    pub key_files: Vec<PathBuf>,
    /// Lifetime of an access token.
    pub access_token: Duration,
    /// Lifetime of a refresh token.
    pub refresh_token: Duration,
}

/// In development the secret is empty if none is set; [`generated_secret`] then replaces it.
pub(super) fn signing(reader: &Reader<'_>, environment: Environment) -> Signing {
    let long_enough = |secret: &SecretString| secret.expose_secret().len() >= 32;
    let secret = reader.secret("SOUK_SECRET");
    match &secret {
        Some(secret) if long_enough(secret) => {}
        Some(_) => reader.problem("SOUK_SECRET must have at least 32 characters."),
        None if environment == Environment::Production => {
            reader.problem("SOUK_SECRET must be set in production; `openssl rand -base64 48` generates one.");
        }
        None => {}
    }
    let previous: Vec<_> = reader.list("SOUK_PREVIOUS_SECRETS").into_iter().map(SecretString::from).collect();
    if !previous.iter().all(long_enough) {
        reader.problem("SOUK_PREVIOUS_SECRETS must each have at least 32 characters.");
    }
    Signing {
        secret: secret.unwrap_or_default(),
        previous,
        key_files: reader.list("SOUK_JWT_KEY_FILES").into_iter().map(PathBuf::from).collect(),
        access_token: reader.seconds("SOUK_ACCESS_TOKEN_SECONDS", 60, 86_400),
        refresh_token: reader.seconds("SOUK_REFRESH_TOKEN_SECONDS", 3_600, 31_536_000),
    }
}

/// The secret in the data folder. It is created at the first start, readable only by its owner.
pub(super) fn generated_secret(data_dir: &Path) -> Result<SecretString, ConfigError> {
    use std::io::Write;
    let path = data_dir.join("secret");
    let failed = |error: std::io::Error| {
        ConfigError(format!("SOUK_SECRET is not set, and the file {} cannot be read or written: {error}.", path.display()))
    };
    match std::fs::read_to_string(&path) {
        Ok(text) if text.trim().len() >= 32 => return Ok(SecretString::from(text.trim())),
        Ok(_) => {
            return Err(ConfigError(format!(
                "The file {} must contain at least 32 characters; set SOUK_SECRET, or delete the file.",
                path.display()
            )));
        }
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        Err(_) => {}
    }
    std::fs::create_dir_all(data_dir).map_err(failed)?;
    let bytes = Random::system().bytes::<48>();
    let secret = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, bytes);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path).map_err(failed)?;
    file.write_all(secret.as_bytes()).map_err(failed)?;
    Ok(SecretString::from(secret))
}
