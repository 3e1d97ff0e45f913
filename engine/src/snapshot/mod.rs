//! The configuration that the engine runs on: immutable, compiled whole, swapped by one pointer.
mod chains;
mod entities;
mod file;
mod message;
mod tables;

use std::collections::HashMap;
use std::sync::Arc;

pub use chains::{Chain, Chains, Slot};
pub use entities::{Entity, Plugin, Route, Service};
pub use file::{load, save};
pub use message::{Failure, Message, Refused};
pub use tables::Tables;

/// One compiled version.
pub struct Snapshot {
    pub version: u64,
    pub hash: String,
    pub tables: Tables,
    pub services: HashMap<Arc<str>, Arc<Service>>,
    /// In the order in which the router knows them.
    pub routes: Vec<Arc<Route>>,
    pub chains: Chains,
}

impl Snapshot {
    /// The plugins of a route; the globals when the route has none of its own.
    pub fn chain(&self, route: &Route) -> &Arc<Chain> {
        self.chains.of(&route.id)
    }

    /// The entity of that kind whose `field` equals `value`: unique fields of credentials, consumers, ...
    pub fn find(&self, kind: &str, field: &str, value: &str) -> Option<Arc<Entity>> {
        self.tables.find(kind, field, value)
    }
}
