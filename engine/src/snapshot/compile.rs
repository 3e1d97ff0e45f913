//! From a message to the next snapshot, beside the one that runs.
use std::collections::HashMap;
use std::sync::Arc;

use gopura_router::Flavor;

use super::chains::Touched;
use super::message::{Changed, Failure, Message, Refused};
use super::{Entity, Plugin, Snapshot, certificates, routes, upstreams};
use crate::dns::Dns;
use crate::phases::Bound;
use crate::upstream::Upstream;

/// Everything but what Python has to bind.
pub struct Prepared {
    /// What it follows.
    pub before: Arc<Snapshot>,
    next: Snapshot,
    touched: Touched,
    /// Those that nobody looks after yet.
    pub upstreams: Vec<Arc<Upstream>>,
    /// Plugins that are new or different from the snapshot that this follows, and those that are gone.
    pub changed: Vec<Arc<Entity>>,
    pub removed: Vec<String>,
    /// All vaults, when one of them changed.
    pub vaults: Option<Vec<Arc<Entity>>>,
    /// Certificates whose references are to be resolved.
    pub referring: Vec<Arc<Entity>>,
}

/// Compiles what `bytes` say about the snapshot `before`. Nothing that runs is touched. A full snapshot is a change of
/// nothing; a delta costs what depends on the rows in it.
pub fn prepare(bytes: &[u8], before: Arc<Snapshot>, flavor: Flavor, dns: &Dns) -> Result<Prepared, Refused> {
    let message = Message::apply(bytes, before.version, &before.hash, &before.tables)?;
    let mut next = if message.is_full() { Snapshot::empty(flavor) } else { (*before).clone() };
    next.lookups.clone_from(&before.lookups);
    (next.version, next.hash) = (message.version, message.hash.clone());
    next.tables = message.tables.clone();
    let mut failures = Vec::new();
    let mut touched = Touched::new(message.is_full());
    routes::update(&mut next, &message, &mut touched, &mut failures);
    plugins(&mut next, message.changes("plugins"), &mut touched, &mut failures);
    certificates::update(&mut next, &message);
    let upstreams = upstreams::update(&mut next, &message, &before, dns, &mut failures);
    if !failures.is_empty() {
        return Err(Refused::Invalid(failures));
    }
    let (changed, removed) = plugin_changes(&message, &before);
    let vaults = vaults(&message, &before);
    let referring = certificates::referring(&message, vaults.is_some());
    Ok(Prepared { before, next, touched, upstreams, changed, removed, vaults, referring })
}

impl Prepared {
    pub fn version(&self) -> u64 {
        self.next.version
    }

    pub fn hash(&self) -> &str {
        &self.next.hash
    }

    /// Whether it was built from nothing.
    pub fn is_full(&self) -> bool {
        self.touched.all
    }

    /// The snapshot, with what Python bound for it, and the texts of certificates that it resolved.
    pub fn finish(
        mut self,
        bound: HashMap<String, Arc<Bound>>,
        resolved: HashMap<String, Vec<(String, String)>>,
    ) -> Snapshot {
        let next = &mut self.next;
        certificates::resolve(next, &self.before, resolved);
        for id in next.plugins.keys().filter(|_| self.touched.all) {
            if let Some(known) = self.before.bound.get(id) {
                next.bound.insert(id.clone(), known.clone());
            }
        }
        let changed = self.changed.iter().map(|row| row.id());
        let stale = changed.chain(self.removed.iter().map(String::as_str));
        stale.for_each(|id| drop(next.bound.remove(id)));
        for (id, bound) in bound {
            if let Some(plugin) = next.plugins.get(&*id) {
                self.touched.plugin(plugin);
                next.bound.insert(id.into(), bound);
            }
        }
        self.touched.rechain(next);
        self.next
    }
}

fn plugins(next: &mut Snapshot, changes: Vec<Changed>, touched: &mut Touched, failures: &mut Vec<Failure>) {
    for Changed { before, after } in changes {
        if let Some(plugin) = before.and_then(|row| next.plugins.remove(row.id())) {
            touched.plugin(&plugin);
        }
        let Some(row) = after else { continue };
        match row.decode::<Plugin>() {
            Ok(plugin) => {
                touched.plugin(&plugin);
                next.plugins.insert(plugin.id.clone(), Arc::new(plugin));
            }
            Err(error) => failures.push(Failure::of(&row, error.to_string())),
        }
    }
}

/// As Python sees it, which keeps its plugins over full snapshots.
fn plugin_changes(message: &Message, running: &Snapshot) -> (Vec<Arc<Entity>>, Vec<String>) {
    let old = |row: &Entity| running.tables.get("plugins", row.id());
    let rows = message.changes("plugins");
    let is_new = |row: &&Arc<Entity>| old(row).is_none_or(|old| old.json() != row.json());
    let changed = rows.iter().filter_map(|change| change.after.as_ref()).filter(is_new).cloned().collect();
    let is_gone = |row: &&Arc<Entity>| message.tables.get("plugins", row.id()).is_none();
    let before: Vec<&Arc<Entity>> = if message.is_full() {
        running.tables.rows("plugins").collect()
    } else {
        rows.iter().filter_map(|change| change.before.as_ref()).collect()
    };
    (changed, before.into_iter().filter(is_gone).map(|row| row.id().to_owned()).collect())
}

fn vaults(message: &Message, running: &Snapshot) -> Option<Vec<Arc<Entity>>> {
    let gone = message.is_full() && running.tables.rows("vaults").next().is_some();
    (gone || !message.changes("vaults").is_empty()).then(|| message.tables.rows("vaults").cloned().collect())
}
