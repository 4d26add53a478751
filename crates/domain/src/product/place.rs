//! The place of a result as a cursor.

use crate::page::Cursor;
use souk_core::provider::search::{Key, Reading};

/// Bits below the sort value: six for the cost, four for the number of words, one for typos.
const BITS: u32 = 11;
/// Largest sort value that has room above them; times in microseconds reach it in 2112.
const MAX_VALUE: i64 = (1 << (63 - BITS)) - 1;

/// The cursor of a result: its key, and how the words were read, so that the next page reads them in the same way.
pub(crate) fn cursor(key: Key, reading: Option<Reading>) -> Cursor {
    let reading = reading.unwrap_or(Reading { with_typos: false, words: 0 });
    let low = i64::from(key.cost.min(63)) << 5 | i64::from(reading.words.min(15)) << 1 | i64::from(reading.with_typos);
    Cursor { value: key.value.clamp(-MAX_VALUE - 1, MAX_VALUE) << BITS | low, id: key.id }
}

/// The key and the reading of a cursor.
pub(super) fn place(cursor: Cursor) -> (Key, Option<Reading>) {
    let low = cursor.value & ((1 << BITS) - 1);
    let words = u8::try_from(low >> 1 & 15).unwrap_or_default();
    let key = Key { cost: u16::try_from(low >> 5).unwrap_or_default(), value: cursor.value >> BITS, id: cursor.id };
    (key, (words > 0).then_some(Reading { with_typos: low & 1 == 1, words }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_cursor_keeps_the_place_and_the_reading() {
        let id = Uuid::from_u128(7);
        for value in [0, 1, -1, -4_102_444_800_000_000, 9_007_199_254_740, -9_007_199_254_740] {
            for cost in [0, 1, 40] {
                for reading in [None, Some(Reading { with_typos: true, words: 1 }), Some(Reading { with_typos: false, words: 8 })]
                {
                    let key = Key { cost, value, id };
                    assert_eq!(place(cursor(key, reading)), (key, reading));
                }
            }
        }
    }
}
