//! Password hashing: argon2id with the parameters that OWASP recommends (19 MiB, two passes, one lane:
//! <https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html>), on blocking threads, with limits on how many
//! hashes are computed at the same time and on how many wait.

use crate::error::{Fault, Result, internal};
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Minimum length of a password, in characters.
pub const MIN_LENGTH: usize = 10;
/// Maximum length of a password, in characters; limits the work of hashing.
pub const MAX_LENGTH: usize = crate::length::PASSWORD;

/// Suggested delay if the queue is full: roughly the time in which a full queue of the default length is processed.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Verified if the email address is unknown, so that the response takes as long as for a known one.
static DUMMY_HASH: LazyLock<String> = LazyLock::new(|| hash_now("nobody has this password").unwrap_or_default());

/// The part of the queue that a hash may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// For a registration, or a sign-in from an IP address that never signed in to the account.
    Normal,
    /// For a caller with a session, a token from an email, or an IP address that signed in to the account before. Some places in the
    /// queue are reserved for them.
    Reserved,
}

/// Hashes and verifies passwords. A hash takes 19 MiB and about 20 ms, so at most half of the processors compute hashes, and the queue
/// is bounded: a flood of sign-ins is refused immediately instead of exhausting processors and memory.
pub struct Passwords {
    running: Arc<Semaphore>,
    /// One permit for each hash that runs or waits.
    queued: Arc<Semaphore>,
    /// Further permits for [`Priority::Reserved`].
    reserved: Arc<Semaphore>,
}

/// Permission to compute a hash. The blocking thread owns it: if the caller goes away, the permit is released only when the thread
/// has finished.
struct Permit {
    _queued: OwnedSemaphorePermit,
    _running: OwnedSemaphorePermit,
}

impl Passwords {
    /// `queue` is the number of hashes that may wait; half as many more may wait with [`Priority::Reserved`].
    pub fn new(queue: usize) -> Self {
        let concurrency = (std::thread::available_parallelism().map_or(2, std::num::NonZero::get) / 2).max(1);
        Self {
            running: Arc::new(Semaphore::new(concurrency)),
            queued: Arc::new(Semaphore::new(concurrency + queue)),
            reserved: Arc::new(Semaphore::new((queue / 2).max(1))),
        }
    }

    async fn permit(&self, priority: Priority) -> Result<Permit> {
        let queued = match Arc::clone(&self.queued).try_acquire_owned() {
            Ok(queued) => queued,
            Err(_) if priority == Priority::Reserved => {
                Arc::clone(&self.reserved).try_acquire_owned().map_err(|_| Fault::Unavailable { retry_after: RETRY_AFTER })?
            }
            Err(_) => return Err(Fault::Unavailable { retry_after: RETRY_AFTER }.into()),
        };
        let running = Arc::clone(&self.running).acquire_owned().await.map_err(internal)?;
        Ok(Permit { _queued: queued, _running: running })
    }

    /// Runs `work` on a blocking thread that holds a permit until it has finished, even if the caller has gone away.
    async fn run<T: Send + 'static>(&self, priority: Priority, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let permit = self.permit(priority).await?;
        let work = move || {
            let _permit = permit;
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(internal)
    }

    /// Hashes a password, in PHC string format.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] if the queue is full.
    pub async fn hash(&self, priority: Priority, password: String) -> Result<String> {
        self.run(priority, move || hash_now(&password)).await?.map_err(internal)
    }

    /// Whether the password matches the hash. Without a hash the result is `false`, after the same amount of work.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] if the queue is full.
    pub async fn verify(&self, priority: Priority, password: String, hash: Option<String>) -> Result<bool> {
        let has_hash = hash.is_some();
        let matches = self.run(priority, move || {
            let text = hash.unwrap_or_else(|| DUMMY_HASH.clone());
            PasswordHash::new(&text).is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok())
        });
        Ok(matches.await? && has_hash)
    }
}

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19_456, 2, 1, None).unwrap_or_default())
}

fn hash_now(password: &str) -> Result<String, argon2::password_hash::Error> {
    argon2().hash_password(password.as_bytes()).map(|hash| hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use futures::FutureExt;

    fn is_refused<T>(result: Result<T>) -> bool {
        matches!(result, Err(Error::Fault(Fault::Unavailable { .. })))
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once_and_keeps_places_for_who_is_known() {
        let passwords = Passwords::new(2);
        let running = passwords.running.available_permits();
        let all = u32::try_from(running).expect("few processors");
        let blocked = Arc::clone(&passwords.running).acquire_many_owned(all).await.expect("permits");
        let mut waiting: Vec<_> = (0..running + 2).map(|_| Box::pin(passwords.permit(Priority::Normal))).collect();
        for permit in &mut waiting {
            assert!(permit.as_mut().now_or_never().is_none(), "it waits");
        }
        assert!(is_refused(passwords.verify(Priority::Normal, "x".into(), None).await));
        assert!(is_refused(passwords.hash(Priority::Normal, "x".into()).await));
        let mut known = Box::pin(passwords.permit(Priority::Reserved));
        assert!(known.as_mut().now_or_never().is_none(), "it waits in a reserved place");
        assert!(is_refused(passwords.hash(Priority::Reserved, "x".into()).await), "there is only one reserved place");
        drop(waiting.pop());
        let mut next = Box::pin(passwords.permit(Priority::Normal));
        assert!(next.as_mut().now_or_never().is_none(), "a caller that stopped waiting has released its place");
        drop((blocked, waiting, known, next));
        assert!(passwords.hash(Priority::Normal, "x".into()).await.is_ok());
    }

    #[tokio::test]
    async fn a_caller_who_hangs_up_does_not_free_the_permit_of_a_running_hash() {
        let passwords = Passwords::new(2);
        let before = passwords.running.available_permits();
        let (begun, has_begun) = tokio::sync::oneshot::channel::<()>();
        let (end, may_end) = std::sync::mpsc::channel::<()>();
        let mut call = Box::pin(passwords.run(Priority::Normal, move || {
            let _ = begun.send(());
            may_end.recv().is_ok()
        }));
        assert!(call.as_mut().now_or_never().is_none());
        has_begun.await.expect("the thread runs");
        drop(call);
        assert_eq!(passwords.running.available_permits(), before - 1, "it still computes");
        end.send(()).expect("the thread waits");
        let all = u32::try_from(before).expect("few processors");
        assert!(passwords.running.acquire_many(all).await.is_ok(), "it has ended");
    }
}
