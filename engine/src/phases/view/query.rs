//! Query arguments as Kong reads and writes them.
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyList, PyString};

use super::headers::collect;
use crate::http::query::arguments;
use crate::phases::text;

/// By name: a string, True, or a list of these.
pub fn to_dict<'py>(py: Python<'py>, query: &[u8], most: usize) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, value) in arguments(query).take(most) {
        let name = text::decode(py, &name)?;
        match value {
            Some(value) => collect(&dict, name, text::decode(py, &value)?)?,
            None => collect(&dict, name, true)?,
        }
    }
    Ok(dict)
}

/// Arguments in the order of their names; False is left out, True has no `=`.
pub fn from_dict(dict: &Bound<'_, PyDict>) -> PyResult<Vec<u8>> {
    let mut out = Vec::new();
    let names = dict.keys();
    names.sort()?;
    for name in names {
        let Some(value) = dict.get_item(&name)? else { continue };
        let name = text::encode(name.cast::<PyString>()?)?;
        match value.cast::<PyList>() {
            Ok(list) => list.iter().try_for_each(|value| write(&mut out, &name, &value))?,
            Err(_) => write(&mut out, &name, &value)?,
        }
    }
    Ok(out)
}

fn write(out: &mut Vec<u8>, name: &[u8], value: &Bound<'_, PyAny>) -> PyResult<()> {
    let flag = value.cast::<PyBool>().map(|flag| flag.is_true());
    if matches!(flag, Ok(false)) {
        return Ok(());
    }
    if !out.is_empty() {
        out.push(b'&');
    }
    escape(out, name);
    if flag.is_err() {
        out.push(b'=');
        escape(out, &text::encode(&value.str()?)?);
    }
    Ok(())
}

fn escape(out: &mut Vec<u8>, part: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for &byte in part {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte);
        } else {
            out.extend([b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
    }
}
