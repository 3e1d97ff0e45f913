//! Which plugins run for a route, in which order, with which configuration.
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::ordering::{self, Ordering};
use super::{Handshakes, Map, Plugin, Served, Snapshot, map};
use crate::phases::{Bound, Phase, PhaseSet};

/// The plugins of a route (or the globals), ordered by priority, then name, both descending.
#[derive(Default)]
pub struct Chain {
    pub slots: Vec<Slot>,
    /// Every phase that some configuration of some slot has.
    pub phases: PhaseSet,
    /// The largest request body that a plugin wants whole.
    pub request_body: Option<usize>,
    /// The positions of slots as they run in `access`, when entities ask for another order than the slots'.
    access: Option<Vec<usize>>,
    /// What is wrong with the order that entities ask for.
    fault: Option<String>,
}

/// One plugin name in a chain.
pub struct Slot {
    pub name: String,
    /// What applies without a consumer: the best of route+service, route, service, global.
    pub base: Option<Arc<Bound>>,
    /// What applies for a consumer instead, by the consumer's id.
    pub by_consumer: HashMap<Arc<str>, Arc<Bound>>,
    /// What `base` says about its place; a consumer's configurations are known too late to have one.
    ordering: Option<Ordering>,
}

impl Slot {
    /// The configuration for this consumer.
    pub fn resolve(&self, consumer: Option<&str>) -> Option<&Arc<Bound>> {
        consumer.and_then(|id| self.by_consumer.get(id)).or(self.base.as_ref())
    }
}

impl Chain {
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    pub fn has(&self, phase: Phase) -> bool {
        self.phases.has(phase)
    }

    pub fn plugins<'a>(&'a self, consumer: Option<&'a str>) -> impl Iterator<Item = &'a Arc<Bound>> {
        self.slots.iter().filter_map(move |slot| slot.resolve(consumer))
    }

    /// The slot at this position of `access`.
    pub fn slot_in_access(&self, position: usize) -> Option<&Slot> {
        match &self.access {
            None => self.slots.get(position),
            Some(order) => order.get(position).map(|slot| &self.slots[*slot]),
        }
    }

    /// Brings what `access` collected into the order of all other phases.
    pub fn settle(&self, collected: &mut [Arc<Bound>]) {
        if self.access.is_some() {
            collected.sort_by(|a, b| (b.priority, &b.name).cmp(&(a.priority, &a.name)));
        }
    }

    fn new(mut slots: Vec<Slot>) -> Self {
        slots.sort_by(|a, b| (priority(b), &b.name).cmp(&(priority(a), &a.name)));
        let asked: Vec<_> = slots.iter().map(|slot| (&*slot.name, slot.ordering.as_ref())).collect();
        let (access, fault) = match ordering::access(&asked) {
            Ok(order) => (order, None),
            Err(cycle) => (None, Some(cycle.0.join(" before "))),
        };
        let bounds = || slots.iter().flat_map(|slot| slot.base.iter().chain(slot.by_consumer.values()));
        let phases = bounds().fold(PhaseSet::default(), |set, bound| set.union(bound.phases));
        let request_body = bounds().filter_map(|bound| bound.request_body).max();
        Self { slots, phases, request_body, access, fault }
    }
}

fn priority(slot: &Slot) -> i64 {
    let any = slot.base.as_ref().or_else(|| slot.by_consumer.values().next());
    any.map_or(0, |bound| bound.priority)
}

/// The chains of one snapshot that several routes share. Those of its own a route has in its `Served`.
#[derive(Clone)]
pub struct Chains {
    pub globals: Arc<Chain>,
    /// Of services that have plugins.
    services: Map<Arc<str>, Arc<Chain>>,
    /// Ids of plugins that are bound to neither route nor service.
    unbound: Map<Arc<str>, ()>,
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

#[derive(PartialEq)]
enum Scope {
    Route,
    Service,
    Any,
}

impl Scope {
    fn of(plugin: &Plugin) -> Self {
        match (&plugin.route, &plugin.service) {
            (Some(_), _) => Self::Route,
            (None, Some(_)) => Self::Service,
            (None, None) => Self::Any,
        }
    }
}

type Scoped<'a> = (&'a Plugin, &'a Arc<Bound>);

/// Enabled plugins for HTTP, by what they are bound to.
struct Scopes<'a>(&'a Snapshot);

