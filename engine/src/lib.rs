//! `gopura._engine`: the part of gopura that moves the bytes.
mod access_log;
mod address;
mod checks;
mod dns;
mod engine;
mod exchange;
mod http;
mod log;
mod lua_patterns;
mod net;
mod pattern;
mod phases;
mod prepared;
mod python_thread;
mod real_ip;
mod settings;
mod shared;
mod snapshot;
mod status;
mod tls;
mod upstream;
mod worker;

use pyo3::prelude::*;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[pymodule(gil_used = false)]
fn _engine(module: &Bound<'_, PyModule>) -> PyResult<()> {
    phases::mount(module)?;
    checks::mount(module)?;
    lua_patterns::mount(module)?;
    module.add_class::<engine::Engine>()?;
    module.add_class::<pattern::Pattern>()?;
    module.add_class::<dns::Resolver>()?;
    module.add_class::<prepared::PreparedSnapshot>()?;
    module.add("MatchLimitError", module.py().get_type::<pattern::MatchLimitError>())?;
    module.add("SnapshotError", module.py().get_type::<engine::SnapshotError>())?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))
}
