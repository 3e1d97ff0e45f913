//! The rows behind a snapshot, and the indexes that plugins look things up by.
use std::collections::HashMap;
use std::sync::{Arc, OnceLock, RwLock};

use super::Entity;

type Index = HashMap<String, Arc<Entity>>;
type Groups = HashMap<String, Vec<Arc<Entity>>>;

/// The rows of one entity.
#[derive(Default)]
pub struct Table {
    pub rows: HashMap<Arc<str>, Arc<Entity>>,
    /// Made on the first look-up by a field, then once per snapshot.
    indexes: RwLock<HashMap<String, Arc<OnceLock<Index>>>>,
    /// Likewise, by a foreign key: many rows for one id.
    groups: RwLock<HashMap<String, Arc<OnceLock<Groups>>>>,
}

impl Clone for Table {
    fn clone(&self) -> Self {
        Self { rows: self.rows.clone(), indexes: RwLock::default(), groups: RwLock::default() }
    }
}

impl Table {
    fn index(&self, field: &str) -> Arc<OnceLock<Index>> {
        lazily(&self.indexes, field)
    }

    /// The rows whose foreign key `field` is this id.
    fn belonging(&self, field: &str, id: &str) -> Vec<Arc<Entity>> {
        let groups = lazily(&self.groups, field);
        groups.get_or_init(|| self.group(field)).get(id).cloned().unwrap_or_default()
    }

    fn group(&self, field: &str) -> Groups {
        let mut groups = Groups::new();
        for row in self.rows.values() {
            if let Some(id) = row.foreign(field) {
                groups.entry(id.to_owned()).or_default().push(row.clone());
            }
        }
        groups
    }

    fn find(&self, field: &str, value: &str) -> Option<Arc<Entity>> {
        if field == "id" {
            return self.rows.get(value).cloned();
        }
        let index = self.index(field);
        index.get_or_init(|| self.build(field)).get(value).cloned()
    }

    fn build(&self, field: &str) -> Index {
        let entry = |entity: &Arc<Entity>| Some((entity.text(field)?.to_owned(), entity.clone()));
        self.rows.values().filter_map(entry).collect()
    }

    /// Makes the indexes that `other` has, so that no request pays for them.
    fn warm(&self, other: &Self) {
        let Ok(indexes) = other.indexes.read() else { return };
        for field in indexes.keys() {
            self.index(field).get_or_init(|| self.build(field));
        }
        let Ok(groups) = other.groups.read() else { return };
        for field in groups.keys() {
            lazily(&self.groups, field).get_or_init(|| self.group(field));
        }
    }
}

/// The index of a field; made when it is first asked for.
fn lazily<T>(indexes: &RwLock<HashMap<String, Arc<OnceLock<T>>>>, field: &str) -> Arc<OnceLock<T>> {
    if let Some(index) = indexes.read().ok().and_then(|indexes| indexes.get(field).cloned()) {
        return index;
    }
    let Ok(mut indexes) = indexes.write() else { return Arc::default() };
    indexes.entry(field.to_owned()).or_default().clone()
}

/// Every table by the entity's name.
#[derive(Clone, Default)]
pub struct Tables {
    tables: HashMap<Arc<str>, Arc<Table>>,
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
        self.tables.get(kind)?.rows.get(id)
    }

    pub fn rows(&self, kind: &str) -> impl Iterator<Item = &Arc<Entity>> {
        self.tables.get(kind).into_iter().flat_map(|table| table.rows.values())
    }

    pub fn kinds(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<Table>)> {
        self.tables.iter()
    }

    /// Whether both share the rows of this entity unchanged.
    pub fn same(&self, other: &Self, kind: &str) -> bool {
        match (self.tables.get(kind), other.tables.get(kind)) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        }
    }

    /// Puts a row in; gives back the one that it replaces.
    pub fn put(&mut self, entity: Arc<Entity>) -> Option<Arc<Entity>> {
        let table = Arc::make_mut(self.tables.entry(entity.kind.clone()).or_default());
        table.rows.insert(entity.id.clone(), entity)
    }

    pub fn remove(&mut self, kind: &str, id: &str) -> Option<Arc<Entity>> {
        Arc::make_mut(self.tables.get_mut(kind)?).rows.remove(id)
    }

    /// Makes the indexes of changed tables that were in use before.
    pub fn warm(&self, before: &Self) {
        for (kind, table) in &self.tables {
            if let Some(old) = before.tables.get(kind).filter(|old| !Arc::ptr_eq(old, table)) {
                table.warm(old);
            }
        }
    }
}
