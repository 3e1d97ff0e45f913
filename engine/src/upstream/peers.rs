//! The addresses that may serve a request, in the order in which they are tried.
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use gopura_balancer::{Attempt, Event, Lease, Observer};

use super::balanced::{Upstream, now};
use super::hash_value;
use crate::dns::Dns;
use crate::exchange::{Exchange, Scheme};
use crate::http::forward::authority;

/// One address to try.
#[derive(Clone, Debug)]
pub struct Peer {
    pub address: SocketAddr,
    /// The Host header for it.
    pub authority: Bytes,
}

/// Why there is no address, as Kong words it; the status is 503.
#[derive(Debug)]
pub struct Unreachable(pub &'static str);

const NO_NAME: Unreachable = Unreachable("name resolution failed");
const NO_PEER: Unreachable = Unreachable("failure to get a peer from the ring-balancer");

pub enum Peers {
    /// Addresses of a name, tried in turn.
    Fixed { list: Vec<Peer>, next: usize },
    /// Targets of an Upstream.
    Balanced(Box<Balanced>),
}

pub struct Balanced {
    upstream: Arc<Upstream>,
    scheme: Scheme,
    attempt: Attempt,
    value: Vec<u8>,
    lease: Option<Lease>,
}

/// The hold on a target that served, for the rest of the exchange.
pub struct Held {
    pub upstream: Arc<Upstream>,
    pub lease: Lease,
}

impl Peers {
    /// Looks for the addresses of the exchange's host: an address, an Upstream's name, or a DNS name.
    pub async fn find(exchange: &mut Exchange, dns: &Dns) -> Result<Self, Unreachable> {
        let outgoing = &exchange.outgoing;
        let scheme = outgoing.scheme.unwrap_or(Scheme::Http);
        let service = exchange.service.as_ref().filter(|service| {
            service.target.host == outgoing.host
                && service.port == outgoing.port
                && service.target.scheme == scheme
        });
        if let Some((service, ip)) = service.and_then(|service| Some((service, service.target.ip?))) {
            return Ok(Self::one(SocketAddr::new(ip, outgoing.port), service.target.authority.clone()));
        }
        let host = String::from_utf8_lossy(&outgoing.host);
        if let Some(upstream) = exchange.snapshot.upstreams.get(&*host).cloned() {
            let value = hash_value::of(exchange, &upstream.spec);
            let attempt = Attempt::default();
            return Ok(Self::Balanced(Box::new(Balanced { upstream, scheme, attempt, value, lease: None })));
        }
        let authority: Bytes = authority(&host, outgoing.port, scheme).into();
        if let Ok(ip) = host.trim_matches(['[', ']']).parse::<IpAddr>() {
            return Ok(Self::one(SocketAddr::new(ip, outgoing.port), authority));
        }
        Self::of_name(&host, outgoing.port, &authority, dns).await.ok_or(NO_NAME)
    }

    async fn of_name(host: &str, port: u16, authority: &Bytes, dns: &Dns) -> Option<Self> {
        let answer = dns.ask(host).await;
        let peer = |record: &crate::dns::Record| {
            let port = record.port.filter(|port| *port > 0).unwrap_or(port);
            Peer { address: SocketAddr::new(record.ip, port), authority: authority.clone() }
        };
        let list: Vec<Peer> = answer.turn().into_iter().map(peer).collect();
        (!list.is_empty()).then_some(Self::Fixed { list, next: 0 })
    }

    fn one(address: SocketAddr, authority: Bytes) -> Self {
        Self::Fixed { list: vec![Peer { address, authority }], next: 0 }
    }

    /// The next address; of a name after the last one the first again.
    pub fn next(&mut self) -> Result<Peer, Unreachable> {
        match self {
            Self::Fixed { list, next } => {
                let peer = list[*next % list.len()].clone();
                *next += 1;
                Ok(peer)
            }
            Self::Balanced(balanced) => balanced.next(),
        }
    }

    /// Tells that the last address failed and another one is tried.
    pub fn failed(&self, timed_out: bool) {
        if let Self::Balanced(balanced) = self
            && let Some(lease) = &balanced.lease
        {
            let event = if timed_out { Event::Timeout } else { Event::TcpFailure };
            balanced.upstream.report(lease.address(), Observer::Passive, event);
        }
    }

    /// The hold on the last address.
    pub fn hold(self) -> Option<Held> {
        match self {
            Self::Fixed { .. } => None,
            Self::Balanced(balanced) => {
                let upstream = balanced.upstream;
                balanced.lease.map(|lease| Held { upstream, lease })
            }
        }
    }
}

impl Balanced {
    fn next(&mut self) -> Result<Peer, Unreachable> {
        self.lease = None;
        let balancer = self.upstream.balancer.load();
        let lease = balancer.pick(&mut self.attempt, &self.value, now()).map_err(|_| NO_PEER)?;
        let port = lease.socket.port();
        let name = lease.hostname.as_deref().unwrap_or(&lease.name);
        let name = self.upstream.host_header.as_deref().unwrap_or(name);
        let authority = authority(name, port, self.scheme).into();
        let peer = Peer { address: lease.socket, authority };
        self.lease = Some(lease);
        Ok(peer)
    }
}

impl Held {
    /// Tells how the exchange ended: 504 is a time-out, everything else its status.
    pub fn ended(&self, status: u16, waited: Option<std::time::Duration>) {
        let event = if status == 504 { Event::Timeout } else { Event::Status(status) };
        self.upstream.report(self.lease.address(), Observer::Passive, event);
        if let Some(waited) = waited {
            self.upstream.balancer.load().observe_latency(self.lease.address(), waited, now());
        }
    }
}
