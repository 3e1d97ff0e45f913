//! What goes to the upstream, as plugins change it.
use std::sync::Arc;

use bytes::Bytes;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyAny, PyDict, PyString};

use super::headers::Side;
use super::{Headers, query};
use crate::exchange::{Exchange, Outgoing, Scheme};
use crate::http::path;
use crate::phases::slot::Slot;
use crate::phases::text;

#[pyclass(frozen, module = "gopura._engine")]
pub struct UpstreamRequest {
    slot: Arc<Slot>,
    headers: PyOnceLock<Py<Headers>>,
}

impl UpstreamRequest {
    pub fn new(slot: Arc<Slot>) -> Self {
        Self { slot, headers: PyOnceLock::new() }
    }

    fn text<'py>(
        &self,
        py: Python<'py>,
        pick: impl FnOnce(&Exchange) -> Bytes,
    ) -> PyResult<Bound<'py, PyString>> {
        text::decode(py, &self.slot.with(|exchange| pick(exchange))?)
    }

    fn change(&self, work: impl FnOnce(&mut Outgoing)) -> PyResult<()> {
        self.slot.with(|exchange| work(&mut exchange.outgoing))
    }
}

#[pymethods]
impl UpstreamRequest {
    /// The request's headers: what is changed here goes upstream and is what later plugins read.
    #[getter]
    fn headers(&self, py: Python<'_>) -> PyResult<Py<Headers>> {
        let make = || Py::new(py, Headers::new(self.slot.clone(), Side::Request));
        Ok(self.headers.get_or_try_init(py, make)?.clone_ref(py))
    }

    #[getter]
    fn method<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        self.text(py, |exchange| exchange.outgoing.method.clone().unwrap_or(exchange.request.method.clone()))
    }

    #[setter]
    fn set_method(&self, method: &str) -> PyResult<()> {
        let method = text::header_name(method)?;
        self.change(|outgoing| outgoing.method = Some(method))
    }

    #[getter]
    fn scheme(&self) -> PyResult<Option<&'static str>> {
        self.slot.with(|exchange| exchange.outgoing.scheme.map(Scheme::as_str))
    }

    #[setter]
    fn set_scheme(&self, scheme: &str) -> PyResult<()> {
        let scheme = match scheme {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return Err(PyValueError::new_err("the scheme is http or https")),
        };
        self.change(|outgoing| outgoing.scheme = Some(scheme))
    }

    #[getter]
    fn host<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        self.text(py, |exchange| exchange.outgoing.host.clone())
    }

    #[setter]
    fn set_host(&self, host: &str) -> PyResult<()> {
        if host.bytes().any(|byte| byte <= b' ' || byte == 0x7f || b"/\\?#@".contains(&byte)) {
            return Err(PyValueError::new_err(format!("not a host: {host:?}")));
        }
        let host = Bytes::copy_from_slice(host.as_bytes());
        self.change(|outgoing| outgoing.host = host)
    }

    #[getter]
    fn port(&self) -> PyResult<u16> {
        self.slot.with(|exchange| exchange.outgoing.port)
    }

    #[setter]
    fn set_port(&self, port: u16) -> PyResult<()> {
        self.change(|outgoing| outgoing.port = port)
    }

    #[getter]
    fn path<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        self.text(py, |exchange| exchange.outgoing.path.clone())
    }

    #[setter]
    fn set_path(&self, path: &Bound<'_, PyString>) -> PyResult<()> {
        // What must not stand in a request line is escaped when the request is sent.
        let path = text::encode(path)?;
        let set = |exchange: &mut Exchange| {
            exchange.outgoing.path = path::given(path, exchange.slashes)?;
            Ok(())
        };
        self.slot.with(set)?.map_err(PyValueError::new_err::<&'static str>)
    }

    #[getter]
    fn raw_query<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        self.text(py, |exchange| {
            let query = exchange.outgoing.query.as_ref().or(exchange.request.query.as_ref());
            query.cloned().unwrap_or_default()
        })
    }

    #[setter]
    fn set_raw_query(&self, query: &Bound<'_, PyString>) -> PyResult<()> {
        let query = target_part(query)?;
        self.change(|outgoing| outgoing.query = Some(query))
    }

    /// Replaces all arguments: strings, True, or lists of these, by name.
    fn set_query(&self, arguments: &Bound<'_, PyDict>) -> PyResult<()> {
        let query = Bytes::from(query::from_dict(arguments)?);
        self.change(|outgoing| outgoing.query = Some(query))
    }

    /// Replaces the body.
    fn set_body(&self, body: &Bound<'_, PyAny>) -> PyResult<()> {
        let body = text::raw(body)?;
        self.change(|outgoing| outgoing.body = Some(body))
    }
}

/// A part of the request line: white space and controls would end it.
fn target_part(text: &Bound<'_, PyString>) -> PyResult<Bytes> {
    let part = text::encode(text)?;
    if part.iter().any(|byte| *byte <= b' ' || *byte == 0x7f) {
        return Err(PyValueError::new_err("white space and control characters must be escaped"));
    }
    Ok(part)
}
