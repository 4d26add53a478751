//! The only source of random numbers, so that tests can control them.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

/// A source of random numbers that nobody can predict. Clones share one source.
#[derive(Clone, Default)]
pub struct Random {
    /// The generator that tests have set; the one of the operating system if `None`.
    repeatable: Arc<Mutex<Option<StdRng>>>,
}

impl Random {
    /// The cryptographically secure generator of this process, seeded by the operating system.
    pub fn system() -> Self {
        Self::default()
    }

    /// Returns the same numbers after each call with the same seed. Only for tests: the seed predicts all tokens.
    pub fn repeat(&self, seed: u64) {
        *self.repeatable.lock().unwrap_or_else(PoisonError::into_inner) = Some(StdRng::seed_from_u64(seed));
    }

    /// Random bytes.
    #[allow(clippy::disallowed_methods, reason = "the only place that reads random numbers")]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        match &mut *self.repeatable.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(generator) => generator.fill(&mut bytes[..]),
            None => rand::rng().fill(&mut bytes[..]),
        }
        bytes
    }

    /// 128 random bits as 32 hexadecimal characters.
    pub fn hex(&self) -> String {
        self.bytes::<16>().iter().fold(String::with_capacity(32), |mut text, byte| {
            // Writing to a String never fails.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

impl std::fmt::Debug for Random {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Random")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_differ_unless_a_test_repeats_them() {
        let random = Random::system();
        assert_ne!(random.bytes::<16>(), random.bytes::<16>());
        random.repeat(7);
        let first = (random.hex(), random.hex());
        assert_ne!(first.0, first.1);
        random.clone().repeat(7);
        assert_eq!(first, (random.hex(), random.hex()));
        assert_eq!(first.0.len(), 32);
    }
}
