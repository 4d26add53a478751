//! Random numbers that are the same at each run.

use entity::id::Id;
use sea_orm::prelude::DateTimeUtc;
use souk_core::error::{Result, internal};
use std::time::Duration;
use uuid::Builder;

/// SplitMix64 (<https://prng.di.unimi.it/splitmix64.c>). Random number crates do not guarantee the same numbers in later versions.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to `end - 1`; 0 if `end` is 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 11).unwrap_or_default().checked_rem(end).unwrap_or_default()
    }

    /// A number from `min` to `max`, both inclusive.
    pub(super) fn between(&mut self, min: i32, max: i32) -> i32 {
        let width = usize::try_from(max - min + 1).unwrap_or_default();
        min + i32::try_from(self.below(width)).unwrap_or_default()
    }

    /// `true` with a probability of `chance` percent.
    pub(super) fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    /// One of `items`.
    ///
    /// # Errors
    ///
    /// If `items` is empty.
    pub(super) fn one_of<'a, T>(&mut self, items: &'a [T]) -> Result<&'a T> {
        let at = self.below(items.len());
        items.get(at).ok_or_else(|| internal(std::io::Error::other("nothing to choose from")))
    }

    /// An ID (a UUID version 7) with the given time.
    pub(super) fn id<I: Id>(&mut self, at: DateTimeUtc) -> I {
        let mut bytes = [0u8; 10];
        let (head, tail) = bytes.split_at_mut(8);
        head.copy_from_slice(&self.next().to_le_bytes());
        tail.copy_from_slice(&self.next().to_le_bytes()[..2]);
        let milliseconds = u64::try_from(at.timestamp_millis()).unwrap_or_default();
        I::from(Builder::from_unix_timestamp_millis(milliseconds, &bytes).into_uuid())
    }

    /// A time at most `hours` hours after `at`, plus one minute.
    pub(super) fn after(&mut self, at: DateTimeUtc, hours: u64) -> DateTimeUtc {
        let seconds = usize::try_from(hours * 3600).unwrap_or(1).max(1);
        at + Duration::from_secs(u64::try_from(self.below(seconds)).unwrap_or_default() + 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_reference() {
        let mut random = Random::new(1_234_567);
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!([random.next(), random.next(), random.next()], expected);
    }

    #[test]
    fn ids_carry_their_time() {
        let at = DateTimeUtc::from_timestamp(1_700_000_000, 0).expect("a time");
        let id: entity::id::StoreId = Random::new(1).id(at);
        assert_eq!(id.0.get_version_num(), 7);
        assert_eq!(id.0.get_timestamp().expect("a time").to_unix().0, 1_700_000_000);
    }
}
