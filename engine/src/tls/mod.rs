//! TLS to clients and to upstreams.
mod certificates;
mod identity;
mod pem;
mod verify;

pub use certificates::{Certificates, Chosen};
pub use identity::Identity;
pub use pem::{certified_key, read};
