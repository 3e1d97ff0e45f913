//! The addresses that may serve a request, in the order in which they are tried.
use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;

use super::dns;
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
pub struct Unreachable(pub &'static str);

pub struct Peers {
    list: Vec<Peer>,
    next: usize,
}

impl Peers {
    /// Looks for the addresses of the exchange's host: an address, an Upstream's name, or a DNS name.
    pub async fn find(exchange: &Exchange) -> Result<Self, Unreachable> {
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
        if let Some(upstream) = exchange.snapshot.upstreams.get(&*host) {
            return Self::of_upstream(upstream, scheme).await;
        }
        let authority = authority(&host, outgoing.port, scheme).into();
        Self::of_name(&host, outgoing.port, &authority).await.ok_or(Unreachable("name resolution failed"))
    }

    async fn of_upstream(upstream: &crate::snapshot::Upstream, scheme: Scheme) -> Result<Self, Unreachable> {
        let mut list = Vec::new();
        for target in upstream.turn() {
            let own = authority(&target.host, target.port, scheme);
            let authority = upstream.host_header.clone().unwrap_or(own).into();
            if let Some(peers) = Self::of_name(&target.host, target.port, &authority).await {
                list.extend(peers.list);
            }
        }
        if list.is_empty() {
            return Err(Unreachable("failure to get a peer from the ring-balancer"));
        }
        Ok(Self { list, next: 0 })
    }

    async fn of_name(host: &str, port: u16, authority: &Bytes) -> Option<Self> {
        if let Ok(ip) = host.trim_matches(['[', ']']).parse::<IpAddr>() {
            return Some(Self::one(SocketAddr::new(ip, port), authority.clone()));
        }
        let addresses = dns::addresses(host).await;
        let peer = |ip| Peer { address: SocketAddr::new(ip, port), authority: authority.clone() };
        (!addresses.is_empty()).then(|| Self { list: addresses.into_iter().map(peer).collect(), next: 0 })
    }

    fn one(address: SocketAddr, authority: Bytes) -> Self {
        Self { list: vec![Peer { address, authority }], next: 0 }
    }

    /// The next address; after the last one the first again.
    pub fn next(&mut self) -> Peer {
        let peer = self.list[self.next % self.list.len()].clone();
        self.next += 1;
        peer
    }
}
