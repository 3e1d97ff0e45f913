//! The same answers for what Python connects to.
use std::sync::Arc;
use std::thread;

use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use tokio::runtime::Builder;

use super::{Answer, Dns, Service};
use crate::settings::Settings;

/// Looks names up as upstreams' are.
#[pyclass(module = "gopura._engine", frozen)]
pub struct Resolver {
    dns: Arc<Dns>,
}

impl Resolver {
    /// One that shares what is known.
    pub fn sharing(dns: &Arc<Dns>) -> Self {
        Self { dns: dns.clone() }
    }
}

#[pymethods]
impl Resolver {
    /// For a process without an engine.
    #[new]
    fn new(settings: &[u8]) -> PyResult<Self> {
        let settings: Settings = serde_json::from_slice(settings)
            .map_err(|error| PyValueError::new_err(format!("settings: {error}")))?;
        let (dns, service) = Dns::new(&settings);
        thread::Builder::new()
            .name("resolver".to_owned())
            .spawn(move || run(service))
            .map_err(|error| PyOSError::new_err(error.to_string()))?;
        Ok(Self { dns })
    }

    /// `done(addresses, reason)`: addresses with the ports that SRV records name, another one first each time.
    fn resolve(&self, py: Python<'_>, name: &str, done: Py<PyAny>) {
        py.detach(|| self.dns.tell(name, Box::new(move |answer| tell(answer, done))));
    }
}

/// Ends with the last who may ask.
fn run(service: Service) {
    match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(service.run()),
        Err(error) => tracing::error!("resolver: {error}"),
    }
}

/// Whoever answers has others to serve, and must not wait for Python.
fn tell(answer: Arc<Answer>, done: Py<PyAny>) {
    let call = move || {
        Python::try_attach(|py| {
            let addresses: Vec<_> =
                answer.turn().into_iter().map(|record| (record.ip.to_string(), record.port)).collect();
            if let Err(error) = done.call1(py, (addresses, answer.failure.as_deref())) {
                error.write_unraisable(py, None);
            }
        });
    };
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) => drop(runtime.spawn_blocking(call)),
        Err(_) => call(),
    }
}
