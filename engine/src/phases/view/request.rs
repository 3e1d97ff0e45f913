//! The client's request as plugins see it.
use std::sync::Arc;

use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};

use super::headers::{Side, spelling};
use super::{Headers, query};
use crate::exchange as own;
use crate::http::query::arguments;
use crate::phases::slot::Slot;
use crate::phases::text;

#[pyclass(frozen, module = "gopura._engine")]
pub struct Request {
    slot: Arc<Slot>,
    headers: PyOnceLock<Py<Headers>>,
}

impl Request {
    pub fn new(slot: Arc<Slot>) -> Self {
        Self { slot, headers: PyOnceLock::new() }
    }

    fn text<'py>(
        &self,
        py: Python<'py>,
        pick: impl FnOnce(&own::Request) -> Bytes,
    ) -> PyResult<Bound<'py, PyString>> {
        text::decode(py, &self.slot.with(|exchange| pick(&exchange.request))?)
    }

    fn get<T>(&self, pick: impl FnOnce(&own::Request) -> T) -> PyResult<T> {
        self.slot.with(|exchange| pick(&exchange.request))
    }

    /// As it is now: plugins may have replaced it. With how many of its arguments they see.
    fn current_query(&self) -> PyResult<(Bytes, usize)> {
        self.slot.with(|exchange| {
            let query = exchange.outgoing.query.as_ref().or(exchange.request.query.as_ref());
            (query.cloned().unwrap_or_default(), exchange.seen.arguments)
        })
    }
}

#[pymethods]
impl Request {
    #[getter]
    fn headers(&self, py: Python<'_>) -> PyResult<Py<Headers>> {
        let make = || Py::new(py, Headers::new(self.slot.clone(), Side::Request));
        Ok(self.headers.get_or_try_init(py, make)?.clone_ref(py))
    }

    #[getter]
    fn id<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        self.text(py, |request| request.id.clone())
    }

    #[getter]
    fn method<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        self.text(py, |request| request.method.clone())
    }

    #[getter]
    fn scheme(&self) -> PyResult<&'static str> {
        self.get(|request| request.scheme.as_str())
    }

    #[getter]
    fn http_version(&self) -> PyResult<f64> {
        self.get(|request| request.version.number())
    }

    #[getter]
    fn host<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        self.text(py, |request| request.host.clone())
    }

    #[getter]
    fn port(&self) -> PyResult<u16> {
        self.get(|request| request.port)
    }

    #[getter]
    fn target<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        self.text(py, |request| request.target.clone())
    }

    #[getter]
    fn path<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        self.text(py, |request| request.path.clone())
    }

    #[getter]
    fn raw_query<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        text::decode(py, &self.current_query()?.0)
    }

    #[getter]
    fn query<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let (query, most) = self.current_query()?;
        query::to_dict(py, &query, most)
    }

    /// All values of one query argument; True for one without `=`.
    fn query_values<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        let (query, most) = self.current_query()?;
        for (_, value) in arguments(&query).take(most).filter(|(found, _)| **found == *name.as_bytes()) {
            match value {
                Some(value) => list.append(text::decode(py, &value)?)?,
                None => list.append(true)?,
            }
        }
        Ok(list)
    }

    /// The values of the header of that name; without one, those of the query argument.
    #[pyo3(signature = (name, header=true, query=true))]
    fn values<'py>(
        &self,
        py: Python<'py>,
        name: &str,
        header: bool,
        query: bool,
    ) -> PyResult<Bound<'py, PyList>> {
        if header {
            let (first, more) = self.slot.with(|exchange| {
                let name = spelling(&exchange.request.headers, name);
                let seen = exchange.request.headers.iter().take(exchange.seen.request_headers);
                let mut values = seen.filter(|line| line.is(&name)).map(|line| line.value.clone());
                (values.next(), values.collect::<Vec<_>>())
            })?;
            if let Some(first) = first {
                let list = PyList::new(py, [text::decode(py, &first)?])?;
                more.iter().try_for_each(|value| list.append(text::decode(py, value)?))?;
                return Ok(list);
            }
        }
        if query { self.query_values(py, name) } else { Ok(PyList::empty(py)) }
    }

    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let body = self.slot.with(|exchange| {
            let read = exchange.outgoing.body.as_ref().or(exchange.request.body.as_ref()).cloned();
            read.or_else(|| exchange.request.bodiless.then(Bytes::new))
        })?;
        Ok(body.map(|body| PyBytes::new(py, &body)))
    }

    #[getter]
    fn form_limit(&self) -> PyResult<usize> {
        self.slot.with(|exchange| exchange.seen.form_fields)
    }

    #[getter]
    fn client_ip(&self) -> PyResult<String> {
        self.get(|request| request.client.ip().to_string())
    }

    #[getter]
    fn client_port(&self) -> PyResult<u16> {
        self.get(|request| request.client.port())
    }

    #[getter]
    fn peer_ip(&self) -> PyResult<String> {
        self.get(|request| request.peer.ip().to_string())
    }

    #[getter]
    fn local_ip(&self) -> PyResult<String> {
        self.get(|request| request.local.ip().to_string())
    }

    #[getter]
    fn sni(&self) -> PyResult<Option<String>> {
        self.get(|request| request.sni.as_ref().map(ToString::to_string))
    }
}
