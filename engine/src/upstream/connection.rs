//! One connection to an upstream.
use std::net::SocketAddr;
use std::time::Instant;

use gopura_http1::{Body, Framing};

use crate::net::Io;

/// Connections with equal keys serve the same requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    pub address: SocketAddr,
    /// 0 for plain HTTP; else the number of the TLS identity (name, verification, client certificate).
    pub identity: u64,
}

pub struct Connection {
    pub io: Io,
    pub key: Key,
    /// The response's body that is being read.
    pub body: Body,
    /// Requests sent on it, this one included.
    pub requests: u32,
    pub idle_since: Instant,
}

impl Connection {
    pub fn new(io: Io, key: Key) -> Self {
        Self { io, key, body: Body::new(Framing::Empty), requests: 0, idle_since: Instant::now() }
    }

    /// Whether it has served a request before: then it may have died meanwhile.
    pub fn is_reused(&self) -> bool {
        self.requests > 1
    }
}
