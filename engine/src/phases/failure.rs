//! A plugin that raised: the log line, and what becomes of the request.
use bytes::Bytes;
use gopura_http1::Headers;
use pyo3::prelude::*;

use super::bound::{Bound, Phase};
use super::view;
use crate::exchange::{Exchange, Response, Source};

const BODY: &[u8] = br#"{"message":"An unexpected error occurred"}"#;

/// Writes the log line through `BoundPlugin.failed`.
pub fn report(py: Python<'_>, bound: &Bound, phase: Phase, exchange: &Py<view::Exchange>, error: PyErr) {
    if let Err(second) = bound.failed.call1(py, (phase.name(), exchange, error.into_value(py))) {
        second.print(py);
    }
}

/// The request's answer becomes 500; in `log` it is too late for that.
pub fn fail(exchange: &mut Exchange, phase: Phase) {
    if phase == Phase::Log {
        return;
    }
    exchange.context.answered = true;
    exchange.context.error = None;
    exchange.response = Some(unexpected());
}

fn unexpected() -> Response {
    let mut headers = Headers::default();
    headers.append("Content-Type", "application/json; charset=utf-8");
    Response { status: 500, headers, body: Some(Bytes::from_static(BODY)), source: Source::Error }
}
