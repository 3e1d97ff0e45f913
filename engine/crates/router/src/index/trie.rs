//! A radix tree over path prefixes.

use std::sync::Arc;

use smallvec::{SmallVec, smallvec};

use super::bucket::Bucket;
use super::item::Item;
use crate::rank::Rank;

/// Items by the bytes with which a path (or what is left of it) must begin. Changing a tree copies the nodes from the root to the
/// change, when another generation still holds them, and shares the rest.
#[derive(Clone, Default)]
pub(crate) struct Trie {
    pub root: Node,
}

/// What every request reads comes first and lies in the node itself: among many routes, memory is what a look-up waits for.
#[derive(Clone, Default)]
#[repr(C)]
pub(crate) struct Node {
    /// Bytes after those of the parent, the first one included.
    label: SmallVec<[u8; 16]>,
    /// Sorted by the first byte of their labels.
    children: SmallVec<[(u8, Arc<Node>); 1]>,
    pub bucket: Bucket,
    /// The highest rank here and below.
    pub best: Option<Rank>,
}

impl Trie {
    pub fn insert(&mut self, item: Item) {
        let key = item.key().to_vec();
        self.root.insert(&key, item);
    }

    pub fn remove(&mut self, item: &Item) {
        self.root.remove(item.key(), item);
    }

    pub fn is_empty(&self) -> bool {
        self.root.best.is_none()
    }
}

impl Node {
    fn insert(&mut self, rest: &[u8], item: Item) {
        self.best = self.best.max(Some(item.rank()));
        let Some(&first) = rest.first() else { return self.bucket.insert(item) };
        match self.children.binary_search_by_key(&first, |(byte, _)| *byte) {
            Ok(at) => {
                let child = Arc::make_mut(&mut self.children[at].1);
                let shared = common_prefix(&child.label, rest);
                if shared < child.label.len() {
                    child.split(shared);
                }
                child.insert(&rest[shared..], item);
            }
            Err(at) => {
                let mut child = Self { label: rest.into(), ..Self::default() };
                child.insert(&[], item);
                self.children.insert(at, (first, Arc::new(child)));
            }
        }
    }

    /// Cuts the label after `length` bytes; everything moves into one child.
    fn split(&mut self, length: usize) {
        let whole = std::mem::take(self);
        let (head, tail) = whole.label.split_at(length);
        let below =
            Self { label: tail.into(), bucket: whole.bucket, children: whole.children, best: whole.best };
        self.label = head.into();
        self.best = whole.best;
        self.children = smallvec![(tail[0], Arc::new(below))];
    }

    fn remove(&mut self, rest: &[u8], item: &Item) {
        if let Some(&first) = rest.first() {
            if let Ok(at) = self.children.binary_search_by_key(&first, |(byte, _)| *byte) {
                let child = Arc::make_mut(&mut self.children[at].1);
                if let Some(rest) = rest.strip_prefix(&*child.label) {
                    child.remove(rest, item);
                }
                if child.best.is_none() {
                    self.children.remove(at);
                }
            }
        } else {
            self.bucket.remove(item);
        }
        let below = self.children.iter().filter_map(|(_, child)| child.best).max();
        self.best = below.max(self.bucket.best());
    }

    /// The child that the path goes through, and what of the path is left after it.
    pub fn child<'n, 'p>(&'n self, path: &'p [u8]) -> Option<(&'n Self, &'p [u8])> {
        let first = path.first()?;
        let at = self.children.binary_search_by_key(first, |(byte, _)| *byte).ok()?;
        let child = &*self.children[at].1;
        Some((child, path.strip_prefix(&*child.label)?))
    }
}

fn common_prefix(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}
