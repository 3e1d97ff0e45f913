//! What kinds of conditions a request could meet at all, over all routes of the `traditional` flavour.

use std::collections::HashSet;
use std::sync::Arc;

use crate::entry::{Entry, Paths};
use crate::header::FieldName;
use crate::host::Authority;
use crate::index::Index;
use crate::rank::Categories;
use crate::request::Request;

/// Kong begins its search at the category that is made up of the kinds that some route, any route, has in common with
/// the request, if there are routes of just that category. That matters in one case only: over plain HTTP there is no
/// server name, though routes that ask for one are not refused; so those of the categories before are left out.
#[derive(Default)]
pub(crate) struct Census {
    hosts: Index,
    paths: Index,
    headers: HashSet<FieldName>,
    methods: HashSet<Box<[u8]>>,
    categories: HashSet<Categories>,
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
        for entry in entries {
            census.categories.insert(entry.rank.categories());
            census.headers.extend(entry.headers.iter().map(|rule| rule.name.clone()));
            census.methods.extend(entry.methods.iter().cloned());
            let bare = |hosts, paths| Arc::new(Entry { hosts, paths, ..entry.without_conditions() });
            if !entry.hosts.is_empty() {
                census.hosts.insert(&bare(entry.hosts.clone(), Paths::Any));
            }
            if !matches!(entry.paths, Paths::Any) {
                census.paths.insert(&bare(Box::default(), entry.paths.clone()));
            }
        }
        census
    }

    /// Where the search for a request without server name begins.
    pub fn start(&self, request: &Request<'_>, host: Option<Authority<'_>>) -> Start {
        let kinds = Categories::new([
            self.hosts.find(request, host, None).is_some(),
            self.headers.iter().any(|name| name.any(request.headers, &mut |_| true)),
            self.paths.find(request, host, None).is_some(),
            self.methods.contains(request.method),
            false,
        ]);
        match kinds {
            Categories::NONE => Start::Nowhere,
            kinds if self.categories.contains(&kinds) => Start::At(kinds),
            _ => Start::First,
        }
    }
}
