//! `Engine`, what the data plane process holds of all this.
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gopura_router::Flavor;
use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};
use tokio::sync::watch;

use crate::dns::Resolver;
use crate::phases::{self, EntityView};
use crate::prepared::PreparedSnapshot;
use crate::settings::Settings;
use crate::shared::{Counters, Shared};
use crate::snapshot::{self, Entity, Failure, Prepared, Refused, Retired};
use crate::upstream::Upstream;
use crate::{checks, log, worker};

create_exception!(
    gopura._engine,
    SnapshotError,
    PyException,
    "A snapshot that is not taken over. `errors`: a list of dicts with entity, id and message. `resync`: whether a \
     full snapshot would help."
);

type Bound_<'py, T> = pyo3::Bound<'py, T>;

struct Running {
    threads: Vec<JoinHandle<()>>,
    stop: watch::Sender<bool>,
}

/// Listeners, workers and the current snapshot.
#[pyclass(module = "gopura._engine", frozen)]
pub struct Engine {
    shared: Arc<Shared>,
    flavor: Flavor,
    running: Mutex<Option<Running>>,
    /// Held while one snapshot replaces another.
    committing: Mutex<()>,
    retired: Retired,
}

#[pymethods]
impl Engine {
    #[new]
    fn new(settings: &[u8]) -> PyResult<Self> {
        let settings: Settings = serde_json::from_slice(settings)
            .map_err(|error| PyValueError::new_err(format!("settings: {error}")))?;
        log::start(&settings).map_err(PyOSError::new_err)?;
        let flavor = checks::flavor(&settings.router_flavor);
        let shared = Shared::new(settings).map_err(PyOSError::new_err)?;
        let retired = Retired::start()?;
        Ok(Self { shared, flavor, running: Mutex::default(), committing: Mutex::default(), retired })
    }

    #[getter]
    fn version(&self) -> u64 {
        self.shared.snapshot.load().version
    }

    #[getter]
    fn hash(&self) -> String {
        self.shared.snapshot.load().hash.clone()
    }

    /// Compiles a saved snapshot; None when the file does not exist.
    fn load(&self, py: Python<'_>, path: &str) -> PyResult<Option<PreparedSnapshot>> {
        let loaded = py.detach(|| snapshot::load(Path::new(path)));
        let Some(message) = loaded.map_err(|error| refused(py, Refused::malformed(error)))? else {
            return Ok(None);
        };
        self.prepare(py, &message).map(Some)
    }

    /// Compiles a full snapshot or a delta beside the running one.
    fn prepare(&self, py: Python<'_>, message: &[u8]) -> PyResult<PreparedSnapshot> {
        let before = self.shared.snapshot.load_full();
        let prepared = py.detach(|| snapshot::prepare(message, before, self.flavor, &self.shared.dns));
        prepared.map(PreparedSnapshot::new).map_err(|error| refused(py, error))
    }

