//! Passwords: argon2id with OWASP's parameters (<https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html>:
//! 19 MiB, two passes, one lane), away from the async threads, a bounded number at once.

use crate::error::{Result, internal};
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::{Arc, LazyLock};
use tokio::sync::Semaphore;

/// The fewest characters.
pub const SHORTEST: usize = 10;
/// The most characters: a hash of a huge one would be work for nothing.
pub const LONGEST: usize = 200;

/// As many at once as there are processors: each takes 19 MiB and about 20 ms. The permit moves to the thread that works: the
/// future that asked for it is dropped when the client hangs up, and the work goes on.
static AT_ONCE: LazyLock<Arc<Semaphore>> =
    LazyLock::new(|| Arc::new(Semaphore::new(std::thread::available_parallelism().map_or(2, std::num::NonZero::get))));

/// Checked for an unknown email, so that it takes as long as for a known one.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now("nobody has this password").unwrap_or_default());

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19_456, 2, 1, None).unwrap_or_default())
}

fn hash_now(password: &str) -> Result<String, argon2::password_hash::Error> {
    argon2().hash_password(password.as_bytes()).map(|hash| hash.to_string())
}

/// The hash of a password, in PHC string format.
pub async fn hash(password: String) -> Result<String> {
    let permit = Arc::clone(&AT_ONCE).acquire_owned().await.map_err(internal)?;
    let work = move || {
        let hash = hash_now(&password);
        drop(permit);
        hash
    };
    tokio::task::spawn_blocking(work).await.map_err(internal)?.map_err(internal)
}

/// Whether the password has this hash; without a hash the same work is done for nothing, and the answer is no.
pub async fn verify(password: String, hash: Option<String>) -> Result<bool> {
    let permit = Arc::clone(&AT_ONCE).acquire_owned().await.map_err(internal)?;
    let known = hash.is_some();
    let matches = tokio::task::spawn_blocking(move || {
        let text = hash.unwrap_or_else(|| NOBODY.clone());
        let matches = PasswordHash::new(&text).is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok());
        drop(permit);
        matches
    })
    .await
    .map_err(internal)?;
    Ok(known && matches)
}
