//! Sets of products that have a word. Most words stand in few products, for which a bitmap would be large.

use roaring::{MultiOps, RoaringBitmap};

/// From this number of products a set is a bitmap, which takes 50 bytes or more for each 65,536 ordinals, and 2 for a product; tests take
/// both.
const MANY: usize = if cfg!(test) { 4 } else { 384 };
/// From this number of ordinals a union is made by setting bits.
const DENSE: usize = if cfg!(test) { 4 } else { 1_024 };

/// Sets of ordinals, united at once, which takes less than one after the other.
#[derive(Default)]
pub(super) struct Union<'a> {
    few: Vec<u32>,
    many: Vec<&'a RoaringBitmap>,
}

impl<'a> Union<'a> {
    pub(super) fn add(&mut self, set: &'a RoaringBitmap) {
        self.many.push(set);
    }

    /// The ordinals that are in any of the sets, or in `before`.
    pub(super) fn with(mut self, before: RoaringBitmap) -> RoaringBitmap {
        let few = if self.few.len() < DENSE {
            self.few.sort_unstable();
            self.few.dedup();
            RoaringBitmap::from_sorted_iter(self.few).unwrap_or_default()
        } else {
            let mut bytes = vec![0_u8; self.few.iter().max().map_or(0, |max| *max as usize / 8 + 1)];
            for ordinal in self.few {
                if let Some(byte) = bytes.get_mut(ordinal as usize / 8) {
                    *byte |= 1 << (ordinal % 8);
                }
            }
            RoaringBitmap::from_lsb0_bytes(0, &bytes)
        };
        if self.many.is_empty() {
            return before | few;
        }
        self.many.into_iter().chain([&few, &before]).union()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.few.is_empty() && self.many.is_empty()
    }
}

/// A set of ordinals, to which larger ones are added.
#[derive(Clone, Debug, Default)]
pub(super) enum Posting {
    #[default]
    None,
    One(u32),
    Few(Vec<u32>),
    Many(RoaringBitmap),
}

impl Posting {
    /// Adds an ordinal that is not below any other of the set.
    pub(super) fn push(&mut self, ordinal: u32) {
        match self {
            Self::None => *self = Self::One(ordinal),
            Self::One(first) if *first == ordinal => {}
            Self::One(first) => *self = Self::Few(vec![*first, ordinal]),
            Self::Few(all) if all.last() == Some(&ordinal) => {}
            Self::Few(all) if all.len() < MANY => {
                if all.len() == all.capacity() {
                    // Less than doubling it, as there are many sets.
                    all.reserve_exact(4 + all.len() / 4);
                }
                all.push(ordinal);
            }
            Self::Few(all) => {
                let mut many: RoaringBitmap = all.iter().copied().collect();
                many.insert(ordinal);
                *self = Self::Many(many);
            }
            Self::Many(all) => {
                all.insert(ordinal);
            }
        }
    }

    /// The ordinals in order.
    pub(super) fn iter(&self) -> Box<dyn Iterator<Item = u32> + '_> {
        match self {
            Self::None => Box::new(std::iter::empty()),
            Self::One(one) => Box::new(std::iter::once(*one)),
            Self::Few(few) => Box::new(few.iter().copied()),
            Self::Many(many) => Box::new(many.iter()),
        }
    }

    /// Adds the set to a union.
    pub(super) fn add_to<'a>(&'a self, union: &mut Union<'a>) {
        match self {
            Self::None => {}
            Self::One(one) => union.few.push(*one),
            Self::Few(few) => union.few.extend(few),
            Self::Many(many) => union.many.push(many),
        }
    }

    /// The ordinals that are in a bitmap, too.
    pub(super) fn within(&self, bitmap: &RoaringBitmap) -> RoaringBitmap {
        match self {
            Self::Many(many) => many & bitmap,
            few => few.iter().filter(|one| bitmap.contains(*one)).collect(),
        }
    }

    /// Whether the set shares an ordinal with a bitmap.
    pub(super) fn meets(&self, bitmap: &RoaringBitmap) -> bool {
        match self {
            Self::None => false,
            Self::One(one) => bitmap.contains(*one),
            Self::Few(few) => few.iter().any(|one| bitmap.contains(*one)),
            Self::Many(many) => !many.is_disjoint(bitmap),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::None)
    }

    /// Frees memory that was reserved for more ordinals.
    pub(super) fn shrink(&mut self) {
        match self {
            Self::None | Self::One(_) => {}
            Self::Few(few) => few.shrink_to_fit(),
            Self::Many(many) => shrink(many),
        }
    }

    /// The same set under new ordinals, which rise with the old ones; `None` leaves one out.
    pub(super) fn renumbered(&self, new: &impl Fn(u32) -> Option<u32>) -> Self {
        let mut set = Self::None;
        for ordinal in self.iter().filter_map(new) {
            set.push(ordinal);
        }
        if let Self::Many(many) = &mut set {
            many.optimize();
        }
        set
    }
}

/// Frees memory that a bitmap reserved for more ordinals: its copy has none.
pub(super) fn shrink(bitmap: &mut RoaringBitmap) {
    let exact = bitmap.clone();
    *bitmap = exact;
}
