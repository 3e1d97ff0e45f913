//! The client's TLS as plugins see it, in the handshake and after it.
use std::sync::Arc;

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use rustls::RootCertStore;

use super::Entity;
use crate::phases::bound::Phase;
use crate::phases::slot::Slot;
use crate::tls::{Ask, Client, authorities};

#[pyclass(frozen, module = "gopura._engine")]
pub struct Tls {
    slot: Arc<Slot>,
}

impl Tls {
    pub fn new(slot: Arc<Slot>) -> Self {
        Self { slot }
    }

    /// Changes what is asked of the handshake, while it goes on.
    fn ask(&self, change: impl FnOnce(&mut Ask)) -> PyResult<()> {
        let done = self.slot.with(|exchange| {
            let context = &mut exchange.context;
            let goes_on = context.phase == Some(Phase::Certificate);
            if goes_on {
                change(context.ask.get_or_insert_default());
            }
            goes_on
        })?;
        if done { Ok(()) } else { Err(PyRuntimeError::new_err("this is for the certificate phase")) }
    }

    fn client(&self) -> PyResult<Option<Arc<Client>>> {
        self.slot.with(|exchange| exchange.request.tls.clone())
    }

    fn note(&self, result: String) -> PyResult<()> {
        self.slot.with(|exchange| exchange.context.client_verify = Some(result))
    }
}

#[pymethods]
impl Tls {
    #[getter]
    fn server_name(&self) -> PyResult<Option<String>> {
        self.slot.with(|exchange| exchange.request.sni.as_ref().map(ToString::to_string))
    }

    #[getter]
    fn version(&self) -> PyResult<Option<String>> {
        Ok(self.client()?.map(|client| client.version.to_string()))
    }

    #[getter]
    fn cipher(&self) -> PyResult<Option<String>> {
        Ok(self.client()?.map(|client| client.cipher.to_string()))
    }

    #[pyo3(signature = (authorities=Vec::new()))]
    fn request_certificate(&self, authorities: Vec<Bound<'_, Entity>>) -> PyResult<()> {
        let roots = roots(&authorities)?;
        self.ask(|ask| ask.for_certificate(&roots))
    }

    fn present(&self, certificate: String, key: String) -> PyResult<()> {
        self.ask(|ask| ask.pair = Some((certificate, key)))
    }

    fn disable_resumption(&self) -> PyResult<()> {
        self.ask(|ask| ask.once = true)
    }

    #[getter]
    fn certificate(&self) -> PyResult<Option<String>> {
        Ok(self.client()?.and_then(|client| client.pem()))
    }

    #[getter]
    fn subject(&self) -> PyResult<Option<String>> {
        Ok(self.client()?.and_then(|client| client.subject()))
    }

    #[pyo3(signature = (authorities, depth=1))]
    fn verify(&self, authorities: Vec<Bound<'_, Entity>>, depth: usize) -> PyResult<String> {
        let roots = roots(&authorities)?;
        let result = match self.client()?.filter(|client| !client.chain.is_empty()) {
            None => "NONE".to_owned(),
            Some(client) => match client.verify(&roots, depth) {
                Ok(()) => "SUCCESS".to_owned(),
                Err(reason) => format!("FAILED:{reason}"),
            },
        };
        self.note(result.clone())?;
        Ok(result)
    }

    #[getter]
    fn client_verify(&self) -> PyResult<String> {
        let known = self.slot.with(|exchange| exchange.context.client_verify.clone())?;
        Ok(known.unwrap_or_else(|| "NONE".to_owned()))
    }

    #[setter]
    fn set_client_verify(&self, result: String) -> PyResult<()> {
        if !matches!(&*result, "SUCCESS" | "NONE") && !result.starts_with("FAILED:") {
            return Err(PyValueError::new_err("not one of SUCCESS, NONE and FAILED:reason"));
        }
        self.note(result)
    }
}

/// The certificates of `ca_certificates` entities.
fn roots(rows: &[Bound<'_, Entity>]) -> PyResult<RootCertStore> {
    let rows = rows.iter().map(|entity| entity.get().row()).collect::<PyResult<Vec<_>>>()?;
    let texts: Vec<_> = rows.iter().map(|row| row.text("cert").unwrap_or_default()).collect();
    authorities(texts.iter().map(|text| &**text)).map_err(PyValueError::new_err)
}
