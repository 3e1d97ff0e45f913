//! Bytes of messages as Python strings and back: UTF-8, other bytes as surrogates, so that nothing is lost.
use bytes::Bytes;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyString};

pub fn decode<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyString>> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(PyString::new(py, text)),
        Err(_) => {
            let text = PyBytes::new(py, bytes).call_method1("decode", ("utf-8", "surrogateescape"))?;
            Ok(text.cast_into()?)
        }
    }
}

pub fn encode(text: &Bound<'_, PyString>) -> PyResult<Bytes> {
    if let Ok(text) = text.to_str() {
        return Ok(Bytes::copy_from_slice(text.as_bytes()));
    }
    let bytes = text.call_method1("encode", ("utf-8", "surrogateescape"))?;
    Ok(Bytes::copy_from_slice(bytes.cast::<PyBytes>()?.as_bytes()))
}

/// A header's value from a string, number or boolean, as Kong takes them.
pub fn header_value(value: &Bound<'_, PyAny>) -> PyResult<Bytes> {
    let bytes = if let Ok(text) = value.cast::<PyString>() {
        encode(text)?
    } else if let Ok(flag) = value.cast::<PyBool>() {
        Bytes::from_static(if flag.is_true() { b"true" } else { b"false" })
    } else if value.is_instance_of::<PyInt>() || value.is_instance_of::<PyFloat>() {
        encode(&value.str()?)?
    } else {
        return Err(PyTypeError::new_err("a header's value is a string, a number or a boolean"));
    };
    Ok(within_line(bytes))
}

/// A text as it may stand in a header line: control characters, which could end the line, are percent-encoded.
pub fn within_line(text: Bytes) -> Bytes {
    let control = |byte: &u8| byte.is_ascii_control() && *byte != b'\t';
    if !text.iter().any(control) {
        return text;
    }
    let mut encoded = Vec::with_capacity(text.len() + 16);
    for byte in text {
        if control(&byte) {
            encoded.extend_from_slice(format!("%{byte:02X}").as_bytes());
        } else {
            encoded.push(byte);
        }
    }
    encoded.into()
}

pub fn header_name(name: &str) -> PyResult<Bytes> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(token) {
        return Err(PyValueError::new_err(format!("not a header name: {name:?}")));
    }
    Ok(Bytes::copy_from_slice(name.as_bytes()))
}

/// A body or another raw value: bytes as they are, a string as UTF-8.
pub fn raw(value: &Bound<'_, PyAny>) -> PyResult<Bytes> {
    match value.cast::<PyBytes>() {
        Ok(bytes) => Ok(Bytes::copy_from_slice(bytes.as_bytes())),
        Err(_) => encode(value.cast::<PyString>()?),
    }
}
