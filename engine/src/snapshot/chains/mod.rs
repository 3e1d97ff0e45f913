//! Which plugins run for a route, in which order, with which configuration.
mod scopes;
mod touched;

use std::collections::HashMap;
use std::sync::Arc;

pub use touched::{Chains, Touched};

use super::ordering::{self, Ordering};
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
