//! An entity of the snapshot as plugins see it; made once per entity.
use std::sync::{Arc, OnceLock, Weak};

use pyo3::exceptions::{PyAttributeError, PyReferenceError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};
use serde_json::Value;

use crate::snapshot::Entity as Row;

/// Lies in every row and holds its Python object once somebody has asked.
pub type EntityCache = OnceLock<Py<Entity>>;

enum Held {
    /// The row holds this object, so the object must not hold the row.
    Row(Weak<Row>),
    /// A plugin made it up: a credential that no table has.
    Own(Arc<Row>),
}

#[pyclass(frozen, mapping, module = "gopura._engine")]
pub struct Entity {
    row: Held,
    #[pyo3(get)]
    id: Py<PyString>,
    /// All fields; shared, not to be changed.
    #[pyo3(get)]
    value: Py<PyDict>,
}

/// The Python object of a row.
pub fn entity(py: Python<'_>, row: &Arc<Row>) -> PyResult<Py<Entity>> {
    if let Some(known) = row.view.get() {
        return Ok(known.clone_ref(py));
    }
    let made = Py::new(py, Entity::new(py, Held::Row(Arc::downgrade(row)), row)?)?;
    Ok(row.view.get_or_init(|| made).clone_ref(py))
}

impl Entity {
    fn new(py: Python<'_>, held: Held, row: &Row) -> PyResult<Self> {
        let value = row.value().map_err(|error| PyValueError::new_err(error.to_string()))?;
        let value = object(py, &value)?.cast_into::<PyDict>()?;
        Ok(Self { row: held, id: PyString::new(py, row.id()).unbind(), value: value.unbind() })
    }

    pub fn row(&self) -> PyResult<Arc<Row>> {
        match &self.row {
            Held::Row(row) => {
                row.upgrade().ok_or_else(|| PyReferenceError::new_err("this entity was deleted"))
            }
            Held::Own(row) => Ok(row.clone()),
        }
    }
}

#[pymethods]
impl Entity {
    /// An entity that is in no table; `value` needs an `id`.
    #[new]
    fn make(py: Python<'_>, kind: &str, value: &Bound<'_, PyDict>) -> PyResult<Self> {
        let text: String = py.import("json")?.call_method1("dumps", (value,))?.extract()?;
        let row = Row::new(&Arc::new(kind.into()), &text);
        let row = Arc::new(row.ok_or_else(|| PyValueError::new_err("an entity needs an id"))?);
        Self::new(py, Held::Own(row.clone()), &row)
    }

    fn __getattr__<'py>(&self, py: Python<'py>, name: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
        let value = self.value.bind(py).get_item(name)?;
        value.ok_or_else(|| PyAttributeError::new_err(format!("this entity has no field {name}")))
    }

    fn __getitem__<'py>(&self, py: Python<'py>, name: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
        self.value.bind(py).as_any().get_item(name)
    }

    fn __contains__(&self, py: Python<'_>, name: &Bound<'_, PyString>) -> PyResult<bool> {
        self.value.bind(py).contains(name)
    }

    #[pyo3(signature = (name, default=None))]
    fn get<'py>(
        &self,
        py: Python<'py>,
        name: &Bound<'py, PyString>,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(self.value.bind(py).get_item(name)?.or(default))
    }

    fn __repr__(&self) -> PyResult<String> {
        let row = self.row()?;
        Ok(format!("<{} {}>", row.kind(), row.id()))
    }
}

fn object<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(flag) => flag.into_pyobject(py)?.to_owned().into_any(),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => whole.into_pyobject(py)?.into_any(),
            (None, float) => float.into_pyobject(py)?.into_any(),
        },
        Value::String(text) => PyString::new(py, text).into_any(),
        Value::Array(values) => {
            let items = values.iter().map(|value| object(py, value)).collect::<PyResult<Vec<_>>>()?;
            PyList::new(py, items)?.into_any()
        }
        Value::Object(fields) => {
            let dict = PyDict::new(py);
            for (name, value) in fields {
                dict.set_item(PyString::intern(py, name), object(py, value)?)?;
            }
            dict.into_any()
        }
    })
}
