//! Many items of one place, found by a header's value, the server name or the method.

use std::sync::Arc;

use super::Map;
use super::bucket::List;
use super::item::Item;
use super::search::Search;
use super::trie::Trie;
use crate::header::FieldName;
use crate::pattern::with_lower;
use crate::rank::Rank;
use crate::request::Scheme;

/// Shared with other generations, each list on its own.
type Lists = Map<Arc<[u8]>, Arc<List>>;

/// Changes the list of a key; an empty one goes.
fn change_list(lists: &mut Lists, key: &[u8], change: impl FnOnce(&mut List)) {
    let list = Arc::make_mut(lists.entry(key.into()).or_default());
    change(list);
    if list.0.is_empty() {
        lists.remove(key);
    }
}

/// Each item lies under the most telling thing that it asks for, once for each value that will do.
#[derive(Clone, Default)]
pub(crate) struct Keyed {
    /// Regexes by a literal that the path must contain.
    inner: Trie,
    /// By field name, then by value in lower case.
    headers: Vec<(FieldName, Lists)>,
    snis: Lists,
    /// The same items as in `snis`: plain HTTP has no server name and is refused by none of them.
    any_sni: List,
    methods: Lists,
    rest: List,
    /// How many items there are of each rank.
    ranks: imbl::OrdMap<Rank, usize>,
    best: Option<Rank>,
}

impl Keyed {
    pub fn insert(&mut self, item: &Item) {
        *self.ranks.entry(item.rank()).or_default() += 1;
        self.best = self.best.max(Some(item.rank()));
        if item.has_inner() {
            self.inner.insert(item.under_inner());
        } else {
            self.each_list(item, |list| list.insert(item.clone()));
        }
    }

    pub fn remove(&mut self, item: &Item) {
        if item.has_inner() {
            self.inner.remove(&item.under_inner());
        } else {
            self.each_list(item, |list| list.remove(item));
        }
        self.forget(item.rank());
        self.headers.retain(|(_, lists)| !lists.is_empty());
        self.best = self.ranks.get_max().map(|(rank, _)| *rank);
    }

    fn forget(&mut self, rank: Rank) {
        match self.ranks.get_mut(&rank) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(self.ranks.remove(&rank)),
        }
    }

    /// Calls `change` with each list that the item belongs to.
    fn each_list(&mut self, item: &Item, mut change: impl FnMut(&mut List)) {
        let entry = &item.entry;
        if let Some(rule) = entry.asked.headers.iter().find(|rule| rule.patterns.is_empty()) {
            let at = self.headers.iter().position(|(name, _)| *name == rule.name).unwrap_or_else(|| {
                self.headers.push((rule.name.clone(), Lists::default()));
                self.headers.len() - 1
            });
            let lists = &mut self.headers[at].1;
            rule.exact.iter().for_each(|value| change_list(lists, value, &mut change));
        } else if !entry.asked.snis.is_empty() {
            entry.asked.snis.iter().for_each(|name| change_list(&mut self.snis, name, &mut change));
            change(&mut self.any_sni);
        } else if !entry.asked.methods.is_empty() {
            entry.asked.methods.iter().for_each(|name| change_list(&mut self.methods, name, &mut change));
        } else {
            change(&mut self.rest);
        }
    }

    pub fn best(&self) -> Option<Rank> {
        self.best
    }

    pub fn search<'i>(&'i self, search: &mut Search<'i, '_>, path: &[u8]) {
        if !self.inner.is_empty() {
            (0..path.len()).for_each(|at| search.node(&self.inner.root, &path[at..]));
        }
        let request = search.request;
        for (name, lists) in &self.headers {
            name.any(request.headers, &mut |value| {
                with_lower(value, |value| search.found(lists.get(value)));
                false
            });
        }
        match (request.scheme, request.sni) {
            (Scheme::Http, _) => search.list(&self.any_sni.0),
            (Scheme::Https, Some(name)) => search.found(self.snis.get(name)),
            (Scheme::Https, None) => {}
        }
        search.found(self.methods.get(request.method));
        search.list(&self.rest.0);
    }
}
