//! The conditions of a filter, by ordinals of the index.

use uuid::Uuid;

/// A condition by ordinals of the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    // Of the product.
    Rating(i32),
    Flag { flag: u8, is_set: bool },
    Published { from: i64, before: i64 },
    Stores(Vec<u32>),
    LowestPrice { min: i64, max: i64 },
    // Of the product or of one variant.
    Price { min: i64, max: i64 },
    InStock,
    OnSale,
    Values { attribute: Option<Uuid>, values: Vec<u32> },
    Numbers { attribute: u32, min: i64, max: i64 },
}

impl Test {
    /// Whether the variants of one product can differ in it.
    fn is_of_variants(&self) -> bool {
        matches!(self, Self::Price { .. } | Self::InStock | Self::OnSale | Self::Values { .. } | Self::Numbers { .. })
    }
}

/// The conditions of a filter, each with its bit.
#[derive(Debug)]
pub(super) struct Tests {
    /// Those in which the variants of a product do not differ.
    pub(super) of_products: Vec<(u64, Test)>,
    pub(super) of_variants: Vec<(u64, Test)>,
}

impl Tests {
    pub(super) fn new(all: Vec<Test>) -> Self {
        let with_bits = (0..).zip(all).map(|(at, test)| (1_u64 << at, test));
        let (of_variants, of_products) = with_bits.partition(|(_, test)| test.is_of_variants());
        Self { of_products, of_variants }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &(u64, Test)> {
        self.of_products.iter().chain(&self.of_variants)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.of_products.is_empty() && self.of_variants.is_empty()
    }

    pub(super) fn contains(&self, test: &Test) -> bool {
        self.iter().any(|(_, other)| other == test)
    }

    /// Bit of the first condition for which something holds; 0 if there is none.
    pub(super) fn bit(&self, holds: impl Fn(&Test) -> bool) -> u64 {
        self.iter().filter(|(_, test)| holds(test)).map(|(bit, _)| *bit).min().unwrap_or(0)
    }
}
