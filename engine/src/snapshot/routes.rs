//! Routes with their services, and the index that finds them.
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use gopura_http1::fold_host;
use gopura_router::{BuildError, Change, RouteSpec};

use super::chains::Touched;
use super::message::{Changed, Failure, Message};
use super::{Entity, Served, Service, Snapshot};

/// What becomes of a route: its own row changed, or only its service did.
#[derive(Clone, Copy, PartialEq)]
enum Cause {
    Own,
    Service,
}

pub fn update(next: &mut Snapshot, message: &Message, touched: &mut Touched, failures: &mut Vec<Failure>) {
    let mut affected: BTreeMap<Arc<str>, Cause> = BTreeMap::new();
    for id in services(next, message.changes("services"), failures) {
        let routes = next.tables.belonging("routes", "service", &id);
        affected.extend(routes.iter().map(|row| (row.id().into(), Cause::Service)));
    }
    for Changed { before, after } in message.changes("routes") {
        affected.extend(before.or(after).map(|row| (row.id().into(), Cause::Own)));
    }
    let mut all = Affected { next, touched, failures, changes: Vec::new() };
    let served: Vec<_> = affected.iter().map(|(id, cause)| all.route(id, *cause)).collect();
    if all.index() {
        for (id, served) in affected.keys().zip(served).filter_map(|(id, served)| Some((id, served?))) {
            place(next, served);
            touched.routes.insert(id.clone());
        }
    }
}

/// Decodes services; gives back the ids of those that changed.
fn services(next: &mut Snapshot, changes: Vec<Changed>, failures: &mut Vec<Failure>) -> Vec<Arc<str>> {
    let mut ids = Vec::with_capacity(changes.len());
    for Changed { before, after } in changes {
        ids.extend(before.as_ref().or(after.as_ref()).map(|row| row.id().into()));
        match after.map(|row| (row.decode::<Service>(), row)) {
            Some((Ok(service), _)) => {
                drop(next.services.insert(service.id.clone(), Arc::new(service.ready())));
            }
            Some((Err(error), row)) => failures.push(Failure::of(&row, error.to_string())),
            None => before.iter().for_each(|row| drop(next.services.remove(row.id()))),
        }
    }
    ids
}

/// The routes to be looked at, and what they change in the index.
struct Affected<'a> {
    next: &'a mut Snapshot,
    touched: &'a mut Touched,
    failures: &'a mut Vec<Failure>,
    changes: Vec<Change>,
}

impl Affected<'_> {
    /// What is to be served for the route; None when nothing is. Where it lay before is cleared.
    fn route(&mut self, id: &str, cause: Cause) -> Option<Served> {
        let slot = self.next.router.slot(id);
        let known = slot.and_then(|slot| self.next.served.get_mut(slot)?.take());
        if let Some(served) = &known {
            self.touched.handshake(served);
        }
        let row = self.next.tables.get("routes", id).cloned();
        let known = known.filter(|_| cause == Cause::Service);
        let served = row.as_ref().and_then(|row| self.served(row, known));
        match (&served, row) {
            (Some(_), Some(row)) if slot.is_none() || cause == Cause::Own => self.put(&row),
            (None, _) if slot.is_some() => self.changes.push(Change::Remove(id.to_owned())),
            _ => {}
        }
        served
    }

    /// None for a route of a disabled service: it does not exist.
    fn served(&mut self, row: &Entity, known: Option<Served>) -> Option<Served> {
        let route = match known.map_or_else(|| row.decode().map(Arc::new), |known| Ok(known.route)) {
            Ok(route) => route,
            Err(error) => {
                self.failures.push(Failure::of(row, error.to_string()));
                return None;
            }
        };
        let service = route.service.as_ref().and_then(|reference| self.next.services.get(&reference.id));
        let service = service.cloned();
        if service.as_ref().is_some_and(|service| !service.enabled) {
            return None;
        }
        Some(Served { plain: route.plain, route, service, chain: Arc::default() })
    }

    fn put(&mut self, row: &Entity) {
        match row.decode::<RouteSpec>() {
            Ok(mut spec) => {
                spec.hosts.iter_mut().for_each(fold);
                self.changes.push(Change::Put(Box::new(spec)));
            }
            Err(error) => self.failures.push(Failure::of(row, error.to_string())),
        }
    }

    /// Makes the next index; whether it could be made.
    fn index(self) -> bool {
        match self.next.router.update(self.changes) {
            Ok(router) => {
                for warning in router.warnings() {
                    let name = warning.name.as_deref().unwrap_or(&warning.route_id);
                    tracing::warn!("route {name}: {}", warning.message);
                }
                self.next.router = router;
                true
            }
            Err(errors) => {
                self.failures.extend(errors.into_iter().map(failure));
                false
            }
        }
    }
}

/// Puts a route where the index says. One that is not for HTTP is in no place.
fn place(next: &mut Snapshot, served: Served) {
    let Some(slot) = next.router.slot(&served.route.id) else { return };
    while next.served.len() <= slot {
        next.served.push_back(None);
    }
    next.served.set(slot, Some(served));
}

/// Names of hosts compare without regard to case and to a dot at the end.
fn fold(host: &mut String) {
    if let Cow::Owned(folded) = fold_host(host.as_bytes()) {
        *host = String::from_utf8_lossy(&folded).into_owned();
    }
}

fn failure(error: BuildError) -> Failure {
    Failure { entity: "routes".to_owned(), id: error.route_id, message: error.message }
}
