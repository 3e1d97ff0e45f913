//! Which plugins apply to a route or service, and which of several of one name is the best.
use std::collections::HashMap;
use std::sync::Arc;

use super::{Chain, Slot};
use crate::phases::Bound;
use crate::snapshot::entities::Reference;
use crate::snapshot::{Plugin, Snapshot};

#[derive(PartialEq)]
pub enum Scope {
    Route,
    Service,
    Any,
}

impl Scope {
    pub fn of(plugin: &Plugin) -> Self {
        match (&plugin.route, &plugin.service) {
            (Some(_), _) => Self::Route,
            (None, Some(_)) => Self::Service,
            (None, None) => Self::Any,
        }
    }
}

pub type Scoped<'a> = (&'a Plugin, &'a Arc<Bound>);

/// Enabled plugins for HTTP, by what they are bound to.
pub struct Scopes<'a>(pub &'a Snapshot);

impl<'a> Scopes<'a> {
    fn scoped(&self, id: &str) -> Option<Scoped<'a>> {
        let plugin = self.0.plugins.get(id).filter(|plugin| applies(plugin))?;
        Some((plugin, self.0.bound.get(id)?))
    }

    /// Those of one route or service; what is bound to both counts as the route's.
    pub fn of(&self, field: &str, id: &str) -> impl Iterator<Item = Scoped<'a>> {
        let scope = if field == "route" { Scope::Route } else { Scope::Service };
        let rows = self.0.tables.belonging("plugins", field, id);
        let scoped: Vec<_> = rows.iter().filter_map(|row| self.scoped(row.id())).collect();
        scoped.into_iter().filter(move |(plugin, _)| Scope::of(plugin) == scope)
    }

    pub fn chain(&self, route: Option<&str>, service: Option<&str>) -> Chain {
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
    let same = |reference: &Option<Reference>, id: Option<&str>| {
        reference.as_ref().is_none_or(|reference| Some(&*reference.id) == id)
    };
    same(&plugin.route, route) && same(&plugin.service, service)
}

fn applies(plugin: &Plugin) -> bool {
    let http = |protocol: &String| matches!(protocol.as_str(), "http" | "https" | "grpc" | "grpcs");
    plugin.enabled && (plugin.protocols.is_empty() || plugin.protocols.iter().any(http))
}
