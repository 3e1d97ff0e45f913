//! TLS to clients and to upstreams.
mod certificates;
mod client;
mod der;
mod handshake;
mod identity;
mod name;
mod pem;
mod resumption;
mod server;
mod suites;
mod trust;
mod verify;

pub use certificates::Chosen;
pub use client::{Ask, Client, authorities};
pub use handshake::accept;
pub use identity::{Identity, Offer};
pub use pem::{certified_key, read};
pub use server::{Server, cipher_problem};
pub use trust::Trust;
