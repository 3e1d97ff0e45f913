//! What log plugins tell of an exchange: moments, tries, sizes.
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::exchange::{Exchange, Timing, Try};
use crate::phases::text;

/// Taken out of an exchange under its lock; turned into Python objects afterwards.
pub struct Facts {
    started: Instant,
    latencies: [(&'static str, i64); 3],
    tries: Vec<Try>,
    /// The status that stands for failed tries.
    failed: u16,
    upstream_status: Option<u16>,
    upstream_uri: Vec<u8>,
    request_size: u64,
    response_size: u64,
    body_size: u64,
    sni: Option<String>,
}

impl Facts {
    pub fn of(exchange: &Exchange) -> Self {
        Self {
            started: exchange.timing.started,
            latencies: latencies(&exchange.timing),
            tries: exchange.tries.clone(),
            failed: exchange.response.as_ref().map_or(502, |response| response.status),
            upstream_status: exchange.upstream.as_ref().map(|(status, _)| *status),
            upstream_uri: upstream_uri(exchange),
            request_size: exchange.received,
            response_size: exchange.sent,
            body_size: exchange.body_sent,
            sni: exchange.request.sni.as_ref().map(ToString::to_string),
        }
    }

    pub fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        dict.set_item("started_at", since_1970(self.started).as_millis())?;
        let latencies = PyDict::new(py);
        for (name, value) in self.latencies {
            latencies.set_item(name, value)?;
        }
        dict.set_item("latencies", latencies)?;
        dict.set_item("tries", self.tries(py)?)?;
        dict.set_item("upstream_status", self.statuses())?;
        dict.set_item("upstream_uri", text::decode(py, &self.upstream_uri)?)?;
        dict.set_item("request_size", self.request_size)?;
        dict.set_item("response_size", self.response_size)?;
        dict.set_item("body_size", self.body_size)?;
        dict.set_item("sni", &self.sni)?;
        Ok(dict)
    }

    fn tries<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        for attempt in &self.tries {
            let start = since_1970(attempt.started);
            let dict = PyDict::new(py);
            dict.set_item("balancer_start", start.as_millis())?;
            dict.set_item("balancer_start_ns", start.as_nanos())?;
            dict.set_item("balancer_latency", 0)?;
            dict.set_item("balancer_latency_ns", 0)?;
            dict.set_item("ip", attempt.address.ip().to_string())?;
            dict.set_item("port", attempt.address.port())?;
            if attempt.failure.is_some() {
                dict.set_item("state", "failed")?;
                dict.set_item("code", self.failed)?;
            }
            list.append(dict)?;
        }
        Ok(list)
    }

    /// As nginx's `$upstream_status`: one for each try.
    fn statuses(&self) -> String {
        let failed = self.tries.iter().filter(|attempt| attempt.failure.is_some()).map(|_| self.failed);
        let all: Vec<String> = failed.chain(self.upstream_status).map(|status| status.to_string()).collect();
        all.join(", ")
    }
}

/// Milliseconds: the whole request; waiting for the upstream (-1: it was not asked); the gateway's own, which is all
/// before that and the response's body.
fn latencies(timing: &Timing) -> [(&'static str, i64); 3] {
    let end = timing.finished.unwrap_or_else(Instant::now);
    let waiting = timing.waited().map_or(-1, |waited| i64::try_from(waited.as_millis()).unwrap_or(i64::MAX));
    let own = between(timing.started, timing.handed_over().unwrap_or(end));
    let receiving = timing.head.map_or(0, |head| between(head, end));
    [("request", between(timing.started, end)), ("proxy", waiting), ("kong", own + receiving)]
}

fn between(from: Instant, to: Instant) -> i64 {
    i64::try_from(to.saturating_duration_since(from).as_millis()).unwrap_or(i64::MAX)
}

fn since_1970(moment: Instant) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.saturating_sub(moment.elapsed())
}

fn upstream_uri(exchange: &Exchange) -> Vec<u8> {
    let query = exchange.outgoing.query.as_ref().or(exchange.request.query.as_ref());
    let mut uri = exchange.outgoing.path.to_vec();
    if let Some(query) = query.filter(|query: &&Bytes| !query.is_empty() && !uri.is_empty()) {
        uri.push(b'?');
        uri.extend_from_slice(query);
    }
    uri
}
