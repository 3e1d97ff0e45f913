//! What kinds of conditions a request could meet at all, over all routes of the `traditional` flavour.

use std::hash::Hash;
use std::sync::Arc;

use crate::entry::{Conditions, Entry, Paths};
use crate::header::FieldName;
use crate::host::Authority;
use crate::index::{Index, Map};
use crate::rank::Categories;
use crate::request::Request;

/// Kong begins its search at the category that is made up of the kinds that some route, any route, has in common with
/// the request, if there are routes of just that category. That matters in one case only: over plain HTTP there is no
/// server name, though routes that ask for one are not refused; so those of the categories before are left out.
#[derive(Clone, Default)]
pub(crate) struct Census {
    hosts: Index,
    paths: Index,
    headers: Counted<FieldName>,
    methods: Counted<Box<[u8]>>,
    categories: Counted<Categories>,
}

/// How many entries have each of these.
type Counted<K> = Map<K, usize>;

fn count<K: Clone + Eq + Hash>(counted: &mut Counted<K>, key: &K) {
    *counted.entry(key.clone()).or_default() += 1;
}

fn discount<K: Clone + Eq + Hash>(counted: &mut Counted<K>, key: &K) {
    match counted.get_mut(key) {
        Some(number) if *number > 1 => *number -= 1,
        _ => drop(counted.remove(key)),
    }
}

/// Where a search begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// No route has anything in common with the request.
    Nowhere,
    First,
    At(Categories),
}

impl Census {
    pub fn of<'e>(entries: impl Iterator<Item = &'e Arc<Entry>>) -> Self {
        let mut census = Self::default();
        entries.for_each(|entry| census.insert(entry));
        census
    }

    pub fn insert(&mut self, entry: &Entry) {
        count(&mut self.categories, &entry.rank.categories());
        entry.asked.headers.iter().for_each(|rule| count(&mut self.headers, &rule.name));
        entry.asked.methods.iter().for_each(|method| count(&mut self.methods, method));
        if let Some(bare) = only_hosts(entry) {
            self.hosts.insert(&bare);
        }
        if let Some(bare) = only_paths(entry) {
            self.paths.insert(&bare);
        }
    }

    pub fn remove(&mut self, entry: &Entry) {
        discount(&mut self.categories, &entry.rank.categories());
        entry.asked.headers.iter().for_each(|rule| discount(&mut self.headers, &rule.name));
        entry.asked.methods.iter().for_each(|method| discount(&mut self.methods, method));
        if let Some(bare) = only_hosts(entry) {
            self.hosts.remove(&bare);
        }
        if let Some(bare) = only_paths(entry) {
            self.paths.remove(&bare);
        }
    }

    /// Where the search for a request without server name begins.
    pub fn start(&self, request: &Request<'_>, host: Option<Authority<'_>>) -> Start {
        let kinds = Categories::new([
            self.hosts.find(request, host, None).is_some(),
            self.headers.keys().any(|name| name.any(request.headers, &mut |_| true)),
            self.paths.find(request, host, None).is_some(),
            self.methods.contains_key(request.method),
            false,
        ]);
        match kinds {
            Categories::NONE => Start::Nowhere,
            kinds if self.categories.contains_key(&kinds) => Start::At(kinds),
            _ => Start::First,
        }
    }
}

fn only_hosts(entry: &Entry) -> Option<Arc<Entry>> {
    let hosts = entry.asked.hosts.clone();
    (!hosts.is_empty()).then(|| Arc::new(entry.asking(Conditions { hosts, ..Conditions::default() })))
}

fn only_paths(entry: &Entry) -> Option<Arc<Entry>> {
    let paths = entry.asked.paths.clone();
    (!matches!(paths, Paths::Any))
        .then(|| Arc::new(entry.asking(Conditions { paths, ..Conditions::default() })))
}
