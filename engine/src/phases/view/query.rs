//! Query arguments as Kong reads and writes them.
use std::borrow::Cow;

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyList, PyString};

use super::headers::collect;
use crate::phases::text;

/// Each argument's name and value, decoded; one without `=` has no value, one without a name is left out.
pub fn arguments(query: &[u8]) -> impl Iterator<Item = (Cow<'_, [u8]>, Option<Cow<'_, [u8]>>)> {
    let parts = query.split(|byte| *byte == b'&').filter(|part| !part.is_empty());
    parts.map(split).filter(|(name, _)| !name.is_empty())
}

fn split(part: &[u8]) -> (Cow<'_, [u8]>, Option<Cow<'_, [u8]>>) {
    match part.iter().position(|byte| *byte == b'=') {
        Some(at) => (unescape(&part[..at]), Some(unescape(&part[at + 1..]))),
        None => (unescape(part), None),
    }
}

fn unescape(part: &[u8]) -> Cow<'_, [u8]> {
    if !part.iter().any(|byte| matches!(byte, b'+' | b'%')) {
        return Cow::Borrowed(part);
    }
    let mut out = Vec::with_capacity(part.len());
    let mut rest = part;
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = if byte == b'%' { hex(after) } else { None };
        rest = if escaped.is_some() { &after[2..] } else { after };
        out.push(escaped.unwrap_or(if byte == b'+' { b' ' } else { byte }));
    }
    Cow::Owned(out)
}

fn hex(digits: &[u8]) -> Option<u8> {
    let digit = |at: usize| digits.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

/// By name: a string, True, or a list of these.
pub fn to_dict<'py>(py: Python<'py>, query: &[u8]) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, value) in arguments(query) {
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
