//! Rows of products and cells of variants, packed so that a pass over many products reads little memory.

use super::range::bit_of;

pub(super) const IN_STOCK: u8 = 1;
pub(super) const ON_SALE: u8 = 2;
pub(super) const DIGITAL: u8 = 4;
pub(super) const FEATURED: u8 = 8;
pub(super) const BESTSELLER: u8 = 16;
pub(super) const NEW_ARRIVAL: u8 = 32;

/// A part of a common list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) start: u32,
    pub(super) length: u16,
}

impl Part {
    /// Adds items to the end of a list, at most 65,535.
    pub(super) fn of<T>(list: &mut Vec<T>, new: impl IntoIterator<Item = T>) -> Self {
        let start = list.len();
        list.extend(new.into_iter().take(usize::from(u16::MAX)));
        Self { start: start as u32, length: (list.len() - start) as u16 }
    }

    /// The items of the list.
    pub(super) fn of_list<T>(self, list: &[T]) -> &[T] {
        list.get(range(self.start, self.length)).unwrap_or_default()
    }
}

fn range(start: u32, length: u16) -> std::ops::Range<usize> {
    let start = start as usize;
    start..start + usize::from(length)
}

/// A product, in one line of the processor's cache.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Row {
    /// Of everything that is not changed in place.
    pub(super) hash: u64,
    /// A bit for each band of prices that a variant is in.
    pub(super) price_bands: u64,
    /// Lowest price of the active variants, in minor units.
    pub(super) min_price: i64,
    /// Highest price of the active variants, in minor units.
    pub(super) max_price: i64,
    pub(super) store: u32,
    pub(super) category: u32,
    values: u32,
    numbers: u32,
    variants: u32,
    /// Values of the product itself, the first of [`Self::all_values`].
    own_value_count: u16,
    value_count: u16,
    number_count: u16,
    variant_count: u16,
    /// Average rating in hundredths of a star.
    pub(super) rating: i16,
    /// Flags of the product; [`IN_STOCK`] and [`ON_SALE`] if any variant has them.
    pub(super) flags: u8,
}

/// Where the lists of a product are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lists {
    /// Values of the product, then those of its variants that it does not have itself.
    pub(super) values: Part,
    /// How many of them are of the product itself.
    pub(super) own_values: usize,
    pub(super) numbers: Part,
    pub(super) variants: Part,
}

impl Row {
    /// A row without flags, prices and rating.
    pub(super) fn new(store: u32, category: u32, hash: u64, lists: Lists) -> Self {
        let Lists { values, own_values, numbers, variants } = lists;
        Self {
            hash,
            price_bands: 0,
            min_price: 0,
            max_price: 0,
            store,
            category,
            values: values.start,
            numbers: numbers.start,
            variants: variants.start,
            own_value_count: u16::try_from(own_values).unwrap_or(u16::MAX).min(values.length),
            value_count: values.length,
            number_count: numbers.length,
            variant_count: variants.length,
            rating: 0,
            flags: 0,
        }
    }

    /// The same product with its lists at other places.
    pub(super) fn with_lists(self, values: u32, numbers: u32, variants: u32) -> Self {
        Self { values, numbers, variants, ..self }
    }

    /// Values of the product itself.
    pub(super) fn own_values(&self) -> std::ops::Range<usize> {
        range(self.values, self.own_value_count)
    }

    /// Values of the product and of its variants, each once.
    pub(super) fn all_values(&self) -> std::ops::Range<usize> {
        range(self.values, self.value_count)
    }

    pub(super) fn numbers(&self) -> std::ops::Range<usize> {
        range(self.numbers, self.number_count)
    }

    pub(super) fn variants(&self) -> std::ops::Range<usize> {
        range(self.variants, self.variant_count)
    }
}

/// A variant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    /// Minor units.
    pub(super) price: i64,
    /// Its values and numbers.
    pub(super) combination: u32,
    pub(super) flags: u8,
}

/// The prices of variants: lowest, highest, and a bit for each band.
pub(super) fn price_summary(prices: impl Iterator<Item = i64>) -> (i64, i64, u64) {
    let summary =
        prices.fold((i64::MAX, i64::MIN, 0), |(min, max, bands), price| (min.min(price), max.max(price), bands | bit_of(price)));
    if summary.2 == 0 { (0, 0, 0) } else { summary }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_fills_one_cache_line() {
        assert_eq!((size_of::<Row>(), size_of::<Cell>()), (64, 16));
    }
}
