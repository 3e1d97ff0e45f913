//! Which plugins run in a TLS handshake, where no more than the server name is known.
use std::collections::HashMap;
use std::sync::Arc;

use super::{Chain, Served, Snapshot};
use crate::phases::{Bound, Phase};

/// The plugins with a `certificate` phase.
#[derive(Default)]
pub struct Handshakes {
    globals: Vec<Arc<Bound>>,
    /// Those of routes that name an SNI, the globals included.
    by_name: HashMap<String, Vec<Arc<Bound>>>,
}

impl Handshakes {
    pub fn build(snapshot: &Snapshot) -> Self {
        let globals: Vec<_> = plugins(&snapshot.chains.globals).collect();
        let mut by_name: HashMap<String, Vec<Arc<Bound>>> = HashMap::new();
        let routes = snapshot.served.iter().flatten();
        for Served { route, chain, .. } in routes.filter(|served| served.chain.has(Phase::Certificate)) {
            for name in route.snis.iter().flatten() {
                let known = by_name.entry(normal(name)).or_insert_with(|| globals.clone());
                for plugin in plugins(chain) {
                    if !known.iter().any(|other| other.id == plugin.id) {
                        known.push(plugin);
                    }
                }
                known.sort_by(|a, b| (b.priority, &b.name).cmp(&(a.priority, &a.name)));
            }
        }
        Self { globals, by_name }
    }

    pub fn is_empty(&self) -> bool {
        self.globals.is_empty() && self.by_name.is_empty()
    }

    /// The plugins for a client that wants this name, in order.
    pub fn plugins(&self, name: Option<&str>) -> Vec<Arc<Bound>> {
        let found = name.and_then(|name| self.by_name.get(&normal(name)));
        found.unwrap_or(&self.globals).clone()
    }
}

fn plugins(chain: &Chain) -> impl Iterator<Item = Arc<Bound>> {
    chain.plugins(None).filter(|bound| bound.phases.has(Phase::Certificate)).cloned()
}

fn normal(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}
