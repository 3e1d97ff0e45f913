//! Whether what plugins look up is there to be looked up: Python knows, and is asked once for each that found nothing.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::snapshot::{Entity, Snapshot};

/// The entity whose `field` is `value`. Text that is no UTF-8 is nowhere; `LookupError` when the look-up is wrong.
pub fn found(
    py: Python<'_>,
    snapshot: &Snapshot,
    kind: &str,
    field: &str,
    value: &Bound<'_, PyString>,
) -> PyResult<Option<Arc<Entity>>> {
    let found = value.to_str().ok().and_then(|value| snapshot.find(kind, field, value));
    if found.is_none() {
        snapshot.lookups.check(py, kind, field)?;
    }
    Ok(found)
}

/// Look-ups that found something need no check, so it costs nothing where requests succeed.
#[derive(Default)]
pub struct Lookups {
    /// `check(kind, field)` raises what is wrong with them.
    check: OnceLock<Py<PyAny>>,
    /// Fields by kind that passed.
    passed: RwLock<BTreeMap<Box<str>, BTreeSet<Box<str>>>>,
}

impl Lookups {
    /// To be called once, before requests are served; later calls change nothing.
    pub fn set(&self, check: Py<PyAny>) {
        let _ = self.check.set(check);
    }

    /// Raises when nothing can ever be found by this field.
    pub fn check(&self, py: Python<'_>, kind: &str, field: &str) -> PyResult<()> {
        let passed = self.passed.read().unwrap_or_else(PoisonError::into_inner);
        if passed.get(kind).is_some_and(|fields| fields.contains(field)) {
            return Ok(());
        }
        drop(passed);
        let Some(check) = self.check.get() else { return Ok(()) };
        // No lock is held here: Python may let another worker run, which may want it.
        check.call1(py, (kind, field))?;
        let mut passed = self.passed.write().unwrap_or_else(PoisonError::into_inner);
        passed.entry(kind.into()).or_default().insert(field.into());
        Ok(())
    }
}
