//! Health of one address: counters of what was observed, and the state that they lead to.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::checks::Healthchecks;

/// Who observed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observer {
    /// A probe.
    Active,
    /// Proxied traffic.
    Passive,
}

/// What was observed of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A TCP probe connected.
    Success,
    /// An answer with this status; what it means is configured.
    Status(u16),
    /// No connection, a broken connection, or a failed TLS handshake.
    TcpFailure,
    Timeout,
}

/// An observation, weighed by the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Observation {
    kind: Count,
    limit: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Count {
    Success,
    Http,
    Tcp,
    Timeout,
}

impl Observation {
    /// `None` when the configuration does not care.
    pub fn weigh(checks: &Healthchecks, observer: Observer, event: Event) -> Option<Self> {
        let (good, successes, bad, http, tcp, timeouts) = match observer {
            Observer::Active => {
                let (up, down) = (&checks.active.healthy, &checks.active.unhealthy);
                let counts = (down.http_failures, down.tcp_failures, down.timeouts);
                (&up.http_statuses, up.successes, &down.http_statuses, counts.0, counts.1, counts.2)
            }
            Observer::Passive => {
                let (up, down) = (&checks.passive.healthy, &checks.passive.unhealthy);
                let counts = (down.http_failures, down.tcp_failures, down.timeouts);
                (&up.http_statuses, up.successes, &down.http_statuses, counts.0, counts.1, counts.2)
            }
        };
        let (kind, limit) = match event {
            Event::Success => (Count::Success, successes),
            Event::Status(status) if good.contains(&status) => (Count::Success, successes),
            Event::Status(status) if bad.contains(&status) => (Count::Http, http),
            Event::Status(_) => return None,
            Event::TcpFailure => (Count::Tcp, tcp),
            Event::Timeout => (Count::Timeout, timeouts),
        };
        (limit > 0).then_some(Self { kind, limit })
    }
}

const HEALTHY: u8 = 0;
/// Healthy, but failures were counted.
const MOSTLY_HEALTHY: u8 = 1;
/// Unhealthy, but successes were counted.
const MOSTLY_UNHEALTHY: u8 = 2;
const UNHEALTHY: u8 = 3;

/// Shared by all threads, and by the generations of a balancer.
#[derive(Debug, Default)]
pub(crate) struct Health {
    state: AtomicU8,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    successes: u8,
    http: u8,
    tcp: u8,
    timeouts: u8,
}

impl Health {
    pub fn is_available(&self) -> bool {
        self.state.load(Ordering::Relaxed) <= MOSTLY_HEALTHY
    }

    /// Counts; `Some(healthy)` when the address changed sides by it. A success forgets all failures and a failure
    /// all successes; failures of different kinds are counted apart.
    pub fn observe(&self, observation: Observation) -> Option<bool> {
        let is_success = observation.kind == Count::Success;
        let already = if is_success { HEALTHY } else { UNHEALTHY };
        if self.state.load(Ordering::Relaxed) == already {
            return None;
        }
        let mut counts = self.counts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let before = self.state.load(Ordering::Relaxed);
        let count = counts.increment(observation.kind);
        let after = match (count >= observation.limit, is_success, before) {
            (true, ..) => already,
            (false, false, HEALTHY) => MOSTLY_HEALTHY,
            (false, true, UNHEALTHY) => MOSTLY_UNHEALTHY,
            _ => before,
        };
        self.state.store(after, Ordering::Relaxed);
        let changed = (before <= MOSTLY_HEALTHY) != (after <= MOSTLY_HEALTHY);
        changed.then_some(is_success)
    }

    /// Sets the state as an operator said it, and forgets all counts. Whether it changed sides.
    pub fn set(&self, healthy: bool) -> bool {
        let mut counts = self.counts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *counts = Counts::default();
        let before = self.state.swap(if healthy { HEALTHY } else { UNHEALTHY }, Ordering::Relaxed);
        (before <= MOSTLY_HEALTHY) != healthy
    }
}

impl Counts {
    fn increment(&mut self, kind: Count) -> u8 {
        if kind == Count::Success {
            *self = Self { successes: self.successes, ..Self::default() };
        } else {
            self.successes = 0;
        }
        let count = match kind {
            Count::Success => &mut self.successes,
            Count::Http => &mut self.http,
            Count::Tcp => &mut self.tcp,
            Count::Timeout => &mut self.timeouts,
        };
        *count = count.saturating_add(1);
        *count
    }
}
