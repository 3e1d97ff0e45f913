//! Connections to upstreams: where they go, how they are made and kept.
mod connect;
mod connection;
mod dns;
mod peers;
mod pool;

pub use connect::{ConnectError, connect, key};
pub use connection::Connection;
pub use peers::{Peer, Peers};
pub use pool::{put_back, sweep, take};
