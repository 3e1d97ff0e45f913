//! The response on its way to the client as plugins see it.
use std::sync::Arc;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict};

use super::Headers;
use super::exchange::within;
use super::headers::Side;
use crate::exchange as own;
use crate::phases::slot::Slot;
use crate::phases::text;

#[pyclass(frozen, module = "gopura._engine")]
pub struct Response {
    slot: Arc<Slot>,
    headers: PyOnceLock<Py<Headers>>,
}

impl Response {
    pub fn new(slot: Arc<Slot>) -> Self {
        Self { slot, headers: PyOnceLock::new() }
    }

    fn with<T>(&self, work: impl FnOnce(&mut own::Response) -> T) -> PyResult<T> {
        let done = self.slot.with(|exchange| exchange.response.as_mut().map(work))?;
        done.ok_or_else(|| PyRuntimeError::new_err("there is no response yet"))
    }
}

#[pymethods]
impl Response {
    /// Before there is a response: headers set here will be added to it.
    #[getter]
    fn headers(&self, py: Python<'_>) -> PyResult<Py<Headers>> {
        let make = || Py::new(py, Headers::new(self.slot.clone(), Side::Response));
        Ok(self.headers.get_or_try_init(py, make)?.clone_ref(py))
    }

    #[getter]
    fn status(&self) -> PyResult<u16> {
        self.with(|response| response.status)
    }

    #[setter]
    fn set_status(&self, status: u16) -> PyResult<()> {
        within(status, 100)?;
        self.with(|response| response.status = status)
    }

    /// The whole body, where the phase has it.
    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let body = self.with(|response| response.body.clone())?;
        Ok(body.map(|body| PyBytes::new(py, &body)))
    }

    #[setter]
    fn set_body(&self, body: &Bound<'_, PyAny>) -> PyResult<()> {
        let body = text::raw(body)?;
        self.with(|response| {
            response.headers.remove("content-length");
            response.body = Some(body);
        })
    }

    /// The upstream's trailers by name, in the last call of `body_filter` for a gRPC response.
    #[getter]
    fn trailers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let lines = self.slot.with(|exchange| exchange.trailers.clone())?;
        let dict = PyDict::new(py);
        for line in lines.split(|byte| *byte == b'\n') {
            let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
            let name = text::decode(py, line[..colon].trim_ascii())?;
            dict.set_item(name, text::decode(py, line[colon + 1..].trim_ascii())?)?;
        }
        Ok(dict)
    }

    /// `service`: from the upstream, `exit`: a plugin's, `error`: the gateway's own.
    #[getter]
    fn source(&self) -> PyResult<&'static str> {
        self.with(|response| match response.source {
            own::Source::Service => "service",
            own::Source::Exit => "exit",
            own::Source::Error => "error",
        })
    }
}
