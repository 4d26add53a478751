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
    pub(super) fn is_of_variants(&self) -> bool {
        matches!(self, Self::Price { .. } | Self::InStock | Self::OnSale | Self::Values { .. } | Self::Numbers { .. })
    }
}

/// The conditions of a filter, each with its bit.
#[derive(Debug)]
pub(super) struct Tests {
    pub(super) all: Vec<Test>,
    pub(super) has_variant_tests: bool,
}

impl Tests {
    /// Bit of the first condition for which something holds; 0 if there is none.
    pub(super) fn bit(&self, holds: impl Fn(&Test) -> bool) -> u64 {
        self.all.iter().position(holds).map_or(0, |at| 1 << at)
    }
}
