//! One configured plugin, ready to be called.
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    Certificate,
    Rewrite,
    Access,
    Response,
    HeaderFilter,
    BodyFilter,
    Log,
}

const PHASES: [(Phase, &str); 7] = [
    (Phase::Certificate, "certificate"),
    (Phase::Rewrite, "rewrite"),
    (Phase::Access, "access"),
    (Phase::Response, "response"),
    (Phase::HeaderFilter, "header_filter"),
    (Phase::BodyFilter, "body_filter"),
    (Phase::Log, "log"),
];

impl Phase {
    pub fn name(self) -> &'static str {
        PHASES[self as usize].1
    }
}

/// A set of phases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PhaseSet(u8);

impl PhaseSet {
    pub fn has(self, phase: Phase) -> bool {
        self.0 & (1 << phase as u8) != 0
    }

    pub fn insert(&mut self, phase: Phase) {
        self.0 |= 1 << phase as u8;
    }

    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// A method of a plugin.
pub struct Call {
    pub function: Py<PyAny>,
    pub coroutine: bool,
}

/// What a coroutine needs of `gopura.dataplane.event_loop.PluginLoop`.
pub struct Loop {
    pub step: Py<PyAny>,
    pub follow: Py<PyAny>,
    pub submit: Py<PyAny>,
    pub cancel: Py<PyAny>,
}

/// One configured plugin as Python bound it: `gopura.dataplane.plugins.BoundPlugin`.
pub struct Bound {
    pub id: String,
    pub name: String,
    pub priority: i64,
    pub phases: PhaseSet,
    /// The plugin reads or changes the request's whole body: bytes to buffer before `access` at most.
    pub request_body: Option<usize>,
    /// Bytes of the response's body to hold for the `response` phase at most.
    pub response_body: usize,
    /// The plugin's configuration never depends on the route / service / consumer (Kong's `no_route`, ...).
    pub no_route: bool,
    pub no_service: bool,
    pub no_consumer: bool,
    /// How long a coroutine of this plugin may take.
    pub time_limit: Duration,
    pub config: Py<PyAny>,
    /// `failed(phase, exchange, error)` writes the log line.
    pub failed: Py<PyAny>,
    pub event_loop: Loop,
    calls: [Option<Call>; PHASES.len()],
}

type Any<'py> = pyo3::Bound<'py, PyAny>;

impl Bound {
    /// Reads the attributes once, at commit, while the caller holds the thread state.
    pub fn new(id: &str, object: &Any<'_>) -> PyResult<Self> {
        let calls = calls(object.getattr("phases")?.cast::<PyDict>()?)?;
        let limit: usize = object.getattr("request_body")?.extract()?;
        Ok(Self {
            id: id.to_owned(),
            name: object.getattr("name")?.extract()?,
            priority: object.getattr("priority")?.extract()?,
            phases: phase_set(&calls),
            request_body: (limit > 0).then_some(limit),
            response_body: object.getattr("response_body")?.extract()?,
            no_route: object.getattr("no_route")?.extract()?,
            no_service: object.getattr("no_service")?.extract()?,
            no_consumer: object.getattr("no_consumer")?.extract()?,
            time_limit: Duration::from_secs_f64(object.getattr("time_limit")?.extract()?),
            config: object.getattr("config")?.unbind(),
            failed: object.getattr("failed")?.unbind(),
            event_loop: event_loop(&object.getattr("loop")?)?,
            calls,
        })
    }

    pub fn call(&self, phase: Phase) -> Option<&Call> {
        self.calls[phase as usize].as_ref()
    }
}

fn calls(methods: &pyo3::Bound<'_, PyDict>) -> PyResult<[Option<Call>; PHASES.len()]> {
    let mut calls = [const { None }; PHASES.len()];
    for (phase, name) in PHASES {
        if let Some(pair) = methods.get_item(name)? {
            let pair = pair.cast::<PyTuple>()?;
            let function = pair.get_item(0)?.unbind();
            calls[phase as usize] = Some(Call { function, coroutine: pair.get_item(1)?.extract()? });
        }
    }
    Ok(calls)
}

fn phase_set(calls: &[Option<Call>]) -> PhaseSet {
    let mut set = PhaseSet::default();
    for (phase, _) in PHASES {
        if calls[phase as usize].is_some() {
            set.insert(phase);
        }
    }
    set
}

fn event_loop(object: &Any<'_>) -> PyResult<Loop> {
    let method = |name| object.getattr(name).map(pyo3::Bound::unbind);
    Ok(Loop {
        step: method("step")?,
        follow: method("follow")?,
        submit: method("submit")?,
        cancel: method("cancel")?,
    })
}
