//! `gopura._engine.Pattern`: regular expressions of configurations, for Python.
use gopura_pattern::{Exceeded, Groups, Options};
use pyo3::create_exception;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::phases::text::{decode, raw};

create_exception!(gopura._engine, MatchLimitError, PyRuntimeError);

/// Bytes of text from which on a search is so long that it pays to let other threads have Python meanwhile.
const LONG: usize = 2 << 10;

#[pyclass(frozen, module = "gopura._engine")]
pub struct Pattern(gopura_pattern::Pattern);

/// Where groups lie in the text; `None` for one that took no part.
type Spans = Vec<Option<(usize, usize)>>;

#[pymethods]
impl Pattern {
    #[new]
    #[pyo3(signature = (source, options = "", limit = 100_000))]
    fn new(py: Python<'_>, source: &Bound<'_, PyAny>, options: &str, limit: usize) -> PyResult<Self> {
        let (source, options) = (raw(source)?, Options::of(options));
        py.detach(|| gopura_pattern::Pattern::new(&source, options, limit))
            .map(Self)
            .map_err(PyValueError::new_err)
    }

    /// Whether its time grows with the text's length only.
    #[getter]
    fn linear(&self) -> bool {
        self.0.is_linear()
    }

    /// The groups that have names.
    #[getter]
    fn names<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let names = PyDict::new(py);
        for (number, name) in self.0.names() {
            names.set_item(name, number)?;
        }
        Ok(names)
    }

    fn matches(&self, py: Python<'_>, text: &Bound<'_, PyAny>) -> PyResult<bool> {
        let text = raw(text)?;
        self.run(py, &text, |pattern| pattern.is_match(&text))
    }

    #[pyo3(signature = (text, start = 0))]
    fn find(&self, py: Python<'_>, text: &Bound<'_, PyAny>, start: usize) -> PyResult<Option<Spans>> {
        let text = raw(text)?;
        let found = self.run(py, &text, |pattern| pattern.find(&text, start))?;
        Ok(found.map(spans))
    }

    fn groups<'py>(&self, text: &Bound<'py, PyAny>) -> PyResult<Option<Vec<Bound<'py, PyString>>>> {
        let (py, text) = (text.py(), raw(text)?);
        let Some(found) = self.run(py, &text, |pattern| pattern.find(&text, 0))? else { return Ok(None) };
        let group = |range: Option<_>| decode(py, &text[range.unwrap_or(0..0)]);
        found.into_iter().map(group).collect::<PyResult<_>>().map(Some)
    }
}

impl Pattern {
    /// Searches, without the lock of Python where that pays.
    fn run<T: Send>(
        &self,
        py: Python<'_>,
        text: &[u8],
        search: impl Fn(&gopura_pattern::Pattern) -> Result<T, Exceeded> + Send + Sync,
    ) -> PyResult<T> {
        let found = if text.len() < LONG && self.0.is_linear() {
            search(&self.0)
        } else {
            py.detach(|| search(&self.0))
        };
        found.map_err(|Exceeded| {
            MatchLimitError::new_err(
                "a regular expression needs more steps than nginx_http_lua_regex_match_limit for this text",
            )
        })
    }
}

fn spans(groups: Groups) -> Spans {
    groups.into_iter().map(|group| group.map(|range| (range.start, range.end))).collect()
}
