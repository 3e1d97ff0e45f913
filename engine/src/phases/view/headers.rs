//! Header lines of the request or of the response.
use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use gopura_http1::{Header, Headers as Lines};
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use crate::exchange::Exchange;
use crate::phases::slot::Slot;
use crate::phases::text;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Request,
    Response,
}

/// Names compare without regard to case; order and case are kept. What is asked for may be written with underscores.
#[pyclass(frozen, mapping, module = "gopura._engine")]
pub struct Headers {
    slot: Arc<Slot>,
    side: Side,
}

impl Headers {
    pub fn new(slot: Arc<Slot>, side: Side) -> Self {
        Self { slot, side }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Lines) -> T) -> PyResult<T> {
        self.slot.with(|exchange| work(lines_of(exchange, self.side)))
    }

    fn first(&self, name: &str) -> PyResult<Option<Bytes>> {
        self.named(name, |values| values.next().cloned())
    }

    /// Of a request, a name is looked for among all lines; of a response, among those that are seen: Kong's rule.
    fn named<T>(&self, name: &str, work: impl FnOnce(&mut dyn Iterator<Item = &Bytes>) -> T) -> PyResult<T> {
        self.slot.with(|exchange| {
            let most = if self.side == Side::Request { usize::MAX } else { self.most(exchange) };
            let lines = lines_of(exchange, self.side);
            let name = spelling(lines, name);
            work(&mut lines.iter().take(most).filter(|line| line.is(&name)).map(|line| &line.value))
        })
    }

    /// The lines that plugins see.
    fn seen(&self) -> PyResult<Vec<Header>> {
        self.slot.with(|exchange| {
            let most = self.most(exchange);
            lines_of(exchange, self.side).iter().take(most).cloned().collect()
        })
    }

    fn most(&self, exchange: &Exchange) -> usize {
        match self.side {
            Side::Request => exchange.seen.request_headers,
            Side::Response => exchange.seen.response_headers,
        }
    }
}

/// The name under which a header is there: as it is asked for, or with dashes instead of its underscores.
pub fn spelling<'name>(lines: &Lines, name: &'name str) -> Cow<'name, str> {
    if name.contains('_') && !lines.contains(name) { name.replace('_', "-").into() } else { name.into() }
}

/// Before there is a response, its headers wait beside it.
pub fn lines_of(exchange: &mut Exchange, side: Side) -> &mut Lines {
    match (side, &mut exchange.response) {
        (Side::Request, _) => &mut exchange.request.headers,
        (Side::Response, Some(response)) => &mut response.headers,
        (Side::Response, None) => &mut exchange.context.early,
    }
}

#[pymethods]
impl Headers {
    /// The first value of `name`.
    #[pyo3(signature = (name, default=None))]
    fn get<'py>(
        &self,
        py: Python<'py>,
        name: &str,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self.first(name)? {
            Some(value) => Ok(Some(text::decode(py, &value)?.into_any())),
            None => Ok(default),
        }
    }

    /// Every value of `name`, in order.
    fn get_all<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Vec<Bound<'py, PyString>>> {
        let values: Vec<Bytes> = self.named(name, |values| values.cloned().collect())?;
        values.iter().map(|value| text::decode(py, value)).collect()
    }

    /// Replaces every line of that name by one, or by one for each value of a list.
    fn set(&self, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let name = text::header_name(name)?;
        let values = values(value)?;
        self.slot.with(|exchange| {
            if self.side == Side::Request && name.eq_ignore_ascii_case(b"host") {
                exchange.outgoing.host_header = values.first().cloned();
            } else {
                replace(lines_of(exchange, self.side), &name, &values);
            }
        })
    }

    /// Adds a line beside others of that name.
    fn add(&self, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let (name, value) = (text::header_name(name)?, text::header_value(value)?);
        self.with(|lines| lines.append(name, value))
    }

    /// Removes every line of that name; tells whether there was one.
    fn remove(&self, name: &str) -> PyResult<bool> {
        self.with(|lines| {
            let name = spelling(lines, name);
            lines.remove(&name)
        })
    }

    /// The lines as they came.
    fn items<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let lines = self.seen()?;
        let pair =
            |line: &Header| PyTuple::new(py, [text::decode(py, &line.name)?, text::decode(py, &line.value)?]);
        PyList::new(py, lines.iter().map(pair).collect::<PyResult<Vec<_>>>()?)
    }

    /// By name in lower case: a string, or a list of strings where a name came more than once.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let lines = self.seen()?;
        let dict = PyDict::new(py);
        for line in &lines {
            let name = text::decode(py, &line.name.to_ascii_lowercase())?;
            let value = text::decode(py, &line.value)?;
            collect(&dict, name, value)?;
        }
        Ok(dict)
    }

    fn __contains__(&self, name: &str) -> PyResult<bool> {
        self.named(name, |values| values.next().is_some())
    }

    fn __getitem__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyString>> {
        let value = self.first(name)?.ok_or_else(|| PyKeyError::new_err(name.to_owned()))?;
        text::decode(py, &value)
    }

    fn __setitem__(&self, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.set(name, value)
    }

    fn __delitem__(&self, name: &str) -> PyResult<()> {
        if self.remove(name)? { Ok(()) } else { Err(PyKeyError::new_err(name.to_owned())) }
    }

    fn __len__(&self) -> PyResult<usize> {
        self.slot.with(|exchange| self.most(exchange).min(lines_of(exchange, self.side).len()))
    }

    fn __iter__(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(self.to_dict(py)?.try_iter()?.into_any().unbind())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(self.to_dict(py)?.repr()?.to_string())
    }
}

/// Adds a value to those of a name: one stays alone, more become a list.
pub fn collect<'py>(
    dict: &Bound<'py, PyDict>,
    name: Bound<'py, PyString>,
    value: impl IntoPyObject<'py>,
) -> PyResult<()> {
    match dict.get_item(&name)? {
        None => dict.set_item(name, value),
        Some(list) if list.is_instance_of::<PyList>() => list.cast::<PyList>()?.append(value),
        Some(first) => {
            let list = PyList::new(dict.py(), [first])?;
            list.append(value)?;
            dict.set_item(name, list)
        }
    }
}

/// The lines of a dictionary whose values are header values or lists of them.
pub fn lines(dict: Option<&Bound<'_, PyDict>>) -> PyResult<Lines> {
    let mut lines = Lines::default();
    for (name, value) in dict.into_iter().flat_map(|dict| dict.iter()) {
        let name = text::header_name(name.cast::<PyString>()?.to_str()?)?;
        for value in values(&value)? {
            lines.append(name.clone(), value);
        }
    }
    Ok(lines)
}

fn values(value: &Bound<'_, PyAny>) -> PyResult<Vec<Bytes>> {
    if let Ok(list) = value.cast::<PyList>() {
        return list.iter().map(|value| text::header_value(&value)).collect();
    }
    Ok(vec![text::header_value(value)?])
}

fn replace(lines: &mut Lines, name: &Bytes, values: &[Bytes]) {
    let Some((first, rest)) = values.split_first() else {
        lines.remove(&String::from_utf8_lossy(name));
        return;
    };
    lines.set(name.clone(), first.clone());
    for value in rest {
        lines.append(name.clone(), value.clone());
    }
}
