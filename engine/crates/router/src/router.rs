//! Builds a router from routes, changes it, and asks it.

use std::sync::Arc;

use crate::census::{Census, Start};
use crate::entry::{self, Entry, Paths};
use crate::expression::Subject;
use crate::host::Authority;
use crate::index::{Index, Map};
use crate::matched::{Match, taken};
use crate::request::{Request, Scheme};
use crate::spec::{BuildError, Flavor, RouteSpec, Warning};

/// One generation of the route index. It never changes; [`Router::update`] makes the next one, which shares
/// with this one what did not change. Cheap to clone and to drop from any thread.
#[derive(Clone)]
pub struct Router {
    flavor: Flavor,
    routes: Map<Arc<str>, Arc<Placed>>,
    index: Index,
    /// One more than the greatest slot that was ever given.
    slots: u32,
    /// Slots of removed routes.
    free: Vec<u32>,
    counts: Counts,
    /// Only in the `traditional` flavour, and only when a route asks for a server name.
    census: Option<Box<Census>>,
    /// About the routes that are new in this generation.
    warnings: Vec<Warning>,
}

/// How many entries there are of kinds that change how requests are read.
#[derive(Clone, Copy, Default)]
struct Counts {
    with_paths: usize,
    with_snis: usize,
}

/// Where a route is.
struct Placed {
    slot: u32,
    entries: Box<[Arc<Entry>]>,
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
            routes: Map::default(),
            index: Index::default(),
            slots: 0,
            free: Vec::new(),
            counts: Counts::default(),
            census: None,
            warnings: Vec::new(),
        }
    }

    /// Builds all routes, or says about each one that cannot be built what is wrong with it. Routes
    /// that are not for HTTP are left out. The route at index `i` gets slot `i`.
    pub fn build(routes: Vec<RouteSpec>, flavor: Flavor) -> Result<Self, Vec<BuildError>> {
        let changes = routes.into_iter().map(|route| Change::Put(Box::new(route)));
        Self::empty(flavor).update(changes)
    }

    /// The next generation: all changes, or an error for each that failed. It costs what the changes do.
    pub fn update(&self, changes: impl IntoIterator<Item = Change>) -> Result<Self, Vec<BuildError>> {
        let mut next = self.clone();
        next.warnings.clear();
        let mut errors = Vec::new();
        for change in changes {
            match change {
                Change::Put(route) => errors.extend(next.put(&route).err()),
                Change::Remove(id) => {
                    let slot = next.take(&id);
                    next.free.extend(slot);
                }
            }
        }
        next.take_census();
        if errors.is_empty() { Ok(next) } else { Err(errors) }
    }

    /// Begins the census when the first route needs it; from then on it follows the changes.
    fn take_census(&mut self) {
        let is_needed = self.flavor == Flavor::Traditional && self.counts.with_snis > 0;
        if !is_needed {
            self.census = None;
        } else if self.census.is_none() {
            let entries = self.routes.values().flat_map(|placed| &placed.entries);
            self.census = Some(Box::new(Census::of(entries)));
        }
    }

    fn put(&mut self, spec: &RouteSpec) -> Result<(), BuildError> {
        let slot = self.take(&spec.id).unwrap_or_else(|| self.free_slot());
        let entries = if spec.is_http() {
            entry::compile(spec, slot, self.flavor).map_err(|message| BuildError {
                route_id: spec.id.clone(),
                name: spec.name.clone(),
                message,
            })?
        } else {
            Vec::new()
        };
        for entry in &entries {
            self.index.insert(entry);
            self.counts.with_paths += usize::from(!matches!(entry.asked.paths, Paths::Any));
            self.counts.with_snis += usize::from(!entry.asked.snis.is_empty());
            self.census.iter_mut().for_each(|census| census.insert(entry));
        }
        self.warnings.extend(warning(spec, &entries));
        self.routes.insert(spec.id.as_str().into(), Arc::new(Placed { slot, entries: entries.into() }));
        Ok(())
    }

    /// Takes a route out; its slot is not yet given to another one.
    fn take(&mut self, id: &str) -> Option<u32> {
        let placed = self.routes.remove(id)?;
        for entry in &placed.entries {
            self.index.remove(entry);
            self.counts.with_paths -= usize::from(!matches!(entry.asked.paths, Paths::Any));
            self.counts.with_snis -= usize::from(!entry.asked.snis.is_empty());
            self.census.iter_mut().for_each(|census| census.remove(entry));
        }
        Some(placed.slot)
    }

    fn free_slot(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.slots += 1;
            self.slots - 1
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
        let taken = taken(entry, subject);
        Match {
            slot: entry.slot as usize,
            route: &entry.route,
            matched_path: taken.length,
            pattern: taken.pattern,
            flavor: self.flavor,
        }
    }

    /// One more than the greatest slot in use.
    pub fn slots(&self) -> usize {
        self.slots as usize
    }

    /// The slot of a route.
    pub fn slot(&self, id: &str) -> Option<usize> {
        self.routes.get(id).map(|placed| placed.slot as usize)
    }

    /// What operators should know about the routes that the last update put in, to be logged.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

fn warning(spec: &RouteSpec, entries: &[Arc<Entry>]) -> Option<Warning> {
    let message = entries.iter().find_map(|entry| entry.warning())?.to_owned();
    Some(Warning { route_id: spec.id.clone(), name: spec.name.clone(), message })
}
