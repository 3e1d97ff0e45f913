//! `gopura._engine`: the part of gopura that moves the bytes.
mod exchange;
mod phases;
mod snapshot;

use pyo3::prelude::*;

#[pymodule(gil_used = false)]
fn _engine(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))
}
