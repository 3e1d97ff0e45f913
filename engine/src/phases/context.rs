//! What plugins leave with an exchange between phases.
use std::sync::Arc;

use gopura_http1::Headers;
use pyo3::prelude::*;

use super::bound::Phase;
use super::slot::Slot;
use super::view;
use crate::exchange::{Exchange, Source};
use crate::tls::Ask;

/// State of plugins that lives as long as the exchange.
#[derive(Default)]
pub struct Context {
    /// The Python object of this exchange; made by the first phase that runs.
    pub(super) view: Option<Py<view::Exchange>>,
    pub(super) slot: Arc<Slot>,
    /// The phase that runs.
    pub(super) phase: Option<Phase>,
    /// A plugin has put its answer into `Exchange::response`, or failed: later ones are skipped in this phase.
    pub(super) answered: bool,
    /// Status and message of the error that a plugin answers with; its body is made where settings are known.
    pub(super) error: Option<(u16, String)>,
    /// What the `certificate` phase asks of the handshake.
    pub(super) ask: Option<Box<Ask>>,
    /// Whether the client's certificate is believed, as a plugin found.
    pub(super) client_verify: Option<String>,
    /// Response headers that were set before there was a response.
    pub early: Headers,
}

/// Puts headers set before the response beside it: the upstream's own lines of that name stay, those of an answer
/// made here replace them.
pub fn merge_early(exchange: &mut Exchange) {
    let Some(response) = exchange.response.as_mut() else { return };
    let mut headers = std::mem::take(&mut exchange.context.early);
    if headers.is_empty() {
        return;
    }
    if response.source != Source::Service {
        headers.retain(|line| !response.headers.iter().any(|own| own.name.eq_ignore_ascii_case(&line.name)));
    }
    for line in &response.headers {
        headers.append(line.name.clone(), line.value.clone());
    }
    response.headers = headers;
}

/// What plugins kept in `ctx` may refer to the exchange: without this neither would ever be freed.
impl Drop for Context {
    fn drop(&mut self) {
        if let Some(view) = self.view.take().filter(|view| view.get().keeps()) {
            Python::try_attach(|py| view.get().forget(py));
        }
    }
}
