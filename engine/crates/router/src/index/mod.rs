//! The index over entries: first by host, then by path, then by header, server name or method.
//!
//! Every entry lies where each of its (host, path) pairs says. A request looks only into the places
//! that its own host and path name, and in each place from the highest rank down, so that the cost
//! depends on the request and not on the number of routes. Generations share all places that did not change.

mod bucket;
mod item;
mod keyed;
mod search;
mod trie;

use std::hash::BuildHasherDefault;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::entry::Entry;
use crate::host::{Authority, HostPattern, Shape};
use crate::rank::Categories;
use crate::request::Request;
use item::Item;
use search::Search;
use trie::Trie;

/// A map that shares with its copies what did not change. Its hasher is a quick one: the keys come from the
/// configuration, so clients cannot craft collisions.
pub(crate) type Map<K, V> =
    imbl::GenericHashMap<K, V, BuildHasherDefault<rustc_hash::FxHasher>, imbl::shared_ptr::DefaultSharedPtr>;

/// Tries by the fixed text of a host pattern.
type Shards = Map<SmallVec<[u8; 24]>, Arc<Trie>>;

#[derive(Clone, Default)]
pub(crate) struct Index {
    exact: Shards,
    suffixes: Shards,
    prefixes: Shards,
    /// Entries without hosts.
    any: Trie,
    /// Number of wildcards whose star does not stand for whole labels: they can begin or end at any byte.
    odd: usize,
}

impl Index {
    pub fn insert(&mut self, entry: &Arc<Entry>) {
        for (host, item) in places(entry) {
            self.odd += usize::from(host.is_some_and(is_odd));
            let trie = match host {
                Some(host) => {
                    Arc::make_mut(self.shards(host.shape).entry(host.text.as_ref().into()).or_default())
                }
                None => &mut self.any,
            };
            trie.insert(item);
        }
    }

    pub fn remove(&mut self, entry: &Arc<Entry>) {
        for (host, item) in places(entry) {
            self.odd -= usize::from(host.is_some_and(is_odd));
            let Some(host) = host else {
                self.any.remove(&item);
                continue;
            };
            let shards = self.shards(host.shape);
            if let Some(trie) = shards.get_mut(&*host.text).map(Arc::make_mut) {
                trie.remove(&item);
                if trie.is_empty() {
                    shards.remove(&*host.text);
                }
            }
        }
    }

    fn shards(&mut self, shape: Shape) -> &mut Shards {
        match shape {
            Shape::Exact => &mut self.exact,
            Shape::Suffix => &mut self.suffixes,
            Shape::Prefix => &mut self.prefixes,
        }
    }

    /// The entry of the highest rank, as far as its categories are not above `ceiling`, that accepts the request.
    pub fn find<'i>(
        &'i self,
        request: &Request<'_>,
        host: Option<Authority<'_>>,
        ceiling: Option<Categories>,
    ) -> Option<&'i Arc<Entry>> {
        let mut search = Search::new(request, host, ceiling);
        if let Some(host) = host {
            if let Some(trie) = self.exact.get(host.name) {
                search.trie(trie);
            }
            self.search_wildcards(host.name, &mut search);
        }
        if !self.any.is_empty() {
            search.trie(&self.any);
        }
        search.into_best()
    }

    fn search_wildcards<'i>(&'i self, name: &[u8], search: &mut Search<'i, '_>) {
        let label_starts = |at: &usize| self.odd > 0 || name.get(*at) == Some(&b'.');
        if !self.suffixes.is_empty() {
            let tails = (0..=name.len()).filter(label_starts).map(|at| &name[at..]);
            tails.filter_map(|tail| self.suffixes.get(tail)).for_each(|trie| search.trie(trie));
        }
        if !self.prefixes.is_empty() {
            let heads = (0..name.len()).filter(label_starts).map(|at| &name[..=at]);
            heads.filter_map(|head| self.prefixes.get(head)).for_each(|trie| search.trie(trie));
        }
    }
}

fn is_odd(host: &HostPattern) -> bool {
    match host.shape {
        Shape::Exact => false,
        Shape::Suffix => !host.text.starts_with(b"."),
        Shape::Prefix => !host.text.ends_with(b"."),
    }
}

/// Where an entry lies: one item for each pair of host and path.
fn places(entry: &Arc<Entry>) -> Vec<(Option<&HostPattern>, Item)> {
    let hosts: Vec<_> = match &*entry.asked.hosts {
        [] => vec![None],
        hosts => hosts.iter().map(Some).collect(),
    };
    hosts
        .into_iter()
        .flat_map(|host| Item::all(entry, host).into_iter().map(move |item| (host, item)))
        .collect()
}
