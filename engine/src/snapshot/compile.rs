//! From a message to the next snapshot, beside the one that runs.
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use gopura_router::{BuildError, Change, Flavor, RouteSpec, Router, Warning};
use serde::de::DeserializeOwned;

use super::message::{Failure, Message, Refused};
use super::{
    Chains, Entity, Handshakes, Plugin, Route, Served, Service, Snapshot, Tables, certificates, upstreams,
};
use crate::dns::Dns;
use crate::phases::Bound;
use crate::tls::Chosen;
use crate::upstream::Upstream;

/// Everything but what Python has to bind.
pub struct Prepared {
    pub version: u64,
    pub hash: String,
    tables: Tables,
    services: HashMap<Arc<str>, Arc<Service>>,
    served: Vec<Option<Served>>,
    router: Router,
    upstreams: HashMap<String, Arc<Upstream>>,
    certificates: Arc<Chosen>,
    plugins: Vec<Arc<Plugin>>,
    /// Plugins that are new or different from the snapshot that this follows, and those that are gone.
    pub changed: Vec<Arc<Entity>>,
    pub removed: Vec<String>,
}

/// Compiles what `bytes` say about the snapshot `before`. Nothing that runs is touched.
pub fn prepare(bytes: &[u8], before: &Snapshot, flavor: Flavor, dns: &Dns) -> Result<Prepared, Refused> {
    let message = Message::apply(bytes, before.version, &before.hash, &before.tables)?;
    let tables = message.tables;
    tables.warm(&before.tables);
    let mut failures = Vec::new();
    let mut typed = Typed { tables: &tables, before: &before.tables, failures: &mut failures };
    let services = typed.all("services", |id| before.services.get(id).cloned(), Service::ready);
    let services: HashMap<_, _> = services.into_iter().map(|service| (service.id.clone(), service)).collect();
    let routes = typed.all("routes", |id| before.route(id).cloned(), |route: Route| route);
    let plugins = typed.all("plugins", |id| before.plugins.get(id).cloned(), |plugin: Plugin| plugin);
    let live: HashSet<&str> =
        routes.iter().filter(|route| is_live(route, &services)).map(|route| &*route.id).collect();
    let router = route_index(&tables, before, flavor, &live, &mut failures);
    let certificates = chosen(&tables, before, &mut failures);
    let upstreams = upstreams::build(&tables, (&before.tables, &before.upstreams), dns, &mut failures);
    let Some(router) = router.filter(|_| failures.is_empty()) else { return Err(Refused::Invalid(failures)) };
    let (changed, removed) = plugin_changes(&tables, &before.tables);
    Ok(Prepared {
        served: served(routes, &services, &router),
        upstreams,
        version: message.version,
        hash: message.hash,
        tables,
        services,
        router,
        certificates,
        plugins,
        changed,
        removed,
    })
}

impl Prepared {
    /// The snapshot, with the plugins that Python bound since `before`.
    pub fn finish(self, before: &Snapshot, bound: HashMap<String, Arc<Bound>>) -> Snapshot {
        let mut all = before.bound.clone();
        all.extend(bound);
        let known: HashSet<&str> = self.plugins.iter().map(|plugin| &*plugin.id).collect();
        all.retain(|id, _| known.contains(&**id));
        let routes: Vec<_> = self.served.iter().flatten().map(|served| served.route.clone()).collect();
        let chains = Chains::build(&routes, &self.services, &self.plugins, &all);
        let mut served = self.served;
        for served in served.iter_mut().flatten() {
            served.chain = chains.of(&served.route.id).clone();
        }
        Snapshot {
            handshakes: Handshakes::build(routes.iter(), &chains),
            chains,
            version: self.version,
            hash: self.hash,
            tables: self.tables,
            services: self.services,
            served,
            router: self.router,
            upstreams: self.upstreams,
            certificates: self.certificates,
            plugins: self.plugins.into_iter().map(|plugin| (plugin.id.clone(), plugin)).collect(),
            bound: all,
        }
    }
}

/// Decodes rows into what the engine reads.
struct Typed<'a> {
    tables: &'a Tables,
    before: &'a Tables,
    failures: &'a mut Vec<Failure>,
}

