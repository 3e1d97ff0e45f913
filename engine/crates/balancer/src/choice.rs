//! Choosing an address for one try of an exchange.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::address::{Address, Lease};
use crate::balancer::Balancer;
use crate::consistent_hashing;
use crate::hash::{hash, mix};
use crate::spec::Algorithm;

/// What one exchange has tried so far.
#[derive(Debug, Default)]
pub struct Attempt {
    last: Option<Arc<Address>>,
    earlier: Vec<Arc<Address>>,
}

/// Why there is no address; Kong says "failure to get a peer from the ring-balancer" with status 503 to both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPeer {
    /// Less than `threshold` percent of the weight is available.
    Unhealthy,
    /// No address is available.
    NoneAvailable,
}

impl Balancer {
    /// Chooses an address. `value` is what consistent hashing hashes. A retry (with the same `attempt`) goes to
    /// another target while one is available, else to another address, else anywhere.
    pub fn pick(&self, attempt: &mut Attempt, value: &[u8], now: Duration) -> Result<Lease, NoPeer> {
        if !self.is_healthy() {
            return Err(NoPeer::Unhealthy);
        }
        let is_up = |address: &Address| address.weight > 0 && self.is_available(address);
        let index = if attempt.last.is_none() {
            self.choose(value, now, &is_up)
        } else {
            self.choose(value, now, &|address| is_up(address) && !attempt.has_tried_target(address))
                .or_else(|| self.choose(value, now, &|address| is_up(address) && !attempt.has_tried(address)))
                .or_else(|| self.choose(value, now, &is_up))
        };
        let address = &self.addresses[index.ok_or(NoPeer::NoneAvailable)?];
        attempt.earlier.extend(attempt.last.replace(Arc::clone(address)));
        Ok(Lease::new(Arc::clone(address)))
    }

    fn choose(&self, value: &[u8], now: Duration, admits: &dyn Fn(&Address) -> bool) -> Option<usize> {
        let step = || self.step.fetch_add(1, Ordering::Relaxed);
        match self.spec.algorithm {
            Algorithm::RoundRobin => self.next_in_turn(step(), admits),
            Algorithm::ConsistentHashing => {
                let all = self.addresses.iter().enumerate().map(|(index, address)| (index, &**address));
                consistent_hashing::choose(hash(value), all.filter(|(_, address)| admits(address)))
            }
            Algorithm::LeastConnections => self.least(step(), admits, |address| {
                f64::from(address.state.connections.load(Ordering::Relaxed)) + 1.0
            }),
            Algorithm::Latency => self.least(step(), admits, |address| address.state.latency.get(now)),
        }
    }

    /// The address whose turn it is. If it is out, its turn goes to any of the others by their weights: always
    /// to the same neighbour would double that one's load.
    fn next_in_turn(&self, step: u64, admits: &dyn Fn(&Address) -> bool) -> Option<usize> {
        let index = self.round_robin.at(step)?;
        if admits(&self.addresses[index]) {
            return Some(index);
        }
        let weight = |address: &Arc<Address>| if admits(address) { u64::from(address.weight) } else { 0 };
        let total: u64 = self.addresses.iter().map(weight).sum();
        let mut left = mix(step).checked_rem(total)?;
        self.addresses.iter().position(|address| {
            let weight = weight(address);
            let is_here = left < weight;
            left = left.saturating_sub(weight);
            is_here
        })
    }

    /// The least load for its weight; of equals another one each time.
    fn least(
        &self,
        step: u64,
        admits: &dyn Fn(&Address) -> bool,
        load: impl Fn(&Address) -> f64,
    ) -> Option<usize> {
        let count = self.addresses.len();
        let start = usize::try_from(step % (count.max(1) as u64)).unwrap_or_default();
        let mut best = (f64::INFINITY, None);
        for index in (start..count).chain(0..start) {
            let address = &self.addresses[index];
            if admits(address) {
                let score = load(address) / f64::from(address.weight);
                if score < best.0 {
                    best = (score, Some(index));
                }
            }
        }
        best.1
    }
}

impl Attempt {
    fn tried(&self) -> impl Iterator<Item = &Arc<Address>> {
        self.earlier.iter().chain(&self.last)
    }

    fn has_tried(&self, address: &Address) -> bool {
        self.tried().any(|tried| tried.identity == address.identity)
    }

    fn has_tried_target(&self, address: &Address) -> bool {
        self.tried().any(|tried| tried.name == address.name && tried.port == address.port)
    }
}
