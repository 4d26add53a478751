//! Grouping of rows.

use std::collections::HashMap;
use std::hash::Hash;

/// Groups rows by a key. The rows of a group keep their order.
pub fn grouped<K: Eq + Hash, V>(rows: impl IntoIterator<Item = V>, key: impl Fn(&V) -> K) -> HashMap<K, Vec<V>> {
    let mut groups: HashMap<K, Vec<V>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    groups
}
