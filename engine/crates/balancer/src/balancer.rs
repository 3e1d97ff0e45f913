//! One generation of an upstream's balancer.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::address::{Address, Endpoint, Lease, Resolution, State, Target};
use crate::consistent_hashing;
use crate::hash::{hash, mix};
use crate::health::{Event, Observation, Observer};
use crate::round_robin::RoundRobin;
use crate::spec::{Algorithm, UpstreamSpec};

/// The addresses of an upstream and how one of them is chosen. It never changes but for what it learns about its
/// addresses; a change of the upstream, its targets or their DNS answers makes the next generation by
/// [`Balancer::new`], which takes over what is known. Used by all threads at once, without locks.
#[derive(Debug)]
pub struct Balancer {
    pub spec: Arc<UpstreamSpec>,
    pub(crate) targets: Vec<Target>,
    /// Those of one weight lie together.
    pub(crate) addresses: Vec<Arc<Address>>,
    round_robin: RoundRobin,
    step: Arc<AtomicU64>,
}

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

/// An address changed sides; to be logged.
#[derive(Clone, Debug)]
pub struct HealthChange {
    pub address: Arc<Address>,
    pub healthy: bool,
}

/// Health is not observed, so that it cannot be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HealthchecksOff;

impl Balancer {
    /// `now` is the time since any fixed moment, the same for all calls. `seed` decides where the first turn begins,
    /// so that many workers or nodes do not all begin with the same address.
    pub fn new(
        spec: Arc<UpstreamSpec>,
        mut targets: Vec<Target>,
        before: Option<&Self>,
        now: Duration,
        seed: u64,
    ) -> Self {
        targets.sort_by(|one, other| (&one.name, one.port).cmp(&(&other.name, other.port)));
        let mut known = before.map(Self::states).unwrap_or_default();
        let mut addresses = Vec::new();
        let mut fresh = Vec::new();
        for (index, target) in targets.iter().enumerate() {
            for endpoint in target.endpoints() {
                let state = known.remove(&(Arc::clone(&target.name), endpoint.socket)).unwrap_or_else(|| {
                    let state = Arc::new(State::default());
                    fresh.push(Arc::clone(&state));
                    state
                });
                addresses.push(Arc::new(address(index, target, endpoint, state)));
            }
        }
        slow_start(&addresses, &fresh, now);
        addresses.sort_by_key(|address| address.weight);
        let round_robin = RoundRobin::new(addresses.iter().map(|address| address.weight));
        let step = before
            .map_or_else(|| Arc::new(AtomicU64::new(mix(seed) >> 1)), |before| Arc::clone(&before.step));
        Self { spec, targets, addresses, round_robin, step }
    }

    fn states(&self) -> HashMap<(Arc<str>, SocketAddr), Arc<State>> {
        let state = |address: &Arc<Address>| {
            ((Arc::clone(&address.name), address.socket), Arc::clone(&address.state))
        };
        self.addresses.iter().map(state).collect()
    }

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

    /// Whether enough of the weight is available for the upstream to be used.
    pub fn is_healthy(&self) -> bool {
        let threshold = self.spec.healthchecks.threshold;
        if threshold <= 0.0 {
            return true;
        }
        let (mut total, mut available) = (0.0, 0.0);
        for address in &self.addresses {
            total += f64::from(address.weight);
            available += if self.is_available(address) { f64::from(address.weight) } else { 0.0 };
        }
        total > 0.0 && available / total * 100.0 > threshold
    }

    /// Whether the address may be chosen as far as its health goes.
    pub fn is_available(&self, address: &Address) -> bool {
        !self.spec.healthchecks.is_on() || address.state.health.is_available()
    }

    /// Tells what was observed of an address, in any generation of the balancer.
    ///
    /// Kong tells of proxied requests: of a try that a retry follows, a time-out or a TCP failure; of the last try,
    /// a time-out if the client gets 504, else the status that it gets (so 502 for no connection).
    pub fn report(&self, address: &Arc<Address>, observer: Observer, event: Event) -> Option<HealthChange> {
        let observation = Observation::weigh(&self.spec.healthchecks, observer, event)?;
        let healthy = address.state.health.observe(observation)?;
        Some(HealthChange { address: Arc::clone(address), healthy })
    }

    /// Tells how long an answer took, connecting included. Only the `latency` algorithm wants to know.
    pub fn observe_latency(&self, address: &Address, taken: Duration, now: Duration) {
        if self.spec.algorithm == Algorithm::Latency {
            address.state.latency.add(taken.as_secs_f64(), now);
        }
    }

    /// Sets the health of all addresses of a target, or of the one with this IP. How many addresses that were.
    pub fn set_health(
        &self,
        name: &str,
        port: u16,
        ip: Option<IpAddr>,
        healthy: bool,
    ) -> Result<usize, HealthchecksOff> {
        if !self.spec.healthchecks.is_on() {
            return Err(HealthchecksOff);
        }
        let is_meant = |address: &&Arc<Address>| {
            let target = &self.targets[address.target];
            *target.name == *name && target.port == port && ip.is_none_or(|ip| address.socket.ip() == ip)
        };
        let meant = self.addresses.iter().filter(is_meant);
        Ok(meant.inspect(|address| _ = address.state.health.set(healthy)).count())
    }

    /// All addresses, those of weight 0 too.
    pub fn addresses(&self) -> &[Arc<Address>] {
        &self.addresses
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

impl Target {
    fn endpoints(&self) -> &[Endpoint] {
        match &self.resolution {
            Resolution::Addresses { endpoints, .. } => endpoints,
            Resolution::Failed(_) => &[],
        }
    }
}

fn address(index: usize, target: &Target, endpoint: &Endpoint, state: Arc<State>) -> Address {
    let weight = match endpoint.weight {
        Some(weight) if target.weight > 0 => weight.max(1),
        Some(_) => 0,
        None => target.weight,
    };
    Address {
        name: Arc::clone(&target.name),
        port: target.port,
        socket: endpoint.socket,
        hostname: endpoint.hostname.clone(),
        weight,
        target: index,
        identity: hash(format!("{}|{}", target.name, endpoint.socket).as_bytes()),
        state,
    }
}

/// Addresses that nothing is known about begin with the average of the others, so that they are not flooded.
#[expect(clippy::cast_precision_loss, reason = "a count of addresses")]
fn slow_start(addresses: &[Arc<Address>], fresh: &[Arc<State>], now: Duration) {
    let is_known = |address: &&Arc<Address>| !fresh.iter().any(|state| Arc::ptr_eq(state, &address.state));
    let known: Vec<f64> =
        addresses.iter().filter(is_known).map(|address| address.state.latency.raw()).collect();
    if !known.is_empty() {
        let average = known.iter().sum::<f64>() / known.len() as f64;
        for state in fresh {
            state.latency.start(average, now);
        }
    }
}
