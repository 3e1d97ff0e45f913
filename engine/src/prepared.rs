//! A compiled snapshot between Python's look at it and its commit.
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::snapshot::Prepared;

/// A compiled snapshot that waits for its plugins.
#[pyclass(name = "Prepared", module = "gopura._engine", frozen)]
pub struct PreparedSnapshot {
    inner: Mutex<Option<Prepared>>,
    version: u64,
    hash: String,
}

impl PreparedSnapshot {
    pub fn new(inner: Prepared) -> Self {
        Self { version: inner.version(), hash: inner.hash().to_owned(), inner: Mutex::new(Some(inner)) }
    }

    /// What it holds; `None` when it was committed before.
    pub fn take(&self) -> Option<Prepared> {
        self.lock().take()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Prepared>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl PreparedSnapshot {
    #[getter]
    fn version(&self) -> u64 {
        self.version
    }

    #[getter]
    fn hash(&self) -> &str {
        &self.hash
    }

    /// `(id, name, configuration as JSON, whole plugin as JSON)` of plugins that are new or different.
    #[getter]
    fn changed_plugins<'py>(
        &self,
        py: Python<'py>,
    ) -> Vec<(String, String, Bound<'py, PyBytes>, Bound<'py, PyBytes>)> {
        let inner = self.lock();
        let rows = inner.iter().flat_map(|prepared| &prepared.changed);
        rows.map(|row| {
            let config = row.raw("config").unwrap_or_default();
            let name = row.text("name").unwrap_or_default().into_owned();
            let whole = PyBytes::new(py, row.json().as_bytes());
            (row.id().to_owned(), name, PyBytes::new(py, config.as_bytes()), whole)
        })
        .collect()
    }

    /// Ids of plugins that are gone.
    #[getter]
    fn removed_plugins(&self) -> Vec<String> {
        self.lock().iter().flat_map(|prepared| prepared.removed.clone()).collect()
    }

    /// Certificates as JSON whose references are to be resolved for the commit.
    #[getter]
    fn referring_certificates<'py>(&self, py: Python<'py>) -> Vec<Bound<'py, PyBytes>> {
        let inner = self.lock();
        let rows = inner.iter().flat_map(|prepared| &prepared.referring);
        rows.map(|row| PyBytes::new(py, row.json().as_bytes())).collect()
    }

    /// Each vault as JSON, when one of them is new, different or gone; else None.
    #[getter]
    fn vaults<'py>(&self, py: Python<'py>) -> Option<Vec<Bound<'py, PyBytes>>> {
        let inner = self.lock();
        let vaults = inner.as_ref()?.vaults.as_ref()?;
        Some(vaults.iter().map(|row| PyBytes::new(py, row.json().as_bytes())).collect())
    }
}
