//! The configuration that the engine runs on: immutable, compiled whole, swapped by one pointer.
mod certificates;
mod chains;
mod compile;
mod entities;
mod file;
mod handshakes;
mod message;
mod ordering;
mod tables;
mod upstreams;

use std::collections::HashMap;
use std::sync::Arc;

use gopura_router::{Flavor, Router};

use crate::phases::Bound;
use crate::tls::Chosen;
use crate::upstream::Upstream;

pub use chains::{Chain, Chains};
pub use compile::{Prepared, prepare};
pub use entities::{Entity, Plugin, Route, Service};
pub use file::{load, save};
pub use handshakes::Handshakes;
pub use message::{Failure, Refused};
pub use tables::Tables;

/// A route with what it needs at run time, found by the router's slot.
#[derive(Clone)]
pub struct Served {
    pub route: Arc<Route>,
    pub service: Option<Arc<Service>>,
    pub chain: Arc<Chain>,
    /// Every scheme is welcome, and no gRPC expected: nothing to check.
    pub plain: bool,
}

/// One compiled version.
pub struct Snapshot {
    pub version: u64,
    pub hash: String,
    pub tables: Tables,
    pub services: HashMap<Arc<str>, Arc<Service>>,
    /// By the router's slots.
    pub served: Vec<Option<Served>>,
    pub router: Router,
    pub chains: Chains,
    pub handshakes: Handshakes,
    /// Upstream entities by name.
    pub upstreams: HashMap<String, Arc<Upstream>>,
    pub certificates: Arc<Chosen>,
    pub plugins: HashMap<Arc<str>, Arc<Plugin>>,
    /// Plugins by id, as Python bound them.
    pub bound: HashMap<String, Arc<Bound>>,
}

impl Default for Snapshot {
    fn default() -> Self {
        Self {
            version: 0,
            hash: String::new(),
            tables: Tables::default(),
            services: HashMap::new(),
            served: Vec::new(),
            router: Router::empty(Flavor::TraditionalCompatible),
            chains: Chains::default(),
            handshakes: Handshakes::default(),
            upstreams: HashMap::new(),
            certificates: Arc::default(),
            plugins: HashMap::new(),
            bound: HashMap::new(),
        }
    }
}

impl Snapshot {
    /// The plugins of a route; the globals when the route has none of its own.
    pub fn chain(&self, route: &Route) -> &Arc<Chain> {
        self.chains.of(&route.id)
    }

    /// The route with this id, if it is served.
    pub fn route(&self, id: &str) -> Option<&Arc<Route>> {
        Some(&self.served.get(self.router.slot(id)?)?.as_ref()?.route)
    }

    /// The entity of that kind whose `field` equals `value`: unique fields of credentials, consumers, ...
    pub fn find(&self, kind: &str, field: &str, value: &str) -> Option<Arc<Entity>> {
        self.tables.find(kind, field, value)
    }
}
