//! Rows by what stands in one of their fields; each version shares with the one before what did not change.
use std::borrow::{Borrow, Cow};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::entity::{ById, Entity, Span};
use super::{Map, map};

/// Rows by a field that is unique.
#[derive(Clone)]
pub struct Index {
    field: Box<str>,
    plain: Map<ByText, ()>,
    /// Rows whose text is written with escapes.
    escaped: Map<Box<str>, Arc<Entity>>,
}

/// A row as a key: by the text of the field, where it stands in the row.
#[derive(Clone)]
struct ByText {
    row: Arc<Entity>,
    text: Span,
}

impl Index {
    pub fn new<'e>(field: &str, rows: impl Iterator<Item = &'e Arc<Entity>>) -> Self {
        let mut index = Self { field: field.into(), plain: map(), escaped: map() };
        rows.for_each(|row| index.insert(row));
        index
    }

    pub fn field(&self) -> &str {
        &self.field
    }

    pub fn find(&self, text: &str) -> Option<&Arc<Entity>> {
        let plain = self.plain.get_key_value(text).map(|(key, ())| &key.row);
        plain.or_else(|| self.escaped.get(text))
    }

    pub fn insert(&mut self, row: &Arc<Entity>) {
        if let Some(text) = row.span(&self.field) {
            self.plain.insert(ByText { row: row.clone(), text }, ());
        } else if let Some(text) = row.text(&self.field) {
            self.escaped.insert(text.into(), row.clone());
        }
    }

    /// Takes a row out, unless another one took its place.
    pub fn remove(&mut self, row: &Arc<Entity>) {
        let Some(text) = row.text(&self.field) else { return };
        if !self.find(&text).is_some_and(|found| Arc::ptr_eq(found, row)) {
            return;
        }
        match text {
            Cow::Borrowed(text) => drop(self.plain.remove(text)),
            Cow::Owned(text) => drop(self.escaped.remove(&*text)),
        }
    }
}

impl Borrow<str> for ByText {
    fn borrow(&self) -> &str {
        self.row.part(self.text)
    }
}

impl Hash for ByText {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.row.part(self.text).hash(state);
    }
}

impl PartialEq for ByText {
    fn eq(&self, other: &Self) -> bool {
        self.row.part(self.text) == other.row.part(other.text)
    }
}

impl Eq for ByText {}

/// Rows by the id behind a foreign key.
#[derive(Clone)]
pub struct Groups {
    field: Box<str>,
    groups: Map<Arc<str>, Group>,
}

/// Up to this many rows lie in a list that is copied when it changes.
const FEW: usize = 16;

#[derive(Clone)]
enum Group {
    Few(Arc<[Arc<Entity>]>),
    Many(Map<ById, ()>),
}

impl Groups {
    pub fn new<'e>(field: &str, rows: impl Iterator<Item = &'e Arc<Entity>>) -> Self {
        let mut groups = Self { field: field.into(), groups: map() };
        rows.for_each(|row| groups.insert(row));
        groups
    }

    pub fn field(&self) -> &str {
        &self.field
    }

    /// The rows whose foreign key is this id, in no order.
    pub fn of(&self, id: &str) -> impl Iterator<Item = &Arc<Entity>> {
        self.groups.get(id).into_iter().flat_map(Group::rows)
    }

    pub fn insert(&mut self, row: &Arc<Entity>) {
        let Some(id) = row.foreign(&self.field) else { return };
        match self.groups.get_mut(id) {
            Some(group) => group.insert(row),
            None => drop(self.groups.insert(id.into(), Group::Few([row.clone()].into()))),
        }
    }

    pub fn remove(&mut self, row: &Arc<Entity>) {
        let Some(id) = row.foreign(&self.field) else { return };
        if let Some(group) = self.groups.get_mut(id) {
            group.remove(row);
            if group.is_empty() {
                self.groups.remove(id);
            }
        }
    }
}

impl Group {
    fn rows(&self) -> Box<dyn Iterator<Item = &Arc<Entity>> + '_> {
        match self {
            Self::Few(rows) => Box::new(rows.iter()),
            Self::Many(rows) => Box::new(rows.keys().map(|row| &row.0)),
        }
    }

    fn insert(&mut self, row: &Arc<Entity>) {
        match self {
            Self::Many(rows) => drop(rows.insert(ById(row.clone()), ())),
            Self::Few(rows) if rows.len() < FEW => *rows = rows.iter().chain([row]).cloned().collect(),
            Self::Few(rows) => {
                let mut many = map();
                for row in rows.iter().chain([row]) {
                    many.insert(ById(row.clone()), ());
                }
                *self = Self::Many(many);
            }
        }
    }

    fn remove(&mut self, row: &Arc<Entity>) {
        match self {
            Self::Few(rows) => *rows = rows.iter().filter(|other| other.id() != row.id()).cloned().collect(),
            Self::Many(rows) => drop(rows.remove(row.id())),
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Few(rows) => rows.is_empty(),
            Self::Many(rows) => rows.is_empty(),
        }
    }
}
