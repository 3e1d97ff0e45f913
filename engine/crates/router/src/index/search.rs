//! One request's way through the index.

use std::sync::Arc;

use super::bucket::List;
use super::item::Item;
use super::trie::{Node, Trie};
use crate::entry::Entry;
use crate::host::Authority;
use crate::rank::Categories;
use crate::request::Request;

/// The best item so far; only better ones are looked at.
pub(crate) struct Search<'i, 'r> {
    pub request: &'r Request<'r>,
    host: Option<Authority<'r>>,
    /// Entries of greater categories are left out.
    ceiling: Option<Categories>,
    best: Option<&'i Item>,
}

impl<'i, 'r> Search<'i, 'r> {
    pub fn new(request: &'r Request<'r>, host: Option<Authority<'r>>, ceiling: Option<Categories>) -> Self {
        Self { request, host, ceiling, best: None }
    }

    pub fn into_best(self) -> Option<&'i Arc<Entry>> {
        self.best.map(|item| &item.entry)
    }

    pub fn trie(&mut self, trie: &'i Trie) {
        self.node(&trie.root, self.request.path);
    }

    /// Longer prefixes first: what they find saves most of the work above.
    pub fn node(&mut self, node: &'i Node, path: &[u8]) {
        if self.best.is_some_and(|best| node.best <= Some(best.rank())) {
            return;
        }
        if let Some((child, rest)) = node.child(path) {
            self.node(child, rest);
        }
        node.bucket.search(self, path);
    }

    fn admits(&self, item: &Item) -> bool {
        self.ceiling.is_none_or(|ceiling| item.rank().categories() <= ceiling)
    }

    pub fn found(&mut self, list: Option<&'i Arc<List>>) {
        if let Some(list) = list {
            self.list(&list.0);
        }
    }

    /// Takes the first item of a list, sorted by rank, that accepts the request, if it is better.
    pub fn list(&mut self, list: &'i [Item]) {
        for item in list {
            if self.best.is_some_and(|best| item.rank() <= best.rank()) {
                return;
            }
            if self.admits(item) && item.accepts(self.request, self.host.as_ref()) {
                self.best = Some(item);
                return;
            }
        }
    }
}
