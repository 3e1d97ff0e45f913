//! Connections to upstreams: where they go, how they are made and kept.
mod balanced;
mod connect;
mod connection;
mod hash_value;
mod http2;
mod peers;
mod pool;
mod probe;
mod upkeep;

pub use balanced::{TargetRow, Upstream, now, target};
pub use connect::{ConnectError, Line, open};
pub use connection::Connection;
pub use http2::Place;
pub use peers::{Held, Peer, Peers, Unreachable};
pub use pool::{put_back, sweep};
pub use probe::Manner;
pub use upkeep::{Upkeep, first_answers};
