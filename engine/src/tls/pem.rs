//! Certificates and keys from PEM text.
use std::sync::Arc;

use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

/// The certificates of a PEM text, in order.
pub fn chain(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    let chain = chain.map_err(|error| format!("certificate: {error}"))?;
    if chain.is_empty() { Err("no certificate found".to_owned()) } else { Ok(chain) }
}

/// A certificate chain with its private key.
pub fn certified_key(certificates: &[u8], key: &[u8]) -> Result<Arc<CertifiedKey>, String> {
    let chain = chain(certificates)?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| format!("private key: {error}"))?;
    let key = any_supported_type(&key).map_err(|error| format!("private key: {error}"))?;
    Ok(Arc::new(CertifiedKey::new(chain, key)))
}
