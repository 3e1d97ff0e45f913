//! Which plugins a phase calls, one after the other.
use std::sync::Arc;

use super::bound::{Bound, Phase};
use crate::exchange::Exchange;
use crate::snapshot::Chain;

enum Source {
    /// Each slot's best configuration for the consumer known by then; all are collected for later phases.
    Choosing(Arc<Chain>),
    Chosen(Vec<Arc<Bound>>),
}

/// The plugins still to call in one phase.
pub struct Plan {
    pub phase: Phase,
    source: Source,
    next: usize,
    /// The plugin that waits for the client's body.
    held: Option<Arc<Bound>>,
}

impl Plan {
    /// Global configurations only.
    pub fn globals(exchange: &Exchange, phase: Phase) -> Self {
        let chain = &exchange.snapshot.chains.globals;
        Self::chosen(phase, chain.plugins(None).filter(|bound| bound.phases.has(phase)).cloned().collect())
    }

    pub fn access(exchange: &Exchange) -> Self {
        let chain =
            exchange.served().map_or(&exchange.snapshot.chains.globals, |served| &served.chain).clone();
        Self { phase: Phase::Access, source: Source::Choosing(chain), next: 0, held: None }
    }

    /// Collects when no plugin is to be called, without Python; whether that was so.
    pub fn settled(&mut self, exchange: &mut Exchange) -> bool {
        match &self.source {
            Source::Choosing(chain) if !chain.has(self.phase) => {
                choose(chain, &mut self.next, exchange);
                true
            }
            _ => false,
        }
    }

    /// What `access` collected, or the globals when it never ran.
    pub fn downstream(exchange: &Exchange, phase: Phase) -> Self {
        match &exchange.collected {
            None => Self::globals(exchange, phase),
            Some(all) => Self::chosen(phase, all.iter().filter(|it| it.phases.has(phase)).cloned().collect()),
        }
    }

    pub fn chosen(phase: Phase, plugins: Vec<Arc<Bound>>) -> Self {
        Self { phase, source: Source::Chosen(plugins), next: 0, held: None }
    }

    pub fn is_empty(&self) -> bool {
        matches!(&self.source, Source::Chosen(plugins) if plugins.is_empty())
    }

    /// The largest of a quantity of chosen plugins.
    pub fn largest(&self, of: impl Fn(&Bound) -> usize) -> usize {
        match &self.source {
            Source::Chosen(plugins) => plugins.iter().map(|bound| of(bound)).max().unwrap_or(0),
            Source::Choosing(_) => 0,
        }
    }

    /// Leaves a plugin for the next time if it wants the client's body first; how much of it.
    pub fn hold(&mut self, exchange: &Exchange, bound: &Arc<Bound>) -> Option<usize> {
        let limit =
            bound.request_body.filter(|limit| self.phase == Phase::Access && exchange.lacks_body(*limit));
        self.held = limit.map(|_| bound.clone());
        limit
    }

    /// The plugin that was left.
    pub fn held(&mut self) -> Option<Arc<Bound>> {
        self.held.take()
    }

    /// The next plugin that is to be called.
    pub fn next(&mut self, exchange: &mut Exchange) -> Option<Arc<Bound>> {
        match &self.source {
            Source::Chosen(plugins) => {
                self.next += 1;
                plugins.get(self.next - 1).filter(|_| !exchange.context.answered).cloned()
            }
            Source::Choosing(chain) => choose(chain, &mut self.next, exchange),
        }
    }
}

fn choose(chain: &Chain, next: &mut usize, exchange: &mut Exchange) -> Option<Arc<Bound>> {
    let collected = exchange.collected.get_or_insert_with(|| {
        exchange.phases = super::PhaseSet::default();
        Vec::with_capacity(chain.slots.len())
    });
    while let Some(slot) = chain.slot_in_access(*next) {
        *next += 1;
        let consumer = exchange.consumer.as_ref().map(|entity| entity.id());
        let Some(bound) = slot.resolve(consumer) else { continue };
        exchange.phases = exchange.phases.union(bound.phases);
        collected.push(bound.clone());
        if bound.phases.has(Phase::Access) && !exchange.context.answered {
            return Some(bound.clone());
        }
    }
    chain.settle(collected);
    None
}
