//! Targets, and the addresses behind their names.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::health::Health;
use crate::latency::Average;

/// A target and what DNS said about its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The host part of the target: a name or an address.
    pub name: Arc<str>,
    pub port: u16,
    /// 0 takes the target out; of SRV records, each one's own weight counts instead.
    pub weight: u32,
    pub resolution: Resolution,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Resolution {
    /// `record` is `A`, `AAAA` or `SRV` (a target that is an address says `A` or `AAAA`).
    Addresses { record: &'static str, endpoints: Vec<Endpoint> },
    /// There is no answer, not even a stale one; the words are reported.
    Failed(String),
}

/// One address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub socket: SocketAddr,
    /// Set for SRV records; 0 counts as 1.
    pub weight: Option<u32>,
    /// For the `Host` header: the target's name, or that in an SRV record (`use_srv_name`); `None` for an address.
    pub hostname: Option<Arc<str>>,
    /// The name in an SRV record: reports tell it in place of the address.
    pub nested: Option<Arc<str>>,
}

/// An address that requests can be sent to. Shared between generations of a balancer as far as it is the same.
#[derive(Debug)]
pub struct Address {
    /// The target's name and port.
    pub name: Arc<str>,
    pub port: u16,
    pub socket: SocketAddr,
    pub hostname: Option<Arc<str>>,
    pub nested: Option<Arc<str>>,
    pub weight: u32,
    /// Which target of its balancer.
    pub(crate) target: usize,
    pub(crate) state: Arc<State>,
    /// Says the same in all generations and on all nodes.
    pub(crate) identity: u64,
}

/// What was learnt about an address.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub health: Health,
    pub connections: AtomicU32,
    pub latency: Average,
}

/// A request's hold on an address: counted as open until it is dropped.
#[derive(Debug)]
pub struct Lease {
    address: Arc<Address>,
}

impl Lease {
    pub(crate) fn new(address: Arc<Address>) -> Self {
        address.state.connections.fetch_add(1, Ordering::Relaxed);
        Self { address }
    }

    pub fn address(&self) -> &Arc<Address> {
        &self.address
    }
}

impl std::ops::Deref for Lease {
    type Target = Address;

    fn deref(&self) -> &Address {
        &self.address
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.address.state.connections.fetch_sub(1, Ordering::Relaxed);
    }
}
