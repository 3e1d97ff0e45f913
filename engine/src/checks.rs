//! What the control plane asks before it stores something, so that no data plane is the first to refuse it.
use gopura_router::{Flavor, RouteSpec, Router};
use pyo3::prelude::*;

use crate::tls;

/// Adds the checks to `gopura._engine`.
pub fn mount(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(route_problem, module)?)?;
    module.add_function(wrap_pyfunction!(cipher_problem, module)?)
}

/// The router's flavour by the name that the setting has.
pub fn flavor(name: &str) -> Flavor {
    match name {
        "traditional" => Flavor::Traditional,
        "expressions" => Flavor::Expressions,
        _ => Flavor::TraditionalCompatible,
    }
}

/// Why a router of this flavour cannot serve a route, given as JSON; `None` when it can.
#[pyfunction]
#[pyo3(signature = (flavor_name, route, /))]
fn route_problem(py: Python<'_>, flavor_name: &str, route: &[u8]) -> Option<String> {
    py.detach(|| match serde_json::from_slice::<RouteSpec>(route) {
        Err(error) => Some(error.to_string()),
        Ok(spec) => Router::build(vec![spec], flavor(flavor_name)).err().map(|errors| said(&errors)),
    })
}

/// Why `ssl_protocols` and `ssl_ciphers` leave nothing that TLS could serve; `None` when they do.
#[pyfunction]
#[pyo3(signature = (protocols, ciphers, /))]
fn cipher_problem(protocols: &str, ciphers: &str) -> Option<String> {
    tls::cipher_problem(protocols, ciphers)
}

fn said(errors: &[gopura_router::BuildError]) -> String {
    errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join("; ")
}