impl Typed<'_> {
    /// Every row of a kind; of rows that did not change, what `known` has.
    fn all<T: DeserializeOwned>(
        &mut self,
        kind: &str,
        known: impl Fn(&str) -> Option<Arc<T>>,
        ready: impl Fn(T) -> T,
    ) -> Vec<Arc<T>> {
        let mut all = Vec::new();
        for row in self.tables.rows(kind) {
            let same = self.before.get(kind, &row.id).is_some_and(|old| Arc::ptr_eq(old, row));
            if let Some(value) = known(&row.id).filter(|_| same) {
                all.push(value);
                continue;
            }
            match row.decode() {
                Ok(value) => all.push(Arc::new(ready(value))),
                Err(error) => self.failures.push(Failure::of(row, error.to_string())),
            }
        }
        all
    }
}

/// A route of a disabled service does not exist.
fn is_live(route: &Route, services: &HashMap<Arc<str>, Arc<Service>>) -> bool {
    let service = route.service.as_ref().and_then(|reference| services.get(&reference.id));
    service.is_none_or(|service| service.enabled)
}

/// The next route index: the old one with what changed, or a new one when most of it did.
fn route_index(
    tables: &Tables,
    before: &Snapshot,
    flavor: Flavor,
    live: &HashSet<&str>,
    failures: &mut Vec<Failure>,
) -> Option<Router> {
    let gone = before.tables.rows("routes").filter(|row| !live.contains(&*row.id));
    let mut changes: Vec<Change> = gone.map(|row| Change::Remove(row.id.to_string())).collect();
    for row in tables.rows("routes").filter(|row| live.contains(&*row.id)) {
        let old = before.tables.get("routes", &row.id).filter(|old| is_same(old, row));
        if old.is_some() && before.router.slot(&row.id).is_some() {
            continue;
        }
        match row.decode::<RouteSpec>() {
            Ok(spec) => changes.push(Change::Put(Box::new(spec))),
            Err(error) => failures.push(Failure::of(row, error.to_string())),
        }
    }
    let start = if before.version == 0 { &Router::empty(flavor) } else { &before.router };
    match start.update(changes) {
        Ok(router) => {
            warn(&router.warnings_since(start));
            Some(router)
        }
        Err(errors) => {
            failures.extend(errors.into_iter().map(failure));
            None
        }
    }
}

fn warn(warnings: &[Warning]) {
    for warning in warnings {
        let name = warning.name.as_deref().unwrap_or(&warning.route_id);
        tracing::warn!("route {name}: {}", warning.message);
    }
}

fn failure(error: BuildError) -> Failure {
    Failure { entity: "routes".to_owned(), id: error.route_id, message: error.message }
}

fn chosen(tables: &Tables, before: &Snapshot, failures: &mut Vec<Failure>) -> Arc<Chosen> {
    if tables.same(&before.tables, "certificates") && tables.same(&before.tables, "snis") {
        return before.certificates.clone();
    }
    Arc::new(certificates::build(tables, failures))
}

fn served(
    routes: Vec<Arc<Route>>,
    services: &HashMap<Arc<str>, Arc<Service>>,
    router: &Router,
) -> Vec<Option<Served>> {
    let mut all = vec![None; router.slots()];
    for route in routes {
        let Some(slot) = router.slot(&route.id) else { continue };
        let service = route.service.as_ref().and_then(|reference| services.get(&reference.id)).cloned();
        let plain = is_plain(&route);
        all[slot] = Some(Served { route, service, chain: Arc::default(), plain });
    }
    all
}

fn is_plain(route: &Route) -> bool {
    let speaks = |protocol: &str| route.protocols.iter().any(|listed| listed == protocol);
    speaks("http") && !speaks("grpc") && !speaks("grpcs")
}

fn is_same(old: &Arc<Entity>, row: &Arc<Entity>) -> bool {
    Arc::ptr_eq(old, row) || old.json.get() == row.json.get()
}

fn plugin_changes(tables: &Tables, before: &Tables) -> (Vec<Arc<Entity>>, Vec<String>) {
    let same = |row: &Arc<Entity>| before.get("plugins", &row.id).is_some_and(|old| is_same(old, row));
    let changed = tables.rows("plugins").filter(|row| !same(row)).cloned().collect();
    let gone = before.rows("plugins").filter(|row| tables.get("plugins", &row.id).is_none());
    (changed, gone.map(|row| row.id.to_string()).collect())
}
