//! The open connections, counted in total and by network.

use crate::http::connection::activity::Activity;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// Why a connection was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rejected {
    /// The limit of the network is reached.
    Network,
    /// The total limit is reached.
    All,
}

impl Rejected {
    /// The configuration key of the limit.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Network => "SOUK_CONNECTIONS_PER_ADDRESS",
            Self::All => "SOUK_CONNECTIONS",
        }
    }
}

struct Connection {
    network: String,
    activity: Arc<Activity>,
    evicted: CancellationToken,
}

#[derive(Default)]
struct State {
    last: u64,
    connections: HashMap<u64, Connection>,
    networks: HashMap<String, usize>,
}

/// The open connections.
pub(super) struct OpenConnections {
    most: usize,
    /// `None` if there is no limit per network.
    per_network: Option<usize>,
    state: Mutex<State>,
}

/// The slot of a connection, which is released on drop.
pub(super) struct Slot {
    open: Arc<OpenConnections>,
    number: u64,
    /// The activity of the connection.
    pub activity: Arc<Activity>,
    /// Cancelled when the connection must be closed in favor of another.
    pub evicted: CancellationToken,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut state = self.open.state();
        if let Some(connection) = state.connections.remove(&self.number)
            && let Some(count) = state.networks.get_mut(&connection.network)
        {
            *count -= 1;
            if *count == 0 {
                state.networks.remove(&connection.network);
            }
        }
    }
}

impl OpenConnections {
    /// No open connections.
    pub(super) fn new(most: usize, per_network: Option<usize>) -> Self {
        Self { most, per_network, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Number of open connections.
    pub(super) fn count(&self) -> usize {
        self.state().connections.len()
    }

    /// Counts a new connection. At the total limit, an idle connection of the network with the most connections is closed, unless
    /// that is the network of the new connection.
    pub(super) fn enter(self: &Arc<Self>, network: &str) -> Result<Slot, Rejected> {
        let mut state = self.state();
        let of_network = state.networks.get(network).copied().unwrap_or(0);
        if self.per_network.is_some_and(|most| of_network >= most) {
            return Err(Rejected::Network);
        }
        if state.connections.len() >= self.most && !state.evict_idle(of_network + 1) {
            return Err(Rejected::All);
        }
        state.last += 1;
        let number = state.last;
        let (activity, evicted) = (Arc::new(Activity::new()), CancellationToken::new());
        *state.networks.entry(network.to_owned()).or_default() += 1;
        let connection = Connection { network: network.to_owned(), activity: Arc::clone(&activity), evicted: evicted.clone() };
        state.connections.insert(number, connection);
        drop(state);
        Ok(Slot { open: Arc::clone(self), number, activity, evicted })
    }

    /// Closes an idle connection of the network with the most connections.
    pub(super) fn evict_idle(&self) {
        self.state().evict_idle(0);
    }
}

impl State {
    /// Closes an idle connection of a network with more than this number of connections; returns whether there was one.
    fn evict_idle(&mut self, more_than: usize) -> bool {
        let idle = self.connections.iter().filter(|(_, connection)| {
            connection.activity.is_idle()
                && !connection.evicted.is_cancelled()
                && self.networks.get(&connection.network).is_some_and(|count| *count > more_than)
        });
        // The oldest connection of the network.
        let chosen = idle
            .max_by_key(|(number, connection)| (self.networks.get(&connection.network).copied(), std::cmp::Reverse(**number)));
        let Some((number, _)) = chosen else { return false };
        let number = *number;
        let Some(connection) = self.connections.remove(&number) else { return false };
        connection.evicted.cancel();
        if let Some(count) = self.networks.get_mut(&connection.network) {
            *count -= 1;
        }
        if self.networks.get(&connection.network) == Some(&0) {
            self.networks.remove(&connection.network);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_counted_in_total_and_by_network() {
        let open = Arc::new(OpenConnections::new(3, Some(2)));
        let first = open.enter("a").ok();
        let second = open.enter("a").ok();
        assert_eq!(open.enter("a").err(), Some(Rejected::Network));
        let other = open.enter("b").ok();
        for slot in [&first, &second, &other].into_iter().flatten() {
            slot.activity.busy();
        }
        assert_eq!(open.enter("c").err(), Some(Rejected::All));
        drop(first);
        let third = open.enter("c").ok();
        assert!(third.is_some());
        drop((second, other, third));
        assert_eq!(open.count(), 0);
        assert!(open.state().networks.is_empty());
    }

    #[test]
    fn an_idle_connection_of_the_largest_network_is_evicted() {
        let open = Arc::new(OpenConnections::new(4, None));
        let slots: Vec<_> = ["a", "a", "a", "b"].into_iter().filter_map(|network| open.enter(network).ok()).collect();
        slots[0].activity.busy();
        let new = open.enter("c").ok();
        assert!(new.is_some());
        let evicted: Vec<_> = slots.iter().map(|slot| slot.evicted.is_cancelled()).collect();
        assert_eq!(evicted, [false, true, false, false]);
        // The largest network itself can't evict.
        assert_eq!(open.enter("a").err(), Some(Rejected::All));
        drop((slots, new));
        assert!(open.state().networks.is_empty() && open.count() == 0);
    }
}
