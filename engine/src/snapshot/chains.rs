//! Which plugins run for a route, in which order, with which configuration.
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::entities::Plugin;
use super::ordering::{self, Ordering};
use super::{Route, Service};
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

/// The chains of one snapshot. Routes without plugins of their own share their service's chain.
#[derive(Default)]
pub struct Chains {
    pub globals: Arc<Chain>,
    by_route: HashMap<Arc<str>, Arc<Chain>>,
}

impl Chains {
    /// The chain of the route with this id.
    pub fn of(&self, route: &str) -> &Arc<Chain> {
        self.by_route.get(route).unwrap_or(&self.globals)
    }

    pub fn build(
        routes: &[Arc<Route>],
        services: &HashMap<Arc<str>, Arc<Service>>,
        plugins: &[Arc<Plugin>],
        bound: &HashMap<String, Arc<Bound>>,
    ) -> Self {
        let scopes = Scopes::new(plugins, bound);
        let globals = Arc::new(scopes.chain(None, None));
        let mut by_service: HashMap<Arc<str>, Arc<Chain>> = HashMap::new();
        for id in services.keys().filter(|id| scopes.services.contains_key::<str>(id)) {
            by_service.insert(id.clone(), Arc::new(scopes.chain(None, Some(id))));
        }
        let mut by_route = HashMap::new();
        for route in routes {
            let service = route.service.as_ref().map(|reference| &reference.id);
            if scopes.routes.contains_key::<str>(&route.id) {
                let chain = scopes.chain(Some(&route.id), service.map(|id| &**id));
                by_route.insert(route.id.clone(), Arc::new(chain));
            } else if let Some(chain) = service.and_then(|id| by_service.get(id)) {
                by_route.insert(route.id.clone(), chain.clone());
            }
        }
        let chains = Self { globals, by_route };
        chains.warn();
        chains
    }

    fn warn(&self) {
        let all = self.by_route.values().chain([&self.globals]);
        let faults: BTreeSet<&str> = all.filter_map(|chain| chain.fault.as_deref()).collect();
        for fault in faults {
            tracing::error!("plugins ask for an order that cannot be, and run by priority: {fault}");
        }
    }
}

type Scoped<'a> = (&'a Plugin, &'a Arc<Bound>);

/// Enabled plugins for HTTP, by what they are bound to.
struct Scopes<'a> {
    unbound: Vec<Scoped<'a>>,
    routes: HashMap<&'a str, Vec<Scoped<'a>>>,
    services: HashMap<&'a str, Vec<Scoped<'a>>>,
}

impl<'a> Scopes<'a> {
    fn new(plugins: &'a [Arc<Plugin>], bound: &'a HashMap<String, Arc<Bound>>) -> Self {
        let mut scopes = Self { unbound: Vec::new(), routes: HashMap::new(), services: HashMap::new() };
        for plugin in plugins.iter().filter(|plugin| applies(plugin)) {
            let Some(object) = bound.get(&*plugin.id) else { continue };
            let place = match (&plugin.route, &plugin.service) {
                (Some(route), _) => scopes.routes.entry(&*route.id).or_default(),
                (None, Some(service)) => scopes.services.entry(&*service.id).or_default(),
                (None, None) => &mut scopes.unbound,
            };
            place.push((plugin, object));
        }
        scopes
    }

    fn chain(&self, route: Option<&str>, service: Option<&str>) -> Chain {
        let of_route = route.and_then(|id| self.routes.get(id));
        let of_service = service.and_then(|id| self.services.get(id));
        let candidates =
            self.unbound.iter().chain(of_route.into_iter().flatten()).chain(of_service.into_iter().flatten());
        let mut names: HashMap<&str, Vec<Scoped<'a>>> = HashMap::new();
        for candidate in candidates.filter(|(plugin, _)| fits(plugin, route, service)) {
            names.entry(&candidate.0.name).or_default().push(*candidate);
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
    scoped.sort_by_key(|(plugin, _)| std::cmp::Reverse(rank(plugin)));
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
