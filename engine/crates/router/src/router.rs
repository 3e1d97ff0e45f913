//! Builds a router from routes, changes it, and asks it.

use std::collections::HashMap;
use std::sync::Arc;

use crate::census::{Census, Start};
use crate::entry::{self, Entry, Paths};
use crate::expression::Subject;
use crate::host::Authority;
use crate::index::Index;
use crate::matched::{Match, taken};
use crate::request::{Request, Scheme};
use crate::spec::{BuildError, Flavor, RouteSpec, Warning};

/// One generation of the route index. It never changes; [`Router::update`] makes the next one, which shares
/// with this one what did not change. Cheap to clone and to drop from any thread.
#[derive(Clone)]
pub struct Router {
    flavor: Flavor,
    routes: Vec<Option<Arc<Route>>>,
    slots: HashMap<Arc<str>, u32>,
    index: Index,
    /// Slots of removed routes.
    free: Vec<u32>,
    counts: Counts,
    /// Only in the `traditional` flavour, and only when a route asks for a server name.
    census: Option<Arc<Census>>,
}

/// How many entries there are of kinds that change how requests are read.
#[derive(Clone, Copy, Default)]
struct Counts {
    with_paths: usize,
    with_snis: usize,
}

struct Route {
    spec: RouteSpec,
    entries: Vec<Arc<Entry>>,
}

/// One step from a generation to the next.
#[derive(Clone, Debug)]
pub enum Change {
    /// The route is new or different.
    Put(Box<RouteSpec>),
    /// The route with this id is gone; an unknown id is ignored.
    Remove(String),
}

impl Router {
    /// A router without routes.
    pub fn empty(flavor: Flavor) -> Self {
        Self {
            flavor,
            routes: Vec::new(),
            slots: HashMap::new(),
            index: Index::default(),
            free: Vec::new(),
            counts: Counts::default(),
            census: None,
        }
    }

    /// Builds all routes, or says about each one that cannot be built what is wrong with it. Routes
    /// that are not for HTTP are left out. The route at index `i` gets slot `i`.
    pub fn build(routes: Vec<RouteSpec>, flavor: Flavor) -> Result<Self, Vec<BuildError>> {
        let changes = routes.into_iter().map(|route| Change::Put(Box::new(route)));
        Self::empty(flavor).update(changes)
    }

    /// The next generation: all changes, or an error for each that failed.
    pub fn update(&self, changes: impl IntoIterator<Item = Change>) -> Result<Self, Vec<BuildError>> {
        let mut next = self.clone();
        let mut errors = Vec::new();
        for change in changes {
            match change {
                Change::Put(route) => errors.extend(next.put(*route).err()),
                Change::Remove(id) => {
                    let slot = next.take(&id);
                    next.free.extend(slot);
                }
            }
        }
        next.census = next.take_census();
        if errors.is_empty() { Ok(next) } else { Err(errors) }
    }

    fn take_census(&self) -> Option<Arc<Census>> {
        let is_needed = self.flavor == Flavor::Traditional && self.counts.with_snis > 0;
        let entries = || self.routes.iter().flatten().flat_map(|route| &route.entries);
        is_needed.then(|| Arc::new(Census::of(entries())))
    }

    fn put(&mut self, spec: RouteSpec) -> Result<(), BuildError> {
        let slot = self.take(&spec.id).unwrap_or_else(|| self.free_slot());
        let entries = if spec.is_http() {
            entry::compile(&spec, slot, self.flavor).map_err(|message| BuildError {
                route_id: spec.id.clone(),
                name: spec.name.clone(),
                message,
            })?
        } else {
            Vec::new()
        };
        for entry in &entries {
            self.index.insert(entry);
            self.counts.with_paths += usize::from(!matches!(entry.paths, Paths::Any));
            self.counts.with_snis += usize::from(!entry.snis.is_empty());
        }
        self.slots.insert(spec.id.as_str().into(), slot);
        self.routes[slot as usize] = Some(Arc::new(Route { spec, entries }));
        Ok(())
    }

    /// Takes a route out; its slot is not yet given to another one.
    fn take(&mut self, id: &str) -> Option<u32> {
        let slot = self.slots.remove(id)?;
        let route = self.routes[slot as usize].take()?;
        for entry in &route.entries {
            self.index.remove(entry);
            self.counts.with_paths -= usize::from(!matches!(entry.paths, Paths::Any));
            self.counts.with_snis -= usize::from(!entry.snis.is_empty());
        }
        Some(slot)
    }

    fn free_slot(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.routes.push(None);
            u32::try_from(self.routes.len() - 1).unwrap_or(u32::MAX)
        })
    }

    /// The route that serves the request.
    pub fn find<'r>(&'r self, request: &Request<'_>) -> Option<Match<'r>> {
        let host = request.host.map(|host| Authority::parse(host, request.scheme, self.flavor));
        let traditional = self.flavor == Flavor::Traditional;
        // Kong's expressions are about text: other bytes match no route as soon as one asks for a path.
        if !traditional && self.counts.with_paths > 0 && std::str::from_utf8(request.path).is_err() {
            return None;
        }
        let ceiling = match self.census.as_ref().filter(|_| request.scheme == Scheme::Http) {
            None => None,
            Some(census) => match census.start(request, host) {
                Start::Nowhere => return None,
                Start::First => None,
                Start::At(categories) => Some(categories),
            },
        };
        let entry = self.index.find(request, host, ceiling)?;
        Some(self.matched(entry, Subject { request, host: host.as_ref() }))
    }

    fn matched<'r>(&'r self, entry: &'r Arc<Entry>, subject: Subject<'_>) -> Match<'r> {
        let slot = entry.slot as usize;
        let route = self.routes[slot].as_ref().expect("an entry's slot holds its route");
        let taken = taken(entry, subject);
        Match {
            slot,
            route: &route.spec,
            matched_path: taken.length,
            pattern: taken.pattern,
            flavor: self.flavor,
        }
    }

    /// One more than the greatest slot in use.
    pub fn slots(&self) -> usize {
        self.routes.len()
    }

    /// The route in a slot.
    pub fn route(&self, slot: usize) -> Option<&RouteSpec> {
        Some(&self.routes.get(slot)?.as_ref()?.spec)
    }

    /// The slot of a route.
    pub fn slot(&self, id: &str) -> Option<usize> {
        self.slots.get(id).map(|slot| *slot as usize)
    }

    /// What operators should know about the routes that are new or different since `before`, to be logged.
    pub fn warnings_since(&self, before: &Self) -> Vec<Warning> {
        let is_known = |route: &Arc<Route>| {
            let same = before
                .slots
                .get(route.spec.id.as_str())
                .and_then(|slot| before.routes[*slot as usize].as_ref());
            same.is_some_and(|same| Arc::ptr_eq(same, route))
        };
        self.routes
            .iter()
            .flatten()
            .filter(|route| !is_known(route))
            .filter_map(|route| route.warning())
            .collect()
    }
}

impl Route {
    fn warning(&self) -> Option<Warning> {
        let message = self.entries.iter().find_map(|entry| entry.warning())?.to_owned();
        Some(Warning { route_id: self.spec.id.clone(), name: self.spec.name.clone(), message })
    }
}