    /// Puts a prepared snapshot in the place of the running one. `certificates`: by id, pairs of certificate and key
    /// without references.
    #[pyo3(signature = (prepared, plugins, certificates=HashMap::new()))]
    fn commit(
        &self,
        py: Python<'_>,
        prepared: &PreparedSnapshot,
        plugins: &Bound_<'_, PyAny>,
        certificates: HashMap<String, Vec<(String, String)>>,
    ) -> PyResult<()> {
        let taken = prepared.take();
        let inner = taken.ok_or_else(|| PyRuntimeError::new_err("this snapshot was committed before"))?;
        let mut bound = HashMap::new();
        for entry in plugins.call_method0("items")?.try_iter()? {
            let (id, object): (String, Bound_<'_, PyAny>) = entry?.extract()?;
            let plugin = phases::Bound::new(&id, &object)?;
            bound.insert(id, Arc::new(plugin));
        }
        let is_next = py.detach(|| self.replace(inner, bound, certificates));
        is_next
            .then_some(())
            .ok_or_else(|| PyRuntimeError::new_err("another snapshot was committed meanwhile"))
    }

    /// Writes the running snapshot to disk, the old file beside it as `<path>.previous`.
    fn save(&self, py: Python<'_>, path: &str) -> PyResult<()> {
        let current = self.shared.snapshot.load_full();
        py.detach(|| snapshot::save(&current, Path::new(path))).map_err(PyErr::from)
    }

    /// Starts the workers; they accept at once.
    fn start(&self) -> PyResult<()> {
        let mut running = self.lock_running();
        if running.is_some() {
            return Err(PyRuntimeError::new_err("the engine runs already"));
        }
        let (stop, stopped) = watch::channel(false);
        let workers = 0..self.shared.counters.len();
        let threads: std::io::Result<_> =
            workers.map(|number| worker::spawn(number, self.shared.clone(), stopped.clone())).collect();
        *running = Some(Running { threads: threads?, stop });
        Ok(())
    }

    /// Accepts no more, lets requests finish; True when all connections ended within `timeout` seconds.
    fn drain(&self, py: Python<'_>, timeout: f64) -> bool {
        let end = Instant::now() + Duration::from_secs_f64(timeout.clamp(0.0, 1e9));
        self.shared.draining.send_replace(true);
        py.detach(|| {
            while self.shared.total(|counters| &counters.active) > 0 {
                if Instant::now() >= end {
                    return false;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            true
        })
    }

    /// Stops the workers, whatever they are doing.
    fn stop(&self, py: Python<'_>) {
        let Some(running) = self.lock_running().take() else { return };
        self.shared.draining.send_replace(true);
        running.stop.send_replace(true);
        py.detach(|| running.threads.into_iter().for_each(|thread| drop(thread.join())));
    }

    /// Connections and requests since the start.
    fn counters(&self) -> HashMap<&'static str, u64> {
        let total = |of: fn(&Counters) -> &AtomicU64| self.shared.total(of);
        let active = total(|counters| &counters.active);
        let waiting = total(|counters| &counters.waiting);
        let accepted = total(|counters| &counters.accepted);
        HashMap::from([
            ("connections_active", active),
            ("connections_accepted", accepted),
            ("connections_handled", accepted),
            ("connections_reading", 0),
            ("connections_waiting", waiting),
            ("connections_writing", active.saturating_sub(waiting)),
            ("total_requests", total(|counters| &counters.requests)),
        ])
    }

    /// The entity of that kind whose field has this value.
    fn find(
        &self,
        py: Python<'_>,
        entity: &str,
        field: &str,
        value: &Bound_<'_, PyString>,
    ) -> PyResult<Option<Py<EntityView>>> {
        let found = phases::found(py, &self.shared.snapshot.load(), entity, field, value)?;
        found.map(|found| phases::entity(py, &found)).transpose()
    }

    /// Looks names up for Python.
    #[getter]
    fn resolver(&self) -> Resolver {
        Resolver::sharing(&self.shared.dns)
    }

    /// `check(kind, field)` raises `LookupError` for what nothing is found by; asked once for each that found nothing.
    fn set_lookup_check(&self, check: Py<PyAny>) {
        self.shared.snapshot.load().lookups.set(check);
    }

    /// The health of an Upstream's targets and of the whole, as JSON; None when there is no such Upstream.
    fn upstream_health<'py>(
        &self,
        py: Python<'py>,
        upstream_id: &str,
    ) -> PyResult<Option<Bound_<'py, PyBytes>>> {
        let Some(upstream) = self.upstream(upstream_id) else { return Ok(None) };
        let text = upstream.health().map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        Ok(Some(PyBytes::new(py, &text)))
    }

    /// Sets the health of a target's addresses, or of the one with this IP; gives how many addresses that were, None
    /// when there is no such Upstream or its health is not observed.
    #[pyo3(signature = (upstream_id, host, port, healthy, ip=None))]
    fn set_target_health(
        &self,
        upstream_id: &str,
        host: &str,
        port: u16,
        healthy: bool,
        ip: Option<&str>,
    ) -> Option<usize> {
        // A name stands for all addresses of the target.
        let ip = ip.and_then(|text| text.trim_matches(['[', ']']).parse().ok());
        self.upstream(upstream_id)?.balancer.load().set_health(host, port, ip, healthy).ok()
    }

    /// All unhealthy addresses: the Upstream's id, the target's host and port, the IP.
    fn unhealthy(&self) -> Vec<(String, String, u16, String)> {
        let snapshot = self.shared.snapshot.load();
        let of = |row: &Arc<Entity>| {
            let found = snapshot.upstreams.get(&*row.text("name")?)?.unhealthy();
            let id = row.id().to_owned();
            Some(found.into_iter().map(move |(host, port, ip)| (id.clone(), host, port, ip)))
        };
        snapshot.tables.rows("upstreams").filter_map(of).flatten().collect()
    }

