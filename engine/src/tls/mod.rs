//! TLS to clients and to upstreams.
mod certificates;
mod client;
mod der;
mod failure;
mod handshake;
mod hello;
mod identity;
mod name;
mod openssl;
mod pair;
mod pem;
mod resumption;
mod server;
mod suites;
mod trust;
mod verify;
mod ways;

pub use certificates::Chosen;
pub use client::{Ask, Client, authorities};
pub use failure::of_client as client_failure;
pub use handshake::{Accepted, accept};
pub use identity::{Identity, Offer};
pub use openssl::Wire;
pub use pair::Pair;
pub use pem::read;
pub use server::{Server, cipher_problem};
pub use trust::Trust;
