//! Builds a router from routes, changes it, and asks it.

use std::collections::HashMap;
use std::sync::Arc;

use crate::entry::{self, Entry, Paths};
use crate::host::Authority;
use crate::index::Index;
use crate::matched::{Match, matched_length};
use crate::request::Request;
use crate::spec::{BuildError, Flavor, RouteSpec, Warning};

/// One generation of the route index. It never changes; [`Router::update`] makes the next one, which shares
/// with this one what did not change. Cheap to clone and to drop from any thread.
#[derive(Clone)]
pub struct Router {
    flavor: Flavor,
    routes: Vec<Option<Arc<Route>>>,
    slots: HashMap<Arc<str>, u32>,
    index: Index,
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
        Self { flavor, routes: Vec::new(), slots: HashMap::new(), index: Index::default() }
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
                Change::Remove(id) => next.remove(&id),
            }
        }
        if errors.is_empty() { Ok(next) } else { Err(errors) }
    }

    fn put(&mut self, spec: RouteSpec) -> Result<(), BuildError> {
        let kept = self.slots.get(spec.id.as_str()).copied();
        self.remove(&spec.id);
        let slot = kept.unwrap_or_else(|| self.free_slot());
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
        }
        self.slots.insert(spec.id.as_str().into(), slot);
        let index = slot as usize;
        if index >= self.routes.len() {
            self.routes.resize_with(index + 1, || None);
        }
        self.routes[index] = Some(Arc::new(Route { spec, entries }));
        Ok(())
    }

    fn remove(&mut self, id: &str) {
        let Some(slot) = self.slots.remove(id) else { return };
        let route = self.routes[slot as usize].take();
        route.iter().flat_map(|route| &route.entries).for_each(|entry| self.index.remove(entry));
    }

    fn free_slot(&self) -> u32 {
        let free = self.routes.iter().position(Option::is_none).unwrap_or(self.routes.len());
        u32::try_from(free).unwrap_or(u32::MAX)
    }

    /// The route that serves the request.
    pub fn find<'r>(&'r self, request: &Request<'_>) -> Option<Match<'r>> {
        let host = request.host.map(|host| Authority::parse(host, request.scheme, self.flavor));
        let entry = self.index.find(request, host)?;
        Some(self.matched(entry, request.path))
    }

    fn matched<'r>(&'r self, entry: &'r Arc<Entry>, path: &[u8]) -> Match<'r> {
        let slot = entry.slot as usize;
        let route = self.routes[slot].as_ref().expect("an entry's slot holds its route");
        Match {
            slot,
            route: &route.spec,
            matched_path: matched_length(entry, path),
            entry,
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

    /// What operators should know, to be logged once per generation.
    pub fn warnings(&self) -> Vec<Warning> {
        self.routes.iter().flatten().filter_map(|route| route.warning()).collect()
    }
}

impl Route {
    fn warning(&self) -> Option<Warning> {
        let backtracks = |entry: &Arc<Entry>| match &entry.paths {
            Paths::Patterns(patterns) => patterns.iter().any(|pattern| pattern.is_backtracking()),
            _ => false,
        };
        self.entries.iter().any(backtracks).then(|| Warning {
            route_id: self.spec.id.clone(),
            name: self.spec.name.clone(),
            message: "a path needs a backtracking regex engine; matching it is slower and bounded".to_owned(),
        })
    }
}
