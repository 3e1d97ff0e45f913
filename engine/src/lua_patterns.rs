//! `gopura._engine.lua_find` and its like: what `string.find` and `string.gsub` of Lua code do, in bounded time.
use gopura_pattern::lua::{Capture, Failure, Found, Matcher, replaced};
use memchr::memmem;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

/// Adds the functions to `gopura._engine`.
pub fn mount(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<LuaMatcher>()?;
    module.add_function(wrap_pyfunction!(lua_find_plain, module)?)?;
    module.add_function(wrap_pyfunction!(lua_replace, module)?)
}

const FOUND: i64 = 1;
const NOTHING: i64 = 0;
const MALFORMED: i64 = -1;
const EXCEEDED: i64 = -2;

/// A text and a pattern, for one match after the other: the text is handed over once.
#[pyclass(frozen, module = "gopura._engine")]
pub struct LuaMatcher {
    text: Py<PyBytes>,
    pattern: Py<PyBytes>,
}

#[pymethods]
impl LuaMatcher {
    #[new]
    #[pyo3(signature = (text, pattern, /))]
    fn new(text: Py<PyBytes>, pattern: Py<PyBytes>) -> Self {
        Self { text, pattern }
    }

    #[pyo3(signature = (start, anchors, steps, /))]
    fn __call__<'py>(
        &self,
        py: Python<'py>,
        start: usize,
        anchors: bool,
        steps: u64,
    ) -> PyResult<Bound<'py, PyTuple>> {
        find(py, self.text.as_bytes(py), self.pattern.as_bytes(py), start, anchors, steps)
    }
}

fn find<'py>(
    py: Python<'py>,
    text: &[u8],
    pattern: &[u8],
    start: usize,
    anchors: bool,
    steps: u64,
) -> PyResult<Bound<'py, PyTuple>> {
    let search = || {
        let mut matcher = Matcher::new(text, pattern, steps);
        let found = if anchors { matcher.find(start) } else { matcher.find_from(start, 0, false) };
        (matcher.steps, found)
    };
    let (left, found) = py.detach(search);
    match found {
        Ok(Some(found)) => PyTuple::new(py, places(left, &found)),
        Ok(None) => PyTuple::new(py, [left.cast_signed(), NOTHING]),
        Err(failure) => failed(py, left, failure),
    }
}

/// What is left of the steps, then from where to where (from 1, as Lua counts) it and its groups lie.
fn places(left: u64, found: &Found) -> Vec<i64> {
    let number = |place: usize| i64::try_from(place).unwrap_or(i64::MAX);
    let mut places = vec![left.cast_signed(), FOUND, number(found.whole.start + 1), number(found.whole.end)];
    for capture in &found.captures {
        places.extend(match *capture {
            Capture::Part(begin, end) => [number(begin + 1), number(end)],
            Capture::Place(at) | Capture::Open(at) => [number(at + 1), -1],
        });
    }
    places
}

#[pyfunction]
#[pyo3(signature = (text, part, start, /))]
fn lua_find_plain(py: Python<'_>, text: &[u8], part: &[u8], start: usize) -> Option<usize> {
    py.detach(|| memmem::find(text.get(start..)?, part).map(|at| start + at + 1))
}

#[pyfunction]
#[pyo3(signature = (text, pattern, replacement, most, steps, limit, /))]
fn lua_replace<'py>(
    py: Python<'py>,
    text: &[u8],
    pattern: &[u8],
    replacement: &[u8],
    most: usize,
    steps: u64,
    limit: usize,
) -> PyResult<Bound<'py, PyTuple>> {
    let (left, made) = py.detach(|| {
        let mut matcher = Matcher::new(text, pattern, steps);
        let made = replaced(&mut matcher, replacement, most, limit);
        (matcher.steps, made)
    });
    match made {
        Ok((result, count)) => (left, FOUND, PyBytes::new(py, &result), count).into_pyobject(py),
        Err(failure) => failed(py, left, failure),
    }
}

fn failed(py: Python<'_>, left: u64, failure: Failure) -> PyResult<Bound<'_, PyTuple>> {
    match failure {
        Failure::Malformed(reason) => {
            (left, MALFORMED, PyBytes::new(py, reason.as_bytes())).into_pyobject(py)
        }
        Failure::Exceeded => PyTuple::new(py, [0, EXCEEDED]),
    }
}