impl<'a> Scopes<'a> {
    fn scoped(&self, id: &str) -> Option<Scoped<'a>> {
        let plugin = self.0.plugins.get(id).filter(|plugin| applies(plugin))?;
        Some((plugin, self.0.bound.get(id)?))
    }

    /// Those of one route or service; what is bound to both counts as the route's.
    fn of(&self, field: &str, id: &str) -> impl Iterator<Item = Scoped<'a>> {
        let scope = if field == "route" { Scope::Route } else { Scope::Service };
        let rows = self.0.tables.belonging("plugins", field, id);
        let scoped: Vec<_> = rows.iter().filter_map(|row| self.scoped(row.id())).collect();
        scoped.into_iter().filter(move |(plugin, _)| Scope::of(plugin) == scope)
    }

    fn chain(&self, route: Option<&str>, service: Option<&str>) -> Chain {
        let unbound = self.0.chains.unbound.keys().filter_map(|id| self.scoped(id));
        let of_route = route.into_iter().flat_map(|id| self.of("route", id));
        let of_service = service.into_iter().flat_map(|id| self.of("service", id));
        let mut names: HashMap<&str, Vec<Scoped<'a>>> = HashMap::new();
        for candidate in unbound.chain(of_route).chain(of_service) {
            if fits(candidate.0, route, service) {
                names.entry(&candidate.0.name).or_default().push(candidate);
            }
        }
        Chain::new(names.into_iter().map(|(name, scoped)| slot(name, scoped)).collect())
    }
}

/// Kong's order of scopes, best first, as bits: with consumer route+service, route, service, then route+service
/// without consumer, consumer alone, route, service, global.
fn rank(plugin: &Plugin) -> u8 {
    match (plugin.route.is_some(), plugin.service.is_some(), plugin.consumer.is_some()) {
        (true, true, true) => 8,
        (true, false, true) => 7,
        (false, true, true) => 6,
        (true, true, false) => 5,
        (false, false, true) => 4,
        (true, false, false) => 3,
        (false, true, false) => 2,
        (false, false, false) => 1,
    }
}

fn slot(name: &str, mut scoped: Vec<Scoped<'_>>) -> Slot {
    scoped.sort_by(|(a, _), (b, _)| (rank(b), &a.id).cmp(&(rank(a), &b.id)));
    let base = scoped.iter().find(|(plugin, _)| plugin.consumer.is_none());
    let base_rank = base.map_or(0, |(plugin, _)| rank(plugin));
    let mut by_consumer = HashMap::new();
    for (plugin, bound) in scoped.iter().filter(|(plugin, _)| rank(plugin) > base_rank) {
        if let Some(consumer) = &plugin.consumer {
            by_consumer.entry(consumer.id.clone()).or_insert_with(|| (*bound).clone());
        }
    }
    Slot {
        name: name.to_owned(),
        base: base.map(|(_, bound)| (*bound).clone()),
        by_consumer,
        ordering: base.and_then(|(plugin, _)| plugin.ordering.clone()),
    }
}

fn fits(plugin: &Plugin, route: Option<&str>, service: Option<&str>) -> bool {
    let same = |reference: &Option<super::entities::Reference>, id: Option<&str>| {
        reference.as_ref().is_none_or(|reference| Some(&*reference.id) == id)
    };
    same(&plugin.route, route) && same(&plugin.service, service)
}

fn applies(plugin: &Plugin) -> bool {
    let http = |protocol: &String| matches!(protocol.as_str(), "http" | "https" | "grpc" | "grpcs");
    plugin.enabled && (plugin.protocols.is_empty() || plugin.protocols.iter().any(http))
}
