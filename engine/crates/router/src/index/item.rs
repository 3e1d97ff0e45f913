//! One way in which a request can reach an entry.

use std::sync::Arc;

use crate::entry::{Entry, Paths};
use crate::host::{Authority, HostPattern};
use crate::pattern::Pattern;
use crate::rank::Rank;
use crate::request::Request;

/// An entry under one of its hosts and one of its paths. The text of both is known to fit where the item
/// lies; the item knows what is left to check.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub entry: Arc<Entry>,
    /// Set when the host's text is not all that the pattern wants.
    host: Option<Arc<HostPattern>>,
    pattern: Option<Arc<Pattern>>,
    /// Which of the entry's paths.
    path: u32,
    /// Lies under the inner literal of its pattern already.
    is_under_inner: bool,
}

impl Item {
    /// The items of one host, one for each path.
    pub fn all(entry: &Arc<Entry>, host: Option<&HostPattern>) -> Vec<Self> {
        let host = host.filter(|host| !host.is_only_text()).cloned().map(Arc::new);
        let item = |path: usize, pattern| Self {
            entry: Arc::clone(entry),
            host: host.clone(),
            pattern,
            path: u32::try_from(path).unwrap_or(u32::MAX),
            is_under_inner: false,
        };
        match &entry.asked.paths {
            Paths::Any => vec![item(0, None)],
            Paths::Prefixes(prefixes) => (0..prefixes.len()).map(|path| item(path, None)).collect(),
            Paths::Patterns(patterns) => patterns
                .iter()
                .enumerate()
                .map(|(path, pattern)| item(path, Some(Arc::clone(pattern))))
                .collect(),
        }
    }

    pub fn rank(&self) -> Rank {
        self.entry.rank
    }

    /// The bytes under which it lies in a tree: those with which the request's path must begin, or its inner ones.
    pub fn key(&self) -> &[u8] {
        match (&self.entry.asked.paths, &self.pattern) {
            (_, Some(pattern)) if self.is_under_inner => &pattern.literals.inner,
            (_, Some(pattern)) => &pattern.literals.prefix,
            (Paths::Prefixes(prefixes), None) => &prefixes[self.path as usize],
            _ => b"",
        }
    }

    /// Whether bytes that the path must contain after the prefix can still be used to find the item.
    pub fn has_inner(&self) -> bool {
        let inner = self.pattern.as_ref().map(|pattern| &pattern.literals.inner);
        !self.is_under_inner && inner.is_some_and(|inner| !inner.is_empty())
    }

    /// The same item, to lie under its inner literal.
    pub fn under_inner(&self) -> Self {
        Self { is_under_inner: true, ..self.clone() }
    }

    /// Whether it is the same way to the same entry.
    pub fn is(&self, other: &Self) -> bool {
        self.rank() == other.rank() && self.path == other.path && self.entry.slot == other.entry.slot
    }

    /// Checks what the place does not say already, the dearest last.
    pub fn accepts(&self, request: &Request<'_>, host: Option<&Authority<'_>>) -> bool {
        self.host.as_ref().is_none_or(|pattern| host.is_some_and(|host| pattern.rest_fits(host)))
            && self.entry.rest_matches(request, host)
            && self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(request.path))
    }
}
