//! TLS to clients and to upstreams.
mod certificates;
mod identity;
mod pem;
mod trust;
mod verify;

pub use certificates::{Certificates, Chosen};
pub use identity::{Identity, Offer};
pub use pem::{certified_key, read};
pub use trust::Trust;
