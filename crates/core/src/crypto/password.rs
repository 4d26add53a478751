//! Passwords: argon2id with OWASP's parameters (<https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html>:
//! 19 MiB, two passes, one lane), away from the async threads, a bounded number at once, behind a bounded queue.

use crate::error::{Fault, Result, internal};
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The fewest characters.
pub const SHORTEST: usize = 10;
/// The most characters: a hash of a huge one would be work for nothing.
pub const LONGEST: usize = 200;

/// When a caller that found the queue full may try again: a full queue of the default length is worked off in about this time.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Checked for an unknown email, so that it takes as long as for a known one.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now("nobody has this password").unwrap_or_default());

/// Whose password is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// Anybody: a registration, or a sign-in from an address that never signed in to the account.
    Stranger,
    /// Who has proven something already: a session, a token from a mail, an address that signed in to the account before. They have
    /// places in the queue that strangers can't take.
    Known,
}

/// Hashes passwords. A hash takes 19 MiB and about 20 ms of a processor, so half of the processors at most compute hashes, and the
/// queue for them is bounded: a flood of sign-ins is refused at once, and neither starves other requests nor fills the memory.
pub struct Passwords {
    running: Arc<Semaphore>,
    /// Hashes that run or wait.
    places: Arc<Semaphore>,
    /// More places, for who is known.
    reserved: Arc<Semaphore>,
}

/// The right to compute a hash. It moves into the thread that computes: a caller who hangs up does not make room for the next one
/// while the thread is still busy.
struct Permit {
    _place: OwnedSemaphorePermit,
    _running: OwnedSemaphorePermit,
}

impl Passwords {
    /// `queue` is how many may wait: half as many again, if they are known.
    pub fn new(queue: usize) -> Self {
        let at_once = (std::thread::available_parallelism().map_or(2, std::num::NonZero::get) / 2).max(1);
        Self {
            running: Arc::new(Semaphore::new(at_once)),
            places: Arc::new(Semaphore::new(at_once + queue)),
            reserved: Arc::new(Semaphore::new((queue / 2).max(1))),
        }
    }

    async fn permit(&self, asker: Asker) -> Result<Permit> {
        let place = match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => place,
            Err(_) if asker == Asker::Known => {
                Arc::clone(&self.reserved).try_acquire_owned().map_err(|_| Fault::Unavailable { retry_after: RETRY_AFTER })?
            }
            Err(_) => return Err(Fault::Unavailable { retry_after: RETRY_AFTER }.into()),
        };
        let running = Arc::clone(&self.running).acquire_owned().await.map_err(internal)?;
        Ok(Permit { _place: place, _running: running })
    }

    /// Computes something in a thread that holds a permit until it has ended, whether the caller still waits for it or not.
    async fn run<T: Send + 'static>(&self, asker: Asker, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let permit = self.permit(asker).await?;
        let work = move || {
            let _permit = permit;
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(internal)
    }

    /// The hash of a password, in PHC string format. [`Fault::Unavailable`] if too many wait already.
    pub async fn hash(&self, asker: Asker, password: String) -> Result<String> {
        self.run(asker, move || hash_now(&password)).await?.map_err(internal)
    }

    /// Whether the password has this hash; without a hash the same work is done for nothing, and the answer is no.
    /// [`Fault::Unavailable`] if too many wait already.
    pub async fn verify(&self, asker: Asker, password: String, hash: Option<String>) -> Result<bool> {
        let known = hash.is_some();
        let matches = self.run(asker, move || {
            let text = hash.unwrap_or_else(|| NOBODY.clone());
            PasswordHash::new(&text).is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok())
        });
        Ok(matches.await? && known)
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
        let mut waiting: Vec<_> = (0..running + 2).map(|_| Box::pin(passwords.permit(Asker::Stranger))).collect();
        for permit in &mut waiting {
            assert!(permit.as_mut().now_or_never().is_none(), "it waits");
        }
        assert!(is_refused(passwords.verify(Asker::Stranger, "x".into(), None).await));
        assert!(is_refused(passwords.hash(Asker::Stranger, "x".into()).await));
        let mut known = Box::pin(passwords.permit(Asker::Known));
        assert!(known.as_mut().now_or_never().is_none(), "it waits at a place of its own");
        assert!(is_refused(passwords.hash(Asker::Known, "x".into()).await), "there is one such place");
        drop(waiting.pop());
        let mut next = Box::pin(passwords.permit(Asker::Stranger));
        assert!(next.as_mut().now_or_never().is_none(), "who waits no longer has given the place back");
        drop((blocked, waiting, known, next));
        assert!(passwords.hash(Asker::Stranger, "x".into()).await.is_ok());
    }

    #[tokio::test]
    async fn a_caller_who_hangs_up_does_not_free_the_permit_of_a_running_hash() {
        let passwords = Passwords::new(2);
        let before = passwords.running.available_permits();
        let (begun, has_begun) = tokio::sync::oneshot::channel::<()>();
        let (end, may_end) = std::sync::mpsc::channel::<()>();
        let mut call = Box::pin(passwords.run(Asker::Stranger, move || {
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
