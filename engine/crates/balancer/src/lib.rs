//! Load balancing without I/O: which address of an upstream serves a request.
//!
//! Time and chance come in as arguments; connecting, resolving and probing are done by others, who tell this crate
//! what they saw.
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//! use gopura_balancer::{Attempt, Balancer, Endpoint, Event, Observer, Resolution, Target, UpstreamSpec};
//!
//! let socket = "127.0.0.1:8000".parse().unwrap();
//! let endpoints = vec![Endpoint { socket, weight: None, hostname: None, nested: None }];
//! let target = Target {
//!     name: "127.0.0.1".into(),
//!     port: 8000,
//!     weight: 100,
//!     resolution: Resolution::Addresses { record: "A", endpoints },
//! };
//! let now = Duration::ZERO;
//! let balancer = Balancer::new(Arc::new(UpstreamSpec::default()), vec![target], None, now, 1);
//!
//! let mut attempt = Attempt::default();                               // one for each exchange, kept over its retries
//! let lease = balancer.pick(&mut attempt, b"", now).unwrap();         // held while the request is open
//! assert_eq!(lease.socket, socket);
//! balancer.report(lease.address(), Observer::Passive, Event::Status(200));
//! ```

mod address;
mod balancer;
mod checks;
mod choice;
mod consistent_hashing;
mod hash;
mod health;
mod latency;
mod prober;
mod report;
mod round_robin;
mod spec;

pub use address::{Address, Endpoint, Lease, Resolution, Target};
pub use balancer::{Balancer, HealthChange, HealthchecksOff};
pub use checks::{
    Active, ActiveHealthy, ActiveUnhealthy, Healthchecks, Kind, Passive, PassiveHealthy, PassiveUnhealthy,
};
pub use choice::{Attempt, NoPeer};
pub use health::{Event, Observer};
pub use prober::Prober;
pub use report::{AddressReport, BalancerReport, Details, TargetReport, Weights};
pub use spec::{Algorithm, HashOn, HashSource, UpstreamSpec};
