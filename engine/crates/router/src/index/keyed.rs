//! Many items of one place, found by a header's value, the server name or the method.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::Arc;

use super::bucket::List;
use super::item::Item;
use super::search::Search;
use super::trie::Trie;
use crate::header::FieldName;
use crate::pattern::with_lower;
use crate::rank::Rank;
use crate::request::Scheme;

/// A quick hasher: the keys come from the configuration, so clients cannot craft collisions.
pub(crate) type Fast = BuildHasherDefault<rustc_hash::FxHasher>;

/// Shared with other generations, each list on its own.
type Lists = HashMap<Arc<[u8]>, Arc<List>, Fast>;

fn list<'l>(lists: &'l mut Lists, key: &[u8]) -> &'l mut List {
    Arc::make_mut(lists.entry(key.into()).or_default())
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
    best: Option<Rank>,
}

impl Keyed {
    pub fn insert(&mut self, item: &Item) {
        self.best = self.best.max(Some(item.rank));
        match item.inner() {
            Some(literal) => self.inner.insert(literal, item.under_inner()),
            None => self.each_list(item, |list| list.insert(item.clone())),
        }
    }

    pub fn remove(&mut self, item: &Item) {
        match item.inner() {
            Some(literal) => self.inner.remove(literal, &item.under_inner()),
            None => self.each_list(item, |list| list.remove(item)),
        }
        self.drop_empty();
        let lists = self.headers.iter().flat_map(|(_, lists)| lists.values());
        let lists = lists.chain(self.methods.values()).map(|list| &**list).chain([&self.any_sni, &self.rest]);
        self.best = lists.filter_map(List::best).max().max(self.inner.root.best);
    }

    /// Calls `change` with each list that the item belongs to.
    fn each_list(&mut self, item: &Item, mut change: impl FnMut(&mut List)) {
        let entry = &item.entry;
        if let Some(rule) = entry.headers.iter().find(|rule| rule.patterns.is_empty()) {
            let at = self.headers.iter().position(|(name, _)| *name == rule.name).unwrap_or_else(|| {
                self.headers.push((rule.name.clone(), Lists::default()));
                self.headers.len() - 1
            });
            let lists = &mut self.headers[at].1;
            rule.exact.iter().for_each(|value| change(list(lists, value)));
        } else if !entry.snis.is_empty() {
            entry.snis.iter().for_each(|name| change(list(&mut self.snis, name)));
            change(&mut self.any_sni);
        } else if !entry.methods.is_empty() {
            entry.methods.iter().for_each(|name| change(list(&mut self.methods, name)));
        } else {
            change(&mut self.rest);
        }
    }

    fn drop_empty(&mut self) {
        self.headers.iter_mut().for_each(|(_, lists)| lists.retain(|_, list| !list.0.is_empty()));
        self.headers.retain(|(_, lists)| !lists.is_empty());
        self.snis.retain(|_, list| !list.0.is_empty());
        self.methods.retain(|_, list| !list.0.is_empty());
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
