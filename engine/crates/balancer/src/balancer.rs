//! One generation of an upstream's balancer.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use crate::address::{Address, Endpoint, Resolution, State, Target};
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
    pub(crate) round_robin: RoundRobin,
    pub(crate) step: Arc<AtomicU64>,
    /// What is known of addresses that are gone.
    gone: HashMap<Place, Known>,
}

/// The name of a target, and one of its addresses.
type Place = (Arc<str>, SocketAddr);

/// What is known of an address, and until when it was in use.
type Known = (Arc<State>, Duration);

/// An address that comes back so soon is still known, as in Kong: a target that is removed and added again, or that DNS
/// leaves out for a moment, is not taken for healthy again.
const MEMORY: Duration = Duration::from_secs(10);

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
        let mut known = before.map(|before| before.known(now)).unwrap_or_default();
        let mut addresses = Vec::new();
        let mut fresh = Vec::new();
        for (index, target) in targets.iter().enumerate() {
            for endpoint in target.endpoints() {
                let place = (Arc::clone(&target.name), endpoint.socket);
                let state = known.remove(&place).map(|known| known.0);
                let state = state.unwrap_or_else(|| {
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
        Self { spec, targets, addresses, round_robin, step, gone: known }
    }

    fn known(&self, now: Duration) -> HashMap<Place, Known> {
        let in_use = self
            .addresses
            .iter()
            .map(|address| ((Arc::clone(&address.name), address.socket), (Arc::clone(&address.state), now)));
        let gone = self.gone.iter().filter(|(_, (_, until))| now.saturating_sub(*until) < MEMORY);
        gone.map(|(place, known)| (place.clone(), known.clone())).chain(in_use).collect()
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
        nested: endpoint.nested.clone(),
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
