//! What plugins see of an exchange: classes of `gopura._engine`, each reading from the slot when asked.
mod counters;
mod entity;
mod exchange;
mod facts;
mod headers;
mod query;
mod request;
mod response;
mod tls;
mod upstream;

use pyo3::prelude::*;

pub use entity::{Entity, EntityCache, entity};
pub use exchange::Exchange;
pub use headers::Headers;
pub use request::Request;
pub use response::Response;
pub use tls::Tls;
pub use upstream::UpstreamRequest;

pub fn mount(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<counters::Counters>()?;
    module.add_class::<counters::Limits>()?;
    module.add_class::<Entity>()?;
    module.add_class::<Exchange>()?;
    module.add_class::<Headers>()?;
    module.add_class::<Request>()?;
    module.add_class::<Response>()?;
    module.add_class::<Tls>()?;
    module.add_class::<UpstreamRequest>()
}
