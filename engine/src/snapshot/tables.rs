//! The rows behind a snapshot, and the indexes that the engine and plugins look things up by.
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, RwLock};

use super::entity::{ById, Entity};
use super::index::{Groups, Index};
use super::{Map, map};

/// Unique fields that plugins look up at once: their indexes are there before the first request. Others are made on
/// the first look-up. Either kind is kept up to date from then on.
const UNIQUE: &[(&str, &[&str])] = &[
    ("basicauth_credentials", &["username"]),
    ("consumers", &["username", "custom_id"]),
    ("hmacauth_credentials", &["username"]),
    ("jwt_secrets", &["key"]),
    ("keyauth_credentials", &["key"]),
    ("oauth2_credentials", &["client_id"]),
];

/// Likewise, foreign keys.
const FOREIGN: &[(&str, &[&str])] = &[
    ("acls", &["consumer"]),
    ("plugins", &["route", "service"]),
    ("routes", &["service"]),
    ("targets", &["upstream"]),
];

fn known(list: &[(&str, &'static [&'static str])], kind: &str) -> &'static [&'static str] {
    list.iter().find(|(name, _)| *name == kind).map_or(&[], |(_, fields)| fields)
}

/// The rows of one entity.
pub struct Table {
    /// Its name, which all rows share.
    kind: Arc<Box<str>>,
    rows: Map<ById, ()>,
    indexes: Vec<Index>,
    groups: Vec<Groups>,
    /// Made while this table was in use; the next one starts with them.
    late_indexes: Late<Index>,
    late_groups: Late<Groups>,
}

impl Clone for Table {
    fn clone(&self) -> Self {
        Self {
            kind: self.kind.clone(),
            rows: self.rows.clone(),
            indexes: self.indexes.iter().cloned().chain(self.late_indexes.made()).collect(),
            groups: self.groups.iter().cloned().chain(self.late_groups.made()).collect(),
            late_indexes: Late::default(),
            late_groups: Late::default(),
        }
    }
}

impl Table {
    fn new(kind: &str) -> Self {
        let none = || std::iter::empty();
        Self {
            kind: Arc::new(kind.into()),
            rows: map(),
            indexes: known(UNIQUE, kind).iter().map(|field| Index::new(field, none())).collect(),
            groups: known(FOREIGN, kind).iter().map(|field| Groups::new(field, none())).collect(),
            late_indexes: Late::default(),
            late_groups: Late::default(),
        }
    }

    pub fn rows(&self) -> impl Iterator<Item = &Arc<Entity>> {
        self.rows.keys().map(|row| &row.0)
    }

    fn get(&self, id: &str) -> Option<&Arc<Entity>> {
        self.rows.get_key_value(id).map(|(row, ())| &row.0)
    }

    fn find(&self, field: &str, value: &str) -> Option<Arc<Entity>> {
        if field == "id" {
            return self.get(value).cloned();
        }
        if let Some(index) = self.indexes.iter().find(|index| index.field() == field) {
            return index.find(value).cloned();
        }
        self.late_indexes.get(field, || Index::new(field, self.rows()), |index| index.find(value).cloned())
    }

    fn belonging(&self, field: &str, id: &str) -> Vec<Arc<Entity>> {
        if let Some(groups) = self.groups.iter().find(|groups| groups.field() == field) {
            return groups.of(id).cloned().collect();
        }
        let collect = |groups: &Groups| groups.of(id).cloned().collect();
        self.late_groups.get(field, || Groups::new(field, self.rows()), collect)
    }

    fn put(&mut self, row: &Arc<Entity>) -> Option<Arc<Entity>> {
        let before = self.remove(row.id());
        self.rows.insert(ById(row.clone()), ());
        self.indexes.iter_mut().for_each(|index| index.insert(row));
        self.groups.iter_mut().for_each(|groups| groups.insert(row));
        before
    }

    fn remove(&mut self, id: &str) -> Option<Arc<Entity>> {
        let (ById(row), ()) = self.rows.remove_with_key(id)?;
        self.indexes.iter_mut().for_each(|index| index.remove(&row));
        self.groups.iter_mut().for_each(|groups| groups.remove(&row));
        Some(row)
    }
}

/// What was made by field on a first look-up.
struct Late<T>(RwLock<BTreeMap<Box<str>, Arc<OnceLock<T>>>>);

impl<T> Default for Late<T> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<T: Clone> Late<T> {
    fn get<R>(&self, field: &str, make: impl FnOnce() -> T, read: impl FnOnce(&T) -> R) -> R {
        let known = self.0.read().ok().and_then(|all| all.get(field).cloned());
        let cell = known.unwrap_or_else(|| match self.0.write() {
            Ok(mut all) => all.entry(field.into()).or_default().clone(),
            Err(_) => Arc::default(),
        });
        read(cell.get_or_init(make))
    }

    fn made(&self) -> Vec<T> {
        let Ok(all) = self.0.read() else { return Vec::new() };
        all.values().filter_map(|cell| cell.get().cloned()).collect()
    }
}

/// Every table by the entity's name.
#[derive(Clone, Default)]
pub struct Tables {
    tables: BTreeMap<Arc<str>, Arc<Table>>,
}

impl Tables {
    pub fn find(&self, kind: &str, field: &str, value: &str) -> Option<Arc<Entity>> {
        self.tables.get(kind)?.find(field, value)
    }

    /// The rows whose foreign key `field` is this id, in no order.
    pub fn belonging(&self, kind: &str, field: &str, id: &str) -> Vec<Arc<Entity>> {
        self.tables.get(kind).map(|table| table.belonging(field, id)).unwrap_or_default()
    }

    pub fn get(&self, kind: &str, id: &str) -> Option<&Arc<Entity>> {
        self.tables.get(kind)?.get(id)
    }

    pub fn rows(&self, kind: &str) -> impl Iterator<Item = &Arc<Entity>> {
        self.tables.get(kind).into_iter().flat_map(|table| table.rows())
    }

    pub fn kinds(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<Table>)> {
        self.tables.iter()
    }

    /// The name of an entity as its rows have it.
    pub fn kind(&self, name: &str) -> Arc<Box<str>> {
        self.tables.get(name).map_or_else(|| Arc::new(name.into()), |table| table.kind.clone())
    }

    /// Puts a row in; gives back the one that it replaces.
    pub fn put(&mut self, row: &Arc<Entity>) -> Option<Arc<Entity>> {
        if !self.tables.contains_key(row.kind()) {
            self.tables.insert(row.kind().into(), Arc::new(Table::new(row.kind())));
        }
        self.table(row.kind())?.put(row)
    }

    pub fn remove(&mut self, kind: &str, id: &str) -> Option<Arc<Entity>> {
        self.table(kind)?.remove(id)
    }

    /// A table to be changed; others that share it keep theirs.
    fn table(&mut self, kind: &str) -> Option<&mut Table> {
        self.tables.get_mut(kind).map(Arc::make_mut)
    }
}
