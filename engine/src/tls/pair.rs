//! A certificate chain with its private key.
use std::sync::Arc;

use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::{der, pem};

#[derive(Debug)]
pub struct Pair {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    /// For rustls. Where it is `Err`, in words, the pair is presented by OpenSSL only.
    pub usable: Result<Arc<CertifiedKey>, String>,
}

impl Pair {
    /// From PEM; an error for what is none.
    pub fn read(certificates: &[u8], key: &[u8]) -> Result<Arc<Self>, String> {
        let chain = pem::chain(certificates)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| format!("private key: {error}"))?;
        let usable = any_supported_type(&key)
            .map(|key| Arc::new(CertifiedKey::new(chain.clone(), key)))
            .map_err(|_| format!("{} is served by OpenSSL, and only to clients that take it", kind(&chain)));
        Ok(Arc::new(Self { chain, key, usable }))
    }

    pub fn usable(&self) -> Option<&Arc<CertifiedKey>> {
        self.usable.as_ref().ok()
    }

    pub fn is_alike(&self, other: &Self) -> bool {
        self.chain == other.chain && self.key == other.key
    }

    /// Chain and key as PEM.
    pub fn texts(&self) -> (String, String) {
        let label = match &self.key {
            PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
            PrivateKeyDer::Sec1(_) => "EC PRIVATE KEY",
            _ => "PRIVATE KEY",
        };
        (pem::texts(&self.chain), pem::Text(label, self.key.secret_der()).to_string())
    }
}

fn kind(chain: &[CertificateDer<'_>]) -> String {
    chain.first().and_then(|own| der::key_kind(own)).unwrap_or_else(|| "its key".to_owned())
}
