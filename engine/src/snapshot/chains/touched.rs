//! Which chains a change makes anew.
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::Chain;
use super::scopes::{Scope, Scopes};
use crate::phases::Phase;
use crate::snapshot::{Handshakes, Map, Plugin, Served, Snapshot, map};

/// The chains of one snapshot that several routes share. Those of its own a route has in its `Served`.
#[derive(Clone)]
pub struct Chains {
    pub globals: Arc<Chain>,
    /// Of services that have plugins.
    services: Map<Arc<str>, Arc<Chain>>,
    /// Ids of plugins that are bound to neither route nor service.
    pub(super) unbound: Map<Arc<str>, ()>,
}

impl Default for Chains {
    fn default() -> Self {
        Self { globals: Arc::default(), services: map(), unbound: map() }
    }
}

/// What has to get new chains.
#[derive(Default)]
pub struct Touched {
    pub all: bool,
    pub routes: HashSet<Arc<str>>,
    services: HashSet<Arc<str>>,
    unbound: HashSet<Arc<str>>,
    /// Plugins of a handshake may be other ones now.
    handshakes: bool,
    /// What is wrong with the order of new chains.
    faults: BTreeSet<String>,
}

impl Touched {
    pub fn new(all: bool) -> Self {
        Self { all, ..Self::default() }
    }

    /// The plugin changes, begins or ends.
    pub fn plugin(&mut self, plugin: &Plugin) {
        match (&plugin.route, &plugin.service) {
            (Some(route), _) => drop(self.routes.insert(route.id.clone())),
            (None, Some(service)) => drop(self.services.insert(service.id.clone())),
            (None, None) => drop(self.unbound.insert(plugin.id.clone())),
        }
    }

    /// A route begins or ends to be served in this way.
    pub fn handshake(&mut self, served: &Served) {
        self.handshakes |= served.route.snis.is_some() && served.chain.has(Phase::Certificate);
    }

    /// Makes the chains of what is touched. A plugin without route and service touches all.
    pub fn rechain(mut self, next: &mut Snapshot) {
        for id in &self.unbound {
            if next.plugins.get(id).is_some_and(|plugin| Scope::of(plugin) == Scope::Any) {
                next.chains.unbound.insert(id.clone(), ());
            } else {
                next.chains.unbound.remove(id);
            }
        }
        if self.all || !self.unbound.is_empty() {
            self.rechain_all(next);
        } else {
            let (services, routes) = (std::mem::take(&mut self.services), std::mem::take(&mut self.routes));
            for id in &services {
                self.service(next, id, true);
            }
            self.routes(next, routes.iter().map(|id| &**id));
        }
        if self.handshakes {
            next.handshakes = Arc::new(Handshakes::build(next));
        }
        for fault in &self.faults {
            tracing::error!("plugins ask for an order that cannot be, and run by priority: {fault}");
        }
    }

    fn rechain_all(&mut self, next: &mut Snapshot) {
        let globals = self.made(Scopes(next).chain(None, None));
        self.handshakes |= globals.has(Phase::Certificate) || next.chains.globals.has(Phase::Certificate);
        next.chains.globals = globals;
        next.chains.services = map();
        for id in &services_with_plugins(next) {
            self.service(next, id, false);
        }
        (0..next.served.len()).for_each(|slot| self.route(next, slot));
    }

    fn made(&mut self, chain: Chain) -> Arc<Chain> {
        self.faults.extend(chain.fault.clone());
        Arc::new(chain)
    }

    /// Makes the chain of a service, and of its routes when they are not made anyway.
    fn service(&mut self, next: &mut Snapshot, id: &Arc<str>, with_routes: bool) {
        if Scopes(next).of("service", id).next().is_some() {
            let chain = self.made(Scopes(next).chain(None, Some(id)));
            next.chains.services.insert(id.clone(), chain);
        } else {
            next.chains.services.remove(id);
        }
        if with_routes {
            let rows = next.tables.belonging("routes", "service", id);
            self.routes(next, rows.iter().map(|row| row.id()));
        }
    }

    fn routes<'a>(&mut self, next: &mut Snapshot, ids: impl Iterator<Item = &'a str>) {
        for id in ids {
            if let Some(slot) = next.router.slot(id) {
                self.route(next, slot);
            }
        }
    }

    /// Gives the route in a slot its chain. Routes without plugins of their own share their service's.
    fn route(&mut self, next: &mut Snapshot, slot: usize) {
        let Some(Some(served)) = next.served.get(slot) else { return };
        let (id, service) = (&served.route.id, served.route.service.as_ref().map(|reference| &*reference.id));
        let chain = if Scopes(next).of("route", id).next().is_some() {
            self.made(Scopes(next).chain(Some(id), service))
        } else {
            let shared = service.and_then(|id| next.chains.services.get(id));
            shared.unwrap_or(&next.chains.globals).clone()
        };
        let Some(Some(served)) = next.served.get_mut(slot) else { return };
        self.handshake(served);
        served.chain = chain;
        self.handshake(served);
    }
}

fn services_with_plugins(next: &Snapshot) -> HashSet<Arc<str>> {
    let services = next.plugins.values().filter(|plugin| plugin.route.is_none());
    services.filter_map(|plugin| Some(plugin.service.as_ref()?.id.clone())).collect()
}
