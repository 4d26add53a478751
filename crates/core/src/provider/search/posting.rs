//! Sets of products that have a word. Most words stand in few products, for which a bitmap would be large.

use roaring::RoaringBitmap;

/// From this number of products a set is a bitmap.
const MANY: usize = 24;

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
                    all.reserve_exact(4);
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

    /// Adds the set to a bitmap.
    pub(super) fn add_to(&self, bitmap: &mut RoaringBitmap) {
        match self {
            Self::None => {}
            Self::One(one) => {
                bitmap.insert(*one);
            }
            Self::Few(few) => bitmap.extend(few.iter().copied()),
            Self::Many(many) => *bitmap |= many,
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
