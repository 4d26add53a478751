//! Ranges of numbers that are counted in bands.

use super::query::{Band, Counts};

/// Number of bands: below 1, and from each of 1, 2, 5, 10 and so on to the largest number.
const BANDS: usize = 3 * 19 + 1;

/// The band of a number: 0 below 1, then one for each of 1, 2, 5, 10, 20, 50 and so on, from which it reaches to the next.
fn band_of(number: i64) -> usize {
    let Some(decade) = number.checked_ilog10() else { return 0 };
    let unit = 10_i64.pow(decade);
    3 * decade as usize + 1 + usize::from(number / 2 >= unit) + usize::from(number / 5 >= unit)
}

/// The bit of a number's band.
pub(super) fn bit_of(number: i64) -> u64 {
    1 << band_of(number)
}

/// The lowest number of a band above 0; absent if it is too large for any number.
fn band_start(band: usize) -> Option<i64> {
    let place = u32::try_from(band.checked_sub(1)?).ok()?;
    let factor = [1, 2, 5].into_iter().nth((place % 3) as usize)?;
    10_i64.checked_pow(place / 3)?.checked_mul(factor)
}

/// A range of numbers that is counted: minimum, maximum and products by band.
#[derive(Clone, Debug)]
pub(super) struct RangeCount {
    min: i64,
    max: i64,
    bands: [u32; BANDS],
    /// The product that was counted last, and the bands in which it was.
    last: (u32, u64),
}

impl Default for RangeCount {
    fn default() -> Self {
        Self { min: i64::MAX, max: i64::MIN, bands: [0; BANDS], last: (u32::MAX, 0) }
    }
}

impl RangeCount {
    /// Counts a product with numbers from `min` to `max` in these bands. It must not have been counted before.
    pub(super) fn add_all(&mut self, min: i64, max: i64, mut bands: u64) {
        self.min = self.min.min(min);
        self.max = self.max.max(max);
        while bands != 0 {
            if let Some(count) = self.bands.get_mut(bands.trailing_zeros() as usize) {
                *count += 1;
            }
            bands &= bands - 1;
        }
    }

    /// Counts a product once for each band, however many of its numbers are in it.
    pub(super) fn add(&mut self, product: u32, number: i64) {
        if self.last.0 != product {
            self.last = (product, 0);
        }
        let bit = bit_of(number);
        self.add_all(number, number, bit & !self.last.1);
        self.last.1 |= bit;
    }

    /// Whether nothing was counted.
    pub(super) fn is_empty(&self) -> bool {
        self.max < self.min
    }

    /// The counts of numbers, or the range of dates.
    pub(super) fn counts(&self, is_of_dates: bool) -> Counts {
        if is_of_dates { Counts::Dates { min: self.min, max: self.max } } else { self.finish() }
    }

    pub(super) fn finish(&self) -> Counts {
        let (min, max) = if self.is_empty() { (None, None) } else { (Some(self.min), Some(self.max)) };
        let bands = (0..).zip(&self.bands).filter(|(_, count)| **count > 0).map(|(band, count)| Band {
            from: band_start(band).unwrap_or(min.unwrap_or(0).min(0)),
            below: band_start(band + 1),
            count: u64::from(*count),
        });
        Counts::Ranges { min, max, bands: bands.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_begin_at_one_two_and_five_of_each_decade() {
        for (number, start) in [
            (1, 1),
            (2, 2),
            (4, 2),
            (5, 5),
            (9, 5),
            (10, 10),
            (19, 10),
            (999, 500),
            (1000, 1000),
            (i64::MAX, 5_000_000_000_000_000_000),
        ] {
            let band = band_of(number);
            assert!(band < BANDS, "{number}");
            assert_eq!(band_start(band), Some(start), "{number}");
            assert!(band_start(band + 1).is_none_or(|next| next > number), "{number}");
        }
        assert_eq!((band_of(0), band_of(-7), band_start(0), band_start(1)), (0, 0, None, Some(1)));
    }
}