    /// Ids and names of all Upstreams.
    fn upstreams(&self) -> Vec<(String, String)> {
        let named = |row: &Arc<Entity>| Some((row.id().to_owned(), row.text("name")?.into_owned()));
        self.shared.snapshot.load().tables.rows("upstreams").filter_map(named).collect()
    }

    /// `source(method, target)` answers `/metrics` and `/upstreams/...` of the status API: a status and a text, or None.
    fn set_status_source(&self, source: Option<Py<PyAny>>) {
        *self.shared.status_source.lock().unwrap_or_else(PoisonError::into_inner) = source;
    }

    /// Bytes that this process has, that the machine uses, and that it has in all, for the status API.
    fn set_memory(&self, process: u64, used: u64, total: u64) {
        self.shared.memory.set(process, used, total);
    }

    /// Whether the control plane's database answers, as it was last told.
    fn database_reachable(&self) -> bool {
        self.shared.database_answers.load(Ordering::Relaxed)
    }

    /// Certificates that are not served as usual, by id, with the reason.
    fn limited_certificates(&self) -> HashMap<String, String> {
        let limits = &self.shared.snapshot.load().limits;
        limits.iter().map(|(id, reason)| (id.to_string(), reason.to_string())).collect()
    }

    /// Whether the control plane's database answers, for the status API.
    fn set_database_reachable(&self, reachable: bool) {
        self.shared.database_answers.store(reachable, Ordering::Relaxed);
    }

    /// debug, info, notice, warn, error, crit, alert or emerg.
    #[expect(clippy::unused_self, reason = "the log belongs to the process")]
    fn set_log_level(&self, level: &str) -> PyResult<()> {
        log::set_level(level).map_err(PyValueError::new_err)
    }

    /// Opens the log files again, after they were rotated.
    fn reopen_logs(&self) {
        self.shared.access_log.reopen();
        log::reopen();
    }
}

impl Engine {
    fn upstream(&self, id: &str) -> Option<Arc<Upstream>> {
        let snapshot = self.shared.snapshot.load();
        let name = snapshot.tables.get("upstreams", id)?.text("name")?;
        snapshot.upstreams.get(&*name).cloned()
    }

    /// Puts what was prepared in the place of the snapshot that it follows; False when that one runs no more.
    fn replace(
        &self,
        prepared: Prepared,
        bound: HashMap<String, Arc<phases::Bound>>,
        certificates: HashMap<String, Vec<(String, String)>>,
    ) -> bool {
        let _alone = self.committing.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = &self.shared;
        if !Arc::ptr_eq(&prepared.before, &shared.snapshot.load()) {
            return false;
        }
        prepared.upstreams.iter().for_each(|upstream| shared.upkeep.tend(upstream));
        let (before, is_full) = (prepared.before.clone(), prepared.is_full());
        let next = prepared.finish(bound, certificates);
        shared.tls.replace(next.certificates.clone());
        shared.snapshot.store(Arc::new(next));
        shared.loaded.store(true, Ordering::Release);
        self.retired.take(before, is_full);
        true
    }

    fn lock_running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refused(py: Python<'_>, reason: Refused) -> PyErr {
    let (text, failures, resync) = match reason {
        Refused::Resync(text) => (text, Vec::new(), true),
        Refused::Invalid(failures) => (summary(&failures), failures, false),
    };
    let error = SnapshotError::new_err(text);
    let errors: PyResult<Vec<_>> = failures.iter().map(|failure| as_dict(py, failure)).collect();
    let set = errors.and_then(|errors| {
        error.value(py).setattr("errors", errors)?;
        error.value(py).setattr("resync", resync)
    });
    set.err().unwrap_or(error)
}

fn summary(failures: &[Failure]) -> String {
    let first = failures.first().map(|failure| failure.message.clone()).unwrap_or_default();
    if failures.len() > 1 { format!("{first} (and {} more)", failures.len() - 1) } else { first }
}

fn as_dict<'py>(py: Python<'py>, failure: &Failure) -> PyResult<Bound_<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("entity", &failure.entity)?;
    dict.set_item("id", &failure.id)?;
    dict.set_item("message", &failure.message)?;
    Ok(dict)
}
