//! The configuration that the engine runs on: immutable, swapped by one pointer. A delta makes the next one from what
//! changed; everything else is shared with the one before, so the cost of a change does not grow with what there is.
mod certificates;
mod chains;
mod compile;
mod entities;
mod entity;
mod fields;
mod file;
mod handshakes;
mod index;
mod message;
mod ordering;
mod retired;
mod routes;
mod tables;
mod upstreams;

use std::sync::Arc;

use gopura_router::{Flavor, Router};
use imbl::shared_ptr::DefaultSharedPtr;

use crate::phases::{Bound, Lookups};
use crate::tls::{Chosen, Pair};
use crate::upstream::Upstream;

pub use chains::{Chain, Chains};
pub use compile::{Prepared, prepare};
pub use entities::{Plugin, Route, Service};
pub use entity::Entity;
pub use file::{load, save};
pub use handshakes::Handshakes;
pub use message::{Failure, Refused};
pub use retired::Retired;
pub use tables::Tables;

/// A map that shares with its copies what did not change. The hasher is quick and seeded per process.
pub type Map<K, V> = imbl::GenericHashMap<K, V, foldhash::fast::RandomState, DefaultSharedPtr>;

/// An empty one.
pub fn map<K, V>() -> Map<K, V> {
    Map::with_hasher(foldhash::fast::RandomState::default())
}

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
#[derive(Clone)]
pub struct Snapshot {
    pub version: u64,
    pub hash: String,
    pub tables: Tables,
    pub services: Map<Arc<str>, Arc<Service>>,
    /// By the router's slots.
    pub served: imbl::Vector<Option<Served>>,
    pub router: Router,
    pub chains: Chains,
    pub handshakes: Arc<Handshakes>,
    /// Upstream entities by name.
    pub upstreams: Map<Arc<str>, Arc<Upstream>>,
    removed: Map<Arc<str>, upstreams::Removed>,
    pub certificates: Arc<Chosen>,
    /// Certificates as they were read, by id.
    keys: Map<Arc<str>, certificates::Keys>,
    /// How certificates are not served as usual, by id.
    pub limits: Map<Arc<str>, Arc<str>>,
    pub plugins: Map<Arc<str>, Arc<Plugin>>,
    /// Plugins by id, as Python bound them.
    pub bound: Map<Arc<str>, Arc<Bound>>,
    pub lookups: Arc<Lookups>,
}

impl Default for Snapshot {
    fn default() -> Self {
        Self::empty(Flavor::TraditionalCompatible)
    }
}

impl Snapshot {
    fn empty(flavor: Flavor) -> Self {
        Self {
            version: 0,
            hash: String::new(),
            tables: Tables::default(),
            services: map(),
            served: imbl::Vector::new(),
            router: Router::empty(flavor),
            chains: Chains::default(),
            handshakes: Arc::default(),
            upstreams: map(),
            removed: map(),
            certificates: Arc::default(),
            keys: map(),
            limits: map(),
            plugins: map(),
            bound: map(),
            lookups: Arc::default(),
        }
    }

    /// A certificate as it was read.
    pub fn certificate(&self, id: &str) -> Option<&Arc<Pair>> {
        self.keys.get(id)?.first()
    }

    /// The entity of that kind whose `field` equals `value`: unique fields of credentials, consumers, ...
    pub fn find(&self, kind: &str, field: &str, value: &str) -> Option<Arc<Entity>> {
        self.tables.find(kind, field, value)
    }
}
