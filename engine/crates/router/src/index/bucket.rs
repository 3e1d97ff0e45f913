//! The items of one place, in the order in which they are tried.

use smallvec::SmallVec;

use super::item::Item;
use super::keyed::Keyed;
use super::search::Search;
use crate::rank::Rank;

/// Up to this many items are tried one after the other; more are told apart by what else they ask for.
const FEW: usize = 8;

#[derive(Clone)]
pub(crate) enum Bucket {
    Few(List),
    Many(Box<Keyed>),
}

impl Default for Bucket {
    fn default() -> Self {
        Self::Few(List::default())
    }
}

impl Bucket {
    pub fn insert(&mut self, item: Item) {
        match self {
            Self::Few(list) if list.0.len() < FEW => list.insert(item),
            Self::Few(list) => {
                let mut keyed = Keyed::default();
                list.0.iter().chain([&item]).for_each(|item| keyed.insert(item));
                *self = Self::Many(Box::new(keyed));
            }
            Self::Many(keyed) => keyed.insert(&item),
        }
    }

    pub fn remove(&mut self, item: &Item) {
        match self {
            Self::Few(list) => list.remove(item),
            Self::Many(keyed) => keyed.remove(item),
        }
    }

    pub fn best(&self) -> Option<Rank> {
        match self {
            Self::Few(list) => list.best(),
            Self::Many(keyed) => keyed.best(),
        }
    }

    /// `path` is what is left of it behind the place's own bytes.
    pub fn search<'i>(&'i self, search: &mut Search<'i, '_>, path: &[u8]) {
        match self {
            Self::Few(list) => search.list(&list.0),
            Self::Many(keyed) => keyed.search(search, path),
        }
    }
}

/// Items sorted by rank, the highest first.
#[derive(Clone, Default)]
pub(crate) struct List(pub SmallVec<[Item; 1]>);

impl List {
    pub fn insert(&mut self, item: Item) {
        let at = self.0.partition_point(|other| other.rank() >= item.rank());
        self.0.insert(at, item);
    }

    pub fn remove(&mut self, item: &Item) {
        self.0.retain(|other| !other.is(item));
    }

    pub fn best(&self) -> Option<Rank> {
        self.0.first().map(Item::rank)
    }
}
